"""The fake keeps the same contract as the real adapter."""

import pytest

from tests.contracts.patient_studies import PatientPorts, PatientStudiesContract
from tests.fakes.patient_studies import FakePatientStudies
from tests.fakes.register_rows import RegisterRows
from tests.fakes.study_register import FakeStudyRegister


class TestFakePatientStudies(PatientStudiesContract):
    @pytest.fixture
    def ports(self) -> PatientPorts:
        rows = RegisterRows()
        return PatientPorts(FakeStudyRegister(rows), FakePatientStudies(rows))
