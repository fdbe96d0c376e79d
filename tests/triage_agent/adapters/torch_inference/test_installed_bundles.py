import json
import shutil
from pathlib import Path

import pytest

from triage_agent.adapters.torch_inference.bundle_files import (
    BUNDLED_FOLDER,
    CARD,
    WEIGHTS,
    LoadedBundle,
    read_bundle,
)
from triage_agent.adapters.torch_inference.installed_bundles import CHOICE, InstalledBundles
from triage_agent.adapters.torch_inference.onnx_cache import SHIPPED, ExportedNetwork, read_export
from triage_agent.errors import BundleInvalid


@pytest.fixture
def models(tmp_path: Path) -> Path:
    return tmp_path / "data" / "models"


@pytest.fixture
def bundles(models: Path) -> InstalledBundles:
    return InstalledBundles(models)


def refusal(bundles: InstalledBundles) -> str:
    with pytest.raises(BundleInvalid) as caught:
        bundles.chosen()
    return str(caught.value)


def test_without_a_choice_the_bundled_model_is_in_use(bundles: InstalledBundles) -> None:
    assert bundles.chosen() == BUNDLED_FOLDER
    assert bundles.folders() == ()


def test_an_installed_bundle_is_whole_and_stays_when_its_source_goes(
    bundles: InstalledBundles, random_bundle: LoadedBundle, tmp_path: Path
) -> None:
    source = shutil.copytree(random_bundle.weights.parent, tmp_path / "source")
    (source / "MODEL_CARD.md").write_text("# For people")
    (source / "optimizer.pt").write_text("not part of it")
    folder = bundles.install(read_bundle(source))
    bundles.choose(folder)
    shutil.rmtree(source)
    assert bundles.chosen() == folder
    assert bundles.folders() == (folder,)
    assert read_bundle(folder).bundle == random_bundle.bundle
    assert sorted(path.name for path in folder.iterdir()) == ["MODEL_CARD.md", CARD, WEIGHTS]


def test_installing_again_changes_nothing(
    bundles: InstalledBundles, random_bundle: LoadedBundle
) -> None:
    first = bundles.install(random_bundle)
    before = (first / WEIGHTS).stat()
    assert bundles.install(random_bundle) == first
    assert (first / WEIGHTS).stat() == before


def test_installing_again_mends_a_damaged_copy(
    bundles: InstalledBundles, random_bundle: LoadedBundle
) -> None:
    folder = bundles.install(random_bundle)
    (folder / WEIGHTS).write_bytes(b"damaged")
    assert bundles.install(random_bundle) == folder
    assert read_bundle(folder).bundle == random_bundle.bundle


def test_what_a_killed_installation_left_is_no_bundle(
    bundles: InstalledBundles, models: Path, random_bundle: LoadedBundle
) -> None:
    (models / ".staging").mkdir(parents=True)
    (models / ".staging" / "strange").write_text("half")
    assert bundles.folders() == ()
    folder = bundles.install(random_bundle)
    assert not (folder / "strange").exists()
    assert not (models / ".staging").exists()


def test_a_bundle_that_changed_after_it_was_verified_is_not_installed(
    bundles: InstalledBundles, random_bundle: LoadedBundle, tmp_path: Path
) -> None:
    source = shutil.copytree(random_bundle.weights.parent, tmp_path / "source")
    verified = read_bundle(source)
    card = json.loads((source / CARD).read_text())
    (source / CARD).write_text(json.dumps(card | {"version": "2"}))
    with pytest.raises(BundleInvalid, match="has changed meanwhile"):
        bundles.install(verified)
    assert bundles.folders() == ()


def test_a_fresh_compiled_form_is_kept_beside_the_copy(
    bundles: InstalledBundles, random_bundle: LoadedBundle, exported: ExportedNetwork
) -> None:
    folder = bundles.install(random_bundle, [exported])
    kept = read_export(folder, SHIPPED, random_bundle.bundle)
    assert kept is not None
    assert kept.graph == exported.graph


def test_one_goes_back_to_the_bundled_model(
    bundles: InstalledBundles, random_bundle: LoadedBundle
) -> None:
    bundles.choose(bundles.install(random_bundle))
    bundles.choose(BUNDLED_FOLDER)
    assert bundles.chosen() == BUNDLED_FOLDER


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", '{"bundle": 7}', '{"bundle": "../../elsewhere"}']
)
def test_a_choice_that_names_no_bundle_is_refused_with_its_cure(
    bundles: InstalledBundles, models: Path, content: str
) -> None:
    models.mkdir(parents=True)
    (models / CHOICE).write_text(content)
    assert "does not name a bundle. Choose again" in refusal(bundles)


def test_a_choice_that_is_not_there_is_never_replaced_by_another_model(
    bundles: InstalledBundles, random_bundle: LoadedBundle
) -> None:
    folder = bundles.install(random_bundle)
    bundles.choose(folder)
    shutil.rmtree(folder)
    assert f"names {folder.name}, which is not installed" in refusal(bundles)
