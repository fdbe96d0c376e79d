from tests.factories import make_instance, make_scored
from triage_agent.domain.assessment import Assessment, AssessmentKind
from triage_agent.domain.instance import Instance, InstanceState
from triage_agent.infer.assess import assess

POINT = 0.5


def excluded(reason: str, modality: str = "DX") -> Instance:
    return make_instance(state=InstanceState.EXCLUDED, reason=reason, Modality=modality)


def unreadable(reason: str = "it is blank") -> Instance:
    return make_instance(state=InstanceState.UNREADABLE, reason=reason)


def not_assessed(reason: str) -> Assessment:
    return Assessment(kind=AssessmentKind.NOT_ASSESSED, reason=reason)


def test_a_mean_above_the_operating_point_is_abnormal() -> None:
    found = assess([make_scored(0.25), make_scored(0.75), make_scored(1.0)], POINT)
    assert found.kind is AssessmentKind.ABNORMAL
    assert found.probability == 2 / 3
    assert found.reason == "mean 0.67 over 3 images"


def test_a_mean_at_the_operating_point_is_not_above_it() -> None:
    found = assess([make_scored(0.25), make_scored(0.75)], POINT)
    assert found.kind is AssessmentKind.BELOW_THRESHOLD
    assert found.reason == "mean 0.50 over 2 images"


def test_below_the_operating_point_when_every_image_is_scored() -> None:
    found = assess([make_scored(0.125)], POINT)
    expected = Assessment(
        kind=AssessmentKind.BELOW_THRESHOLD, reason="mean 0.12 over 1 image", probability=0.125
    )
    assert found == expected


def test_the_operating_point_decides() -> None:
    assert assess([make_scored(0.5)], 0.25).kind is AssessmentKind.ABNORMAL
    assert assess([make_scored(0.5)], 0.75).kind is AssessmentKind.BELOW_THRESHOLD


def test_abnormal_as_soon_as_the_scored_images_say_so() -> None:
    found = assess([make_scored(0.75), make_instance(), unreadable()], POINT)
    assert found.kind is AssessmentKind.ABNORMAL
    assert found.probability == 0.75
    assert found.reason == "mean 0.75 over 1 of 3 images"


def test_never_below_the_threshold_while_an_image_waits() -> None:
    found = assess([make_scored(0.125), make_instance(), make_instance()], POINT)
    assert found == not_assessed("1 of 3 images scored so far")


def test_nothing_is_scored_yet() -> None:
    assert assess([make_instance()], POINT) == not_assessed("0 of 1 image scored so far")


def test_never_below_the_threshold_when_an_image_failed() -> None:
    found = assess([make_scored(0.0), unreadable(), make_scored(0.0)], POINT)
    assert found == not_assessed("image 2 of 3 could not be scored: it is blank")


def test_a_failed_image_is_told_before_a_waiting_one() -> None:
    found = assess([make_instance(), unreadable()], POINT)
    assert found == not_assessed("image 2 of 2 could not be scored: it is blank")


def test_several_failed_images_give_the_first_reason() -> None:
    found = assess([unreadable("it is blank"), make_scored(0.0), unreadable("another")], POINT)
    assert found == not_assessed("2 of 3 images could not be scored: it is blank")


def test_excluded_company_changes_nothing() -> None:
    found = assess([excluded("a report", "SR"), make_scored(0.125)], POINT)
    assert found.kind is AssessmentKind.BELOW_THRESHOLD
    assert found.reason == "mean 0.12 over 1 image"


def test_a_study_of_reports_says_so() -> None:
    assert assess([excluded("a report", "SR")], POINT) == not_assessed("a report")


def test_a_radiograph_says_best_why_a_study_is_out_of_scope() -> None:
    company = [excluded("a report", "SR"), excluded("a report", "SR")]
    assert assess([*company, excluded("a lower leg")], POINT) == not_assessed("a lower leg")


def test_the_commonest_reason_is_given() -> None:
    images = [excluded("a knee"), excluded("a lower leg"), excluded("a lower leg")]
    assert assess(images, POINT) == not_assessed("a lower leg")


def test_a_study_without_instances() -> None:
    assert assess([], POINT) == not_assessed("no image has arrived")
