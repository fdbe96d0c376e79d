"""Random but label-preserving changes of training images."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional


@dataclass(frozen=True, slots=True)
class Augmentation:
    """How far training images are changed. MURA used lateral inversion and up to 30 degrees.

    Attributes:
        rotation_degrees: largest rotation to either side.
        zoom: largest relative change of size, to either side.
        shift: largest displacement, as a fraction of the image.
        brightness: largest value added to the 0..1 pixels, to either side.
        contrast: largest relative change of contrast, to either side.
        gamma: largest exponent (and 1/gamma the smallest).
        blur_probability: how often fine detail is removed, so that the sharpness of an archive
            says less about the label.
    """

    rotation_degrees: float = 20.0
    zoom: float = 0.12
    shift: float = 0.06
    brightness: float = 0.08
    contrast: float = 0.2
    gamma: float = 1.35
    blur_probability: float = 0.15


def augment(
    images: Tensor, how: Augmentation, generator: torch.Generator, masks: Tensor | None = None
) -> tuple[Tensor, Tensor | None]:
    """Change each image of a batch on its own, and its mask where there are masks.

    Args:
        images: float [N, S, S] in 0..1.
        how: the limits.
        generator: the source of chance; the same state gives the same images.
        masks: float [N, s, s], at any resolution; they are turned with the images.

    Returns:
        Images, float [N, S, S] in 0..1, and masks; what comes in from beyond the border is black.
    """
    matrix = _matrix(len(images), how, generator)
    turned = _turned(images, matrix)
    toned = _tone(turned, how, generator)
    chosen = torch.rand(len(images), generator=generator) < how.blur_probability
    blurred = functional.avg_pool2d(
        toned[:, None], kernel_size=3, stride=1, padding=1, count_include_pad=False
    )[:, 0]
    changed = torch.where(chosen[:, None, None], blurred, toned)
    return changed, None if masks is None else _turned(masks, matrix)


def _spread(count: int, limit: float, generator: torch.Generator) -> Tensor:
    return (torch.rand(count, generator=generator) * 2.0 - 1.0) * limit


def _matrix(count: int, how: Augmentation, generator: torch.Generator) -> Tensor:
    angle = torch.deg2rad(_spread(count, how.rotation_degrees, generator))
    scale = 1.0 + _spread(count, how.zoom, generator)
    mirror = torch.where(torch.rand(count, generator=generator) < 0.5, -1.0, 1.0)  # noqa: PLR2004
    cosine, sine = torch.cos(angle) * scale, torch.sin(angle) * scale
    # grid_sample counts from -1 to 1, so that a whole image is 2 long.
    across, down = (_spread(count, 2.0 * how.shift, generator) for _ in range(2))
    return torch.stack(
        [
            torch.stack([cosine * mirror, -sine, across], dim=-1),
            torch.stack([sine * mirror, cosine, down], dim=-1),
        ],
        dim=1,
    )


def _turned(images: Tensor, matrix: Tensor) -> Tensor:
    count = len(images)
    grid = functional.affine_grid(
        matrix, [count, 1, images.shape[1], images.shape[2]], align_corners=False
    )
    return functional.grid_sample(images[:, None], grid, align_corners=False)[:, 0]


def _tone(images: Tensor, how: Augmentation, generator: torch.Generator) -> Tensor:
    def per_image(values: Tensor) -> Tensor:
        return values[:, None, None]

    count = len(images)
    exponent = how.gamma ** _spread(count, 1.0, generator)
    contrast = 1.0 + _spread(count, how.contrast, generator)
    brightness = _spread(count, how.brightness, generator)
    curved = images.clamp(0.0, 1.0) ** per_image(exponent)
    centre = curved.mean(dim=(1, 2), keepdim=True)
    stretched = (curved - centre) * per_image(contrast) + centre + per_image(brightness)
    return stretched.clamp(0.0, 1.0)
