"""Counts of right and wrong decisions, and the figures that are shares of them."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from model_training.evaluation.agreement import proportion
from model_training.evaluation.estimate import Estimate

Labels = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Confusion:
    """How many studies were called what; "positive" is abnormal.

    Raises:
        ValueError: a count is negative.
    """

    true_positive: int
    false_positive: int
    false_negative: int
    true_negative: int

    def __post_init__(self) -> None:
        counts = (self.true_positive, self.false_positive, self.false_negative, self.true_negative)
        if min(counts) < 0:
            raise ValueError(f"a count is not negative, not {counts}")

    @classmethod
    def of(cls, decisions: Labels, labels: Labels) -> "Confusion":
        """Count decisions [N] against labels [N]; True is abnormal.

        Raises:
            ValueError: the two differ in length.
        """
        if decisions.shape != labels.shape:
            raise ValueError(f"{len(decisions)} decisions do not go with {len(labels)} labels")
        return cls(
            true_positive=int(np.sum(decisions & labels)),
            false_positive=int(np.sum(decisions & ~labels)),
            false_negative=int(np.sum(~decisions & labels)),
            true_negative=int(np.sum(~decisions & ~labels)),
        )

    @property
    def false_positive_rate(self) -> float:
        """Share of the normal studies called abnormal: where a reader stands in a ROC plot.

        Raises:
            ValueError: there is no normal study.
        """
        return proportion(self.false_positive, self.false_positive + self.true_negative).value

    def precision(self) -> Estimate:
        """Share of truly abnormal ones among those called abnormal, with Wilson's interval.

        Raises:
            ValueError: nothing was called abnormal.
        """
        return proportion(self.true_positive, self.true_positive + self.false_positive)

    def f1(self) -> Estimate:
        """Harmonic mean of precision and recall.

        F1 = 2J / (1 + J) with the Jaccard share J = TP / (TP + FP + FN), which is one proportion;
        F1 grows with J, so that the ends of J's Wilson interval become the ends of F1's.

        Raises:
            ValueError: nothing is abnormal and nothing was called so.
        """
        trials = self.true_positive + self.false_positive + self.false_negative
        share = proportion(self.true_positive, trials)
        value, low, high = (2 * each / (1 + each) for each in (share.value, share.low, share.high))
        return Estimate(value, low, high, "95% Wilson of the Jaccard share")
