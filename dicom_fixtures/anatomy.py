"""Which bones stand in the beam for each region and view, and how wide the field is."""

import numpy as np

from dicom_fixtures import anatomy_arm as arm
from dicom_fixtures import anatomy_hand as hand
from dicom_fixtures.bones import Anatomy, about_x, about_z, point
from triage_agent.domain.region import Region

VIEWS = ("PA", "LATERAL", "OBLIQUE")
VIEW_DEGREES = {"PA": 0.0, "LATERAL": 90.0, "OBLIQUE": 42.0}

ELBOW = point(0.0, 251.0)
"""The elbow joint in the frame whose origin is the lunate."""
ORIGIN = point(0.0, 0.0)
UPSIDE_DOWN = about_z(180.0)

SITES = {
    Region.WRIST: {"radius": (0.74, 0.93), "ulna": (0.76, 0.92)},
    Region.FOREARM: {"radius": (0.25, 0.85), "ulna": (0.25, 0.85)},
    Region.ELBOW: {"humerus": (0.80, 0.90), "radius": (0.13, 0.22), "ulna": (0.17, 0.26)},
    Region.HUMERUS: {"humerus": (0.22, 0.84)},
    Region.SHOULDER: {"proximal humerus": (0.24, 0.48), "clavicle": (0.35, 0.75)},
}
"""Where an abnormality may lie; hands and fingers name their digits' bones."""


def build(region: Region, view: str, rng: np.random.Generator) -> Anatomy:
    """The anatomy of one subject in one view.

    The draws from `rng` do not depend on the view, so the views of a study that is given the same
    stream show the same person.

    Raises:
        KeyError: `view` is not one of `VIEWS`.
    """
    pose = _hand_pose(view, rng)
    ray = int(rng.integers(2, 6))
    match region:
        case Region.ELBOW:
            shown = _elbow(view)
        case Region.FINGER:
            shown = _finger(ray, pose)
        case Region.FOREARM:
            shown = _forearm()
        case Region.HAND:
            shown = _hand(pose)
        case Region.HUMERUS:
            shown = _humerus()
        case Region.SHOULDER:
            shown = _shoulder()
        case Region.WRIST:
            shown = _wrist(pose)
    return shown


def _hand_pose(view: str, rng: np.random.Generator) -> hand.HandPose:
    jitter = rng.uniform(-1.0, 1.0, size=3)
    fan, flexion, step, curl = {
        "PA": (4.0, 0.0, 0.0, 2.0),
        "OBLIQUE": (5.0, 12.0, 8.0, 8.0),
        "LATERAL": (2.0, 4.0, hand.FLEXION_STEP_DEG, 10.0),
    }[view]
    return hand.HandPose(
        fan + jitter[0] * 1.5, flexion + jitter[1] * 4.0, step, curl + jitter[2] * 3.0
    )


def _hand(pose: hand.HandPose) -> Anatomy:
    bones = hand.hand(pose)
    sites = {bone.name: (0.36, 0.64) for bone in bones if bone.ray and bone.name[:6] != "distal"}
    return Anatomy(
        bones + arm.forearm(),
        hand.palm() + arm.forearm_flesh(),
        point(-4.0, -72.0),
        (255.0, 150.0),
        sites,
    )


def _wrist(pose: hand.HandPose) -> Anatomy:
    return Anatomy(
        hand.hand(pose) + arm.forearm(),
        hand.palm() + arm.forearm_flesh(),
        point(0.0, 8.0),
        (150.0, 105.0),
        SITES[Region.WRIST],
    )


def _forearm() -> Anatomy:
    humerus = arm.upper_arm(0.0) + arm.condyles(upward=True)
    below = tuple(bone.turned(UPSIDE_DOWN, ORIGIN).moved(ELBOW) for bone in humerus)
    return Anatomy(
        hand.carpals() + arm.forearm() + below,
        hand.palm()[:2] + arm.forearm_flesh(),
        point(0.0, 126.0),
        (325.0, 130.0),
        SITES[Region.FOREARM],
    )


def _shoulder() -> Anatomy:
    return Anatomy(
        arm.shoulder_girdle(),
        arm.shoulder_flesh(),
        point(34.0, 32.0),
        (210.0, 210.0),
        SITES[Region.SHOULDER],
        arm.lungs(),
    )


def _finger(ray: int, pose: hand.HandPose) -> Anatomy:
    upright = about_z(-hand.METACARPAL_DEG[ray - 1])
    digit = hand.digit(ray, pose)
    bones = tuple(bone.turned(upright, digit[0].end) for bone in digit)
    return Anatomy(
        bones,
        (),
        hand.middle_of(bones[1:]) + point(0.0, 6.0),
        (sum(hand.PHALANX_MM[ray - 1]) + 36.0, 62.0),
        {bone.name: (0.36, 0.64) for bone in bones[1:3]},
    )


def _elbow(view: str) -> Anatomy:
    """An elbow: straight from the front, bent to a right angle from the side."""
    flexion = {"PA": 0.0, "OBLIQUE": 10.0, "LATERAL": 86.0}[view]
    bend, joint = about_x(-flexion), point(0.0, -4.0)
    forearm = tuple(
        bone.turned(UPSIDE_DOWN, ELBOW).moved(-ELBOW).turned(bend, joint) for bone in arm.forearm()
    )
    flesh = tuple(
        part.turned(UPSIDE_DOWN, ELBOW).moved(-ELBOW).turned(bend, joint)
        for part in arm.forearm_flesh()
    )
    return Anatomy(
        arm.upper_arm(2.0) + arm.condyles(upward=True) + forearm,
        flesh,
        point(0.0, -10.0, -36.0 * np.sin(np.radians(flexion))),
        (185.0, 140.0),
        SITES[Region.ELBOW],
    )


def _humerus() -> Anatomy:
    shown = {"glenoid", "acromion", "lateral border of the scapula", "clavicle", "humeral head"}
    shoulder = tuple(bone for bone in arm.shoulder_girdle() if bone.name in shown)
    top = point(-9.0, -16.0)
    elbow = top + point(0.0, arm.HUMERUS_MM)
    below = tuple(bone.turned(UPSIDE_DOWN, ELBOW).moved(elbow - ELBOW) for bone in arm.forearm())
    humerus = arm.upper_arm(arm.HUMERUS_MM) + tuple(
        bone.moved(point(0.0, arm.HUMERUS_MM)) for bone in arm.condyles(upward=True)
    )
    return Anatomy(
        tuple(bone.moved(top) for bone in humerus) + shoulder + below,
        (),
        point(0.0, 142.0),
        (365.0, 150.0),
        SITES[Region.HUMERUS],
    )
