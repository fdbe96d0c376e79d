"""When two studies are of one patient, as far as their headers can tell."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientIdentity:
    """What a study says of whom it shows; absent or unknown is ""."""

    PatientID: str
    IssuerOfPatientID: str = ""
    PatientBirthDate: str = ""

    def is_same_as(self, other: "PatientIdentity") -> bool:
        """Say whether both mean one patient.

        The ID must be there and the same. Issuer and birth date must not contradict each other:
        short IDs from elsewhere mean somebody else, and to show another patient's study is worse
        than to miss one.
        """
        return (
            self.PatientID != ""
            and self.PatientID == other.PatientID
            and _agree(self.IssuerOfPatientID, other.IssuerOfPatientID)
            and _agree(self.PatientBirthDate, other.PatientBirthDate)
        )


def _agree(one: str, other: str) -> bool:
    return not one or not other or one == other
