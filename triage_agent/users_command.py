"""What `triage-agent user` does: users and their sign-ins, in the rows of the node."""

from collections.abc import Iterable

import click
from rich.console import Console
from rich.table import Table

from triage_agent.adapters.argon2_passwords import Argon2Passwords
from triage_agent.adapters.http.access import Access
from triage_agent.command_line_audit import note
from triage_agent.command_node import prepared_node
from triage_agent.composition import Node
from triage_agent.domain.account import (
    LONGEST_NAME,
    LONGEST_PASSWORD,
    SHORTEST_PASSWORD,
    PasswordFault,
    User,
    normal_password,
    password_fault,
    user_name,
)
from triage_agent.domain.audit import Deed
from triage_agent.domain.sign_in import Session
from triage_agent.domain.visitor import Role
from triage_agent.errors import SettingsInvalid, UserUnknown
from triage_agent.settings import HttpSettings, Settings

_FAULTS = {
    PasswordFault.TOO_SHORT: f"it needs at least {SHORTEST_PASSWORD} characters; some words in a "
    "row do well",
    PasswordFault.TOO_LONG: f"it may have at most {LONGEST_PASSWORD} characters",
    PasswordFault.HOLDS_NAME: "it is little more than the name",
    PasswordFault.WELL_KNOWN: "it is one of those that everybody tries first",
}


def free_name(settings: Settings, typed: str) -> str:
    """Return the form of a name that nobody has yet. Raises SettingsInvalid."""
    name = user_name(typed)
    if name is None:
        raise SettingsInvalid(
            f"{typed!a} cannot be a name: take letters from a to z, digits and . _ @ + -, at most "
            f"{LONGEST_NAME}, a letter or digit first"
        )
    with prepared_node(settings) as node:
        if node.accounts.user(name) is not None:
            raise SettingsInvalid(_taken(name))
    return name


def known_user(settings: Settings, typed: str) -> User:
    """Return a user. Raises UserUnknown."""
    with prepared_node(settings) as node:
        return _find(node, typed)


def add_user(settings: Settings, name: str, roles: Iterable[str], password: str) -> None:
    """Let somebody in. Raises SettingsInvalid for a name that is taken or a poor password."""
    password_hash = _hash(password, name)
    with prepared_node(settings) as node:
        now = node.clock.now()
        added = User(
            name=name,
            roles=frozenset(map(Role, roles)),
            password_hash=password_hash,
            created_at=now,
            changed_at=now,
        )
        if not node.accounts.add_user(added):
            raise SettingsInvalid(_taken(name))
        said = _roles(added.roles)
        note(node, Deed.USER_CHANGED, f"{name}: added as {said}")
    click.echo(f"{name} may sign in at {_address(settings.http)} as {said}")
    click.echo("They change the password there, behind their name at the top.")
    if settings.http.sign_in == "none":
        click.echo('http.sign_in is "none": until it is "required", nobody is asked to sign in.')


def list_users(settings: Settings) -> None:
    """Print everybody."""
    with prepared_node(settings) as node:
        users = node.accounts.users()
        signed_in = _live_sessions(node)
    if not users:
        click.echo(f"there are no users yet: {add_command()}")
        return
    table = Table("name", "roles", "state", "signed in", "added", "changed")
    for each in users:
        count = sum(session.name == each.name and session.is_local for session in signed_in)
        table.add_row(
            each.name,
            _roles(each.roles),
            "disabled" if each.disabled else "may sign in",
            f"{count} times" if count > 1 else "yes" if count else "no",
            f"{each.created_at:%Y-%m-%d}",
            f"{each.changed_at:%Y-%m-%d %H:%M}",
        )
    Console().print(table)


def set_password(settings: Settings, name: str, password: str) -> None:
    """Give somebody a new password. Raises UserUnknown, SettingsInvalid for a poor one."""
    password_hash = _hash(password, name)
    with prepared_node(settings) as node:
        node.accounts.set_password(name, password_hash, now=node.clock.now())
        note(node, Deed.USER_CHANGED, f"{name}: new password")
    click.echo(f"{name} has a new password and is signed out everywhere")


