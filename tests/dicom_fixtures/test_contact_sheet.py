"""The contact sheet: every region and kind of image, small enough for a repository."""

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from dicom_fixtures.command import main
from dicom_fixtures.contact_sheet import CAPTION_PX, COLUMNS, GREYS, TILE_PX
from dicom_fixtures.pathology import Group
from dicom_fixtures.radiograph import person_of, render
from triage_agent.domain.region import Region


def test_columns_show_what_they_say():
    child = COLUMNS["normal child"](Region.HAND, iter(range(4000)), 64)
    hardware = COLUMNS["hardware"](Region.WRIST, iter(range(4000)), 64)

    assert child.child
    assert not child.findings
    assert [each.kind.group for each in hardware.findings] == [Group.HARDWARE]
    assert not hardware.child


def test_seeds_without_the_wanted_finding_are_reported():
    children = (seed for seed in range(100) if person_of(seed, Region.WRIST).child)

    with pytest.raises(ValueError, match="no subject with fracture in WRIST"):
        COLUMNS["fracture"](Region.WRIST, children, 64)


def test_the_person_of_a_seed_is_the_one_rendered():
    for seed in range(20):
        shown = render(seed, Region.WRIST, "PA", abnormal=False, rows=32, columns=32)
        assert shown.age_years == person_of(seed, Region.WRIST).age_years


def test_the_command_writes_a_small_picture_with_something_in_every_cell(tmp_path: Path):
    out = tmp_path / "new" / "sheet.png"

    done = CliRunner().invoke(main, ["sheet", "--out", str(out), "--seed", "7"])

    assert done.exit_code == 0, done.output
    assert "7 regions" in done.output
    assert out.stat().st_size < 600_000
    with Image.open(out) as picture:
        page = np.asarray(picture)
    high = TILE_PX + CAPTION_PX
    assert page.shape == (high * len(Region) + CAPTION_PX, TILE_PX * len(COLUMNS))
    for top in range(CAPTION_PX, high * len(Region), high):
        row = page[top : top + TILE_PX]
        cells = [row[:, TILE_PX * each : TILE_PX * (each + 1)] for each in range(len(COLUMNS))]
        assert all(len(np.unique(cell)) > GREYS / 4 for cell in cells)
        assert all(not np.array_equal(cells[0], other) for other in cells[1:])
