"""The examples of the README's section on the API do what they say."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.factories import uid
from tests.peers.api_node import api_app, fill
from triage_agent.adapters.http.server import serve_http
from triage_agent.adapters.sql.migrate import upgrade
from triage_agent.adapters.system_clock import SystemClock
from triage_agent.composition import open_node
from triage_agent.settings import Settings

pytestmark = pytest.mark.integration

README = Path(__file__).resolve().parents[2] / "README.md"


def _examples() -> list[str]:
    """Return the lines of the section's first block of code."""
    section = README.read_text(encoding="utf-8").split("### API\n")[1]
    block = re.search(r"```\n(.*?)```", section, re.DOTALL)
    assert block is not None
    return [line.strip() for line in block[1].splitlines() if line.strip()]


def test_every_example_is_answered(tmp_path: Path):
    lines = _examples()
    curls = [line for line in lines if line.startswith("curl")]
    assert len(curls) == 5
    # Each answer is set off, so that it can be told whose it is.
    script = [
        f'triage-agent() {{ "{sys.executable}" -m triage_agent.cli "$@"; }}',
        *(f"{line}\nprintf '\\n--\\n'" if line in curls else line for line in lines),
    ]
    with open_node(Settings(data_dir=tmp_path / "data")) as node:
        upgrade(node.database)
        fill(node)
        server = serve_http(api_app(node, SystemClock()), "127.0.0.1", 0)
        done = subprocess.run(
            ["/bin/bash", "-eu", "-c", "\n".join(script)],
            env={
                "PATH": os.environ["PATH"],
                "NODE": server.url.rstrip("/"),
                "TRIAGE_DATA_DIR": str(tmp_path / "data"),
                "PYTHONPATH": str(README.parent),
            },
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )
        assert server.stop()
    assert done.returncode == 0, done.stderr
    urgent, found, claimed, events, model = map(json.loads, done.stdout.split("\n--\n")[:-1])
    assert {each["assessment"] for each in urgent} == {"abnormal"}
    assert len(found) == 6
    arrived = [each["arrived_at"] for each in found]
    assert arrived == sorted(arrived, reverse=True)
    assert claimed["claimed_by"] == "api:dashboard"
    assert claimed["study_uid"] == uid("study", 1)  # all are due at once: it came first
    assert events["events"][-1]["what"] == "claimed"
    assert events["last"] == events["events"][-1]["id"]
    assert model["model"] == "test-model 1"
