"""The Accounts port: users, sessions and wrong passwords in SQL."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from triage_agent.adapters.sql.accounts_tables import account, session, sign_in_failure
from triage_agent.adapters.sql.engine import Database
from triage_agent.adapters.sql.inserting import insert_if_absent
from triage_agent.domain.account import User
from triage_agent.domain.sign_in import FAILURES_KEPT, Failures, Session, Throttle
from triage_agent.domain.visitor import Role
from triage_agent.errors import UserUnknown

# Attempts made at once are counted one after another, or each would see none of the others.
_ATTEMPTS_LOCK = 7_240_119  # any number that is no lock of another kind

# What an account lends to its sessions. A disabled one has none, and lends nothing either way.
_SESSIONS = sa.select(
    session,
    account.c.roles.label("account_roles"),
).select_from(
    session.outerjoin(
        account,
        sa.and_(
            session.c.roles.is_(None),
            account.c.name == session.c.name,
            account.c.disabled.is_(sa.false()),
        ),
    )
)
_HOLDS = sa.or_(session.c.roles.is_not(None), account.c.name.is_not(None))


class SqlAccounts:
    """Accounts in SQL; the methods keep what `triage_agent.ports.Accounts` promises."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add_user(self, user: User) -> bool:
        """Add a user; False, and nothing is changed, if the name is taken."""
        with self._database.write() as connection:
            return insert_if_absent(
                connection,
                account,
                {
                    "name": user.name,
                    "password_hash": user.password_hash,
                    "roles": _as_text(user.roles),
                    "disabled": user.disabled,
                    "created_at": user.created_at,
                    "changed_at": user.changed_at,
                },
            )

    def user(self, name: str) -> User | None:
        """Return a user, disabled or not."""
        with self._database.read() as connection:
            row = (
                connection.execute(sa.select(account).where(account.c.name == name))
                .mappings()
                .first()
            )
        return None if row is None else _user_from(row)

    def users(self) -> tuple[User, ...]:
        """Return all users by name."""
        with self._database.read() as connection:
            rows = connection.execute(sa.select(account).order_by(account.c.name)).mappings()
            return tuple(_user_from(row) for row in rows)

    def set_password(self, name: str, password_hash: str, *, now: datetime) -> None:
        """Change the password; all sessions of the user end. Raises UserUnknown."""
        self._change(name, now, ends_sessions=True, password_hash=password_hash)

    def set_roles(self, name: str, roles: frozenset[Role], *, now: datetime) -> None:
        """Change what a user may do; it counts at once for sessions too. Raises UserUnknown."""
        self._change(name, now, roles=_as_text(roles))

    def set_disabled(self, name: str, *, disabled: bool, now: datetime) -> None:
        """Let a user in no more, or again; when disabled all sessions end. Raises UserUnknown."""
        self._change(name, now, ends_sessions=disabled, disabled=disabled)

    def _change(
        self, name: str, now: datetime, *, ends_sessions: bool = False, **values: object
    ) -> None:
        with self._database.write() as connection:
            found = connection.execute(
                sa.update(account)
                .where(account.c.name == name)
                .values(changed_at=now, **values)
                .returning(account.c.name)
            ).first()
            if found is None:
                raise UserUnknown(f"there is no user {name!a}")
            if ends_sessions:
                connection.execute(
                    sa.delete(session).where(session.c.name == name, session.c.roles.is_(None))
                )

    def open_session(self, opened: Session, *, checked_hash: str = "") -> None:
        """Keep a session from now on. Raises UserUnknown for a local one that may not be."""
        with self._database.write() as connection:
            if opened.is_local:
                # Locked, so that it is not disabled, nor its password changed, in between.
                known = connection.execute(
                    sa.select(account.c.name)
                    .where(
                        account.c.name == opened.name,
                        account.c.disabled.is_(sa.false()),
                        account.c.password_hash == checked_hash,
                    )
                    .with_for_update()
                ).first()
                if known is None:
                    raise UserUnknown(f"nobody may sign in as {opened.name!a}")
            connection.execute(
                sa.insert(session).values(
                    digest=opened.digest,
                    name=opened.name,
                    roles=None if opened.is_local else _as_text(opened.roles),
                    began_at=opened.began_at,
                    seen_at=opened.seen_at,
                    address=opened.address,
                )
            )

    def session(self, digest: str) -> Session | None:
        """Return a session that has not ended; it may have expired."""
        with self._database.read() as connection:
            row = (
                connection.execute(_SESSIONS.where(session.c.digest == digest, _HOLDS))
                .mappings()
                .first()
            )
        return None if row is None else _session_from(row)

    def sessions(self, name: str | None = None) -> tuple[Session, ...]:
        """Return the sessions of everybody or of one name, newest first; some may have expired."""
        wanted = _SESSIONS.where(_HOLDS).order_by(session.c.began_at.desc(), session.c.digest)
        if name is not None:
            wanted = wanted.where(session.c.name == name)
        with self._database.read() as connection:
            return tuple(_session_from(row) for row in connection.execute(wanted).mappings())

    def record_seen(self, digest: str, now: datetime) -> None:
        """Note that somebody did something; nothing if the session has ended."""
        with self._database.write() as connection:
            connection.execute(
                sa.update(session)
                .where(session.c.digest == digest, session.c.seen_at < now)
                .values(seen_at=now)
            )

    def end_session(self, digest: str) -> None:
        """End a session; nothing if it has."""
        self._end(session.c.digest == digest)

    def end_sessions(self, name: str | None = None) -> int:
        """End all sessions, or those of one name; return how many."""
        return self._end(sa.true() if name is None else session.c.name == name)

    def forget_sessions(self, *, began_before: datetime, seen_before: datetime) -> int:
        """End what began, or was last seen, before an instant; return how many."""
        return self._end(sa.or_(session.c.began_at < began_before, session.c.seen_at < seen_before))

    def _end(self, which: sa.ColumnElement[bool]) -> int:
        with self._database.write() as connection:
            ended = sa.delete(session).where(which).returning(session.c.digest)
            return len(connection.execute(ended).all())

    def count_attempt(self, subjects: Mapping[str, Throttle], now: datetime) -> datetime | None:
        """Count an attempt as a failure of every subject, or return until when they wait."""
        with self._database.write() as connection:
            if connection.dialect.name == "postgresql":
                # On SQLite whoever writes is alone.
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_ATTEMPTS_LOCK)))
            connection.execute(
                sa.delete(sign_in_failure).where(sign_in_failure.c.at <= now - FAILURES_KEPT)
            )
            kept = _kept_failures(connection, subjects)
            waits = (subjects[name].waits_until(failures, now) for name, failures in kept.items())
            until = max((each for each in waits if each is not None), default=None)
            if until is None:
                connection.execute(
                    sa.insert(sign_in_failure), [{"subject": name, "at": now} for name in subjects]
                )
        return until

    def clear_failures(self, subject: str) -> None:
        """Forget the failures of a subject."""
        with self._database.write() as connection:
            connection.execute(
                sa.delete(sign_in_failure).where(sign_in_failure.c.subject == subject)
            )

    def take_back_attempt(self, subject: str, at: datetime) -> None:
        """Forget that an attempt of a subject was counted at an instant, for it was no failure."""
        one = (
            sa.select(sa.func.min(sign_in_failure.c.id))
            .where(sign_in_failure.c.subject == subject, sign_in_failure.c.at == at)
            .scalar_subquery()
        )
        with self._database.write() as connection:
            connection.execute(sa.delete(sign_in_failure).where(sign_in_failure.c.id == one))


