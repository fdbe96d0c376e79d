import pytest
import sqlalchemy as sa

from tests.contracts.patient_studies import PatientPorts, PatientStudiesContract
from triage_agent.adapters.sql.engine import Database
from triage_agent.adapters.sql.patient_studies import SqlPatientStudies, with_patient_id
from triage_agent.adapters.sql.study_register import SqlStudyRegister


class TestSqlPatientStudies(PatientStudiesContract):
    @pytest.fixture
    def ports(self, database: Database) -> PatientPorts:
        return PatientPorts(SqlStudyRegister(database), SqlPatientStudies(database))


def test_no_study_of_another_patient_is_looked_at(database: Database) -> None:
    statement = with_patient_id("P7").compile(
        database.engine, compile_kwargs={"literal_binds": True}
    )
    with database.read() as connection:
        plan = connection.execute(sa.text(f"EXPLAIN QUERY PLAN {statement}")).all()
    steps = [step.detail for step in plan]
    assert any("ix_study_patient (PatientID=?)" in step for step in steps), steps
    assert not any(step.startswith("SCAN") for step in steps), steps
