"""What every Accounts must do."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.factories import T0, after
from triage_agent.domain.account import User
from triage_agent.domain.sign_in import FAILURES_KEPT, Session, Throttle
from triage_agent.domain.visitor import Role
from triage_agent.errors import UserUnknown
from triage_agent.ports.accounts import Accounts

READER = frozenset({Role.READER})
ALL = frozenset(Role)
SLOW = Throttle(free=1, longest=timedelta(seconds=60))
STRICT = Throttle(free=0, longest=timedelta(seconds=60))
FREE = Throttle(free=10**6, longest=timedelta(seconds=60))


def make_user(name: str = "jane", **fields: object) -> User:
    usual: dict[str, object] = {
        "name": name,
        "roles": READER,
        "password_hash": f"hash of {name}",
        "created_at": T0,
        "changed_at": T0,
    }
    return User(**(usual | fields))  # type: ignore[arg-type]


def make_session(digest: str = "1", **fields: object) -> Session:
    usual: dict[str, object] = {
        "digest": digest,
        "name": "jane",
        "roles": frozenset(),
        "is_local": True,
        "began_at": T0,
        "seen_at": T0,
        "address": "192.0.2.1",
    }
    return Session(**(usual | fields))  # type: ignore[arg-type]


class AccountsContract:
    @pytest.fixture
    def accounts(self) -> Accounts:
        raise NotImplementedError

    def enter(self, accounts: Accounts, digest: str = "1", **fields: object) -> Session:
        """Open a local session of a user who is there."""
        session = make_session(digest, **fields)
        accounts.open_session(session, checked_hash=f"hash of {session.name}")
        return session

    def test_a_user_is_kept(self, accounts: Accounts):
        assert accounts.user("jane") is None
        assert accounts.add_user(make_user(roles=ALL))
        assert accounts.user("jane") == make_user(roles=ALL)
        assert accounts.user("Jane") is None

    def test_a_name_is_given_once(self, accounts: Accounts):
        assert accounts.add_user(make_user())
        assert not accounts.add_user(make_user(roles=ALL, password_hash="another"))  # noqa: S106
        assert accounts.users() == (make_user(),)

    def test_users_are_in_order_of_their_names(self, accounts: Accounts):
        for name in ("j.roe", "j-doe", "jane", "a"):
            accounts.add_user(make_user(name))
        assert [each.name for each in accounts.users()] == ["a", "j-doe", "j.roe", "jane"]

    def test_a_user_without_a_role_is_one(self, accounts: Accounts):
        accounts.add_user(make_user(roles=frozenset()))
        assert accounts.users()[0].roles == frozenset()

    def test_roles_change_for_sessions_too(self, accounts: Accounts):
        accounts.add_user(make_user())
        self.enter(accounts)
        accounts.set_roles("jane", frozenset({Role.AUDITOR}), now=after(5))
        changed = accounts.user("jane")
        assert changed == make_user(roles=frozenset({Role.AUDITOR}), changed_at=after(5))
        opened = accounts.session("1")
        assert opened is not None
        assert opened.roles == {Role.AUDITOR}

    def test_a_new_password_ends_the_sessions_of_its_user(self, accounts: Accounts):
        for name in ("jane", "joe"):
            accounts.add_user(make_user(name))
            self.enter(accounts, name, name=name)
        accounts.set_password("jane", "new", now=after(5))
        assert accounts.user("jane") == make_user(password_hash="new", changed_at=after(5))  # noqa: S106
        assert accounts.session("jane") is None
        assert accounts.session("joe") is not None

    def test_who_is_disabled_is_out_until_enabled(self, accounts: Accounts):
        accounts.add_user(make_user())
        self.enter(accounts)
        accounts.set_disabled("jane", disabled=True, now=after(5))
        assert accounts.user("jane") == make_user(disabled=True, changed_at=after(5))
        assert accounts.session("1") is None
        with pytest.raises(UserUnknown):
            self.enter(accounts, "2")
        accounts.set_disabled("jane", disabled=False, now=after(6))
        assert accounts.session("1") is None
        self.enter(accounts, "3")
        assert accounts.session("3") is not None

    def test_nobody_cannot_be_changed(self, accounts: Accounts):
        with pytest.raises(UserUnknown):
            accounts.set_password("jane", "new", now=T0)
        with pytest.raises(UserUnknown):
            accounts.set_roles("jane", ALL, now=T0)
        with pytest.raises(UserUnknown):
            accounts.set_disabled("jane", disabled=True, now=T0)

    def test_a_session_is_kept_until_it_is_ended(self, accounts: Accounts):
        accounts.add_user(make_user())
        session = self.enter(accounts)
        assert accounts.session("1") == replace(session, roles=READER)
        assert accounts.session("2") is None
        accounts.end_session("2")
        assert accounts.session("1") is not None
        accounts.end_session("1")
        assert accounts.session("1") is None
        accounts.end_session("1")

    @pytest.mark.parametrize("checked", ["", "hash of joe"])
    def test_a_session_needs_the_password_of_now(self, accounts: Accounts, checked: str):
        accounts.add_user(make_user())
        with pytest.raises(UserUnknown):
            accounts.open_session(make_session(), checked_hash=checked)
        with pytest.raises(UserUnknown):
            accounts.open_session(make_session(name="joe"), checked_hash=checked)
        assert accounts.sessions() == ()

    def test_somebody_who_signs_in_elsewhere_needs_no_account(self, accounts: Accounts):
        accounts.add_user(make_user())
        outside = make_session(name="jane", is_local=False, roles=ALL)
        accounts.open_session(outside)
        assert accounts.session("1") == outside
        accounts.set_roles("jane", frozenset(), now=after(1))
        accounts.set_password("jane", "new", now=after(1))
        accounts.set_disabled("jane", disabled=True, now=after(1))
        assert accounts.session("1") == outside
        none = make_session("2", name="Müller, \0 Jörg", is_local=False)
        accounts.open_session(none)
        kept = accounts.session("2")
        assert kept is not None
        assert kept.roles == frozenset()
        assert kept.name.startswith("Müller")

    def test_sessions_are_told_newest_first(self, accounts: Accounts):
        for name in ("jane", "joe"):
            accounts.add_user(make_user(name))
        self.enter(accounts, "1", began_at=after(2), seen_at=after(2))
        self.enter(accounts, "2", began_at=after(3), seen_at=after(3), name="joe")
        self.enter(accounts, "3", began_at=after(1), seen_at=after(1))
        assert [each.digest for each in accounts.sessions()] == ["2", "1", "3"]
        assert [each.digest for each in accounts.sessions("jane")] == ["1", "3"]
        assert accounts.sessions("nobody") == ()
        assert {each.roles for each in accounts.sessions()} == {READER}

    def test_being_seen_is_noted_and_never_undone(self, accounts: Accounts):
        accounts.add_user(make_user())
        self.enter(accounts)
        accounts.record_seen("1", after(60))
        accounts.record_seen("1", after(30))
        accounts.record_seen("2", after(90))
        (session,) = accounts.sessions()
        assert (session.began_at, session.seen_at) == (T0, after(60))

    def test_sessions_are_ended_for_one_or_for_all(self, accounts: Accounts):
        for name in ("jane", "joe"):
            accounts.add_user(make_user(name))
        for digest, name in (("1", "jane"), ("2", "jane"), ("3", "joe"), ("4", "joe")):
            self.enter(accounts, digest, name=name)
        accounts.open_session(make_session("5", is_local=False))
        assert accounts.end_sessions("jane") == 3
        assert accounts.end_sessions("jane") == 0
        assert accounts.end_sessions() == 2
        assert accounts.sessions() == ()

    def test_what_has_expired_is_forgotten(self, accounts: Accounts):
        accounts.add_user(make_user())
        self.enter(accounts, "old", began_at=after(0), seen_at=after(100))
        self.enter(accounts, "idle", began_at=after(20), seen_at=after(29))
        self.enter(accounts, "live", began_at=after(10), seen_at=after(30))
        assert accounts.forget_sessions(began_before=after(10), seen_before=after(30)) == 2
        assert [each.digest for each in accounts.sessions()] == ["live"]

    def test_wrong_passwords_make_one_wait(self, accounts: Accounts):
        assert accounts.count_attempt({"a": SLOW}, T0) is None
        assert accounts.count_attempt({"a": SLOW}, T0) is None
        assert accounts.count_attempt({"a": SLOW}, T0) == after(1)
        assert accounts.count_attempt({"a": SLOW}, after(1)) is None
        assert accounts.count_attempt({"a": SLOW}, after(1)) == after(3)
        assert accounts.count_attempt({"b": SLOW}, after(1)) is None

    def test_who_has_to_wait_is_not_counted(self, accounts: Accounts):
        for _ in range(2):
            accounts.count_attempt({"a": SLOW}, T0)
        for _ in range(20):
            assert accounts.count_attempt({"a": SLOW, "b": FREE, "c": SLOW}, T0) == after(1)
        assert accounts.count_attempt({"c": SLOW}, T0) is None
        assert accounts.count_attempt({"c": SLOW}, T0) is None
        assert accounts.count_attempt({"a": SLOW}, after(1)) is None

    def test_the_longest_wait_counts(self, accounts: Accounts):
        for _ in range(2):
            accounts.count_attempt({"a": SLOW, "b": SLOW}, T0)
        accounts.count_attempt({"b": SLOW}, after(1))
        assert accounts.count_attempt({"a": SLOW, "b": SLOW}, after(1)) == after(3)

    def test_failures_are_cleared_or_taken_back(self, accounts: Accounts):
        for _ in range(2):
            accounts.count_attempt({"a": SLOW, "b": SLOW}, T0)
        accounts.clear_failures("a")
        accounts.take_back_attempt("b", T0)
        for subject, more in (("a", 2), ("b", 1)):
            for _ in range(more):
                assert accounts.count_attempt({subject: SLOW}, T0) is None
            assert accounts.count_attempt({subject: SLOW}, T0) == after(1)
        accounts.clear_failures("nobody")
        accounts.take_back_attempt("nobody", T0)
        accounts.count_attempt({"c": SLOW}, T0)
        accounts.take_back_attempt("c", after(1))
        for _ in range(3):
            accounts.take_back_attempt("c", T0)
        assert [accounts.count_attempt({"c": SLOW}, T0) for _ in range(3)] == [None, None, after(1)]

    def test_what_is_taken_back_leaves_the_wait_as_it_was(self, accounts: Accounts):
        first, wrong, right = T0, after(1), after(2)
        for at in (first, wrong, right):
            assert accounts.count_attempt({"a": FREE}, at) is None
        accounts.take_back_attempt("a", right)
        assert accounts.count_attempt({"a": STRICT}, wrong) == after(3)

    def test_what_was_tried_meanwhile_still_counts(self, accounts: Accounts):
        for at in (T0, after(1), after(2)):
            accounts.count_attempt({"a": FREE}, at)
        for at in (T0, after(1)):
            accounts.take_back_attempt("a", at)
        assert accounts.count_attempt({"a": STRICT}, after(2)) == after(3)

    def test_each_failure_is_forgotten_after_a_day(self, accounts: Accounts):
        for at in (T0, after(3600)):
            assert accounts.count_attempt({"a": STRICT}, at) is None
        later = T0 + FAILURES_KEPT
        assert accounts.count_attempt({"a": STRICT}, later) is None
        assert accounts.count_attempt({"a": STRICT}, later) == later + timedelta(seconds=2)

    def test_right_passwords_do_not_keep_a_failure_alive(self, accounts: Accounts):
        accounts.count_attempt({"a": STRICT}, T0)
        for hour in range(1, 26):
            assert accounts.count_attempt({"a": STRICT}, after(hour * 3600)) is None
            accounts.take_back_attempt("a", after(hour * 3600))
        now = after(25 * 3600)
        assert accounts.count_attempt({"a": STRICT}, now) is None
        assert accounts.count_attempt({"a": STRICT}, now) == now + timedelta(seconds=1)
