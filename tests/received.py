"""Real objects in a register and a store, as if they had been received."""

from datetime import datetime

from pydicom import Dataset

from dicom_fixtures import encoded
from tests.factories import make_instance, make_opening
from triage_agent.dicom.headers import parse_header
from triage_agent.dicom.part10 import file_head
from triage_agent.domain.instance import Instance
from triage_agent.domain.region import Region
from triage_agent.ports.register import StudyRegister
from triage_agent.ports.storage import InstanceStore
from triage_agent.receive.receipt import object_digest


def receive_hand(
    dataset: Dataset, register: StudyRegister, store: InstanceStore, at: datetime
) -> Instance:
    """Take in a view of a hand, whose study closes a second after its last one."""
    syntax = str(dataset.file_meta.TransferSyntaxUID)
    data = encoded(dataset)
    header = parse_header(data, syntax)
    head = file_head(
        SOPClassUID=header.SOPClassUID,
        SOPInstanceUID=header.SOPInstanceUID,
        TransferSyntaxUID=syntax,
        source_ae_title="TEST",
    )
    instance = make_instance(
        header,
        region=Region.HAND,
        stored=store.put([head, data], object_digest(data, syntax)),
        received_at=at,
    )
    register.register(instance, make_opening(), stat=False, quiet_seconds=1)
    return instance
