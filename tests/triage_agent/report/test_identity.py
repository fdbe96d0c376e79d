"""UIDs of results: what changes them, and what does not."""

from dataclasses import replace

import pytest

from tests.factories import make_result
from tests.report_sources import ALGORITHM, make_sources, rich_header
from triage_agent.domain.delivery import ResultKind
from triage_agent.report import identity
from triage_agent.report.identity import (
    overlay_series_uid,
    report_series_uid,
    result_uid,
    tracking_uid,
)

SR, SC = ResultKind.STRUCTURED_REPORT, ResultKind.SECONDARY_CAPTURE
SOURCES = ["1.2.3", "1.2.4"]


def test_the_order_of_the_sources_does_not_matter():
    material = make_sources().material()
    assert result_uid(material, SR, SOURCES) == result_uid(material, SR, reversed(SOURCES))


def test_whatever_changes_the_content_changes_the_uid(monkeypatch: pytest.MonkeyPatch):
    material = make_sources().material()
    algorithm = replace(ALGORITHM, weights_sha256="cd" * 32)
    device = replace(ALGORITHM, device_uid="2.25.9")
    second = make_sources(generation=2).material(predecessor=make_result())
    uids = [
        result_uid(material, SR, SOURCES),
        result_uid(material, SC, SOURCES),
        result_uid(material, SR, SOURCES[:1]),
        result_uid(make_sources().material(algorithm=algorithm), SR, SOURCES),
        result_uid(make_sources().material(algorithm=device), SR, SOURCES),
        result_uid(second, SR, SOURCES),
    ]
    monkeypatch.setattr(identity, "OUTPUT_VERSION", "next")
    uids.append(result_uid(material, SR, SOURCES))
    assert len(set(uids)) == len(uids)


def test_series_and_tracking_uids_differ_from_each_other():
    material = make_sources(rich_header(1), rich_header(2)).material()
    report = result_uid(material, SR, SOURCES)
    uids = {
        report,
        report_series_uid(report),
        overlay_series_uid(material),
        tracking_uid(report, "study"),
        tracking_uid(report, "1.2.3"),
        *(result_uid(material, SC, [uid]) for uid in SOURCES),
    }
    assert len(uids) == 7
