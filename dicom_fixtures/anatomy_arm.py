"""Forearm, upper arm and shoulder girdle of a right side."""

from dicom_fixtures.bones import Bone, Flesh, Profile, point

RADIUS = Profile(
    # head, neck, tuberosity, shaft, shaft, metaphysis, flared distal end
    (10.5, 7.0, 8.2, 7.0, 7.0, 7.2, 7.4, 8.4, 14.0, 16.0),
    (10.5, 6.6, 7.4, 6.2, 6.2, 6.2, 6.4, 7.4, 9.5, 10.5),
    5.0,
    2.6,
)
ULNA = Profile(
    # olecranon and coronoid process, shaft, narrow head
    (11.0, 11.5, 9.0, 7.4, 6.8, 6.4, 6.0, 5.6, 6.4, 8.0),
    (10.0, 15.0, 9.5, 8.0, 7.2, 6.6, 6.0, 5.6, 6.2, 7.6),
    6.0,
    2.6,
)
HUMERUS = Profile(
    # head and tubercles, surgical neck, shaft, supracondylar ridges, condyles
    (23.0, 22.0, 14.0, 12.0, 11.5, 11.0, 11.0, 11.5, 14.5, 24.0, 27.0),
    (22.0, 21.0, 13.5, 12.0, 11.5, 11.0, 10.5, 10.0, 9.0, 9.0, 11.0),
    14.0,
    3.6,
)
FLAT = 0.55
"""Attenuation of thin, flat bones relative to a long bone of the same outline."""

WRIST_Y = 6.5
"""Joint surface of the radius below the centre of the lunate."""
FOREARM_MM = 245.0
HUMERUS_MM = 315.0


def forearm(wrist_y: float = WRIST_Y) -> tuple[Bone, ...]:
    """Radius and ulna below a wrist whose radial joint surface is at `wrist_y`."""
    elbow_y = wrist_y + FOREARM_MM
    styloid = Profile((7.0, 6.5, 4.0), (7.0, 6.5, 4.0), 6.0, 1.4, long=False)
    small_styloid = Profile((3.6, 3.2, 2.2), (3.6, 3.2, 2.2), 3.0, 1.0, long=False)
    return (
        Bone(
            "radius",
            point(-13.0, elbow_y - 6.0, 2.0),
            point(-8.0, wrist_y),
            RADIUS,
            bow_mm=-7.0,
            flesh_mm=26.0,
            joined="radius",
        ),
        Bone(
            "ulna",
            point(8.0, elbow_y + 16.0, -4.0),
            point(15.0, wrist_y + 4.0, -2.0),
            ULNA,
            bow_mm=3.0,
            flesh_mm=24.0,
            joined="ulna",
        ),
        Bone("radial styloid", point(-15.0, wrist_y + 18.0), point(-21.5, wrist_y - 5.0), styloid,
             joined="radius"),
        Bone("ulnar styloid", point(18.5, wrist_y + 16.0, -3.0), point(21.5, wrist_y - 2.0, -4.0),
             small_styloid, joined="ulna"),
    )  # fmt: skip


def forearm_flesh(wrist_y: float = WRIST_Y) -> tuple[Flesh, ...]:
    """Muscle that widens from the wrist to the elbow."""
    elbow_y = wrist_y + FOREARM_MM
    return (
        Flesh(point(1.0, wrist_y - 10.0), point(-2.0, wrist_y + 90.0), 26.0, 33.0, 0.75),
        Flesh(point(-2.0, wrist_y + 80.0), point(-4.0, elbow_y), 33.0, 45.0, 0.85),
    )


def upper_arm(elbow_y: float) -> tuple[Bone, ...]:
    """A humerus that hangs above (forearm upright: below) a joint at `elbow_y`."""
    return (
        Bone(
            "humerus",
            point(0.0, elbow_y - HUMERUS_MM),
            point(0.0, elbow_y),
            HUMERUS,
            bow_mm=2.0,
            flesh_mm=40.0,
            joined="humerus",
        ),
    )


def condyles(*, upward: bool) -> tuple[Bone, ...]:
    """Trochlea and capitulum: the rounded joint surface at the end of the humerus."""
    towards = 5.0 if upward else -5.0
    trochlea = Profile((8.5, 7.5, 9.5), (10.0, 9.0, 11.0), 7.0, 1.4, long=False)
    capitulum = Profile((9.0, 10.0, 9.0), (10.0, 11.0, 10.0), 9.0, 1.4, long=False)
    return (
        Bone("trochlea", point(-2.0, -towards), point(24.0, -towards), trochlea,
             joined="humerus"),
        Bone("capitulum", point(-23.0, -towards), point(4.0, -towards), capitulum,
             joined="humerus"),
    )  # fmt: skip


