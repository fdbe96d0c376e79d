import os
from dataclasses import replace
from pathlib import Path

import pytest

from triage_agent.adapters.torch_inference.known_algorithms import KnownAlgorithms
from triage_agent.domain.algorithm import AlgorithmIdentity
from triage_agent.domain.region import Region

FIRST = AlgorithmIdentity(
    name="first",
    version="1",
    manufacturer="tests",
    device_uid="2.25.1",
    weights_sha256="0" * 64,
    architecture="mobilenet_v2",
    operating_points={Region.HAND: 0.4},
)
SECOND = replace(FIRST, name="second", device_uid="2.25.2", operating_points={})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "models").mkdir()
    return tmp_path / "models" / "known"


def test_nothing_is_known_at_first(folder: Path) -> None:
    known = KnownAlgorithms(folder)
    assert known.all() == ()
    assert known.named("first 1") is None
    assert known.device_uids() == frozenset()


def test_what_another_process_adds_is_seen(folder: Path) -> None:
    reader = KnownAlgorithms(folder)
    assert reader.all() == ()
    KnownAlgorithms(folder).remember(FIRST)
    assert reader.named("first 1") == FIRST
    KnownAlgorithms(folder).remember(SECOND)
    assert reader.named("second 1") == SECOND
    assert reader.named("first 1") == FIRST
    assert reader.device_uids() == {"2.25.1", "2.25.2"}


def test_once_more_changes_nothing(folder: Path) -> None:
    known = KnownAlgorithms(folder)
    known.remember(FIRST)
    [path] = folder.iterdir()
    before = path.stat()
    known.remember(FIRST)
    assert [path] == list(folder.iterdir())
    assert path.stat() == before


def test_of_two_with_one_name_the_later_counts(folder: Path) -> None:
    known = KnownAlgorithms(folder)
    known.remember(FIRST)
    [path] = folder.iterdir()
    os.utime(path, (1, 1))
    later = replace(FIRST, operating_points={Region.HAND: 0.6})
    known.remember(later)
    assert known.named("first 1") == later
    assert known.all() == (FIRST, later)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"{}",
        b"\xff",
        b'{"operating_points": {"KNEE": 0.5}}',
        b'{"operating_points": 1}',
    ],
)
def test_a_damaged_file_hides_no_other(folder: Path, content: bytes) -> None:
    known = KnownAlgorithms(folder)
    known.remember(FIRST)
    (folder / f"{0:016}.json").write_bytes(content)
    assert known.all() == (FIRST,)
