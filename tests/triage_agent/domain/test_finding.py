import pytest

from triage_agent.domain.finding import (
    Counts,
    Finding,
    Level,
    Part,
    Phrase,
    by_severity,
    in_words,
    seconds_in_words,
    size_in_words,
    worst,
)


def test_a_phrase_fills_its_gaps_in_english():
    assert str(Phrase("%(count)s %% of %(name)s", {"count": 7, "name": "CR1"})) == "7 % of CR1"
    assert str(Phrase("nothing to fill")) == "nothing to fill"
    counts = Counts({"unreadable": 2, "parked": 1})
    assert str(Phrase("today: %(counts)s", {"counts": counts})) == "today: parked 1, unreadable 2"


def test_a_phrase_is_said_in_other_words():
    class Loud:
        def say(self, text, /, **values):
            return (text % values).upper()

        def again(self, sentence, /):
            return f"<{sentence}>"

    phrase = Phrase("today: %(counts)s", {"counts": Counts({"parked": 1})})
    assert phrase.in_words(Loud()) == "TODAY: <PARKED> 1"


def test_the_worst_level_counts():
    assert worst([]) is Level.OK
    assert worst([Level.UNKNOWN, Level.OK]) is Level.UNKNOWN
    assert worst([Level.WARNING, Level.UNKNOWN]) is Level.WARNING
    assert worst([Level.OK, Level.FAILED, Level.WARNING]) is Level.FAILED


def test_the_worst_findings_stand_first_and_equals_keep_their_order():
    findings = [
        Finding(part=Part.DISK, level=level, found=Phrase(str(number)))
        for number, level in enumerate([Level.OK, Level.FAILED, Level.WARNING, Level.FAILED])
    ]
    assert [each.found.text for each in by_severity(findings)] == ["1", "3", "2", "0"]


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (-1, "0 s"),
        (0, "0 s"),
        (59.9, "59 s"),
        (60, "1 min"),
        (3599, "59 min"),
        (3600, "1 h"),
        (11_100, "3 h 05 min"),
        (172_799, "47 h 59 min"),
        (172_800, "2 d"),
    ],
)
def test_durations_are_said_in_the_units_that_matter(seconds, said):
    assert in_words(seconds) == said


def test_short_durations_have_a_decimal():
    assert seconds_in_words(0.44) == "0.4 s"
    assert seconds_in_words(12.6) == "12 s"


@pytest.mark.parametrize(
    ("size", "said"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1500, "2 kB"),
        (3_400_000, "3.4 MB"),
        (-3_400_000_000, "-3.4 GB"),
        (7_250_000_000_000, "7.2 TB"),
    ],
)
def test_sizes_are_said_in_decimal_units(size, said):
    assert size_in_words(size) == said
