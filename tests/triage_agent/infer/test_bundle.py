import json
from dataclasses import dataclass, replace

import pytest

from triage_agent.domain.region import Region
from triage_agent.errors import BundleInvalid
from triage_agent.infer.bundle import (
    DEFAULT_OPERATING_POINT,
    ModelBundle,
    judging_sha256,
    parse_bundle,
    render_bundle,
)
from triage_agent.infer.preprocess import Preprocessing, Resampling
from triage_agent.infer.provenance import DataSource, Metric
from triage_agent.infer.scope_gate import ScopeGate
from triage_agent.infer.scores import IDENTITY, Calibration

BUNDLE = ModelBundle(
    name="an example",
    version="1.2.3",
    architecture="densenet169",
    preprocessing=Preprocessing(320, (0.4, 0.5, 0.6), (0.2, 0.25, 0.3), Resampling.BICUBIC),
    regions=(Region.WRIST, Region.HAND),
    training_data=(
        DataSource("some images", "training", 12, "CC BY 4.0", "somebody"),
        DataSource("others", "initial weights", None, "Apache-2.0", "somebody else"),
    ),
    metrics=(Metric("auc", "test", 9, 0.8, 0.7, 0.9, "95% DeLong"),),
    intended_use="to be an example",
    limitations=("it does not exist",),
    device_uid="2.25.329800735698586629295641978511506172918",
    weights_sha256="0123456789abcdef" * 4,
    operating_points={Region.WRIST: 0.4},
    calibrations={Region.HAND: Calibration(0.5, -0.25)},
)


def document(**changes: object) -> str:
    """The example as JSON with fields changed, or left out where the change is `...`."""
    fields = json.loads(render_bundle(BUNDLE)) | changes
    return json.dumps({key: value for key, value in fields.items() if value is not ...})


def test_a_bundle_survives_writing_and_reading():
    assert parse_bundle(render_bundle(BUNDLE)) == BUNDLE


@pytest.mark.parametrize(
    "changes",
    [
        {"regions": (Region.WRIST, Region.HAND, Region.ELBOW)},
        {"preprocessing": Preprocessing(321, (0.4, 0.5, 0.6), (0.2, 0.25, 0.3))},
        {"operating_points": {}},
        {"calibrations": {Region.HAND: Calibration(0.5, -0.26)}},
        {"scope_gate": ScopeGate((0.25, -1.0), 0.5)},
    ],
)
def test_all_that_an_answer_follows_from_is_in_one_digest(changes):
    assert judging_sha256(replace(BUNDLE, **changes)) != judging_sha256(BUNDLE)


def test_the_digest_is_that_of_every_version_of_this_program():
    """Nodes have noted it: with another one they would take their model for a stranger."""
    assert judging_sha256(replace(BUNDLE, intended_use="anything")) == (
        "7543f695fccd55a3ff3a665e499707c8757730b1b91c56e068dd30c5fa167fa1"
    )


@dataclass(frozen=True, slots=True)
class LaterGate(ScopeGate):
    """A gate as a later version may have it."""

    squared: bool = False


def test_a_field_to_come_changes_no_digest_until_it_is_used():
    now, later = (
        judging_sha256(replace(BUNDLE, scope_gate=gate))
        for gate in (ScopeGate((0.25, -1.0), 0.5), LaterGate((0.25, -1.0), 0.5))
    )
    assert later == now
    used = LaterGate((0.25, -1.0), 0.5, squared=True)
    assert judging_sha256(replace(BUNDLE, scope_gate=used)) != now


def test_settings_by_region_have_defaults():
    assert BUNDLE.operating_point(Region.WRIST) == 0.4
    assert BUNDLE.operating_point(Region.HAND) == DEFAULT_OPERATING_POINT == 0.5
    assert BUNDLE.calibration(Region.HAND) == Calibration(0.5, -0.25)
    assert BUNDLE.calibration(Region.WRIST) is IDENTITY


def test_settings_by_region_may_be_absent():
    bundle = parse_bundle(document(operating_points=..., calibrations=None))
    assert bundle.operating_point(Region.WRIST) == DEFAULT_OPERATING_POINT
    assert bundle.calibration(Region.HAND) == IDENTITY


def test_fields_of_later_versions_are_ignored():
    assert parse_bundle(document(colour="blue")) == BUNDLE


