"""Forearm, upper arm and shoulder girdle of a right side.

The forearm points up, its palm away from the reader; upper arm and shoulder are seen from the
front. `anatomy` turns one to the other.
"""

import numpy as np

from dicom_fixtures.bones import Bone, Flesh, Profile, Vector, point

RADIUS = Profile(
    # head, neck, tuberosity, shaft, shaft, metaphysis, flared distal end
    (11.0, 7.2, 7.6, 7.0, 7.0, 7.2, 7.6, 8.6, 13.5, 15.5),
    (11.0, 6.8, 7.4, 6.2, 6.2, 6.2, 6.4, 7.4, 9.5, 10.5),
    4.0,
    2.6,
    shift_mm=(0.0, 0.0, -2.0, 0.0, 0.0, 0.0, 0.0, 0.5, 1.5, 0.5),
    lift_mm=(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, -1.0, -2.0),
    slant=-0.30,
)
ULNA = Profile(
    # below the coronoid process, shaft, narrow head
    (10.5, 9.5, 8.0, 7.2, 6.8, 6.4, 6.0, 5.6, 6.2, 8.0),
    (9.0, 10.0, 9.0, 8.0, 7.2, 6.6, 6.0, 5.6, 6.2, 7.6),
    5.0,
    2.6,
)
HUMERUS = Profile(
    # tubercles, surgical neck, shaft, supracondylar ridges, condyles
    (15.0, 19.5, 13.5, 11.8, 11.2, 11.0, 10.8, 10.8, 11.2, 12.8, 19.5, 25.0),
    (14.0, 18.0, 14.0, 12.4, 11.5, 11.0, 10.8, 10.4, 10.0, 8.8, 5.5, 5.5),
    9.0,
    3.6,
    shift_mm=(-2.0, 0.5, -0.5, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 2.0, 2.5),
)
FLAT = 0.85
"""Attenuation of thin, flat bones relative to a long bone of the same outline."""

WRIST_Y = 6.5
"""Joint surface of the radius below the centre of the lunate."""
FOREARM_MM = 245.0
HUMERUS_MM = 315.0


def forearm(wrist_y: float = WRIST_Y) -> tuple[Bone, ...]:
    """Radius and ulna below a wrist whose radial joint surface is at `wrist_y`."""
    elbow_y = wrist_y + FOREARM_MM
    olecranon = Profile((8.0, 10.0, 10.0, 8.5), (6.5, 8.0, 9.5, 9.0), 6.0, 1.8, long=False)
    coronoid = Profile((8.0, 8.0, 6.0), (6.0, 5.0, 3.5), 4.0, 1.4, long=False)
    styloid = Profile((7.0, 6.5, 4.0), (7.0, 6.5, 4.0), 6.0, 1.4, long=False)
    small_styloid = Profile((3.6, 3.2, 2.2), (3.6, 3.2, 2.2), 3.0, 1.0, long=False)
    return (
        Bone(
            "radius",
            point(-13.0, elbow_y - 6.0, 2.0),
            point(-8.0, wrist_y - 2.5),
            RADIUS,
            bow_mm=-7.0,
            flesh_mm=21.0,
            joined="radius",
        ),
        Bone(
            "ulna",
            point(9.0, elbow_y - 6.0, 2.0),
            point(15.0, wrist_y + 4.0, -2.0),
            ULNA,
            bow_mm=3.0,
            flesh_mm=17.0,
            joined="ulna",
        ),
        Bone("olecranon", point(9.0, elbow_y + 18.0, 13.0), point(9.0, elbow_y - 30.0, 3.0),
             olecranon, bow_mm=2.0, density=0.75, joined="ulna"),
        Bone("coronoid process", point(9.0, elbow_y - 18.0, -2.0),
             point(9.0, elbow_y - 2.0, -12.0), coronoid, density=0.7, joined="ulna"),
        Bone("radial styloid", point(-15.0, wrist_y + 18.0), point(-21.5, wrist_y - 5.0), styloid,
             joined="radius"),
        Bone("ulnar styloid", point(18.5, wrist_y + 16.0, -3.0), point(21.5, wrist_y - 2.0, -4.0),
             small_styloid, joined="ulna"),
    )  # fmt: skip


