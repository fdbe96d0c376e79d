"""A model bundle: what `model.json` says about the weights beside it.

A bundle without its training data, its measured performance or its intended use is refused: a
score whose origin nobody can name must not reach a worklist.
"""

import json
import math
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import partial

from triage_agent.domain.region import Region
from triage_agent.infer.json_fields import JsonFields, complaint
from triage_agent.infer.preprocess import CHANNELS, Preprocessing, Resampling
from triage_agent.infer.provenance import DataSource, Metric
from triage_agent.infer.scores import IDENTITY, Calibration

SCHEMA_VERSION = 1

# MURA: a study is abnormal if its probability is above 0.5 (arXiv 1712.06957, section 3.1).
DEFAULT_OPERATING_POINT = 0.5

# UIDs made from a UUID (PS3.5 Annex B.2); 64 characters is the limit of PS3.5 section 9.1.
_DEVICE_UID = re.compile(r"2\.25\.(0|[1-9][0-9]{0,38})")
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class ModelBundle:
    """Everything the node and a reader must know about a model.

    Attributes:
        name: what the model is called.
        version: of the weights; a new training is a new version.
        architecture: a name that `build_network` takes.
        preprocessing: how an image becomes the network's input.
        regions: the regions in scope, in the order given; others are not assessed.
        training_data: on what the weights were fitted; never empty.
        metrics: measured performance with intervals; never empty.
        intended_use: for what, and for what not.
        limitations: what the model cannot do, one sentence each; never empty.
        device_uid: identifies the algorithm in reports (2.25...).
        weights_sha256: SHA-256 of the weights file, lower-case hexadecimal.
        operating_points: probability above which a study is abnormal, where it is not 0.5.
        calibrations: scaling of the logit by region, where it is not the identity.

    Raises:
        ValueError: a value is empty, out of range or contradicts another.
    """

    name: str
    version: str
    architecture: str
    preprocessing: Preprocessing
    regions: tuple[Region, ...]
    training_data: tuple[DataSource, ...]
    metrics: tuple[Metric, ...]
    intended_use: str
    limitations: tuple[str, ...]
    device_uid: str
    weights_sha256: str
    operating_points: Mapping[Region, float] = field(default_factory=dict)
    calibrations: Mapping[Region, Calibration] = field(default_factory=dict)
    schema_version: int = SCHEMA_VERSION

    def __post_init__(self) -> None:
        if self.schema_version != SCHEMA_VERSION:
            raise ValueError(f"schema_version must be {SCHEMA_VERSION}, not {self.schema_version}")
        required = (
            "name",
            "version",
            "architecture",
            "regions",
            "training_data",
            "metrics",
            "intended_use",
            "limitations",
        )
        for name in required:
            if not getattr(self, name):
                raise ValueError(f"{name} must not be empty")
        if len(set(self.regions)) != len(self.regions):
            raise ValueError("regions names a region twice")
        if not _DEVICE_UID.fullmatch(self.device_uid):
            raise ValueError("device_uid must be 2.25. and a whole number")
        if not _SHA256.fullmatch(self.weights_sha256):
            raise ValueError("weights_sha256 must be 64 lower-case hexadecimal digits")
        for region, point in self.operating_points.items():
            if not (math.isfinite(point) and 0.0 < point < 1.0):
                raise ValueError(f"the operating point for {region} must lie between 0 and 1")
        strangers = (set(self.operating_points) | set(self.calibrations)) - set(self.regions)
        if strangers:
            raise ValueError(f"{', '.join(sorted(strangers))}: has settings but is not in scope")

    def operating_point(self, region: Region) -> float:
        """The probability above which a study of this region is abnormal."""
        return self.operating_points.get(region, DEFAULT_OPERATING_POINT)

    def calibration(self, region: Region) -> Calibration:
        """How to scale a logit of this region."""
        return self.calibrations.get(region, IDENTITY)


def parse_bundle(text: str) -> ModelBundle:
    """Read a `model.json`. Fields that this version does not know are ignored.

    Raises:
        BundleInvalid: naming the field, what is wrong with it and how to mend it. A bundle without
            training data, metrics or intended use is refused.
    """
    try:
        document = json.loads(text)
    except ValueError as error:
        raise complaint("(document)", f"is not JSON: {error}", "Export the model again") from error
    fields = JsonFields.of(document, "")
    version = fields.whole("schema_version", f"Write {SCHEMA_VERSION}")
    if version != SCHEMA_VERSION:
        cure = "Export the model with this version of model_training"
        raise complaint("schema_version", f"is {version}, not {SCHEMA_VERSION}", cure)
    cure = "Correct the value or export the model again"
    return fields.guarded("(document)", cure, lambda: _read(fields))


