"""What was measured of a training, kept in its run folder for the model card.

Whatever measures adds to `evidence.json`; `export` writes the card from it. Evidence belongs to the
weights it was measured with: when they change, a new collection begins.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from model_training.evaluation.estimate import Estimate
from model_training.evaluation.operation import BEFORE, OPERATION_NAME
from model_training.run_folder import RunFolder
from triage_agent.infer.provenance import Metric

EVIDENCE_NAME = "evidence.json"


@dataclass(frozen=True, slots=True)
class Measured:
    """What a model's decisions and probabilities were worth on one part of a cohort.

    Attributes:
        cohort: which images.
        unit: what was judged: "studies", or "images" where the cohort knows no studies.
        metrics: of all of them, each with its interval.
        calibration_error: expected calibration error in 0..1.
        by_region: the same figures for each region, if there are several.
        operation_sha256: of the calibration and operating points in use; empty without.
    """

    cohort: str
    unit: str
    metrics: tuple[Metric, ...]
    calibration_error: float | None = None
    by_region: Mapping[str, tuple[Metric, ...]] = field(default_factory=dict)
    operation_sha256: str = ""


@dataclass(frozen=True, slots=True)
class Pointed:
    """How well class activation maps point at the abnormality: figures by their name."""

    cohort: str
    images: int
    figures: Mapping[str, Estimate]


@dataclass(frozen=True, slots=True)
class Paired:
    """How far apart the AUC of a model and of another are on the same images.

    Attributes:
        cohort: which images.
        images: how many.
        other: what the other is.
        auc: of the model.
        other_auc: of the other.
        difference: the first minus the second, with DeLong's paired interval.
        p_value: of no difference, two-sided (DeLong).
    """

    cohort: str
    images: int
    other: str
    auc: float
    other_auc: float
    difference: Estimate
    p_value: float


@dataclass(frozen=True, slots=True)
class ScopeShare:
    """How many of a kind of images the model assesses; it abstains from the others.

    Attributes:
        name: what they are, such as "FracAtlas test" or "lower limb".
        images: how many.
        assessed: share that is not left unassessed, with Wilson's interval.
        in_scope: whether they should be assessed.
    """

    name: str
    images: int
    assessed: Estimate
    in_scope: bool


@dataclass(frozen=True, slots=True)
class Found:
    """How many abnormal studies of one kind a model calls abnormal.

    Attributes:
        finding: what is wrong with them.
        studies: how many.
        sensitivity: share that is called abnormal, with Wilson's interval.
    """

    finding: str
    studies: int
    sensitivity: Estimate


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything that was measured with one set of weights."""

    weights_sha256: str
    measured: tuple[Measured, ...] = ()
    pointed: tuple[Pointed, ...] = ()
    scope: tuple[ScopeShare, ...] = ()
    paired: tuple[Paired, ...] = ()
    found: tuple[Found, ...] = ()


def read_evidence(folder: Path) -> Evidence:
    """What was measured with the weights that the run folder has now; perhaps nothing.

    Figures that were measured before the training was calibrated, or calibrated otherwise, say so.

    Raises:
        ValueError: the file is damaged.
        OSError: the folder holds no weights.
    """
    weights = weights_sha256(folder)
    path = folder / EVIDENCE_NAME
    if not path.exists():
        return Evidence(weights)
    try:
        evidence = _parsed(json.loads(path.read_text(encoding="utf-8")))
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path.name} is damaged ({error}); evaluate again") from error
    if evidence.weights_sha256 != weights:
        return Evidence(weights)
    now = operation_sha256(folder)
    return replace(
        evidence,
        measured=tuple(
            each if each.operation_sha256 == now else _earlier(each) for each in evidence.measured
        ),
    )


def add_evidence(
    folder: Path,
    *,
    measured: tuple[Measured, ...] = (),
    pointed: tuple[Pointed, ...] = (),
    scope: tuple[ScopeShare, ...] | None = None,
    paired: tuple[Paired, ...] = (),
    found: tuple[Found, ...] | None = None,
) -> None:
    """Add to what a run folder holds; what is known of the same images is replaced.

    Args:
        folder: of the run.
        measured: figures of cohorts to add.
        pointed: localisation to add.
        scope: all shares, in the place of those that were there; None: leave them.
        paired: differences to other models to add.
        found: sensitivity by finding, in the place of what was there; None: leave it.

    Raises:
        ValueError: the file that is there is damaged.
        OSError: the folder holds no weights, or cannot be written.
    """
    known = read_evidence(folder)
    now = operation_sha256(folder)
    stamped = tuple(replace(each, operation_sha256=now) for each in measured)
    together = Evidence(
        known.weights_sha256,
        _merged(tuple(each for each in known.measured if not _is_earlier(each)), stamped),
        _merged(known.pointed, pointed),
        known.scope if scope is None else scope,
        _merged(known.paired, paired),
        known.found if found is None else found,
    )
    text = json.dumps(asdict(together), indent=2) + "\n"
    (folder / EVIDENCE_NAME).write_text(text, encoding="utf-8")


def weights_sha256(folder: Path) -> str:
    """Of the weights in a run folder.

    Raises:
        OSError: it holds none.
    """
    return hashlib.sha256(RunFolder(folder).weights_path.read_bytes()).hexdigest()


def operation_sha256(folder: Path) -> str:
    """Of what `calibrate` left in a run folder; empty if it left nothing."""
    path = folder / OPERATION_NAME
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else ""


def _merged(known: tuple[Any, ...], new: tuple[Any, ...]) -> tuple[Any, ...]:
    together = {each.cohort: each for each in known}
    together.update({each.cohort: each for each in new})
    return tuple(together.values())


def _earlier(measured: Measured) -> Measured:
    def marked(metrics: tuple[Metric, ...]) -> tuple[Metric, ...]:
        return tuple(replace(each, cohort=each.cohort + BEFORE) for each in metrics)

    return replace(
        measured,
        cohort=measured.cohort + BEFORE,
        metrics=marked(measured.metrics),
        by_region={region: marked(each) for region, each in measured.by_region.items()},
    )


def _is_earlier(measured: Measured) -> bool:
    return measured.cohort.endswith(BEFORE)


def _parsed(stored: dict[str, Any]) -> Evidence:
    return Evidence(
        stored["weights_sha256"],
        tuple(
            Measured(
                each["cohort"],
                each["unit"],
                _metrics(each["metrics"]),
                each["calibration_error"],
                {region: _metrics(found) for region, found in each["by_region"].items()},
                each["operation_sha256"],
            )
            for each in stored["measured"]
        ),
        tuple(
            Pointed(
                each["cohort"],
                each["images"],
                {name: Estimate(**figure) for name, figure in each["figures"].items()},
            )
            for each in stored["pointed"]
        ),
        tuple(
            ScopeShare(**{**each, "assessed": Estimate(**each["assessed"])})
            for each in stored["scope"]
        ),
        tuple(
            Paired(**{**each, "difference": Estimate(**each["difference"])})
            for each in stored.get("paired", ())
        ),
        tuple(
            Found(**{**each, "sensitivity": Estimate(**each["sensitivity"])})
            for each in stored.get("found", ())
        ),
    )


def _metrics(stored: list[dict[str, Any]]) -> tuple[Metric, ...]:
    return tuple(Metric(**each) for each in stored)
