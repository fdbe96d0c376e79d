"""What happened to all studies, in the order in which it became so."""

from typing import Protocol

from triage_agent.domain.worklist import Event


class EventFeed(Protocol):
    """The lines of all stories, numbered.

    Whoever has seen a number has seen, or could have seen, everything below it: no line turns up
    later under a smaller one. Numbers rise, but not always by one.
    """

    def after(self, number: int, *, limit: int) -> tuple[tuple[int, Event], ...]:
        """Return the first lines with a greater number, in their order."""
        ...

    def last(self) -> int:
        """Return the greatest number, 0 where nothing has happened yet."""
        ...
