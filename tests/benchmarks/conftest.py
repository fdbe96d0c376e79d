"""A folder that does not outlive the test, a node in it, and the table of all figures."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.node import Node
from tests.benchmarks.figures import FULL, Figures, keep, table
from tests.peers.ports import free_port

_FIGURES = pytest.StashKey[Figures]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_FIGURES] = Figures()


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, exitstatus: int, config: pytest.Config
) -> None:
    """Print one table of what all benchmarks found; keep it if nothing failed."""
    found = config.stash[_FIGURES].sections()
    if not found:
        return
    terminalreporter.section("benchmarks")
    terminalreporter.write_line(table(found))
    if FULL and exitstatus == pytest.ExitCode.OK:
        keep(found)


@pytest.fixture(scope="session")
def figures(request: pytest.FixtureRequest) -> Figures:
    """Return where a benchmark puts what it found."""
    return request.config.stash[_FIGURES]


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
