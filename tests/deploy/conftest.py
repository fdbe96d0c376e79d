"""The files under test."""

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def repository() -> Path:
    """The repository's root."""
    return Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def deploy(repository) -> Path:
    """The folder with what the node is deployed with."""
    return repository / "deploy"
