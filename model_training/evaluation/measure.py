"""All figures of one cohort, as they stand in a model bundle."""

import numpy as np
import numpy.typing as npt

from model_training.evaluation.agreement import accuracy, cohen_kappa, sensitivity, specificity
from model_training.evaluation.auc import auc_with_interval
from triage_agent.infer.provenance import Metric
from triage_agent.infer.scores import image_probability


def probabilities_of(logits: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Probabilities as the node computes them, without calibration."""
    return np.array([image_probability(float(logit)) for logit in logits], dtype=np.float64)


def measure(
    cohort: str,
    probabilities: npt.NDArray[np.float64],
    labels: npt.NDArray[np.bool_],
    operating_point: float,
) -> list[Metric]:
    """AUC, and the figures of the decisions at an operating point, each with its 95% interval.

    Raises:
        ValueError: there are fewer than two images of a class.
    """
    decisions = probabilities > operating_point
    estimates = {
        "auc": auc_with_interval(probabilities, labels),
        "accuracy": accuracy(decisions, labels),
        "cohen_kappa": cohen_kappa(decisions, labels),
        "sensitivity": sensitivity(decisions, labels),
        "specificity": specificity(decisions, labels),
    }
    return [
        Metric(
            name=name,
            cohort=cohort,
            images=len(labels),
            value=estimate.value,
            low=estimate.low,
            high=estimate.high,
            interval=estimate.interval,
        )
        for name, estimate in estimates.items()
    ]
