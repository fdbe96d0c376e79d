"""Whole synthetic studies: valid DX and CR objects, and what is true of each image."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from pydicom import Dataset
from pydicom.uid import UID, ExplicitVRLittleEndian

from dicom_fixtures.annotation import burned
from dicom_fixtures.encode import transcoded
from dicom_fixtures.habits import Habit, voi_beside
from dicom_fixtures.headers import VENDORS, ImageFacts, Modality, StudyFacts, build_image
from dicom_fixtures.mixture import mixed_plans
from dicom_fixtures.pathology import Finding
from dicom_fixtures.people import person
from dicom_fixtures.plan import FROM_REGION, BodyPart, StudyPlan
from dicom_fixtures.radiograph import DEFAULT_SIZE, Radiograph
from dicom_fixtures.stored import Photometric, Voi, stored_values
from dicom_fixtures.terms import BODY_PART_CODES, STUDY_FORMS, VIEW_TERMS, WORDS
from dicom_fixtures.uids import fixture_uid
from triage_agent.domain.region import Region


@dataclass(frozen=True)
class ImageTruth:
    """What is true of one image; `mask` is bool [rows, columns], the union of the findings'."""

    SOPInstanceUID: str
    view: str
    abnormal: bool
    findings: tuple[Finding, ...]
    finding: str
    mask: npt.NDArray[np.bool_]


@dataclass(frozen=True)
class StudyTruth:
    """What is true of a study: abnormal if any image is.

    `age_years` and `child` are of the subject who is drawn; the header may keep them to itself.
    """

    StudyInstanceUID: str
    AccessionNumber: str
    region: Region
    laterality: str
    abnormal: bool
    stat: bool
    age_years: int
    child: bool
    images: tuple[ImageTruth, ...]


@dataclass(frozen=True)
class SyntheticStudy:
    """A study's objects, each with file meta information, and the truth about them."""

    datasets: tuple[Dataset, ...]
    truth: StudyTruth


def synthetic_study(
    seed: int,
    *,
    region: Region = Region.WRIST,
    abnormal: bool = False,
    views: int = 3,
    rows: int = DEFAULT_SIZE,
    columns: int = DEFAULT_SIZE,
    modality: Modality = "DX",
    photometric: Photometric = "MONOCHROME2",
    bits_stored: int = 12,
    voi: Voi | None = None,
    stat: bool = False,
    body_part: BodyPart = FROM_REGION,
    region_hints: bool = True,
    declare_images: bool = False,
    habits: tuple[Habit, ...] = (),
    part_written: str | None = None,
    transfer_syntax: str = ExplicitVRLittleEndian,
) -> SyntheticStudy:
    """Build a study; `StudyPlan` says what the arguments mean.

    The same arguments give the same bytes. The UIDs follow from all arguments but the transfer
    syntax, so the encodings of one study carry the same UIDs and no two different studies do.

    Raises:
        ValueError: An argument is out of its range, or there is no encoder for the syntax.
    """
    plan = StudyPlan(
        seed=seed,
        region=region,
        abnormal=abnormal,
        views=views,
        rows=rows,
        columns=columns,
        modality=modality,
        photometric=photometric,
        bits_stored=bits_stored,
        voi=voi,
        stat=stat,
        body_part=body_part,
        region_hints=region_hints,
        declare_images=declare_images,
        habits=habits,
        part_written=part_written,
    )
    return build_study(plan, transfer_syntax=transfer_syntax)


def build_study(
    plan: StudyPlan, *, transfer_syntax: str = ExplicitVRLittleEndian
) -> SyntheticStudy:
    """Build what a plan says; see `synthetic_study`."""
    radiographs = list(plan.radiographs())
    facts = _study_facts(plan, radiographs[0])
    datasets, truths = [], []
    for number, radiograph in enumerate(radiographs, start=1):
        image = _image_facts(plan, facts, number, radiograph)
        dataset = build_image(facts, image)
        if transfer_syntax != ExplicitVRLittleEndian:
            dataset = transcoded(dataset, UID(transfer_syntax))
        datasets.append(dataset)
        truths.append(
            ImageTruth(
                SOPInstanceUID=str(dataset.SOPInstanceUID),
                view=radiograph.view,
                abnormal=radiograph.abnormal,
                findings=radiograph.findings,
                finding=radiograph.finding,
                mask=radiograph.mask,
            )
        )
    truth = StudyTruth(
        StudyInstanceUID=facts.StudyInstanceUID,
        AccessionNumber=facts.AccessionNumber,
        region=plan.region,
        laterality=facts.laterality,
        abnormal=plan.abnormal,
        stat=plan.stat,
        age_years=radiographs[0].age_years,
        child=radiographs[0].child,
        images=tuple(truths),
    )
    return SyntheticStudy(tuple(datasets), truth)


def _study_facts(plan: StudyPlan, first: Radiograph) -> StudyFacts:
    key = plan.key
    patient = person(plan.seed, age_years=first.age_years)
    language = patient.script.language
    description = STUDY_FORMS[language].format(WORDS[language][plan.region])
    part = plan.region.value if plan.body_part is FROM_REGION else plan.body_part
    return StudyFacts(
        key=key,
        person=patient,
        vendor=VENDORS[plan.seed % len(VENDORS)],
        modality=plan.modality,
        laterality=first.laterality,
        AccessionNumber=f"SYN{fixture_uid('order', key)[-10:]}",
        StudyDescription=description if _names_region(plan) else "XR",
        anatomy=BODY_PART_CODES.get(part or plan.region.value) if plan.region_hints else None,
        upright=plan.region not in {Region.ELBOW, Region.HUMERUS, Region.SHOULDER},
        BodyPartExamined=part if plan.part_written is None else plan.part_written,
        stat=plan.stat,
        declared_images=plan.views if plan.declare_images else None,
        habits=plan.habits,
    )


def _names_region(plan: StudyPlan) -> bool:
    """Whether descriptions may name the region: not where the body part is given as another."""
    return plan.region_hints and not isinstance(plan.body_part, str)


def _image_facts(
    plan: StudyPlan, facts: StudyFacts, number: int, radiograph: Radiograph
) -> ImageFacts:
    label = VIEW_TERMS[radiograph.view].label
    word = WORDS[facts.person.script.language][plan.region] if _names_region(plan) else ""
    named = f"{word} {label}".strip() if facts.vendor.series_per_view else word or label
    picture = radiograph.image
    if Habit.BURNED_IN in plan.habits:
        patient = facts.person
        picture = burned(picture, f"{patient.PatientID} {patient.StudyDate} {radiograph.view}")
    return ImageFacts(
        number=number,
        view=radiograph.view,
        pixels=stored_values(picture, plan.bits_stored, plan.photometric),
        bits_stored=plan.bits_stored,
        photometric=plan.photometric,
        voi=plan.voi or voi_beside(plan.habits, facts.vendor.voi),
        pixel_spacing_mm=radiograph.pixel_spacing_mm,
        turned_degrees=radiograph.turned_degrees,
        SeriesDescription=named,
    )


def mixed_studies(
    count: int,
    abnormal_share: float,
    seed: int,
    *,
    stat_share: float = 0.05,
    rows: int = DEFAULT_SIZE,
    columns: int = DEFAULT_SIZE,
    leave_out: Collection[Habit] = (),
) -> Iterator[SyntheticStudy]:
    """Build the studies of `mixed_plans` one after the other."""
    plans = mixed_plans(
        count, abnormal_share=abnormal_share, seed=seed, stat_share=stat_share, leave_out=leave_out
    )
    for plan in plans:
        yield build_study(replace(plan, rows=rows, columns=columns))
