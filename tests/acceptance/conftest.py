"""A node per test, and objects to send to it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dicom_fixtures import SyntheticStudy
from tests.acceptance.node import Node
from tests.peers.ports import free_port


@pytest.fixture
def make_node(tmp_path: Path) -> Iterator[Callable[..., Node]]:
    """Return a function that makes nodes with settings; none outlives the test."""
    made: list[Node] = []

    def make(**settings: object) -> Node:
        folder = tmp_path / f"node{len(made)}"
        node = Node(folder, dicom_port=free_port(), http_port=free_port())
        node.configure(**settings)
        made.append(node)
        return node

    yield make
    for node in made:
        node.kill()


@pytest.fixture
def write_study(tmp_path: Path) -> Callable[[SyntheticStudy], list[Path]]:
    """Return a function that writes a study's instances as files."""
    written: list[int] = []

    def write(study: SyntheticStudy) -> list[Path]:
        folder = tmp_path / "studies" / f"{len(written):03}"
        folder.mkdir(parents=True)
        written.append(1)
        paths = []
        for number, dataset in enumerate(study.datasets):
            path = folder / f"{number}.dcm"
            dataset.save_as(path, enforce_file_format=True)
            paths.append(path)
        return paths

    return write
