"""The skeleton of a right hand and wrist, palm down, fingers up; the origin is the lunate.

Sizes are rounded adult averages. They need to look right, not to be measured.
"""

from dataclasses import dataclass

import numpy as np

from dicom_fixtures.bones import Bone, Flesh, Profile, Vector, about_x, about_z, point

METACARPAL = Profile((8.0, 5.2, 4.4, 4.6, 5.6, 8.2), (7.5, 5.0, 4.5, 5.0, 6.0, 8.0), 4.5, 1.7)
PROXIMAL_PHALANX = Profile((8.0, 5.2, 4.6, 4.6, 6.2), (6.5, 4.6, 4.0, 4.0, 5.0), 3.5, 1.5)
MIDDLE_PHALANX = Profile((7.0, 4.6, 4.0, 4.2, 5.6), (5.6, 4.0, 3.4, 3.4, 4.2), 3.0, 1.3)
DISTAL_PHALANX = Profile((6.2, 3.6, 2.6, 3.0, 4.2), (5.0, 3.2, 2.4, 2.2, 2.4), 2.5, 1.0)

NAMES = ("thumb", "index finger", "middle finger", "ring finger", "little finger")
BASES = ((-21.0, -23.0), (-10.0, -27.0), (0.0, -27.0), (8.0, -26.0), (15.0, -24.0))
METACARPAL_MM = (44.0, 66.0, 64.0, 57.0, 52.0)
METACARPAL_DEG = (-36.0, -9.0, -1.0, 7.0, 16.0)
PHALANX_MM = ((31.0, 0.0, 22.0), (40, 23, 17), (44, 28, 18), (41, 26, 18), (33, 18, 16))
THUMB_FORWARD_DEG = 20.0
"""How far the thumb stands out to the side of the palm."""
FLEXION_STEP_DEG = 14.0
"""How far each finger is bent more than its neighbour when a lateral view fans them."""

CARPALS = (
    # name, centre x, y, z, direction in degrees, length, half-width, half-depth
    ("scaphoid", -12.5, -5.5, -2.0, -35.0, 25.0, 7.0, 7.0),
    ("lunate", -1.0, -1.5, 0.0, 80.0, 16.0, 7.5, 8.5),
    ("triquetrum", 10.5, -4.0, -3.0, 60.0, 16.0, 6.8, 6.5),
    ("pisiform", 13.0, -5.5, -9.0, 0.0, 11.0, 5.0, 5.0),
    ("trapezium", -19.0, -17.5, -4.0, 60.0, 16.0, 7.0, 7.0),
    ("trapezoid", -9.5, -19.0, 0.0, 20.0, 13.0, 6.0, 7.5),
    ("capitate", 0.5, -14.5, 0.0, 0.0, 23.0, 7.2, 8.5),
    ("hamate", 10.5, -16.0, 1.0, -12.0, 20.0, 7.0, 8.5),
)


@dataclass(frozen=True)
class HandPose:
    """How the fingers are held, in degrees."""

    fan: float
    """Added spread between neighbouring fingers."""
    flexion: float
    """Bend of the index finger at its base; positive bends towards the palm."""
    flexion_step: float
    """Added bend from each finger to the next."""
    curl: float
    """Bend at each joint within a finger."""


def carpals() -> tuple[Bone, ...]:
    """The eight bones of the wrist."""
    bones = []
    for name, x, y, z, degrees, length, half_width, half_depth in CARPALS:
        half = about_z(degrees) @ point(0.0, -length / 2.0)
        shape = Profile(
            (half_width * 0.80, half_width * 0.92, half_width * 0.84),
            (half_depth * 0.9, half_depth, half_depth * 0.9),
            cap_mm=length * 0.30,
            cortex_mm=1.1,
            long=False,
        )
        bones.append(
            Bone(
                name,
                point(x, y, z) - half,
                point(x, y, z) + half,
                shape,
                density=0.85,
                flesh_mm=11.0,
            )
        )
    return tuple(bones)


def digit(ray: int, pose: HandPose) -> tuple[Bone, ...]:
    """Metacarpal and phalanges of digit 1 (thumb) to 5 (little finger)."""
    index = ray - 1
    degrees = METACARPAL_DEG[index] + (ray - 3) * 0.4 * pose.fan
    base = point(*BASES[index])
    forward = about_x(THUMB_FORWARD_DEG if ray == 1 else 0.0)
    tip = base + about_z(degrees) @ forward @ point(0.0, -METACARPAL_MM[index])
    name = NAMES[index]
    flesh_mm = 13.0 if ray > 1 else 12.0
    bones = [
        Bone(
            f"metacarpal of the {name}",
            base,
            tip,
            METACARPAL,
            ray=ray,
            rank=0,
            flesh_mm=flesh_mm,
        )
    ]
    if ray == 1:
        bones += _sesamoids(base, tip)
    degrees += (ray - 3) * pose.fan
    bend = THUMB_FORWARD_DEG + 8.0 if ray == 1 else pose.flexion + (ray - 2) * pose.flexion_step
    shapes = (PROXIMAL_PHALANX, MIDDLE_PHALANX, DISTAL_PHALANX)
    parts = ("proximal", "middle", "distal")
    for rank, (length, shape, part) in enumerate(
        zip(PHALANX_MM[index], shapes, parts, strict=True), start=1
    ):
        if length == 0.0:
            continue
        direction = about_z(degrees) @ about_x(bend) @ point(0.0, -1.0)
        start = tip + direction * 1.8
        tip = start + direction * length
        bones.append(
            Bone(
                f"{part} phalanx of the {name}",
                start,
                tip,
                shape,
                ray=ray,
                rank=rank,
                flesh_mm=10.5 - rank,
            )
        )
        bend += pose.curl
    return tuple(bones)


def _sesamoids(base: Vector, tip: Vector) -> list[Bone]:
    """The two small bones in the tendons at the palm side of the thumb's metacarpal head."""
    along = (tip - base) / float(np.linalg.norm(tip - base))
    beside = point(-along[1], along[0])
    pea = Profile((2.0, 2.3, 2.0), (2.0, 2.2, 2.0), 2.0, 0.7, long=False)
    middles = [tip - along * 3.0 + beside * aside + point(0.0, 0.0, -7.0) for aside in (-3.4, 3.0)]
    return [Bone("sesamoid", middle - along * 2.5, middle + along * 2.5, pea) for middle in middles]


def hand(pose: HandPose) -> tuple[Bone, ...]:
    """Carpals and all five digits."""
    return carpals() + tuple(bone for ray in range(1, 6) for bone in digit(ray, pose))


def palm() -> tuple[Flesh, ...]:
    """The soft tissue between the metacarpals."""
    return (
        Flesh(point(-10.0, -20.0), point(-10.0, -82.0), 23.0, 19.0, 0.6),
        Flesh(point(8.0, -18.0), point(14.0, -72.0), 23.0, 19.0, 0.6),
        Flesh(point(-16.0, -22.0), point(-27.0, -48.0), 14.0, 12.0, 0.9),
    )


def middle_of(bones: tuple[Bone, ...]) -> Vector:
    """The centre of the box around some bones."""
    ends = np.array([end for bone in bones for end in (bone.start, bone.end)])
    centre: Vector = (ends.min(axis=0) + ends.max(axis=0)) / 2.0
    return centre
