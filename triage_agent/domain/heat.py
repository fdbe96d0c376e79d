"""From a class activation map to a heat map and a coloured overlay for the reader.

The map M(X) = sum_k w_k f_k(X) is in logits: its mean over the positions plus the bias is the
image's logit (Zhou et al., arXiv 1512.04150; MURA, arXiv 1712.06957, section 5). That holds for one
network, and for an ensemble in which one answers; of a mean the map is that of the members' maps.
"""

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float32]

# A place whose evidence, were it the image's average, would move a probability of 0.5 to 0.98.
# Maps whose peak is weaker stay pale instead of being stretched to full red.
FULL_HEAT_LOGITS = 4.0

# Anatomy stays visible below the hottest place.
MAX_OPACITY = 0.6

_COLOUR_STEPS = 256
# Heat, then red, green, blue: yellow through orange to red, told apart in the common forms of
# colour blindness by their brightness.
_COLOUR_ANCHORS = np.array(
    [
        [0.00, 1.00, 0.95, 0.30],
        [0.50, 1.00, 0.55, 0.00],
        [1.00, 0.90, 0.00, 0.00],
    ]
)


def upsample(cam: npt.NDArray[np.floating], rows: int, columns: int) -> FloatArray:
    """Spread a map [h, w] over an image: float32 [rows, columns] in 0..1.

    The scale is defined by the map, not by the size asked for: 1 is the map's own peak or
    `FULL_HEAT_LOGITS`, whichever is larger. Evidence against an abnormality (negative) is 0.
    Interpolation is bilinear between the centres of the map's positions.

    Raises:
        ValueError: the map is not a finite [h, w] array, or a size is not positive.
    """
    if cam.ndim != 2 or 0 in cam.shape:  # noqa: PLR2004 (rows and columns)
        raise ValueError(f"expected a map of rows x columns, not of shape {cam.shape}")
    if not np.isfinite(cam).all():
        raise ValueError("the map has values that are not finite numbers")
    if rows < 1 or columns < 1:
        raise ValueError(f"cannot spread a map over {rows} x {columns} pixels")
    vertical = _interpolation(cam.shape[0], rows)
    horizontal = _interpolation(cam.shape[1], columns)
    heat: FloatArray = vertical @ heat_of(cam).astype(np.float32) @ horizontal.T
    return heat.clip(0.0, 1.0)


def overlay(
    image: npt.NDArray[np.floating], heat: npt.NDArray[np.floating]
) -> npt.NDArray[np.uint8]:
    """Lay a heat map in colour over a grey image: uint8 [rows, columns, 3].

    Opacity grows with the heat, up to `MAX_OPACITY`: where there is none, the image is unchanged.

    Args:
        image: [rows, columns] in 0..1; values outside are clipped.
        heat: [rows, columns] in 0..1, as `upsample` gives it.

    Raises:
        ValueError: the two differ in shape.
    """
    if image.shape != heat.shape:
        raise ValueError(f"the image is {image.shape} but the heat map is {heat.shape}")
    opacity, colours = palette()
    opacity = opacity[:, np.newaxis]
    tint = (255.0 * opacity * colours).astype(np.float32)
    shine = (255.0 * (1.0 - opacity)).astype(np.float32)
    index = np.rint(np.clip(heat, 0.0, 1.0) * (_COLOUR_STEPS - 1)).astype(np.uint8)
    grey = np.clip(image, 0.0, 1.0).astype(np.float32)[..., np.newaxis]
    blended: npt.NDArray[np.uint8] = np.rint(grey * shine[index] + tint[index]).astype(np.uint8)
    return blended


def palette() -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return how heat is coloured, in 256 even steps from 0 to 1: opacity [256], colours [256, 3].

    A colour is red, green and blue in 0..1; laid over grey g it makes g * (1 - opacity) + colour *
    opacity.
    """
    steps = np.linspace(0.0, 1.0, _COLOUR_STEPS)
    colours = np.stack(
        [np.interp(steps, _COLOUR_ANCHORS[:, 0], _COLOUR_ANCHORS[:, i]) for i in (1, 2, 3)], axis=-1
    )
    return MAX_OPACITY * steps, colours


def heat_of(cam: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    """Return the heat at each position of a map [h, w], as `upsample` spreads it.

    1 is the most; evidence against an abnormality is negative, and shown as 0 once it is spread.
    """
    return np.asarray(cam, dtype=np.float64) / max(float(cam.max()), FULL_HEAT_LOGITS)


def _interpolation(positions: int, pixels: int) -> FloatArray:
    """Weights [pixels, positions] of linear interpolation; the edge values reach the edge."""
    centres = (np.arange(pixels) + 0.5) * positions / pixels - 0.5
    distance = np.abs(np.clip(centres, 0, positions - 1)[:, np.newaxis] - np.arange(positions))
    return np.maximum(1.0 - distance, 0.0).astype(np.float32)
