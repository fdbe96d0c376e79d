"""FracAtlas: real radiographs with fracture labels.

Abedeen et al., FracAtlas, Scientific Data 10:521 (2023), doi 10.1038/s41597-023-02432-4, CC BY 4.0.

Expected in the folder: `manifest.csv` with one row per image, `near_duplicates.json` with pairs
[image, label, image, label, distance], `images/` and, if fractures are to have masks, their
outlines in `fracture_masks_coco.json`. Used are the upper extremities whose label
is clean. The files name no patient; neighbouring numbers often show one, so that images are
divided by blocks of numbers.
"""

import csv
import json
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from model_training.cohorts.fracture_masks import MASKS_NAME, FractureOutline, read_fracture_masks
from model_training.cohorts.image_files import read_image
from model_training.cohorts.sample import Mask, Part, Sample
from model_training.cohorts.splits import assign_parts, connected

NAME = "FracAtlas"

# Consecutive images of one patient or study are rarely more than this many.
BLOCK = 8

SHARES: Mapping[Part, float] = {Part.TRAINING: 0.60, Part.VALIDATION: 0.15, Part.TEST: 0.25}

# What `plain` images are.
PLAIN = "small, single view, no hardware"

# Images above this many rows or columns come from another archive with twice as many fractures.
_SMALL_PIXELS = 500

_PREFIX = "IMG"


def fracatlas(folder: Path, seed: int) -> dict[Part, list[Sample]]:
    """Read the manifest and divide it 60 : 15 : 25 into training, validation and test.

    No block of eight image numbers and no near-duplicates are on two sides. A sample is `plain`
    if its image is small and shows one view and no hardware: the rest carries shortcuts. One with
    an outline has a mask.

    Raises:
        ValueError: the folder holds no usable image.
        OSError: a file cannot be read.
    """
    with (folder / "manifest.csv").open(newline="", encoding="utf-8") as opened:
        rows = [
            row
            for row in csv.DictReader(opened)
            if row["set"] == "upper" and row["label_clean"] == "1"
        ]
    if not rows:
        raise ValueError("manifest.csv lists no upper-extremity image with a clean label")
    pairs = json.loads((folder / "near_duplicates.json").read_text(encoding="utf-8"))
    labels = {row["image_id"]: row["fractured"] == "1" for row in rows}
    outlines_path = folder / MASKS_NAME
    outlines = read_fracture_masks(outlines_path) if outlines_path.exists() else {}
    blocks = block_groups(list(labels), [(pair[0], pair[2]) for pair in pairs])
    parts = assign_parts(blocks, labels, SHARES, seed)
    divided: dict[Part, list[Sample]] = {part: [] for part in Part}
    for row in rows:
        name = row["image_id"]
        divided[parts[name]].append(
            Sample(
                name=name,
                cohort=NAME,
                abnormal=labels[name],
                drawn=False,
                plain=_is_plain(row),
                read=partial(read_image, folder / "images" / name),
                file=folder / "images" / name,
                mask=partial(_filled, outlines[name])
                if labels[name] and name in outlines
                else None,
            )
        )
    return divided


def block_of(name: str) -> int:
    """The block that an image such as IMG0001234.jpg belongs to."""
    return int(Path(name).stem.removeprefix(_PREFIX)) // BLOCK


def block_groups(names: Sequence[str], duplicates: Sequence[tuple[str, str]]) -> list[list[str]]:
    """Images that must stay together: whole blocks, joined where near-duplicates link them."""
    links = [(block_of(one), block_of(other)) for one, other in duplicates]
    by_block: dict[int, list[str]] = {}
    for name in names:
        by_block.setdefault(block_of(name), []).append(name)
    return [
        [name for block in group for name in by_block[block]]
        for group in connected(list(by_block), links)
    ]


def _filled(outline: FractureOutline) -> Mask:
    return outline.mask(outline.rows, outline.columns)


def _is_plain(row: Mapping[str, str]) -> bool:
    small = max(int(row["width"]), int(row["height"])) <= _SMALL_PIXELS
    return small and row["multiscan"] == "0" and row["hardware"] == "0"
