"""A Destination that answers as a test scripts it."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from triage_agent.errors import DestinationUnreachable


class FakeDestination:
    """Keeps `triage_agent.ports.Destination` in memory.

    `answers` says what it answers for a file name, by default that it takes it. A file whose
    answer is a DestinationUnreachable breaks the association there; any other exception in
    `raises` is raised instead of an answer, as a fault of the adapter would be.
    """

    def __init__(
        self,
        answers: Mapping[str, Exception] | None = None,
        raises: Mapping[str, Exception] | None = None,
        *,
        reachable: bool = True,
    ) -> None:
        self.answers = dict(answers or {})
        self.raises = dict(raises or {})
        self.reachable = reachable
        self.taken: list[str] = []
        self.associations = 0

    def echo(self) -> None:
        if not self.reachable:
            raise DestinationUnreachable("connection refused")

    def send(self, paths: Sequence[Path], report: Callable[[int, Exception | None], None]) -> None:
        self.associations += 1
        self.echo()
        for index, path in enumerate(paths):
            if path.name in self.raises:
                raise self.raises[path.name]
            answer = self.answers.get(path.name)
            if isinstance(answer, DestinationUnreachable):
                raise answer
            if answer is None:
                self.taken.append(path.name)
            report(index, answer)
