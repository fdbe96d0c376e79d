"""Whether a class activation map points at the abnormality: pointing game and overlap.

Pointing game: Zhang et al., "Top-down neural attention by excitation backprop", arXiv 1608.00507,
section 4.1: a hit if the map's maximum lies on the object, or no farther from it than a tolerance
(15 pixels there). Overlap: intersection over union of the mask with the part of the map above a
share of its peak, as Zhou et al. (arXiv 1512.04150, section 3.2) cut their maps.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from model_training.evaluation.agreement import proportion
from model_training.evaluation.estimate import Z95, Estimate
from triage_agent.domain.heat import upsample

Map = npt.NDArray[np.floating]
Mask = npt.NDArray[np.bool_]

# 15 pixels of the usual 500 in the paper; a share, because radiographs differ in size.
TOLERANCE = 0.03

# Zhou et al. box what lies above 20% of the peak; maps of thin fractures are wide already.
CUT = 0.5

# IoU from which an abnormality counts as found: lenient ones, for a map has some ten cells a side.
FOUND_AT = (0.1, 0.25)


@dataclass(frozen=True, slots=True)
class Localised:
    """How one map fits one mask.

    Attributes:
        hit: whether the maximum lies on the abnormality.
        iou: intersection over union, 0..1.
    """

    hit: bool
    iou: float


def peak_of(cam: Map, rows: int, columns: int) -> tuple[float, float] | None:
    """Where a map [h, w] is hottest, as row and column in an image that it covers edge to edge.

    The centre of the hottest cell: there the interpolated map has its maximum. None if nothing
    speaks for an abnormality (no value is positive).
    """
    if cam.max() <= 0:
        return None
    row, column = np.unravel_index(int(np.argmax(cam)), cam.shape)
    height, width = cam.shape
    return (float(row) + 0.5) * rows / height - 0.5, (float(column) + 0.5) * columns / width - 0.5


def points_at(cam: Map, mask: Mask, tolerance: float = TOLERANCE) -> bool:
    """Whether the map's peak is on the mask, or within `tolerance` times the longer side of it.

    Raises:
        ValueError: the mask is empty.
    """
    if not mask.any():
        raise ValueError("there is no abnormality to point at")
    peak = peak_of(cam, *mask.shape)
    if peak is None:
        return False
    rows, columns = np.nonzero(mask)
    # Distances to the square that a pixel fills, not to its centre: a peak between two is on both.
    down = np.maximum(np.abs(rows - peak[0]) - 0.5, 0.0)
    across = np.maximum(np.abs(columns - peak[1]) - 0.5, 0.0)
    return bool(np.min(np.hypot(down, across)) <= tolerance * max(mask.shape))


def overlap(cam: Map, mask: Mask, cut: float = CUT) -> float:
    """Intersection over union, 0..1, of the mask with the map above `cut` times its peak.

    Raises:
        ValueError: the mask is empty.
    """
    if not mask.any():
        raise ValueError("there is no abnormality to overlap")
    heat = upsample(cam, *mask.shape)
    hot = heat >= cut * heat.max() if heat.max() > 0 else np.zeros_like(mask)
    return float(np.sum(hot & mask) / np.sum(hot | mask))


def localise(cam: Map, mask: Mask, tolerance: float = TOLERANCE, cut: float = CUT) -> Localised:
    """Judge one map against one mask [rows, columns].

    Raises:
        ValueError: the mask is empty.
    """
    return Localised(points_at(cam, mask, tolerance), overlap(cam, mask, cut))


def summarise(found: Sequence[Localised]) -> dict[str, Estimate]:
    """Hit rate and shares found at each IoU (Wilson), and the mean IoU (normal interval).

    Raises:
        ValueError: there is no map.
    """
    overlaps = np.array([each.iou for each in found])
    shares = {
        f"IoU >= {least:g}": proportion(int(np.sum(overlaps >= least)), len(found))
        for least in FOUND_AT
    }
    return {
        "Pointing game": proportion(sum(each.hit for each in found), len(found)),
        **shares,
        "Mean IoU": _mean(overlaps),
    }


def _mean(values: npt.NDArray[np.float64]) -> Estimate:
    mean = float(values.mean())
    half = Z95 * float(values.std(ddof=1)) / np.sqrt(len(values)) if len(values) > 1 else 1.0
    return Estimate(mean, max(mean - half, 0.0), min(mean + half, 1.0), "95% normal")
