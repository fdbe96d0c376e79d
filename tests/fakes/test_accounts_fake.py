import pytest

from tests.contracts.accounts import AccountsContract
from tests.fakes.accounts import FakeAccounts, FakePasswords


class TestFakeAccounts(AccountsContract):
    @pytest.fixture
    def accounts(self) -> FakeAccounts:
        return FakeAccounts()


def test_fake_passwords_are_right_or_wrong():
    passwords = FakePasswords()
    assert passwords.is_right("some words", passwords.hash("some words"))
    assert not passwords.is_right("other words", passwords.hash("some words"))
    assert not passwords.is_right("some words", None)
