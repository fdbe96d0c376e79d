"""All that stands in the beam, drawn into one field: bones, the finding in one of them, flesh."""

import numpy as np
import numpy.typing as npt

from dicom_fixtures import abnormality as ab
from dicom_fixtures.bones import Anatomy, Flesh, Vector
from dicom_fixtures.projection import (
    Field,
    Grid,
    Tube,
    attenuation,
    blended,
    enlarged,
    locate,
    sleeve,
)

CREASE = 0.35
"""How far the soft tissue of neighbouring parts runs together, as a share of its own square."""
COARSE = 4
"""Soft tissue is smooth: a quarter of the pixels in each direction carries it."""
LUNG_AIR = 0.75
"""Share of a lung's path that is air."""

Piece = tuple[tuple[slice, slice], Field, Field | None]
"""A box of the image, what a bone takes from the beam there, and where its finding is."""


def skeleton(
    tubes: list[Tube],
    found: ab.Abnormality | None,
    grid: Grid,
    texture: Field,
    view_degrees: float,
) -> tuple[Field, npt.NDArray[np.bool_], list[Tube]]:
    """All bones summed, the abnormality's mask, and the tubes where they came to lie."""
    taken = np.zeros(grid.shape, dtype=np.float32)
    mask = np.zeros(grid.shape, dtype=np.bool_)
    hit = next((tube for tube in tubes if found and tube.bone.name == found.bone), None)
    if found and hit and found.kind is ab.Kind.FRACTURE:
        tubes = _displaced(tubes, hit, found)
    wholes: dict[str, Field] = {}
    for tube in tubes:
        if found and tube is hit:
            pieces = _abnormal_pieces(found, tube, grid, texture, view_degrees)
        else:
            pieces = _pieces(tube, grid, texture)
        for window, own, area in pieces:
            if tube.bone.joined:
                whole = wholes.setdefault(tube.bone.joined, np.zeros_like(taken))
                np.maximum(whole[window], own, out=whole[window])
            else:
                taken[window] += own
            if area is not None:
                mask[window] |= area > 0.0
    for whole in wholes.values():
        taken += whole
    return taken, mask, tubes


def _pieces(tube: Tube, grid: Grid, texture: Field) -> list[Piece]:
    patch = locate(tube, grid)
    return [] if patch is None else [(patch.window, attenuation(tube, patch, texture), None)]


def _abnormal_pieces(
    found: ab.Abnormality, tube: Tube, grid: Grid, texture: Field, view_degrees: float
) -> list[Piece]:
    """The bone with the finding: what it takes from the beam, and where the finding is."""
    pieces: list[Piece] = []
    if found.kind is ab.Kind.FRACTURE:
        fracture = ab.broken(found, tube)
        for distal in (False, True):
            part = fracture.carried(tube, distal=distal)
            patch = locate(part, grid)
            if patch is not None:
                kept = ab.fragment(found, part, patch, fracture.gap_mm, distal=distal)
                area = ab.fracture_area(found, part, patch, fracture.gap_mm)
                pieces.append((patch.window, attenuation(part, patch, texture) * kept, area))
        return pieces
    patch = locate(tube, grid, margin_mm=6.0)
    if patch is not None:
        own = attenuation(tube, patch, texture)
        if found.kind is ab.Kind.PLATE:
            metal, area = ab.plate(found, tube, patch, view_degrees)
            own = own + metal
        else:
            own, area = ab.lesion(found, tube, patch, own)
        pieces.append((patch.window, own, area))
    return pieces


def _displaced(tubes: list[Tube], hit: Tube, found: ab.Abnormality) -> list[Tube]:
    """What hangs on the broken bone goes with its fragment.

    That is everything further out on the same digit, and the other parts of the same bone.
    """
    fracture = ab.broken(found, hit)
    axis = (hit.end - hit.start) / hit.length_mm**2

    def follow(tube: Tube) -> Tube:
        beyond = float(((tube.start + tube.end) / 2.0 - hit.start) @ axis) > found.t
        same_ray = hit.bone.ray and tube.bone.ray == hit.bone.ray
        if tube is hit:
            return tube
        if same_ray and tube.bone.rank > hit.bone.rank:
            return fracture.carried(tube, distal=True)
        if hit.bone.joined and tube.bone.joined == hit.bone.joined:
            return fracture.carried(tube, distal=beyond)
        return tube

    return [follow(tube) for tube in tubes]


def soft_tissue(body: Anatomy, tubes: list[Tube], pose: Vector, scale: float, grid: Grid) -> Field:
    """Thickness of soft tissue in mm: the union of all capsules, less the lungs."""
    coarse = grid.coarser(COARSE)
    squares = np.full(coarse.shape, -1e6, dtype=np.float32)
    for tube in tubes:
        width = tube.bone.flesh_mm * scale
        if width:
            capsule = Flesh(np.append(tube.start, 0.0), np.append(tube.end, 0.0), width, width)
            squares = blended(squares, sleeve(capsule, np.eye(3), 1.0, coarse), CREASE * width**2)
    for part in body.flesh:
        over = CREASE * (scale * part.start_mm) ** 2
        squares = blended(squares, sleeve(part, pose, scale, coarse), over)
    thickness = _chord(squares, grid)
    for part in body.lung:
        thickness -= np.float32(LUNG_AIR) * _chord(sleeve(part, pose, scale, coarse), grid)
    return np.maximum(thickness, 0.0, out=thickness)


def _chord(squares: Field, grid: Grid) -> Field:
    """Thickness in mm over the full grid from squared half thickness over the coarse one."""
    square = enlarged(squares, COARSE, grid.shape)
    np.maximum(square, 0.0, out=square)
    np.sqrt(square, out=square)
    square *= np.float32(2.0)
    return square
