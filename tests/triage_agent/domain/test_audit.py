from datetime import UTC, datetime, timedelta, timezone

import pytest

from tests.contracts.audit_trail import line
from tests.factories import T0
from triage_agent.domain.audit import LONGEST_DETAIL, AuditCursor, AuditEntry


def test_a_line_is_of_an_instant_in_utc():
    with pytest.raises(ValueError, match="UTC"):
        line(at=datetime(2026, 1, 1))  # noqa: DTZ001 (that is what is refused)


def test_what_is_too_long_is_cut():
    assert len(line(detail="x" * 10_000).detail) == LONGEST_DETAIL


@pytest.mark.parametrize("at", [T0, T0 + timedelta(microseconds=1)])
def test_a_cursor_is_read_as_it_was_written(at):
    cursor = AuditCursor(at, 17)
    assert AuditCursor.from_text(str(cursor)) == cursor
    assert "+" not in str(cursor)


@pytest.mark.parametrize(
    "text", ["", "17", "~", "2026-01-01T12:00:00Z", "2026-01-01T12:00:00~1", "yesterday~1"]
)
def test_other_text_is_no_cursor(text):
    with pytest.raises(ValueError, match=r".*"):
        AuditCursor.from_text(text)


def test_an_instant_elsewhere_is_no_cursor():
    elsewhere = datetime(2026, 1, 1, tzinfo=timezone(timedelta(hours=1)))
    with pytest.raises(ValueError, match="UTC"):
        AuditCursor.from_text(f"{elsewhere.isoformat()}~1")


def test_entries_stand_in_the_order_of_time_then_number():
    first, second = AuditEntry(number=2, line=line(1)), AuditEntry(number=1, line=line(2))
    assert first.cursor < second.cursor
    assert AuditCursor(T0, 1) < AuditCursor(T0, 2)
    assert first.cursor.at.tzinfo is UTC
