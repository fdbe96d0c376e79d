"""A receive step that keeps what it is given and answers as a test scripts it."""

import threading
from dataclasses import dataclass

from triage_agent.receive.receipt import Receipt, ReceiptOutcome


@dataclass(frozen=True)
class Taken:
    """One object as the SCP handed it over."""

    encoded: bytes
    transfer_syntax_uid: str
    source_ae_title: str
    affected_sop_class_uid: str
    affected_sop_instance_uid: str


class FakeReceiveStep:
    """Answers `statuses` one after the other, then success; waits while `gate` is closed."""

    def __init__(self, *statuses: int | Exception) -> None:
        self.taken: list[Taken] = []
        self.entered = threading.Event()
        self.gate = threading.Event()
        self.gate.set()
        self._statuses = list(statuses)

    def __call__(
        self,
        encoded: bytes | memoryview,
        *,
        transfer_syntax_uid: str,
        source_ae_title: str,
        affected_sop_class_uid: str,
        affected_sop_instance_uid: str,
    ) -> Receipt:
        self.entered.set()
        self.gate.wait(60)
        self.taken.append(
            Taken(
                bytes(encoded),
                transfer_syntax_uid,
                source_ae_title,
                affected_sop_class_uid,
                affected_sop_instance_uid,
            )
        )
        status = self._statuses.pop(0) if self._statuses else 0
        if isinstance(status, Exception):
            raise status
        outcome = ReceiptOutcome.REFUSED if status else ReceiptOutcome.REGISTERED
        return Receipt(status=status, outcome=outcome, reason="scripted" if status else "")
