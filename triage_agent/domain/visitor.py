"""Who is at the web page or the API, and what each may do."""

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What somebody may do. Roles add up; none includes another."""

    READER = "reader"  # sees the worklist and studies, claims, reads, judges
    ADMINISTRATOR = "administrator"  # sees the node's health, retries and parks deliveries
    AUDITOR = "auditor"  # searches and exports the audit trail


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """Somebody whose request was let in.

    Attributes:
        name: of the user or the API client; what claims, verdicts and audit lines say.
        roles: what they may do.
        csrf_token: that every change which a browser asks for must carry; "" where no cookie
            answers for the visitor (API clients).
    """

    name: str
    roles: frozenset[Role]
    csrf_token: str = ""

    def may(self, *roles: Role) -> bool:
        """Whether the visitor has at least one of the roles."""
        return not self.roles.isdisjoint(roles)
