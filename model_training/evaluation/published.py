"""What the papers printed, to be shown beside what was measured here.

Only figures that could be checked against a public copy are listed; the others of the papers'
tables are left out, and a cell without a figure says so.

MURA: Rajpurkar et al., arXiv 1712.06957v4. AUROC, sensitivity and specificity of the model stand
in its abstract. The kappa of the best radiologist (of Table 2) is that of the leaderboard at
stanfordmlgroup.github.io/competitions/mura. The model's kappa on hand, shoulder and wrist studies
is quoted in the abstract of arXiv 2008.03356.
MuRAD: Mehr, arXiv 2010.12030. F1 score and kappa stand in its abstract.

Neither was measured on what is distributed as MURA's validation part: MURA used 207 test studies
with a gold standard of three radiologists, which were never published.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from model_training.evaluation.figures import OVERALL

NOTE = (
    "Published figures are single numbers from the papers, measured on other studies than these "
    "(MURA: 207 studies of its unpublished test part). Those that could not be checked against a "
    "public copy are left out (n/a). Sources: MURA, arXiv 1712.06957v4 (abstract) and its "
    "competition page (best radiologist); hand, shoulder and wrist as quoted in arXiv 2008.03356; "
    "MuRAD, arXiv 2010.12030 (abstract)."
)


@dataclass(frozen=True, slots=True)
class Published:
    """Figures of one reader or model in 0..1; None where none could be checked.

    Attributes:
        name: as it stands in tables.
        kappa: by region, with `OVERALL` for all studies.
    """

    name: str
    studies: int | None = None
    recall: float | None = None
    specificity: float | None = None
    f1: float | None = None
    auroc: float | None = None
    kappa: Mapping[str, float] = field(default_factory=dict)


MURA_RADIOLOGIST = Published("MURA: best radiologist", studies=207, kappa={OVERALL: 0.778})
MURA_MODEL = Published(
    "MURA: DenseNet-169",
    studies=207,
    recall=0.815,
    specificity=0.887,
    auroc=0.929,
    kappa={"HAND": 0.851, "SHOULDER": 0.729, "WRIST": 0.931},
)
MURAD = Published("MuRAD", f1=0.822, kappa={OVERALL: 0.699})

PUBLISHED = (MURA_RADIOLOGIST, MURA_MODEL, MURAD)
