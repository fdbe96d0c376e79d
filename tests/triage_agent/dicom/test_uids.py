"""Derived UIDs."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.uid import UID

from triage_agent.dicom.uids import derive_uid

PARTS = st.lists(st.text(), min_size=1, max_size=4)


def test_the_uid_of_known_parts_never_changes():
    assert derive_uid("study", "1.2.3") == "2.25.16639729575032787078704691363118076132"


@given(PARTS)
def test_uids_are_valid(parts: list[str]):
    uid = derive_uid(*parts)
    assert UID(uid).is_valid
    assert re.fullmatch(r"2\.25\.[1-9][0-9]{0,38}", uid)


@given(PARTS, PARTS)
def test_different_parts_give_different_uids(one: list[str], other: list[str]):
    assert (derive_uid(*one) == derive_uid(*other)) == (one == other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("a", "bc"), ("ab", "c")),
        (("a", ""), ("a",)),
        (('a", "b',), ("a", "b")),
        (("a\\", "b"), ("a", "\\b")),
        (("a", "b"), ("b", "a")),
    ],
)
def test_joining_is_not_ambiguous(one: tuple[str, ...], other: tuple[str, ...]):
    assert derive_uid(*one) != derive_uid(*other)


def test_no_parts_no_uid():
    with pytest.raises(ValueError, match="at least one"):
        derive_uid()
