"""What a store says of its objects while their disk is not mounted."""

from pathlib import Path

import pytest

from tests.contracts.instance_store import PARTS
from triage_agent.adapters.filesystem.instance_store import FilesystemInstanceStore


def test_a_store_that_is_opened_while_its_disk_is_not_mounted_has_lost_nothing(
    tmp_path: Path,
) -> None:
    store = FilesystemInstanceStore(tmp_path / "data")
    stored, _ = (store.put(PARTS, f"ab{number:062}") for number in range(2))
    (tmp_path / "data").rename(tmp_path / "elsewhere")

    other = FilesystemInstanceStore(tmp_path / "data")

    with pytest.raises(FileNotFoundError) as raised:
        other.read(stored.location)
    assert other.will_pass(raised.value, stored.location)
