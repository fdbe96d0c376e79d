"""Lines of the audit trail: who looked at what, and who did what."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from triage_agent.domain.instant import require_utc

# More than any sentence of ours; what was sent from outside must not fill the trail.
LONGEST_DETAIL = 500


class Deed(StrEnum):
    """What is taken down. Values are stored for good and never change their meaning."""

    SIGNED_IN = "signed in"
    SIGN_IN_REFUSED = "sign-in refused"
    SIGNED_OUT = "signed out"
    LIST_VIEWED = "list viewed"
    STUDY_VIEWED = "study viewed"
    IMAGE_VIEWED = "image viewed"
    CLAIMED = "claimed"
    RELEASED = "released"
    READ = "marked read"
    UNDONE = "undone"
    VERDICT = "verdict given"
    DELIVERY_RETRIED = "delivery retried"
    DELIVERY_PARKED = "delivery parked"
    AUDIT_VIEWED = "audit trail viewed"
    AUDIT_EXPORTED = "audit trail exported"
    MODEL_CHANGED = "model changed"
    USER_CHANGED = "user changed"
    TOKEN_CHANGED = "token changed"  # noqa: S105 (a deed, not a password)
    REFUSED = "refused"  # asked for what their roles do not allow


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditLine:
    """One line; never changed, never deleted.

    Attributes:
        at: when, UTC.
        who: name of the visitor or user, "" if nobody was signed in.
        deed: what was done.
        StudyInstanceUID: of the study it concerns, or "".
        detail: in a few words, without patient attributes; cut at `LONGEST_DETAIL`.
        address: of the network peer that asked, or "" for the command line.
    """

    at: datetime
    who: str
    deed: Deed
    StudyInstanceUID: str = ""
    detail: str = ""
    address: str = ""

    def __post_init__(self) -> None:
        """Raise ValueError if the instant is not in UTC."""
        require_utc(self.at, "at")
        object.__setattr__(self, "detail", self.detail[:LONGEST_DETAIL])


@dataclass(frozen=True, slots=True, order=True)
class AuditCursor:
    """A place in the trail: entries are in the order of these."""

    at: datetime
    number: int

    def __str__(self) -> str:
        """Return it as it stands in an address."""
        at = self.at.isoformat().removesuffix("+00:00")
        return f"{at}Z~{self.number}"

    @classmethod
    def from_text(cls, text: str) -> "AuditCursor":
        """Read what `str` gave. Raises ValueError."""
        at, _, number = text.partition("~")
        return cls(require_utc(datetime.fromisoformat(at), "a cursor"), int(number))


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """A line with its place in the trail."""

    number: int
    line: AuditLine

    @property
    def cursor(self) -> AuditCursor:
        """Return where it stands."""
        return AuditCursor(self.line.at, self.number)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFilter:
    """Which lines are sought; what is empty or None does not narrow.

    Attributes:
        who: the exact name.
        deeds: any of these.
        StudyInstanceUID: the exact study.
        since: not before this instant, UTC.
        until: before this instant, UTC.
        text: a part of the detail, the name or the address; letters A to Z in either case.
    """

    who: str = ""
    deeds: frozenset[Deed] = frozenset()
    StudyInstanceUID: str = ""
    since: datetime | None = None
    until: datetime | None = None
    text: str = ""

    def fits(self, line: AuditLine) -> bool:
        """Say whether a line is sought."""
        return (
            self.who in ("", line.who)
            and (not self.deeds or line.deed in self.deeds)
            and self.StudyInstanceUID in ("", line.StudyInstanceUID)
            and (self.since is None or line.at >= self.since)
            and (self.until is None or line.at < self.until)
            and self._has_text(line)
        )

    def _has_text(self, line: AuditLine) -> bool:
        sought = ascii_lower(self.text)
        return any(sought in ascii_lower(part) for part in (line.detail, line.who, line.address))


def ascii_lower(text: str) -> str:
    """Return a text with A to Z in lower case; of other letters databases think differently."""
    return "".join(each.lower() if each.isascii() else each for each in text)
