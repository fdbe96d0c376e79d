"""Where the fractures of FracAtlas are: its masks in COCO's form (Lin et al., arXiv 1405.0312)."""

import json
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

MASKS_NAME = "fracture_masks_coco.json"

Polygon = tuple[tuple[float, float], ...]

_LEAST_CORNERS = 3


@dataclass(frozen=True, slots=True)
class FractureOutline:
    """The outlines of all fractures in one image.

    Attributes:
        rows, columns: size of the image that the outlines belong to.
        polygons: corners as (column, row) in pixels of that image.
    """

    rows: int
    columns: int
    polygons: tuple[Polygon, ...]

    def mask(self, rows: int, columns: int) -> npt.NDArray[np.bool_]:
        """Fill the outlines in an image of another size, bool [rows, columns].

        Outlines thinner than a pixel still leave a trace.
        """
        canvas = Image.new("1", (columns, rows))
        pen = ImageDraw.Draw(canvas)
        for polygon in self.polygons:
            corners = [(x * columns / self.columns, y * rows / self.rows) for x, y in polygon]
            pen.polygon(corners, fill=1, outline=1)
        return np.asarray(canvas, dtype=np.bool_)


def read_fracture_masks(path: Path) -> dict[str, FractureOutline]:
    """Read outlines by image file name; images without any are left out.

    Raises:
        ValueError: the file is not such a document, or a mask is no polygon.
        OSError: it cannot be read.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        polygons: dict[int, list[Polygon]] = defaultdict(list)
        for annotation in document["annotations"]:
            polygons[annotation["image_id"]] += _polygons(annotation["segmentation"])
        return {
            image["file_name"]: FractureOutline(
                image["height"], image["width"], tuple(polygons[image["id"]])
            )
            for image in document["images"]
            if image["id"] in polygons
        }
    except (KeyError, TypeError) as error:
        raise ValueError(f"{path.name} is not a COCO document: {error!r}") from error


def _polygons(segmentation: Any) -> list[Polygon]:  # noqa: ANN401 (parsed JSON)
    if not isinstance(segmentation, list):
        raise ValueError("a mask is run-length encoded; only polygons are read")  # noqa: TRY004
    outlines = []
    for flat in segmentation:
        if len(flat) < 2 * _LEAST_CORNERS or len(flat) % 2:
            raise ValueError(f"an outline has {len(flat)} numbers, not pairs of at least three")
        outlines.append(tuple(zip(flat[0::2], flat[1::2], strict=True)))
    return outlines
