"""From path lengths to a displayed radiograph: Beer-Lambert, scatter, noise, display curve."""

from dataclasses import dataclass

import numpy as np

from dicom_fixtures.projection import Field, enlarged

_LEVELS = 1 << 16
BLOCK_PX = 8
"""Scatter and the display's large-area background are found on blocks of so many pixels."""
BANDED, RAISED, SOFT, DIM = 0.4, 0.65, 0.25, 0.6
"""Shares of images with uneven lines, of a black that is not black, of soft display, and of a
window that leaves room above bone."""


@dataclass(frozen=True)
class Technique:
    """How one exposure was made and processed.

    Attributes:
        quanta_per_mm2: Detected photons in air for a thin part; fewer give more noise.
        scatter: Scattered radiation as a share of the primary around it.
        heel: Change of intensity from the middle to the edge, along rows and columns.
        vignette: Loss of intensity in the corners.
        blur: Share of a pixel's signal that goes to each neighbour in a row or column.
        banding: Uneven gain of lines of a scanned plate, as a share.
        enhancement: Weight of the detail added back, as digital systems do.
        sharpening: The same for edges of a pixel or two.
        gamma: Exponent of the display curve.
        contrast: 0 for a straight curve, up to 1 for a film-like S.
        floor: How far below the body's window black lies, as a share of the window.
        headroom: How far above it white lies.
        base: Grey of the least exposed display value.
    """

    quanta_per_mm2: float
    scatter: float
    heel: tuple[float, float]
    vignette: float
    blur: float
    banding: float
    enhancement: float
    sharpening: float
    gamma: float
    contrast: float
    floor: float
    headroom: float
    base: float

    @classmethod
    def drawn(cls, rng: np.random.Generator) -> "Technique":
        """A technique within what a department's rooms differ by."""
        banded, raised, uneven, crisp, dim = rng.uniform(size=5)
        return cls(
            quanta_per_mm2=float(10.0 ** rng.uniform(4.4, 5.5)),
            scatter=float(rng.uniform(0.04, 0.22)),
            heel=(float(rng.uniform(-0.12, 0.12)), float(rng.uniform(-0.03, 0.03))),
            vignette=float(rng.uniform(0.0, 0.10)),
            blur=float(rng.uniform(0.03, 0.17)),
            banding=float(0.012 * uneven if banded < BANDED else 0.0),
            enhancement=float(rng.uniform(0.0, 1.0)),
            sharpening=float(1.6 * crisp - 0.4 if crisp > SOFT else 0.0),
            gamma=float(np.exp(rng.normal(0.20, 0.22))),
            contrast=float(rng.uniform(0.0, 0.7)),
            floor=float(rng.uniform(0.04, 0.30)),
            headroom=float(rng.uniform(-0.04, 0.60 if dim < DIM else 0.10)),
            base=float(0.03 + 0.13 * rng.uniform() if raised < RAISED else 0.0),
        )