def set_roles(settings: Settings, typed: str, roles: Iterable[str]) -> None:
    """Say what somebody may do. Raises UserUnknown."""
    wanted = frozenset(map(Role, roles))
    with prepared_node(settings) as node:
        found = _find(node, typed)
        node.accounts.set_roles(found.name, wanted, now=node.clock.now())
        note(
            node, Deed.USER_CHANGED, f"{found.name}: {_roles(found.roles)} became {_roles(wanted)}"
        )
    click.echo(f"{found.name} is now {_roles(wanted)}")


def set_disabled(settings: Settings, typed: str, *, disabled: bool) -> None:
    """Let somebody in no more, or again. Raises UserUnknown."""
    with prepared_node(settings) as node:
        found = _find(node, typed)
        node.accounts.set_disabled(found.name, disabled=disabled, now=node.clock.now())
        note(node, Deed.USER_CHANGED, f"{found.name}: {'disabled' if disabled else 'enabled'}")
    if disabled:
        click.echo(f"{found.name} is signed out everywhere and cannot sign in")
    else:
        click.echo(f"{found.name} may sign in again")


def list_sessions(settings: Settings, typed: str | None) -> None:
    """Print who is signed in. Raises UserUnknown."""
    with prepared_node(settings) as node:
        name = None if typed is None else _session_name(node, typed)
        found = [each for each in _live_sessions(node) if name in (None, each.name)]
    if not found:
        click.echo("nobody is signed in" if name is None else f"{name} is not signed in")
        return
    table = Table("name", "roles", "from", "since", "last seen")
    for each in found:
        times = (f"{at:%Y-%m-%d %H:%M} UTC" for at in (each.began_at, each.seen_at))
        table.add_row(each.name, _roles(each.roles), each.address, *times)
    Console().print(table)


def end_sessions(settings: Settings, typed: str | None) -> None:
    """Sign everybody out, or one. Raises UserUnknown."""
    with prepared_node(settings) as node:
        name = None if typed is None else _session_name(node, typed)
        count = node.accounts.end_sessions(name)
        note(node, Deed.USER_CHANGED, f"{name or 'everybody'}: signed out")
    click.echo(f"{count} sign-ins are ended")


def nobody_line(node: Node) -> str | None:
    """Return what `serve` says when people have to sign in and nobody can."""
    http = node.settings.http
    others_answer = http.oidc is not None or http.proxy_sign_in is not None
    if http.sign_in == "none" or others_answer:
        return None
    if any(not each.disabled for each in node.accounts.users()):
        return None
    return f"users        none, so the web page lets nobody in: {add_command()}"


def add_command() -> str:
    """Return the command that lets the first person in."""
    return "triage-agent user add NAME --role reader --role administrator --role auditor"


def _live_sessions(node: Node) -> list[Session]:
    limits, now = Access.from_settings(node.settings.http).limits, node.clock.now()
    return [each for each in node.accounts.sessions() if limits.holds(each, now)]


def _session_name(node: Node, typed: str) -> str:
    """Return a name that somebody has, or had when they signed in elsewhere."""
    if any(each.name == typed for each in node.accounts.sessions()):
        return typed
    return _find(node, typed).name


def _find(node: Node, typed: str) -> User:
    name = user_name(typed)
    found = None if name is None else node.accounts.user(name)
    if found is None:
        known = ", ".join(each.name for each in node.accounts.users())
        raise UserUnknown(
            f"there is no user {typed!a}: "
            + (f"there are {known}" if known else f"there are none yet; {add_command()}")
        )
    return found


def _hash(password: str, name: str) -> str:
    normal = normal_password(password)
    fault = password_fault(normal, name)
    if fault is not None:
        raise SettingsInvalid(f"this password will not do: {_FAULTS[fault]}")
    try:
        return Argon2Passwords().hash(normal)
    except UnicodeEncodeError as error:
        raise SettingsInvalid("this password will not do: it is not text in UTF-8") from error


def _taken(name: str) -> str:
    return (
        f"there is a user {name} already: `triage-agent user roles {name}` says what they may do, "
        f"`triage-agent user password {name}` gives them a new password"
    )


def _roles(roles: Iterable[Role]) -> str:
    return " and ".join(sorted(roles)) or "nothing"


def _address(http: HttpSettings) -> str:
    scheme = "https" if http.is_secure else "http"
    if http.behind_proxy:
        return f"{scheme}://{http.names[0]}/"
    host = http.names[0] if http.names else f"[{http.host}]" if ":" in http.host else http.host
    return f"{scheme}://{host}:{http.port}/"
