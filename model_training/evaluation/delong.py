"""Whether two models differ in AUROC on the same studies.

DeLong, DeLong and Clarke-Pearson, Biometrics 1988; 44: 837-45. The covariance of the two areas is
that of their placement values (equations 4 to 6), and the test statistic is normal.
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from model_training.evaluation.auc import placements
from model_training.evaluation.estimate import Z95, Estimate

Scores = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class PairedTest:
    """AUROC of two models on the same studies.

    Attributes:
        first, second: the two areas.
        difference: first minus second, with its 95% interval.
        z: the difference over its standard error; 0 where the two do not differ, infinite where
            they differ without any variance.
        p_value: two-sided, in 0..1, of no difference.
    """

    first: float
    second: float
    difference: Estimate
    z: float
    p_value: float


def paired_test(first: Scores, second: Scores, labels: npt.NDArray[np.bool_]) -> PairedTest:
    """Test two sets of scores [N] of the same studies.

    Raises:
        ValueError: the lengths differ, or there are fewer than two studies of a class.
    """
    if not len(first) == len(second) == len(labels):
        raise ValueError("both models must score the same studies")
    if min(labels.sum(), (~labels).sum()) < 2:  # noqa: PLR2004 (a variance needs two)
        raise ValueError("DeLong's test needs two studies of each class")
    (abnormal, normal), (other_abnormal, other_normal) = (
        placements(first, labels),
        placements(second, labels),
    )
    # The variance of a difference of means over the same studies is that of the differences.
    variance = float(
        (abnormal - other_abnormal).var(ddof=1) / len(abnormal)
        + (normal - other_normal).var(ddof=1) / len(normal)
    )
    one, other = float(abnormal.mean()), float(other_abnormal.mean())
    gap, error = one - other, math.sqrt(variance)
    z = gap / error if error > 0 else math.copysign(math.inf, gap) if gap else 0.0
    interval = Estimate(
        gap, max(gap - Z95 * error, -1.0), min(gap + Z95 * error, 1.0), "95% DeLong, paired"
    )
    return PairedTest(one, other, interval, z, math.erfc(abs(z) / math.sqrt(2.0)))
