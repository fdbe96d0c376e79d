"""Whether there is space, and what was put aside."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from triage_agent.domain.finding import (
    Finding,
    Level,
    Part,
    Phrase,
    in_words,
    size_in_words,
    translatable,
)
from triage_agent.domain.node_health import DiskSample, HealthLimits, NodeNow

_A_DAY = timedelta(days=1)
# Shorter histories of the disk say more of a single transfer than of a usual day.
_DISK_HISTORY = timedelta(hours=6)
_t = translatable


@dataclass(frozen=True, slots=True)
class DiskOutlook:
    """How the free space goes: bytes that a day takes, and days until the watermark is reached.

    Both are None while that is not known, `days_left` also where nothing is taken.
    """

    bytes_per_day: float | None = None
    days_left: float | None = None


def disk_outlook(
    samples: Sequence[DiskSample], free_bytes: int, now: datetime, watermark_bytes: int
) -> DiskOutlook:
    """Say how fast the disk fills, from its free space over the last days."""
    if not samples or now - samples[0].at < _DISK_HISTORY:
        return DiskOutlook()
    taken = (samples[0].free_bytes - free_bytes) / ((now - samples[0].at) / _A_DAY)
    if taken <= 0:
        return DiskOutlook(bytes_per_day=taken)
    return DiskOutlook(bytes_per_day=taken, days_left=max(0, free_bytes - watermark_bytes) / taken)


def disk(node: NodeNow, limits: HealthLimits) -> Iterator[Finding]:
    """Say how much space is left, and for how long."""
    outlook = disk_outlook(node.recorded.disk, node.free_bytes, node.at, limits.watermark_bytes)
    values = {
        "free": size_in_words(node.free_bytes),
        "watermark": size_in_words(limits.watermark_bytes),
    }
    level, advice = Level.OK, None
    if node.free_bytes < limits.watermark_bytes:
        level = Level.FAILED
        text = _t("%(free)s are free, less than the %(watermark)s at which images are refused.")
        advice = Phrase(_t("Free space now: senders are told that this node takes no more."))
    elif outlook.days_left is None:
        text = _t("%(free)s are free.")
    else:
        values["days"] = f"{outlook.days_left:.0f}"
        text = _t("%(free)s are free; at the pace of the last days that lasts %(days)s days.")
        if outlook.days_left < limits.disk_days:
            level = Level.WARNING
            advice = Phrase(_t("Add space, or move old studies away, before images are refused."))
    yield Finding(part=Part.DISK, level=level, found=Phrase(text, values), advice=advice)


def quarantine(node: NodeNow, limits: HealthLimits) -> Iterator[Finding]:
    """Say whether objects came with other content under a known UID."""
    del limits
    kept = node.recorded.quarantine
    if kept.newest_at is None:
        found = Phrase(_t("No object is in quarantine."))
        yield Finding(part=Part.QUARANTINE, level=Level.OK, found=found)
        return
    age = node.at - kept.newest_at
    values = {
        "count": kept.objects,
        "ago": in_words(age.total_seconds()),
        "device": kept.newest_from,
    }
    yield Finding(
        part=Part.QUARANTINE,
        level=Level.WARNING if age < _A_DAY else Level.OK,
        found=Phrase(
            _t("Objects in quarantine: %(count)s, the newest since %(ago)s, from %(device)s."),
            values,
        ),
        advice=Phrase(
            _t(
                "They came under the UID of another image, so they are kept but not read. Have the "
                "sender give each image a UID of its own, and send them again."
            )
        ),
    )
