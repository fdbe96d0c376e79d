"""Whether studies come in, go through and get out."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from triage_agent.domain.finding import (
    Counts,
    Finding,
    Level,
    Part,
    Phrase,
    in_words,
    seconds_in_words,
    translatable,
)
from triage_agent.domain.node_health import (
    DestinationQueue,
    HealthLimits,
    NodeNow,
    SendingDevice,
)

# A wait this many times its limit is a standstill.
_STANDSTILL = 10
_MANY_FAILURES = 5
_t = translatable


def is_forgotten(device: SendingDevice, now: datetime, limits: HealthLimits) -> bool:
    """Say whether a device was silent for so long that it is no longer expected to send."""
    return now - device.last_at > limits.device_forgotten


def devices(node: NodeNow, limits: HealthLimits) -> Iterator[Finding]:
    """Say of each sender that is expected whether it has been silent for too long."""
    expected = [each for each in node.recorded.devices if not is_forgotten(each, node.at, limits)]
    if not expected:
        found = Phrase(_t("No device has sent an image yet."))
        yield Finding(part=Part.DEVICES, level=Level.UNKNOWN, found=found)
    for device in expected:
        silent = node.at - device.last_at
        values = {"device": device.ae_title, "ago": in_words(silent.total_seconds())}
        if silent > limits.silence_of(device.ae_title):
            yield Finding(
                part=Part.DEVICES,
                subject=device.ae_title,
                level=Level.WARNING,
                found=Phrase(_t("No images from %(device)s for %(ago)s."), values),
                advice=Phrase(
                    _t(
                        "See whether it is switched on, reaches this node and still has it as a "
                        "destination. How long it may be silent is set by health.silent_hours."
                    )
                ),
            )
        else:
            found = Phrase(_t("%(device)s sent its last image %(ago)s ago."), values)
            yield Finding(part=Part.DEVICES, subject=device.ae_title, level=Level.OK, found=found)


def queues(node: NodeNow, limits: HealthLimits) -> Iterator[Finding]:
    """Say whether anything waits for longer than it should."""
    queues = node.recorded.queues
    scoring = _wait(
        node.at, queues.oldest_for_score_at, limits.score_wait, queues.waiting_for_score
    )
    if scoring is not None:
        level, values = scoring
        yield Finding(
            part=Part.QUEUES,
            subject="score",
            level=level,
            found=Phrase(
                _t("Images that wait for their score: %(count)s, the oldest for %(ago)s."), values
            ),
            advice=Phrase(
                _t(
                    "Their studies keep their place by arrival. See whether the role infer runs "
                    "and on which device."
                )
            ),
        )
    reporting = _wait(node.at, queues.oldest_to_report_at, limits.report_wait, queues.to_report)
    if reporting is not None:
        level, values = reporting
        yield Finding(
            part=Part.QUEUES,
            subject="report",
            level=level,
            found=Phrase(
                _t("Closed studies that wait for their report: %(count)s, the oldest for %(ago)s."),
                values,
            ),
            advice=Phrase(_t("The list is not affected. See whether the role deliver runs.")),
        )
    if scoring is None and reporting is None:
        found = Phrase(_t("Nothing waits for longer than it should."))
        yield Finding(part=Part.QUEUES, level=Level.OK, found=found)


def _wait(
    now: datetime, oldest_at: datetime | None, limit: timedelta, count: int
) -> tuple[Level, Mapping[str, object]] | None:
    if oldest_at is None or now - oldest_at <= limit:
        return None
    level = Level.FAILED if now - oldest_at > _STANDSTILL * limit else Level.WARNING
    return level, {"count": count, "ago": in_words((now - oldest_at).total_seconds())}


def speed(node: NodeNow, limits: HealthLimits) -> Iterator[Finding]:
    """Say how long studies took to stand in their place."""
    if node.placed_p95 is None:
        found = Phrase(_t("No study was placed in the last hours."))
        yield Finding(part=Part.SPEED, level=Level.UNKNOWN, found=found)
        return
    values = {"seconds": seconds_in_words(node.placed_p95)}
    found = Phrase(
        _t("19 of 20 studies stood in their place within %(seconds)s of their last image."),
        values,
    )
    if node.placed_p95 > limits.placed_seconds:
        advice = Phrase(_t("See whether the machine has other work, or set infer.device."))
        yield Finding(part=Part.SPEED, level=Level.WARNING, found=found, advice=advice)
    else:
        yield Finding(part=Part.SPEED, level=Level.OK, found=found)


def destinations(node: NodeNow, limits: HealthLimits) -> Iterator[Finding]:
    """Say of each destination whether it takes what it gets."""
    del limits
    recorded = {each.name: each for each in node.recorded.destinations}
    for name in dict.fromkeys((*node.destinations, *recorded)):
        queue = recorded.get(name, DestinationQueue(name=name))
        yield _destination(queue, node.at, is_set=name in node.destinations)
    if not node.destinations:
        found = Phrase(_t("No destination is set: results stay on this node."))
        yield Finding(part=Part.DESTINATIONS, level=Level.OK, found=found)


def _destination(queue: DestinationQueue, now: datetime, *, is_set: bool) -> Finding:
    values: dict[str, object] = {
        "name": queue.name,
        "pending": queue.pending,
        "parked": queue.parked,
        "failures": queue.failures,
        "why": queue.last_error or queue.last_status,
    }
    level, advice = Level.WARNING, None
    if not is_set and (queue.pending or queue.parked):
        text = _t("%(name)s is no longer in the settings; results that wait for it: %(pending)s.")
        advice = Phrase(_t("Park what waits, or put the destination back into the settings."))
    elif queue.failures:
        level = Level.FAILED if queue.failures >= _MANY_FAILURES else Level.WARNING
        text = _t(
            "%(name)s does not answer (attempts: %(failures)s; waiting: %(pending)s). %(why)s"
        )
        advice = Phrase(
            _t("It is tried again by itself. Retry asks at once; park stops what waits now.")
        )
    elif queue.parked:
        text = _t("Parked results for %(name)s: %(parked)s. %(why)s")
        advice = Phrase(_t("See why it refused them, then retry."))
    else:
        level, text = Level.OK, _t("%(name)s takes what it gets (waiting: %(pending)s).")
    next_at = queue.next_attempt_at
    if queue.failures and next_at is not None and next_at > now:
        values["next"] = in_words((next_at - now).total_seconds())
        advice = Phrase(
            _t("It is tried again in %(next)s. Retry asks at once; park stops what waits now."),
            values,
        )
    return Finding(
        part=Part.DESTINATIONS,
        subject=queue.name,
        level=level,
        found=Phrase(text, values),
        advice=advice,
    )


def errors(node: NodeNow, limits: HealthLimits) -> Iterator[Finding]:
    """Say what failed of late."""
    del limits
    counts = node.recorded.trouble_counts
    if not counts:
        found = Phrase(_t("Nothing failed in the last 24 hours."))
        yield Finding(part=Part.ERRORS, level=Level.OK, found=found)
        return
    yield Finding(
        part=Part.ERRORS,
        level=Level.WARNING,
        found=Phrase(_t("In the last 24 hours: %(counts)s."), {"counts": Counts(counts)}),
        advice=Phrase(_t("Each study tells its own story; none was taken off the list.")),
    )
