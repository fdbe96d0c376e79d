"""An EventFeed in memory."""

from tests.fakes.register_rows import RegisterRows
from triage_agent.domain.worklist import Event


class FakeEventFeed:
    """Keeps `triage_agent.ports.feed.EventFeed` over the rows of a FakeStudyRegister."""

    def __init__(self, rows: RegisterRows | None = None) -> None:
        self.rows = rows if rows is not None else RegisterRows()

    def after(self, number: int, *, limit: int) -> tuple[tuple[int, Event], ...]:
        lines = tuple(enumerate(self.rows.story, start=1))
        return lines[max(0, number) :][:limit]

    def last(self) -> int:
        return len(self.rows.story)
