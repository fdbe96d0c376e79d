"""Which abnormalities a model misses."""

import pytest

from model_training.cohorts.synthetic_studies import findings, study_plans
from model_training.evaluation.agreement import proportion
from model_training.evaluation.by_finding import sensitivity_by_finding
from model_training.evaluation.evidence import Found
from model_training.evaluation.predictions import Prediction, by_study


def test_studies_are_counted_by_what_is_wrong_with_them():
    scores = by_study(
        Prediction(study, "WRIST", study != "d", probability, operating_point=0.3)
        for study, probability in {"a": 0.4, "b": 0.2, "c": 0.31, "d": 0.9}.items()
    )
    found = sensitivity_by_finding(
        scores, {"a": "lesion", "b": "lesion", "c": "fracture", "x": "-"}
    )
    assert found == (
        Found("fracture", 1, proportion(1, 1)),
        Found("lesion", 2, proportion(1, 2)),
    )


def test_every_abnormal_study_has_a_finding_and_its_words_are_few():
    plans = study_plans(200, 7)
    found = findings(200, 7)
    assert len(found) == sum(plan.abnormal for plan in plans) == 100
    assert set(found.values()) == {
        "degenerative joint disease alone",
        "fracture alone",
        "hardware alone",
        "lesion alone",
        "several of these",
        "subluxation alone",
    }
    with pytest.raises(ValueError, match="negative"):
        findings(-1, 7)
