"""What `triage-agent token` does: lets programs in to the API, and keeps them out again."""

import re
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from rich.console import Console
from rich.table import Table

from triage_agent.command_node import served_node
from triage_agent.domain.audit import AuditLine, Deed
from triage_agent.domain.client_token import TOKEN_PREFIX, ClientToken, token_digest
from triage_agent.domain.visitor import Role
from triage_agent.errors import SettingsInvalid
from triage_agent.settings import Settings

# In audit lines and claims; nothing that could be mistaken for two words.
_NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,62}")
_WHO = "command line"


def add_token(settings: Settings, name: str, roles: Sequence[str], days: int) -> str:
    """Keep a new token and return it: nobody can look it up later.

    Raises SettingsInvalid for a name that will not do or was given before.
    """
    if not _NAME.fullmatch(name):
        raise SettingsInvalid(
            f"{name!a} cannot be a client's name: use small letters, digits, '.', '_' and '-'"
        )
    token = TOKEN_PREFIX + secrets.token_urlsafe(32)
    with served_node(settings) as node:
        now = node.clock.now()
        known = ClientToken(
            name=name,
            roles=frozenset(Role(role) for role in roles),
            created_at=now,
            expires_at=now + timedelta(days=days),
        )
        if not node.tokens.add(known, token_digest(token)):
            raise SettingsInvalid(
                f"a client called {name} was there before: names are given once, for the audit "
                "trail tells by them who did what"
            )
        node.audit.record(_line(now, f"{name} added with {', '.join(sorted(roles))}"))
    return token


def list_tokens(settings: Settings) -> None:
    """Print the clients, what they may do, and whether they are let in."""
    table = Table("client", "roles", "created", "expires", "last used", "")
    with served_node(settings) as node:
        now = node.clock.now()
        for each in node.tokens.listed():
            table.add_row(
                each.name,
                ", ".join(sorted(each.roles)),
                _day(each.created_at),
                _day(each.expires_at),
                _day(each.last_used_at),
                _state(each, now),
            )
    Console().print(table)


def revoke_token(settings: Settings, name: str) -> None:
    """Let a client in no longer, from its next request on. Raises SettingsInvalid if unknown."""
    with served_node(settings) as node:
        now = node.clock.now()
        if not node.tokens.revoke(name, now=now):
            raise SettingsInvalid(
                f"there is no token of {name!a} to revoke: see `triage-agent token list`"
            )
        node.audit.record(_line(now, f"{name} revoked"))


def _line(now: datetime, detail: str) -> AuditLine:
    return AuditLine(at=now, who=_WHO, deed=Deed.TOKEN_CHANGED, detail=detail)


def _day(instant: datetime | None) -> str:
    return "never" if instant is None else instant.astimezone().strftime("%Y-%m-%d %H:%M")


def _state(token: ClientToken, now: datetime) -> str:
    if token.revoked_at is not None:
        return f"revoked {_day(token.revoked_at)}"
    return "" if token.lets_in(now) else "expired"
