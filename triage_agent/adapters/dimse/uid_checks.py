"""How closely the DICOM libraries look at the UIDs of an association request."""

from typing import Final

import pydicom.config
from pynetdicom import _config

_MAXIMUM_UID_CHARACTERS: Final = 64  # PS3.5 section 9.1


def check_length_of_uids_only() -> None:
    """Have every UID of a request held against its length alone, in this process.

    The libraries match each against patterns several times, only to warn; a usual request has 400
    of them, and takes longer than an image then. What is accepted stays the same: an object's own
    UIDs are checked when it is received.
    """
    pydicom.config.settings.reading_validation_mode = pydicom.config.IGNORE
    _config.VALIDATORS["UI"] = _has_length_of_uid


def _has_length_of_uid(value: str) -> tuple[bool, str]:
    fits = 0 < len(value) <= _MAXIMUM_UID_CHARACTERS
    return fits, "" if fits else "not of 1 to 64 characters"
