"""What is recorded of the node itself: its processes, its senders, its queues and its disk."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from triage_agent.domain.assessment import AssessmentKind

# Scores are counted in so many steps of equal width over 0..1.
SCORE_STEPS = 20


def score_step(probability: float) -> int:
    """Return the step of a probability (0..1), counted from 0; 1.0 belongs to the last one."""
    return min(int(probability * SCORE_STEPS), SCORE_STEPS - 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleBeat:
    """A sign of life of one role's process.

    Attributes:
        facts: what the role says of itself (port, model, runtime, ...): JSON values only.
    """

    role: str
    host: str
    pid: int
    started_at: datetime
    beat_at: datetime
    facts: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrivals:
    """Images that one sender brought since the last time this was recorded.

    `day` is the site's own day, not that of UTC.
    """

    ae_title: str
    day: date
    images: int
    size_bytes: int
    last_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SendingDevice:
    """A sender by its AE title: when its last image came, and what came today."""

    ae_title: str
    last_at: datetime
    images_today: int
    bytes_today: int
    usual_images: (
        float | None
    )  # a day, over the days before on which it sent; None if there are none


@dataclass(frozen=True, slots=True, kw_only=True)
class Queues:
    """How much waits at each step. The oldest is None where nothing waits."""

    waiting_for_score: int = 0  # images
    oldest_for_score_at: datetime | None = None
    open: int = 0  # studies that may still get images
    unassessed: int = 0  # studies whose images changed since they were assessed
    to_report: int = 0  # closed studies
    oldest_to_report_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DestinationQueue:
    """What waits for one destination, and how it has answered of late."""

    name: str
    pending: int = 0
    parked: int = 0
    sent_of_late: int = 0  # in the last 24 hours
    last_sent_at: datetime | None = None
    failures: int = 0  # in a row
    next_attempt_at: datetime | None = None
    last_error: str = ""
    last_status: str = ""  # of what waits or is parked: the newest one's


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantineCount:
    """Objects that came with other content under a UID that is registered."""

    objects: int = 0
    newest_at: datetime | None = None
    newest_from: str = ""  # the sender's AE title


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """Something that failed on the way of one study. `detail` holds no patient data."""

    at: datetime
    what: str
    StudyInstanceUID: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DiskSample:
    """How much space was free at a moment."""

    at: datetime
    free_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """Everything that is recorded of the node, read at one moment."""

    beats: Sequence[RoleBeat] = ()
    devices: Sequence[SendingDevice] = ()
    queues: Queues = Queues()
    destinations: Sequence[DestinationQueue] = ()
    quarantine: QuarantineCount = QuarantineCount()
    troubles: Sequence[Trouble] = ()  # of the last 24 hours, newest first, a page of them
    trouble_counts: Mapping[str, int] = field(default_factory=dict)  # of the last 24 hours
    disk: Sequence[DiskSample] = ()  # oldest first


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """How long something took that ended within the hour that begins at `hour`."""

    hour: datetime
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Waits:
    """How long studies and images took.

    Attributes:
        studies: from the arrival of a study's last image to its place with the final score.
        images: from the arrival of an image to its score.
    """

    studies: Sequence[Wait] = ()
    images: Sequence[Wait] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreCount:
    """How many studies of a device and region were said to be so, with a score of that step."""

    ae_title: str
    region: str  # "" where it was not recognised
    kind: AssessmentKind
    step: int | None  # None exactly when not assessed
    studies: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthLimits:
    """From when on something is called late, long or little."""

    watermark_bytes: int = 0
    beat_seconds: float = 45.0
    device_silence: timedelta = timedelta(hours=3)
    silence_by_device: Mapping[str, timedelta] = field(default_factory=dict)
    device_forgotten: timedelta = timedelta(days=14)
    score_wait: timedelta = timedelta(minutes=2)
    report_wait: timedelta = timedelta(minutes=10)
    placed_seconds: float = 60.0  # p95 of the last hours
    disk_days: float = 14.0

    def silence_of(self, ae_title: str) -> timedelta:
        """Return how long a device may send nothing."""
        return self.silence_by_device.get(ae_title, self.device_silence)


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeNow:
    """What the rules look at.

    Attributes:
        model: name and version of the bundle that is in use by now.
        destinations: names of the peers in the settings.
        placed_p95: seconds from the last image to the place on the list, over the last hours;
            None if no study came.
    """

    at: datetime
    recorded: Recorded
    free_bytes: int
    model: str
    destinations: Sequence[str] = ()
    placed_p95: float | None = None
