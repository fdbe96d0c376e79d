"""Accounts in memory, and passwords whose hashes cost nothing."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

from triage_agent.domain.account import User
from triage_agent.domain.sign_in import FAILURES_KEPT, Failures, Session, Throttle
from triage_agent.domain.visitor import Role
from triage_agent.errors import UserUnknown


class FakeAccounts:
    """Keeps `triage_agent.ports.Accounts`."""

    def __init__(self) -> None:
        self._users: dict[str, User] = {}
        self._sessions: dict[str, Session] = {}
        self._failures: dict[str, list[datetime]] = {}

    def add_user(self, user: User) -> bool:
        if user.name in self._users:
            return False
        self._users[user.name] = user
        return True

    def user(self, name: str) -> User | None:
        return self._users.get(name)

    def users(self) -> tuple[User, ...]:
        return tuple(self._users[name] for name in sorted(self._users))

    def set_password(self, name: str, password_hash: str, *, now: datetime) -> None:
        self._change(name, password_hash=password_hash, changed_at=now)
        self._end_local(name)

    def set_roles(self, name: str, roles: frozenset[Role], *, now: datetime) -> None:
        self._change(name, roles=roles, changed_at=now)

    def set_disabled(self, name: str, *, disabled: bool, now: datetime) -> None:
        self._change(name, disabled=disabled, changed_at=now)
        if disabled:
            self._end_local(name)

    def _change(self, name: str, **values: object) -> None:
        if name not in self._users:
            raise UserUnknown(name)
        self._users[name] = replace(self._users[name], **values)  # type: ignore[arg-type]

    def _end_local(self, name: str) -> None:
        for each in self.sessions(name):
            if each.is_local:
                self.end_session(each.digest)

    def open_session(self, opened: Session, *, checked_hash: str = "") -> None:
        if opened.is_local:
            user = self._users.get(opened.name)
            if user is None or user.disabled or user.password_hash != checked_hash:
                raise UserUnknown(opened.name)
        self._sessions[opened.digest] = opened

    def session(self, digest: str) -> Session | None:
        found = self._sessions.get(digest)
        if found is None or not found.is_local:
            return found
        return replace(found, roles=self._users[found.name].roles)

    def sessions(self, name: str | None = None) -> tuple[Session, ...]:
        found = [self.session(digest) for digest in sorted(self._sessions)]
        wanted = [each for each in found if each and name in (None, each.name)]
        return tuple(sorted(wanted, key=lambda each: each.began_at, reverse=True))

    def record_seen(self, digest: str, now: datetime) -> None:
        if digest in self._sessions:
            seen_at = max(now, self._sessions[digest].seen_at)
            self._sessions[digest] = replace(self._sessions[digest], seen_at=seen_at)

    def end_session(self, digest: str) -> None:
        self._sessions.pop(digest, None)

    def end_sessions(self, name: str | None = None) -> int:
        ended = self.sessions(name)
        for each in ended:
            self.end_session(each.digest)
        return len(ended)

    def forget_sessions(self, *, began_before: datetime, seen_before: datetime) -> int:
        ended = [
            each
            for each in self.sessions()
            if each.began_at < began_before or each.seen_at < seen_before
        ]
        for each in ended:
            self.end_session(each.digest)
        return len(ended)

    def count_attempt(self, subjects: Mapping[str, Throttle], now: datetime) -> datetime | None:
        waits = [
            until
            for name, throttle in subjects.items()
            if (until := throttle.waits_until(self._kept(name, now), now)) is not None
        ]
        if waits:
            return max(waits)
        for name in subjects:
            self._failures.setdefault(name, []).append(now)
        return None

    def _kept(self, subject: str, now: datetime) -> Failures | None:
        kept = [at for at in self._failures.get(subject, ()) if now - at < FAILURES_KEPT]
        return Failures(count=len(kept), last_at=max(kept)) if kept else None

    def clear_failures(self, subject: str) -> None:
        self._failures.pop(subject, None)

    def take_back_attempt(self, subject: str, at: datetime) -> None:
        with suppress(ValueError):
            self._failures.get(subject, []).remove(at)


class FakePasswords:
    """Keeps `triage_agent.ports.Passwords`. `asked` is what was compared, with what."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str | None]] = []

    def hash(self, password: str) -> str:
        return f"hash of {password}"

    def is_right(self, password: str, password_hash: str | None) -> bool:
        self.asked.append((password, password_hash))
        return password_hash == self.hash(password)
