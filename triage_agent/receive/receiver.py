"""What becomes of one C-STORE: nothing is acknowledged before its bytes and its row are durable."""

from collections.abc import Callable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime

from triage_agent.dicom.elements import Buffer
from triage_agent.dicom.headers import ReceivedObject, check_command, read_object
from triage_agent.dicom.part10 import file_head
from triage_agent.dicom.sop_classes import CANDIDATES
from triage_agent.dicom.status import StoreStatus
from triage_agent.domain.instance import Instance, InstanceHeader, InstanceState, StoredObject
from triage_agent.domain.scope import ScopeDecision
from triage_agent.errors import ObjectRefused, StorageFull, TransientError
from triage_agent.ports.register import RegistrationOutcome, StudyOpening, StudyRegister
from triage_agent.ports.storage import IncomingObject, InstanceStore
from triage_agent.ports.surroundings import Clock
from triage_agent.receive.receipt import Receipt, ReceiptOutcome, object_digest, refusal
from triage_agent.receive.reception import Reception

MADE_HERE = "made by this node"

ScopeRule = Callable[[InstanceHeader], ScopeDecision]
StatRule = Callable[[InstanceHeader], bool]
OpenStudy = Callable[[InstanceHeader, ScopeDecision, bool, datetime], StudyOpening]


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiver:
    """The receive step.

    Attributes:
        watermark_bytes: below so much free space nothing more is taken (0xA700).
        quiet_seconds: an open study closes so long after its last instance.
        own_device_uids: gives the Device UIDs that the node ever wrote as Contributing Equipment.
        scope, is_stat, open_study: rules of other stages, handed in by the composition.
        arrived: is told of each new instance once it is registered; must be quick, not raise.
    """

    store: InstanceStore
    register: StudyRegister
    clock: Clock
    watermark_bytes: int
    quiet_seconds: float
    scope: ScopeRule
    is_stat: StatRule
    open_study: OpenStudy
    own_device_uids: Callable[[], AbstractSet[str]] = frozenset
    arrived: Callable[[Instance], None] = lambda _: None

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
            self.check_space(len(encoded))
            received = read_object(encoded, transfer_syntax_uid)
            check_command(received.header, affected_sop_class_uid, affected_sop_instance_uid)
            return self._keep(encoded, received, source_ae_title)
        except (ObjectRefused, TransientError) as error:
            return refusal(error)

    def begin(
        self,
        *,
        transfer_syntax_uid: str,
        source_ae_title: str,
        affected_sop_class_uid: str,
        affected_sop_instance_uid: str,
    ) -> Reception:
        """Take an object while it arrives, with the same rules and answers; see `Reception`."""
        return Reception(
            self,
            transfer_syntax_uid=transfer_syntax_uid,
            source_ae_title=source_ae_title,
            affected_sop_class_uid=affected_sop_class_uid,
            affected_sop_instance_uid=affected_sop_instance_uid,
        )

    def check_space(self, size_bytes: int = 0) -> None:
        """Raise StorageFull if so much more would leave less than the watermark."""
        if self.store.free_bytes() - size_bytes < self.watermark_bytes:
            raise StorageFull("free space is below the watermark")

    def is_own(self, SOPClassUID: str, SOPInstanceUID: str) -> bool:
        """Say whether the node made an object; nothing it makes is of a class that is triaged."""
        return SOPClassUID not in CANDIDATES and self.register.is_own_result(SOPInstanceUID)

    def keep_arrived(
        self,
        received: ReceivedObject,
        arrived: IncomingObject,
        source_ae_title: str,
        *,
        is_own: bool,
    ) -> Receipt:
        """Keep and register an object that has arrived whole; raises what the ports do.

        Not asked for its digest first, as it is written already: the register tells a duplicate.
        """
        decision = self._decide(received.header, is_own=is_own)
        return self._register_stored(received, decision, arrived.keep(), source_ae_title)

    def _keep(self, encoded: Buffer, received: ReceivedObject, source_ae_title: str) -> Receipt:
        header = received.header
        is_own = self.is_own(header.SOPClassUID, header.SOPInstanceUID)
        decision = self._decide(header, is_own=is_own)
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
        return self._register_stored(received, decision, stored, source_ae_title)

    def _register_stored(
        self,
        received: ReceivedObject,
        decision: ScopeDecision,
        stored: StoredObject,
        source_ae_title: str,
    ) -> Receipt:
        instance = Instance(
            header=received.header,
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

    def _decide(self, header: InstanceHeader, *, is_own: bool) -> ScopeDecision:
        if is_own or not self.own_device_uids().isdisjoint(header.processing_device_uids):
            return ScopeDecision(state=InstanceState.EXCLUDED, region=None, reason=MADE_HERE)
        return self.scope(header)

    def _register(self, instance: Instance, decision: ScopeDecision) -> RegistrationOutcome:
        stat = self.is_stat(instance.header)
        opening = self.open_study(instance.header, decision, stat, instance.received_at)
        outcome = self.register.register(
            instance, opening, stat=stat, quiet_seconds=self.quiet_seconds
        )
        if outcome is RegistrationOutcome.NEW:
            self.arrived(instance)
        return outcome

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
