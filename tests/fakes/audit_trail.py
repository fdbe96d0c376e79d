"""An AuditTrail in memory."""

from collections.abc import Iterator

from triage_agent.domain.audit import AuditCursor, AuditEntry, AuditFilter, AuditLine, Deed


class FakeAuditTrail:
    """Keeps `triage_agent.ports.AuditTrail`.

    `error` is raised by every `record` while it is set: a trail that cannot be written.
    """

    def __init__(self) -> None:
        self.entries: list[AuditEntry] = []
        self.error: Exception | None = None

    @property
    def lines(self) -> list[AuditLine]:
        """The lines in the order in which they were recorded."""
        return [each.line for each in self.entries]

    @property
    def deeds(self) -> list[Deed]:
        """What was done, in the order in which it was recorded."""
        return [each.deed for each in self.lines]

    def record(self, line: AuditLine) -> None:
        if self.error is not None:
            raise self.error
        self.entries.append(AuditEntry(number=len(self.entries) + 1, line=line))

    def search(
        self,
        sought: AuditFilter,
        *,
        limit: int,
        before: AuditCursor | None = None,
        after: AuditCursor | None = None,
    ) -> tuple[AuditEntry, ...]:
        found = self._found(sought)
        if after is not None:
            newer = [each for each in found if each.cursor > after]
            return tuple(reversed(newer[:limit]))
        older = [each for each in found if before is None or each.cursor < before]
        return tuple(reversed(older))[:limit]

    def export(self, sought: AuditFilter) -> Iterator[AuditEntry]:
        return iter(self._found(sought))

    def _found(self, sought: AuditFilter) -> list[AuditEntry]:
        fitting = [each for each in self.entries if sought.fits(each.line)]
        return sorted(fitting, key=lambda each: each.cursor)
