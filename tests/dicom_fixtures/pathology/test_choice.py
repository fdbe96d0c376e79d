"""What subjects suffer from: the paper's shares, nothing in another's way, always the same."""

from collections import Counter

import numpy as np
import pytest

from dicom_fixtures import anatomy
from dicom_fixtures.pathology import Disorder, Group, Kind, choose, joints_of, only_view
from dicom_fixtures.pathology.choice import GRADES, NEVER_HIDDEN, ONE_VIEW_SHARE, SHARES
from dicom_fixtures.pathology.fracture import DISPLACING
from triage_agent.domain.region import Region

PAPER = {
    Group.FRACTURE: 0.53,
    Group.HARDWARE: 0.48,
    Group.DEGENERATIVE: 0.35,
    Group.OTHER: 0.29,
}
BODIES = {region: anatomy.build(region, "PA", np.random.default_rng(1)) for region in Region}
STUDIES = 2100


def ills(seed: int, region: Region, *, child: bool = False) -> tuple[Disorder, ...]:
    body = BODIES[region]
    joints = joints_of(region, body.bones, body.sites)
    return choose(region, body.sites, joints, np.random.default_rng((seed, 3)), child=child)


@pytest.fixture(scope="module")
def many() -> list[tuple[Disorder, ...]]:
    regions = tuple(Region)
    return [ills(seed, regions[seed % len(regions)]) for seed in range(STUDIES)]


def test_the_joint_distribution_has_exactly_the_papers_sums():
    assert sum(SHARES.values()) == pytest.approx(1.0)
    for group, share in PAPER.items():
        assert sum(part for groups, part in SHARES.items() if group in groups) == pytest.approx(
            share
        )


def test_many_studies_have_the_papers_shares(many: list[tuple[Disorder, ...]]):
    for group, share in PAPER.items():
        found = np.mean([any(ill.kind.group is group for ill in study) for study in many])
        assert found == pytest.approx(share, abs=4 * (share * (1 - share) / STUDIES) ** 0.5)


def test_every_study_has_one_to_three_findings_of_different_groups(
    many: list[tuple[Disorder, ...]],
):
    for study in many:
        assert 1 <= len(study) <= 3
        assert len({ill.kind.group for ill in study}) == len(study)
    assert {len(study) for study in many} == {1, 2, 3}


def test_every_kind_occurs_but_only_children_buckle(many: list[tuple[Disorder, ...]]):
    young = [ills(seed, Region.WRIST, child=True) for seed in range(200)]

    assert {ill.kind for study in many for ill in study} == set(Kind) - {Kind.BUCKLE}
    assert Kind.BUCKLE in {ill.kind for study in young for ill in study}


def test_a_few_findings_are_subtle_and_most_are_plain(many: list[tuple[Disorder, ...]]):
    drawn = np.array([ill.conspicuity for study in many for ill in study])

    assert drawn.min() >= GRADES[0][1]
    assert drawn.max() <= 1.0
    for share, low, high in GRADES:
        assert ((drawn >= low) & (drawn < high)).mean() == pytest.approx(share, abs=0.04)


def test_every_finding_lies_at_a_given_site_or_joint():
    for region, body in BODIES.items():
        joints = joints_of(region, body.bones, body.sites)
        for seed in range(60):
            for ill in ills(seed, region):
                if ill.joint:
                    assert ill.joint in joints
                else:
                    low, high = body.sites[ill.bone]
                    assert low <= ill.t <= high
                assert ill.place in ill.sentence


def test_nothing_else_is_drawn_on_a_bone_that_came_apart(many: list[tuple[Disorder, ...]]):
    for study in many:
        apart = {ill.bone for ill in study if ill.kind in DISPLACING and not ill.fixed}
        others = [ill for ill in study if ill.kind not in DISPLACING]
        assert not any(ill.bone in apart for ill in others)
        assert not any(ill.joint and ill.joint.bones & apart for ill in others)


def test_hardware_that_holds_a_fracture_lies_where_the_fracture_is(
    many: list[tuple[Disorder, ...]],
):
    held = [study for study in many if study[0].fixed]

    assert len(held) > STUDIES / 10
    for fracture, hardware, *_ in held:
        assert (fracture.kind.group, hardware.kind.group) == (Group.FRACTURE, Group.HARDWARE)
        assert (fracture.bone, fracture.t) == (hardware.bone, hardware.t)


def test_some_studies_show_their_findings_in_one_view_only(many: list[tuple[Disorder, ...]]):
    views = anatomy.VIEWS[:3]
    shown = [
        only_view(study, views, np.random.default_rng((seed, 4))) for seed, study in enumerate(many)
    ]

    assert np.mean([view is not None for view in shown]) == pytest.approx(ONE_VIEW_SHARE, abs=0.02)
    assert set(Counter(shown)) == {None, *views}
    for study, view in zip(many, shown, strict=True):
        assert view is None or not any(ill.kind in NEVER_HIDDEN for ill in study)


def test_a_study_of_one_view_shows_its_findings(many: list[tuple[Disorder, ...]]):
    for seed, study in enumerate(many[:200]):
        assert only_view(study, ("PA",), np.random.default_rng((seed, 4))) is None


def test_the_same_stream_gives_the_same_disorders():
    assert [ills(seed, Region.HAND) for seed in range(20)] == [
        ills(seed, Region.HAND) for seed in range(20)
    ]
