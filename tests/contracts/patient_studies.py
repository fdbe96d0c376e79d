"""What every PatientStudies keeps."""

from dataclasses import dataclass

import pytest

from tests.factories import Value, after, make_instance, make_opening, uid
from triage_agent.errors import StudyUnknown
from triage_agent.ports.patients import PatientStudies
from triage_agent.ports.register import StudyRegister

PATIENT = {"PatientID": "P7", "PatientBirthDate": "19700101"}


@dataclass(frozen=True)
class PatientPorts:
    """The port, and the register in which the studies are."""

    register: StudyRegister
    patients: PatientStudies

    def receive(self, number: int, at: float = 0, **overrides: Value) -> None:
        """Register an image of a study."""
        header = {
            **PATIENT,
            "StudyInstanceUID": uid("study", number),
            "SeriesInstanceUID": uid("series", number),
            "received_at": after(at),
        }
        instance = make_instance(**(header | overrides))
        self.register.register(instance, make_opening(), stat=False, quiet_seconds=10)

    def others(self, number: int, limit: int = 10) -> list[int]:
        """Return the numbers of the other studies."""
        found = self.patients.others(uid("study", number), limit=limit)
        return [int(each.rpartition(".")[2]) for each in found]


class PatientStudiesContract:
    """To be inherited with a fixture `ports`."""

    def test_a_patient_with_one_study_has_no_others(self, ports: PatientPorts) -> None:
        ports.receive(1)
        assert ports.others(1) == []

    def test_the_latest_arrival_comes_first(self, ports: PatientPorts) -> None:
        for number, at in ((1, 0), (2, 200), (3, 100), (4, 300)):
            ports.receive(number, at)
        assert ports.others(4) == [2, 3, 1]
        assert ports.others(1) == [4, 2, 3]
        assert ports.others(4, limit=2) == [2, 3]

    def test_another_patient_is_another_patient(self, ports: PatientPorts) -> None:
        ports.receive(1)
        ports.receive(2, PatientID="P70")
        ports.receive(3, PatientID="p7")
        assert ports.others(1) == []

    def test_studies_without_an_id_have_nothing_in_common(self, ports: PatientPorts) -> None:
        ports.receive(1, PatientID="")
        ports.receive(2, PatientID="")
        assert ports.others(1) == []

    def test_the_same_id_of_another_issuer_is_another_patient(self, ports: PatientPorts) -> None:
        ports.receive(1, IssuerOfPatientID="HERE")
        ports.receive(2, IssuerOfPatientID="THERE")
        ports.receive(3, IssuerOfPatientID="HERE")
        ports.receive(4)
        assert ports.others(1) == [3, 4]

    def test_an_issuer_that_only_one_image_names_is_known(self, ports: PatientPorts) -> None:
        ports.receive(1, IssuerOfPatientID="HERE")
        ports.receive(2)
        ports.receive(2, IssuerOfPatientID="THERE")
        assert ports.others(1) == []

    def test_the_same_id_with_another_birth_date_is_another_patient(
        self, ports: PatientPorts
    ) -> None:
        ports.receive(1)
        ports.receive(2, PatientBirthDate="19990101")
        ports.receive(3, PatientBirthDate="")
        assert ports.others(1) == [3]

    def test_a_study_that_is_not_known(self, ports: PatientPorts) -> None:
        with pytest.raises(StudyUnknown):
            ports.others(1)