def render_bundle(bundle: ModelBundle) -> str:
    """Write a `model.json` that `parse_bundle` reads back to an equal bundle."""
    return json.dumps(asdict(bundle), indent=2, ensure_ascii=False) + "\n"


def _read(fields: JsonFields) -> ModelBundle:
    return ModelBundle(
        name=fields.text("name", "Give the model a name"),
        version=fields.text("version", "Give the weights a version"),
        architecture=fields.text("architecture", "Name the torchvision classifier"),
        preprocessing=_read_preprocessing(fields.object("preprocessing", "State size, mean, std")),
        regions=tuple(_read_region(fields, name) for name in _region_names(fields)),
        training_data=tuple(
            _read_source(each) for each in fields.objects("training_data", "Say what it learnt on")
        ),
        metrics=tuple(
            _read_metric(each) for each in fields.objects("metrics", "Evaluate it on unseen images")
        ),
        intended_use=fields.text("intended_use", "Say what the model is for"),
        limitations=fields.texts("limitations", "Say what the model cannot do"),
        device_uid=fields.text("device_uid", "Make a UID of the form 2.25.<number>"),
        weights_sha256=fields.text("weights_sha256", "Write the SHA-256 of the weights file"),
        operating_points=_read_operating_points(fields.optional_object("operating_points")),
        calibrations=_read_calibrations(fields.optional_object("calibrations")),
    )


def _region_names(fields: JsonFields) -> tuple[str, ...]:
    return fields.texts("regions", "List the regions in scope")


def _read_region(fields: JsonFields, name: str) -> Region:
    known = ", ".join(Region)
    return fields.guarded("regions", f"Choose from {known}", lambda: Region(name))


def _read_preprocessing(fields: JsonFields) -> Preprocessing:
    size = fields.whole("size", "Write the rows and columns of the input in pixels")
    mean = _read_triple(fields, "mean")
    std = _read_triple(fields, "std")
    known = ", ".join(Resampling)
    name = fields.text("resampling", f"Choose from {known}")
    resampling = fields.guarded("resampling", f"Choose from {known}", lambda: Resampling(name))
    cure = "Copy the values used in training"
    return fields.guarded("size", cure, lambda: Preprocessing(size, mean, std, resampling))


def _read_triple(fields: JsonFields, key: str) -> tuple[float, float, float]:
    cure = f"Write {CHANNELS} numbers, one for each channel"
    values = fields.numbers(key, cure)
    if len(values) != CHANNELS:
        raise complaint(fields.where(key), f"has {len(values)} numbers", cure)
    return values[0], values[1], values[2]


def _read_source(fields: JsonFields) -> DataSource:
    images = fields.whole("images", "Count the images") if fields.has("images") else None
    name = fields.text("name", "Name the images")
    role = fields.text("role", "Say what they were used for")
    licence = fields.text("licence", "Name the licence")
    citation = fields.text("citation", "Say whom to cite")
    return fields.guarded(
        "images",
        "Count the images or leave it out",
        lambda: DataSource(name, role, images, licence, citation),
    )


def _read_metric(fields: JsonFields) -> Metric:
    name = fields.text("name", "Name the figure")
    cohort = fields.text("cohort", "Say on which images it was measured")
    images = fields.whole("images", "Count the images")
    value, low, high = (
        fields.number(key, "Write the figure with both ends of its interval")
        for key in ("value", "low", "high")
    )
    interval = fields.text("interval", "Say how the interval was made")
    return fields.guarded(
        "value",
        "Measure it again",
        lambda: Metric(name, cohort, images, value, low, high, interval),
    )


def _read_operating_points(fields: JsonFields) -> dict[Region, float]:
    cure = "Write a probability between 0 and 1"
    return {_key_region(fields, key): fields.number(key, cure) for key in fields.values}


def _read_calibrations(fields: JsonFields) -> dict[Region, Calibration]:
    read = {}
    for key in fields.values:
        region = _key_region(fields, key)
        pair = fields.object(key, "Write slope and intercept")
        slope = pair.number("slope", "Write 1 for no change")
        intercept = pair.number("intercept", "Write 0 for no change")
        cure = "Fit the calibration again"
        read[region] = pair.guarded("slope", cure, partial(Calibration, slope, intercept))
    return read


def _key_region(fields: JsonFields, key: str) -> Region:
    known = ", ".join(Region)
    return fields.guarded(key, f"Choose from {known}", lambda: Region(key))
