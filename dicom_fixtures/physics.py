"""From path lengths to a displayed radiograph: Beer-Lambert, scatter, noise, display curve."""

from dataclasses import dataclass

import numpy as np

from dicom_fixtures.projection import Field, enlarged

SOFT_PER_MM = 0.025
"""Attenuation of muscle, about 35 keV."""
SCATTER_SHARE = 0.05
"""Scattered radiation that reaches the detector behind a grid, as a share of the mean primary."""


@dataclass(frozen=True)
class Technique:
    """How one exposure was made and processed.

    Attributes:
        quanta: Detected photons per pixel in air; fewer give more noise.
        enhancement: Weight of the detail added back, as digital systems do.
        gamma: Exponent of the display curve.
    """

    quanta: float
    enhancement: float
    gamma: float

    @classmethod
    def drawn(cls, rng: np.random.Generator) -> "Technique":
        """A technique within what a department's rooms differ by."""
        return cls(
            quanta=float(rng.uniform(2500.0, 9000.0)),
            enhancement=float(rng.uniform(0.25, 0.7)),
            gamma=float(rng.uniform(0.85, 1.2)),
        )


def spongy_texture(shape: tuple[int, int], pitch_mm: float, rng: np.random.Generator) -> Field:
    """A field around 1 with the mesh of trabeculae, about a millimetre apart."""
    texture = np.ones(shape, dtype=np.float32)
    for spacing_mm, strength in ((0.9, 0.16), (2.4, 0.14), (7.0, 0.10)):
        step = max(1, round(spacing_mm / pitch_mm))
        rows, columns = (size // step + 3 for size in shape)
        coarse = rng.standard_normal((rows, columns), dtype=np.float32)
        texture += np.float32(strength) * (
            enlarged(coarse, step, shape) if step > 1 else coarse[: shape[0], : shape[1]]
        )
    return np.maximum(texture, 0.2, out=texture)


def exposed(exponent: Field, technique: Technique, rng: np.random.Generator) -> Field:
    """The negative logarithm of what the detector measured behind `exponent`."""
    primary = np.exp(-exponent)
    scatter = np.float32(SCATTER_SHARE * float(primary[::8, ::8].mean()))
    signal = primary + scatter
    noise = rng.standard_normal(exponent.shape, dtype=np.float32)
    signal += noise * np.sqrt(signal * np.float32(1.0 / technique.quanta))
    logarithm: Field = -np.log(np.maximum(signal, np.float32(1e-4)))
    return logarithm


def displayed(logarithm: Field, body: Field, technique: Technique) -> Field:
    """The image 0..1, dense bone bright: windowed to the body, detail enhanced.

    `body` is 1 where the patient is; the window is found from there alone.
    """
    detail = logarithm - _blurred(logarithm, 8)
    enhanced = logarithm + np.float32(technique.enhancement) * detail
    inside = enhanced[::4, ::4][body[::4, ::4] > 0.0]
    if inside.size == 0:
        inside = enhanced[::4, ::4].ravel()
    low, high = np.quantile(inside, (0.02, 0.992))
    floor = low - 0.10 * (high - low)
    scaled = (enhanced - np.float32(floor)) / np.float32(max(high - floor, 1e-3))
    image: Field = np.clip(scaled, 0.0, 1.0) ** np.float32(technique.gamma)
    return image


def _blurred(field: Field, step: int) -> Field:
    """A wide blur: block means, enlarged again."""
    rows, columns = field.shape
    padded = np.pad(field, ((0, -rows % step), (0, -columns % step)), mode="edge")
    blocks = padded.reshape(padded.shape[0] // step, step, padded.shape[1] // step, step)
    coarse = np.pad(blocks.mean(axis=(1, 3), dtype=np.float32), ((1, 2), (1, 2)), mode="edge")
    shifted = enlarged(coarse, step, (rows + 2 * step, columns + 2 * step))
    offset = step // 2
    return shifted[offset : offset + rows, offset : offset + columns]