def _kept_failures(connection: sa.Connection, subjects: Iterable[str]) -> dict[str, Failures]:
    failure = sign_in_failure.c
    rows = connection.execute(
        sa.select(failure.subject, sa.func.count(), sa.func.max(failure.at))
        .where(failure.subject.in_(subjects))
        .group_by(failure.subject)
    )
    return {subject: Failures(count=count, last_at=last_at) for subject, count, last_at in rows}


def _as_text(roles: frozenset[Role]) -> str:
    return " ".join(sorted(roles))


def _roles_from(text: str) -> frozenset[Role]:
    return frozenset(Role(word) for word in text.split())


def _user_from(row: Mapping[Any, Any]) -> User:
    return User(
        name=row["name"],
        roles=_roles_from(row["roles"]),
        password_hash=row["password_hash"],
        created_at=row["created_at"],
        changed_at=row["changed_at"],
        disabled=row["disabled"],
    )


def _session_from(row: Mapping[Any, Any]) -> Session:
    is_local = row["roles"] is None
    return Session(
        digest=row["digest"],
        name=row["name"],
        roles=_roles_from(row["account_roles"] if is_local else row["roles"]),
        is_local=is_local,
        began_at=row["began_at"],
        seen_at=row["seen_at"],
        address=row["address"],
    )
