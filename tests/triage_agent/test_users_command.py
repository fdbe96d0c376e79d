"""`triage-agent user`: people are let in, changed and shut out, as an administrator types it."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from triage_agent.adapters.argon2_passwords import Argon2Passwords
from triage_agent.adapters.sql.migrate import upgrade
from triage_agent.cli import main
from triage_agent.composition import open_node
from triage_agent.domain.audit import AuditFilter, Deed
from triage_agent.domain.sign_in import Session
from triage_agent.domain.visitor import Role
from triage_agent.settings import Settings
from triage_agent.user_group import ROLES
from triage_agent.users_command import nobody_line

PASSWORD = "some words in a row"  # noqa: S105 (of nobody)
Invoke = Callable[..., Result]


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with all tables and nobody in them, to be copied."""
    folder = tmp_path_factory.mktemp("migrated")
    with open_node(Settings(data_dir=folder)) as node:
        upgrade(node.database)
    return folder


@pytest.fixture
def invoke(migrated: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Invoke:
    """Run a command; `typed` is what comes from the keyboard or a pipe."""
    monkeypatch.delenv("TRIAGE_CONFIG", raising=False)
    monkeypatch.setenv("TRIAGE_DATA_DIR", str(shutil.copytree(migrated, tmp_path / "node")))
    monkeypatch.setenv("COLUMNS", "200")

    def run(*arguments: str, typed: str = "") -> Result:
        return CliRunner().invoke(main, ("user", *arguments), input=typed, catch_exceptions=False)

    return run


@pytest.fixture
def jane(invoke: Invoke) -> None:
    """A reader."""
    assert add(invoke, "jane").exit_code == 0


def add(invoke: Invoke, name: str, *roles: str, password: str = PASSWORD) -> Result:
    options = [option for role in roles or ("reader",) for option in ("--role", role)]
    return invoke("add", name, *options, "--password-stdin", typed=f"{password}\n")


def fault(result: Result) -> str:
    """Return what a command that failed says."""
    assert (result.exit_code, result.stdout) == (1, "")
    (line,) = result.stderr.splitlines()
    return line


def user(name: str = "jane"):
    with open_node(Settings()) as node:
        return node.accounts.user(name)


def trail() -> list[str]:
    with open_node(Settings()) as node:
        entries = node.audit.export(AuditFilter(deeds=frozenset({Deed.USER_CHANGED})))
        return [f"{each.line.who}: {each.line.detail}" for each in entries]


def sign_in(name: str = "jane") -> None:
    with open_node(Settings()) as node:
        found = node.accounts.user(name)
        assert found is not None
        session = Session(
            digest="0" * 64,
            name=name,
            roles=frozenset(),
            is_local=True,
            began_at=node.clock.now(),
            seen_at=node.clock.now(),
            address="192.0.2.7",
        )
        node.accounts.open_session(session, checked_hash=found.password_hash)


def test_the_roles_on_the_command_line_are_those_of_the_node():
    assert set(ROLES) == set(Role)


def test_somebody_is_let_in_before_the_node_was_ever_started(invoke, tmp_path, monkeypatch):
    monkeypatch.setenv("TRIAGE_DATA_DIR", str(tmp_path / "new"))
    result = add(invoke, "Jane", "reader", "auditor")
    assert result.exit_code == 0
    assert result.stdout.startswith(
        "jane may sign in at http://127.0.0.1:8080/ as auditor and reader\n"
    )
    kept = user()
    assert kept.roles == {Role.READER, Role.AUDITOR}
    assert Argon2Passwords().is_right(PASSWORD, kept.password_hash)
    (line,) = trail()
    assert line.startswith("command line: jane: added as auditor and reader; by ")


def test_the_password_is_asked_for_twice_and_never_shown(invoke):
    typed = f"{PASSWORD}\nmistyped\n{PASSWORD}\n{PASSWORD}\n"
    result = invoke("add", "jane", "--role", "reader", typed=typed)
    assert result.exit_code == 0
    assert "do not match" in result.output
    assert PASSWORD not in result.output
    assert Argon2Passwords().is_right(PASSWORD, user().password_hash)


@pytest.mark.usefixtures("jane")
def test_a_name_is_given_once_and_said_to_be_taken_before_a_password_is_asked_for(invoke):
    result = invoke("add", "jane", "--role", "auditor")
    assert "there is a user jane already: `triage-agent user roles jane`" in fault(result)
    assert user().roles == {Role.READER}


@pytest.mark.parametrize("name", ["", "jane doe", "-", "müller", "a" * 65])
def test_what_can_be_no_name_is_refused_with_the_rule(invoke, name):
    result = invoke("add", "--role", "reader", "--", name)
    assert "cannot be a name: take letters from a to z" in fault(result)


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("short", "at least 12 characters"),
        ("x1" * 600, "at most 1024"),
        ("password1234", "everybody tries first"),
    ],
)
def test_a_poor_password_is_refused_with_the_reason(invoke, password, reason):
    result = add(invoke, "jane", password=password)
    assert reason in fault(result)
    assert user() is None
    assert password not in result.output


