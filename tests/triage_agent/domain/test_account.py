from datetime import datetime, timedelta

import pytest

from tests.factories import T0
from triage_agent.domain.account import (
    LONGEST_PASSWORD,
    PasswordFault,
    User,
    normal_password,
    password_fault,
    user_name,
)
from triage_agent.domain.visitor import Role


def user(**overrides):
    fields = {
        "name": "jane",
        "roles": frozenset({Role.READER}),
        "password_hash": "a hash",
        "created_at": T0,
        "changed_at": T0,
    }
    return User(**(fields | overrides))


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("jane", "jane"),
        ("  Jane ", "jane"),
        ("J.Doe+x@clinic.example", "j.doe+x@clinic.example"),
        ("\N{FULLWIDTH LATIN SMALL LETTER J}ane", "jane"),
        ("7", "7"),
        ("a" * 64, "a" * 64),
        ("a" * 65, None),
        ("", None),
        (".jane", None),
        ("jane doe", None),
        ("jane\n", "jane"),
        ("ja\nne", None),
        ("jane\0", None),
        ("müller", None),
        ("j\N{CYRILLIC SMALL LETTER A}ne", None),
        ("../etc", None),
    ],
)
def test_a_name_has_one_form(typed, name):
    assert user_name(typed) == name


def test_a_user_has_a_proper_name_and_proper_times():
    assert not user().disabled
    with pytest.raises(ValueError, match="not the name of a user"):
        user(name="Jane")
    for field in ("created_at", "changed_at"):
        with pytest.raises(ValueError, match=field):
            user(**{field: datetime(2026, 1, 1)})  # noqa: DTZ001 (that is the point)


def test_a_hash_is_not_shown():
    assert "a hash" not in repr(user(created_at=T0 + timedelta(1)))


@pytest.mark.parametrize(
    "password",
    [
        "correct horse battery",
        "zwölf Boxkämpfer",
        "Tr0ub4dor&3xyz",
        "janes second dog is brown",
        "x" * 8 + "yzwv",
        "9182736450918",
        "a" * (LONGEST_PASSWORD - 3) + "bcd",
    ],
)
def test_what_is_long_and_not_known_will_do(password):
    assert password_fault(password, "jane") is None


@pytest.mark.parametrize(
    ("password", "fault"),
    [
        ("elevenchars", PasswordFault.TOO_SHORT),
        ("", PasswordFault.TOO_SHORT),
        ("ab" * LONGEST_PASSWORD, PasswordFault.TOO_LONG),
        ("jane.the.first", PasswordFault.HOLDS_NAME),
        ("JANE-THE-FIRST!!", PasswordFault.HOLDS_NAME),
        ("j4n3.th3.f1rst", PasswordFault.HOLDS_NAME),
        ("Password1234", PasswordFault.WELL_KNOWN),
        ("P@ssw0rd2026!", PasswordFault.WELL_KNOWN),
        ("passwordpassword", PasswordFault.WELL_KNOWN),
        ("radiology2026", PasswordFault.WELL_KNOWN),
        ("Radiology-Radiology-", PasswordFault.WELL_KNOWN),
        ("triage-agent", PasswordFault.WELL_KNOWN),
        ("administrator", PasswordFault.WELL_KNOWN),
        ("correct horse battery staple", PasswordFault.WELL_KNOWN),
        ("aaaaaaaaaaaaa", PasswordFault.WELL_KNOWN),
        ("ababababababab", PasswordFault.WELL_KNOWN),
        ("123456789012", PasswordFault.WELL_KNOWN),
        ("3210987654321", PasswordFault.WELL_KNOWN),
        ("abcdefghijklm", PasswordFault.WELL_KNOWN),
        ("qwertyuiopas", PasswordFault.WELL_KNOWN),
    ],
)
def test_what_will_not_do(password, fault):
    assert password_fault(password, "jane.the.first") is fault


def test_a_name_that_is_a_small_part_may_stand_in_a_password():
    assert password_fault("my dog chases jane around", "jane") is None


def test_a_password_without_a_name_is_judged_for_itself():
    assert password_fault("some words in a row", "") is None


def test_a_password_is_the_same_however_it_is_composed():
    composed, decomposed = "h\N{LATIN SMALL LETTER U WITH DIAERESIS}tte", "hu\u0308tte"
    assert composed != decomposed
    assert normal_password(composed) == normal_password(decomposed)
