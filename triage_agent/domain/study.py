"""A study as the node knows it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from triage_agent.domain.assessment import Assessment
from triage_agent.domain.instance import Instance
from triage_agent.domain.priority import Placement
from triage_agent.domain.region import Region


class StudyState(StrEnum):
    """How far a study has come."""

    OPEN = "open"  # instances may still arrive
    CLOSED = "closed"  # complete as far as known; results are due
    REPORTED = "reported"  # results of this generation are composed and in the outbox


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """A row of the register: one study with what is currently said of it.

    `generation` starts at 1 and rises when an image in scope arrives after the study was closed;
    results belong to a generation. `revision` rises with every change to the study's images, so
    that an assessment computed from older rows is refused.
    """

    StudyInstanceUID: str
    PatientID: str
    PatientName: str
    PatientBirthDate: str
    PatientSex: str
    AccessionNumber: str
    StudyDate: str
    StudyTime: str
    StudyDescription: str
    region: Region | None
    laterality: str
    stat: bool
    state: StudyState
    generation: int
    revision: int
    assessed_revision: int
    assessment: Assessment
    placement: Placement
    arrived_at: datetime
    last_instance_at: datetime
    closes_at: datetime
    closed_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyImages:
    """A study with all its instances, in order of series and instance number, read at once."""

    study: Study
    instances: tuple[Instance, ...]

    @property
    def scored_regions(self) -> frozenset[Region]:
        """The regions of the scored images; `study.region` may be that of an unscored one."""
        return frozenset(
            one.region for one in self.instances if one.score is not None and one.region is not None
        )

    @property
    def most_suspicious(self) -> Instance | None:
        """The scored image with the highest probability, the first of equals; None without one."""
        scored = [(one.score.probability, one) for one in self.instances if one.score is not None]
        if not scored:
            return None
        return max(scored, key=lambda pair: pair[0])[1]
