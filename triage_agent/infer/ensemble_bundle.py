"""A bundle whose answer is that of several networks: its members, and how they answer together.

Two ways: the mean of the members' probabilities, and for each region the one member that was found
best there, as MuRAD suggests.
"""

import hashlib
import math
from collections import Counter
from dataclasses import dataclass
from enum import StrEnum

from triage_agent.domain.region import Region
from triage_agent.infer.card import BundleCard, require_sha256
from triage_agent.infer.card_fields import read_card_fields, read_regions
from triage_agent.infer.json_fields import JsonFields

KIND = "kind"  # the field that only the card of an ensemble has

_FEWEST_MEMBERS = 2


class EnsembleKind(StrEnum):
    """How members answer together."""

    MEAN = "mean"
    BY_REGION = "by_region"


@dataclass(frozen=True, slots=True, kw_only=True)
class EnsembleMember:
    """One network of an ensemble: a whole bundle in a folder of the ensemble's own.

    Attributes:
        model: its name and version.
        architecture: of its network.
        card_sha256: SHA-256 of its `model.json`, which states that of its weights.
        weight: its say in a mean, relative to those of the others.
        regions: for which it answers alone, where members are chosen by region.

    Raises:
        ValueError: a text is empty, the digest is none, or the weight is not a positive number.
    """

    model: str
    architecture: str
    card_sha256: str
    weight: float = 1.0
    regions: tuple[Region, ...] = ()

    def __post_init__(self) -> None:
        if not (self.model and self.architecture):
            raise ValueError("a member's model and architecture must not be empty")
        require_sha256("card_sha256", self.card_sha256)
        if not (math.isfinite(self.weight) and self.weight > 0):
            raise ValueError(f"a member's weight must be a positive number, not {self.weight}")


@dataclass(frozen=True, slots=True, kw_only=True)
class EnsembleBundle(BundleCard):
    """Several networks that answer together, under one name, version and Device UID.

    Calibrations and operating points are those of the common answer: members keep their own
    calibrations, and their own operating points play no part.

    Attributes:
        kind: how the members answer together.
        members: in the order of their folders; at least two.

    Raises:
        ValueError: a value is empty, out of range or contradicts another; a member is there twice,
            or a region has no member, or more than one, to answer for it.
    """

    kind: EnsembleKind
    members: tuple[EnsembleMember, ...]

    def __post_init__(self) -> None:
        BundleCard.__post_init__(self)
        if len(self.members) < _FEWEST_MEMBERS:
            raise ValueError(f"an ensemble has at least {_FEWEST_MEMBERS} members")
        if len({each.card_sha256 for each in self.members}) < len(self.members):
            raise ValueError("members names a bundle twice")
        if self.kind is EnsembleKind.BY_REGION:
            self._check_regions()
        elif any(each.regions for each in self.members):
            raise ValueError("members answer together for all regions where the mean is taken")

    @property
    def architecture(self) -> str:
        """The members' architectures and how they answer together, in words."""
        names = ", ".join(each.architecture for each in self.members)
        way = "mean of" if self.kind is EnsembleKind.MEAN else "by region one of"
        return f"{way} {names}"

    @property
    def weights_sha256(self) -> str:
        """SHA-256 over all members' cards, so over all weights, and how they answer together."""
        told = [
            f"{each.card_sha256} {each.weight!r} {','.join(each.regions)}" for each in self.members
        ]
        return hashlib.sha256("\n".join((self.kind, *told)).encode()).hexdigest()

    def member_for(self, region: Region) -> int:
        """Which member answers for a region, where they are chosen so: its place in `members`."""
        return next(i for i, each in enumerate(self.members) if region in each.regions)

    def _check_regions(self) -> None:
        answering = Counter(region for each in self.members for region in each.regions)
        if any(not each.regions for each in self.members):
            raise ValueError("every member must answer for a region")
        if set(answering) != set(self.regions) or max(answering.values()) > 1:
            raise ValueError("every region in scope must have one member that answers for it")


def read_ensemble(fields: JsonFields) -> EnsembleBundle:
    """Read the card of an ensemble.

    Raises:
        BundleInvalid: naming the field, what is wrong with it and how to mend it.
        ValueError: fields contradict each other.
    """
    known = ", ".join(EnsembleKind)
    name = fields.text(KIND, f"Choose from {known}")
    kind = fields.guarded(KIND, f"Choose from {known}", lambda: EnsembleKind(name))
    return EnsembleBundle(
        **read_card_fields(fields),
        kind=kind,
        members=tuple(_read_member(each) for each in fields.objects("members", "Name the members")),
    )


def _read_member(fields: JsonFields) -> EnsembleMember:
    model = fields.text("model", "Name the member and its version")
    architecture = fields.text("architecture", "Name the member's network")
    card_sha256 = fields.text("card_sha256", "Write the SHA-256 of the member's model.json")
    weight = fields.number("weight", "Write the member's say") if fields.has("weight") else 1.0
    regions = read_regions(fields) if fields.values.get("regions") else ()
    return fields.guarded(
        "card_sha256",
        "Make the ensemble again",
        lambda: EnsembleMember(
            model=model,
            architecture=architecture,
            card_sha256=card_sha256,
            weight=weight,
            regions=regions,
        ),
    )
