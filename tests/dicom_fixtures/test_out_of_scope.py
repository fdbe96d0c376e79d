import numpy as np
import pytest

from dicom_fixtures.out_of_scope import KINDS, draw


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_fills_images_of_any_shape(kind: str) -> None:
    for seed, shape in enumerate([(32, 48), (96, 64)]):
        image = draw(kind, seed, *shape)
        assert image.dtype == np.float32
        assert image.shape == shape
        assert 0.0 <= float(image.min()) <= float(image.max()) <= 1.0


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_seed_gives_the_same_pixels_and_another_does_not(kind: str) -> None:
    first, again, other = (draw(kind, seed, 64, 64) for seed in (3, 3, 4))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_kinds_differ() -> None:
    drawn = [draw(kind, 0, 64, 64) for kind in KINDS]
    for index, image in enumerate(drawn):
        assert not any(np.allclose(image, other, atol=0.05) for other in drawn[:index])


def test_a_chest_is_dark_in_the_lungs_and_bright_in_the_middle() -> None:
    image = draw("chest", 1, 200, 200)
    lungs = np.concatenate([image[80:120, 40:70], image[80:120, 130:160]])
    assert float(image[80:120, 95:105].mean()) > float(lungs.mean()) + 0.2


@pytest.mark.parametrize(
    ("kind", "seed", "rows", "columns", "cause"),
    [
        ("dog", 0, 64, 64, "one of chest"),
        ("chest", -1, 64, 64, "negative"),
        ("chest", 0, 31, 64, "at least 32"),
        ("chest", 0, 64, 31, "at least 32"),
    ],
)
def test_what_cannot_be_drawn_is_refused(
    kind: str, seed: int, rows: int, columns: int, cause: str
) -> None:
    with pytest.raises(ValueError, match=cause):
        draw(kind, seed, rows, columns)
