"""Drawing a joint that gave way: the bones beyond it are out of place."""

import numpy as np

from dicom_fixtures.bones import Vector
from dicom_fixtures.pathology.closeup import Closeup
from dicom_fixtures.pathology.disorder import Disorder, Joint
from dicom_fixtures.pathology.joints import Seat
from dicom_fixtures.projection import Field, Tube

REACH = 1.6
"""Radius of a subluxed joint's area, in half-widths."""


def slip_mm(ill: Disorder, seat: Seat, view_degrees: float) -> Vector:
    """How far, in the image plane, the bones beyond a joint are out of place."""
    size = (0.80 + 0.50 * ill.conspicuity) * seat.half_width
    shift: Vector = size * (seat.beside * ill.seen(view_degrees) - 0.25 * seat.axis)
    return shift


def dislodged(
    ill: Disorder, joint: Joint, tubes: list[Tube], seat: Seat, view_degrees: float
) -> list[Tube]:
    """All tubes, those beyond the joint shifted and a little turned."""
    shift, degrees = slip_mm(ill, seat, view_degrees), 9.0 * ill.seen(view_degrees)
    return [
        tube.moved(shift, degrees * ill.conspicuity, seat.centre)
        if tube.bone.name in joint.moving
        else tube
        for tube in tubes
    ]


def slipped_area(near: Closeup) -> Field:
    """1 over a joint and the ends of the bones that slipped out of it, 0 elsewhere."""
    inside = (near.across * near.thick_mm / near.seat.half_width) ** 2 + near.beside**2
    return (inside < REACH**2).astype(np.float32)
