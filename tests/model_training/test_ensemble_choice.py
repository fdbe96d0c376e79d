from dataclasses import replace

import pytest

from model_training.ensemble_choice import Figure, best_by_region, by_region, mean_of
from model_training.evaluation.predictions import Prediction
from triage_agent.domain.region import Region

ALL = tuple(Region)


def predictions(region, probabilities, point=0.5):
    """One study of two images for each probability; every other study is abnormal."""
    return [
        Prediction(f"{region} {number}", region, number % 2 == 1, value, f"{side}.png", point)
        for number, value in enumerate(probabilities)
        for side in "ab"
    ]


GOOD, BAD = [0.2, 0.8, 0.1, 0.9], [0.8, 0.2, 0.1, 0.9]
FIRST = [*predictions("WRIST", GOOD), *predictions("HAND", BAD)]
SECOND = [*predictions("WRIST", BAD), *predictions("HAND", GOOD)]


@pytest.mark.parametrize("figure", list(Figure))
def test_each_region_goes_to_the_member_that_is_best_there(figure):
    chosen = best_by_region([FIRST, SECOND], [ALL, ALL], figure, fewest=2)
    assert (chosen[Region.WRIST].member, chosen[Region.HAND].member) == (0, 1)
    assert chosen[Region.WRIST].own
    assert chosen[Region.WRIST].studies == 4
    assert chosen[Region.WRIST].values == (1.0, 0.0 if figure == "kappa" else 0.75)


def test_a_region_with_too_few_studies_goes_to_the_member_that_is_best_on_all():
    better = [*predictions("WRIST", GOOD), *predictions("HAND", [0.2, 0.8, 0.6, 0.9])]
    chosen = best_by_region([SECOND, better], [ALL, ALL], Figure.KAPPA, fewest=2)
    assert chosen[Region.HAND].member == 0
    assert chosen[Region.ELBOW].member == 1
    assert not chosen[Region.ELBOW].own
    assert chosen[Region.ELBOW].studies == 8
    everywhere = best_by_region([SECOND, better], [ALL, ALL], Figure.KAPPA, fewest=3)
    assert {each.member for each in everywhere.values()} == {1}


def test_only_a_member_that_was_made_for_the_region_is_chosen():
    chosen = best_by_region([FIRST, SECOND], [ALL, (Region.HAND,)], Figure.AUC, fewest=2)
    assert chosen[Region.HAND].member == 1
    assert chosen[Region.WRIST].values == (1.0, None)
    none = best_by_region([FIRST, SECOND], [(Region.WRIST,), (Region.HAND,)], Figure.AUC, fewest=2)
    assert set(none) == {Region.WRIST, Region.HAND}


def test_kappa_is_at_each_members_own_operating_points():
    low = predictions("WRIST", [0.1, 0.3, 0.05, 0.25], point=0.2)
    high = predictions("WRIST", [0.1, 0.9, 0.05, 0.45])
    chosen = best_by_region([high, low], [ALL, ALL], Figure.KAPPA, fewest=2)
    assert chosen[Region.WRIST].member == 1
    assert chosen[Region.WRIST].values == (0.5, 1.0)


def test_of_equals_the_first_is_taken():
    chosen = best_by_region([FIRST, FIRST], [ALL, ALL], Figure.AUC, fewest=2)
    assert {each.member for each in chosen.values()} == {0}


def test_a_figure_that_is_defined_for_nobody_is_no_choice():
    same = [replace(each, label=True) for each in FIRST]
    with pytest.raises(ValueError, match="auc is not defined for any"):
        best_by_region([same, same], [ALL, ALL], Figure.AUC)


def test_the_mean_follows_the_images_not_their_order():
    found = mean_of([FIRST, SECOND[::-1]], (3.0, 1.0))
    assert [each.image for each in found] == [each.image for each in FIRST]
    assert found[0].probability == pytest.approx((3 * 0.2 + 0.8) / 4)
    assert found[-1].probability == pytest.approx(0.9)


def test_by_region_one_member_is_quoted():
    found = by_region([FIRST, SECOND], {Region.WRIST: 1, Region.HAND: 0})
    assert [each.probability for each in found[::2]] == [*BAD, *BAD]
    with pytest.raises(ValueError, match="no member answers for HAND"):
        by_region([FIRST, SECOND], {Region.WRIST: 0})


@pytest.mark.parametrize(
    ("other", "complaint"),
    [
        (FIRST[1:], "were not scored on the same images: WRIST 0 a.png"),
        ([*FIRST, FIRST[0]], "lists an image twice"),
        ([replace(FIRST[0], label=True), *FIRST[1:]], "different labels or regions: WRIST 0"),
        ([replace(FIRST[0], region="HAND"), *FIRST[1:]], "different labels or regions: WRIST 0"),
    ],
)
def test_members_must_have_seen_the_same_images(other, complaint):
    with pytest.raises(ValueError, match=complaint):
        mean_of([FIRST, other], (1.0, 1.0))
