"""Where it is taken down who saw what and who did what."""

from collections.abc import Iterator
from typing import Protocol

from triage_agent.domain.audit import AuditCursor, AuditEntry, AuditFilter, AuditLine


class AuditTrail(Protocol):
    """Lines that are only ever added. Every method may raise DatabaseUnavailable."""

    def record(self, line: AuditLine) -> None:
        """Add a line; it is durable on return. Raises StorageFull too."""
        ...

    def search(
        self,
        sought: AuditFilter,
        *,
        limit: int,
        before: AuditCursor | None = None,
        after: AuditCursor | None = None,
    ) -> tuple[AuditEntry, ...]:
        """Return the newest entries that fit, newest first.

        With `before` those next older than it, with `after` those next newer; not both.
        """
        ...

    def export(self, sought: AuditFilter) -> Iterator[AuditEntry]:
        """Yield every entry that fits, oldest first, of those that there are when it begins."""
        ...