def forearm_flesh(wrist_y: float = WRIST_Y) -> tuple[Flesh, ...]:
    """Muscle that widens from the wrist to the elbow."""
    elbow_y = wrist_y + FOREARM_MM
    return (
        Flesh(point(2.0, wrist_y - 10.0), point(-2.0, wrist_y + 90.0), 25.0, 33.0, 0.75),
        Flesh(point(-2.0, wrist_y + 80.0), point(-4.0, elbow_y), 33.0, 40.0, 0.85),
    )


def upper_arm(elbow: Vector, *, lean: float = 0.0, name: str = "humerus") -> tuple[Bone, ...]:
    """A humerus whose head points up and whose joint surface is just above `elbow`.

    Seen from the front on a right side, palm forward: the body and the ulna are to the right.
    `lean` moves its head to the body's side.
    """
    top = elbow + point(lean, 4.0 - HUMERUS_MM)
    head = Profile((21.0, 22.5, 22.0, 21.0), (21.0, 22.0, 22.0, 21.0), 21.5, 1.3, long=False)
    round_end = Profile((8.5, 7.4, 9.5), (11.0, 9.8, 12.0), 5.0, 1.3, long=False)
    capitulum = Profile((9.0, 10.0, 9.0), (11.0, 11.5, 11.0), 8.0, 1.3, long=False)
    ridge = Profile((7.5, 6.5, 5.0), (6.0, 6.0, 5.0), 5.0, 1.3, long=False)
    fossa = Profile((9.0, 10.0, 9.0), (4.0, 4.0, 4.0), 7.0, 0.8, long=False)
    lower = {
        "trochlea": (point(1.0, -6.5, 4.0), point(23.0, -5.5, 4.0), round_end),
        "capitulum": (point(-21.0, -7.0, 5.0), point(1.0, -7.0, 5.0), capitulum),
        "medial epicondyle": (point(12.0, -38.0), point(30.0, -17.0, -2.0), ridge),
        "lateral epicondyle": (point(-8.0, -32.0), point(-21.0, -12.0), ridge),
    }
    return (
        Bone(name, top, elbow - point(0.0, 4.0), HUMERUS, bow_mm=2.0, flesh_mm=37.0, joined=name),
        Bone("humeral head", top + point(-6.5, 30.0), top + point(25.0, 1.0), head,
             flesh_mm=46.0, joined=name),
        *(
            Bone(part, elbow + start, elbow + end, shape, joined=name)
            for part, (start, end, shape) in lower.items()
        ),
        Bone("olecranon fossa", elbow + point(2.0, -31.0), elbow + point(2.0, -14.0), fossa,
             density=-0.45),
    )  # fmt: skip