def shoulder_girdle() -> tuple[Bone, ...]:
    """Humeral head, scapula, clavicle and ribs; the origin is the centre of the head.

    A right shoulder in the image: the arm on the left, the chest on the right.
    """
    head = Profile((15.0, 22.0, 23.0, 17.0), (14.0, 22.0, 22.0, 16.0), 18.0, 1.5, long=False)
    blade = Profile((10.0, 30.0, 24.0, 14.0, 7.0), (5.0, 3.0, 2.5, 2.5, 3.0), 20.0, 1.2)
    border = Profile((9.0, 5.5, 4.5, 4.0), (8.0, 5.0, 4.5, 4.0), 6.0, 1.6)
    clavicle = Profile((9.0, 6.5, 6.0, 6.5, 9.5), (7.0, 6.0, 6.0, 6.5, 8.0), 5.0, 2.2)
    acromion = Profile((7.0, 8.0, 10.0, 12.0), (5.0, 5.0, 5.5, 6.0), 8.0, 1.5)
    coracoid = Profile((7.5, 6.0, 7.0), (9.0, 7.0, 8.0), 6.0, 1.4)
    glenoid = Profile((6.0, 8.0, 6.5), (9.0, 12.0, 9.0), 8.0, 1.8, long=False)
    rib = Profile((5.5, 5.5, 5.5), (3.5, 3.5, 3.5), 5.0, 0.9)
    # The greater tubercle is the shaft's own blunt end; the head is set on at an angle.
    shaft = Profile(
        (17.0, 16.5, 12.5, 11.5, 11.0, 11.0),
        (19.0, 18.0, 13.0, 12.0, 11.0, 11.0),
        14.0,
        3.4,
    )
    bones = [
        Bone(
            "proximal humerus",
            point(-8.0, -16.0),
            point(-22.0, 200.0),
            shaft,
            bow_mm=-3.0,
            flesh_mm=42.0,
            joined="proximal humerus",
        ),
        Bone("humeral head", point(-19.0, 18.0), point(16.0, -14.0), head, flesh_mm=44.0,
             joined="proximal humerus"),
        Bone("glenoid", point(29.0, -18.0), point(31.0, 20.0), glenoid, joined="scapula"),
        Bone("scapular body", point(42.0, -16.0, -8.0), point(62.0, 112.0, -14.0), blade,
             density=FLAT, joined="scapula"),
        Bone("lateral border of the scapula", point(33.0, 14.0), point(58.0, 116.0, -10.0), border,
             density=0.8, joined="scapula"),
        Bone("spine of the scapula", point(88.0, -22.0, -18.0), point(20.0, -38.0, -20.0), border,
             density=0.8, joined="acromion"),
        Bone("acromion", point(34.0, -39.0, -14.0), point(-14.0, -41.0, -4.0), acromion,
             joined="acromion"),
        Bone("coracoid process", point(40.0, -26.0), point(20.0, -14.0, 22.0), coracoid),
        Bone(
            "clavicle",
            point(140.0, -26.0, 10.0),
            point(0.0, -50.0, -2.0),
            clavicle,
            bow_mm=7.0,
        ),
    ]  # fmt: skip
    bones += [
        Bone(
            f"rib {number + 2}",
            point(160.0, -6.0 + 27.0 * number, -40.0),
            point(62.0 + 2.0 * number, 40.0 + 27.0 * number, 30.0),
            rib,
            bow_mm=-26.0,
            density=0.75,
        )
        for number in range(5)
    ]
    return tuple(bones)


def shoulder_flesh() -> tuple[Flesh, ...]:
    """Deltoid, neck and chest wall."""
    return (
        Flesh(point(0.0, -10.0), point(-22.0, 200.0), 52.0, 44.0, 1.0),
        Flesh(point(10.0, -20.0), point(150.0, -60.0), 38.0, 62.0, 1.0),
        Flesh(point(120.0, 30.0), point(130.0, 220.0), 92.0, 100.0, 0.9),
    )


def lungs() -> tuple[Flesh, ...]:
    """The apex and outer part of the right lung."""
    return (Flesh(point(134.0, 40.0), point(132.0, 220.0), 52.0, 66.0, 1.0),)
