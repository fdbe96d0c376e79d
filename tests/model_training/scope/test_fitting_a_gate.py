import numpy as np
import pytest

from model_training.scope.fitting import LOST, fit_gate
from model_training.scope.images import Group

FEATURES = 6


def cloud(seed: int, count: int, *centre: float) -> np.ndarray:
    """Images around a point whose last features are nothing but noise."""
    noise = np.random.default_rng(seed).standard_normal((count, FEATURES))
    return noise + np.pad(np.array(centre), (0, FEATURES - len(centre)))


INSIDE = cloud(1, 400)
REFERENCE = cloud(2, 300)


def test_what_lies_elsewhere_is_beyond() -> None:
    gate = fit_gate(INSIDE, {"far": Group(cloud(3, 50, 8.0, 8.0))}, [REFERENCE])
    assert gate.beyond(cloud(4, 200, 8.0, 8.0)).all()
    assert gate.beyond(cloud(5, 1000)).mean() < 3 * LOST


def test_no_cohort_of_references_loses_more_than_its_share() -> None:
    shifted = cloud(6, 120, 1.0)
    gate = fit_gate(INSIDE, {"far": Group(cloud(3, 50, 5.0))}, [REFERENCE, shifted])
    lost = [int(gate.beyond(each).sum()) for each in (REFERENCE, shifted)]
    assert lost[0] <= LOST * len(REFERENCE)
    # The cohort nearer to the line decides where it lies.
    assert lost[1] == int(LOST * len(shifted))


def test_a_group_counts_by_its_say_and_not_by_its_size() -> None:
    few, many = cloud(7, 10, 3.0, 0.0), cloud(8, 1000, 0.0, 3.0)

    def caught(say: float) -> float:
        outside = {"few": Group(few, say), "many": Group(many)}
        return float(fit_gate(INSIDE, outside, [REFERENCE]).beyond(cloud(9, 500, 3.0, 0.0)).mean())

    assert caught(9.0) > caught(1.0) > caught(0.05)


def test_an_empty_group_changes_nothing() -> None:
    far = Group(cloud(3, 50, 8.0))
    without = fit_gate(INSIDE, {"far": far}, [REFERENCE])
    empty = Group(np.empty((0, FEATURES)), say=3.0)
    assert fit_gate(INSIDE, {"far": far, "none": empty}, [REFERENCE]) == without


def test_a_feature_that_never_varies_in_scope_does_not_decide_alone() -> None:
    inside, reference = INSIDE.copy(), REFERENCE.copy()
    inside[:, 0] = reference[:, 0] = 1.0
    gate = fit_gate(inside, {"far": Group(cloud(3, 50, 1.0, 8.0))}, [reference])
    nearly = reference.copy()
    nearly[:, 0] += 1e-3
    assert gate.beyond(nearly).mean() == pytest.approx(LOST, abs=0.01)
