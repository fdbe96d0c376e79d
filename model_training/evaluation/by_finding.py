"""Which abnormalities a model misses."""

from collections.abc import Mapping

import numpy as np

from model_training.evaluation.agreement import sensitivity
from model_training.evaluation.evidence import Found
from model_training.evaluation.predictions import StudyScores
from triage_agent.infer.scores import is_abnormal


def sensitivity_by_finding(scores: StudyScores, findings: Mapping[str, str]) -> tuple[Found, ...]:
    """How many of the studies with each finding are called abnormal, at their operating points.

    Args:
        scores: of studies; those without a finding are left out.
        findings: what is wrong with a study, by its name.

    Returns:
        In the order of the alphabet.
    """
    pairs = zip(scores.probabilities, scores.operating_points, strict=True)
    called = np.array([is_abnormal(float(each), float(point)) for each, point in pairs])
    found = []
    for finding in sorted(set(findings.values())):
        chosen = np.array([findings.get(study) == finding for study in scores.studies])
        if chosen.any():
            share = sensitivity(called[chosen], np.ones(int(chosen.sum()), dtype=np.bool_))
            found.append(Found(finding, int(chosen.sum()), share))
    return tuple(found)
