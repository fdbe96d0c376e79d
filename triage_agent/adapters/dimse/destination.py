"""The Destination port over C-STORE: files leave exactly as they are on disk."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pynetdicom import _config, build_context

from triage_agent.adapters.dimse.file_meta import FileMeta, read_file_meta
from triage_agent.adapters.dimse.requestor import RequestorEntity
from triage_agent.adapters.dimse.tls import requestor_context
from triage_agent.destination_settings import DestinationSettings
from triage_agent.dicom import sop_classes, transfer_syntaxes
from triage_agent.dicom.part10 import IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME
from triage_agent.dicom.status import Outcome, outcome
from triage_agent.errors import DestinationBusy, DestinationRefused, DestinationUnreachable

Association = Any  # pynetdicom has no types

# The encoded data set goes from the file to the wire; otherwise pynetdicom decodes it, encodes it
# anew and may change its transfer syntax on the way.
_config.STORE_SEND_CHUNKED_DATASET = True

_MAXIMUM_CONTEXTS: Final = 128  # odd numbers of one byte (PS3.8 section 9.3.2.2)
_CONNECT_SECONDS: Final = 10.0
_ASSOCIATE_SECONDS: Final = 30.0
# An archive may index before it answers; minutes are not unheard of.
_ANSWER_SECONDS: Final = 120.0
_MAXIMUM_PDU_BYTES: Final = 131_072

Report = Callable[[int, Exception | None], None]


@dataclass(frozen=True, slots=True)
class _Outgoing:
    index: int
    path: Path
    meta: FileMeta

    @property
    def context(self) -> tuple[str, str]:
        return self.meta.SOPClassUID, self.meta.TransferSyntaxUID


class DimseDestination:
    """Keeps `triage_agent.ports.Destination` for one peer of the settings."""

    def __init__(self, settings: DestinationSettings, *, calling_ae_title: str) -> None:
        self._settings = settings
        self._calling_ae_title = settings.calling_ae_title or calling_ae_title
        self._tls = requestor_context(
            certificate=settings.tls_certificate, key=settings.tls_key, ca=settings.tls_ca
        )

    def echo(self) -> None:
        """Verify that the peer answers C-ECHO. Raises DestinationUnreachable."""
        verification = (sop_classes.VERIFICATION, "1.2.840.10008.1.2")
        with self._association([verification]) as association:
            try:
                answer = association.send_c_echo()
            except (RuntimeError, ValueError) as error:  # ended meanwhile, or no context
                raise DestinationUnreachable(f"{self._name} does not take C-ECHO") from error
            if "Status" not in answer or answer.Status != 0:
                raise DestinationUnreachable(f"{self._name} did not answer C-ECHO with success")

    def send(self, paths: Sequence[Path], report: Report) -> None:
        """C-STORE the files in order; see the port.

        One association carries at most 128 pairs of SOP Class and transfer syntax; for more of
        them further associations follow. A warning (0xBxxx) counts as taken. A file whose transfer
        syntax the peer does not accept is reported as refused.
        """
        outgoing = []
        for index, path in enumerate(paths):
            try:
                outgoing.append(_Outgoing(index, path, read_file_meta(path)))
            except (OSError, ValueError) as error:
                report(index, error)
        for batch in _batches(outgoing):
            contexts = list(dict.fromkeys(each.context for each in batch))
            with self._association(contexts) as association:
                accepted = {
                    (str(context.abstract_syntax), str(context.transfer_syntax[0]))
                    for context in association.accepted_contexts
                }
                for number, each in enumerate(batch, 1):
                    if each.context in accepted:
                        report(each.index, self._store(association, each, number))
                    else:
                        report(each.index, self._not_accepted(each))

    @property
    def _name(self) -> str:
        return f"{self._settings.ae_title} at {self._settings.host}:{self._settings.port}"

    def _store(
        self, association: Association, each: _Outgoing, number: int
    ) -> DestinationBusy | DestinationRefused | None:
        try:
            answer = association.send_c_store(each.path, msg_id=number % 65_535 + 1, priority=0)
        except RuntimeError as error:  # the association ended meanwhile
            raise DestinationUnreachable(f"{self._name} broke the association") from error
        if "Status" not in answer:
            raise DestinationUnreachable(f"{self._name} broke the association or did not answer")
        status = int(answer.Status)
        comment = f" {answer.ErrorComment}" if "ErrorComment" in answer else ""
        match outcome(status):
            case Outcome.SENT:
                return None
            case Outcome.BUSY:
                return DestinationBusy(f"out of resources: {status:04X}{comment}", status=status)
            case Outcome.REFUSED:
                return DestinationRefused(f"refused: {status:04X}{comment}", status=status)

    def _not_accepted(self, each: _Outgoing) -> DestinationRefused:
        SOPClassUID, TransferSyntaxUID = each.context
        known = transfer_syntaxes.name(TransferSyntaxUID)
        return DestinationRefused(
            f"{self._name} does not accept {sop_classes.name(SOPClassUID)} in {known}",
            status=None,
        )

    @contextmanager
    def _association(self, contexts: Sequence[tuple[str, str]]) -> Iterator[Association]:
        ae = RequestorEntity(ae_title=self._calling_ae_title)
        ae.implementation_class_uid = IMPLEMENTATION_CLASS_UID
        ae.implementation_version_name = IMPLEMENTATION_VERSION_NAME
        ae.connection_timeout = _CONNECT_SECONDS
        ae.acse_timeout = _ASSOCIATE_SECONDS
        ae.dimse_timeout = _ANSWER_SECONDS
        ae.network_timeout = _ANSWER_SECONDS
        try:
            association = self._associate(ae, contexts)
            try:
                yield association
            except BaseException:
                association.abort()
                raise
            association.release()
        finally:
            ae.close()

    def _associate(self, ae: RequestorEntity, contexts: Sequence[tuple[str, str]]) -> Association:
        settings = self._settings
        try:
            association = ae.associate(
                settings.host,
                settings.port,
                contexts=[build_context(*context) for context in contexts],
                ae_title=settings.ae_title,
                max_pdu=_MAXIMUM_PDU_BYTES,
                tls_args=(self._tls, settings.host) if self._tls is not None else None,
            )
        except OSError as error:  # the host has no address
            raise DestinationUnreachable(f"{self._name}: {error}") from error
        # pynetdicom ends an association in which the peer accepts no context: that is an answer.
        accepts_nothing = association.rejected_contexts and not association.accepted_contexts
        if not (association.is_established or accepts_nothing):
            why = "rejected the association" if association.is_rejected else "cannot be reached"
            raise DestinationUnreachable(f"{self._name} {why}")
        return association


def _batches(outgoing: Sequence[_Outgoing]) -> Iterator[list[_Outgoing]]:
    batch: list[_Outgoing] = []
    contexts: set[tuple[str, str]] = set()
    for each in outgoing:
        if each.context not in contexts and len(contexts) == _MAXIMUM_CONTEXTS:
            yield batch
            batch, contexts = [], set()
        batch.append(each)
        contexts.add(each.context)
    if batch:
        yield batch
