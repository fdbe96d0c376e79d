"""C-STORE as the receive step sees it: what it is asked, what is answered, what is logged."""

import time
from collections.abc import Callable, Sequence
from typing import Any, Final, Protocol

import structlog
from pydicom.dataset import Dataset

from triage_agent.adapters.dimse.guards import GuardedAssociation
from triage_agent.adapters.dimse.store_messages import StoreRequest
from triage_agent.dicom.elements import Buffer
from triage_agent.dicom.status import StoreStatus
from triage_agent.receive.receipt import Receipt

Event = Any  # pynetdicom has no types
Context = Any

log = structlog.get_logger()

_ERROR_COMMENT_CHARACTERS: Final = 64  # VR LO


class Receives(Protocol):
    """The receive step."""

    def __call__(
        self,
        encoded: Buffer,
        *,
        transfer_syntax_uid: str,
        source_ae_title: str,
        affected_sop_class_uid: str,
        affected_sop_instance_uid: str,
    ) -> Receipt:
        """Take an object; see `receive.receiver.Receiver.receive`."""
        ...


class Arrival(Protocol):
    """An object that the receive step takes while it arrives; see `receive.reception.Reception`."""

    def write(self, parts: Sequence[Buffer]) -> None:
        """Take a copy of parts of the data set."""
        ...

    def finish(self) -> Receipt:
        """Say that the object is whole."""
        ...

    def abandon(self) -> None:
        """Forget an object that is not whole."""
        ...


class Begins(Protocol):
    """The beginning of the receive step."""

    def __call__(
        self,
        *,
        transfer_syntax_uid: str,
        source_ae_title: str,
        affected_sop_class_uid: str,
        affected_sop_instance_uid: str,
    ) -> Arrival:
        """Begin an object; see `receive.receiver.Receiver.begin`."""
        ...


class StoreService:
    """Hands objects to the receive step, whole or as they arrive, and answers for it."""

    def __init__(self, receive: Receives, begin: Begins | None = None) -> None:
        self._receive = receive
        self._begin = begin

    def serve(self, event: Event) -> int | Dataset:
        """Take a whole object: what pynetdicom calls for EVT_C_STORE."""
        request = event.request
        if request.AffectedSOPClassUID != event.context.abstract_syntax:
            return _answer(StoreStatus.SOP_CLASS_NOT_SUPPORTED, "not the class of this context")
        sink = _Sink(
            self._receive,
            None,
            sop_class_uid=str(request.AffectedSOPClassUID),
            sop_instance_uid=str(request.AffectedSOPInstanceUID),
            transfer_syntax_uid=str(event.context.transfer_syntax),
            calling=event.assoc.requestor.ae_title.strip(),
        )
        with request.DataSet.getbuffer() as encoded:
            status, comment = sink.take_whole(encoded)
        return _answer(status, comment) if status else int(StoreStatus.SUCCESS)

    def begin(
        self, association: GuardedAssociation, context: Context, request: StoreRequest
    ) -> "_Sink":
        """Begin an object; its class is that of the context."""
        return _Sink(
            self._receive,
            self._begin,
            sop_class_uid=request.sop_class_uid,
            sop_instance_uid=request.sop_instance_uid,
            transfer_syntax_uid=str(context.transfer_syntax[0]),
            calling=association.requestor.ae_title.strip(),
        )


class _Sink:
    """One object: `write` and `finish`, or `take_whole`; a fault of the node is an answer too."""

    def __init__(
        self,
        receive: Receives,
        begin: Begins | None,
        *,
        sop_class_uid: str,
        sop_instance_uid: str,
        transfer_syntax_uid: str,
        calling: str,
    ) -> None:
        self._receive = receive
        self._uids = sop_class_uid, sop_instance_uid
        self._calling = calling
        self._about = {
            "transfer_syntax_uid": transfer_syntax_uid,
            "source_ae_title": calling,
            "affected_sop_class_uid": sop_class_uid,
            "affected_sop_instance_uid": sop_instance_uid,
        }
        self._failed = False
        self._collected = bytearray()
        self._arrival: Arrival | None = None
        if begin is not None:
            try:
                self._arrival = begin(**self._about)
            except Exception as fault:  # noqa: BLE001 - answered when all has arrived
                self._fail(fault)

    def write(self, parts: Sequence[memoryview]) -> None:
        """Take parts; see `fast_path.ObjectSink`."""
        if self._failed:
            return
        if self._arrival is None:
            self._collected += b"".join(parts)
            return
        try:
            self._arrival.write(parts)
        except Exception as fault:  # noqa: BLE001 - a fault of the node is never a success
            self._fail(fault)

    def finish(self) -> tuple[int, str]:
        """Return status and error comment."""
        if self._arrival is not None:
            return self._settle(self._arrival.finish)
        with memoryview(self._collected) as encoded:
            return self.take_whole(encoded)

    def take_whole(self, encoded: Buffer) -> tuple[int, str]:
        """Hand over an object at once; return status and error comment."""
        return self._settle(lambda: self._receive(encoded, **self._about))

    def abandon(self) -> None:
        """Forget an object that does not arrive whole."""
        if self._arrival is not None:
            self._arrival.abandon()

    def _settle(self, receive: Callable[[], Receipt]) -> tuple[int, str]:
        if self._failed:
            return _UNEXPECTED
        started = time.monotonic()
        try:
            receipt = receive()
        except Exception as fault:  # noqa: BLE001 - a fault of the node is never a success
            self._fail(fault)
            return _UNEXPECTED
        self._log(receipt, time.monotonic() - started)
        if receipt.status == StoreStatus.SUCCESS:
            return int(StoreStatus.SUCCESS), ""
        return int(receipt.status), receipt.reason[:_ERROR_COMMENT_CHARACTERS]

    def _log(self, receipt: Receipt, seconds: float) -> None:
        write = log.info if receipt.status == StoreStatus.SUCCESS else log.warning
        sop_class, sop_instance = self._uids
        write(
            f"object {receipt.outcome}",
            status=f"{receipt.status:04X}",
            sop_class=sop_class,
            sop_instance=sop_instance,
            study=receipt.header.StudyInstanceUID if receipt.header else None,
            calling=self._calling,
            reason=receipt.reason or None,
            remarks=receipt.remarks or None,
            seconds=round(seconds, 4),
        )

    def _fail(self, fault: Exception) -> None:
        log.error("object not received", calling=self._calling, exc_info=fault)
        self._failed = True
        self.abandon()


_UNEXPECTED: Final = (int(StoreStatus.UNEXPECTED_FAILURE), "unexpected failure; see the log")


def _answer(status: int, comment: str) -> Dataset:
    answer = Dataset()
    answer.Status = int(status)
    answer.ErrorComment = comment[:_ERROR_COMMENT_CHARACTERS]
    return answer
