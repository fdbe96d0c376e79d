"""The node scores stored images with an ensemble."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.factories import make_instance, make_opening
from tests.fakes.clock import FakeClock
from tests.fakes.study_register import FakeStudyRegister
from triage_agent.adapters.torch_inference.bundle_files import LoadedEnsemble, preprocessings
from triage_agent.adapters.torch_inference.decoder import DecoderPool
from triage_agent.adapters.torch_inference.judges import load_judge
from triage_agent.dicom.pixels import displayed
from triage_agent.domain.instance import InstanceState
from triage_agent.domain.region import Region
from triage_agent.infer.ensemble_bundle import EnsembleKind
from triage_agent.infer.preprocess import preprocess
from triage_agent.infer.scores import image_probability
from triage_agent.infer.scoring import score_due
from triage_agent.settings import InferSettings

CPU = InferSettings(device="cpu", threads=1)
EAGER = InferSettings(device="cpu", threads=1, runtime="torch")


@pytest.fixture
def decoders(tmp_path: Path) -> Iterator[Callable[[LoadedEnsemble], DecoderPool]]:
    pools: list[DecoderPool] = []

    def make(loaded: LoadedEnsemble) -> DecoderPool:
        forms = preprocessings(loaded)
        pools.append(
            DecoderPool(
                lambda _: tmp_path / "image.dcm",
                forms,
                will_pass=lambda *_: False,
                seconds=60,
                memory_bytes=2**31,
                processes=1,
            )
        )
        return pools[-1]

    yield make
    for pool in pools:
        pool.close()


@pytest.mark.parametrize("which", ["mean", "split"])
def test_the_node_scores_a_stored_image_with_an_ensemble(
    which: str,
    request: pytest.FixtureRequest,
    radiograph: Path,
    decoders: Callable[[LoadedEnsemble], DecoderPool],
    tmp_path: Path,
) -> None:
    """From the stored object to the row: decoded once, prepared for each member, joined."""
    from pydicom import dcmread

    loaded: LoadedEnsemble = request.getfixturevalue(which)
    served = load_judge(CPU, loaded, tmp_path / "cache")
    register = FakeStudyRegister()
    instances = [make_instance(region=region) for region in (Region.WRIST, Region.ELBOW)]
    for each in instances:
        register.register(each, make_opening(), stat=False, quiet_seconds=10)
    begun = score_due(
        register, decoders(loaded), served.judge, FakeClock(), limit=8, maximum_attempts=2
    )
    assert begun == 2
    image = displayed(dcmread(radiograph))
    for each in instances:
        found = register.rows.instances[each.header.SOPInstanceUID]
        assert found.state is InstanceState.SCORED
        assert found.model == f"{loaded.bundle.name} 1"
        assert found.score is not None
        expected = _expected(loaded, image, each.region, tmp_path)
        assert found.score.probability == pytest.approx(expected, abs=1e-4)


def _expected(loaded: LoadedEnsemble, image: np.ndarray, region: Region, cache: Path) -> float:
    """What the members say of the image, each alone in eager PyTorch, and then joined by hand."""
    said = []
    for network in loaded.networks:
        alone = load_judge(EAGER, network, cache)
        form = preprocess(image, network.bundle.preprocessing)[np.newaxis]
        (judgement,) = alone.judge.judge([form], [region])
        said.append(image_probability(judgement.logit))
    if loaded.bundle.kind is EnsembleKind.MEAN:
        return (3 * said[0] + said[1]) / 4
    return said[0 if region is Region.WRIST else 1]
