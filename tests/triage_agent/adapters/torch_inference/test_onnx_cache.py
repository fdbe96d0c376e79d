from pathlib import Path

import numpy as np
import pytest

from tests.factories import Value
from tests.fakes.bundle import make_bundle, make_preprocessing
from triage_agent.adapters.torch_inference.onnx_cache import (
    ExportedNetwork,
    cache_key,
    read_export,
    write_export,
)

LOGITS = np.array([0.1, -3.75], dtype=np.float32)
BUNDLE = make_bundle()
EXPORTED = ExportedNetwork(b"a network", LOGITS)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    written = tmp_path / "cache" / "classifiers"
    write_export(written, "key", BUNDLE, EXPORTED)
    return written


def test_what_was_written_is_read(folder: Path) -> None:
    found = read_export(folder, "key", BUNDLE)
    assert found is not None
    assert found.graph == b"a network"
    np.testing.assert_array_equal(found.reference_logits, LOGITS)
    assert found.reference_logits.dtype == np.float32
    assert sorted(path.name for path in folder.iterdir()) == ["key.json", "key.onnx"]


def test_nothing_is_there(tmp_path: Path) -> None:
    assert read_export(tmp_path, "key", BUNDLE) is None


@pytest.mark.parametrize("name", ["key.onnx", "key.json"])
@pytest.mark.parametrize("content", [b"", b"{}", b"another network", b"[1]", b"\xff"])
def test_what_is_not_what_was_written_is_passed_over(
    folder: Path, name: str, content: bytes
) -> None:
    (folder / name).write_bytes(content)
    assert read_export(folder, "key", BUNDLE) is None


@pytest.mark.parametrize(
    "change",
    [
        {"weights_sha256": "1" * 64},
        {"architecture": "resnet18"},
        {"preprocessing": make_preprocessing(96)},
    ],
)
def test_an_entry_of_another_bundle_is_none(folder: Path, change: dict[str, Value]) -> None:
    assert read_export(folder, "key", make_bundle(**change)) is None


@pytest.mark.parametrize("name", ["key.onnx", "key.json"])
def test_half_an_entry_is_none(folder: Path, name: str) -> None:
    (folder / name).unlink()
    assert read_export(folder, "key", BUNDLE) is None


def test_a_failed_write_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "key.onnx").mkdir()
    with pytest.raises(OSError, match="directory"):
        write_export(tmp_path, "key", BUNDLE, EXPORTED)
    assert [path.name for path in tmp_path.iterdir()] == ["key.onnx"]


def test_the_key_follows_what_the_export_depends_on() -> None:
    keys = [
        cache_key(make_bundle(**change))
        for change in (
            {},
            {"weights_sha256": "1" * 64},
            {"architecture": "resnet18"},
            {"preprocessing": make_preprocessing(96)},
        )
    ]
    assert len(set(keys)) == 4
    assert cache_key(make_bundle()) == keys[0]
