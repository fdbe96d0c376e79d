"""What a DICOM file says of itself before its data set (PS3.10 section 7.1)."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pydicom.filereader import read_file_meta_info

_REQUIRED: Final = ("MediaStorageSOPClassUID", "MediaStorageSOPInstanceUID", "TransferSyntaxUID")


@dataclass(frozen=True, slots=True, kw_only=True)
class FileMeta:
    """The three UIDs that a C-STORE needs."""

    SOPClassUID: str
    SOPInstanceUID: str
    TransferSyntaxUID: str


def read_file_meta(path: Path) -> FileMeta:
    """Read a file's File Meta Information.

    Raises ValueError if it is no DICOM file or lacks one of the UIDs; OSError.
    """
    try:
        meta = read_file_meta_info(path)
        uids = [str(meta.get(keyword, "")) for keyword in _REQUIRED]
    except OSError:
        raise
    except Exception as error:  # pydicom raises what its parser happens to stumble over
        raise ValueError("not a DICOM file") from error
    if not all(uids):
        raise ValueError("its File Meta Information lacks a UID")
    return FileMeta(SOPClassUID=uids[0], SOPInstanceUID=uids[1], TransferSyntaxUID=uids[2])
