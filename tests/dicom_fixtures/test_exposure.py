"""How the limb is laid down, dressed, marked, exposed and displayed."""

import numpy as np
import pytest

from dicom_fixtures import anatomy, flesh, physics
from dicom_fixtures.bones import Anatomy
from dicom_fixtures.collimation import Collimation
from dicom_fixtures.growth import suited
from dicom_fixtures.jewellery import Hoop
from dicom_fixtures.marker import Marker, Stamp, Style
from dicom_fixtures.physics import Technique
from dicom_fixtures.placement import Placement, placed
from dicom_fixtures.projection import Tube, project
from dicom_fixtures.subject import Cast, Subject
from triage_agent.domain.region import Region

SHAPE = (120, 100)
ADULT = Subject(
    age_years=40, scale=1.0, slender=1.0, flesh=1.0, fat=0.1, cortex=1.0, cast=None, jewel=False
)


def lying(region: Region, seed: int) -> tuple[Anatomy, Placement, list[Tube]]:
    body = suited(anatomy.build(region, "PA", np.random.default_rng(1)), ADULT)
    at = placed(body, ADULT, "R", 0.0, SHAPE, rng=np.random.default_rng(seed))
    return body, at, [project(bone, at.pose, 1.0) for bone in body.bones]


def turn_of(pose: np.ndarray) -> float:
    """By how much the limb's long axis is turned in the image, degrees."""
    return float(np.degrees(np.arctan2(-pose[0, 1], pose[1, 1])))


def test_most_limbs_lie_nearly_straight_and_some_are_turned():
    turns = np.abs([turn_of(lying(Region.WRIST, seed)[1].pose) for seed in range(400)])

    assert 0.65 < np.mean(turns < 21.0) < 0.85
    assert 0.06 < np.mean(turns > 60.0) < 0.20
    assert 0.06 < np.mean((turns > 21.0) & (turns < 60.0)) < 0.20


@pytest.mark.parametrize("region", Region)
def test_what_may_be_ill_is_in_the_field_and_inside_every_collimation(region: Region):
    for seed in range(40):
        body, at, tubes = lying(region, seed)
        field = Collimation.drawn(at.room, np.random.default_rng(seed)).field(SHAPE)
        for tube in tubes:
            for share in body.sites.get(tube.bone.name, ()):
                place = tube.at(share)
                column = int(np.searchsorted(at.grid.x[0], place[0]))
                row = int(np.searchsorted(at.grid.y[:, 0], place[1]))
                assert 0 < column < SHAPE[1], (tube.bone.name, seed)
                assert 0 < row < SHAPE[0], (tube.bone.name, seed)
                assert field is None or field[row, column] > 0.5, (tube.bone.name, seed)


def test_fields_are_tight_or_wide():
    pitches = [lying(Region.HAND, seed)[1].grid.pitch_mm for seed in range(100)]

    assert max(pitches) > 1.3 * min(pitches)


def test_collimations_are_open_straight_round_and_unexposed():
    drawn = [Collimation.drawn((0.1, 0.1), np.random.default_rng(seed)) for seed in range(300)]
    fields = [each.field(SHAPE) for each in drawn]

    assert 0.2 < np.mean([field is None for field in fields]) < 0.55
    assert 0.02 < np.mean([each.round for each in drawn]) < 0.09
    assert any(each.border > 0.8 and any(each.margins) for each in drawn)
    assert any(each.border < 0.1 and any(each.margins) for each in drawn)
    for field in fields:
        if field is not None:
            assert field.min() >= 0.0
            assert field.max() == 1.0
            assert field[60, 50] == 1.0


def test_every_style_of_marker_occurs_and_lies_inside_the_field():
    _, at, tubes = lying(Region.FOREARM, 3)
    body = lying(Region.FOREARM, 3)[0]
    calm = flesh.outline(body, tubes, at.pose, 1.0, at.grid)
    styles = set()
    for seed in range(150):
        marker = Marker.drawn(np.random.default_rng(seed))
        if marker is None:
            continue
        styles.add(marker.style)
        stamp = Stamp.on(marker, "RL"[seed % 2], calm, 0.1, at.grid)
        rows, columns = stamp.window
        assert stamp.inked.max() > 0.8
        assert stamp.inked.shape == (rows.stop - rows.start, columns.stop - columns.start)
        for axis, span in enumerate((rows, columns)):
            assert 0.05 * SHAPE[axis] < span.start
            assert span.stop < 0.98 * SHAPE[axis]
    assert styles == set(Style)
    assert any(Marker.drawn(np.random.default_rng(seed)) is None for seed in range(150))


def test_lead_hides_the_beam_and_a_printed_letter_is_written_afterwards():
    _, at, tubes = lying(Region.FOREARM, 3)
    body = lying(Region.FOREARM, 3)[0]
    calm = flesh.outline(body, tubes, at.pose, 1.0, at.grid)
    for style in Style:
        marker = Marker(style, "AB", 12.0, 0.0, 3.0, 0.2)
        stamp = Stamp.on(marker, "R", calm, 0.0, at.grid)
        taken = np.zeros(SHAPE, dtype=np.float32)
        image = np.zeros(SHAPE, dtype=np.float32)
        stamp.shield(taken)
        stamp.print_on(image)
        printed = style is Style.PRINTED
        assert bool(taken.max() == 0.0) is printed
        assert bool(image.max() > 0.8) is printed


