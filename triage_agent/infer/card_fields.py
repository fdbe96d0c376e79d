"""Reading from a `model.json` what every bundle says of itself."""

from collections.abc import Mapping
from functools import partial
from typing import TypedDict

from triage_agent.domain.region import Region
from triage_agent.infer.json_fields import JsonFields
from triage_agent.infer.provenance import DataSource, Metric
from triage_agent.infer.scores import Calibration


class CardFields(TypedDict):
    """The arguments of a `BundleCard`."""

    name: str
    version: str
    regions: tuple[Region, ...]
    training_data: tuple[DataSource, ...]
    metrics: tuple[Metric, ...]
    intended_use: str
    limitations: tuple[str, ...]
    device_uid: str
    operating_points: Mapping[Region, float]
    calibrations: Mapping[Region, Calibration]


def read_card_fields(fields: JsonFields) -> CardFields:
    """Read what every bundle has.

    Raises:
        BundleInvalid: naming the field, what is wrong with it and how to mend it.
    """
    return CardFields(
        name=fields.text("name", "Give the model a name"),
        version=fields.text("version", "Give the weights a version"),
        regions=read_regions(fields),
        training_data=tuple(
            _read_source(each) for each in fields.objects("training_data", "Say what it learnt on")
        ),
        metrics=tuple(
            _read_metric(each) for each in fields.objects("metrics", "Evaluate it on unseen images")
        ),
        intended_use=fields.text("intended_use", "Say what the model is for"),
        limitations=fields.texts("limitations", "Say what the model cannot do"),
        device_uid=fields.text("device_uid", "Make a UID of the form 2.25.<number>"),
        operating_points=_read_operating_points(fields.optional_object("operating_points")),
        calibrations=_read_calibrations(fields.optional_object("calibrations")),
    )


def read_regions(fields: JsonFields) -> tuple[Region, ...]:
    """Read the list of regions of an object. Raises BundleInvalid."""
    names = fields.texts("regions", "List the regions in scope")
    return tuple(_read_region(fields, name) for name in names)


def _read_region(fields: JsonFields, name: str) -> Region:
    known = ", ".join(Region)
    return fields.guarded("regions", f"Choose from {known}", lambda: Region(name))


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
