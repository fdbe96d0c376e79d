"""The rows that the fakes of StudyRegister, Worklist and Outbox share, in memory."""

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import datetime

from triage_agent.domain.assessment import Assessment, AssessmentKind
from triage_agent.domain.delivery import Delivery, DestinationHealth, Result
from triage_agent.domain.instance import Instance, InstanceState, StoredObject
from triage_agent.domain.priority import Placement
from triage_agent.domain.reading import Reading
from triage_agent.domain.study import Study
from triage_agent.domain.worklist import Event


@dataclass(frozen=True, kw_only=True)
class Measure:
    """What was last said of a study whose images were all scored, and how long it took."""

    at: datetime
    ae_title: str
    region: str
    kind: AssessmentKind
    probability: float | None
    seconds: float


@dataclass
class RegisterRows:
    """What a database would hold. Tests may look at it and set `reading` themselves."""

    studies: dict[str, Study] = field(default_factory=dict)
    declared: dict[str, int] = field(default_factory=dict)
    instances: dict[str, Instance] = field(default_factory=dict)
    postponements: Counter[str] = field(default_factory=Counter)
    not_before: dict[str, datetime] = field(default_factory=dict)
    quarantined: dict[tuple[str, str], StoredObject] = field(default_factory=dict)
    reading: dict[str, Reading] = field(default_factory=dict)
    next_places: dict[str, Placement] = field(default_factory=dict)
    undoable_acts: dict[str, int] = field(default_factory=dict)
    results: dict[str, Result] = field(default_factory=dict)
    deliveries: dict[int, Delivery] = field(default_factory=dict)
    health: dict[str, DestinationHealth] = field(default_factory=dict)
    story: list[Event] = field(default_factory=list)
    measures: dict[str, Measure] = field(default_factory=dict)
    conflicts: list[Instance] = field(default_factory=list)
    version: int = 0

    def tell(self, StudyInstanceUID: str, what: str, detail: str, at: datetime) -> None:
        """Append to a study's story; whatever changes a study tells of it."""
        self.story.append(Event(at=at, StudyInstanceUID=StudyInstanceUID, what=what, detail=detail))
        self.version += 1

    def release_place(self, StudyInstanceUID: str, now: datetime) -> Placement | None:
        """Move a study that nobody has any more to where it belongs; return that if it moved."""
        if self.reading[StudyInstanceUID].keeps_its_place(now):
            return None
        placement = self.next_places.pop(StudyInstanceUID, None)
        if placement is not None:
            study = self.studies[StudyInstanceUID]
            self.studies[StudyInstanceUID] = replace(study, placement=placement)
        return placement

    def instances_of(self, StudyInstanceUID: str) -> list[Instance]:
        """Return a study's instances in the order in which they came."""
        return [
            each
            for each in self.instances.values()
            if each.header.StudyInstanceUID == StudyInstanceUID
        ]

    def is_waiting(self, StudyInstanceUID: str) -> bool:
        """Say whether a study has an image that is neither scored nor given up."""
        return any(
            each.state is InstanceState.RECEIVED for each in self.instances_of(StudyInstanceUID)
        )

    def measure(self, StudyInstanceUID: str, assessment: Assessment, now: datetime) -> None:
        """Note what is now said of a study, once no image waits and unless none is in scope."""
        images = [
            each
            for each in self.instances_of(StudyInstanceUID)
            if each.state is not InstanceState.EXCLUDED
        ]
        if images and not self.is_waiting(StudyInstanceUID):
            last = max(images, key=lambda each: each.received_at)
            region = self.studies[StudyInstanceUID].region
            self.measures[StudyInstanceUID] = Measure(
                at=now,
                ae_title=last.source_ae_title,
                region=region.value if region is not None else "",
                kind=assessment.kind,
                probability=assessment.probability,
                seconds=max(0.0, (now - last.received_at).total_seconds()),
            )

    def urgency(self, StudyInstanceUID: str) -> tuple[bool, datetime, datetime, str]:
        """Return what studies are sorted by where the most urgent comes first."""
        study = self.studies[StudyInstanceUID]
        return not study.stat, study.placement.due_at, study.arrived_at, StudyInstanceUID
