"""Dividing images, and the two cohorts."""

import itertools
import json

import numpy as np
import pytest

from model_training.cohorts.fracatlas import SHARES, block_of, fracatlas
from model_training.cohorts.image_files import read_image
from model_training.cohorts.sample import Part
from model_training.cohorts.splits import assign_parts, connected
from model_training.cohorts.synthetic import FIRST_SEED, synthetic
from model_training.images import load_images
from triage_agent.domain.region import Region
from triage_agent.infer.preprocess import Preprocessing

SPEC = Preprocessing(16, (0.5,) * 3, (0.5,) * 3)


def parts_of(divided):
    return {sample.name: part for part, samples in divided.items() for sample in samples}


def test_no_block_and_no_near_duplicate_is_on_two_sides(small_fracatlas):
    parts = parts_of(fracatlas(small_fracatlas, seed=3))
    for one, other in itertools.combinations(parts, 2):
        if block_of(one) == block_of(other):
            assert parts[one] is parts[other]
    pairs = json.loads((small_fracatlas / "near_duplicates.json").read_text())
    assert all(parts[one] is parts[other] for one, _, other, _, _ in pairs)


def test_parts_have_their_share_of_both_labels(small_fracatlas):
    divided = fracatlas(small_fracatlas, seed=3)
    samples = [sample for part in divided.values() for sample in part]
    for part, share in SHARES.items():
        for label in (False, True):
            whole = sum(sample.abnormal is label for sample in samples)
            here = sum(sample.abnormal is label for sample in divided[part])
            assert here == pytest.approx(share * whole, abs=0.06 * whole)


def test_only_upper_extremities_with_a_clean_label_are_used(small_fracatlas):
    names = set(parts_of(fracatlas(small_fracatlas, seed=3)))
    assert "IMG0000001.jpg" not in names
    assert "IMG0000057.jpg" not in names
    assert len(names) == 480 - 12 - 10


def test_the_seed_decides_the_division(small_fracatlas):
    first = parts_of(fracatlas(small_fracatlas, seed=3))
    assert parts_of(fracatlas(small_fracatlas, seed=3)) == first
    assert parts_of(fracatlas(small_fracatlas, seed=4)) != first


def test_images_with_shortcuts_are_not_plain(small_fracatlas):
    samples = {s.name: s for part in fracatlas(small_fracatlas, seed=3).values() for s in part}
    plain = [samples[f"IMG000000{n}.jpg"].plain for n in (0, 2, 3, 4)]
    assert plain == [True, False, False, False]


def test_images_are_read_as_grey_in_0_to_1(small_fracatlas):
    grey = read_image(small_fracatlas / "images" / "IMG0000003.jpg")
    assert grey.shape == (6, 4)
    assert grey.dtype == np.float32
    assert grey == pytest.approx(180 / 255, abs=0.01)


def test_a_manifest_without_usable_images_is_refused(small_fracatlas):
    manifest = small_fracatlas / "manifest.csv"
    manifest.write_text(manifest.read_text().replace("upper", "lower_limb"))
    with pytest.raises(ValueError, match=r"manifest\.csv"):
        fracatlas(small_fracatlas, seed=1)


def test_real_fracatlas_divides_cleanly(shared_data):
    divided = fracatlas(shared_data / "fracatlas", seed=1)
    parts = parts_of(divided)
    assert len(parts) == 1182
    blocks = {part: {block_of(s.name) for s in samples} for part, samples in divided.items()}
    assert not blocks[Part.TRAINING] & blocks[Part.TEST]
    assert not blocks[Part.TRAINING] & blocks[Part.VALIDATION]
    assert not blocks[Part.VALIDATION] & blocks[Part.TEST]
    pairs = json.loads((shared_data / "fracatlas" / "near_duplicates.json").read_text())
    for one, _, other, _, _ in pairs:
        if one in parts and other in parts:
            assert parts[one] is parts[other]


def test_links_join_groups_through_strangers():
    assert connected([1, 2, 3, 4], [(1, 9), (9, 3)]) == [[1, 3], [2], [4]]


def test_shares_must_add_up():
    with pytest.raises(ValueError, match="add up"):
        assign_parts([["a"]], {"a": True}, {Part.TRAINING: 0.5}, seed=1)


def test_synthetic_parts_share_no_subject():
    seeds = {
        part: {int(sample.name.split("-")[1]) for sample in synthetic(part, 3)} for part in Part
    }
    assert not seeds[Part.TRAINING] & seeds[Part.VALIDATION]
    assert not seeds[Part.TRAINING] & seeds[Part.TEST]
    assert min(min(each) for each in seeds.values()) == min(FIRST_SEED.values())


def test_synthetic_cohort_shows_every_region_normal_and_abnormal():
    samples = synthetic(Part.TEST, 2)
    assert len(samples) == len({sample.name for sample in samples}) == 7 * 2 * 2
    for region in Region:
        labels = [s.abnormal for s in samples if s.name.startswith(f"{region}-")]
        assert sorted(labels) == [False, False, True, True]


def test_images_are_loaded_in_order_with_their_labels():
    samples = synthetic(Part.VALIDATION, 1)[:4]
    seen = []
    images = load_images(samples, SPEC, lambda: seen.append(1))
    assert len(seen) == len(images) == 4
    assert images.labels.tolist() == [False, True, False, True]
    assert images.drawn.all()
    assert 0 <= images.pixels.min() < images.pixels.max() <= 1
    again = load_images(samples[2:3], SPEC)
    assert np.array_equal(images.pixels[2], again.pixels[0])


def test_sets_can_be_joined_divided_and_shrunk():
    images = load_images(synthetic(Part.VALIDATION, 1)[:4], SPEC)
    both = images + images.subset(images.labels)
    assert both.labels.tolist() == [False, True, False, True, True, True]
    small = images.shrunk(Preprocessing(8, SPEC.mean, SPEC.std))
    assert small.pixels.shape == (4, 8, 8)
    assert small.pixels.mean() == pytest.approx(float(images.pixels.mean()), abs=0.01)
