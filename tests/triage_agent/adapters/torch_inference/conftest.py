"""What the tests of decoding and of the classifiers share."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.factories import Value
from tests.fakes.bundle import make_preprocessing, write_bundle
from tests.fakes.ensemble import write_ensemble
from tests.triage_agent.dicom.images import make_image
from triage_agent.adapters.torch_inference.bundle_files import LoadedBundle, LoadedEnsemble
from triage_agent.adapters.torch_inference.classifiers import load_classifier
from triage_agent.adapters.torch_inference.decoder import DecoderPool
from triage_agent.adapters.torch_inference.onnx_cache import (
    ExportedNetwork,
    cache_key,
    read_export,
)
from triage_agent.adapters.torch_inference.ship_export import ship_export
from triage_agent.domain.region import Region
from triage_agent.errors import will_pass
from triage_agent.infer.ensemble_bundle import EnsembleKind
from triage_agent.infer.scores import Calibration
from triage_agent.settings import InferSettings

SPEC = make_preprocessing(32)
DEADLINE_SECONDS = 60.0
ARCHITECTURE = "shufflenet_v2_x0_5"
SPLIT = (
    {"regions": (Region.WRIST, Region.HAND)},
    {"regions": tuple(region for region in Region if region not in {Region.WRIST, Region.HAND})},
)


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


@pytest.fixture(scope="session")
def cache(random_bundle: LoadedBundle, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache that holds the random bundle's export."""
    folder = tmp_path_factory.mktemp("cache")
    load_classifier(InferSettings(device="cpu", threads=1), random_bundle, folder)
    return folder


@pytest.fixture(scope="session")
def exported(random_bundle: LoadedBundle, cache: Path) -> ExportedNetwork:
    found = read_export(cache, cache_key(random_bundle.bundle), random_bundle.bundle)
    assert found is not None
    return found


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
def make_pool() -> Iterator[Callable[..., DecoderPool]]:
    pools: list[DecoderPool] = []

    def make(path_of: Callable[[str], Path] = Path, **overrides: Value) -> DecoderPool:
        values: dict[str, Value] = {
            "preprocessings": (SPEC,),
            "seconds": 60.0,
            "memory_bytes": 2**31,
            "processes": 1,
            "will_pass": lambda error, _: will_pass(error),
        }
        pools.append(DecoderPool(path_of, **(values | overrides)))
        return pools[-1]

    yield make
    for pool in pools:
        pool.close()


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


@pytest.fixture(scope="session")
def members(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Two networks of different input sizes and statistics, with their compiled forms."""
    folders = [tmp_path_factory.mktemp("members") / name for name in ("first", "second")]
    calibrations = {Region.WRIST: Calibration(0.7, 0.2)}
    write_bundle(
        folders[0],
        name="first",
        architecture=ARCHITECTURE,
        device_uid="2.25.11",
        calibrations=calibrations,
    )
    spec = make_preprocessing(96)
    write_bundle(
        folders[1],
        seed=1,
        name="second",
        architecture=ARCHITECTURE,
        device_uid="2.25.12",
        preprocessing=spec,
    )
    for folder in folders:
        ship_export(folder)
    return folders


@pytest.fixture(scope="session")
def mean(members: list[Path], tmp_path_factory: pytest.TempPathFactory) -> LoadedEnsemble:
    folder = tmp_path_factory.mktemp("ensembles") / "mean"
    return write_ensemble(folder, members, ({"weight": 3.0}, {"weight": 1.0}))


@pytest.fixture(scope="session")
def split(members: list[Path], tmp_path_factory: pytest.TempPathFactory) -> LoadedEnsemble:
    folder = tmp_path_factory.mktemp("ensembles") / "split"
    return write_ensemble(folder, members, SPLIT, name="split", kind=EnsembleKind.BY_REGION)
