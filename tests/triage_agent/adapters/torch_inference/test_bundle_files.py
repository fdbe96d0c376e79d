import shutil
from pathlib import Path

import pytest

from triage_agent.adapters.torch_inference.bundle_files import (
    CARD,
    WEIGHTS,
    LoadedBundle,
    model_name,
    read_bundle,
)
from triage_agent.errors import BundleInvalid


@pytest.fixture
def folder(random_bundle: LoadedBundle, tmp_path: Path) -> Path:
    return Path(shutil.copytree(random_bundle.weights.parent, tmp_path / "copy"))


def refusal(folder: Path) -> str:
    with pytest.raises(BundleInvalid) as caught:
        read_bundle(folder)
    return str(caught.value)


def test_a_bundle_is_read(folder: Path, random_bundle: LoadedBundle) -> None:
    assert read_bundle(folder) == LoadedBundle(random_bundle.bundle, folder / WEIGHTS)
    assert model_name(random_bundle.bundle) == "random 1"


@pytest.mark.parametrize("name", [CARD, WEIGHTS])
def test_a_missing_file_is_named_with_its_cure(folder: Path, name: str) -> None:
    (folder / name).unlink()
    assert refusal(folder).startswith(f"{folder / name}: cannot be read: it is not there. Point ")


def test_a_card_that_is_a_folder(folder: Path) -> None:
    (folder / CARD).unlink()
    (folder / CARD).mkdir()
    assert "Is a directory" in refusal(folder)


def test_a_card_that_is_not_text(folder: Path) -> None:
    (folder / CARD).write_bytes(b"\xff\xfe")
    assert f"{folder / CARD}: cannot be read" in refusal(folder)


def test_a_card_without_its_fields(folder: Path) -> None:
    (folder / CARD).write_text("{}")
    assert "model.json" in refusal(folder)


def test_one_changed_byte_of_the_weights(folder: Path) -> None:
    weights = bytearray((folder / WEIGHTS).read_bytes())
    weights[-1] ^= 1
    (folder / WEIGHTS).write_bytes(weights)
    message = refusal(folder)
    assert message.startswith(f"{folder / WEIGHTS}: its SHA-256 is ")
    assert "Copy the bundle again" in message
