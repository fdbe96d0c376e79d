"""The fakes keep the same contracts as the real adapters."""

import pytest

from tests.contracts.list_queries import ListQueriesContract
from tests.contracts.outbox import OutboxContract
from tests.contracts.reading_desk import ReadingDeskContract
from tests.contracts.register_ports import RegisterPorts
from tests.contracts.study_register import StudyRegisterContract
from tests.contracts.worklist import WorklistContract
from tests.fakes.outbox import FakeOutbox
from tests.fakes.reading_desk import FakeReadingDesk
from tests.fakes.register_rows import RegisterRows
from tests.fakes.study_register import FakeStudyRegister
from tests.fakes.worklist import FakeWorklist
from triage_agent.domain.reading import Reading
from triage_agent.domain.worklist import ReadingState


class _OnFakes:
    @pytest.fixture
    def ports(self) -> RegisterPorts:
        rows = RegisterRows()

        def set_reading(StudyInstanceUID: str, state: ReadingState, claimed_by: str) -> None:
            rows.reading[StudyInstanceUID] = Reading(state=state, claimed_by=claimed_by)

        return RegisterPorts(
            register=FakeStudyRegister(rows),
            worklist=FakeWorklist(rows),
            outbox=FakeOutbox(rows),
            desk=FakeReadingDesk(rows),
            set_reading=set_reading,
        )


class TestFakeStudyRegister(_OnFakes, StudyRegisterContract):
    pass


class TestFakeWorklist(_OnFakes, WorklistContract):
    pass


class TestFakeListQueries(_OnFakes, ListQueriesContract):
    pass


class TestFakeReadingDesk(_OnFakes, ReadingDeskContract):
    pass


class TestFakeOutbox(_OnFakes, OutboxContract):
    pass
