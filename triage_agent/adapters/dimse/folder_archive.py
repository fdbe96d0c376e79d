"""A small archive for demonstrations: it keeps what it receives as files in one folder."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from triage_agent.adapters.dimse.scp import StorageScp
from triage_agent.dicom.elements import Buffer
from triage_agent.dicom.headers import read_object
from triage_agent.dicom.part10 import file_head
from triage_agent.dicom.status import StoreStatus
from triage_agent.errors import ObjectRefused
from triage_agent.receive.receipt import Receipt, ReceiptOutcome
from triage_agent.settings import DicomSettings


@contextmanager
def serve_folder(folder: Path, *, ae_title: str, port: int = 0) -> Iterator[int]:
    """Serve C-STORE and C-ECHO on loopback while the context is open; yield the port.

    Each object becomes a DICOM file in `folder`, named by its modality and a hash of its SOP
    Instance UID, so that an object which is sent again replaces itself.
    """
    folder.mkdir(parents=True, exist_ok=True)

    def receive(
        encoded: Buffer,
        *,
        transfer_syntax_uid: str,
        source_ae_title: str,
        affected_sop_class_uid: str,  # noqa: ARG001 - held against nothing here
        affected_sop_instance_uid: str,  # noqa: ARG001
    ) -> Receipt:
        try:
            header = read_object(encoded, transfer_syntax_uid).header
        except ObjectRefused as error:
            return Receipt(status=error.status, outcome=ReceiptOutcome.REFUSED, reason=str(error))
        head = file_head(
            SOPClassUID=header.SOPClassUID,
            SOPInstanceUID=header.SOPInstanceUID,
            TransferSyntaxUID=transfer_syntax_uid,
            source_ae_title=source_ae_title,
        )
        digest = hashlib.sha256(header.SOPInstanceUID.encode("ascii")).hexdigest()[:16]
        kind = header.Modality if header.Modality.isalnum() else "object"
        path = folder / f"{kind[:16]}-{digest}.dcm"
        temporary = path.with_suffix(".part")
        with temporary.open("wb") as file:
            file.write(head)
            file.write(encoded)
        temporary.replace(path)
        return Receipt(status=StoreStatus.SUCCESS, outcome=ReceiptOutcome.REGISTERED, header=header)

    scp = StorageScp(DicomSettings(port=port, ae_title=ae_title), receive)
    try:
        yield scp.start()
    finally:
        scp.stop()
