"""What every bundle says of itself, whether it is one network or several.

A bundle without its training data, its measured performance or its intended use is refused: a
score whose origin nobody can name must not reach a worklist.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from triage_agent.domain.region import Region
from triage_agent.infer.provenance import DataSource, Metric
from triage_agent.infer.scores import IDENTITY, Calibration

SCHEMA_VERSION = 1

# MURA: a study is abnormal if its probability is above 0.5 (arXiv 1712.06957, section 3.1).
DEFAULT_OPERATING_POINT = 0.5

# UIDs made from a UUID (PS3.5 Annex B.2); 64 characters is the limit of PS3.5 section 9.1.
_DEVICE_UID = re.compile(r"2\.25\.(0|[1-9][0-9]{0,38})")
_SHA256 = re.compile(r"[0-9a-f]{64}")

_REQUIRED = (
    "name",
    "version",
    "regions",
    "training_data",
    "metrics",
    "intended_use",
    "limitations",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class BundleCard:
    """Everything the node and a reader must know about a model, of whatever it is made.

    Attributes:
        name: what the model is called.
        version: of what answers; a new training, choice or calibration is a new version.
        regions: the regions in scope, in the order given; others are not assessed.
        training_data: on what the weights were fitted; never empty.
        metrics: measured performance with intervals; never empty.
        intended_use: for what, and for what not.
        limitations: what the model cannot do, one sentence each; never empty.
        device_uid: identifies the algorithm in reports (2.25...).
        operating_points: probability above which a study is abnormal, where it is not 0.5.
        calibrations: scaling of the logit by region, where it is not the identity.

    Raises:
        ValueError: a value is empty, out of range or contradicts another.
    """

    name: str
    version: str
    regions: tuple[Region, ...]
    training_data: tuple[DataSource, ...]
    metrics: tuple[Metric, ...]
    intended_use: str
    limitations: tuple[str, ...]
    device_uid: str
    operating_points: Mapping[Region, float] = field(default_factory=dict)
    calibrations: Mapping[Region, Calibration] = field(default_factory=dict)
    schema_version: int = SCHEMA_VERSION

    def __post_init__(self) -> None:
        if self.schema_version != SCHEMA_VERSION:
            raise ValueError(f"schema_version must be {SCHEMA_VERSION}, not {self.schema_version}")
        for name in _REQUIRED:
            if not getattr(self, name):
                raise ValueError(f"{name} must not be empty")
        if len(set(self.regions)) != len(self.regions):
            raise ValueError("regions names a region twice")
        if not _DEVICE_UID.fullmatch(self.device_uid):
            raise ValueError("device_uid must be 2.25. and a whole number")
        for region, point in self.operating_points.items():
            if not (math.isfinite(point) and 0.0 < point < 1.0):
                raise ValueError(f"the operating point for {region} must lie between 0 and 1")
        strangers = (set(self.operating_points) | set(self.calibrations)) - set(self.regions)
        if strangers:
            raise ValueError(f"{', '.join(sorted(strangers))}: has settings but is not in scope")

    @property
    def model(self) -> str:
        """The name and version that scores are recorded under."""
        return f"{self.name} {self.version}"

    def operating_point(self, region: Region) -> float:
        """The probability above which a study of this region is abnormal."""
        return self.operating_points.get(region, DEFAULT_OPERATING_POINT)

    def calibration(self, region: Region) -> Calibration:
        """How to scale a logit of this region."""
        return self.calibrations.get(region, IDENTITY)


def require_sha256(name: str, digest: str) -> None:
    """Raise ValueError unless `digest` is a SHA-256 as bundles write it."""
    if not _SHA256.fullmatch(digest):
        raise ValueError(f"{name} must be 64 lower-case hexadecimal digits")
