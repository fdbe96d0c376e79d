"""Who may sign in, who has, and who tried in vain."""

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from triage_agent.domain.account import User
from triage_agent.domain.sign_in import Session, Throttle
from triage_agent.domain.visitor import Role


class Accounts(Protocol):
    """Users, sessions and wrong passwords.

    Every method may raise DatabaseUnavailable, those that write StorageFull also.
    """

    def add_user(self, user: User) -> bool:
        """Add a user; False, and nothing is changed, if the name is taken."""
        ...

    def user(self, name: str) -> User | None:
        """Return a user, disabled or not."""
        ...

    def users(self) -> tuple[User, ...]:
        """Return all users by name."""
        ...

    def set_password(self, name: str, password_hash: str, *, now: datetime) -> None:
        """Change the password; all sessions of the user end. Raises UserUnknown."""
        ...

    def set_roles(self, name: str, roles: frozenset[Role], *, now: datetime) -> None:
        """Change what a user may do; it counts at once for sessions too. Raises UserUnknown."""
        ...

    def set_disabled(self, name: str, *, disabled: bool, now: datetime) -> None:
        """Let a user in no more, or again; when disabled all sessions end. Raises UserUnknown."""
        ...

    def open_session(self, opened: Session, *, checked_hash: str = "") -> None:
        """Keep a session from now on.

        A local one needs the hash that the password was checked against. Raises UserUnknown if
        there is no such user, it is disabled, or has another password by now.
        """
        ...

    def session(self, digest: str) -> Session | None:
        """Return a session that has not ended; it may have expired.

        The roles of a local one are those that the user has now.
        """
        ...

    def sessions(self, name: str | None = None) -> tuple[Session, ...]:
        """Return the sessions of everybody or of one name, newest first; some may have expired."""
        ...

    def record_seen(self, digest: str, now: datetime) -> None:
        """Note that somebody did something; nothing if the session has ended."""
        ...

    def end_session(self, digest: str) -> None:
        """End a session; nothing if it has."""
        ...

    def end_sessions(self, name: str | None = None) -> int:
        """End all sessions, or those of one name; return how many."""
        ...

    def forget_sessions(self, *, began_before: datetime, seen_before: datetime) -> int:
        """End what began, or was last seen, before an instant; return how many."""
        ...

    def count_attempt(self, subjects: Mapping[str, Throttle], now: datetime) -> datetime | None:
        """Count an attempt to sign in as a failure of every subject, before it is looked at.

        That way attempts made at once cannot slip through together. Returns None if it was
        counted; if one of the subjects has to wait, nothing is counted and the instant is
        returned until which all of them wait.
        """
        ...

    def clear_failures(self, subject: str) -> None:
        """Forget the failures of a subject."""
        ...

    def take_back_attempt(self, subject: str, at: datetime) -> None:
        """Forget that one attempt of a subject was counted at an instant, for it was no failure.

        Everything else is as if it had not been made; nothing if none was counted then.
        """
        ...


class Passwords(Protocol):
    """Hashes that are salted and slow, so that a stolen table does not give the passwords away."""

    def hash(self, password: str) -> str:
        """Return a new hash of a password."""
        ...

    def is_right(self, password: str, password_hash: str | None) -> bool:
        """Say whether a password is the one of a hash.

        Takes as long, and answers False, where there is no hash because there is no user.
        """
        ...
