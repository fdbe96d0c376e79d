from datetime import UTC, timedelta, timezone

import pytest

from tests.factories import T0
from triage_agent.adapters.http.rows import date_in_words, moment, person_name


@pytest.mark.parametrize(
    ("PatientName", "read"),
    [
        ("Doe^Jane", "Doe, Jane"),
        ("Doe^Jane^Ann^Dr^PhD", "Doe, Jane Ann"),
        ("Yamada^Tarou=山田^太郎=やまだ^たろう", "Yamada, Tarou"),
        ("ANONYMOUS", "ANONYMOUS"),
        ("^Jane", "Jane"),
        ("", ""),
    ],
)
def test_names_are_shown_for_reading(PatientName, read):
    assert person_name(PatientName) == read


def test_instants_are_shown_in_the_zone_and_with_the_date_on_another_day():
    east = timezone(timedelta(hours=13))
    shown = moment(T0, T0, east)
    assert (shown.machine, shown.clock) == ("2026-01-01T12:00:00.000Z", "01:00")
    assert shown.full == "2026-01-02 01:00:00"
    assert moment(T0, T0 + timedelta(days=1), UTC).clock == "01 Jan 12:00"


@pytest.mark.parametrize(
    ("DA", "read"), [("20260131", "2026-01-31"), ("2026.01.31", "2026.01.31"), ("", "")]
)
def test_a_date_is_written_as_people_write_it(DA, read):
    assert date_in_words(DA) == read
