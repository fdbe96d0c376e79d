"""A Worklist in memory, for tests of pages and steps."""

from tests.fakes.register_rows import RegisterRows
from triage_agent.domain.instance import InstanceState
from triage_agent.domain.study import StudyState
from triage_agent.domain.worklist import ReadingState, WorklistEntry
from triage_agent.errors import StudyUnknown


class FakeWorklist:
    """Keeps `triage_agent.ports.Worklist` over the rows of a FakeStudyRegister."""

    def __init__(self, rows: RegisterRows | None = None) -> None:
        self.rows = rows if rows is not None else RegisterRows()

    def page(self, *, limit: int, offset: int = 0) -> tuple[WorklistEntry, ...]:
        entries = sorted(
            self._not_read(),
            key=lambda each: (
                each.study.placement.due_at,
                each.study.arrived_at,
                each.study.StudyInstanceUID,
            ),
        )
        return tuple(entries[offset : offset + limit])

    def count(self) -> int:
        return len(self._not_read())

    def entry(self, StudyInstanceUID: str) -> WorklistEntry:
        if StudyInstanceUID not in self.rows.studies:
            raise StudyUnknown(StudyInstanceUID)
        study = self.rows.studies[StudyInstanceUID]
        reading_state, claimed_by = self.rows.reading[StudyInstanceUID]
        states = [each.state for each in self.rows.instances_of(StudyInstanceUID)]
        return WorklistEntry(
            study=study,
            reading_state=reading_state,
            claimed_by=claimed_by,
            provisional=study.state is StudyState.OPEN
            or self.rows.is_waiting(StudyInstanceUID)
            or study.revision != study.assessed_revision,
            images=len(states) - states.count(InstanceState.EXCLUDED),
            images_scored=states.count(InstanceState.SCORED),
        )

    def version(self) -> int:
        return self.rows.version

    def _not_read(self) -> list[WorklistEntry]:
        entries = [self.entry(uid) for uid in self.rows.studies]
        return [each for each in entries if each.reading_state is not ReadingState.READ]
