import dataclasses
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread

from tests.factories import Value
from tests.fakes.bundle import make_preprocessing
from tests.triage_agent.adapters.torch_inference.conftest import save_image
from tests.triage_agent.dicom.images import make_image
from triage_agent.adapters.torch_inference import decoder
from triage_agent.adapters.torch_inference.decoder import DecoderPool
from triage_agent.adapters.torch_inference.decoder_radiographs import pack, reduce, unpack
from triage_agent.dicom.radiograph import read_radiograph
from triage_agent.domain.radiograph import Radiograph
from triage_agent.errors import DecoderCrashed, PixelsUnreadable


@pytest.fixture
def pool() -> Iterator[DecoderPool]:
    made = DecoderPool(
        Path,
        (make_preprocessing(32),),
        will_pass=lambda *_: False,
        seconds=60.0,
        memory_bytes=2**31,
        processes=1,
    )
    yield made
    made.close()


def assert_same(one: Radiograph, other: Radiograph) -> None:
    for field in dataclasses.fields(Radiograph):
        ours, theirs = getattr(one, field.name), getattr(other, field.name)
        if isinstance(ours, np.ndarray):
            assert ours.dtype == theirs.dtype
            np.testing.assert_array_equal(ours, theirs)
        else:
            assert ours == theirs, field.name


def make(**elements: Value) -> Radiograph:
    pixels = np.random.default_rng(3).integers(0, 4096, (50, 70)).astype("<u2")
    return read_radiograph(make_image(pixels, BitsStored=12, **elements))


def test_a_child_gives_every_value(pool: DecoderPool, radiograph: Path) -> None:
    read = pool.radiograph(str(radiograph), 100)
    assert_same(read, read_radiograph(dcmread(radiograph)))
    np.testing.assert_array_equal(read.codes.ravel(), np.arange(2400))


def test_a_large_image_comes_reduced_and_says_how_large_it_is(
    pool: DecoderPool, radiograph: Path
) -> None:
    read = pool.radiograph(str(radiograph), 30)
    assert read.codes.shape == (30, 20)
    assert (read.source_rows, read.source_columns) == (60, 40)


def test_a_file_that_is_no_image(pool: DecoderPool, tmp_path: Path) -> None:
    blank = save_image(tmp_path / "blank.dcm", np.zeros((4, 4), dtype="<u2"))
    with pytest.raises(PixelsUnreadable, match="blank"):
        pool.radiograph(str(blank), 100)


@pytest.mark.parametrize(
    "elements",
    [
        {},
        {"PixelPaddingValue": 0, "PixelSpacing": [0.1, 0.2]},
        {"WindowCenter": [100, 200], "WindowWidth": [10, 20], "RescaleSlope": 0.1},
    ],
)
def test_what_is_packed_comes_out_the_same(elements: dict[str, Value]) -> None:
    read = make(**elements)
    head, body = pack(read)
    json_head = {
        key: list(value) if isinstance(value, tuple) else value for key, value in head.items()
    }
    assert_same(unpack(json_head, bytearray(body)), read)


def test_a_small_image_is_not_touched() -> None:
    read = make()
    assert reduce(read, 70) is read


def test_a_reduced_value_is_a_mean() -> None:
    reduced = reduce(make(), 7)
    assert reduced.codes.shape == (5, 7)
    assert 1900 < reduced.codes.mean() < 2200
    assert np.ptp(reduced.codes) < 1000


def test_padding_takes_no_part_in_a_reduced_value() -> None:
    pixels = np.full((40, 40), 1000, dtype="<u2")
    pixels[0, 0] = 1100
    pixels[:, 20:] = 65535
    read = read_radiograph(make_image(pixels, PixelPaddingValue=65535))
    reduced = reduce(read, 8)
    assert set(np.unique(reduced.codes[1:])) == {1000, 65535}
    assert (reduced.codes[:, 4:] == 65535).all()


def test_a_mean_is_not_taken_for_padding() -> None:
    pixels = np.tile(np.array([[0, 200]], dtype="<u2"), (40, 20))
    pixels[0, 0] = 100
    read = read_radiograph(make_image(pixels, PixelPaddingValue=100))
    reduced = reduce(read, 4)
    assert (reduced.codes != 100).all()
    assert (abs(reduced.codes.astype(int) - 100) < 5).all()


BROKEN: dict[str, dict[str, object]] = {
    "size": {"shape": [50, 71]},
    "no size": {"shape": [0, 70]},
    "one side": {"shape": [50]},
    "not a size": {"shape": "large"},
    "few values": {"values": 16},
    "too many values": {"values": 65_537},
    "window": {"windows": [{"center": "x", "width": 1, "name": ""}]},
    "endless window": {"windows": [{"center": 1, "width": "inf", "name": ""}]},
    "not a window": {"windows": [7]},
    "padding": {"padding": [1]},
    "spacing": {"spacing": {"row_mm": 1}},
}


@pytest.mark.parametrize("name", BROKEN)
def test_an_answer_that_is_no_radiograph_is_a_crash(name: str) -> None:
    head, body = pack(make())
    broken = {"status": "done", **head, **BROKEN[name]}
    with pytest.raises(DecoderCrashed, match="not a radiograph"):
        decoder._radiograph(broken, bytearray(body))


def test_a_code_without_a_meaning_is_a_crash() -> None:
    read = make()
    head, body = pack(read)
    wrong = bytearray(body)
    wrong[-2:] = (4096).to_bytes(2, "little")
    with pytest.raises(DecoderCrashed, match="not a radiograph"):
        decoder._radiograph({"status": "done", **head}, wrong)
