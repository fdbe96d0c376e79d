import pytest

from tests.factories import after
from triage_agent.domain.verdict import (
    TEXT_CHARACTERS,
    DisagreementReason,
    Judgement,
    ReaderVerdict,
)


def verdict(**overrides):
    values = {"reader": "ann", "generation": 1, "judgement": Judgement.AGREE, "at": after(0)}
    return ReaderVerdict(**(values | overrides))


def test_a_verdict_in_words_is_without_its_text():
    disagree = verdict(
        judgement=Judgement.DISAGREE, reason=DisagreementReason.FALSE_ALARM, text="a name"
    )
    assert verdict(text="a name").in_words == "agree"
    assert disagree.in_words == "disagree: false alarm"
    assert "a name" not in repr(disagree)


@pytest.mark.parametrize(
    "wrong",
    [
        {"reason": DisagreementReason.OTHER},
        {"judgement": Judgement.DISAGREE},
        {"text": "x" * (TEXT_CHARACTERS + 1)},
        {"at": after(0).replace(tzinfo=None)},
    ],
)
def test_what_makes_no_sense_is_refused(wrong):
    with pytest.raises(ValueError):
        verdict(**wrong)


def test_the_longest_text_is_taken():
    assert len(verdict(text="x" * TEXT_CHARACTERS).text) == TEXT_CHARACTERS
