from dataclasses import replace
from functools import partial

import pytest

from tests.factories import after
from triage_agent.domain.reading import (
    Reading,
    claimed,
    expired,
    held,
    put_back,
    read,
    refuse_stale,
    released,
)
from triage_agent.domain.worklist import ReadingState
from triage_agent.errors import AlreadyRead, ClaimedByAnother, GenerationStale

END = after(1800)
NOBODYS = Reading()
ANNS = claimed(NOBODYS, "ann", now=after(0), until=END)
ENDLESS = replace(ANNS, claimed_until=None)
HELD = Reading(held_by="bob", held_until=after(60))
READ = Reading(
    state=ReadingState.READ, read_by="ann", read_at=after(0), read_generation=1, read_images=3
)
mark = partial(read, now=after(5), generation=2, images=3, shown_generation=2, shown_images=3)


def test_a_claim_says_who_from_when_and_until_when():
    assert (
        Reading(
            state=ReadingState.CLAIMED, claimed_by="ann", claimed_at=after(0), claimed_until=END
        )
        == ANNS
    )


def test_a_claim_holds_until_its_end_and_not_at_it():
    assert ANNS.is_claimed(after(1799.9))
    assert ANNS.is_claimed_by("ann", after(1799.9))
    assert not ANNS.is_claimed_by("bob", after(1799.9))
    assert not ANNS.is_claimed(END)
    assert not ANNS.is_claimed_by("ann", END)
    assert ENDLESS.is_claimed(after(1e9))
    assert not NOBODYS.is_claimed(after(0))


@pytest.mark.parametrize(
    ("reading", "keeps"), [(NOBODYS, False), (ANNS, True), (HELD, True), (READ, True)]
)
def test_what_somebody_has_keeps_its_place(reading, keeps):
    assert reading.keeps_its_place(after(1)) is keeps
    assert reading.keeps_its_place(END) is (reading is READ)


def test_what_somebody_else_has_cannot_be_claimed():
    with pytest.raises(ClaimedByAnother) as refused:
        claimed(ANNS, "bob", now=after(1), until=after(2000))
    assert (refused.value.claimed_by, refused.value.until) == ("ann", END)
    over = claimed(ANNS, "bob", now=END, until=after(3600))
    assert (over.claimed_by, over.claimed_at, over.claimed_until) == ("bob", END, after(3600))


def test_ones_own_claim_is_only_ever_made_longer():
    assert claimed(ANNS, "ann", now=after(1), until=after(2000)).claimed_until == after(2000)
    assert claimed(ANNS, "ann", now=after(1), until=after(2)) == ANNS
    assert claimed(ENDLESS, "ann", now=after(1), until=after(2)) == ENDLESS


def test_what_is_read_can_neither_be_claimed_nor_read():
    for act in (partial(claimed, until=END, now=after(1)), mark):
        with pytest.raises(AlreadyRead) as refused:
            act(READ, "bob")
        assert (refused.value.read_by, refused.value.read_at) == ("ann", after(0))


def test_who_opens_a_study_is_named_and_who_has_it_open_renews_a_claim():
    hold = partial(held, now=after(10), until=after(70), claim_until=after(2000))
    opened = hold(NOBODYS, "ann", opens=True)
    assert opened == Reading(held_by="ann", held_until=after(70))
    assert hold(HELD, "ann", opens=True).held_by == "ann"
    assert hold(HELD, "ann", opens=False) == replace(HELD, held_until=after(70))
    assert hold(ANNS, "ann", opens=True).claimed_until == after(2000)
    assert hold(ANNS, "bob", opens=True).claimed_until == END
    late = held(HELD, "ann", now=after(60), until=after(50), claim_until=END, opens=False)
    assert late == Reading(held_by="ann", held_until=after(60))


def test_only_who_has_it_gives_it_back_or_who_may_end_any_claim():
    assert released(ANNS, "ann", now=after(1), any_claim=False) == NOBODYS
    assert released(ANNS, "root", now=after(1), any_claim=True) == NOBODYS
    with pytest.raises(ClaimedByAnother):
        released(ANNS, "bob", now=after(1), any_claim=False)
    assert released(READ, "bob", now=after(1), any_claim=False) == READ


def test_reading_ends_claims_and_holds_and_says_what_was_read():
    assert mark(replace(ANNS, held_by="bob", held_until=END), "ann") == Reading(
        state=ReadingState.READ,
        read_by="ann",
        read_at=after(5),
        read_generation=2,
        read_images=3,
    )
    assert mark(NOBODYS, "ann").read_by == "ann"
    with pytest.raises(ClaimedByAnother):
        mark(ANNS, "bob")


@pytest.mark.parametrize("shown", [(2, 3), (2, None), (2, 4)])
def test_whoever_saw_all_may_say_something(shown):
    refuse_stale(2, 3, *shown)


@pytest.mark.parametrize("shown", [(1, 3), (1, None), (3, 3), (2, 2)])
def test_whoever_saw_less_may_not(shown):
    with pytest.raises(GenerationStale) as refused:
        refuse_stale(2, 3, *shown)
    assert (refused.value.generation, refused.value.images) == (2, 3)


def test_a_later_image_puts_back_what_was_read_and_nothing_else():
    assert put_back(READ) == replace(READ, state=ReadingState.UNREAD)
    for reading in (NOBODYS, ANNS, HELD):
        assert put_back(reading) == reading


def test_what_is_over_ends():
    both = replace(ANNS, held_by="bob", held_until=after(60))
    assert expired(both, after(59)) == both
    assert expired(both, after(60)) == ANNS
    assert expired(both, END) == NOBODYS
    assert expired(replace(both, held_until=after(9000)), END) == Reading(
        held_by="bob", held_until=after(9000)
    )
    assert expired(READ, END) == READ
