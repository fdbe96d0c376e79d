"""The other studies of a patient keep their contract on a real PostgreSQL server."""

from collections.abc import Iterator

import pytest

from tests.contracts.patient_studies import PatientPorts, PatientStudiesContract
from tests.peers.postgresql import postgresql_cluster
from triage_agent.adapters.sql.engine import Database
from triage_agent.adapters.sql.migrate import upgrade
from triage_agent.adapters.sql.patient_studies import SqlPatientStudies
from triage_agent.adapters.sql.study_register import SqlStudyRegister

pytestmark = pytest.mark.integration


class TestSqlPatientStudies(PatientStudiesContract):
    @pytest.fixture
    def ports(self) -> Iterator[PatientPorts]:
        with postgresql_cluster() as cluster:
            database = Database(cluster.url(cluster.create_database()))
            upgrade(database)
            yield PatientPorts(SqlStudyRegister(database), SqlPatientStudies(database))
            database.dispose()
