"""Tiny images and networks: seconds, not minutes."""

import csv
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from PIL import Image

from dicom_fixtures.command import main as make_fixtures
from model_training.cohorts.sample import Part, Sample
from model_training.cohorts.subjects import learnt_of
from model_training.cohorts.synthetic import synthetic
from model_training.fit_plan import Epoch, FitPlan
from model_training.images import ImageSet, load_images
from model_training.presets import PRESETS
from model_training.run_folder import RunConfig, RunFolder
from triage_agent.infer.network import build_network
from triage_agent.infer.preprocess import Preprocessing


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def tiny_spec() -> Preprocessing:
    return Preprocessing(48, (0.5, 0.5, 0.5), (0.5, 0.5, 0.5))


@pytest.fixture(scope="session")
def tiny_images(tiny_spec: Preprocessing) -> ImageSet:
    """Sixteen synthetic images, half of them abnormal."""
    return load_images(synthetic(Part.TRAINING, 2)[:16], tiny_spec)


@pytest.fixture
def small_fracatlas(tmp_path: Path) -> Path:
    """A small FracAtlas: 480 images in 60 blocks, some unusable, some near-duplicates."""
    folder = tmp_path / "fracatlas"
    (folder / "images").mkdir(parents=True)
    rows = []
    for number in range(480):
        row = {
            "image_id": f"IMG{number:07d}.jpg",
            "set": "lower_limb" if number % 40 == 1 else "upper",
            "fractured": str(int(number % 3 == 0)),
            "hardware": str(int(number == 2)),
            "multiscan": str(int(number == 3)),
            "width": "2304" if number == 4 else "373",
            "height": "454",
            "label_clean": str(int(number % 50 != 7)),
        }
        rows.append(row)
        pixels = np.full((6, 4), 60 * (number % 4), dtype=np.uint8)
        # No two files are the same.
        Image.fromarray(pixels).save(folder / "images" / row["image_id"], comment=str(number))
    with (folder / "manifest.csv").open("w", newline="") as opened:
        writer = csv.DictWriter(opened, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    pairs = [[f"IMG{n:07d}.jpg", "0", f"IMG{n + 200:07d}.jpg", "0", 1] for n in (0, 12, 100, 204)]
    (folder / "near_duplicates.json").write_text(json.dumps(pairs))
    return folder


@pytest.fixture(scope="session")
def drawn_mura(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Forty synthetic studies in the form of MURA-v1.1; not to be changed."""
    out = tmp_path_factory.mktemp("mura")
    arguments = ["make", "--studies", "40", "--abnormal", "0.5", "--seed", "11", "--size", "64"]
    made = CliRunner().invoke(make_fixtures, [*arguments, "--format", "mura", "--out", str(out)])
    assert made.exit_code == 0, made.output
    return out / "MURA-v1.1"


@pytest.fixture
def mura_folder(drawn_mura: Path, tmp_path: Path) -> Path:
    """A copy of it, to be changed."""
    return Path(shutil.copytree(drawn_mura, tmp_path / "set" / drawn_mura.name))


@pytest.fixture
def fitted_run(tmp_path: Path, tiny_spec: Preprocessing) -> RunFolder:
    """What `train` on a cohort named `ours` would leave: a random network that fits in no time."""
    folder = RunFolder(tmp_path / "run")
    config = RunConfig(
        "shufflenet_v2_x0_5",
        tiny_spec,
        PRESETS["mura"].plan,
        synthetic_pairs=0,
        weights="none",
        cohorts=("csv=/some/where/ours.csv",),
    )
    folder.write_config(config)
    torch.manual_seed(4)
    folder.write_weights(build_network(config.architecture))
    epoch = Epoch(1, 1e-4, 0.7, 0.6, 0.5, best=True)
    folder.write_history([epoch])
    folder.write_environment({"python": "3.11", "packages": {"torch": "2"}, "device": "cpu"})
    samples = [unread(str(number), abnormal=number % 2 == 0) for number in range(10)]
    learn({Part.TRAINING: samples[:8], Part.VALIDATION: samples[8:]}, folder)
    return folder


def learn(samples: dict[Part, list[Sample]], folder: RunFolder) -> None:
    """Write what a run folder says of the images that were learnt from."""
    folder.write_cohorts(samples)
    folder.write_learnt(learnt_of(samples))


def unread(name: str, *, abnormal: bool) -> Sample:
    """An image of a wrist, which nobody opens."""
    return Sample(
        name, "ours", abnormal, drawn=False, plain=True, read=lambda: np.zeros((2, 2)),
        region="WRIST",
    )  # fmt: skip


def small_config(spec: Preprocessing, **changes: Any) -> RunConfig:
    """Two epochs of a small network on whatever images."""
    plan = FitPlan(
        epochs=2,
        batch=8,
        learning_rate=1e-3,
        reduced_precision=False,
        averaging=0.5,
        drawn_share=1.0,
    )
    return RunConfig("shufflenet_v2_x0_5", spec, plan, synthetic_pairs=0, **changes)
