from tests.factories import make_instance, make_scored, make_study_images


def test_the_most_suspicious_image_is_that_with_the_highest_probability():
    low, high, unscored = make_scored(0.25), make_scored(0.75), make_instance()
    assert make_study_images(low, high, unscored).most_suspicious is high


def test_of_equal_images_the_first_is_the_most_suspicious():
    first, second = make_scored(0.75), make_scored(0.75)
    assert make_study_images(first, second).most_suspicious is first


def test_without_a_score_no_image_is_suspicious():
    assert make_study_images(make_instance()).most_suspicious is None
