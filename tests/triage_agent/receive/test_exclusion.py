from pydicom.dataset import Dataset
from pydicom.uid import SecondaryCaptureImageStorage

from tests.encoded_objects import make_dataset
from tests.fakes.receiving_node import EXCLUDED, Node
from tests.fakes.study_register import FakeStudyRegister
from triage_agent.domain.instance import InstanceState
from triage_agent.receive.receiver import (
    MADE_HERE,
)


def test_what_is_out_of_scope_is_kept_and_excluded_with_the_reason() -> None:
    node = Node(decision=EXCLUDED)

    receipt = node.receive()

    assert (receipt.status, receipt.state) == (0, InstanceState.EXCLUDED)
    assert receipt.reason == "a report"
    assert node.instance(receipt).reason == "a report"


def test_what_a_device_of_ours_made_is_excluded() -> None:
    algorithm = Dataset()
    algorithm.DeviceUID = "2.25.77"
    node = Node()

    receipt = node.receive(make_dataset(ContributingEquipmentSequence=[algorithm]))

    assert node.instance(receipt).reason == MADE_HERE


def test_what_another_device_made_is_triaged() -> None:
    algorithm = Dataset()
    algorithm.DeviceUID = "2.25.78"
    node = Node()

    receipt = node.receive(make_dataset(ContributingEquipmentSequence=[algorithm]))

    assert receipt.state is InstanceState.RECEIVED


def test_our_own_result_is_excluded_when_it_comes_back() -> None:
    node = Node()
    dataset = make_dataset(SOPClassUID=SecondaryCaptureImageStorage)

    class Knowing(FakeStudyRegister):
        def is_own_result(self, SOPInstanceUID: str) -> bool:
            return SOPInstanceUID == dataset.SOPInstanceUID

    node.register = Knowing()

    receipt = node.receive(dataset)

    assert (receipt.status, receipt.state) == (0, InstanceState.EXCLUDED)
    assert receipt.reason == MADE_HERE
