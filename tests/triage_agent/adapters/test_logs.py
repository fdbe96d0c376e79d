"""Log lines are structured and do not quote data sets."""

import json
import logging

import pytest
import structlog

from triage_agent.adapters.logs.structured import configure_logging
from triage_agent.errors import ReportInvalid
from triage_agent.settings import LogSettings


@pytest.fixture(autouse=True)
def _logging_as_it_was():
    root = logging.getLogger()
    level, handlers = root.level, root.handlers[:]
    yield
    structlog.reset_defaults()
    root.setLevel(level)
    root.handlers[:] = handlers


def logged(capsys) -> list[dict[str, object]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_an_exception_is_logged_without_its_message(capsys):
    configure_logging(LogSettings(), role="test")
    try:
        int("Doe^Jane")
    except ValueError:
        structlog.get_logger().exception("step_failed", step="report")
        logging.getLogger("a_library").exception("it failed")
    ours, theirs = logged(capsys)
    assert (ours["event"], ours["role"], ours["error"]) == ("step_failed", "test", "ValueError")
    assert "test_logs.py" in ours["trace"][-1]
    assert theirs["event"] == "it failed"
    assert "Doe" not in json.dumps([ours, theirs])


def test_our_own_errors_keep_their_words(capsys):
    configure_logging(LogSettings(), role="test")
    structlog.get_logger().error("report_failed", exc_info=ReportInvalid("no Laterality"))
    (line,) = logged(capsys)
    assert line["cause"] == "no Laterality"


def test_levels_below_the_chosen_one_are_silent(capsys):
    configure_logging(LogSettings(level="error"), role="test")
    structlog.get_logger().warning("hidden")
    logging.getLogger("pynetdicom.dsutils").error("quotes a data set")
    assert logged(capsys) == []
