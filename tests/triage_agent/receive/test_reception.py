import pytest
from pydicom.uid import SecondaryCaptureImageStorage

from tests.encoded_objects import DX, EXPLICIT, encoded, make_dataset
from tests.fakes.instance_store import FakeIncomingObject, FakeInstanceStore
from tests.fakes.receiving_node import IN_SCOPE, Node
from tests.fakes.study_register import FakeStudyRegister
from triage_agent.dicom.status import StoreStatus
from triage_agent.errors import TransientError
from triage_agent.ports.storage import Digest
from triage_agent.receive.receipt import ReceiptOutcome
from triage_agent.receive.reception import Reception


def begin(node: Node, SOPClassUID: str = DX) -> Reception:
    return node.receiver().begin(
        transfer_syntax_uid=EXPLICIT,
        source_ae_title="MODALITY",
        affected_sop_class_uid=SOPClassUID,
        affected_sop_instance_uid="1.2.3",
    )


def test_a_disk_that_fills_up_on_the_way_is_answered_at_the_end() -> None:
    node = Node(store=FakeInstanceStore(capacity_bytes=1000), decision=IN_SCOPE)
    reception = begin(node)

    for _ in range(10):
        reception.write([bytes(200)])
    receipt = reception.finish()

    assert (receipt.status, receipt.outcome) == (0xA700, ReceiptOutcome.NO_RESOURCES)
    assert node.store.objects == {}
    assert node.store.arriving_bytes == 0


def test_the_watermark_holds_while_an_object_arrives() -> None:
    node = Node(store=FakeInstanceStore(capacity_bytes=10_000_000), watermark_bytes=8_900_000)
    reception = begin(node)

    reception.write([bytes(1_050_000)])
    arriving = node.store.arriving_bytes
    reception.write([bytes(1_050_000)])

    assert arriving == 1_050_000
    assert node.store.arriving_bytes == 0
    assert reception.finish().status == StoreStatus.OUT_OF_RESOURCES


def test_a_database_that_does_not_answer_at_the_beginning_is_answered_at_the_end() -> None:
    class Down(FakeStudyRegister):
        def is_own_result(self, SOPInstanceUID: str) -> bool:
            raise TransientError(f"no answer for {len(SOPInstanceUID)} characters")

    node = Node(register=Down())
    reception = begin(node, SecondaryCaptureImageStorage)
    reception.write([encoded(make_dataset())])

    receipt = reception.finish()

    assert receipt.status == StoreStatus.REGISTER_UNAVAILABLE
    assert node.store.arriving_bytes == 0


def test_a_fault_at_the_beginning_leaves_no_file_open() -> None:
    class Faulty(FakeStudyRegister):
        def is_own_result(self, SOPInstanceUID: str) -> bool:
            raise RuntimeError(f"a fault over {len(SOPInstanceUID)} characters")

    class Watched(FakeInstanceStore):
        def begin(self, head: bytes, digest: Digest) -> FakeIncomingObject:
            self.begun = super().begin(head, digest)
            return self.begun

    store = Watched()
    node = Node(register=Faulty(), store=store)

    with pytest.raises(RuntimeError, match="a fault"):
        begin(node, SecondaryCaptureImageStorage)

    assert store.begun.is_over


@pytest.mark.parametrize("parts", [0, 1])
def test_what_is_abandoned_leaves_nothing_and_is_never_a_success(parts: int) -> None:
    node = Node()
    reception = begin(node)
    for _ in range(parts):
        reception.write([b"part"])

    reception.abandon()
    reception.abandon()

    assert reception.finish().status == StoreStatus.REGISTER_UNAVAILABLE
    assert node.store.arriving_bytes == 0
    assert node.store.objects == {}
