"""Ensembles on disk: read, verified, installed, and served by their networks together."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from tests.contracts.judge import JudgeContract, Judged
from tests.fakes.bundle import write_bundle
from tests.fakes.ensemble import write_ensemble
from triage_agent.adapters.torch_inference.bundle_files import (
    CARD,
    WEIGHTS,
    LoadedEnsemble,
    preprocessings,
    read_bundle,
    read_model,
)
from triage_agent.adapters.torch_inference.installed_bundles import InstalledBundles
from triage_agent.adapters.torch_inference.judges import load_judge
from triage_agent.adapters.torch_inference.onnx_cache import SHIPPED
from triage_agent.adapters.torch_inference.reference_inputs import reference_inputs
from triage_agent.adapters.torch_inference.verification import verify_bundle
from triage_agent.domain.region import Region
from triage_agent.errors import BundleInvalid
from triage_agent.infer.ensemble_bundle import EnsembleKind
from triage_agent.infer.scores import image_probability
from triage_agent.settings import InferSettings

CPU = InferSettings(device="cpu", threads=1)
EAGER = InferSettings(device="cpu", threads=1, runtime="torch")
REGIONS = (Region.WRIST, Region.HAND, Region.ELBOW, Region.WRIST)
SPLIT = (
    {"regions": (Region.WRIST, Region.HAND)},
    {"regions": tuple(region for region in Region if region not in {Region.WRIST, Region.HAND})},
)
ARCHITECTURE = "shufflenet_v2_x0_5"


@pytest.fixture
def copy(mean: LoadedEnsemble, tmp_path: Path) -> Path:
    return Path(shutil.copytree(mean.folder, tmp_path / "copy"))


def refusal(folder: Path) -> str:
    with pytest.raises(BundleInvalid) as caught:
        read_model(folder)
    return str(caught.value)


def rewrite(card: Path, **fields: object) -> None:
    card.write_text(json.dumps(json.loads(card.read_text()) | fields))


def inputs(loaded: LoadedEnsemble) -> list[np.ndarray]:
    return [reference_inputs(form) for form in preprocessings(loaded)]


class TestServedMean(JudgeContract):
    @pytest.fixture
    def judged(self, mean: LoadedEnsemble, tmp_path: Path) -> Judged:
        return Judged(load_judge(CPU, mean, tmp_path).judge, inputs(mean), REGIONS)


class TestServedByRegion(JudgeContract):
    @pytest.fixture
    def judged(self, split: LoadedEnsemble, tmp_path: Path) -> Judged:
        return Judged(load_judge(EAGER, split, tmp_path).judge, inputs(split), REGIONS)


def test_an_ensemble_is_read_with_its_members(mean: LoadedEnsemble) -> None:
    assert [each.bundle.model for each in mean.networks] == ["first 1", "second 1"]
    assert [each.folder.name for each in mean.networks] == ["member-1", "member-2"]
    assert [form.size for form in preprocessings(mean)] == [64, 96]


def test_members_that_want_the_same_form_share_it(members: list[Path], tmp_path: Path) -> None:
    write_bundle(tmp_path / "third", seed=2, architecture=ARCHITECTURE, name="third")
    loaded = write_ensemble(tmp_path / "three", [*members, tmp_path / "third"])
    assert [form.size for form in preprocessings(loaded)] == [64, 96]
    found = load_judge(EAGER, loaded, tmp_path).judge.judge(inputs(loaded), REGIONS)
    assert len(found) == 4


def test_where_one_network_is_needed_an_ensemble_is_refused(mean: LoadedEnsemble) -> None:
    with pytest.raises(BundleInvalid, match="is that of an ensemble"):
        read_bundle(mean.folder)


def test_compiled_and_eager_say_the_same(mean: LoadedEnsemble, tmp_path: Path) -> None:
    compiled, eager = (load_judge(each, mean, tmp_path) for each in (CPU, EAGER))
    assert compiled.description.startswith(f"mean of {ARCHITECTURE}, {ARCHITECTURE}: ONNX Runtime")
    assert "PyTorch" in eager.description
    assert list(tmp_path.iterdir()) == []  # both members came with their compiled forms
    for found, expected in zip(
        *(each.judge.judge(inputs(mean), REGIONS) for each in (compiled, eager)), strict=True
    ):
        assert image_probability(found.logit) == pytest.approx(
            image_probability(expected.logit), abs=1e-4
        )
        np.testing.assert_allclose(found.activation, expected.activation, atol=5e-3)


def test_the_mean_is_that_of_the_members_alone(mean: LoadedEnsemble, tmp_path: Path) -> None:
    alone = [load_judge(EAGER, each, tmp_path).judge for each in mean.networks]
    together = load_judge(EAGER, mean, tmp_path).judge.judge(inputs(mean), REGIONS)
    said = [judge.judge([form], REGIONS) for judge, form in zip(alone, inputs(mean), strict=True)]
    for found, first, second in zip(together, *said, strict=True):
        expected = (3 * image_probability(first.logit) + image_probability(second.logit)) / 4
        assert image_probability(found.logit) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("part", [CARD, WEIGHTS])
@pytest.mark.parametrize("member", ["member-1", "member-2"])
def test_a_part_that_is_missing_is_named(copy: Path, member: str, part: str) -> None:
    (copy / member / part).unlink()
    assert refusal(copy).startswith(f"{copy / member / part}: cannot be read: it is not there")


def test_one_changed_byte_of_a_members_weights(copy: Path) -> None:
    weights = copy / "member-2" / WEIGHTS
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    assert refusal(copy).startswith(f"{weights}: its SHA-256 is ")


def test_a_member_that_was_exchanged_with_card_and_weights(copy: Path, members: list[Path]) -> None:
    shutil.rmtree(copy / "member-1")
    shutil.copytree(members[1], copy / "member-1")
    assert "but the ensemble's card says" in refusal(copy)


def test_a_members_operating_point_cannot_be_changed_unseen(copy: Path) -> None:
    rewrite(copy / "member-1" / CARD, calibrations={})
    assert "but the ensemble's card says" in refusal(copy)


def test_a_member_is_no_ensemble(mean: LoadedEnsemble, members: list[Path], copy: Path) -> None:
    shutil.rmtree(copy / "member-1")
    shutil.copytree(mean.folder, copy / "member-1")
    import hashlib

    told = json.loads((copy / CARD).read_text())["members"]
    told[0]["card_sha256"] = hashlib.sha256((copy / "member-1" / CARD).read_bytes()).hexdigest()
    rewrite(copy / CARD, members=told)
    assert "is that of an ensemble" in refusal(copy)
    del members


@pytest.mark.parametrize("fields", [{"name": "first", "version": "1"}, {"device_uid": "2.25.12"}])
def test_an_ensemble_does_not_go_by_the_name_of_a_member(
    copy: Path, fields: dict[str, str]
) -> None:
    rewrite(copy / CARD, **fields)
    assert "goes by the name or the Device UID of this member" in refusal(copy)


def test_a_member_answers_only_for_regions_it_was_made_for(
    members: list[Path], tmp_path: Path
) -> None:
    write_bundle(tmp_path / "wrists", regions=(Region.WRIST,), architecture=ARCHITECTURE)
    both = [members[0], tmp_path / "wrists"]
    with pytest.raises(BundleInvalid, match="was not made for ELBOW, FINGER"):
        write_ensemble(tmp_path / "mean", both)
    rest = tuple(region for region in Region if region is not Region.WRIST)
    kind = EnsembleKind.BY_REGION
    says = ({"regions": rest}, {"regions": (Region.WRIST,)})
    assert write_ensemble(tmp_path / "good", both, says, kind=kind).bundle.kind is kind
    says = ({"regions": (Region.WRIST,)}, {"regions": rest})
    with pytest.raises(BundleInvalid, match="was not made for ELBOW, FINGER"):
        write_ensemble(tmp_path / "bad", both, says, kind=kind)


def test_verifying_says_what_was_found_of_each_member(mean: LoadedEnsemble) -> None:
    verified = verify_bundle(mean.folder, threads=1)
    assert verified.loaded == mean
    assert verified.fresh_exports == (None, None)
    assert [line.split(":")[0] for line in verified.findings] == [
        "card",
        "members",
        *(
            f"member-{number}, {what}"
            for number in (1, 2)
            for what in ("card", WEIGHTS, "weights", "compiled form")
        ),
    ]


def test_a_members_compiled_form_that_is_damaged_is_refused(copy: Path) -> None:
    (copy / "member-2" / f"{SHIPPED}.onnx").write_bytes(b"damaged")
    with pytest.raises(BundleInvalid, match=r"member-2/compiled\.onnx: is damaged"):
        verify_bundle(copy, threads=1)


def test_installing_keeps_everything_and_makes_what_is_missing(copy: Path, tmp_path: Path) -> None:
    for part in (copy / "member-1").glob(f"{SHIPPED}.*"):
        part.unlink()
    (copy / "MODEL_CARD.md").write_text("# For people")
    (copy / "member-2" / "optimizer.pt").write_text("not part of it")
    verified = verify_bundle(copy, threads=1)
    bundles = InstalledBundles(tmp_path / "models")
    folder = bundles.install(verified.loaded, verified.fresh_exports)
    bundles.choose(folder)
    shutil.rmtree(copy)
    kept = read_model(bundles.chosen())
    assert kept.bundle == verified.loaded.bundle
    compiled = [f"{SHIPPED}.json", f"{SHIPPED}.onnx"]
    assert sorted(
        str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()
    ) == [
        "MODEL_CARD.md",
        *(f"member-1/{name}" for name in (*compiled, CARD, WEIGHTS)),
        *(f"member-2/{name}" for name in (*compiled, CARD, WEIGHTS)),
        CARD,
    ]
    assert "ONNX Runtime" in load_judge(CPU, kept, tmp_path / "cache").description
    assert not (tmp_path / "cache").exists()


def test_installing_again_mends_a_damaged_member(mean: LoadedEnsemble, tmp_path: Path) -> None:
    bundles = InstalledBundles(tmp_path / "models")
    folder = bundles.install(mean)
    (folder / "member-2" / WEIGHTS).write_bytes(b"damaged")
    assert bundles.install(mean) == folder
    assert read_model(folder).bundle == mean.bundle
