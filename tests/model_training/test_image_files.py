"""Images of any file become grey, and those that cannot be read are named."""

import pickle
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from model_training.cohorts.image_files import OnError, UnreadableImage, read_image
from model_training.cohorts.readable import readable
from model_training.cohorts.sample import Sample
from model_training.images import load_images
from triage_agent.infer.preprocess import Preprocessing

SPEC = Preprocessing(16, (0.5, 0.5, 0.5), (0.5, 0.5, 0.5))


def test_images_of_every_depth_and_colour_become_grey(tmp_path):
    deep = np.array([[0, 65535], [13107, 52428]], dtype=np.uint16)
    Image.fromarray(deep).save(tmp_path / "deep.png")
    assert read_image(tmp_path / "deep.png") == pytest.approx(np.array([[0, 1], [0.2, 0.8]]))
    for mode in ("L", "RGB", "RGBA", "LA", "P", "1"):
        Image.fromarray(np.full((3, 5), 255, dtype=np.uint8)).convert(mode).save(
            tmp_path / f"{mode}.png"
        )
        grey = read_image(tmp_path / f"{mode}.png")
        assert grey.shape == (3, 5)
        assert grey == pytest.approx(1.0)


@pytest.fixture
def four(tmp_path) -> list[Sample]:
    """Four images: good, missing, cut off, good."""
    rng = np.random.default_rng(1)
    samples = []
    for number in range(4):
        path = tmp_path / f"{number}.png"
        Image.fromarray(rng.integers(0, 255, (40, 30), dtype=np.uint8)).save(path)
        samples.append(
            Sample(str(number), "c", abnormal=bool(number), drawn=False, plain=True,
                   read=lambda path=path: read_image(path), region="HAND")
        )  # fmt: skip
    (tmp_path / "1.png").unlink()
    cut = (tmp_path / "2.png").read_bytes()
    (tmp_path / "2.png").write_bytes(cut[: len(cut) // 2])
    return samples


def test_unreadable_images_are_named_and_left_out_if_asked(four):
    told = []
    images = load_images(four, SPEC, on_unreadable=lambda *each: told.append(each))
    assert [sample.name for sample, _ in told] == ["1", "2"]
    assert [Path(error.name).name for _, error in told] == ["1.png", "2.png"]
    assert "is not there" in str(told[0][1])
    assert "cannot be read" in str(told[1][1])
    assert images.labels.tolist() == [False, True]
    assert images.pixels.shape == (2, 16, 16)
    assert images.regions == ("HAND", "HAND")

    told.clear()
    good = readable(
        four, OnError.SKIP, workers=2, report=lambda sample, _: told.append(sample.name)
    )
    assert [sample.name for sample in good] == ["0", "3"]
    assert told == ["1", "2"]


def test_the_first_unreadable_image_stops_the_run_if_asked(four):
    with pytest.raises(UnreadableImage, match=r"1\.png"):
        load_images(four, SPEC)
    with pytest.raises(UnreadableImage, match=r"1\.png"):
        readable(four, OnError.STOP)


def test_fractions_without_a_range_are_not_taken_for_black(tmp_path):
    Image.fromarray(np.full((4, 4), 0.7, dtype=np.float32)).save(tmp_path / "float.tif")
    with pytest.raises(UnreadableImage, match=r"float\.tif: .*save it with 8 or 16 bits"):
        read_image(tmp_path / "float.tif")


def test_what_is_no_image_is_named(tmp_path):
    for name in ("text.png", "text.dcm"):
        (tmp_path / name).write_text("nothing to see")
        with pytest.raises(UnreadableImage, match=name):
            read_image(tmp_path / name)


def test_the_error_survives_the_way_between_processes():
    error = pickle.loads(pickle.dumps(UnreadableImage("a.png", "is not there")))  # noqa: S301
    assert str(error) == "a.png: is not there"
