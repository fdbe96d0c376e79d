"""The results of a study, composed as a whole."""

from copy import deepcopy
from io import BytesIO

import numpy as np
import pydicom
import pytest

from tests.factories import make_instance
from tests.report_sources import (
    Sources,
    earlier_report,
    make_sources,
    not_assessed,
    only,
    poor_header,
    rich_header,
)
from triage_agent.domain.delivery import ResultKind
from triage_agent.domain.instance import InstanceState
from triage_agent.errors import ReportInvalid


def three_views() -> Sources:
    return make_sources(rich_header(1), rich_header(2), poor_header(3))


def test_a_study_has_one_report_and_one_overlay_for_each_scored_image():
    sources = make_sources(
        rich_header(1),
        rich_header(2),
        others=(
            make_instance(state=InstanceState.UNREADABLE),
            make_instance(state=InstanceState.EXCLUDED),
        ),
    )
    kinds = [each.kind for each in sources.compose()]
    assert kinds == [ResultKind.STRUCTURED_REPORT, *[ResultKind.SECONDARY_CAPTURE] * 2]


@pytest.mark.parametrize("probability", [0.1, 0.9])
def test_below_threshold_is_reported_as_well(probability: float):
    assert len(make_sources(probability=probability).compose()) == 2


def test_what_was_never_assessed_has_no_results():
    with pytest.raises(ReportInvalid):
        make_sources(**not_assessed()).compose()


def test_what_is_not_assessed_any_more_has_a_report_without_overlays():
    first = only(make_sources(probability=0.1).compose(), "sr")
    later = make_sources(generation=2, **not_assessed()).without("displays")
    (report,) = later.compose(predecessor=earlier_report(first))
    assert report.kind is ResultKind.STRUCTURED_REPORT
    assert report.SOPInstanceUID != first.SOPInstanceUID


def test_a_second_run_gives_the_same_bytes():
    assert three_views().compose() == three_views().compose()


def test_what_is_said_of_an_object_is_what_is_in_it():
    for composed in three_views().compose():
        dataset = pydicom.dcmread(BytesIO(composed.encoded))
        assert dataset.SOPInstanceUID == composed.SOPInstanceUID
        assert dataset.SOPClassUID == composed.SOPClassUID
        assert dataset.file_meta.MediaStorageSOPInstanceUID == composed.SOPInstanceUID


def test_the_next_generation_has_new_objects_and_names_the_old_report():
    first = only(make_sources(rich_header(1)).compose(), "sr")
    later = make_sources(rich_header(1), generation=2).compose(predecessor=earlier_report(first))
    second = only(later, "sr")
    assert second.SOPInstanceUID != first.SOPInstanceUID
    dataset = pydicom.dcmread(BytesIO(second.encoded))
    (study,) = dataset.PredecessorDocumentsSequence
    referenced = study.ReferencedSeriesSequence[0]
    first_dataset = pydicom.dcmread(BytesIO(first.encoded))
    assert referenced.SeriesInstanceUID == first_dataset.SeriesInstanceUID
    assert referenced.ReferencedSOPSequence[0].ReferencedSOPInstanceUID == first.SOPInstanceUID


def test_nothing_that_was_given_is_changed():
    sources = three_views()
    before = deepcopy(sources)
    sources.compose()
    assert sources.headers == before.headers
    assert sources.images == before.images
    for key, display in before.displays.items():
        assert np.array_equal(sources.displays[key], display)


def test_every_scored_image_needs_its_display():
    with pytest.raises(ReportInvalid, match="lacks its display"):
        make_sources().without("displays").compose()


def test_an_open_study_has_no_results_yet():
    with pytest.raises(ReportInvalid, match="still open"):
        make_sources(closed_at=None).compose()


def test_errors_name_no_patient():
    with pytest.raises(ReportInvalid) as caught:
        make_sources(rich_header()).without("headers").compose()
    assert "ller" not in str(caught.value)
    assert "A1" not in str(caught.value)
