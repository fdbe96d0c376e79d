"""Which results go where."""

from typing import Any

import pytest

from tests.factories import make_assessment, make_scored, make_study_images
from triage_agent.deliver.routing import route
from triage_agent.destination_settings import DestinationSettings
from triage_agent.domain.delivery import ResultKind
from triage_agent.domain.region import Region

ABNORMAL = make_assessment(0.9)
BELOW = make_assessment(0.1)
NOT_ASSESSED = make_assessment(None)
SR, SC = ResultKind.STRUCTURED_REPORT, ResultKind.SECONDARY_CAPTURE

Value = Any


def destination(name: str = "pacs", **settings: Value) -> DestinationSettings:
    return DestinationSettings(name=name, host="127.0.0.1", port=104, ae_title="PACS", **settings)


def goes(kind: ResultKind, assessment: Value = ABNORMAL, region: Value = Region.HAND, **s: Value):
    images = make_study_images(make_scored(region=region), assessment=assessment)
    return route(images, kind, [destination(**s)]) == ("pacs",)


@pytest.mark.parametrize("kind", ResultKind)
@pytest.mark.parametrize("assessment", [ABNORMAL, BELOW])
def test_by_default_everything_goes_everywhere(kind: ResultKind, assessment: Value):
    assert goes(kind, assessment)


def test_only_the_listed_kinds_go():
    assert goes(SR, objects=("sr",))
    assert not goes(SC, objects=("sr",))
    assert goes(SC, objects=("sc",))
    assert not goes(SR, objects=("sc",))
    assert not goes(SR, objects=())


def test_abnormal_only_means_assessed_as_abnormal():
    assert goes(SR, ABNORMAL, when="abnormal")
    assert not goes(SR, BELOW, when="abnormal")
    assert not goes(SR, NOT_ASSESSED, when="abnormal")


def test_only_the_listed_regions_go():
    assert goes(SR, region=Region.HAND, regions=(Region.HAND, Region.WRIST))
    assert not goes(SR, region=Region.ELBOW, regions=(Region.HAND, Region.WRIST))
    assert not goes(SR, region=None, regions=(Region.HAND,))
    assert goes(SR, region=None)


def test_one_scored_image_of_a_listed_region_suffices():
    images = make_study_images(
        make_scored(region=Region.HAND), make_scored(region=Region.FINGER), region=Region.HAND
    )
    assert route(images, SR, [destination(regions=(Region.FINGER,))]) == ("pacs",)
    assert route(images, SR, [destination(regions=(Region.ELBOW,))]) == ()


def test_triage_only_gets_nothing_that_localises():
    assert goes(SR, triage_only=True)
    assert not goes(SC, triage_only=True)
    assert not goes(SC, triage_only=True, objects=("sc",))


def test_what_an_earlier_generation_went_to_gets_the_later_one_whatever_is_said_now():
    settings = [
        destination("abnormal", when="abnormal"),
        destination("hands", regions=(Region.HAND,)),
        destination("never-had", when="abnormal"),
    ]
    images = make_study_images(make_scored(region=Region.ELBOW), assessment=BELOW)
    for kind in ResultKind:
        assert route(images, kind, settings, earlier={"hands", "abnormal", "gone"}) == (
            "abnormal",
            "hands",
        )


def test_what_a_destination_does_not_take_does_not_go_there_because_of_an_earlier_one():
    images = make_study_images(make_scored(), assessment=ABNORMAL)
    assert route(images, SC, [destination(triage_only=True)], earlier={"pacs"}) == ()
    assert route(images, SC, [destination(objects=("sr",))], earlier={"pacs"}) == ()


def test_names_come_in_the_order_of_the_settings():
    settings = [
        destination("b"),
        destination("only-abnormal", when="abnormal"),
        destination("a"),
    ]
    below, abnormal = (make_study_images(assessment=each) for each in (BELOW, ABNORMAL))
    assert route(below, SR, settings) == ("b", "a")
    assert route(abnormal, SR, settings) == ("b", "only-abnormal", "a")
    assert route(make_study_images(), SR, []) == ()
