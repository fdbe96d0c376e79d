from io import BytesIO
from typing import Any

import pydicom
import pytest

from tests.encoded_objects import EXPLICIT, encoded, make_dataset
from tests.factories import make_opening
from tests.fakes.instance_store import FakeInstanceStore
from tests.fakes.receiving_node import IN_SCOPE, Node
from tests.fakes.study_register import FakeStudyRegister
from triage_agent.dicom.status import StoreStatus
from triage_agent.domain.instance import InstanceHeader, InstanceState
from triage_agent.domain.region import Region
from triage_agent.domain.scope import ScopeDecision
from triage_agent.errors import TransientError
from triage_agent.ports.register import RegistrationOutcome
from triage_agent.receive.receipt import ReceiptOutcome, object_digest
from triage_agent.receive.receiver import Receiver


def test_an_object_is_stored_registered_and_then_acknowledged() -> None:
    node = Node(stat=True)
    dataset = make_dataset(PatientName="Test^Patient")

    receipt = node.receive(dataset)

    assert (receipt.status, receipt.outcome) == (0, ReceiptOutcome.REGISTERED)
    assert receipt.state is InstanceState.RECEIVED
    instance = node.instance(receipt)
    assert instance.state is InstanceState.RECEIVED
    assert instance.region is Region.HAND
    assert instance.source_ae_title == "MODALITY"
    assert instance.received_at == node.clock.now()
    assert node.opened == [(IN_SCOPE, True, node.clock.now())]
    assert node.register.study_images(dataset.StudyInstanceUID).study.stat


def test_the_stored_file_is_a_head_and_what_was_sent() -> None:
    node = Node()
    dataset = make_dataset()
    data = encoded(dataset)

    receipt = node.receive(dataset, encoded=memoryview(data))

    content = node.store.read(node.instance(receipt).stored.location)
    assert content.endswith(data)
    meta = pydicom.dcmread(BytesIO(content)).file_meta
    assert meta.MediaStorageSOPInstanceUID == dataset.SOPInstanceUID
    assert meta.SourceApplicationEntityTitle == "MODALITY"


def test_the_digest_depends_on_bytes_and_transfer_syntax() -> None:
    assert object_digest(b"data", "1.2") == object_digest(memoryview(b"data"), "1.2")
    assert object_digest(b"data", "1.2") != object_digest(b"data", "1.3")
    assert object_digest(b"data", "1.2") != object_digest(b"datb", "1.2")


def test_the_same_bytes_again_are_a_success_and_kept_once(streamed: bool) -> None:  # noqa: FBT001
    node = Node()
    dataset = make_dataset()
    node.receive(dataset)

    receipt = node.receive(dataset)

    assert (receipt.status, receipt.outcome) == (0, ReceiptOutcome.DUPLICATE)
    assert receipt.state is None
    assert len(node.store.objects) == 1
    assert node.store.puts == (2 if streamed else 1)  # streamed, they were written already
    assert len(node.register.study_images(dataset.StudyInstanceUID).instances) == 1


def test_other_bytes_under_a_known_uid_are_quarantined_and_reported() -> None:
    node = Node()
    first = make_dataset()
    other = make_dataset(SOPInstanceUID=first.SOPInstanceUID, PatientID="other")
    kept = node.instance(node.receive(first))

    receipt = node.receive(other)

    assert receipt.status == StoreStatus.CONFLICTING_INSTANCE
    assert receipt.outcome is ReceiptOutcome.CONFLICT
    assert node.store.read(kept.stored.location).endswith(encoded(first))
    quarantined = f"quarantine/{object_digest(encoded(other), EXPLICIT)}"
    assert node.store.read(quarantined).endswith(encoded(other))
    assert node.instance(receipt).stored == kept.stored
    assert any("conflict" in each.what for each in node.register.events(first.StudyInstanceUID))


