"""A folder that does not outlive the test, and a node in it."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.node import Node
from tests.peers.ports import free_port


@pytest.fixture
def scratch(tmp_path: Path) -> Iterator[Path]:
    """Return a folder for gigabytes: pytest would keep those of the last three runs."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def node(scratch: Path) -> Iterator[Node]:
    """Return a node that is not started yet."""
    made = Node(scratch / "node", dicom_port=free_port(), http_port=free_port())
    yield made
    made.kill()
