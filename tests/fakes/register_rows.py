"""The rows that the fakes of StudyRegister, Worklist and Outbox share, in memory."""

from dataclasses import dataclass, field
from datetime import datetime

from triage_agent.domain.delivery import Delivery, DestinationHealth, Result
from triage_agent.domain.instance import Instance, InstanceState, StoredObject
from triage_agent.domain.study import Study
from triage_agent.domain.worklist import Event, ReadingState


@dataclass
class RegisterRows:
    """What a database would hold. Tests may look at it and set `reading` themselves."""

    studies: dict[str, Study] = field(default_factory=dict)
    declared: dict[str, int] = field(default_factory=dict)
    instances: dict[str, Instance] = field(default_factory=dict)
    quarantined: dict[tuple[str, str], StoredObject] = field(default_factory=dict)
    reading: dict[str, tuple[ReadingState, str]] = field(default_factory=dict)
    results: dict[str, Result] = field(default_factory=dict)
    deliveries: dict[int, Delivery] = field(default_factory=dict)
    health: dict[str, DestinationHealth] = field(default_factory=dict)
    story: list[Event] = field(default_factory=list)
    version: int = 0

    def tell(self, StudyInstanceUID: str, what: str, detail: str, at: datetime) -> None:
        """Append to a study's story; whatever changes a study tells of it."""
        self.story.append(Event(at=at, StudyInstanceUID=StudyInstanceUID, what=what, detail=detail))
        self.version += 1

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

    def urgency(self, StudyInstanceUID: str) -> tuple[bool, datetime, datetime, str]:
        """Return what studies are sorted by where the most urgent comes first."""
        study = self.studies[StudyInstanceUID]
        return not study.stat, study.placement.due_at, study.arrived_at, StudyInstanceUID
