"""The node's health as JSON: the keys stay, more may come."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict

from triage_agent.adapters.http.health_figures import Scores
from triage_agent.adapters.http.health_view import HealthView
from triage_agent.domain.finding import Finding, Level, Part
from triage_agent.domain.score_figures import ScoreGroup

Sentence = Annotated[str, BeforeValidator(str)]


class _Read(BaseModel):
    model_config = ConfigDict(from_attributes=True, frozen=True)


class FindingDocument(_Read):
    """One thing that is well or not, and what to do about it."""

    part: Part
    subject: str
    level: Level
    found: Sentence
    advice: str | None

    @classmethod
    def of(cls, finding: Finding) -> Self:
        """Return a finding in English."""
        return cls(
            part=finding.part,
            subject=finding.subject,
            level=finding.level,
            found=str(finding.found),
            advice=None if finding.advice is None else str(finding.advice),
        )


class RoleDocument(_Read):
    """A process and what it says of itself."""

    level: Level
    role: str
    host: str
    pid: int
    started_at: datetime
    beat_at: datetime
    facts: Mapping[str, object]


class DeviceDocument(_Read):
    """A sender by its AE title; `gone` is one that is no longer expected to send."""

    level: Level
    gone: bool
    ae_title: str
    last_at: datetime
    images_today: int
    bytes_today: int
    usual_images: float | None


class QueuesDocument(_Read):
    """How much waits at each step, and since when the oldest does."""

    waiting_for_score: int
    oldest_for_score_at: datetime | None
    open: int
    unassessed: int
    to_report: int
    oldest_to_report_at: datetime | None


class DestinationDocument(_Read):
    """What waits for a destination, and how it answers."""

    level: Level
    name: str
    pending: int
    parked: int
    sent_of_late: int
    last_sent_at: datetime | None
    failures: int
    next_attempt_at: datetime | None
    last_error: str
    last_status: str


class DiskDocument(_Read):
    """The disk of the store; days are left until images are refused."""

    free_bytes: int
    watermark_bytes: int
    bytes_per_day: float | None
    days_left: float | None


class QuarantineDocument(_Read):
    """Objects that came with other content under a registered UID."""

    objects: int
    newest_at: datetime | None
    newest_from: str


class TroubleDocument(_Read):
    """Something that failed on the way of one study."""

    at: datetime
    what: str
    study_instance_uid: str
    detail: str


class HourDocument(_Read):
    """How long it took in one hour: seconds, null where nothing was measured."""

    hour: datetime
    studies: int
    placed_p50: float | None
    placed_p95: float | None
    images: int
    scored_p50: float | None
    scored_p95: float | None


class SpeedDocument(_Read):
    """How long studies and images took over the last 24 hours."""

    placed_p50: float | None
    placed_p95: float | None
    hours: tuple[HourDocument, ...]


class ScoreGroupDocument(_Read):
    """The studies of a device or region: flagged ones of those assessed, with a 95 % interval."""

    name: str
    assessed: int
    flagged: int
    flagged_share: float | None
    flagged_low: float
    flagged_high: float
    not_assessed: int
    steps: tuple[int, ...]

    @classmethod
    def of(cls, group: ScoreGroup) -> Self:
        """Return a group."""
        low, high = group.flagged.interval
        return cls(
            name=group.name,
            assessed=group.flagged.total,
            flagged=group.flagged.count,
            flagged_share=group.flagged.value,
            flagged_low=low,
            flagged_high=high,
            not_assessed=group.not_assessed.count,
            steps=group.steps,
        )


class ScoresDocument(_Read):
    """How often studies were flagged in the last days; `steps` count scores over 0..1."""

    days: int
    overall: ScoreGroupDocument
    by_region: tuple[ScoreGroupDocument, ...]
    by_device: tuple[ScoreGroupDocument, ...]


class SettingDocument(_Read):
    """One setting as the node runs with it; secrets are masked."""

    path: str
    value: str
    source: str


class HealthDocument(_Read):
    """The node's health at one moment, for those who run it."""

    at: datetime
    level: Level
    to_read: int
    findings: tuple[FindingDocument, ...]
    roles: tuple[RoleDocument, ...]
    devices: tuple[DeviceDocument, ...]
    queues: QueuesDocument
    destinations: tuple[DestinationDocument, ...]
    disk: DiskDocument
    quarantine: QuarantineDocument
    trouble_counts: Mapping[str, int]
    troubles: tuple[TroubleDocument, ...]
    speed: SpeedDocument
    scores: ScoresDocument
    settings: tuple[SettingDocument, ...]


def health_document(
    view: HealthView, scores: Scores, settings: tuple[object, ...]
) -> HealthDocument:
    """Return what a view says."""
    recorded = view.recorded
    devices = [(each.row, each.level, False) for each in view.devices]
    devices += [(each, Level.OK, True) for each in view.gone]
    return HealthDocument(
        at=view.at,
        level=view.level,
        to_read=view.to_read,
        findings=tuple(FindingDocument.of(each) for each in view.findings),
        roles=tuple(
            RoleDocument(
                level=each.level,
                role=each.row.role,
                host=each.row.host,
                pid=each.row.pid,
                started_at=each.row.started_at,
                beat_at=each.row.beat_at,
                facts=each.row.facts,
            )
            for each in view.roles
        ),
        devices=tuple(
            DeviceDocument(
                level=level,
                gone=gone,
                ae_title=device.ae_title,
                last_at=device.last_at,
                images_today=device.images_today,
                bytes_today=device.bytes_today,
                usual_images=device.usual_images,
            )
            for device, level, gone in devices
        ),
        queues=QueuesDocument.model_validate(recorded.queues),
        destinations=tuple(
            DestinationDocument(
                level=each.level,
                name=each.row.name,
                pending=each.row.pending,
                parked=each.row.parked,
                sent_of_late=each.row.sent_of_late,
                last_sent_at=each.row.last_sent_at,
                failures=each.row.failures,
                next_attempt_at=each.row.next_attempt_at,
                last_error=each.row.last_error,
                last_status=each.row.last_status,
            )
            for each in view.destinations
        ),
        disk=DiskDocument(
            free_bytes=view.free_bytes,
            watermark_bytes=view.watermark_bytes,
            bytes_per_day=view.disk.bytes_per_day,
            days_left=view.disk.days_left,
        ),
        quarantine=QuarantineDocument.model_validate(recorded.quarantine),
        trouble_counts=recorded.trouble_counts,
        troubles=tuple(
            TroubleDocument(
                at=each.at,
                what=each.what,
                study_instance_uid=each.StudyInstanceUID,
                detail=each.detail,
            )
            for each in recorded.troubles
        ),
        speed=SpeedDocument.model_validate(view.speed),
        scores=ScoresDocument(
            days=scores.days,
            overall=ScoreGroupDocument.of(scores.overall),
            by_region=tuple(ScoreGroupDocument.of(each) for each in scores.by_region),
            by_device=tuple(ScoreGroupDocument.of(each) for each in scores.by_device),
        ),
        settings=tuple(SettingDocument.model_validate(each) for each in settings),
    )