def spongy_texture(shape: tuple[int, int], pitch_mm: float, rng: np.random.Generator) -> Field:
    """A field around 1 with the mesh of trabeculae, from half a millimetre apart."""
    first = max(1, round(0.5 / pitch_mm))
    steps = [first * factor for factor in (1, 2, 5, 15)]
    texture = np.zeros((shape[0] // steps[-1] + 4, shape[1] // steps[-1] + 4), dtype=np.float32)
    for step, finer, strength in zip(
        reversed(steps), [*reversed(steps[:-1]), 1], (0.12, 0.13, 0.13, 0.11), strict=True
    ):
        # Uniform noise of the same deviation: eyes cannot tell, and it is quick.
        noise = rng.random(texture.shape, dtype=np.float32)
        noise -= np.float32(0.5)
        noise *= np.float32(strength * np.sqrt(12.0))
        texture += noise
        if step != finer:
            wanted = (shape[0] // finer + 4, shape[1] // finer + 4) if finer > 1 else shape
            texture = enlarged(texture, step / finer, wanted)
    texture = texture[: shape[0], : shape[1]]
    texture += np.float32(1.0)
    return np.maximum(texture, 0.2, out=texture)


def exposed(
    exponent: Field, technique: Technique, pitch_mm: float, rng: np.random.Generator
) -> Field:
    """The negative logarithm of what the detector measured behind `exponent`."""
    signal = np.exp(-exponent)
    rows, columns = signal.shape
    down = np.linspace(-1.0, 1.0, rows, dtype=np.float32)[:, None]
    right = np.linspace(-1.0, 1.0, columns, dtype=np.float32)[None, :]
    corner = np.float32(-technique.vignette / 2.0)
    signal *= 1.0 + np.float32(technique.heel[0]) * down + corner * down**2
    signal *= 1.0 + np.float32(technique.heel[1]) * right + corner * right**2
    signal += np.float32(technique.scatter) * blurred(signal, 4 * BLOCK_PX)
    # Pixels finer than the detector's share its quanta: the display interpolates them. Thick parts
    # are given more exposure, as an automatic exposure control does.
    thick = float(np.quantile(signal[::8, ::8], 0.2))
    quanta = technique.quanta_per_mm2 * max(pitch_mm, 0.12) ** 2
    quanta *= float(np.clip(0.08 / max(thick, 1e-6), 1.0, 12.0))
    noise = rng.standard_normal(signal.shape, dtype=np.float32)
    spread = signal * np.float32(1.0 / quanta)
    noise *= np.sqrt(spread, out=spread)
    signal += noise
    if technique.banding:
        signal *= 1.0 + np.float32(technique.banding) * rng.standard_normal(
            (rows, 1), dtype=np.float32
        )
    signal = _spread(signal, technique.blur)
    np.maximum(signal, np.float32(1e-4), out=signal)
    np.log(signal, out=signal)
    return np.negative(signal, out=signal)


def displayed(logarithm: Field, body: Field, technique: Technique) -> Field:
    """The image 0..1, dense bone bright: windowed to the body, detail enhanced.

    `body` is above 0 where the patient is and the beam is not shut off; the window is found from
    there alone.
    """
    enhanced = logarithm
    if technique.enhancement > 0.0:
        enhanced = logarithm * np.float32(1.0 + technique.enhancement)
        enhanced -= np.float32(technique.enhancement) * blurred(logarithm, BLOCK_PX)
    if technique.sharpening:
        soft = _spread(enhanced, 0.25)
        soft *= np.float32(-technique.sharpening)
        enhanced = enhanced * np.float32(1.0 + technique.sharpening)
        enhanced += soft
    inside = enhanced[::4, ::4][body[::4, ::4] > 0.0]
    if inside.size == 0:
        inside = enhanced[::4, ::4].ravel()
    low, high = np.quantile(inside, (0.02, 0.98))
    span = max(float(high - low), 1e-3)
    image = enhanced - np.float32(low - technique.floor * span)
    image *= np.float32(1.0 / (span * (1.0 + technique.floor + technique.headroom)))
    np.clip(image, 0.0, 1.0, out=image)
    image *= np.float32(_LEVELS - 1)
    return _curve(technique)[image.astype(np.uint16)]


def _curve(technique: Technique) -> Field:
    """The display curve at `_LEVELS` even places from 0 to 1."""
    level = np.linspace(0.0, 1.0, _LEVELS) ** technique.gamma
    level += technique.contrast * (level * level * (3.0 - 2.0 * level) - level)
    level = technique.base + (1.0 - technique.base) * level
    curve: Field = np.clip(level, 0.0, 1.0).astype(np.float32)
    return curve


def blurred(field: Field, step: int) -> Field:
    """A wide blur: block means, enlarged again."""
    rows, columns = field.shape
    padded = np.pad(field, ((0, -rows % step), (0, -columns % step)), mode="edge")
    blocks = padded.reshape(padded.shape[0] // step, step, padded.shape[1] // step, step)
    coarse = np.pad(blocks.mean(axis=(1, 3), dtype=np.float32), ((1, 2), (1, 2)), mode="edge")
    shifted = enlarged(coarse, step, (rows + 2 * step, columns + 2 * step))
    offset = step // 2
    return shifted[offset : offset + rows, offset : offset + columns]


def _spread(field: Field, share: float) -> Field:
    """The detector's own unsharpness: three taps along each axis, edges kept."""
    middle = np.float32(1.0 - 2.0 * share)
    tap = np.float32(share)
    down = field * middle
    down[1:] += tap * field[:-1]
    down[:-1] += tap * field[1:]
    down[0] += tap * field[0]
    down[-1] += tap * field[-1]
    both = down * middle
    both[:, 1:] += tap * down[:, :-1]
    both[:, :-1] += tap * down[:, 1:]
    both[:, 0] += tap * down[:, 0]
    both[:, -1] += tap * down[:, -1]
    return both
