"""The fakes keep the same contracts as the real adapters."""

import pytest

from tests.contracts.outbox import OutboxContract
from tests.contracts.register_ports import RegisterPorts
from tests.contracts.study_register import StudyRegisterContract
from tests.contracts.worklist import WorklistContract
from tests.fakes.outbox import FakeOutbox
from tests.fakes.register_rows import RegisterRows
from tests.fakes.study_register import FakeStudyRegister
from tests.fakes.worklist import FakeWorklist
from triage_agent.domain.worklist import ReadingState


class _OnFakes:
    @pytest.fixture
    def ports(self) -> RegisterPorts:
        rows = RegisterRows()

        def set_reading(StudyInstanceUID: str, state: ReadingState, claimed_by: str) -> None:
            rows.reading[StudyInstanceUID] = (state, claimed_by)

        return RegisterPorts(
            register=FakeStudyRegister(rows),
            worklist=FakeWorklist(rows),
            outbox=FakeOutbox(rows),
            set_reading=set_reading,
        )


class TestFakeStudyRegister(_OnFakes, StudyRegisterContract):
    pass


class TestFakeWorklist(_OnFakes, WorklistContract):
    pass


class TestFakeOutbox(_OnFakes, OutboxContract):
    pass
