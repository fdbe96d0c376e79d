"""What makes a study abnormal, and how it is drawn."""

from dicom_fixtures.pathology.choice import choose, only_view
from dicom_fixtures.pathology.disorder import Disorder, Joint
from dicom_fixtures.pathology.findings import Finding, Group, Kind
from dicom_fixtures.pathology.joints import joints_of

__all__ = [
    "Disorder",
    "Finding",
    "Group",
    "Joint",
    "Kind",
    "choose",
    "joints_of",
    "only_view",
]
