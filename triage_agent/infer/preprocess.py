"""From a displayed radiograph to the input of a network: one code for training and the node."""

import math
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt
from PIL import Image

FloatArray = npt.NDArray[np.float32]

CHANNELS = 3


class Resampling(StrEnum):
    """Filters that average over the pixels that a smaller image swallows (antialiased)."""

    BILINEAR = "bilinear"
    BICUBIC = "bicubic"


_FILTERS = {
    Resampling.BILINEAR: Image.Resampling.BILINEAR,
    Resampling.BICUBIC: Image.Resampling.BICUBIC,
}


@dataclass(frozen=True, slots=True)
class Preprocessing:
    """How a model wants its input.

    Attributes:
        size: rows and columns of the input, in pixels.
        mean: subtracted from each of the three channels, in units of the 0..1 image.
        std: each channel is divided by it after that.
        resampling: the filter that makes the image `size` x `size`.

    Raises:
        ValueError: `size` or a std is not positive, or a mean or std is not finite.
    """

    size: int
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    resampling: Resampling = Resampling.BILINEAR

    def __post_init__(self) -> None:
        if self.size < 1:
            raise ValueError(f"size must be at least 1 pixel, not {self.size}")
        if len(self.mean) != CHANNELS or not all(math.isfinite(value) for value in self.mean):
            raise ValueError(f"mean must be {CHANNELS} finite numbers, not {self.mean}")
        if len(self.std) != CHANNELS or not all(
            math.isfinite(value) and value > 0 for value in self.std
        ):
            raise ValueError(f"std must be {CHANNELS} positive numbers, not {self.std}")


def resize(image: npt.NDArray[np.floating], spec: Preprocessing) -> FloatArray:
    """Stretch the whole image to float32 [size, size].

    The aspect ratio is not kept: nothing is cut off or padded, so that a class activation map
    covers the image edge to edge and maps back onto it by scaling alone.

    Raises:
        ValueError: the image is not a 2-D floating point array with pixels in it, all finite.
    """
    if image.ndim != 2 or 0 in image.shape:  # noqa: PLR2004 (rows and columns)
        raise ValueError(f"expected an image of rows x columns, not of shape {image.shape}")
    if not np.issubdtype(image.dtype, np.floating):
        raise ValueError(f"expected floating point pixels in 0..1, not {image.dtype}")
    if not np.isfinite(image).all():
        raise ValueError("the image has pixels that are not finite numbers")
    source = Image.fromarray(np.ascontiguousarray(image, dtype=np.float32))
    resized = source.resize((spec.size, spec.size), _FILTERS[spec.resampling])
    return np.asarray(resized, dtype=np.float32)


def normalise(resized: FloatArray, spec: Preprocessing) -> FloatArray:
    """Repeat images on three channels and scale each: [..., S, S] to [..., 3, S, S], float32."""
    mean = np.asarray(spec.mean, dtype=np.float32)[:, np.newaxis, np.newaxis]
    std = np.asarray(spec.std, dtype=np.float32)[:, np.newaxis, np.newaxis]
    scaled: FloatArray = (resized[..., np.newaxis, :, :] - mean) / std
    return scaled


def preprocess(image: npt.NDArray[np.floating], spec: Preprocessing) -> FloatArray:
    """Make a network's input, float32 [3, size, size], of one radiograph.

    Args:
        image: [rows, columns] in 0..1 as displayed: 0 is black, 1 is white, bone is bright.
        spec: what the model bundle asks for.

    Raises:
        ValueError: see `resize`.
    """
    return normalise(resize(image, spec), spec)
