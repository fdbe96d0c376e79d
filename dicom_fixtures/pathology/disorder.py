"""What is wrong with a subject: the same in every view of the study."""

from dataclasses import dataclass

import numpy as np

from dicom_fixtures.pathology.findings import Kind

READING_PIXELS = 320
"""The longer side of an image as a small network, or a thumbnail, shows it."""

LEAST_SEEN = 0.5


@dataclass(frozen=True)
class Joint:
    """A joint, found in a view by two bones of which it lies between.

    Attributes:
        name: As a sentence has it, without the article.
        near: The bone before it, and where on that bone's axis the joint lies, as a fraction.
        far: The same for the bone beyond it.
        balance: Where between the two places its middle is: 0 at `near`, 1 at `far`.
        gauge: The bone, and the end of it, whose half-width is the joint's.
        moving: Names of the bones that go along when the joint gives way.
    """

    name: str
    near: tuple[str, float]
    far: tuple[str, float]
    balance: float
    gauge: tuple[str, float]
    moving: frozenset[str]

    @property
    def bones(self) -> frozenset[str]:
        """The bones that must lie where they belong for the joint to be found."""
        return frozenset({self.near[0], self.far[0], self.gauge[0]})


@dataclass(frozen=True)
class Disorder:
    """One thing that is wrong with one subject.

    Attributes:
        kind: What it is.
        bone: Name of the bone that has it; empty for a joint's.
        t: Where on the bone's axis, as a fraction.
        joint: The joint that has it; None for a bone's.
        conspicuity: 0..1, from just plain to striking.
        fixed: Whether a fracture is held by hardware, or hardware holds a fracture.
        side: -1 or 1: to which side a fragment or an implant lies.
        facing: Degrees about the limb of the direction in which things shift or stick out; every
            view sees a good part of it.
        slope: How oblique a line runs: its rise along the bone for each millimetre across.
        jag: Phases of the irregularities of an edge, 0..2 pi.
    """

    kind: Kind
    bone: str
    t: float
    joint: Joint | None
    conspicuity: float
    fixed: bool
    side: int
    facing: float
    slope: float
    jag: tuple[float, ...]

    @property
    def place(self) -> str:
        """Name of the bone or joint."""
        return self.joint.name if self.joint else self.bone

    @property
    def sentence(self) -> str:
        """What a radiologist would dictate."""
        held = self.fixed and self.kind in _HELD
        return (_HELD if held else _SENTENCES)[self.kind].format(self.place)

    def seen(self, view_degrees: float) -> float:
        """Which share of a shift in the `facing` direction a view shows, signed by `side`.

        At least `LEAST_SEEN`: a shift is hardly ever along the beam alone.
        """
        share = float(np.cos(np.radians(view_degrees - self.facing)))
        return self.side * float(np.copysign(max(abs(share), LEAST_SEEN), share))


_SENTENCES = {
    Kind.HAIRLINE: "Hairline fracture of the {} with a minimal cortical step, not displaced.",
    Kind.BUCKLE: "Buckle fracture of the {}: the cortex bulges, the axis is kept.",
    Kind.TRANSVERSE: "Transverse fracture of the {}, hardly displaced.",
    Kind.OBLIQUE: "Oblique fracture of the {}, hardly displaced.",
    Kind.SPIRAL: "Spiral fracture of the {}, hardly displaced.",
    Kind.DISPLACED: "Displaced fracture of the {}.",
    Kind.ANGULATED: "Angulated fracture of the {}.",
    Kind.COMMINUTED: "Comminuted fracture of the {}.",
    Kind.PLATE: "Plate and screws in the {}.",
    Kind.SCREWS: "Metal screw fixation of the {}.",
    Kind.WIRES: "Kirschner wires in the {}.",
    Kind.ROD: "Intramedullary rod in the {} with locking screws.",
    Kind.DEGENERATION: (
        "Degenerative change of the {}: narrowed joint space, osteophytes and subchondral "
        "sclerosis."
    ),
    Kind.LYTIC: "Lytic lesion of the {}.",
    Kind.SCLEROTIC: "Sclerotic lesion of the {}.",
    Kind.SUBLUXATION: "Subluxation of the {}.",
}
_HELD = {
    Kind.TRANSVERSE: "Transverse fracture of the {}, held by hardware; the line is still visible.",
    Kind.OBLIQUE: "Oblique fracture of the {}, held by hardware; the line is still visible.",
    Kind.SPIRAL: "Spiral fracture of the {}, held by hardware; the line is still visible.",
    Kind.COMMINUTED: "Comminuted fracture of the {}, held by hardware.",
    Kind.PLATE: "Plate and screws across the fracture of the {}.",
    Kind.SCREWS: "Metal screws across the fracture of the {}.",
    Kind.WIRES: "Kirschner wires across the fracture of the {}.",
    Kind.ROD: "Intramedullary rod across the fracture of the {} with locking screws.",
}
