"""The other studies of a patient keep their contract on a real PostgreSQL server."""

import pytest

from tests.contracts.patient_studies import PatientPorts, PatientStudiesContract
from triage_agent.adapters.sql.engine import Database
from triage_agent.adapters.sql.patient_studies import SqlPatientStudies
from triage_agent.adapters.sql.study_register import SqlStudyRegister

pytestmark = pytest.mark.integration


class TestSqlPatientStudies(PatientStudiesContract):
    @pytest.fixture
    def ports(self, database: Database) -> PatientPorts:
        return PatientPorts(SqlStudyRegister(database), SqlPatientStudies(database))
