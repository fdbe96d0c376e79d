"""Lines of the audit trail: who looked at what, and who did what."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


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
        detail: in a few words, without patient attributes.
        address: of the network peer that asked, or "" for the command line.
    """

    at: datetime
    who: str
    deed: Deed
    StudyInstanceUID: str = ""
    detail: str = ""
    address: str = ""
