"""Synthetic radiographs and DICOM studies with a known truth, valid and malformed, from a seed.

Nothing here shows a real person. The images teach a test, or a first model, what abnormal means in
this project; they are no substitute for real radiographs.
"""

from dicom_fixtures.encode import encoded, transcoded
from dicom_fixtures.habits import Habit
from dicom_fixtures.malformed import Malformed, catalogue
from dicom_fixtures.mixture import mixed_plans
from dicom_fixtures.plan import FROM_REGION, StudyPlan
from dicom_fixtures.radiograph import Radiograph, render
from dicom_fixtures.stored import Voi
from dicom_fixtures.studies import (
    ImageTruth,
    StudyTruth,
    SyntheticStudy,
    build_study,
    mixed_studies,
    synthetic_study,
)
from dicom_fixtures.wrap import wrap_radiograph

__all__ = [
    "FROM_REGION",
    "Habit",
    "ImageTruth",
    "Malformed",
    "Radiograph",
    "StudyPlan",
    "StudyTruth",
    "SyntheticStudy",
    "Voi",
    "build_study",
    "catalogue",
    "encoded",
    "mixed_plans",
    "mixed_studies",
    "render",
    "synthetic_study",
    "transcoded",
    "wrap_radiograph",
]
