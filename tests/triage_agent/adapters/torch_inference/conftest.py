"""What the tests of decoding and of the classifiers share."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.fakes.bundle import write_bundle
from tests.triage_agent.dicom.images import make_image
from triage_agent.adapters.torch_inference.bundle_files import LoadedBundle

DEADLINE_SECONDS = 60.0


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def random_bundle(tmp_path_factory: pytest.TempPathFactory) -> LoadedBundle:
    """A MobileNetV2 with random weights, 64 pixels wide."""
    return write_bundle(tmp_path_factory.mktemp("bundle"))


@pytest.fixture
def eventually() -> Callable[[Callable[[], bool]], None]:
    """Look again and again until something holds, or fail."""

    def wait(holds: Callable[[], bool]) -> None:
        pause = threading.Event()
        deadline = time.monotonic() + DEADLINE_SECONDS
        while not holds():
            assert time.monotonic() < deadline, "it did not come about in time"
            pause.wait(0.01)

    return wait


@pytest.fixture
def radiograph(tmp_path: Path) -> Path:
    """A Part 10 file with a ramp of 60 rows and 40 columns."""
    pixels = np.arange(2400, dtype="<u2").reshape(60, 40)
    return save_image(tmp_path / "image.dcm", pixels)


def save_image(path: Path, pixels: np.ndarray[tuple[int, int], np.dtype[np.uint16]]) -> Path:
    dataset = make_image(pixels)
    dataset.SOPClassUID = "1.2.840.10008.5.1.4.1.1.1"
    dataset.SOPInstanceUID = "2.25.1"
    dataset.save_as(path, enforce_file_format=True)
    return path
