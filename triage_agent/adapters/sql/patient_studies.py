"""The PatientStudies port in SQL."""

import sqlalchemy as sa

from triage_agent.adapters.sql.engine import Database
from triage_agent.adapters.sql.schema import instance, study
from triage_agent.domain.patient import PatientIdentity
from triage_agent.errors import StudyUnknown

# Of one PatientID: beyond it are the studies of an ID that everybody gets.
_CANDIDATES = 200

# The study's row does not say who issued the ID; the headers do, where they say it.
_ISSUER = (
    sa.select(sa.func.max(instance.c.header["IssuerOfPatientID"].as_string()))
    .where(instance.c.StudyInstanceUID == study.c.StudyInstanceUID)
    .correlate(study)
    .scalar_subquery()
    .label("issuer")
)
_IDENTITIES = sa.select(
    study.c.StudyInstanceUID, study.c.PatientID, study.c.PatientBirthDate, _ISSUER
)


def with_patient_id(PatientID: str) -> sa.Select[*tuple[object, ...]]:
    """Return the query for the latest studies under an ID, whoever issued it."""
    return (
        _IDENTITIES.where(study.c.PatientID == PatientID)
        .order_by(study.c.arrived_at.desc(), study.c.StudyInstanceUID)
        .limit(_CANDIDATES)
    )


class SqlPatientStudies:
    """Keeps what `triage_agent.ports.PatientStudies` promises. May raise DatabaseUnavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def others(self, StudyInstanceUID: str, *, limit: int) -> tuple[str, ...]:
        """Return the UIDs of the other studies of a study's patient, the latest arrival first."""
        this = _IDENTITIES.where(study.c.StudyInstanceUID == StudyInstanceUID)
        with self._database.read() as connection:
            row = connection.execute(this).mappings().first()
            if row is None:
                raise StudyUnknown(f"no study {StudyInstanceUID} in the register")
            patient = _identity(row)
            if not patient.PatientID:
                return ()
            candidates = connection.execute(with_patient_id(patient.PatientID)).mappings().all()
        same = [
            each["StudyInstanceUID"]
            for each in candidates
            if each["StudyInstanceUID"] != StudyInstanceUID and patient.is_same_as(_identity(each))
        ]
        return tuple(same[:limit])


def _identity(row: sa.RowMapping) -> PatientIdentity:
    return PatientIdentity(
        PatientID=row["PatientID"],
        IssuerOfPatientID=row["issuer"] or "",
        PatientBirthDate=row["PatientBirthDate"],
    )
