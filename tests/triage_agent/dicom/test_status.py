import pytest
from pynetdicom.status import STORAGE_SERVICE_CLASS_STATUS, code_to_category

from triage_agent.dicom.status import Outcome, StoreStatus, outcome


@pytest.mark.parametrize("status", StoreStatus)
def test_every_status_we_answer_is_one_of_the_storage_service(status: StoreStatus) -> None:
    assert status in STORAGE_SERVICE_CLASS_STATUS
    assert code_to_category(status) == ("Success" if status == 0 else "Failure")


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (0x0000, Outcome.SENT),
        (0xB000, Outcome.SENT),
        (0xB007, Outcome.SENT),
        (0x0107, Outcome.SENT),
        (0xA700, Outcome.BUSY),
        (0xA7FF, Outcome.BUSY),
        (0xA800, Outcome.REFUSED),
        (0xA900, Outcome.REFUSED),
        (0xC000, Outcome.REFUSED),
        (0x0122, Outcome.REFUSED),
    ],
)
def test_what_a_status_means_to_a_sender(status: int, expected: Outcome) -> None:
    assert outcome(status) is expected
