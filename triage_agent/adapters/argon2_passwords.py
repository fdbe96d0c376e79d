"""The Passwords port on Argon2id (RFC 9106)."""

import threading

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

# 64 MiB, 3 passes, 4 lanes: the second choice of RFC 9106 section 4.
_HASHER = PasswordHasher()
# Each takes its memory and a core; a crowd of attempts must not take those of the node.
_AT_ONCE = 2


class Argon2Passwords:
    """See triage_agent.ports.Passwords. Safe to use from several threads."""

    def __init__(self, hasher: PasswordHasher = _HASHER) -> None:
        self._hasher = hasher
        self._turns = threading.BoundedSemaphore(_AT_ONCE)
        # Of nothing that anybody could type, with the cost of all others.
        self._nobodys = hasher.hash("\0")

    def hash(self, password: str) -> str:
        """Return a new hash of a password."""
        with self._turns:
            return self._hasher.hash(password)

    def is_right(self, password: str, password_hash: str | None) -> bool:
        """Say whether a password is the one of a hash; as slow where there is none."""
        with self._turns:
            try:
                right = self._hasher.verify(password_hash or self._nobodys, password)
            except (VerificationError, InvalidHashError):
                return False
        return right and password_hash is not None
