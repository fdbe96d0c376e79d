"""The error tree. What will pass is retried; what will not is parked.

TriageError
├── TransientError            will pass: try again later
│   ├── StorageFull           disk full or below the watermark
│   ├── DatabaseUnavailable   locked for too long, or its server does not answer
│   ├── DestinationUnreachable  no association, or it broke
│   ├── DestinationBusy       the peer answered "out of resources" (0xA7xx)
│   ├── IdentityProviderUnavailable  who answers for people does not answer
│   ├── DecodingUnavailable   the disk failed, or no decoder could be started
│   └── DecoderCrashed        the decoding child process died or ran out of time
└── PermanentError            will not pass: park it and say why
    ├── ObjectRefused         a received object that cannot be kept (carries the DIMSE status)
    ├── PixelsUnreadable      a stored object whose pixels cannot be decoded or make no sense
    ├── BundleInvalid         a model bundle that must not be served
    ├── SettingsInvalid       a configuration that must not be started
    ├── DestinationRefused    the peer refused this object for good (carries the DIMSE status)
    ├── ReportInvalid         a composed result object that must not leave
    ├── StudyUnknown          no study with that Study Instance UID
    ├── IdentityRefused       an answer of an identity provider that does not hold
    ├── UserUnknown           no user with that name who may sign in
    └── ReadingConflict       somebody else, or a later image, was first
        ├── ClaimedByAnother  (carries who has it, and until when)
        ├── AlreadyRead       (carries by whom, and when)
        ├── GenerationStale   (carries what the study is now)
        └── NothingToUndo
"""

from datetime import datetime


class TriageError(Exception):
    """Everything the node raises on purpose."""


class TransientError(TriageError):
    """Will pass: the step is tried again later."""


class PermanentError(TriageError):
    """Will not pass: the step is parked and its reason shown."""


class StorageFull(TransientError):
    """The disk is full or its free space is below the watermark."""


class DatabaseUnavailable(TransientError):
    """The database is locked for too long, or its server does not answer."""


class DestinationUnreachable(TransientError):
    """No association with the destination could be made, or it broke."""


class DestinationBusy(TransientError):
    """The destination answered that it is out of resources.

    Attributes:
        status: the DIMSE status it answered (PS3.4 Annex B.2.3).
    """

    def __init__(self, message: str, *, status: int) -> None:
        super().__init__(message)
        self.status = status


class IdentityProviderUnavailable(TransientError):
    """The identity provider cannot be reached, or does not answer as it should."""


class DecodingUnavailable(TransientError):
    """The disk failed, or no decoder could be started: the object has no part in it."""


class DecoderCrashed(TransientError):
    """The decoding child process died or ran out of time or memory."""


class ObjectRefused(PermanentError):
    """A received object that cannot be kept.

    Attributes:
        status: the DIMSE failure status to answer (PS3.4 Annex B.2.3).
    """

    def __init__(self, message: str, *, status: int) -> None:
        super().__init__(message)
        self.status = status


class PixelsUnreadable(PermanentError):
    """A stored object whose pixels cannot be decoded or make no sense."""


class BundleInvalid(PermanentError):
    """A model bundle that must not be served."""


class SettingsInvalid(PermanentError):
    """A configuration that must not be started."""


class DestinationRefused(PermanentError):
    """The destination refused this object for good.

    Attributes:
        status: the DIMSE status it answered, or None if no context was accepted.
    """

    def __init__(self, message: str, *, status: int | None) -> None:
        super().__init__(message)
        self.status = status


class ReportInvalid(PermanentError):
    """A composed result object that must not leave."""


class StudyUnknown(PermanentError):
    """No study with that Study Instance UID is in the register."""


class IdentityRefused(PermanentError):
    """Somebody came back from an identity provider with an answer that does not hold."""


class UserUnknown(PermanentError):
    """No user with that name may sign in."""


class ReadingConflict(PermanentError):
    """Somebody else, or a later image, was first: look again, then decide."""


class ClaimedByAnother(ReadingConflict):
    """Somebody else has the study.

    Attributes:
        claimed_by: the reader who has it.
        until: when their claim ends, or None if only they end it.
    """

    def __init__(self, *, claimed_by: str, until: datetime | None) -> None:
        super().__init__("somebody else has claimed this study")
        self.claimed_by = claimed_by
        self.until = until


class AlreadyRead(ReadingConflict):
    """The study is read, and no later image has come.

    Attributes:
        read_by: the reader who marked it as read.
        read_at: when they did, or None if that is not known.
    """

    def __init__(self, *, read_by: str, read_at: datetime | None) -> None:
        super().__init__("this study is read")
        self.read_by = read_by
        self.read_at = read_at


class GenerationStale(ReadingConflict):
    """What the reader was shown is not all: images have come since.

    Attributes:
        generation: of the study now.
        images: how many it has in scope now.
    """

    def __init__(self, *, generation: int, images: int) -> None:
        super().__init__("images have come since")
        self.generation = generation
        self.images = images


class NothingToUndo(ReadingConflict):
    """It is too late, it was somebody else's doing, or something else happened since."""


def will_pass(error: Exception) -> bool:
    """Say whether an error is one of those that pass, as a disk or a mount that fails does.

    An OSError without a number is no call that failed, but a library that objects to a file. For
    what came of reading a stored object ask `InstanceStore.will_pass`: it may be gone for good.
    """
    return isinstance(error, TransientError) or (
        isinstance(error, OSError) and error.errno is not None
    )
