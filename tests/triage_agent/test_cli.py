"""The command line over a real SQLite data folder, each command as a person types it."""

import json
import os
import pwd
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from tests.contracts.register_on_sql import ports_on
from tests.contracts.register_ports import RegisterPorts
from tests.factories import make_instance, uid
from triage_agent.adapters.sql.engine import Database
from triage_agent.cli import main
from triage_agent.composition import open_node
from triage_agent.domain.audit import AuditFilter, Deed
from triage_agent.domain.delivery import DeliveryState
from triage_agent.model_in_use import model_folder, read_model
from triage_agent.settings import Settings

DESTINATION = {"name": "pacs", "host": "127.0.0.1", "port": 104, "ae_title": "PACS"}
# Each takes seconds to import, and none is needed to look at rows.
HEAVY = (
    "alembic",
    "fastapi",
    "numpy",
    "onnxruntime",
    "pydicom",
    "pynetdicom",
    "structlog",
    "torch",
)

Invoke = Callable[..., Result]


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The settings of a node whose data folder is not there yet."""
    monkeypatch.delenv("TRIAGE_CONFIG", raising=False)
    monkeypatch.setenv("TRIAGE_DATA_DIR", str(tmp_path / "node"))
    monkeypatch.setenv("TRIAGE_DESTINATIONS", json.dumps([DESTINATION]))
    monkeypatch.setenv("COLUMNS", "200")


@pytest.fixture
def invoke(environment: None) -> Invoke:
    """Run a command; what it prints is in `stdout` and `stderr`."""
    del environment

    def run(*arguments: str) -> Result:
        # Whatever a command raises has to reach the test: a person would see a trace.
        return CliRunner().invoke(main, arguments, catch_exceptions=False)

    return run


@pytest.fixture
def ports(invoke: Invoke) -> Iterator[RegisterPorts]:
    """The rows of the node, after `db upgrade`."""
    assert invoke("db", "upgrade").exit_code == 0
    database = Database(Settings().database_url)
    yield ports_on(database)
    database.dispose()


def said_in_one_line(result: Result) -> str:
    """Return what a command that failed says."""
    assert (result.exit_code, result.stdout) == (1, "")
    [line] = result.stderr.splitlines()
    return line


def commands(command: click.Command, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Name every command and group, hidden ones too."""
    yield path
    if isinstance(command, click.Group):
        for name, child in command.commands.items():
            yield from commands(child, (*path, name))


@pytest.mark.parametrize("path", list(commands(main)), ids=" ".join)
def test_every_command_explains_itself(invoke, path):
    result = invoke(*path, "--help")
    assert result.exit_code == 0
    assert result.stdout.startswith("Usage:")
    assert result.stderr == ""


def test_the_database_is_upgraded_as_often_as_one_likes(invoke, tmp_path):
    first, second = invoke("db", "upgrade"), invoke("db", "upgrade")
    assert (first.exit_code, second.exit_code) == (0, 0)
    assert first.stdout == second.stdout
    assert first.stdout.startswith("schema at revision 0")
    assert (tmp_path / "node" / "triage.sqlite3").is_file()


@pytest.mark.parametrize("command", ["worklist", "study 1.2.3", "outbox list", "outbox retry"])
def test_a_node_without_a_database_says_what_to_do(invoke, command):
    assert "triage-agent db upgrade" in said_in_one_line(invoke(*command.split()))


@pytest.mark.usefixtures("ports")
def test_the_worklist_of_an_empty_node_is_an_empty_array(invoke):
    result = invoke("worklist", "--json")
    assert (result.exit_code, json.loads(result.stdout), result.stderr) == (0, [], "")


def test_scripts_get_the_whole_worklist_and_people_its_top(invoke, ports):
    for number in range(101):
        ports.arrive(make_instance(StudyInstanceUID=uid("study", number)))
    listed = json.loads(invoke("worklist", "--json").stdout)
    assert [each["place"] for each in listed] == list(range(1, 102))
    assert json.loads(invoke("worklist", "--json", "--limit", "2").stdout) == listed[:2]
    assert "Worklist: 100 of 101 to read" in invoke("worklist").stdout
    assert "Worklist: 2 of 101 to read" in invoke("worklist", "--limit", "2").stdout
    assert invoke("worklist", "--limit", "0").exit_code == 2


