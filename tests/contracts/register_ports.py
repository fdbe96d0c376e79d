"""The three ports over one set of rows, and short ways to bring a study to a stage."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from tests.factories import (
    MODEL,
    T0,
    after,
    make_assessment,
    make_instance,
    make_opening,
    make_placement,
    make_result,
    make_score,
    uid,
)
from triage_agent.domain.delivery import Result
from triage_agent.domain.instance import Instance
from triage_agent.domain.priority import Placement
from triage_agent.domain.study import Study
from triage_agent.domain.worklist import ReadingState
from triage_agent.ports.lists import Outbox, Worklist
from triage_agent.ports.reading import ReadingDesk
from triage_agent.ports.register import RegistrationOutcome, StudyRegister

QUIET_SECONDS = 10.0
STUDY = uid("study", 1)


@dataclass(frozen=True, kw_only=True)
class RegisterPorts:
    """The ports under test. `set_reading` stands for the person who takes a study."""

    register: StudyRegister
    worklist: Worklist
    outbox: Outbox
    desk: ReadingDesk
    set_reading: Callable[[str, ReadingState, str], None]

    def arrive(
        self, instance: Instance, *, due_in_seconds: float = 5400, stat: bool = False
    ) -> RegistrationOutcome:
        """Register an instance."""
        return self.register.register(
            instance, make_opening(due_in_seconds), stat=stat, quiet_seconds=QUIET_SECONDS
        )

    def study(self, StudyInstanceUID: str = STUDY) -> Study:
        """Return a study."""
        return self.register.study_images(StudyInstanceUID).study

    def story(self, StudyInstanceUID: str = STUDY) -> list[str]:
        """Return what happened to a study, without the details."""
        return [each.what for each in self.register.events(StudyInstanceUID)]

    def score(self, *instances: Instance, probability: float = 0.75) -> None:
        """Score instances."""
        for each in instances:
            assert self.register.record_score(
                each.header.SOPInstanceUID, make_score(probability), model=MODEL, now=T0
            )

    def assess(
        self, StudyInstanceUID: str = STUDY, placement: Placement | None = None
    ) -> Placement:
        """Assess a study from its present revision; its place stays unless another is given."""
        study = self.study(StudyInstanceUID)
        placement = placement or study.placement
        assert self.register.record_assessment(
            StudyInstanceUID, make_assessment(), placement, revision=study.revision, now=T0
        )
        return placement

    def report(
        self,
        results: Sequence[Result],
        *names: str,
        StudyInstanceUID: str = STUDY,
        now: datetime = T0,
    ) -> bool:
        """Report a study with results that all go to the same destinations."""
        study = self.study(StudyInstanceUID)
        return self.register.record_report(
            StudyInstanceUID,
            results,
            [names for _ in results],
            generation=study.generation,
            revision=study.revision,
            now=now,
        )

    def complete(self, *instances: Instance, due_in_seconds: float = 5400) -> str:
        """Register, score, assess and close a study of these instances; return its UID."""
        for each in instances:
            self.arrive(each, due_in_seconds=due_in_seconds)
        StudyInstanceUID = instances[0].header.StudyInstanceUID
        self.score(*instances)
        self.assess(StudyInstanceUID, make_placement(due_in_seconds))
        self.register.close_due(after(1_000_000))
        return StudyInstanceUID

    def deliver(
        self, number: int, *names: str, due_in_seconds: float = 5400, results: int = 1
    ) -> tuple[Result, ...]:
        """Bring study `number` so far that its results are on their way; return them."""
        study = uid("study", number)
        self.complete(make_instance(StudyInstanceUID=study), due_in_seconds=due_in_seconds)
        made = tuple(make_result(StudyInstanceUID=study) for _ in range(results))
        assert self.report(made, *names, StudyInstanceUID=study)
        return made
