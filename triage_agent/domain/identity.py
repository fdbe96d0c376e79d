"""Who somebody is according to others: an identity provider, or a proxy that has asked one."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from triage_agent.domain.visitor import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Somebody for whom another answers.

    Attributes:
        name: what claims, verdicts and audit lines say.
        roles: what they may do here; may be none.
    """

    name: str
    roles: frozenset[Role]


def roles_of(groups: Iterable[str], meaning: Mapping[str, tuple[Role, ...]]) -> frozenset[Role]:
    """Return what the groups of a person let them do; a group that is not named gives nothing."""
    return frozenset(role for group in groups for role in meaning.get(group.strip(), ()))