@pytest.mark.parametrize("field", ["training_data", "metrics", "intended_use"])
@pytest.mark.parametrize("nothing", [..., None, "", [], 0])
def test_a_model_that_does_not_say_where_it_comes_from_is_refused(field, nothing):
    with pytest.raises(BundleInvalid, match=f"field {field}"):
        parse_bundle(document(**{field: nothing}))


SPEC = {"size": 8, "mean": [0, 0, 0], "std": [1, 1, 1], "resampling": "bilinear"}
SOURCE = {"name": "a", "role": "b", "images": 3, "licence": "c", "citation": "d"}
METRIC = {
    "name": "auc", "cohort": "c", "images": 5,
    "value": 0.5, "low": 0.4, "high": 0.6, "interval": "95%",
}  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "field", "cause"),
    [
        ({"schema_version": ...}, "schema_version", "is missing"),
        ({"schema_version": 2}, "schema_version", "is 2, not 1"),
        ({"schema_version": 1.5}, "schema_version", "whole number"),
        ({"schema_version": True}, "schema_version", "not a number"),
        ({"name": 7}, "name", "not a text"),
        ({"architecture": "  "}, "architecture", "something in it"),
        ({"limitations": ["fine", " "]}, "limitations", "not a text"),
        ({"regions": ["HAND", "KNEE"]}, "regions", "KNEE"),
        ({"regions": ["HAND", "HAND"], "operating_points": {}}, "document", "twice"),
        ({"regions": ["HAND"]}, "document", "WRIST"),
        ({"preprocessing": [1]}, "preprocessing", "not an object"),
        ({"preprocessing": SPEC | {"size": 0}}, "preprocessing.size", "at least 1"),
        ({"preprocessing": SPEC | {"mean": [0, 0]}}, "preprocessing.mean", "has 2 numbers"),
        ({"preprocessing": SPEC | {"std": [1, 1, "1"]}}, "preprocessing.std.2", "not a number"),
        ({"preprocessing": SPEC | {"resampling": "best"}}, "preprocessing.resampling", "best"),
        ({"training_data": [SOURCE, 3]}, r"training_data\[1\]", "not an object"),
        ({"training_data": [SOURCE | {"images": 0}]}, r"training_data\[0\].images", "at least 1"),
        ({"training_data": [SOURCE | {"licence": ""}]}, r"training_data\[0\].licence", "text"),
        ({"metrics": [METRIC | {"images": 0}]}, r"metrics\[0\].value", "at least 1"),
        ({"metrics": [METRIC | {"low": 0.55}]}, r"metrics\[0\].value", "interval"),
        ({"device_uid": "1.2.3"}, "document", "device_uid"),
        ({"device_uid": "2.25.01"}, "document", "device_uid"),
        ({"weights_sha256": "ABC"}, "document", "weights_sha256"),
        ({"operating_points": {"KNEE": 0.5}}, "operating_points.KNEE", "KNEE"),
        ({"operating_points": {"HAND": 1.0}}, "document", "between 0 and 1"),
        ({"operating_points": {"HAND": "high"}}, "operating_points.HAND", "not a number"),
        ({"calibrations": {"HAND": {"slope": 1}}}, "calibrations.HAND.intercept", "is missing"),
        (
            {"calibrations": {"HAND": {"slope": 0, "intercept": 0}}},
            "calibrations.HAND.slope",
            "positive",
        ),
    ],
)
def test_the_error_names_field_and_cause(changes, field, cause):
    with pytest.raises(BundleInvalid, match=f"field .*{field}.*: .*{cause}"):
        parse_bundle(document(**changes))


def test_the_error_says_how_to_mend_it():
    with pytest.raises(BundleInvalid, match=r"Evaluate it on unseen images\.$"):
        parse_bundle(document(metrics=...))


@pytest.mark.parametrize("text", ["", "{", "[]", '"model"'])
def test_what_is_no_json_object_is_refused(text):
    with pytest.raises(BundleInvalid, match="document"):
        parse_bundle(text)


@pytest.mark.parametrize(
    "changes",
    [
        {"schema_version": 2},
        {"name": ""},
        {"architecture": ""},
        {"limitations": ()},
        {"operating_points": {Region.HAND: float("nan")}},
        {"calibrations": {Region.ELBOW: IDENTITY}},
    ],
)
def test_no_half_built_bundle_exists(changes):
    with pytest.raises(ValueError, match=r"must|scope"):
        replace(BUNDLE, **changes)
