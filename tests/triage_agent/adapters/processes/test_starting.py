"""Forked processes under a supervisor, in a real process of its own."""

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tests.acceptance.node import eventually

PARENT = """
import os, sys, threading
from triage_agent.adapters.logs.structured import configure_logging
from triage_agent.adapters.processes.role_process import serve_until_stopped
from triage_agent.adapters.processes.starting import forked
from triage_agent.adapters.processes.supervisor import Supervisor
from triage_agent.settings import LogSettings

configure_logging(LogSettings(), role="parent")
folder = sys.argv[1]

def run(role):
    if role == "broken" and not os.path.exists(folder + "/mended"):
        raise RuntimeError("it broke")
    with open(f"{folder}/{role}", "a") as file:
        file.write(f"{os.getpid()}\\n")
    serve_until_stopped(threading.Event(), {"pid": os.getpid()})
    with open(f"{folder}/{role}.ended", "w") as file:
        file.write(str(os.environ["PINNED"]))

def note(word):
    with open(f"{folder}/told", "a") as file:
        file.write(word + "\\n")

sys.exit(Supervisor(
    sys.argv[2:], forked(run), wait_for=sys.argv[2:],
    on_ready=lambda facts: note("ready"), pin=lambda role, facts: {"PINNED": role},
    on_death=lambda role: note("death of " + role), on_stopping=lambda: note("stopping"),
    stop_seconds=5,
).run())
"""


class Parent:
    """The process that forks, and what it and its children have written."""

    def __init__(self, folder: Path, *roles: str) -> None:
        self.folder = folder
        program = folder / "parent.py"
        program.write_text(textwrap.dedent(PARENT))
        self.process = subprocess.Popen(
            [sys.executable, str(program), str(folder), *roles], stderr=subprocess.PIPE, text=True
        )

    def lines(self, name: str) -> list[str]:
        path = self.folder / name
        return path.read_text().splitlines() if path.exists() else []

    def pid(self, role: str, start: int = 1) -> int:
        """Return the process of a role's first, second ... start."""
        return int(eventually(lambda: self.lines(role)[start - 1 :])[0])

    def end(self) -> str:
        """Kill it; return what it said of its errors."""
        self.process.kill()
        assert self.process.stderr is not None
        with self.process.stderr as errors:
            return errors.read()


@pytest.fixture
def parent(tmp_path):
    started = []

    def start(*roles: str) -> Parent:
        started.append(Parent(tmp_path, *roles))
        return started[-1]

    yield start
    for each in started:
        if each.process.poll() is None or not each.process.stderr.closed:
            each.end()
        each.process.wait(20)


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_all_are_ready_and_stop_in_order(parent):
    running = parent("one", "two")
    eventually(lambda: running.lines("told") == ["ready"])

    running.process.send_signal(signal.SIGTERM)

    assert running.process.wait(20) == 0
    assert running.lines("told")[:2] == ["ready", "stopping"]
    assert (running.lines("one.ended"), running.lines("two.ended")) == (["one"], ["two"])


def test_one_that_is_killed_is_started_again_and_the_others_go_on(parent):
    running = parent("one", "two")
    killed, other = running.pid("one"), running.pid("two")
    eventually(lambda: running.lines("told"))

    os.kill(killed, signal.SIGKILL)

    assert running.pid("one", start=2) != killed
    assert is_alive(other)
    assert running.lines("two") == [str(other)]
    assert running.lines("told") == ["ready", "death of one"]


def test_one_that_fails_is_started_again_until_it_holds(parent):
    running = parent("broken")
    eventually(lambda: running.lines("told").count("death of broken") == 2)

    (running.folder / "mended").touch()

    assert is_alive(running.pid("broken"))
    assert "it broke" in running.end()


def test_none_outlives_the_one_that_forked_it(parent):
    running = parent("one", "two")
    children = [running.pid("one"), running.pid("two")]

    running.process.kill()

    eventually(lambda: not any(map(is_alive, children)))
