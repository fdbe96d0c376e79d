"""Accounts of people who sign in with a password, and which passwords will do.

The rules are those of NIST SP 800-63B section 5.1.1: length counts, what everybody tries first is
refused, and nobody is made to mix kinds of characters.
"""

import re
import unicodedata
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from triage_agent.domain.instant import require_utc
from triage_agent.domain.visitor import Role

SHORTEST_PASSWORD = 12
LONGEST_PASSWORD = 1024  # longer than any phrase; a hash of megabytes would keep the node busy
LONGEST_NAME = 64
_NAME = re.compile(rf"[a-z0-9][a-z0-9._@+-]{{0,{LONGEST_NAME - 1}}}")

# What stands first in lists of leaked passwords among those that are long enough, and what lies
# near here. Compared without digits and signs at the end, and with those read as letters that
# stand for letters.
_WORST = frozenset(
    {
        "abcdefghijkl",
        "administrator",
        "changeme",
        "changemenow",
        "changethis",
        "correcthorsebatterystaple",
        "defaultpassword",
        "hospital",
        "iloveyou",
        "letmein",
        "letmeinnow",
        "mypassword",
        "newpassword",
        "orthanc",
        "passphrase",
        "password",
        "passwordpassword",
        "passwort",
        "qwertyuiop",
        "qwertzuiop",
        "qwertyuiopasdfghjkl",
        "qwertzuiopasdfghjkl",
        "qwerty",
        "radiology",
        "radiologie",
        "radiologist",
        "secret",
        "secretpassword",
        "thisispassword",
        "thisisapassword",
        "triageagent",
        "trustno",
        "welcome",
        "welcometo",
        "xray",
    }
)
_READ_AS = str.maketrans("014357@$!", "oiaestasi")
_KEYS_IN_A_ROW = ("0123456789", "abcdefghijklmnopqrstuvwxyz", "qwertyuiopasdfghjklzxcvbnm")


class PasswordFault(StrEnum):
    """Why a password will not do."""

    TOO_SHORT = "too short"
    TOO_LONG = "too long"
    HOLDS_NAME = "holds the name"
    WELL_KNOWN = "well known"


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """Somebody who signs in with a password.

    Attributes:
        name: as `user_name` gives it.
        roles: what they may do.
        password_hash: salted and slow to compute; never the password.
        disabled: lets nobody in; the name stays taken, for the audit trail tells of it.
        created_at: when, UTC.
        changed_at: when password, roles or state last changed, UTC.
    """

    name: str
    roles: frozenset[Role]
    password_hash: str = field(repr=False)
    created_at: datetime
    changed_at: datetime
    disabled: bool = False

    def __post_init__(self) -> None:
        """Raise ValueError for a name that `user_name` would not give, or a time not in UTC."""
        if user_name(self.name) != self.name:
            raise ValueError(f"{self.name!r} is not the name of a user")
        require_utc(self.created_at, "created_at")
        require_utc(self.changed_at, "changed_at")


def user_name(typed: str) -> str | None:
    """Return the one form of a name that is the same to a person, None if it can be no name.

    Lower case, at most 64 of: letters a to z, digits, and . _ @ + - after the first.
    """
    name = unicodedata.normalize("NFKC", typed).strip().lower()
    return name if _NAME.fullmatch(name) else None


def normal_password(typed: str) -> str:
    """Return the form that is hashed: the same however a keyboard composes its characters."""
    return unicodedata.normalize("NFKC", typed)


def password_fault(password: str, name: str) -> PasswordFault | None:
    """Return why a password will not do for a user, None if it will.

    Args:
        password: as `normal_password` gives it.
        name: of the user.
    """
    if len(password) < SHORTEST_PASSWORD:
        return PasswordFault.TOO_SHORT
    if len(password) > LONGEST_PASSWORD:
        return PasswordFault.TOO_LONG
    if name and _letters(name) in _letters(password) and len(name) >= len(password) / 2:
        return PasswordFault.HOLDS_NAME
    if _is_well_known(password):
        return PasswordFault.WELL_KNOWN
    return None


def _is_well_known(password: str) -> bool:
    lowered = password.lower()
    if len(set(lowered)) <= 3:  # noqa: PLR2004 (aaaaaaaaaaaa, 121212121212)
        return True
    if any(_is_run(lowered, row) for row in _KEYS_IN_A_ROW):
        return True
    word = lowered.rstrip("0123456789!?.,-_*#$&+ ")
    spelt = _letters(word)
    return not _WORST.isdisjoint({word, spelt, _half(spelt), _letters(lowered)})


def _is_run(text: str, row: str) -> bool:
    circle = row * (len(text) // len(row) + 2)
    return text in circle or text in circle[::-1]


def _half(text: str) -> str:
    """Return what a text says twice, or the text."""
    middle = len(text) // 2
    return text[:middle] if text[:middle] == text[middle:] else text


def _letters(text: str) -> str:
    return "".join(each for each in text.lower().translate(_READ_AS) if each.isalnum())
