"""Subjects: shares of age, casts and jewels, and what age does to bones."""

import numpy as np
import pytest

from dicom_fixtures import anatomy
from dicom_fixtures.bones import Anatomy, Bone
from dicom_fixtures.growth import suited
from dicom_fixtures.projection import Field, Grid, attenuation, locate, project
from dicom_fixtures.subject import ADULT_YEARS, Cast, Subject
from triage_agent.domain.region import Region


def person(age: int, *, scale: float = 1.0, slender: float = 1.0) -> Subject:
    return Subject(
        age_years=age, scale=scale, slender=slender, flesh=1.0, fat=0.1, cortex=1.0,
        cast=None, jewel=False,
    )  # fmt: skip


def population(region: Region, count: int = 3000) -> list[Subject]:
    return [Subject.drawn(region, np.random.default_rng((5, each))) for each in range(count)]


def hand(age: int) -> Anatomy:
    return suited(anatomy.build(Region.HAND, "PA", np.random.default_rng(1)), person(age))


def bone_of(body: Anatomy, name: str) -> Bone:
    return next(bone for bone in body.bones if bone.name == name)


def length(bone: Bone) -> float:
    return float(np.linalg.norm(bone.end - bone.start))


def drawn(bone: Bone) -> Field:
    """The bone alone on a fine grid of its own."""
    tube = project(bone, np.eye(3), 1.0)
    middle = (tube.start + tube.end) / 2.0
    grid = Grid.around(middle, (90.0, 90.0), 900, 900)
    patch = locate(tube, grid)
    assert patch is not None
    whole = np.zeros(grid.shape, dtype=np.float32)
    whole[patch.window] = attenuation(tube, patch, np.ones(grid.shape, dtype=np.float32))
    return whole


def test_a_sixth_are_children_and_none_is_between_child_and_adult():
    people = population(Region.HAND)
    children = [each for each in people if each.child]

    assert 0.12 < len(children) / len(people) < 0.18
    assert {each.age_years for each in children} == set(range(3, ADULT_YEARS))
    assert min(each.age_years for each in people if not each.child) >= 18
    assert max(each.age_years for each in people) <= 88


def test_children_are_smaller_and_carry_less_flesh():
    people = population(Region.ELBOW)

    def mean(name: str, *, child: bool) -> float:
        return float(np.mean([getattr(each, name) for each in people if each.child is child]))

    assert mean("scale", child=True) < 0.85 * mean("scale", child=False)
    assert mean("flesh", child=True) < mean("flesh", child=False)


def test_casts_and_jewels_are_worn_by_few():
    people = [each for region in Region for each in population(region, 1000)]

    assert 0.06 < np.mean([each.cast is not None for each in people]) < 0.10
    assert {each.cast for each in people} == {*Cast, None}
    assert 0.02 < np.mean([each.jewel for each in people]) < 0.04
    assert not any(each.jewel and each.child for each in people)
    assert not any(each.cast for each in population(Region.SHOULDER, 500))


def test_the_number_of_draws_is_the_same_for_everyone():
    streams = [np.random.default_rng(seed) for seed in range(40)]
    drawn_people = [Subject.drawn(Region.HAND, stream) for stream in streams]
    positions = []
    for seed, stream in enumerate(streams):
        fresh = np.random.default_rng(seed)
        fresh.uniform(size=9)
        fresh.integers(len(Cast))
        positions.append(fresh.uniform() == stream.uniform())

    assert len({each.age_years for each in drawn_people}) > 20
    assert all(positions)


def test_carpals_turn_to_bone_one_after_the_other():
    sizes = [
        [length(bone_of(hand(age), name)) for age in (3, 6, 12, 30)]
        for name in ("capitate", "scaphoid", "pisiform")
    ]

    for ages in sizes:
        assert ages == sorted(ages)
        assert ages[0] < ages[-1]
    assert bone_of(hand(4), "pisiform").density < 0.05
    assert bone_of(hand(4), "capitate").density > 0.5
    assert len(hand(4).bones) == len(hand(30).bones)


@pytest.mark.parametrize(
    ("name", "plate"),
    [
        ("proximal phalanx of the index finger", 0.11),
        ("metacarpal of the thumb", 0.11),
        ("metacarpal of the index finger", 0.86),
        ("radius", 0.968),
    ],
)
def test_a_growth_plate_is_a_dark_line_across_a_growing_bone(name: str, plate: float):
    young, old = bone_of(hand(10), name), bone_of(hand(40), name)

    assert plate in young.plates
    assert old.plates == ()
    tube = project(young, np.eye(3), 1.0)
    assert tube.solid is not None
    at = round(plate * (len(tube.solid) - 1))
    away = 0.05 if plate < 0.5 else -0.05
    assert tube.solid[at] < 0.5 < tube.solid[round((plate + away) * (len(tube.solid) - 1))]


def test_a_growing_phalanx_takes_less_from_the_beam_than_a_grown_one():
    name = "proximal phalanx of the index finger"
    young, old = drawn(bone_of(hand(10), name)), drawn(bone_of(hand(40), name))

    assert (young <= old + 1e-6).all()
    assert young.sum() < 0.97 * old.sum()


def test_slender_bones_are_narrower_but_as_long():
    body = anatomy.build(Region.FOREARM, "PA", np.random.default_rng(1))
    slim = bone_of(suited(body, person(40, slender=0.9)), "radius")
    plain = bone_of(suited(body, person(40)), "radius")

    assert length(slim) == length(plain)
    assert max(slim.profile.half_widths_mm) == pytest.approx(
        0.9 * max(plain.profile.half_widths_mm)
    )