@pytest.mark.usefixtures("ports")
@pytest.mark.parametrize("StudyInstanceUID", ["1.2.3", "knee", "1.2\n3", "\udcff", ""])
def test_an_unknown_study_is_told_in_one_line(invoke, StudyInstanceUID):
    said = said_in_one_line(invoke("study", StudyInstanceUID))
    assert said.startswith("triage-agent: ")
    assert ("no study 1.2.3" if StudyInstanceUID == "1.2.3" else "is not a UID") in said


def test_a_study_is_told_with_its_own_deliveries_behind_any_number_of_others(invoke, ports):
    ports.deliver(1, "pacs", results=1001)
    [mine] = ports.deliver(2, "archive")
    result = invoke("study", uid("study", 2))
    assert result.exit_code == 0
    assert mine.SOPInstanceUID in result.stdout
    assert "Outbox: 1 waiting, 0 parked" in result.stdout
    assert "archive" in result.stdout


def test_what_waits_is_listed_parked_and_tried_again(invoke, ports):
    ports.deliver(1, "pacs", results=2)
    assert "Outbox: 2 waiting, 0 parked" in invoke("outbox", "list").stdout
    assert invoke("outbox", "park").stdout == "2 objects are parked\n"
    assert ports.outbox.counts() == {("pacs", DeliveryState.PARKED): 2}
    assert "Outbox: 0 waiting, 2 parked" in invoke("outbox", "list").stdout
    assert invoke("outbox", "park", "--destination", "pacs").stdout == "0 objects are parked\n"
    assert invoke("outbox", "retry", "--destination", "pacs").stdout == "2 objects are due now\n"
    assert ports.outbox.counts() == {("pacs", DeliveryState.PENDING): 2}


def test_who_parks_and_tries_again_stands_in_the_audit_trail(invoke, ports, monkeypatch):
    monkeypatch.setenv("LOGNAME", "ada")  # what they say themselves: not to be believed
    ports.deliver(1, "pacs")
    invoke("outbox", "list")
    invoke("outbox", "park")
    invoke("outbox", "retry", "--destination", "pacs")
    invoke("outbox", "retry", "--destination", "nowhere")
    user = pwd.getpwuid(os.getuid()).pw_name
    with open_node(Settings()) as node:
        lines = [each.line for each in node.audit.export(AuditFilter())]
    assert [(each.who, each.deed, each.detail) for each in lines] == [
        ("command line", Deed.DELIVERY_PARKED, f"all destinations; by {user}"),
        ("command line", Deed.DELIVERY_RETRIED, f"pacs; by {user}"),
    ]


def test_a_system_user_need_not_have_a_name(invoke, ports, monkeypatch):
    def nobody(number: int) -> None:
        raise KeyError(number)

    monkeypatch.setattr("triage_agent.command_line_audit.pwd.getpwuid", nobody)
    ports.deliver(1, "pacs")
    invoke("outbox", "park")
    with open_node(Settings()) as node:
        (line,) = [each.line for each in node.audit.export(AuditFilter())]
    assert line.detail == "all destinations; by a system user without a name"


@pytest.mark.usefixtures("ports")
@pytest.mark.parametrize("command", ["list", "retry", "park"])
def test_a_destination_that_the_settings_do_not_name_is_an_error(invoke, command):
    said = said_in_one_line(invoke("outbox", command, "--destination", "nowhere"))
    assert "no destination is called nowhere: the settings name pacs" in said


def test_the_model_is_shown_with_its_card(invoke):
    result = invoke("model", "show")
    assert result.exit_code == 0
    bundle = read_model(Settings()).bundle
    for said in (bundle.version, bundle.device_uid, bundle.weights_sha256):
        assert said in result.stdout
    card = (model_folder(Settings()) / "MODEL_CARD.md").read_text(encoding="utf-8")
    assert card.splitlines()[0].lstrip("# ") in result.stdout


@pytest.mark.usefixtures("ports")
@pytest.mark.parametrize("command", ["--help", "worklist", "worklist --json"])
def test_looking_does_not_wait_for_what_only_the_work_needs(command):
    program = (
        "import sys\n"
        "from triage_agent.cli import main\n"
        f"main({command.split()!r}, standalone_mode=False)\n"
        f"print(sorted(set(sys.modules) & set({HEAVY!r})), file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "[]\n")


def test_the_receiver_starts_without_what_the_other_roles_need():
    """Senders wait for it: a served node accepts associations while the model warms up."""
    program = (
        "import sys\n"
        "from triage_agent.serve import _role\n"
        "_role('receive')\n"
        "others = {'apscheduler', 'fastapi', 'onnxruntime', 'torch', 'triage_agent.roles'}\n"
        "print(sorted(set(sys.modules) & others), file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "[]\n")
