"""Codes against the standard's own tables, as pydicom carries them."""

from enum import Enum

import pytest
from pydicom.sr.codedict import codes

from triage_agent.dicom import codes as ours
from triage_agent.domain.region import Region

# The enums whose members must all be in a context group of PS3.16.
CONTEXT_GROUPS = {
    ours.DocumentTitle: 7021,
    ours.ProcedureReported: 100,
    ours.ObserverType: 270,
    ours.Normality: 222,
    ours.Derivation: 7464,
    ours.AlgorithmFamily: 7162,
    ours.EquipmentPurpose: 7005,
    ours.SourcePurpose: 7202,
}
MAPPINGS = {4031: ours.REGION_CODES, 244: ours.LATERALITY_CODES, 29: ours.MODALITY_CODES}


def _group(cid: int) -> set[tuple[str, str, str]]:
    group = getattr(codes, f"cid{cid}")
    found = (getattr(group, name) for name in group.dir())
    return {(code.value, code.scheme_designator, code.meaning) for code in found}


@pytest.mark.parametrize("enum", CONTEXT_GROUPS, ids=lambda enum: enum.__name__)
def test_members_are_in_their_context_group(enum: type[Enum]):
    members = {(m.value.value, m.value.scheme_designator, m.value.meaning) for m in enum}
    assert members <= _group(CONTEXT_GROUPS[enum])


@pytest.mark.parametrize("cid", MAPPINGS)
def test_mapped_codes_are_in_their_context_group(cid: int):
    mapped = {(c.value, c.scheme_designator, c.meaning) for c in MAPPINGS[cid].values()}
    assert mapped <= _group(cid)


@pytest.mark.parametrize("concept", ours.Concept)
def test_concepts_of_dcm_are_as_the_standard_writes_them(concept: ours.Concept):
    code = concept.value
    if code.scheme_designator == "DCM":
        keyword = code.meaning.title().replace(" ", "")
        assert getattr(codes.DCM, keyword) == code
        assert getattr(codes.DCM, keyword).meaning == code.meaning
    else:
        assert (code.value, code.scheme_designator) == ("260753009", "SCT")


def test_every_region_has_a_code():
    assert set(ours.REGION_CODES) == set(Region)
    assert len({code.value for code in ours.REGION_CODES.values()}) == len(Region)
