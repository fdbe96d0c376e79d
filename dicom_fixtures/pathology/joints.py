"""Which joints of a region may be diseased, and where a view shows them."""

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from dicom_fixtures.bones import STATIONS, Bone, Vector
from dicom_fixtures.pathology.disorder import Joint
from dicom_fixtures.projection import Tube
from triage_agent.domain.region import Region

_FINGER_JOINTS = (
    "metacarpophalangeal joint",
    "proximal interphalangeal joint",
    "distal interphalangeal joint",
)
_THUMB_JOINTS = ("metacarpophalangeal joint", "interphalangeal joint")
_THUMB = 1

# The part of a bone, from its end, within which its widest place counts as the joint's width.
_END = 0.15


@dataclass(frozen=True)
class Seat:
    """A joint in one view: its middle (mm), the direction across its space, and its half-width."""

    centre: Vector
    axis: Vector
    half_width: float

    @property
    def beside(self) -> Vector:
        """The direction along the joint's space."""
        return np.array([-self.axis[1], self.axis[0]])


def joints_of(region: Region, bones: Sequence[Bone], sites: Container[str]) -> tuple[Joint, ...]:
    """The joints that every view of a region shows; of digits, those with a bone in `sites`."""
    match region:
        case Region.HAND | Region.FINGER:
            return tuple(
                joint
                for ray in sorted({bone.ray for bone in bones if bone.name in sites})
                for joint in _digit(bones, ray)
            )
        case Region.WRIST:
            return (_wrist(bones), _thumb_base(bones))
        case Region.FOREARM:
            return (_wrist(bones), _elbow(_parts(bones, {"humerus"})))
        case Region.ELBOW:
            return (_elbow(_parts(bones, {"radius", "ulna"})),)
        case Region.HUMERUS:
            girdle = {"scapula", "acromion", "clavicle"}
            return (_elbow(_parts(bones, {"radius", "ulna"})), _shoulder(_parts(bones, girdle)))
        case Region.SHOULDER:
            return (
                _shoulder(_parts(bones, {"proximal humerus"})),
                Joint(
                    "acromioclavicular joint",
                    ("clavicle", 1.0),
                    ("acromion", 0.7),
                    0.25,
                    ("clavicle", 1.0),
                    frozenset({"clavicle"}),
                ),
            )


def seat(joint: Joint, tubes: Iterable[Tube]) -> Seat:
    """Find a joint among the bones as they came to lie.

    Raises:
        KeyError: One of its bones is not there.
    """
    by_name = {tube.bone.name: tube for tube in tubes}
    near, far = by_name[joint.near[0]], by_name[joint.far[0]]
    first, second = near.at(joint.near[1]), far.at(joint.far[1])
    across = far.at(0.5) - near.at(0.5)
    distance = float(np.hypot(*across))
    # Two bones that lie over one another show their joint from above: any direction will do.
    axis = across / distance if distance > 1.0 else np.array([0.0, 1.0])
    gauge, end = joint.gauge
    widths = by_name[gauge].half_width
    reach = int(_END * STATIONS)
    middle = round(end * (STATIONS - 1))
    half_width = float(widths[max(0, middle - reach) : middle + reach + 1].max())
    return Seat(first + (second - first) * joint.balance, axis, half_width)


def _digit(bones: Sequence[Bone], ray: int) -> tuple[Joint, ...]:
    row = sorted((bone for bone in bones if bone.ray == ray), key=lambda bone: bone.rank)
    names = _THUMB_JOINTS if ray == _THUMB else _FINGER_JOINTS
    digit = row[0].name.removeprefix("metacarpal of the ")
    return tuple(
        Joint(
            f"{name} of the {digit}",
            (near.name, 1.0),
            (far.name, 0.0),
            0.5,
            (far.name, 0.0),
            frozenset(bone.name for bone in row[index:]),
        )
        for index, (name, near, far) in enumerate(zip(names, row[:-1], row[1:], strict=True), 1)
    )


def _wrist(bones: Sequence[Bone]) -> Joint:
    forearm = _parts(bones, {"radius", "ulna", "humerus"})
    hand = frozenset(bone.name for bone in bones) - forearm
    return Joint("wrist", ("radius", 1.0), ("scaphoid", 0.5), 0.1, ("radius", 1.0), hand)


def _thumb_base(bones: Sequence[Bone]) -> Joint:
    base = "metacarpal of the thumb"
    thumb = frozenset(bone.name for bone in bones if bone.ray == _THUMB)
    return Joint(
        "first carpometacarpal joint", ("trapezium", 0.5), (base, 0.0), 0.95, (base, 0.0), thumb
    )


def _elbow(moving: frozenset[str]) -> Joint:
    return Joint("elbow", ("humerus", 1.0), ("radius", 0.0), 0.5, ("humerus", 1.0), moving)


def _shoulder(moving: frozenset[str]) -> Joint:
    return Joint(
        "glenohumeral joint",
        ("humeral head", 0.5),
        ("glenoid", 0.5),
        0.76,
        ("humeral head", 0.5),
        moving,
    )


def _parts(bones: Sequence[Bone], wholes: set[str]) -> frozenset[str]:
    """The bones of these names, and those that are parts of them."""
    return frozenset(bone.name for bone in bones if {bone.name, bone.joined} & wholes)
