"""The fake keeps the contract that the SQL adapter keeps."""

import pytest

from tests.contracts.health_ports import HealthPorts
from tests.contracts.health_record import HealthRecordContract
from tests.contracts.register_ports import RegisterPorts
from tests.fakes.health_record import FakeHealthRecord
from tests.fakes.outbox import FakeOutbox
from tests.fakes.reading_desk import FakeReadingDesk
from tests.fakes.register_rows import RegisterRows
from tests.fakes.study_register import FakeStudyRegister
from tests.fakes.worklist import FakeWorklist


class TestFakeHealthRecord(HealthRecordContract):
    @pytest.fixture
    def ports(self) -> HealthPorts:
        rows = RegisterRows()

        def set_reading(*_: object) -> None:
            raise AssertionError("no reader here")

        register = RegisterPorts(
            register=FakeStudyRegister(rows),
            worklist=FakeWorklist(rows),
            outbox=FakeOutbox(rows),
            desk=FakeReadingDesk(rows),
            set_reading=set_reading,
        )
        return HealthPorts(health=FakeHealthRecord(rows), of_register=register)
