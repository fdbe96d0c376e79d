"""Drawing lytic and sclerotic lesions of a bone."""

import numpy as np

from dicom_fixtures.pathology.disorder import Disorder
from dicom_fixtures.pathology.findings import Kind
from dicom_fixtures.projection import Field, Patch, Tube

SHELL = 1.15
"""How far beyond its radius a lytic lesion goes with its thin shell."""


def lesion(
    ill: Disorder, tube: Tube, patch: Patch, taken: Field, reading_mm: float
) -> tuple[Field, Field]:
    """What a bone with a lesion takes from the beam, and the lesion's area (0 or 1)."""
    width = shaft_width(tube, ill.t)
    plain = ill.conspicuity
    radius = max(width * (0.80 + 0.40 * plain), reading_mm * (4.0 + 1.6 * plain))
    along = (patch.along_mm - np.float32(ill.t * tube.length_mm)) / np.float32(radius * 1.35)
    across = (patch.across_mm - np.float32(0.12 * width * ill.side)) / np.float32(radius)
    angle = np.arctan2(across, along)
    edge = 1.0 + 0.10 * np.sin(3.0 * angle + ill.jag[0]) + 0.06 * np.sin(5.0 * angle + ill.jag[1])
    distance = np.sqrt(along**2 + across**2) / edge
    rim = 1.0 + 2.0 * reading_mm / radius
    bone = np.clip(taken / np.float32(0.05), 0.0, 1.0)
    if ill.kind is Kind.LYTIC:
        inside = np.clip((1.0 - distance) / 0.16, 0.0, 1.0).astype(np.float32)
        shell = np.clip(1.0 - np.abs(distance - 1.0) / (SHELL - 1.0), 0.0, 1.0).astype(np.float32)
        thin = np.float32(0.045 * width * plain)
        left = taken * (1.0 - np.float32(0.58 + 0.34 * plain) * inside)
        return left + shell * thin * bone, (distance < max(SHELL, rim)).astype(np.float32)
    inside = np.clip((1.0 - distance) / 0.55, 0.0, 1.0).astype(np.float32)
    patchy = 0.80 + 0.20 * np.sin(7.0 * along + ill.jag[2]) * np.sin(6.0 * across + ill.jag[3])
    dense = np.float32((0.50 + 0.60 * plain) * max(0.11 * width, 0.60)) * patchy.astype(np.float32)
    return taken + dense * inside * bone, (distance < rim).astype(np.float32)


def shaft_width(tube: Tube, t: float) -> float:
    """The half-width there, but hardly more than the shaft's: lesions and implants have sizes."""
    return min(tube.width_at(t), 1.25 * float(np.median(tube.half_width)))
