"""C-STORE status codes (PS3.4 Annex B.2.3, PS3.7 Annex C) and what a sender makes of them."""

from enum import IntEnum, StrEnum
from typing import Final


class StoreStatus(IntEnum):
    """The statuses the node answers to a C-STORE.

    The low digits of the 0xA7xx and 0xCxxx ranges are ours to choose (PS3.4 Table B.2-1).
    """

    SUCCESS = 0x0000
    SOP_CLASS_NOT_SUPPORTED = 0x0122
    OUT_OF_RESOURCES = 0xA700  # disk full or below the watermark
    REGISTER_UNAVAILABLE = 0xA701  # the database does not answer
    UNEXPECTED_FAILURE = 0xA702  # a fault of the node: the sender keeps the object and tries again
    DATA_SET_DOES_NOT_MATCH_SOP_CLASS = 0xA900
    CANNOT_UNDERSTAND = 0xC000  # truncated, or not a data set in the negotiated transfer syntax
    INVALID_UID = 0xC001  # one of the four UIDs is missing or breaks PS3.5 section 9.1
    PIXEL_DATA_INCOMPLETE = 0xC002  # fewer pixels than the header declares
    SOP_INSTANCE_MISMATCH = 0xC003  # the command names another SOP Instance UID than the data set
    CONFLICTING_INSTANCE = 0xC004  # other bytes are registered under this UID: quarantined


class Outcome(StrEnum):
    """What a sender does after a status."""

    SENT = "sent"
    BUSY = "busy"  # will pass: try again later
    REFUSED = "refused"  # will not pass


_OUT_OF_RESOURCES: Final = range(0xA700, 0xA800)
_STORAGE_WARNINGS: Final = range(0xB000, 0xC000)
# PS3.7 Annex C.4.2: the peer has performed the operation although something was odd.
_GENERAL_WARNINGS: Final = frozenset({0x0001, 0x0107, 0x0116})


def outcome(status: int) -> Outcome:
    """Say what a C-STORE status from a peer means for the object that was sent.

    A warning counts as sent: the object is stored. Anything but success, a warning or "out of
    resources" is a refusal that repeating the request would not change.
    """
    if status == StoreStatus.SUCCESS or status in _STORAGE_WARNINGS or status in _GENERAL_WARNINGS:
        return Outcome.SENT
    if status in _OUT_OF_RESOURCES:
        return Outcome.BUSY
    return Outcome.REFUSED
