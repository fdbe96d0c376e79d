"""What the tests of the command line share."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from triage_agent.cli import main

Invoke = Callable[..., Result]


@pytest.fixture
def invoke(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Invoke:
    monkeypatch.delenv("TRIAGE_CONFIG", raising=False)
    monkeypatch.setenv("TRIAGE_DATA_DIR", str(tmp_path / "node"))
    monkeypatch.setenv("TRIAGE_INFER__THREADS", "1")

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(main, ("model", *arguments), catch_exceptions=False)

    return run
