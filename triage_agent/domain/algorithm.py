"""Who scored the images: as a result object says it, and who answers for a study."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from triage_agent.domain.instance import Instance
from triage_agent.domain.region import Region

# MURA: a study is abnormal if its probability is above 0.5 (arXiv 1712.06957, section 3.1).
DEFAULT_OPERATING_POINT = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class AlgorithmIdentity:
    """A trained algorithm: what a reader or an auditor needs to tell it from any other.

    Attributes:
        name: what the model is called.
        version: of the weights.
        manufacturer: who answers for it.
        device_uid: Device UID (0018,1002); differs after every training.
        weights_sha256: SHA-256 of the weights, hexadecimal.
        architecture: of the network.
        operating_points: probability above which a study is abnormal, where it is not 0.5.
        judging_sha256: SHA-256 of all else that turns an image into an answer, hexadecimal; "" in
            what was noted before it was.

    Raises:
        ValueError: an attribute is empty, or an operating point is not between 0 and 1.
    """

    name: str
    version: str
    manufacturer: str
    device_uid: str
    weights_sha256: str
    architecture: str
    operating_points: Mapping[Region, float] = field(default_factory=dict)
    judging_sha256: str = ""

    def __post_init__(self) -> None:
        for attribute in (
            "name",
            "version",
            "manufacturer",
            "device_uid",
            "weights_sha256",
            "architecture",
        ):
            if not getattr(self, attribute):
                raise ValueError(f"{attribute} must not be empty")
        for region, point in self.operating_points.items():
            if not 0.0 < point < 1.0:
                raise ValueError(f"the operating point for {region} must lie between 0 and 1")

    @property
    def model(self) -> str:
        """The name and version under which scores are recorded."""
        return f"{self.name} {self.version}"

    def may_be(self, other: "AlgorithmIdentity") -> bool:
        """Say whether both are one algorithm, as far as both tell."""
        if self.judging_sha256 and other.judging_sha256:
            return self == other
        return replace(self, judging_sha256="") == replace(other, judging_sha256="")

    def operating_point(self, instances: Iterable[Instance]) -> float:
        """Return the probability above which a study with these images is abnormal.

        The lowest of those for the regions of its scored images, in whatever order they came: what
        would be abnormal as a study of one of its regions is not said to be below the threshold.
        """
        regions = {each.region for each in instances if each.score is not None}
        return min(map(self._operating_point_for, regions), default=DEFAULT_OPERATING_POINT)

    def _operating_point_for(self, region: Region | None) -> float:
        if region is None:
            return DEFAULT_OPERATING_POINT
        return self.operating_points.get(region, DEFAULT_OPERATING_POINT)


def answering_model(instances: Sequence[Instance]) -> str:
    """Return the name of the model that answers for a study; "" if no image of it is scored.

    It is the one that scored the image which arrived last: after a model took the place of
    another, that is the newer of the two. It follows from the rows alone, so that whoever asks,
    before or after the change, judges the study by the same operating point.
    """
    scored = [each for each in instances if each.score is not None]
    if not scored:
        return ""
    return max(scored, key=lambda each: (each.received_at, each.header.SOPInstanceUID)).model