def test_the_letters_of_both_sides_differ():
    marker = Marker(Style.LETTER, "AB", 12.0, 0.0, 3.0, 0.2)
    left, right = marker.shape("L", 20), marker.shape("R", 20)

    assert left.shape != right.shape or not np.array_equal(left, right)


@pytest.mark.parametrize("material", Cast)
def test_a_cast_takes_from_the_beam_around_the_limb_and_nowhere_else(material: Cast):
    body, at, tubes = lying(Region.WRIST, 2)
    whole = flesh.outline(body, tubes, at.pose, 1.0, at.grid)
    middle = (at.pose @ body.cast_at)[:2]
    taken = flesh.cast(whole, material, (middle, 40.0), at.grid, np.random.default_rng(1))
    x, y = at.grid.x - middle[0], at.grid.y - middle[1]

    assert taken.dtype == np.float32
    assert taken.min() >= 0.0
    assert taken.max() > 0.1
    assert taken[np.hypot(x, y) > 45.0].max() == 0.0
    assert (taken > 0.0).mean() > 0.02


@pytest.mark.parametrize("region", [Region.HAND, Region.FINGER, Region.WRIST])
def test_a_hoop_is_a_small_piece_of_dense_metal(region: Region):
    body, at, tubes = lying(region, 2)
    taken = np.zeros(SHAPE, dtype=np.float32)
    Hoop.on(region, body, tubes, at, rng=np.random.default_rng(3)).wear(taken, at.grid)

    assert taken.max() > 0.5
    assert 0.0 < (taken > 0.0).mean() < 0.15


def test_muscle_takes_more_than_fat_and_air_less():
    body, at, tubes = lying(Region.SHOULDER, 1)
    whole = flesh.outline(body, tubes, at.pose, 1.0, at.grid)
    taken, thickness = flesh.attenuation(whole, body, ADULT, at, np.random.default_rng(1))
    share = taken[thickness > 20.0] / thickness[thickness > 20.0]

    assert share.max() <= flesh.MUSCLE_PER_MM * 1.1
    assert np.quantile(share, 0.9) > flesh.FAT_PER_MM
    assert share.min() < 0.7 * flesh.FAT_PER_MM
    assert taken.min() >= 0.0


def plain(**changed: float) -> Technique:
    base = {
        "quanta_per_mm2": 1e9, "scatter": 0.0, "heel": (0.0, 0.0), "vignette": 0.0, "blur": 0.0,
        "banding": 0.0, "enhancement": 0.0, "sharpening": 0.0, "gamma": 1.0, "contrast": 0.0,
        "floor": 0.1, "headroom": 0.0, "base": 0.0,
    }  # fmt: skip
    return Technique(**{**base, **changed})  # type: ignore[arg-type]


def measured(technique: Technique) -> np.ndarray:
    """What a uniform block behind an edge gives."""
    exponent = np.zeros((64, 64), dtype=np.float32)
    exponent[:, 32:] = 2.0
    return physics.exposed(exponent, technique, 0.2, np.random.default_rng(1))


def test_a_plain_exposure_gives_the_exponent_back():
    logarithm = measured(plain())

    assert logarithm[:, :30] == pytest.approx(0.0, abs=0.01)
    assert logarithm[:, 34:] == pytest.approx(2.0, abs=0.01)


def test_scatter_fills_shadows_blur_widens_edges_and_noise_grows_with_fewer_quanta():
    assert measured(plain(scatter=0.2))[:, 40:].mean() < 1.9
    assert 0.05 < measured(plain(blur=0.1))[:, 31].mean() < 0.5
    quiet, loud = (measured(plain(quanta_per_mm2=quanta))[:, 40:].std() for quanta in (1e6, 1e4))
    assert loud > 5.0 * quiet
    assert measured(plain(heel=(0.1, 0.0)))[:4, :30].mean() > 0.05
    assert measured(plain(vignette=0.1))[:4, :4].mean() > 0.05
    assert measured(plain(banding=0.05))[:, :30].mean(axis=1).std() > 0.02


def test_the_display_uses_its_range_and_lifts_its_black():
    logarithm = measured(plain())
    body = (logarithm > 1.0).astype(np.float32)
    shown = physics.displayed(logarithm, body, plain())
    lifted = physics.displayed(logarithm, body, plain(base=0.1, gamma=1.5, contrast=0.5))

    assert shown.dtype == lifted.dtype == np.float32
    assert shown.min() == 0.0
    assert shown.max() <= 1.0
    assert lifted.min() == pytest.approx(0.1, abs=1e-3)
    assert lifted.max() <= 1.0


def test_sharpening_overshoots_at_an_edge():
    logarithm = measured(plain(blur=0.15))
    body = np.ones((64, 64), dtype=np.float32)
    soft = physics.displayed(logarithm, body, plain(headroom=0.5, floor=0.5))
    crisp = physics.displayed(logarithm, body, plain(sharpening=1.0, headroom=0.5, floor=0.5))

    assert np.abs(np.diff(crisp[32])).max() > 1.1 * np.abs(np.diff(soft[32])).max()


def test_a_field_without_a_patient_still_gives_an_image():
    exponent = np.zeros((40, 40), dtype=np.float32)
    technique = Technique.drawn(np.random.default_rng(2))
    logarithm = physics.exposed(exponent, technique, 0.2, np.random.default_rng(1))

    image = physics.displayed(logarithm, exponent, technique)

    assert np.isfinite(image).all()
    assert 0.0 <= image.min() < image.max() <= 1.0
