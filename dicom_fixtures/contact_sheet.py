"""One picture that shows what the generator draws: a row per region, a column per kind of image."""

from collections.abc import Callable, Iterator
from pathlib import Path

import click
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from dicom_fixtures.pathology import Group
from dicom_fixtures.projection import Field
from dicom_fixtures.radiograph import Radiograph, person_of, render
from dicom_fixtures.subject import Subject
from triage_agent.domain.region import Region

TILE_PX = 188
OVERSAMPLED = 2
CAPTION_PX = 18
GREYS = 64
"""Levels of the sheet: enough for a look, and noise makes PNG files large."""
LOOK_PX = 64
"""Size at which subjects are tried until one has the finding that a column shows."""
STRIDE = 4000
"""How far apart the subjects of two columns start: none is shown in both."""
PLAIN = 0.55
"""Conspicuity from which a finding is shown: the sheet is small."""

Cell = Callable[[Region, Iterator[int], int], Radiograph]
"""Finds a subject of a region among seeds and draws it, so many pixels on each side."""


def _unworn(person: Subject) -> bool:
    return not (person.cast or person.jewel)


def _normal(view: str, wanted: Callable[[Subject], bool]) -> Cell:
    def draw(region: Region, seeds: Iterator[int], side: int) -> Radiograph:
        # A region that has nobody of the kind shows its next subject.
        tried = [next(seeds) for _ in range(200)]
        seed = next((each for each in tried if wanted(person_of(each, region))), tried[0])
        return render(seed, region, view, abnormal=False, rows=side, columns=side)

    return draw


def _finding(group: Group) -> Cell:
    def draw(region: Region, seeds: Iterator[int], side: int) -> Radiograph:
        for seed in seeds:
            person = person_of(seed, region)
            if person.child or not _unworn(person):
                continue
            small = render(seed, region, "PA", abnormal=True, rows=LOOK_PX, columns=LOOK_PX)
            if [each.kind.group for each in small.findings] == [group] and (
                small.findings[0].conspicuity >= PLAIN
            ):
                return render(seed, region, "PA", abnormal=True, rows=side, columns=side)
        raise ValueError(f"no subject with {group} in {region}")

    return draw


COLUMNS: dict[str, Cell] = {
    "normal, PA": _normal("PA", lambda who: _unworn(who) and not who.child),
    "normal, lateral": _normal("LATERAL", lambda who: _unworn(who) and not who.child),
    "normal child": _normal("PA", lambda who: who.child and _unworn(who)),
    "cast or ring, normal": _normal("PA", lambda who: not _unworn(who)),
    "fracture": _finding(Group.FRACTURE),
    "hardware": _finding(Group.HARDWARE),
    "degenerative": _finding(Group.DEGENERATIVE),
    "other": _finding(Group.OTHER),
}


def sheet(seed: int, tile_px: int = TILE_PX) -> Image.Image:
    """The contact sheet that starts looking for its subjects at `seed`; grey, 8 bit.

    Raises:
        ValueError: No subject with a wanted finding was met.
    """
    width = tile_px * len(COLUMNS)
    page = Image.new("L", (width, (tile_px + CAPTION_PX) * len(Region) + CAPTION_PX), 0)
    pen, font = ImageDraw.Draw(page), ImageFont.load_default(12)
    for column, (title, cell) in enumerate(COLUMNS.items()):
        middle, first = tile_px * (column + 0.5), seed + STRIDE * column
        pen.text((middle, CAPTION_PX / 2), title, 255, font, "mm")
        for row, region in enumerate(Region):
            top = CAPTION_PX + row * (tile_px + CAPTION_PX)
            shown = cell(region, iter(range(first, first + STRIDE)), tile_px * OVERSAMPLED)
            page.paste(_tile(shown.image, tile_px), (tile_px * column, top))
            what = shown.findings[0].kind.value if shown.findings else region.lower()
            place = (middle, top + tile_px + CAPTION_PX / 2)
            pen.text(place, f"{what}, {shown.age_years} y", 210, font, "mm")
    return page


def _tile(image: Field, side: int) -> Image.Image:
    blocks = image.reshape(side, OVERSAMPLED, side, OVERSAMPLED).mean(axis=(1, 3))
    levels = np.rint(blocks * (GREYS - 1)) * (255.0 / (GREYS - 1))
    return Image.fromarray(np.rint(levels).astype(np.uint8))


@click.command(
    name="sheet",
    epilog="\b\nExample:\n  python -m dicom_fixtures sheet --out radiographs.png --seed 7\n",
)
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="PNG file to write; it is replaced if it exists.",
)
@click.option(
    "--seed", type=click.IntRange(min=0), default=7, show_default=True, help="First subject tried."
)
def sheet_command(out: Path, seed: int) -> None:
    """Write a contact sheet of all regions and groups of findings."""
    out.parent.mkdir(parents=True, exist_ok=True)
    sheet(seed).save(out, format="PNG", optimize=True)
    click.echo(f"{out}: {len(Region)} regions, {len(COLUMNS)} kinds of image")
