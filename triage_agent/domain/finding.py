"""What is found out about the node, as something a page can translate."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from triage_agent.domain.words import ENGLISH, Words


class Level(StrEnum):
    """How bad a finding is, from the best to the worst."""

    OK = "ok"
    UNKNOWN = "unknown"
    WARNING = "warning"
    FAILED = "failed"


_ORDER = {level: place for place, level in enumerate(Level)}


class Part(StrEnum):
    """What a finding is about."""

    LISTENER = "listener"
    ROLES = "roles"
    DEVICES = "devices"
    QUEUES = "queues"
    SPEED = "speed"
    MODEL = "model"
    DESTINATIONS = "destinations"
    DISK = "disk"
    QUARANTINE = "quarantine"
    ERRORS = "errors"
    SCORES = "scores"


def translatable(text: str) -> str:
    """Mark a text for the catalogues and return it as it is."""
    return text


@dataclass(frozen=True, slots=True)
class Counts:
    """How often what happened, by names that are kept."""

    counts: Mapping[str, int]

    def in_words(self, words: Words) -> str:
        """Say it, in the order of the names."""
        return ", ".join(
            f"{words.again(what)} {count}" for what, count in sorted(self.counts.items())
        )


@dataclass(frozen=True, slots=True)
class Phrase:
    """A sentence with gaps, `%(name)s`, and what goes into them. `str` gives it in English."""

    text: str
    values: Mapping[str, object] = field(default_factory=dict)

    def in_words(self, words: Words) -> str:
        """Say it."""
        values = {
            name: value.in_words(words) if isinstance(value, Counts) else value
            for name, value in self.values.items()
        }
        return words.say(self.text, **values)

    def __str__(self) -> str:
        return self.in_words(ENGLISH)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is well or not, and what to do about it.

    Attributes:
        subject: the role, device or destination that it is about; "" for the node.
        advice: None where there is nothing to do.
    """

    part: Part
    level: Level
    found: Phrase
    subject: str = ""
    advice: Phrase | None = None


def worst(levels: list[Level]) -> Level:
    """Return the worst of some levels; OK of none."""
    return max(levels, key=_ORDER.__getitem__, default=Level.OK)


def by_severity(findings: list[Finding]) -> list[Finding]:
    """Return the worst findings first, otherwise as they stand."""
    return sorted(findings, key=lambda each: -_ORDER[each.level])


def in_words(seconds: float) -> str:
    """Return a duration in the largest units that matter: "45 s", "12 min", "3 h 05 min", "4 d"."""
    minutes, hours = int(seconds // 60), int(seconds // 3600)
    if minutes < 1:
        return f"{max(0, int(seconds))} s"
    if hours < 1:
        return f"{minutes} min"
    if hours < 48:  # noqa: PLR2004 (two days: from there on hours no longer matter)
        return f"{hours} h {minutes % 60:02d} min" if minutes % 60 else f"{hours} h"
    return f"{hours // 24} d"


def seconds_in_words(seconds: float) -> str:
    """Return a short duration with a decimal, a longer one as `in_words` does."""
    return f"{seconds:.1f} s" if seconds < 10 else in_words(seconds)  # noqa: PLR2004 (two digits)


def size_in_words(size_bytes: float) -> str:
    """Return a size in the largest decimal unit that fits: "512 B", "3.4 GB"."""
    size = float(size_bytes)
    for unit in ("B", "kB", "MB", "GB"):
        if abs(size) < 1000:  # noqa: PLR2004 (the next decimal unit)
            return f"{size:.0f} {unit}" if unit in ("B", "kB") else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} TB"
