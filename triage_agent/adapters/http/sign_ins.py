"""Signing in and out: from a name and a password to the number that a browser holds."""

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from ipaddress import IPv6Address, ip_address, ip_network

from triage_agent.domain.account import LONGEST_PASSWORD, normal_password, user_name
from triage_agent.domain.sign_in import (
    ADDRESS_THROTTLE,
    NAME_THROTTLE,
    SEEN_EVERY,
    Session,
    SessionLimits,
)
from triage_agent.domain.visitor import Role, Visitor
from triage_agent.errors import UserUnknown
from triage_agent.ports.accounts import Accounts, Passwords
from triage_agent.ports.surroundings import Clock

_NETWORK_BITS_OF_ONE_PEER = 64  # a household or a ward has all addresses of such an IPv6 network


def new_secret() -> str:
    """Return a random number of 256 bits, as text."""
    return secrets.token_urlsafe(32)


def csrf_token(secret: str) -> str:
    """Return what a form has to carry of whoever holds a secret; it does not give that away."""
    return hmac.digest(secret.encode(), b"csrf", "sha256").hex()


def is_same(given: str, expected: str) -> bool:
    """Compare without telling by the time it takes how much is right."""
    return hmac.compare_digest(given.encode(), expected.encode())


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """Somebody was let in; `secret` is for their browser alone."""

    secret: str
    visitor: Visitor


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """Somebody was not let in.

    Attributes:
        known_name: of the user they tried to be, "" if there is none. Never to be shown to them.
        until: when the next attempt is looked at; None if this one was, and was wrong.
    """

    known_name: str = ""
    until: datetime | None = None


class SignIns:
    """Sessions over the Accounts port. Its methods block, and raise what the port does."""

    def __init__(
        self, accounts: Accounts, passwords: Passwords, clock: Clock, limits: SessionLimits
    ) -> None:
        self._accounts = accounts
        self._passwords = passwords
        self._clock = clock
        self._limits = limits

    def sign_in(self, typed_name: str, password: str, address: str) -> SignedIn | Refused:
        """Open a session for a user who knows the password.

        An unknown name and a wrong password take as long, count alike and give the same answer.
        """
        name = user_name(typed_name) or typed_name
        checked = self._check(name, password, address)
        if isinstance(checked, Refused):
            return checked
        try:
            return self._open(name, frozenset(), address, checked_hash=checked)
        except UserUnknown:  # disabled, or given another password, a moment ago
            return Refused(known_name=name)

    def open_for(self, name: str, roles: frozenset[Role], address: str) -> SignedIn:
        """Open a session for somebody for whom an identity provider answers."""
        return self._open(name, roles, address, checked_hash="")

    def visitor_of(self, secret: str, *, did_something: bool = True) -> Visitor | None:
        """Return who holds a secret, None if it lets nobody in (any more).

        What a page asks for by itself is not something that a person did: a list that is left
        open must not keep a sign-in alive.
        """
        session = self._accounts.session(_digest(secret))
        now = self._clock.now()
        if session is None or not self._limits.holds(session, now):
            return None
        if did_something and now - session.seen_at >= SEEN_EVERY:
            self._accounts.record_seen(session.digest, now)
        return Visitor(name=session.name, roles=session.roles, csrf_token=csrf_token(secret))

    def end(self, secret: str) -> None:
        """End the session of a secret; nothing if there is none."""
        self._accounts.end_session(_digest(secret))

    def may_change_password(self, name: str) -> bool:
        """Say whether a visitor has a password here."""
        user = self._accounts.user(name)
        return user is not None and not user.disabled

    def change_password(self, name: str, old: str, new: str, address: str) -> SignedIn | Refused:
        """Change a user's own password; all sessions end and a new one is opened.

        `new` is one that will do (`password_fault`). A stolen session must not guess the old one,
        so that is throttled like a sign-in.
        """
        checked = self._check(name, old, address)
        if isinstance(checked, Refused):
            return checked
        new_hash = self._passwords.hash(new)
        self._accounts.set_password(name, new_hash, now=self._clock.now())
        return self._open(name, frozenset(), address, checked_hash=new_hash)

    def _check(self, name: str, password: str, address: str) -> str | Refused:
        """Return the hash that a password is right for."""
        of_name, of_address = subject_of_name(name), subject_of_address(address)
        throttles = {of_name: NAME_THROTTLE, of_address: ADDRESS_THROTTLE}
        now = self._clock.now()
        until = self._accounts.count_attempt(throttles, now)
        if until is not None:
            return Refused(until=until)
        # What can be no name is not asked for: not every text can be given to a database.
        user = self._accounts.user(name) if user_name(name) == name else None
        known = user.password_hash if user is not None and not user.disabled else None
        typed = normal_password(password[: LONGEST_PASSWORD + 1])
        if not self._passwords.is_right(typed, known) or known is None:
            return Refused(known_name="" if user is None else user.name)
        self._accounts.clear_failures(of_name)
        # Not cleared: whoever has one account could otherwise guess at others without end.
        self._accounts.take_back_attempt(of_address, now)
        return known

    def _open(
        self, name: str, roles: frozenset[Role], address: str, *, checked_hash: str
    ) -> SignedIn:
        now = self._clock.now()
        self._accounts.forget_sessions(
            began_before=now - self._limits.absolute, seen_before=now - self._limits.idle
        )
        secret = new_secret()
        session = Session(
            digest=_digest(secret),
            name=name,
            roles=roles,
            is_local=bool(checked_hash),
            began_at=now,
            seen_at=now,
            address=address,
        )
        self._accounts.open_session(session, checked_hash=checked_hash)
        opened = self._accounts.session(session.digest)
        return SignedIn(
            secret=secret,
            visitor=Visitor(
                name=name,
                roles=roles if opened is None else opened.roles,
                csrf_token=csrf_token(secret),
            ),
        )


def subject_of_name(name: str) -> str:
    """Return under what wrong passwords for a name are counted.

    Not the name: people type passwords into the wrong field.
    """
    return f"name {sha256(name.encode()).hexdigest()}"


def subject_of_address(address: str) -> str:
    """Return under what wrong passwords from a network address are counted."""
    try:
        peer = ip_address(address)
    except ValueError:
        return "address unknown"
    if isinstance(peer, IPv6Address) and peer.ipv4_mapped is None:
        return f"address {ip_network((int(peer), _NETWORK_BITS_OF_ONE_PEER), strict=False)}"
    return f"address {getattr(peer, 'ipv4_mapped', None) or peer}"


def _digest(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()
