"""The supervisor, run as a real process over real child processes."""

import os
import selectors
import signal
import subprocess
import sys
import textwrap
import time

import pytest

SUPERVISE = """
import os, sys
from triage_agent.adapters.logs.structured import configure_logging
from triage_agent.adapters.processes.starting import program
from triage_agent.adapters.processes.supervisor import Supervisor
from triage_agent.settings import LogSettings

configure_logging(LogSettings(), role="supervisor")

def on_ready(facts):
    print("ready", facts["steady"]["pid"], flush=True)

child = sys.argv[1]
roles = sys.argv[2:]
supervisor = Supervisor(
    roles, program([sys.executable, child]), wait_for=["steady"], on_ready=on_ready,
    pin=lambda role, facts: {"PINNED": str(facts.get("pid", ""))},
    head_start_seconds=float(os.environ.get("HEAD_START", "600")),
)
sys.exit(supervisor.run())
"""

CHILD = """
import os, signal, sys, threading, time
from triage_agent.adapters.processes.role_process import (
    RESTART_STATUS, die_with_parent, serve_until_stopped
)

role = sys.argv[1]
die_with_parent()
if role == "steady":
    while os.path.exists(f"{sys.argv[0]}.hold"):
        open(f"{sys.argv[0]}.holding", "w").close()
        time.sleep(0.02)
if role == "stubborn":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    print("a library's own words", flush=True)
    open(f"{sys.argv[0]}.stubborn", "x").close()
    while True:
        time.sleep(1)
started = f"{sys.argv[0]}.{role}"
with open(started, "a") as file:
    file.write(f"{os.getpid()} {os.environ['PINNED']}\\n")
if role == "outdated":
    stop = threading.Event()
    again = serve_until_stopped(
        stop, {"pid": os.getpid()}, is_outdated=lambda: len(open(started).readlines()) < 3
    )
    assert stop.is_set()
    sys.exit(RESTART_STATUS if again else 0)
serve_until_stopped(threading.Event(), {"pid": os.getpid()})
"""


@pytest.fixture
def supervise(tmp_path):
    """Start a supervisor over roles; killed at the end if it still runs."""
    (tmp_path / "supervise.py").write_text(textwrap.dedent(SUPERVISE))
    child = tmp_path / "child.py"
    child.write_text(textwrap.dedent(CHILD))
    started = []

    def start(*roles: str) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [sys.executable, str(tmp_path / "supervise.py"), str(child), *roles],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def read_line(process, seconds=20.0) -> str:
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        assert selector.select(seconds), "nothing was printed"
    return process.stdout.readline().decode()


def eventually(condition, seconds=20.0):
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)  # polling another process with a deadline
    return value


def lines_of(path) -> list[str]:
    return path.read_text().splitlines() if path.exists() else []


def alive(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as file:  # noqa: PTH123 - procfs
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_a_role_that_dies_is_started_again_with_its_facts_pinned(supervise, tmp_path):
    process = supervise("steady")
    word, first = read_line(process).split()
    assert word == "ready"
    os.kill(int(first), signal.SIGKILL)
    lines = eventually(
        lambda: len(lines := (tmp_path / "child.py.steady").read_text().splitlines()) == 2 and lines
    )
    second, pinned = lines[1].split()
    assert pinned == first
    assert second != first
    process.terminate()
    assert process.wait(10) == 0
    assert not alive(int(second))


def test_the_children_of_a_killed_supervisor_end(supervise):
    process = supervise("steady")
    child = int(read_line(process).split()[1])
    process.kill()
    process.wait(10)
    eventually(lambda: not alive(child))


def test_a_role_that_does_not_stop_is_killed_within_ten_seconds(supervise, tmp_path):
    process = supervise("stubborn", "steady")
    read_line(process)
    eventually((tmp_path / "child.py.stubborn").exists)
    begun = time.monotonic()
    process.terminate()
    assert process.wait(15) == 1
    assert time.monotonic() - begun < 10
    assert b"role_killed" in process.stderr.read()


def test_a_role_that_is_outdated_is_started_again_at_once_until_it_is_not(supervise, tmp_path):
    process = supervise("outdated", "steady")
    read_line(process)
    started = tmp_path / "child.py.outdated"
    starts = eventually(lambda: len(lines := lines_of(started)) == 3 and lines)
    pids = [line.split()[0] for line in starts]
    assert [line.split()[1:] for line in starts[1:]] == [[pid] for pid in pids[:2]]
    eventually(lambda: alive(int(pids[2])))
    process.terminate()
    assert process.wait(10) == 0
    log = process.stderr.read().decode()
    assert log.count("role_restarts") == 2
    assert "role_died" not in log


def test_the_roles_that_are_waited_for_have_a_head_start(supervise, tmp_path):
    hold, holding, steady, other = (
        tmp_path / f"child.py.{name}" for name in ("hold", "holding", "steady", "other")
    )
    hold.touch()
    supervise("other", "steady")
    eventually(holding.exists)
    time.sleep(0.5)  # started together, the other would be there by now
    assert not other.exists()
    hold.unlink()
    eventually(lambda: lines_of(steady) and lines_of(other))


def test_the_others_do_not_wait_for_ever(supervise, tmp_path, monkeypatch):
    monkeypatch.setenv("HEAD_START", "0.5")
    (tmp_path / "child.py.hold").touch()
    process = supervise("other", "steady")
    eventually(lambda: lines_of(tmp_path / "child.py.other"))
    assert not lines_of(tmp_path / "child.py.steady")
    assert process.poll() is None
