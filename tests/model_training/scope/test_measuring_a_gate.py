import numpy as np
import pytest

from dicom_fixtures.out_of_scope import KINDS
from model_training.cohorts.sample import Part
from model_training.scope.images import INVERTED, Group, ScopeImages, look_at_all
from model_training.scope.measuring import fit_and_measure

PER_KIND = 6


def look(images):
    """Features that a person can follow: brightness, and how it changes down and across."""
    if not len(images):
        return np.empty((0, 8))
    stack = np.stack(images).astype(np.float64)
    down, across = (np.abs(np.diff(stack, axis=axis)) for axis in (1, 2))
    parts = (stack, stack**2, down, across, down**2, across**2, stack > 0.9, stack < 0.02)
    return np.stack([part.mean(axis=(1, 2)) for part in parts], axis=1)


@pytest.fixture(scope="module")
def seen(spec, in_scope, foreign):
    return look_at_all(look, spec, in_scope, foreign, PER_KIND)


@pytest.fixture(scope="module")
def fitted(seen):
    return fit_and_measure(seen)


@pytest.fixture(scope="module")
def shares(fitted):
    return {each.name: each for each in fitted.shares}


def test_every_kind_of_image_is_measured(fitted, shares):
    assert list(shares) == [
        "bars, test images",
        "drawn bars, test images",
        f"{INVERTED}, a kind not fitted on",
        "lying bars, other patients than fitted on",
        *(f"drawn: {kind}, a kind not fitted on" for kind in KINDS),
    ]
    assert [each.in_scope for each in fitted.shares[:3]] == [True, True, False]
    assert shares["bars, test images"].images == 40
    assert shares["lying bars, other patients than fitted on"].images == 24
    assert shares[f"{INVERTED}, a kind not fitted on"].images == 20 + 7
    assert shares["drawn: chest, a kind not fitted on"].images == PER_KIND
    assert fitted.fitted_on == {"lying bars": 24}


def test_images_in_scope_are_assessed_and_others_mostly_not(fitted, seen, shares):
    assert shares["bars, test images"].assessed.value >= 0.9
    assert shares["bars, test images"].assessed.interval == "95% Wilson"
    assert fitted.gate.beyond(np.concatenate(seen.inverted_unseen)).mean() >= 0.9
    assert shares["lying bars, other patients than fitted on"].assessed.value <= 0.2


def test_the_share_of_test_images_is_that_of_the_gate_itself(fitted, seen, shares):
    beyond = fitted.gate.beyond(seen.unseen["bars"])
    assert shares["bars, test images"].assessed.value == pytest.approx(1.0 - beyond.mean())


def test_a_kind_is_judged_by_a_gate_that_does_not_know_it():
    noise = np.random.default_rng(0)
    # Each kind lies in a direction of its own: what a gate does not know, it cannot see.
    one, other = (9.0 * np.tile(row, (12, 1)) for row in np.eye(8)[:2])
    found = fit_and_measure(
        ScopeImages(
            inside=[noise.standard_normal((300, 8))],
            references={"bars": noise.standard_normal((200, 8))},
            outside={"one": Group(one), "other": Group(other)},
        )
    )
    assert [each.assessed.value for each in found.shares] == [1.0, 1.0]
    assert found.gate.beyond(np.concatenate([one, other])).all()


def test_no_patient_is_judged_by_a_gate_that_was_fitted_on_him():
    noise = np.random.default_rng(0)
    patients = 10
    # Each patient lies in a direction of his own, so that nothing can be learnt from the others.
    strange = 81.0 * np.repeat(np.eye(patients), 3, axis=0)
    names = tuple(f"p{number // 3}" for number in range(len(strange)))
    found = fit_and_measure(
        ScopeImages(
            inside=[noise.standard_normal((3000, patients))],
            references={"bars": noise.standard_normal((2000, patients))},
            outside={"strange": Group(strange, 1.0, names)},
        )
    )
    (share,) = found.shares
    assert share.assessed.value > 0.9
    assert found.gate.beyond(strange).all()


def test_without_foreign_and_test_images_the_rest_is_measured(spec, in_scope):
    fewer = {part: samples[:12] for part, samples in in_scope.items() if part is not Part.TEST}
    shares = fit_and_measure(look_at_all(look, spec, fewer, [], PER_KIND)).shares
    assert shares[0].name == f"{INVERTED}, a kind not fitted on"
    assert len(shares) == 1 + len(KINDS)


def test_the_same_images_are_looked_at_again(seen, spec, in_scope, foreign):
    again = look_at_all(look, spec, in_scope, foreign, PER_KIND)
    np.testing.assert_array_equal(np.concatenate(again.inside), np.concatenate(seen.inside))
    assert again.outside["lying bars"].patients == seen.outside["lying bars"].patients


@pytest.mark.parametrize("missing", [Part.TRAINING, Part.VALIDATION])
def test_images_to_fit_on_and_to_choose_by_are_needed(spec, in_scope, missing):
    with pytest.raises(ValueError, match="training and validation"):
        look_at_all(look, spec, {**in_scope, missing: []}, [])


def test_of_a_large_cohort_some_are_drawn_by_lot(spec, in_scope):
    many = [each for each in in_scope[Part.TEST] if each.drawn] * 40
    seen = look_at_all(look, spec, {**in_scope, Part.TEST: many}, [], 1)
    assert len(seen.unseen["drawn bars"]) == 210
