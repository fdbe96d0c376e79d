import statistics
import time

import pytest
from argon2 import PasswordHasher

from triage_agent.adapters.argon2_passwords import Argon2Passwords

CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@pytest.fixture
def passwords() -> Argon2Passwords:
    return Argon2Passwords(CHEAP)


def test_a_password_is_right_for_its_own_hash_only(passwords):
    first, second = passwords.hash("some words in a row"), passwords.hash("other words")
    assert passwords.is_right("some words in a row", first)
    assert not passwords.is_right("some words in a row", second)
    assert not passwords.is_right("some words in a ro", first)
    assert not passwords.is_right("", first)


def test_the_same_password_has_another_hash_each_time(passwords):
    assert passwords.hash("some words") != passwords.hash("some words")
    assert "some words" not in passwords.hash("some words")


@pytest.mark.parametrize("password", ["some words", "", "\0"])
def test_nobody_has_a_password(passwords, password):
    assert not passwords.is_right(password, None)


def test_a_damaged_hash_is_not_right(passwords):
    assert not passwords.is_right("some words", "$argon2id$v=19$broken")
    assert not passwords.is_right("some words", "")


def test_the_hash_is_slow_and_takes_memory():
    told = Argon2Passwords().hash("some words in a row")
    assert told.startswith("$argon2id$v=19$m=65536,t=3,p=4$")  # RFC 9106 section 4


def test_nobodys_password_takes_as_long_as_somebodys():
    passwords = Argon2Passwords()
    known = passwords.hash("some words in a row")

    def seconds(password_hash: str | None) -> float:
        began = time.perf_counter()
        assert not passwords.is_right("wrong words in a row", password_hash)
        return time.perf_counter() - began

    ratios = [seconds(None) / seconds(known) for _ in range(7)]
    assert 0.5 < statistics.median(ratios) < 2
