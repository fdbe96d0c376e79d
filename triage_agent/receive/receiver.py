"""What becomes of one C-STORE: nothing is acknowledged before its bytes and its row are durable."""

import hashlib
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from triage_agent.dicom.elements import Buffer
from triage_agent.dicom.headers import ReceivedObject, check_command, read_object
from triage_agent.dicom.part10 import file_head
from triage_agent.dicom.status import StoreStatus
from triage_agent.domain.instance import Instance, InstanceHeader, InstanceState, StoredObject
from triage_agent.domain.scope import ScopeDecision
from triage_agent.errors import ObjectRefused, StorageFull, TransientError
from triage_agent.ports import (
    Clock,
    InstanceStore,
    RegistrationOutcome,
    StudyOpening,
    StudyRegister,
)

MADE_HERE = "made by this node"

ScopeRule = Callable[[InstanceHeader], ScopeDecision]
StatRule = Callable[[InstanceHeader], bool]
OpenStudy = Callable[[InstanceHeader, ScopeDecision, bool, datetime], StudyOpening]


class ReceiptOutcome(StrEnum):
    """What became of a received object."""

    REGISTERED = "registered"
    DUPLICATE = "duplicate"  # the same bytes are registered already
    CONFLICT = "conflict"  # other bytes are: these are in quarantine
    REFUSED = "refused"  # cannot be kept; sending it again would not help
    NO_RESOURCES = "no_resources"  # disk or database; the sender tries again later


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """The answer to a C-STORE and what to log of it; `reason` and `remarks` hold no PHI.

    `header` is None if the object could not be read.
    """

    status: int
    outcome: ReceiptOutcome
    reason: str = ""
    remarks: tuple[str, ...] = ()
    header: InstanceHeader | None = None
    state: InstanceState | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiver:
    """The receive step.

    Attributes:
        watermark_bytes: below so much free space nothing more is taken (0xA700).
        quiet_seconds: an open study closes so long after its last instance.
        own_device_uids: Device UIDs that the node writes as Contributing Equipment.
        scope, is_stat, open_study: rules of other stages, handed in by the composition.
    """

    store: InstanceStore
    register: StudyRegister
    clock: Clock
    watermark_bytes: int
    quiet_seconds: float
    scope: ScopeRule
    is_stat: StatRule
    open_study: OpenStudy
    own_device_uids: AbstractSet[str] = frozenset()

    def receive(
        self,
        encoded: Buffer,
        *,
        transfer_syntax_uid: str,
        source_ae_title: str,
        affected_sop_class_uid: str,
        affected_sop_instance_uid: str,
    ) -> Receipt:
        """Take an encoded data set; on a receipt with status 0x0000 it is durable and registered.

        Never raises for what a peer, a full disk or a database that does not answer can cause:

        - 0xA700 free space below the watermark or disk full, 0xA701 database: nothing registered;
        - 0xA900, 0xC000 to 0xC003: see `dicom.headers` and `dicom.status`;
        - 0xC004: other bytes are registered under the SOP Instance UID; these are in quarantine.
        """
        try:
            self._check_space(len(encoded))
            received = read_object(encoded, transfer_syntax_uid)
            check_command(received.header, affected_sop_class_uid, affected_sop_instance_uid)
            return self._keep(encoded, received, source_ae_title)
        except ObjectRefused as error:
            return Receipt(status=error.status, outcome=ReceiptOutcome.REFUSED, reason=str(error))
        except StorageFull as error:
            return Receipt(
                status=StoreStatus.OUT_OF_RESOURCES,
                outcome=ReceiptOutcome.NO_RESOURCES,
                reason=str(error),
            )
        except TransientError as error:
            return Receipt(
                status=StoreStatus.REGISTER_UNAVAILABLE,
                outcome=ReceiptOutcome.NO_RESOURCES,
                reason=str(error),
            )

    def _check_space(self, size_bytes: int) -> None:
        if self.store.free_bytes() - size_bytes < self.watermark_bytes:
            raise StorageFull("free space is below the watermark")

    def _keep(self, encoded: Buffer, received: ReceivedObject, source_ae_title: str) -> Receipt:
        header = received.header
        decision = self._decide(header)
        digest = object_digest(encoded, header.TransferSyntaxUID)
        if self.register.find_digest(header.SOPInstanceUID) == digest:
            return self._receipt(received, decision, RegistrationOutcome.DUPLICATE)
        head = file_head(
            SOPClassUID=header.SOPClassUID,
            SOPInstanceUID=header.SOPInstanceUID,
            TransferSyntaxUID=header.TransferSyntaxUID,
            source_ae_title=source_ae_title,
        )
        stored = self.store.put((head, encoded), digest)
        instance = Instance(
            header=header,
            stored=stored,
            state=decision.state,
            region=decision.region,
            reason=decision.reason,
            received_at=self.clock.now(),
            source_ae_title=source_ae_title,
        )
        outcome = self._register(instance, decision)
        if outcome is RegistrationOutcome.CONFLICT:
            self._set_aside(instance, stored)
        return self._receipt(received, decision, outcome)

    def _decide(self, header: InstanceHeader) -> ScopeDecision:
        own = not self.own_device_uids.isdisjoint(header.processing_device_uids)
        if own or self.register.is_own_result(header.SOPInstanceUID):
            return ScopeDecision(state=InstanceState.EXCLUDED, region=None, reason=MADE_HERE)
        return self.scope(header)

    def _register(self, instance: Instance, decision: ScopeDecision) -> RegistrationOutcome:
        stat = self.is_stat(instance.header)
        opening = self.open_study(instance.header, decision, stat, instance.received_at)
        return self.register.register(
            instance, opening, stat=stat, quiet_seconds=self.quiet_seconds
        )

    def _set_aside(self, instance: Instance, stored: StoredObject) -> None:
        quarantined = self.store.quarantine(stored)
        self.register.record_conflict(instance, quarantined, now=instance.received_at)

    def _receipt(
        self, received: ReceivedObject, decision: ScopeDecision, outcome: RegistrationOutcome
    ) -> Receipt:
        if outcome is RegistrationOutcome.CONFLICT:
            return Receipt(
                status=StoreStatus.CONFLICTING_INSTANCE,
                outcome=ReceiptOutcome.CONFLICT,
                reason="other bytes are registered under this SOP Instance UID",
                remarks=received.remarks,
                header=received.header,
            )
        new = outcome is RegistrationOutcome.NEW
        return Receipt(
            status=StoreStatus.SUCCESS,
            outcome=ReceiptOutcome.REGISTERED if new else ReceiptOutcome.DUPLICATE,
            reason=decision.reason,
            remarks=received.remarks,
            header=received.header,
            state=decision.state if new else None,
        )


def object_digest(encoded: Buffer, transfer_syntax_uid: str) -> str:
    """Return the SHA-256 (hex) over the transfer syntax UID and the data set as sent."""
    digest = hashlib.sha256(transfer_syntax_uid.encode("ascii"))
    digest.update(encoded)
    return digest.hexdigest()
