"""The studies of one patient."""

from typing import Protocol


class PatientStudies(Protocol):
    """What else the node has of a patient."""

    def others(self, StudyInstanceUID: str, *, limit: int) -> tuple[str, ...]:
        """Return the UIDs of the other studies of a study's patient, the latest arrival first.

        One patient is what `domain.patient.PatientIdentity.is_same_as` calls one; the issuer is
        the greatest, as text, that any of a study's instances names. None if the study has no
        Patient ID. Raises StudyUnknown.
        """
        ...
