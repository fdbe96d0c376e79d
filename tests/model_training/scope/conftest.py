from pathlib import Path

import numpy as np
import pytest
import torch

from model_training.cohorts.sample import Part, Sample
from model_training.evaluation.evidence import Measured, add_evidence
from model_training.fit_plan import FitPlan
from model_training.run_folder import RunConfig, RunFolder
from tests.fakes.bundle import make_network
from triage_agent.infer.network import TriageNetwork
from triage_agent.infer.preprocess import FloatArray, Preprocessing
from triage_agent.infer.provenance import Metric


def stripes(seed: int, *, across: bool = True) -> FloatArray:
    """What is in scope here: bright bars from top to bottom, at random places."""
    chance = np.random.default_rng(seed)
    image = chance.uniform(0.0, 0.05, (48, 40)).astype(np.float32)
    for left in chance.integers(4, 32, size=2):
        image[:, left : left + 5] += 0.5
    return np.ascontiguousarray(image.T) if across else image


def sample(cohort: str, seed: int, *, across: bool = False, patient: str = "") -> Sample:
    return Sample(
        name=f"{cohort}-{seed}",
        cohort=cohort,
        abnormal=bool(seed % 2),
        drawn=cohort == "drawn bars",
        plain=True,
        read=lambda: stripes(seed, across=across),
        patient=patient,
    )


@pytest.fixture(scope="session")
def spec() -> Preprocessing:
    return Preprocessing(48, (0.5, 0.5, 0.5), (0.5, 0.5, 0.5))


@pytest.fixture(scope="session")
def network(spec: Preprocessing) -> TriageNetwork:
    torch.set_num_threads(1)
    return make_network("mobilenet_v2", spec)


@pytest.fixture(scope="session")
def in_scope() -> dict[Part, list[Sample]]:
    sizes = {Part.TRAINING: 60, Part.VALIDATION: 30, Part.TEST: 40}
    return {
        part: [
            *(sample("bars", 1000 * number + seed) for seed in range(count)),
            *(sample("drawn bars", 5000 + 1000 * number + seed) for seed in range(count // 3)),
        ]
        for number, (part, count) in enumerate(sizes.items())
    }


@pytest.fixture(scope="session")
def foreign() -> list[Sample]:
    """Bars from left to right, two images of each patient."""
    return [sample("lying bars", seed, across=True, patient=f"p{seed // 2}") for seed in range(24)]


@pytest.fixture
def run(tmp_path: Path, spec: Preprocessing, network: TriageNetwork) -> RunFolder:
    """A run folder with weights and some figures."""
    folder = RunFolder(tmp_path / "run")
    config = RunConfig(
        architecture="mobilenet_v2",
        preprocessing=spec,
        plan=FitPlan(epochs=1, learning_rate=1e-3, seed=1),
        synthetic_pairs=1,
    )
    folder.write_config(config)
    folder.write_weights(network)
    metric = Metric("auc", "bars", 40, 0.5, 0.4, 0.6, "95% DeLong")
    add_evidence(folder.path, measured=(Measured("bars", "images", (metric,)),))
    return folder
