"""What results are made from."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tests.factories import T0, make_instance, make_result, uid
from tests.report_sources import (
    ALGORITHM,
    instance_uid,
    make_sources,
    not_assessed,
    poor_header,
    rich_header,
)
from triage_agent.domain.instance import InstanceState
from triage_agent.domain.region import Region
from triage_agent.errors import ReportInvalid


def test_scored_images_are_numbered_in_their_order_and_the_others_left_out():
    excluded = make_instance(state=InstanceState.EXCLUDED)
    unreadable = make_instance(state=InstanceState.UNREADABLE)
    headers = [rich_header(3), rich_header(1)]
    material = make_sources(*headers, others=(excluded, unreadable)).material()
    numbered = [(image.number, image.SOPInstanceUID) for image in material.images]
    assert numbered == [(1, instance_uid(3)), (2, instance_uid(1))]
    assert material.unreadable == 1


def test_the_assessment_decides():
    above = make_sources(probability=0.8).material()
    below = make_sources(probability=0.2).material()
    assert (above.abnormal, above.probability) == (True, 0.8)
    assert (below.abnormal, below.probability) == (False, 0.2)


def test_the_operating_point_is_that_of_the_scored_images():
    excluded = make_instance(state=InstanceState.EXCLUDED, region=Region.HAND)
    wrist = make_sources(region=Region.WRIST, others=(excluded,)).material()
    assert wrist.operating_point == 0.5
    assert make_sources(region=Region.HAND).material().operating_point == 0.4
    for regions in ((Region.HAND, Region.WRIST), (Region.WRIST, Region.HAND)):
        both = make_sources(rich_header(1), rich_header(2), regions=regions).material()
        assert both.operating_point == 0.4


@pytest.mark.parametrize(
    ("stated", "known"), [("L", "L"), ("R", "R"), ("B", "B"), ("U", "U"), ("left", ""), ("", "")]
)
def test_only_known_lateralities_count(stated: str, known: str):
    sources = make_sources(poor_header(Laterality=stated) if stated in "LR" else poor_header())
    (image,) = sources.material().images
    instance = replace(
        image.instance, header=replace(image.instance.header, ImageLaterality=stated)
    )
    assert replace(image, instance=instance).laterality == known


@pytest.mark.parametrize(
    ("offset", "hours"), [("+0100", 1), ("-0530", -5.5), ("+0000", 0), ("+1400", 14)]
)
def test_times_follow_the_clock_of_the_study(offset: str, hours: float):
    local = make_sources(rich_header(TimezoneOffsetFromUTC=offset)).material().local_time
    assert local == T0
    assert local.utcoffset() == timedelta(hours=hours)


@pytest.mark.parametrize("offset", [None, "0100", "CET", "+9900", "+0160", "+01:00"])
def test_without_a_good_offset_the_time_is_in_utc(offset: str | None):
    header = rich_header()
    del header.TimezoneOffsetFromUTC
    if offset is not None:
        header.TimezoneOffsetFromUTC = offset
    assert make_sources(header).material().local_time.isoformat() == T0.isoformat()


def test_an_open_study_has_no_results():
    with pytest.raises(ReportInvalid, match="still open"):
        make_sources(closed_at=None).material()


def test_a_study_that_was_never_assessed_has_no_results():
    with pytest.raises(ReportInvalid, match="not assessed"):
        make_sources(**not_assessed()).material()


def test_a_study_that_is_not_assessed_any_more_has_no_probability():
    sources = make_sources(generation=2, **not_assessed())
    material = sources.material(predecessor=make_result(generation=1))
    assert not material.assessed
    with pytest.raises(ReportInvalid, match="no probability"):
        _ = material.probability
    assert make_sources().material().assessed


def test_a_study_with_results_has_a_scored_image():
    sources = make_sources()
    images = replace(sources.images, instances=(make_instance(),))
    with pytest.raises(ReportInvalid, match="no scored image"):
        replace(sources, images=images).material()


def test_every_image_needs_its_header():
    with pytest.raises(ReportInvalid, match="lacks its score or its header"):
        make_sources().without("headers").material()


def test_every_scored_image_has_its_score():
    sources = make_sources()
    (instance,) = sources.images.instances
    images = replace(sources.images, instances=(replace(instance, score=None),))
    with pytest.raises(ReportInvalid, match="lacks its score or its header"):
        replace(sources, images=images).material()


@pytest.mark.parametrize(
    "foreign", [poor_header(2), poor_header(1, StudyInstanceUID=uid("study", 2))]
)
def test_the_header_of_another_object_is_refused(foreign: object):
    sources = make_sources(poor_header(1))
    with pytest.raises(ReportInvalid, match="another object or study"):
        replace(sources, headers={instance_uid(1): foreign}).material()


def test_an_assessment_under_another_operating_point_is_refused():
    sources = make_sources(probability=0.45, region=Region.HAND)
    with pytest.raises(ReportInvalid, match="operating point"):
        sources.material()
    lower = replace(ALGORITHM, operating_points={Region.WRIST: 0.9})
    with pytest.raises(ReportInvalid, match="operating point"):
        make_sources(probability=0.8).material(algorithm=lower)


def test_a_predecessor_is_an_earlier_result_of_the_same_study():
    sources = make_sources(generation=2)
    predecessor = make_result(generation=1)
    assert sources.material(predecessor=predecessor).predecessor is predecessor
    for wrong in (
        make_result(generation=2),
        make_result(generation=1, StudyInstanceUID=uid("study", 2)),
    ):
        with pytest.raises(ReportInvalid, match="predecessor"):
            sources.material(predecessor=wrong)


def test_the_algorithm_and_the_instant_are_carried():
    at = datetime(2026, 2, 3, tzinfo=UTC)
    material = make_sources(closed_at=at).material()
    assert (material.algorithm, material.at) == (ALGORITHM, at)
