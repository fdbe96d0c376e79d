"""The lower limbs of FracAtlas: real radiographs that an upper-extremity model must not judge."""

import csv
import json
from functools import partial
from pathlib import Path

from model_training.cohorts.fracatlas import block_groups
from model_training.cohorts.image_files import read_image
from model_training.cohorts.sample import Sample

NAME = "FracAtlas lower limb"

FOLDER = "out_of_scope_lower_limb"

_SET = "lower_limb"


def lower_limb(folder: Path) -> list[Sample]:
    """List them; as `patient` they have the group of blocks that must stay on one side.

    None if the folder has none.

    Raises:
        OSError: the manifest or the list of near-duplicates cannot be read.
    """
    with (folder / "manifest.csv").open(newline="", encoding="utf-8") as opened:
        rows = {each["image_id"]: each for each in csv.DictReader(opened) if each["set"] == _SET}
    pairs = json.loads((folder / "near_duplicates.json").read_text(encoding="utf-8"))
    groups = block_groups(list(rows), [(pair[0], pair[2]) for pair in pairs])
    return [
        Sample(
            name=name,
            cohort=NAME,
            abnormal=rows[name]["fractured"] == "1",
            drawn=False,
            plain=False,
            read=partial(read_image, folder / FOLDER / name),
            file=folder / FOLDER / name,
            patient=f"group {number}",
            region="LOWER LIMB",
        )
        for number, group in enumerate(groups, 1)
        for name in group
    ]
