"""Which bones stand in the beam for each region and view, and how wide the field is."""

from dataclasses import replace

import numpy as np

from dicom_fixtures import anatomy_arm as arm
from dicom_fixtures import anatomy_hand as hand
from dicom_fixtures.bones import Anatomy, about_x, about_z, point
from triage_agent.domain.region import Region

VIEWS = ("PA", "LATERAL", "OBLIQUE", "AP OBLIQUE")
VIEW_DEGREES = {"PA": 0.0, "LATERAL": 90.0, "OBLIQUE": 42.0, "AP OBLIQUE": -38.0}

ELBOW = point(0.0, 251.0)
"""The elbow joint in the frame whose origin is the lunate."""
ORIGIN = point(0.0, 0.0)
TURNED = about_x(180.0)
"""From the frame of the forearm, palm away, to that of the upper arm, palm forward."""

SHOULDER_DEGREES = {"PA": 0.0, "LATERAL": 58.0, "OBLIQUE": 30.0, "AP OBLIQUE": -26.0}
"""From the side the other shoulder would be in the beam: the scapula is seen along its blade."""

SITES = {
    Region.WRIST: {"radius": (0.74, 0.93), "ulna": (0.76, 0.92)},
    Region.FOREARM: {"radius": (0.25, 0.85), "ulna": (0.25, 0.85)},
    Region.ELBOW: {"humerus": (0.80, 0.90), "radius": (0.13, 0.22), "ulna": (0.10, 0.20)},
    Region.HUMERUS: {"humerus": (0.22, 0.84)},
    Region.SHOULDER: {"proximal humerus": (0.16, 0.34), "clavicle": (0.35, 0.75)},
}
"""Where an abnormality may lie; hands and fingers name their digits' bones."""


def view_degrees(region: Region, view: str) -> float:
    """How far the limb is turned about its long axis for a view; 0 is PA or AP."""
    return (SHOULDER_DEGREES if region is Region.SHOULDER else VIEW_DEGREES)[view]


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
            shown = _finger(ray, view, pose)
        case Region.FOREARM:
            shown = _forearm(pose)
        case Region.HAND:
            shown = _hand(pose)
        case Region.HUMERUS:
            shown = _humerus(view)
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
        "AP OBLIQUE": (6.0, 8.0, 5.0, 6.0),
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


def _forearm(pose: hand.HandPose) -> Anatomy:
    below = tuple(
        bone.turned(TURNED, ORIGIN).moved(ELBOW) for bone in arm.upper_arm(point(0.0, 0.0))
    )
    return Anatomy(
        hand.hand(pose) + arm.forearm() + below,
        hand.palm() + arm.forearm_flesh(),
        point(0.0, 126.0),
        (325.0, 130.0),
        SITES[Region.FOREARM],
    )


def _shoulder() -> Anatomy:
    elbow = point(-22.0, arm.HUMERUS_MM - 18.0)
    return Anatomy(
        arm.upper_arm(elbow, lean=12.0, name="proximal humerus") + arm.shoulder_girdle(),
        arm.shoulder_flesh(),
        point(34.0, 32.0),
        (210.0, 210.0),
        SITES[Region.SHOULDER],
        arm.lungs(),
    )


def _finger(ray: int, view: str, pose: hand.HandPose) -> Anatomy:
    """One finger upright; its neighbours are spread away from it, or bent out of a side view."""
    upright = about_z(-hand.METACARPAL_DEG[ray - 1])
    aside = replace(pose, flexion=72.0, flexion_step=2.0, curl=58.0) if view == "LATERAL" else pose
    shown = hand.digit(ray, pose)
    others = tuple(
        bone
        for other in range(1, 6)
        if other != ray
        for bone in hand.digit(other, replace(aside, fan=aside.fan + 5.0))
    )
    # Only the finger that is asked for has joints to judge.
    others = tuple(replace(bone, ray=0) for bone in others)
    pivot = shown[0].end
    bones = tuple(bone.turned(upright, pivot) for bone in shown)
    return Anatomy(
        bones + tuple(bone.turned(upright, pivot) for bone in others + hand.carpals()),
        tuple(part.turned(upright, pivot) for part in hand.palm()),
        hand.middle_of(bones[1:]) + point(0.0, 6.0),
        (sum(hand.PHALANX_MM[ray - 1]) + 36.0, 62.0),
        {bone.name: (0.36, 0.64) for bone in bones[1:3]},
    )


def _elbow(view: str) -> Anatomy:
    """An elbow: straight from the front, bent to a right angle from the side."""
    flexion = {"PA": 0.0, "OBLIQUE": 8.0, "AP OBLIQUE": 6.0, "LATERAL": 86.0}[view]
    bend, joint = about_x(flexion), point(0.0, -6.5, 4.0)
    forearm = tuple(
        bone.turned(TURNED, ORIGIN).moved(TURNED @ -ELBOW).turned(bend, joint)
        for bone in arm.forearm()
    )
    flesh = tuple(
        part.turned(TURNED, ORIGIN).moved(TURNED @ -ELBOW).turned(bend, joint)
        for part in arm.forearm_flesh()
    )
    return Anatomy(
        arm.upper_arm(point(0.0, 0.0)) + forearm,
        flesh,
        point(0.0, -10.0, 36.0 * np.sin(np.radians(flexion))),
        (185.0, 140.0),
        SITES[Region.ELBOW],
    )


def _humerus(view: str) -> Anatomy:
    """A whole upper arm; from the side the arm is held away and the chest is out of the beam."""
    elbow = point(-6.0, arm.HUMERUS_MM - 18.0)
    below = tuple(
        bone.turned(TURNED, ORIGIN).moved(elbow + TURNED @ -ELBOW) for bone in arm.forearm()
    )
    girdle, flesh, lung = arm.shoulder_girdle(), arm.shoulder_flesh(), arm.lungs()
    if view == "LATERAL":
        girdle = tuple(bone for bone in girdle if not bone.name.startswith("rib"))
        flesh, lung = flesh[:2], ()
    flesh += tuple(
        part.turned(TURNED, ORIGIN).moved(elbow + TURNED @ -ELBOW) for part in arm.forearm_flesh()
    )
    return Anatomy(
        arm.upper_arm(elbow) + girdle + below,
        flesh,
        point(0.0, 142.0),
        (365.0, 150.0),
        SITES[Region.HUMERUS],
        lung,
    )
