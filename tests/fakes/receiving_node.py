"""A receiver over fakes, and what a test asks of it."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pydicom.dataset import Dataset

from tests.encoded_objects import EXPLICIT, encoded, make_dataset
from tests.factories import make_opening
from tests.fakes.clock import FakeClock
from tests.fakes.instance_store import FakeInstanceStore
from tests.fakes.study_register import FakeStudyRegister
from triage_agent.domain.instance import Instance, InstanceHeader, InstanceState
from triage_agent.domain.region import Region
from triage_agent.domain.scope import ScopeDecision
from triage_agent.ports.register import StudyOpening
from triage_agent.receive.receipt import Receipt
from triage_agent.receive.receiver import Receiver

IN_SCOPE = ScopeDecision(state=InstanceState.RECEIVED, region=Region.HAND, reason="")
EXCLUDED = ScopeDecision(state=InstanceState.EXCLUDED, region=None, reason="a report")


@dataclass
class Node:
    """A receiver over fakes, and what its rules were asked."""

    store: FakeInstanceStore = field(default_factory=FakeInstanceStore)
    register: Any = field(default_factory=FakeStudyRegister)
    clock: FakeClock = field(default_factory=FakeClock)
    decision: ScopeDecision = IN_SCOPE
    stat: bool = False
    watermark_bytes: int = 0
    streamed: bool = False  # the object is received while it arrives
    opened: list[tuple[ScopeDecision, bool, datetime]] = field(default_factory=list)

    def receive(self, dataset: Dataset | None = None, **overrides: Any) -> Receipt:
        dataset = dataset if dataset is not None else make_dataset()
        receiver = self.receiver()
        values = {
            "transfer_syntax_uid": EXPLICIT,
            "source_ae_title": "MODALITY",
            "affected_sop_class_uid": str(dataset.SOPClassUID),
            "affected_sop_instance_uid": str(dataset.SOPInstanceUID),
        }
        data = overrides.pop("encoded", None)
        data = encoded(dataset) if data is None else data
        values |= overrides
        if self.streamed:
            return _stream(receiver, data, values)
        return receiver.receive(data, **values)

    def receiver(self) -> Receiver:
        """Return the receive step over the fakes."""
        return Receiver(
            store=self.store,
            register=self.register,
            clock=self.clock,
            watermark_bytes=self.watermark_bytes,
            quiet_seconds=10.0,
            scope=lambda _: self.decision,
            is_stat=lambda _: self.stat,
            open_study=self._open,
            own_device_uids=lambda: frozenset({"2.25.77"}),
        )

    def instance(self, receipt: Receipt) -> Instance:
        assert receipt.header is not None
        rows = self.register.study_images(receipt.header.StudyInstanceUID).instances
        (found,) = (
            each for each in rows if each.header.SOPInstanceUID == receipt.header.SOPInstanceUID
        )
        return found

    def _open(
        self,
        header: InstanceHeader,
        decision: ScopeDecision,
        stat: bool,  # noqa: FBT001 - the signature of the rule
        now: datetime,
    ) -> StudyOpening:
        del header
        self.opened.append((decision, stat, now))
        return make_opening()


def _stream(receiver: Receiver, data: bytes | memoryview, values: dict[str, Any]) -> Receipt:
    reception = receiver.begin(**values)
    whole = memoryview(data)
    for start in range(0, len(whole), 100):
        reception.write([whole[start : start + 50], whole[start + 50 : start + 100]])
    return reception.finish()
