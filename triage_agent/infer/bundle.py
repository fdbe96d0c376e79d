"""A model bundle: what `model.json` says about the weights beside it, or about its members."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, is_dataclass
from typing import TypeAlias

from triage_agent.infer.card import (
    DEFAULT_OPERATING_POINT,
    SCHEMA_VERSION,
    BundleCard,
    require_sha256,
)
from triage_agent.infer.card_fields import read_card_fields
from triage_agent.infer.ensemble_bundle import KIND, EnsembleBundle, read_ensemble
from triage_agent.infer.json_fields import JsonFields, complaint
from triage_agent.infer.preprocess import CHANNELS, Preprocessing, Resampling
from triage_agent.infer.scope_gate import ScopeGate, read_scope_gate

__all__ = [
    "DEFAULT_OPERATING_POINT",
    "AnyBundle",
    "ModelBundle",
    "judging_sha256",
    "parse_any_bundle",
    "parse_bundle",
    "render_bundle",
]

# The fields of a card that a network's answer follows from. An ensemble names its members by the
# SHA-256 of their cards, so it has theirs as well.
_JUDGING = ("regions", "preprocessing", "calibrations", "operating_points", "scope_gate")

# Line breaks stand between values only: those of a text are escaped in JSON.
_NUMBERS = re.compile(r"\[\n[-+.\deE,\s]+\]")


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelBundle(BundleCard):
    """One network: how it is built, what goes into it, and which weights are its own.

    Attributes:
        architecture: a name that `build_network` takes.
        preprocessing: how an image becomes the network's input.
        weights_sha256: SHA-256 of the weights file, lower-case hexadecimal.
        scope_gate: for which images the network does not answer; None if it answers for all.

    Raises:
        ValueError: a value is empty, out of range or contradicts another.
    """

    architecture: str
    preprocessing: Preprocessing
    weights_sha256: str
    scope_gate: ScopeGate | None = None

    def __post_init__(self) -> None:
        # Not super(): a dataclass with slots is another class than the one in this body.
        BundleCard.__post_init__(self)
        if not self.architecture:
            raise ValueError("architecture must not be empty")
        require_sha256("weights_sha256", self.weights_sha256)


AnyBundle: TypeAlias = ModelBundle | EnsembleBundle


def parse_any_bundle(text: str) -> AnyBundle:
    """Read a `model.json`, of one network or of an ensemble.

    Fields that this version does not know are ignored.

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
    if fields.has(KIND):
        return fields.guarded("(document)", cure, lambda: read_ensemble(fields))
    return fields.guarded("(document)", cure, lambda: _read(fields))


def parse_bundle(text: str) -> ModelBundle:
    """Read the `model.json` of one network.

    Raises:
        BundleInvalid: as `parse_any_bundle`, or because it is that of an ensemble.
    """
    bundle = parse_any_bundle(text)
    if isinstance(bundle, EnsembleBundle):
        raise complaint(KIND, "says that this is an ensemble", "Name a bundle of one network")
    return bundle


def render_bundle(bundle: AnyBundle) -> str:
    """Write a `model.json` that `parse_any_bundle` reads back to an equal bundle."""
    text = json.dumps(asdict(bundle), indent=2, ensure_ascii=False)
    # A list of numbers on one line: a gate has a thousand of them.
    return _NUMBERS.sub(lambda found: " ".join(found[0].split()), text) + "\n"


def judging_sha256(bundle: AnyBundle) -> str:
    """Return the SHA-256 of all that turns an image into an answer, except the networks.

    Whoever changes a calibration, an operating point or the gate has another one. What a bundle
    leaves out, or a part of it has by default, does not count: fields to come change nothing for
    those that are there. So a default stays what it is.
    """
    told = {name: _told(part) for name in _JUDGING if (part := getattr(bundle, name, None))}
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def _told(part: object) -> object:
    if isinstance(part, Mapping):
        return {key: _told(value) for key, value in part.items()}
    if is_dataclass(part):
        told = ((each, getattr(part, each.name)) for each in fields(part))
        return {each.name: _told(value) for each, value in told if value != each.default}
    return part


def _read(fields: JsonFields) -> ModelBundle:
    return ModelBundle(
        **read_card_fields(fields),
        architecture=fields.text("architecture", "Name the torchvision classifier"),
        preprocessing=_read_preprocessing(fields.object("preprocessing", "State size, mean, std")),
        weights_sha256=fields.text("weights_sha256", "Write the SHA-256 of the weights file"),
        scope_gate=read_scope_gate(fields),
    )


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
