"""What is known of the bodies of images that this project reads, for model cards."""

from collections.abc import Mapping
from dataclasses import dataclass

from model_training.cohorts import fracatlas, lera, mura, synthetic, synthetic_studies

TRAINING = "training"
INITIAL_WEIGHTS = "initial weights"


@dataclass(frozen=True, slots=True)
class Source:
    """Where images or first weights come from.

    Attributes:
        cohort: the name by which a run folder knows the images.
        licence: under which terms.
        citation: whom to name.
        name: as the card names it; by default as the cohort.
        role: what it was used for.
        division: how images were divided into training, validation and test, in a sentence.
    """

    cohort: str
    licence: str
    citation: str
    name: str = ""
    role: str = TRAINING
    division: str = ""

    @property
    def shown(self) -> str:
        """The name on the card."""
        return self.name or self.cohort


_BY_PATIENT = "divided 70 : 15 : 15 by patients, unless the table itself says which part is which"

_OWN_DRAWING = "Drawn by the package dicom_fixtures of this project; no patient is shown"

KNOWN_SOURCES: Mapping[str, Source] = {
    source.cohort: source
    for source in (
        Source(
            fracatlas.NAME,
            "CC BY 4.0",
            "Abedeen I, Rahman MA, Prottyasha FZ, et al. FracAtlas: a dataset for fracture "
            "classification, localization and segmentation of musculoskeletal radiographs. "
            "Scientific Data 10, 521 (2023). doi 10.1038/s41597-023-02432-4",
            division="divided 60 : 15 : 25 by blocks of 8 consecutive image numbers; "
            "near-duplicates are kept on one side, images with doubtful labels are left out, and "
            "only upper extremities are used",
        ),
        Source(
            mura.NAME,
            "Research use agreement of Stanford University",
            "Rajpurkar P, Irvin J, Bagul A, et al. MURA: large dataset for abnormality detection "
            "in musculoskeletal radiographs. arXiv 1712.06957",
            division="the published `valid` part is the test part; of the patients of the "
            "published `train` part, one in ten chooses the epoch",
        ),
        Source(
            lera.NAME,
            "Research use agreement of Stanford University",
            "Varma M, Lu M, Gardner R, et al. Automated abnormality detection in lower extremity "
            "radiographs using deep learning. Nature Machine Intelligence 1, 578 (2019)",
            division=_BY_PATIENT,
        ),
        Source(
            synthetic.NAME,
            "Apache-2.0",
            _OWN_DRAWING,
            division="each part draws subjects of its own, by their seeds",
        ),
        Source(
            synthetic_studies.NAME,
            "Apache-2.0",
            _OWN_DRAWING,
            division="drawn from seeds that no part of a training uses",
        ),
        Source("fixtures", "Apache-2.0", _OWN_DRAWING, division=_BY_PATIENT),
    )
}

IMAGENET = Source(
    "ImageNet",
    "BSD-3-Clause (torchvision)",
    "Russakovsky O, Deng J, Su H, et al. ImageNet large scale visual recognition challenge. "
    "International Journal of Computer Vision 115, 211 (2015)",
    role=INITIAL_WEIGHTS,
)


def division_of(cohort: str) -> str:
    """How a cohort is divided; any table is divided by patients."""
    known = KNOWN_SOURCES.get(cohort)
    return known.division if known else _BY_PATIENT
