"""What the demonstration sends: the whole of it is drawn once for this module."""

import pytest
from pydicom import dcmread

from dicom_fixtures.pathology import Group
from triage_agent.assemble.scope import ScopeRule
from triage_agent.assemble.vocabulary import builtin_vocabulary
from triage_agent.demo_studies import ABNORMAL, STUDIES, make_studies
from triage_agent.dicom.headers import parse_header
from triage_agent.domain.instance import InstanceState
from triage_agent.domain.region import Region
from triage_agent.prioritise.stat import is_stat


@pytest.fixture(scope="module")
def studies(tmp_path_factory):
    return list(make_studies(tmp_path_factory.mktemp("demo") / "studies"))


def header_of(path):
    content = path.read_bytes()
    length = int.from_bytes(content[140:144], "little")  # (0002,0000) UL stands first
    syntax = dcmread(path, stop_before_pixels=True).file_meta.TransferSyntaxUID
    return parse_header(content[144 + length :], syntax)


@pytest.fixture(scope="module")
def headers(studies):
    return {study.StudyInstanceUID: [header_of(path) for path in study.paths] for study in studies}


def test_there_are_as_many_as_are_announced(studies):
    assert len(studies) == len({study.StudyInstanceUID for study in studies}) == STUDIES
    assert all(path.is_file() for study in studies for path in study.paths)


def test_the_abnormal_ones_come_last_and_show_every_group_of_findings(studies):
    abnormal = [study for study in studies if study.truth == ABNORMAL]
    assert studies[-len(abnormal) :] == abnormal
    assert {group for study in abnormal for group in study.groups} == {*map(str, Group)}
    assert all(len(study.findings) >= len(study.groups) > 0 for study in abnormal)
    assert not any(study.groups or study.findings for study in studies if study not in abnormal)


def test_every_region_is_recognised_and_the_knee_is_out_of_scope(studies, headers):
    rule = ScopeRule(builtin_vocabulary(), {})
    decisions = {
        study.part: {
            (decision.state, decision.region, decision.reason)
            for decision in map(rule.decide, headers[study.StudyInstanceUID])
        }
        for study in studies
    }
    assert decisions.pop("knee") == {
        (InstanceState.EXCLUDED, None, "body part KNEE is out of scope")
    }
    recognised = {region for decided in decisions.values() for _, region, _ in decided}
    assert recognised == set(Region)
    for part, decided in decisions.items():
        [(state, region, _)] = decided
        assert state is InstanceState.RECEIVED
        assert part.endswith(region.value.lower())


def test_one_study_is_ordered_as_stat(studies, headers):
    ordered = [
        study.part
        for study in studies
        if any(is_stat(header.priorities) for header in headers[study.StudyInstanceUID])
    ]
    assert len(ordered) == 1
    assert ordered[0].endswith("hand")