def test_an_empty_pipe_is_told_of(invoke):
    result = invoke("add", "jane", "--role", "reader", "--password-stdin")
    assert result.exit_code == 2
    assert "nothing on standard input" in result.stderr


@pytest.mark.parametrize("roles", [(), ("--role", "king")])
def test_a_role_is_asked_for(invoke, roles):
    result = invoke("add", "jane", *roles)
    assert result.exit_code == 2
    assert "--role" in result.stderr


@pytest.mark.usefixtures("jane")
def test_everybody_is_listed(invoke):
    add(invoke, "ada", "administrator", "auditor")
    invoke("disable", "ada")
    sign_in()
    listed = invoke("list").stdout
    rows = [line for line in listed.splitlines() if "│" in line]
    assert [row.split("│")[1].strip() for row in rows] == ["ada", "jane"]
    assert "administrator and auditor" in rows[0]
    assert [row.split("│")[3].strip() for row in rows] == ["disabled", "may sign in"]
    assert [row.split("│")[4].strip() for row in rows] == ["no", "yes"]


def test_without_users_the_list_says_how_to_begin(invoke):
    result = invoke("list")
    assert result.exit_code == 0
    assert "triage-agent user add NAME --role" in result.stdout


@pytest.mark.usefixtures("jane")
def test_a_new_password_signs_out_everywhere(invoke):
    sign_in()
    result = invoke("password", "JANE", "--password-stdin", typed="other words in a row\n")
    assert result.stdout == "jane has a new password and is signed out everywhere\n"
    assert Argon2Passwords().is_right("other words in a row", user().password_hash)
    assert invoke("sessions").stdout == "nobody is signed in\n"


@pytest.mark.usefixtures("jane")
def test_roles_are_said_anew(invoke):
    result = invoke("roles", "jane", "--role", "administrator", "--role", "reader")
    assert result.stdout == "jane is now administrator and reader\n"
    assert user().roles == {Role.ADMINISTRATOR, Role.READER}
    assert "jane: reader became administrator and reader" in trail()[-1]


@pytest.mark.usefixtures("jane")
def test_who_is_disabled_is_out_until_enabled(invoke):
    sign_in()
    assert "cannot sign in" in invoke("disable", "jane").stdout
    assert user().disabled
    assert invoke("sessions", "jane").stdout == "jane is not signed in\n"
    assert "may sign in again" in invoke("enable", "jane").stdout
    assert not user().disabled


@pytest.mark.usefixtures("jane")
def test_sign_ins_are_shown_and_ended(invoke):
    sign_in()
    shown = invoke("sessions").stdout
    assert "jane" in shown
    assert "192.0.2.7" in shown
    assert "0" * 64 not in shown
    assert invoke("sessions", "jane", "--end").stdout == "1 sign-ins are ended\n"
    assert invoke("sessions", "--end").stdout == "0 sign-ins are ended\n"
    assert "everybody: signed out" in trail()[-1]


@pytest.mark.parametrize(
    "command",
    [
        ("password", "joe"),
        ("roles", "joe", "--role", "reader"),
        ("disable", "joe"),
        ("enable", "joe"),
        ("sessions", "joe"),
        ("sessions", "joe", "--end"),
    ],
)
def test_nobody_is_told_of_with_those_there_are(invoke, command):
    assert "there is no user 'joe': there are none yet" in fault(invoke(*command))
    add(invoke, "jane")
    assert "there is no user 'joe': there are jane" in fault(invoke(*command))


def test_serve_says_so_while_nobody_may_sign_in(invoke):
    def line(**settings: object) -> str | None:
        with open_node(Settings(**settings)) as node:  # type: ignore[arg-type]
            return nobody_line(node)

    told = line()
    assert told is not None
    assert told.startswith("users ")
    assert "triage-agent user add NAME --role" in told
    assert line(http={"sign_in": "none"}) is None
    provider = {"issuer": "https://login.example", "client_id": "triage"}
    assert line(http={"oidc": {**provider, "client_secret_variable": "OIDC"}}) is None
    proxy = {"behind_proxy": ["192.0.2.20"], "names": ["triage.example"]}
    assert line(http=proxy) == told
    assert line(http={**proxy, "proxy_sign_in": {}}) is None
    add(invoke, "jane")
    assert line() is None
    invoke("disable", "jane")
    assert line() == told


def test_the_address_is_the_one_that_browsers_use(invoke, monkeypatch):
    monkeypatch.setenv("TRIAGE_HTTP__NAMES", '["triage.example"]')
    assert "at http://triage.example:8080/ as" in add(invoke, "a").stdout
    monkeypatch.setenv("TRIAGE_HTTP__BEHIND_PROXY", '["192.0.2.1"]')
    assert "at https://triage.example/ as" in add(invoke, "b").stdout


def test_without_a_sign_in_it_is_said_that_nobody_is_asked(invoke, monkeypatch):
    monkeypatch.setenv("TRIAGE_HTTP__SIGN_IN", "none")
    assert "nobody is asked to sign in" in add(invoke, "jane").stdout
