"""Radiographs of other parts of the body, as coarse attenuating shapes.

They are there to be turned away by what was made for the upper extremity, so they need to be
various, not beautiful. Lengths are shares of half the image's shorter side.
"""

import numpy as np

from dicom_fixtures.canvas import Canvas, Field, layered_noise

# How far down bowels and lumbar spine, and how far up the cervical spine, are drawn.
_WAIST, _NECK = -0.1, 0.6


def _exposed(attenuation: Field, rng: np.random.Generator) -> Field:
    """What a detector shows behind a body: smoothed a little, noisy, windowed, bone bright."""
    noise = rng.standard_normal(attenuation.shape, dtype=np.float32)
    seen = attenuation + noise * float(rng.uniform(0.004, 0.02))
    low, high = np.quantile(seen, (0.02, rng.uniform(0.985, 0.999)))
    shown: Field = np.clip((seen - low) / max(high - low, 1e-3), 0.0, 1.0)
    return shown ** float(rng.uniform(0.7, 1.3))


def chest(rng: np.random.Generator, at: Canvas) -> Field:
    """Lungs, ribs, clavicles, heart and spine from the front."""
    size = float(rng.uniform(0.85, 1.1))
    body = at.ellipse(0, 0.1, 1.15 * size, 1.6 * size)
    body += 0.5 * (at.ellipse(0, -1.0, 0.35, 0.5) + at.ellipse(0, 1.2 * size, 1.2, 0.6))
    apart = float(rng.uniform(0.40, 0.5)) * size
    for side in (-1, 1):
        lung = at.ellipse(side * apart, 0, 0.36 * size, float(rng.uniform(0.7, 0.9)) * size)
        body -= 0.62 * lung
        vessels = layered_noise(at.shape, rng, finest=24) * lung
        body += 0.06 * vessels
        for number in range(int(rng.integers(7, 10))):
            y = (-0.75 + 0.2 * number) * size
            body += 0.10 * at.arc(side * 0.28 * size, y + 0.25, 0.55 * size, 0.25, 0.035)
        slope = float(rng.uniform(0.05, 0.2))
        body += 1.6 * at.tube(
            (side * 0.1, -0.72 * size), (side * 0.9, (-0.72 - slope) * size), 0.05, 0.04, 0.05
        )
    heart = float(rng.uniform(0.28, 0.42)) * size
    body += 0.5 * at.ellipse(0.14 * size, 0.3 * size, heart, heart * 1.1, -30)
    body += _spine(rng, at, 0.0, 0.10 * size, 0.25)
    return _exposed(body, rng)


def _spine(rng: np.random.Generator, at: Canvas, x: float, width: float, density: float) -> Field:
    spine = np.zeros(at.shape, dtype=np.float32)
    height = float(rng.uniform(0.12, 0.2))
    for y in np.arange(-1.4, 1.4, 1.15 * height):
        flat = np.abs((at.y - y) / (height / 2)) ** 6 + np.abs((at.x - x) / width) ** 6
        spine += np.float32(density) * np.clip(1.3 - flat, 0.0, 1.0).astype(np.float32)
    return spine


def pelvis(rng: np.random.Generator, at: Canvas) -> Field:
    """Iliac wings, hips, femora and lumbar spine from the front."""
    size = float(rng.uniform(0.85, 1.1))
    body = 0.9 * at.ellipse(0, 0, 1.2 * size, 1.5 * size)
    body += _spine(rng, at, 0.0, 0.11 * size, 0.25) * (at.y < _WAIST)
    for side in (-1, 1):
        wing = at.ellipse(side * 0.52 * size, -0.25 * size, 0.38 * size, 0.48 * size, side * 30)
        body += 0.45 * wing
        body += 0.4 * at.arc(side * 0.27 * size, 0.45 * size, 0.2 * size, 0.17 * size, 0.07)
        hip = (side * 0.6 * size, 0.3 * size)
        body += 0.45 * at.ellipse(*hip, 0.14 * size, 0.14 * size)
        shaft = (side * float(rng.uniform(0.72, 0.82)) * size, 0.5 * size)
        body += 2.6 * at.tube(hip, shaft, 0.11 * size, 0.10 * size, 0.13 * size)
        body += 2.6 * at.tube(shaft, (side * 0.7 * size, 1.6), 0.12 * size, 0.10 * size)
    body -= 0.15 * np.maximum(layered_noise(at.shape, rng, finest=12), 0) * (at.y < -_WAIST)
    return _exposed(body, rng)


def skull(rng: np.random.Generator, at: Canvas) -> Field:
    """Vault, orbits, nose, jaw and teeth from the front."""
    width, height = float(rng.uniform(0.62, 0.78)), float(rng.uniform(0.8, 0.95))
    head = 0.7 * at.ellipse(0, -0.15, width, height)
    head += 0.6 * at.arc(0, -0.15, width * 0.97, height * 0.97, 0.05)
    head += 0.45 * at.ellipse(0, 0.55, 0.42, 0.42)
    for side in (-1, 1):
        eye = side * float(rng.uniform(0.24, 0.3))
        head -= 0.30 * at.ellipse(eye, 0.1, 0.18, 0.15)
        head += 0.30 * at.arc(eye, 0.1, 0.19, 0.16, 0.035)
        head += 0.3 * at.tube((side * 0.5, 0.25), (side * 0.2, 0.9), 0.08, 0.07, 0.08)
    head -= 0.30 * at.ellipse(0, 0.35, 0.08, 0.17)
    for number in range(8):
        x = (number - 3.5) * 0.07
        head += 0.3 * at.ellipse(x, 0.66, 0.03, 0.10)
    head += 0.3 * _spine(rng, at, 0.0, 0.12, 0.5) * (at.y > _NECK)
    return _exposed(head + 0.03 * layered_noise(at.shape, rng, finest=32), rng)


def knee(rng: np.random.Generator, at: Canvas) -> Field:
    """Femur, tibia, fibula and patella from the front."""
    lean, size = float(rng.uniform(-0.15, 0.15)), float(rng.uniform(0.85, 1.2))
    middle = (0.0, float(rng.uniform(-0.15, 0.15)))
    top, bottom = (lean, middle[1] - 1.7), (-lean, middle[1] + 1.7)
    leg = 0.55 * at.tube((top[0], -3.0), (bottom[0], 3.0), *(size * w for w in (0.8, 0.62, 0.7)))
    above, below = (middle[0], middle[1] - 0.03 * size), (middle[0], middle[1] + 0.03 * size)
    leg += 1.5 * at.tube(top, above, *(size * w for w in (0.17, 0.16, 0.17, 0.24, 0.38)))
    leg += 1.5 * at.tube(below, bottom, *(size * w for w in (0.38, 0.26, 0.17, 0.15, 0.15)))
    side = 1 if rng.random() < 0.5 else -1  # noqa: PLR2004
    head = (middle[0] + side * 0.36 * size, middle[1] + 0.22 * size)
    foot = (bottom[0] + side * 0.3 * size, bottom[1])
    leg += 1.5 * at.tube(head, foot, *(size * w for w in (0.09, 0.06, 0.055, 0.06)))
    leg += 0.12 * at.ellipse(middle[0], middle[1] - 0.22 * size, 0.2 * size, 0.2 * size)
    return _exposed(leg * (1.0 + 0.03 * layered_noise(at.shape, rng, finest=64)), rng)
