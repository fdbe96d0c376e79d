from tests.factories import make_instance, make_scored, make_study_images
from triage_agent.domain.region import Region


def test_the_most_suspicious_image_is_that_with_the_highest_probability():
    low, high, unscored = make_scored(0.25), make_scored(0.75), make_instance()
    assert make_study_images(low, high, unscored).most_suspicious is high


def test_of_equal_images_the_first_is_the_most_suspicious():
    first, second = make_scored(0.75), make_scored(0.75)
    assert make_study_images(first, second).most_suspicious is first


def test_without_a_score_no_image_is_suspicious():
    assert make_study_images(make_instance()).most_suspicious is None


def test_the_scored_regions_are_those_of_the_images_with_a_score():
    hand, wrist = make_scored(region=Region.HAND), make_scored(region=Region.WRIST)
    others = make_scored(region=None), make_instance(region=Region.ELBOW)
    images = make_study_images(hand, wrist, hand, *others, region=Region.ELBOW)
    assert images.scored_regions == {Region.HAND, Region.WRIST}
