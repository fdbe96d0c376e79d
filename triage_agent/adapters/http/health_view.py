"""What the administrator's page and its JSON show, worked out beforehand."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from triage_agent.adapters.http.facts import Sources
from triage_agent.adapters.http.health_figures import HealthFigures, Speed
from triage_agent.domain.finding import Finding, Level, Part, by_severity, worst
from triage_agent.domain.health_of_flow import is_forgotten
from triage_agent.domain.health_of_processes import is_late
from triage_agent.domain.health_of_store import DiskOutlook, disk_outlook
from triage_agent.domain.health_rules import judge
from triage_agent.domain.node_health import (
    DestinationQueue,
    HealthLimits,
    NodeNow,
    Recorded,
    RoleBeat,
    SendingDevice,
)

_A_DAY = timedelta(days=1)
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class PartState:
    """One part of the node: how it is, and what says so, the worst first."""

    part: Part
    level: Level
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Judged(Generic[T]):
    """A row with its own level."""

    row: T
    level: Level


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthView:
    """The node's health at one moment.

    Attributes:
        devices: those still expected first, then `gone` ones.
        destinations: those of the settings, and others for which something is recorded.
    """

    at: datetime
    level: Level
    parts: tuple[PartState, ...]
    findings: tuple[Finding, ...]
    roles: tuple[Judged[RoleBeat], ...]
    devices: tuple[Judged[SendingDevice], ...]
    gone: tuple[SendingDevice, ...]
    destinations: tuple[Judged[DestinationQueue], ...]
    to_read: int
    free_bytes: int
    watermark_bytes: int
    disk: DiskOutlook
    recorded: Recorded
    speed: Speed

    def part(self, part: Part) -> PartState:
        """Return one part."""
        return next(each for each in self.parts if each.part is part)


def health_view(sources: Sources, figures: HealthFigures) -> HealthView:
    """Read and judge everything. Raises DatabaseUnavailable."""
    now, facts = sources.clock.now(), sources.facts
    limits: HealthLimits = facts.limits
    recorded = sources.health.recorded(now=now, today=now.astimezone(facts.zone).date())
    speed = figures.speed(now)
    free_bytes = sources.store.free_bytes()
    node = NodeNow(
        at=now,
        recorded=recorded,
        free_bytes=free_bytes,
        model=facts.model,
        destinations=facts.destinations,
        placed_p95=speed.placed_p95_of_late,
    )
    findings = (*judge(node, limits), *figures.drifts(now))
    return HealthView(
        at=now,
        level=worst([each.level for each in findings]),
        parts=tuple(_part(part, findings) for part in Part),
        findings=findings,
        roles=tuple(
            Judged(each, Level.FAILED if is_late(each, now, limits) else Level.OK)
            for each in recorded.beats
            if now - each.beat_at < _A_DAY
        ),
        devices=tuple(
            Judged(each, _level_of(each.ae_title, Part.DEVICES, findings))
            for each in recorded.devices
            if not is_forgotten(each, now, limits)
        ),
        gone=tuple(each for each in recorded.devices if is_forgotten(each, now, limits)),
        destinations=_destinations(facts.destinations, recorded, findings),
        to_read=sources.worklist.count(),
        free_bytes=free_bytes,
        watermark_bytes=limits.watermark_bytes,
        disk=disk_outlook(recorded.disk, free_bytes, now, limits.watermark_bytes),
        recorded=recorded,
        speed=speed,
    )


def _part(part: Part, findings: Sequence[Finding]) -> PartState:
    own = [each for each in findings if each.part is part]
    return PartState(
        part=part,
        level=worst([each.level for each in own]),
        findings=tuple(by_severity(own)),
    )


def _level_of(subject: str, part: Part, findings: Sequence[Finding]) -> Level:
    return worst([each.level for each in findings if each.part is part and each.subject == subject])


def _destinations(
    names: Sequence[str], recorded: Recorded, findings: Sequence[Finding]
) -> tuple[Judged[DestinationQueue], ...]:
    known = {each.name: each for each in recorded.destinations}
    return tuple(
        Judged(
            known.get(name, DestinationQueue(name=name)),
            _level_of(name, Part.DESTINATIONS, findings),
        )
        for name in dict.fromkeys((*names, *known))
    )
