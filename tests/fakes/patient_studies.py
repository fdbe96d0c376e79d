"""A PatientStudies over the rows in memory."""

from tests.fakes.register_rows import RegisterRows
from triage_agent.domain.patient import PatientIdentity
from triage_agent.domain.study import Study
from triage_agent.errors import StudyUnknown


class FakePatientStudies:
    """Keeps `triage_agent.ports.PatientStudies`."""

    def __init__(self, rows: RegisterRows) -> None:
        self.rows = rows

    def others(self, StudyInstanceUID: str, *, limit: int) -> tuple[str, ...]:
        if StudyInstanceUID not in self.rows.studies:
            raise StudyUnknown(StudyInstanceUID)
        patient = self._identity(self.rows.studies[StudyInstanceUID])
        others = [
            each
            for each in self.rows.studies.values()
            if each.StudyInstanceUID != StudyInstanceUID
            and patient.is_same_as(self._identity(each))
        ]
        others.sort(key=lambda each: each.StudyInstanceUID)
        others.sort(key=lambda each: each.arrived_at, reverse=True)
        return tuple(each.StudyInstanceUID for each in others[:limit])

    def _identity(self, study: Study) -> PatientIdentity:
        issuers = [
            each.header.IssuerOfPatientID
            for each in self.rows.instances.values()
            if each.header.StudyInstanceUID == study.StudyInstanceUID
        ]
        return PatientIdentity(
            PatientID=study.PatientID,
            IssuerOfPatientID=max(issuers, default=""),
            PatientBirthDate=study.PatientBirthDate,
        )
