"""Where the places of a class activation map lie on the image that it is of.

A map is shown as if its places divided the image evenly, each in the middle of its part. What a
place of a network really sees the middle of follows from kernels, strides and padding (Araujo et
al., Distill 2019, "Computing receptive fields"): of a network whose halving convolutions pad by
one pixel on every side, place i sees the middle of pixel 32 i, half a place up and left of there.
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from triage_agent.infer.json_fields import JsonFields

FloatArray = npt.NDArray[np.float32]

# The card's field for it, and what to do if it is wrong.
MAP_GRID = "map_grid"
_CURE = "Export the model again or leave it out"


@dataclass(frozen=True, slots=True)
class MapGrid:
    """Place i of a map, along either side of the image, is at `first + i * step`.

    Attributes:
        first: middle of what the first place sees, as a share of the side: 0 is the edge.
        step: from one place to the next, as a share of the side.

    Raises:
        ValueError: a number is not finite, or the step is not positive.
    """

    first: float
    step: float

    def __post_init__(self) -> None:
        if not math.isfinite(self.first):
            raise ValueError("first must be a finite number")
        if not (math.isfinite(self.step) and self.step > 0):
            raise ValueError("step must be a positive number")

    def evened(self, cam: npt.NDArray[np.floating]) -> FloatArray:
        """Return a map [h, w] with places that divide the image evenly, float32 [h, w].

        Linear between places; beyond the outermost, their own value. Its mean is no longer the
        network's logit less the bias.
        """
        down, across = (self._weights(places) for places in cam.shape)
        even: FloatArray = (down @ cam @ across.T).astype(np.float32)
        return even

    def _weights(self, places: int) -> npt.NDArray[np.float64]:
        """How much each even place [rows] takes of each place of the network [columns]."""
        wanted = (np.arange(places) + 0.5) / places
        at = np.clip((wanted - self.first) / self.step, 0.0, places - 1.0)
        distance = np.abs(at[:, np.newaxis] - np.arange(places))
        return np.maximum(1.0 - distance, 0.0)


def read_map_grid(fields: JsonFields) -> MapGrid | None:
    """Read the grid of a card; None if its maps are even. Raises BundleInvalid."""
    if not fields.has(MAP_GRID):
        return None
    grid = fields.object(MAP_GRID, _CURE)
    first, step = grid.number("first", _CURE), grid.number("step", _CURE)
    return grid.guarded("step", _CURE, lambda: MapGrid(first, step))
