"""Drawing what is wrong with a subject.

Of 100 abnormal studies that the authors of MURA read again, 53 showed a fracture, 48 hardware, 35
degenerative joint disease and 29 something else (arXiv 1712.06957, section 2). The paper does not
say which go together; the joint distribution here has those sums and at least one in every study.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from dicom_fixtures.pathology.disorder import Disorder, Joint
from dicom_fixtures.pathology.findings import Group, Kind
from dicom_fixtures.pathology.fracture import DISPLACING
from triage_agent.domain.region import Region

T = TypeVar("T")

_F, _H, _D, _O = Group.FRACTURE, Group.HARDWARE, Group.DEGENERATIVE, Group.OTHER
SHARES: Mapping[tuple[Group, ...], float] = {
    (_F,): 0.13,
    (_H,): 0.08,
    (_D,): 0.14,
    (_O,): 0.10,
    (_F, _H): 0.22,
    (_F, _D): 0.05,
    (_F, _O): 0.05,
    (_H, _D): 0.05,
    (_H, _O): 0.04,
    (_D, _O): 0.04,
    (_F, _H, _D): 0.04,
    (_F, _H, _O): 0.03,
    (_H, _D, _O): 0.02,
    (_F, _D, _O): 0.01,
}
"""How often exactly these groups come together."""

GRADES = ((0.15, 0.12, 0.35), (0.35, 0.35, 0.65), (0.50, 0.65, 1.0))
"""Share, lowest and highest conspicuity of the subtle, the moderate and the obvious."""

FIXED_SHARE = 0.65
"""How often a fracture and hardware in one study are of the same bone."""
ONE_VIEW_SHARE = 0.08
"""Share of abnormal studies with several views that show their findings in one view only."""
HIDEABLE_SHARE = 0.38
"""Share of studies whose findings could escape a view: measured over the choice below."""
NEVER_HIDDEN = DISPLACING | {Kind.PLATE, Kind.SCREWS, Kind.WIRES, Kind.ROD, Kind.SUBLUXATION}

_FRACTURES: tuple[Mapping[Kind, float], ...] = (
    {Kind.HAIRLINE: 0.6, Kind.TRANSVERSE: 0.2, Kind.BUCKLE: 2.0},
    {Kind.TRANSVERSE: 0.3, Kind.OBLIQUE: 0.25, Kind.SPIRAL: 0.1, Kind.HAIRLINE: 0.1,
     Kind.DISPLACED: 0.15, Kind.ANGULATED: 0.1, Kind.BUCKLE: 2.0},
    {Kind.DISPLACED: 0.45, Kind.ANGULATED: 0.25, Kind.COMMINUTED: 0.2, Kind.OBLIQUE: 0.05,
     Kind.SPIRAL: 0.05},
)  # fmt: skip
_HELD = {Kind.TRANSVERSE: 0.35, Kind.OBLIQUE: 0.3, Kind.SPIRAL: 0.15, Kind.COMMINUTED: 0.2}
_IN_PLACE = {Kind.TRANSVERSE: 0.4, Kind.OBLIQUE: 0.4, Kind.SPIRAL: 0.2}
_OTHERS = {Kind.LYTIC: 0.36, Kind.SCLEROTIC: 0.34, Kind.SUBLUXATION: 0.3}

_BUCKLING = {
    Region.WRIST: ("radius", "ulna"),
    Region.FOREARM: ("radius", "ulna"),
    Region.ELBOW: ("humerus",),
}
_RODS = {
    Region.FOREARM: ("radius", "ulna"),
    Region.HUMERUS: ("humerus",),
    Region.SHOULDER: ("proximal humerus",),
}
_SMALL = ("phalanx", "metacarpal")
_FACING = (25.0, 50.0)
JAGS = 8
_SLOPES = {
    Kind.HAIRLINE: (0.1, 0.5),
    Kind.TRANSVERSE: (0.0, 0.15),
    Kind.OBLIQUE: (0.65, 1.1),
    Kind.SPIRAL: (0.9, 1.3),
    Kind.DISPLACED: (0.1, 0.6),
    Kind.ANGULATED: (0.0, 0.3),
    Kind.COMMINUTED: (0.0, 0.4),
}


@dataclass(frozen=True)
class _Body:
    region: Region
    sites: Mapping[str, tuple[float, float]]
    joints: Sequence[Joint]
    child: bool


def choose(
    region: Region,
    sites: Mapping[str, tuple[float, float]],
    joints: Sequence[Joint],
    rng: np.random.Generator,
    *,
    child: bool = False,
) -> tuple[Disorder, ...]:
    """Draw what is wrong with a subject: one to three things, none of them in another's way.

    Args:
        region: What is imaged.
        sites: The bones that may be hit, and the part of each that is in the field in every view.
        joints: The joints that may be hit.
        rng: The subject's stream.
        child: Whether the bones still grow; only those buckle.
    """
    groups = tuple(SHARES)[int(rng.choice(len(SHARES), p=tuple(SHARES.values())))]
    held = _F in groups and _H in groups and (bool(rng.random() < FIXED_SHARE) or len(sites) == 1)
    body = _Body(region, sites, joints, child=child)
    drawn: list[Disorder] = []
    for group in groups:
        match group:
            case Group.FRACTURE:
                alone = set(groups) <= {_F, _H} or len(sites) > 3  # noqa: PLR2004 - room for both
                drawn.append(_fracture(body, rng, held=held, alone=alone))
            case Group.HARDWARE:
                drawn.append(_hardware(body, drawn, rng, held=held))
            case Group.DEGENERATIVE:
                drawn.append(_at_joint(Kind.DEGENERATION, body, drawn, rng))
            case Group.OTHER:
                kind = _weighed(_OTHERS, rng)
                at_joint = kind is Kind.SUBLUXATION
                drawn.append((_at_joint if at_joint else _in_bone)(kind, body, drawn, rng))
    return tuple(drawn)


def only_view(
    disorders: Sequence[Disorder], views: Sequence[str], rng: np.random.Generator
) -> str | None:
    """The one view of a study in which its findings can be seen; None if all views show them."""
    chance, place = rng.random(), int(rng.integers(1 << 16))
    if len(views) < 2 or any(each.kind in NEVER_HIDDEN for each in disorders):  # noqa: PLR2004
        return None
    return views[place % len(views)] if chance < ONE_VIEW_SHARE / HIDEABLE_SHARE else None


def _fracture(body: _Body, rng: np.random.Generator, *, held: bool, alone: bool) -> Disorder:
    grade, conspicuity = _graded(rng)
    bone = _picked(tuple(body.sites), rng)
    weights = dict(_HELD if held else _FRACTURES[grade])
    if not body.child or bone not in _BUCKLING.get(body.region, ()):
        weights.pop(Kind.BUCKLE, None)
    if not alone:
        weights = {kind: w for kind, w in weights.items() if kind not in DISPLACING} or _IN_PLACE
    kind = _weighed(weights, rng)
    low, high = body.sites[bone]
    # A buckle is where the shaft begins to flare.
    t = float(rng.uniform(low + 0.8 * (high - low) if kind is Kind.BUCKLE else low, high))
    return _disorder(kind, rng, conspicuity, bone=bone, t=t, fixed=held)


def _hardware(
    body: _Body, earlier: Sequence[Disorder], rng: np.random.Generator, *, held: bool
) -> Disorder:
    _, conspicuity = _graded(rng)
    if held:
        bone, t = earlier[0].bone, earlier[0].t
    else:
        bone, t = _free_place(body, earlier, rng)
    weights = {Kind.PLATE: 0.45, Kind.SCREWS: 0.2, Kind.WIRES: 0.15}
    if any(part in bone for part in _SMALL):
        weights = {Kind.PLATE: 0.3, Kind.SCREWS: 0.25, Kind.WIRES: 0.45}
    elif bone in _RODS.get(body.region, ()):
        weights[Kind.ROD] = 0.4
    return _disorder(_weighed(weights, rng), rng, conspicuity, bone=bone, t=t, fixed=held)


def _at_joint(
    kind: Kind, body: _Body, earlier: Sequence[Disorder], rng: np.random.Generator
) -> Disorder:
    _, conspicuity = _graded(rng)
    broken = {each.bone for each in earlier if each.kind in DISPLACING and not each.fixed}
    diseased = {each.joint for each in earlier}
    free = [j for j in body.joints if j not in diseased and not broken & j.bones]
    return _disorder(kind, rng, conspicuity, joint=_picked(free or body.joints, rng))


def _in_bone(
    kind: Kind, body: _Body, earlier: Sequence[Disorder], rng: np.random.Generator
) -> Disorder:
    _, conspicuity = _graded(rng)
    bone, t = _free_place(body, earlier, rng)
    return _disorder(kind, rng, conspicuity, bone=bone, t=t)


def _free_place(
    body: _Body, earlier: Sequence[Disorder], rng: np.random.Generator
) -> tuple[str, float]:
    """A bone with nothing else in it or, where all have something, the other end of the site."""
    taken = {each.bone: each.t for each in earlier if each.bone}
    bone = _picked([name for name in body.sites if name not in taken] or tuple(body.sites), rng)
    low, high = body.sites[bone]
    if bone in taken:
        return bone, high if taken[bone] < (low + high) / 2 else low
    return bone, float(rng.uniform(low, high))


def _graded(rng: np.random.Generator) -> tuple[int, float]:
    grade = int(rng.choice(len(GRADES), p=[share for share, *_ in GRADES]))
    return grade, float(rng.uniform(*GRADES[grade][1:]))


def _picked(choices: Sequence[T], rng: np.random.Generator) -> T:
    return choices[int(rng.integers(len(choices)))]


def _weighed(weights: Mapping[Kind, float], rng: np.random.Generator) -> Kind:
    share = np.array(tuple(weights.values()))
    return tuple(weights)[int(rng.choice(len(weights), p=share / share.sum()))]


def _disorder(
    kind: Kind,
    rng: np.random.Generator,
    conspicuity: float,
    *,
    bone: str = "",
    t: float = 0.0,
    joint: Joint | None = None,
    fixed: bool = False,
) -> Disorder:
    slope = float(rng.uniform(*_SLOPES.get(kind, (0.0, 0.0)))) * float(rng.choice((-1.0, 1.0)))
    return Disorder(
        kind=kind,
        bone=bone,
        t=t,
        joint=joint,
        conspicuity=conspicuity,
        fixed=fixed,
        side=int(rng.choice((-1, 1))),
        facing=float(rng.uniform(*_FACING)),
        slope=slope,
        jag=tuple(float(value) for value in rng.uniform(0.0, 2.0 * np.pi, size=JAGS)),
    )
