"""One object that is received while it arrives."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from triage_agent.dicom.elements import Buffer
from triage_agent.dicom.headers import check_command, read_object
from triage_agent.dicom.part10 import file_head
from triage_agent.errors import ObjectRefused, StorageFull, TransientError
from triage_agent.receive.receipt import Receipt, begun_digest, refusal

if TYPE_CHECKING:
    from triage_agent.ports.storage import IncomingObject
    from triage_agent.receive.receiver import Receiver


# While so much arrives others may take up the space: far less than any sensible watermark.
_CHECK_SPACE_BYTES: Final = 1_048_576


class Reception:
    """One object of `Receiver.begin`: `write` its parts, then `finish`; or `abandon` it.

    Only what the header needs is held in memory. A full disk or a database that does not answer is
    answered at the end, since a C-STORE has no earlier answer; what still comes is dropped.
    """

    def __init__(
        self,
        receiver: "Receiver",
        *,
        transfer_syntax_uid: str,
        source_ae_title: str,
        affected_sop_class_uid: str,
        affected_sop_instance_uid: str,
    ) -> None:
        self._receiver = receiver
        self._transfer_syntax_uid = transfer_syntax_uid
        self._source_ae_title = source_ae_title
        self._affected = affected_sop_class_uid, affected_sop_instance_uid
        self._refused: TransientError | None = None
        self._check_space_at = _CHECK_SPACE_BYTES
        self._arriving: IncomingObject | None = None
        # The data set is held against the command before it is kept, so the head is right then.
        head = file_head(
            SOPClassUID=affected_sop_class_uid,
            SOPInstanceUID=affected_sop_instance_uid,
            TransferSyntaxUID=transfer_syntax_uid,
            source_ae_title=source_ae_title,
        )
        try:
            receiver.check_space()
            self._arriving = receiver.store.begin(head, begun_digest(transfer_syntax_uid))
            # Asked now, while the data set is on its way.
            self._is_own = receiver.is_own(*self._affected)
        except TransientError as error:
            self._refuse(error)
        except BaseException:
            self.abandon()
            raise

    def write(self, parts: Sequence[Buffer]) -> None:
        """Take a copy of parts of the data set."""
        if self._arriving is None:
            return
        try:
            self._arriving.write(parts)
            if self._arriving.size_bytes >= self._check_space_at:
                self._receiver.check_space()
                self._check_space_at += _CHECK_SPACE_BYTES
        except StorageFull as error:
            self._refuse(error)

    def finish(self) -> Receipt:
        """Say that the object is whole; see `Receiver.receive` for what is returned."""
        if self._arriving is None:
            return refusal(self._refused or TransientError("the object was abandoned"))
        try:
            self._arriving.seal()
            self._receiver.check_space()
            received = read_object(self._arriving.content(), self._transfer_syntax_uid)
            check_command(received.header, *self._affected)
            return self._receiver.keep_arrived(
                received, self._arriving, self._source_ae_title, is_own=self._is_own
            )
        except (ObjectRefused, TransientError) as error:
            return refusal(error)
        finally:
            self.abandon()

    def abandon(self) -> None:
        """Forget an object that is not whole; after `finish` it changes nothing."""
        if self._arriving is not None:
            self._arriving.discard()
            self._arriving = None

    def _refuse(self, error: TransientError) -> None:
        self._refused = error
        self.abandon()
