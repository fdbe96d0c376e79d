import numpy as np
import pytest

from triage_agent.infer.preprocess import Preprocessing, Resampling, normalise, preprocess, resize

PLAIN = Preprocessing(size=8, mean=(0.0, 0.0, 0.0), std=(1.0, 1.0, 1.0))


def test_channels_are_the_same_image_normalised_one_by_one():
    spec = Preprocessing(size=4, mean=(0.5, 0.25, 0.0), std=(0.5, 0.25, 2.0))
    result = preprocess(np.full((9, 5), 0.75, dtype=np.float32), spec)
    assert result.shape == (3, 4, 4)
    assert result.dtype == np.float32
    assert np.allclose(result[:, 0, 0], [0.5, 2.0, 0.375])
    assert np.ptp(result.reshape(3, -1), axis=1) == pytest.approx([0, 0, 0], abs=1e-6)


def test_whole_image_is_stretched_so_that_positions_map_by_scaling():
    image = np.zeros((32, 64), dtype=np.float32)
    image[24:, :16] = 1.0  # lower left: the last quarter of the rows, the first of the columns
    shrunk = preprocess(image, PLAIN)[0]
    assert shrunk[7, 0] == pytest.approx(1.0)
    assert shrunk[0, 0] == shrunk[7, 7] == 0.0
    assert shrunk.mean() == pytest.approx(image.mean(), abs=1e-3)


def test_fine_detail_is_averaged_rather_than_picked():
    stripes = np.zeros((64, 64), dtype=np.float32)
    stripes[::2] = 1.0
    assert preprocess(stripes, PLAIN)[0] == pytest.approx(0.5, abs=0.05)


def test_resampling_is_what_the_bundle_names():
    image = np.random.default_rng(1).random((40, 30), dtype=np.float32)
    bicubic = Preprocessing(8, PLAIN.mean, PLAIN.std, Resampling.BICUBIC)
    assert np.abs(resize(image, PLAIN) - resize(image, bicubic)).max() > 0.01


def test_double_precision_and_strided_images_give_the_same_input():
    image = np.random.default_rng(2).random((20, 16), dtype=np.float32)
    padded = np.zeros((20, 32))
    padded[:, ::2] = image
    assert np.array_equal(preprocess(padded[:, ::2], PLAIN), preprocess(image, PLAIN))


def test_a_batch_is_normalised_like_its_images():
    batch = np.random.default_rng(3).random((2, 8, 8), dtype=np.float32)
    spec = Preprocessing(8, (0.4, 0.5, 0.6), (0.2, 0.3, 0.4))
    assert np.array_equal(normalise(batch, spec)[1], normalise(batch[1], spec))


@pytest.mark.parametrize(
    ("image", "cause"),
    [
        (np.zeros((2, 3, 4), dtype=np.float32), "rows x columns"),
        (np.zeros((0, 4), dtype=np.float32), "rows x columns"),
        (np.zeros((4, 4), dtype=np.uint8), "floating point"),
        (np.full((4, 4), np.nan, dtype=np.float32), "finite"),
    ],
)
def test_what_is_no_displayed_radiograph_is_refused(image, cause):
    with pytest.raises(ValueError, match=cause):
        preprocess(image, PLAIN)


@pytest.mark.parametrize(
    ("size", "mean", "std", "cause"),
    [
        (0, (0.5,) * 3, (0.5,) * 3, "size"),
        (8, (0.5,) * 2, (0.5,) * 3, "mean"),
        (8, (0.5, 0.5, float("nan")), (0.5,) * 3, "mean"),
        (8, (0.5,) * 3, (0.5,) * 4, "std"),
        (8, (0.5,) * 3, (0.5, 0.5, 0.0), "std"),
        (8, (0.5,) * 3, (0.5, 0.5, float("inf")), "std"),
    ],
)
def test_a_nonsensical_specification_is_refused(size, mean, std, cause):
    with pytest.raises(ValueError, match=cause):
        Preprocessing(size, mean, std)