@pytest.mark.parametrize(
    ("outcome", "status"),
    [
        (RegistrationOutcome.DUPLICATE, StoreStatus.SUCCESS),
        (RegistrationOutcome.CONFLICT, StoreStatus.CONFLICTING_INSTANCE),
    ],
)
def test_the_register_has_the_last_word_in_a_race(
    outcome: RegistrationOutcome, status: StoreStatus
) -> None:
    class Racing(FakeStudyRegister):
        def register(self, *_: object, **__: object) -> RegistrationOutcome:
            return outcome

        def record_conflict(self, *_: object, **__: object) -> None:
            self.conflicts = 1

    node = Node(register=Racing())

    assert node.receive().status == status


def test_below_the_watermark_nothing_is_taken_until_there_is_room_again() -> None:
    dataset = make_dataset()
    size = len(encoded(dataset))
    node = Node(store=FakeInstanceStore(capacity_bytes=10_000), watermark_bytes=10_001 - size)

    refused = node.receive(dataset)
    node.store.capacity_bytes = 10_001

    assert (refused.status, refused.outcome) == (0xA700, ReceiptOutcome.NO_RESOURCES)
    assert node.receive(dataset).status == 0


def test_a_full_disk_registers_nothing() -> None:
    dataset = make_dataset()
    node = Node(store=FakeInstanceStore(capacity_bytes=len(encoded(dataset))))

    receipt = node.receive(dataset)

    assert receipt.status == StoreStatus.OUT_OF_RESOURCES
    assert node.register.find_digest(dataset.SOPInstanceUID) is None
    assert node.store.objects == {}


def test_a_database_that_does_not_answer_is_no_acknowledgement() -> None:
    class Down(FakeStudyRegister):
        def register(self, *_: object, **__: object) -> RegistrationOutcome:
            raise TransientError("the database does not answer")

    receipt = Node(register=Down()).receive()

    assert (receipt.status, receipt.outcome) == (0xA701, ReceiptOutcome.NO_RESOURCES)
    assert receipt.reason == "the database does not answer"


@pytest.mark.parametrize(
    ("overrides", "status"),
    [
        ({"encoded": encoded(make_dataset())[:-1]}, StoreStatus.CANNOT_UNDERSTAND),
        ({"encoded": b""}, StoreStatus.INVALID_UID),
        ({"transfer_syntax_uid": "1.2.3"}, StoreStatus.CANNOT_UNDERSTAND),
        ({"affected_sop_class_uid": "1.2.3"}, StoreStatus.DATA_SET_DOES_NOT_MATCH_SOP_CLASS),
        ({"affected_sop_instance_uid": "1.2.3"}, StoreStatus.SOP_INSTANCE_MISMATCH),
    ],
)
def test_what_cannot_be_kept_is_refused_and_leaves_nothing(
    overrides: dict[str, Any], status: StoreStatus
) -> None:
    node = Node()

    receipt = node.receive(**overrides)

    assert (receipt.status, receipt.outcome) == (status, ReceiptOutcome.REFUSED)
    assert receipt.reason
    assert node.store.objects == {}


def test_an_unexpected_fault_is_not_turned_into_an_answer() -> None:
    node = Node()

    def broken(_: InstanceHeader) -> ScopeDecision:
        raise RuntimeError("a fault of the node")

    receiver = Receiver(
        store=node.store,
        register=node.register,
        clock=node.clock,
        watermark_bytes=0,
        quiet_seconds=1,
        scope=broken,
        is_stat=lambda _: False,
        open_study=lambda *_: make_opening(),
    )

    dataset = make_dataset()
    with pytest.raises(RuntimeError):
        receiver.receive(
            encoded(dataset),
            transfer_syntax_uid=EXPLICIT,
            source_ae_title="X",
            affected_sop_class_uid=str(dataset.SOPClassUID),
            affected_sop_instance_uid=str(dataset.SOPInstanceUID),
        )


def test_remarks_are_passed_on() -> None:
    receipt = Node().receive(make_dataset(PixelData=bytes(60)))

    assert receipt.remarks == ("Pixel Data has 12 bytes more than declared",)
