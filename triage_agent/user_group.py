"""`triage-agent user`: who may sign in to the web page. Imports what it runs when it runs."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from triage_agent.settings import Settings

ROLES = ("reader", "administrator", "auditor")  # of triage_agent.domain.visitor
_role = click.option(
    "--role",
    "roles",
    multiple=True,
    required=True,
    type=click.Choice(ROLES),
    help="What they may do; once for each role.",
)
_password_stdin = click.option(
    "--password-stdin", is_flag=True, help="Take the password from standard input, for scripts."
)


def _settings() -> Settings:
    from triage_agent.settings import load_settings

    return load_settings()


def _password(*, from_stdin: bool) -> str:
    if not from_stdin:
        asked: str = click.prompt(
            "Password", hide_input=True, confirmation_prompt="Password again", err=True
        )
        return asked
    line = sys.stdin.readline().rstrip("\r\n")
    if not line:
        raise click.UsageError("--password-stdin: there is nothing on standard input")
    return line


@click.group()
def user() -> None:
    """People who may sign in to the web page, and what they may do.

    \b
    reader         sees the worklist and studies, claims, reads, judges
    administrator  sees the health of the node, retries and parks deliveries
    auditor        searches and exports the audit trail
    """


@user.command("add")
@click.argument("name")
@_role
@_password_stdin
def add(*, name: str, roles: tuple[str, ...], password_stdin: bool) -> None:
    """Let somebody in; asks for their first password, twice.

    \b
    Example: triage-agent user add jane --role reader
    """
    from triage_agent.users_command import add_user, free_name

    settings = _settings()
    name = free_name(settings, name)  # said before a password is asked for
    add_user(settings, name, roles, _password(from_stdin=password_stdin))


@user.command("list")
def list_() -> None:
    """List everybody, with their roles and how often they are signed in."""
    from triage_agent.users_command import list_users

    list_users(_settings())


@user.command("password")
@click.argument("name")
@_password_stdin
def password(*, name: str, password_stdin: bool) -> None:
    """Give somebody a new password, and sign them out everywhere."""
    from triage_agent.users_command import known_user, set_password

    settings = _settings()
    known = known_user(settings, name)
    set_password(settings, known.name, _password(from_stdin=password_stdin))


@user.command("roles")
@click.argument("name")
@_role
def roles_(*, name: str, roles: tuple[str, ...]) -> None:
    """Say anew what somebody may do; it counts at once."""
    from triage_agent.users_command import set_roles

    set_roles(_settings(), name, roles)


@user.command("disable")
@click.argument("name")
def disable(name: str) -> None:
    """Let somebody in no more, and sign them out everywhere. The name stays taken."""
    from triage_agent.users_command import set_disabled

    set_disabled(_settings(), name, disabled=True)


@user.command("enable")
@click.argument("name")
def enable(name: str) -> None:
    """Let somebody in again who was disabled."""
    from triage_agent.users_command import set_disabled

    set_disabled(_settings(), name, disabled=False)


@user.command("sessions")
@click.argument("name", required=False)
@click.option("--end", "ends", is_flag=True, help="Sign them out.")
def sessions(*, name: str | None, ends: bool) -> None:
    """Show who is signed in, all or NAME, and from where; --end signs them out."""
    from triage_agent.users_command import end_sessions, list_sessions

    if ends:
        end_sessions(_settings(), name)
    else:
        list_sessions(_settings(), name)