def shoulder_girdle() -> tuple[Bone, ...]:
    """Scapula, clavicle and ribs; the origin is the centre of the humeral head.

    A right shoulder in the image: the arm on the left, the chest on the right.
    """
    blade = Profile((24.0, 32.0, 30.0, 23.0, 14.0, 6.0), (4.0, 3.2, 3.0, 3.0, 3.2, 3.5), 16.0, 1.2)
    border = Profile((8.0, 5.0, 4.0, 3.5), (8.0, 5.0, 4.5, 4.0), 6.0, 1.3)
    medial = Profile((2.5, 2.2, 2.2, 3.0), (3.0, 2.5, 2.5, 3.0), 4.0, 0.9)
    spine = Profile((3.0, 5.0, 7.0, 8.0), (3.5, 4.0, 5.0, 5.5), 5.0, 1.2)
    clavicle = Profile(
        (9.5, 6.6, 5.4, 5.2, 5.8, 7.5),
        (8.0, 6.5, 6.0, 5.5, 5.5, 5.5),
        4.0,
        1.9,
        shift_mm=(0.0, -4.0, -7.0, -3.0, 4.0, 0.0),
    )
    acromion = Profile((7.0, 8.5, 9.0, 7.0), (4.5, 4.5, 5.0, 4.5), 7.0, 1.3)
    coracoid = Profile((8.0, 6.0, 6.5, 6.0), (8.0, 6.5, 7.0, 6.0), 6.0, 1.3)
    glenoid = Profile((5.5, 7.5, 8.5, 7.0), (9.0, 12.0, 13.0, 10.0), 7.0, 1.5, long=False)
    neck = Profile((15.0, 16.0, 20.0), (9.0, 6.0, 4.0), 6.0, 1.0)
    bones = [
        Bone("glenoid", point(28.0, -19.0), point(29.5, 20.0), glenoid, joined="scapula"),
        Bone("neck of the scapula", point(28.0, 2.0, -3.0), point(52.0, 4.0, -8.0), neck,
             density=0.9, joined="scapula"),
        Bone("scapular body", point(64.0, -24.0, -8.0), point(60.0, 122.0, -14.0), blade,
             density=FLAT, joined="scapula"),
        Bone("lateral border of the scapula", point(32.0, 16.0), point(56.0, 120.0, -10.0), border,
             bow_mm=-3.0, density=0.75, joined="scapula"),
        Bone("medial border of the scapula", point(96.0, -22.0, -14.0), point(62.0, 122.0, -14.0),
             medial, bow_mm=-7.0, density=0.8, joined="scapula"),
        Bone("spine of the scapula", point(95.0, -6.0, -20.0), point(18.0, -36.0, -24.0), spine,
             bow_mm=-4.0, density=0.6, joined="acromion"),
        Bone("acromion", point(24.0, -37.0, -22.0), point(-16.0, -36.0, -4.0), acromion,
             bow_mm=-4.0, density=0.8, joined="acromion"),
        Bone("coracoid process", point(43.0, -20.0), point(17.0, -13.0, 24.0), coracoid,
             bow_mm=-5.0, density=0.8),
        Bone("clavicle", point(152.0, -22.0, 12.0), point(-2.0, -42.0, 0.0), clavicle),
    ]  # fmt: skip
    behind = Profile((5.5, 5.5, 6.0, 6.0), (3.5, 3.5, 3.5, 3.2), 4.0, 0.9)
    before = Profile((6.0, 6.0, 6.5, 7.0), (3.0, 3.0, 3.0, 3.0), 4.0, 0.7)
    for number in range(8):
        wall = point(92.0 - 30.0 * (1.0 - np.exp(-number / 1.6)), 6.0 + 25.0 * number)
        bones += [
            Bone(f"rib {number + 2} behind", wall + point(120.0, -34.0, -40.0), wall, behind,
                 bow_mm=17.0, density=0.85),
            Bone(f"rib {number + 2} in front", wall, wall + point(96.0, 42.0, 40.0), before,
                 bow_mm=9.0, density=0.6),
        ]  # fmt: skip
    return tuple(bones)


def shoulder_flesh() -> tuple[Flesh, ...]:
    """Deltoid, neck and chest wall."""
    return (
        Flesh(point(0.0, -6.0), point(-16.0, 110.0), 50.0, 43.0, 1.0),
        Flesh(point(-14.0, 100.0), point(-10.0, 320.0), 43.0, 40.0, 1.0),
        Flesh(point(14.0, -8.0), point(150.0, -44.0), 40.0, 62.0, 0.8),
        Flesh(point(188.0, -20.0), point(190.0, -150.0), 62.0, 60.0, 1.0),
        Flesh(point(150.0, 50.0), point(150.0, 520.0), 112.0, 126.0, 0.75),
        Flesh(point(52.0, 10.0), point(60.0, 120.0), 34.0, 22.0, 0.9),
    )


def lungs() -> tuple[Flesh, ...]:
    """The apex and outer part of the right lung."""
    return (Flesh(point(152.0, 60.0), point(156.0, 460.0), 68.0, 100.0, 1.0),)
