"""How a model is to be operated: calibrations and operating points, kept and put into a bundle."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TypeVar

from model_training.evaluation.figures import OVERALL
from model_training.evaluation.predictions import UNKNOWN_REGION
from model_training.evaluation.tuning import Tuned
from triage_agent.domain.region import Region
from triage_agent.infer.bundle import AnyBundle
from triage_agent.infer.provenance import Metric
from triage_agent.infer.scores import Calibration

OPERATION_NAME = "operation.json"

# Figures that were measured before say so: other probabilities and thresholds hold now.
BEFORE = " (before calibration, at another operating point)"

Value = TypeVar("Value")
Bundle = TypeVar("Bundle", bound=AnyBundle)


@dataclass(frozen=True, slots=True)
class Operation:
    """By region, with `OVERALL` for regions that are not named.

    Attributes:
        rule: in words, how the numbers were found.
        calibrations: scaling of the logits.
        operating_points: probability above which a study is flagged.
        metrics: measured with both.
        weights_sha256: of the weights that they were made for.
    """

    rule: str
    calibrations: Mapping[str, Calibration]
    operating_points: Mapping[str, float]
    metrics: tuple[Metric, ...]
    weights_sha256: str

    def __post_init__(self) -> None:
        for values in (self.calibrations, self.operating_points):
            if OVERALL not in values:
                raise ValueError("an operation says what holds for regions it does not name")


def within(operation: Operation, regions: Iterable[Region]) -> Operation:
    """The operation without what it says of other regions."""
    kept = {name.upper() for name in (OVERALL, UNKNOWN_REGION, *map(str, regions))}

    def of_these(values: Mapping[str, Value]) -> dict[str, Value]:
        return {name: value for name, value in values.items() if name.upper() in kept}

    return replace(
        operation,
        calibrations=of_these(operation.calibrations),
        operating_points=of_these(operation.operating_points),
    )


def operation_of(
    tuned: Tuned, rule: str, metrics: tuple[Metric, ...], weights_sha256: str
) -> Operation:
    """What a bundle takes of a tuning."""
    calibrations = {region: fitted.calibration for region, fitted in tuned.scalings.items()}
    return Operation(rule, calibrations, tuned.thresholds(), metrics, weights_sha256)


def operated(bundle: Bundle, operation: Operation) -> Bundle:
    """The bundle with calibrations and operating points of every region in its scope.

    Raises:
        ValueError: the operation was made for other weights, or names a region that the bundle
            does not assess.
    """
    if operation.weights_sha256 != bundle.weights_sha256:
        raise ValueError("the calibration was made for other weights; calibrate again")
    calibrations = _by_region(bundle.regions, operation.calibrations)
    points = _by_region(bundle.regions, operation.operating_points)
    return replace(bundle, calibrations=calibrations, operating_points=points)


def with_operation(bundle: Bundle, operation: Operation) -> Bundle:
    """The same with the figures that were measured with them.

    Figures that it carried are kept under a cohort that says they were measured before.

    Raises:
        ValueError: see `operated`.
    """
    earlier = tuple(
        metric if metric.cohort.endswith(BEFORE) else replace(metric, cohort=metric.cohort + BEFORE)
        for metric in bundle.metrics
    )
    return replace(operated(bundle, operation), metrics=(*operation.metrics, *earlier))


def write_operation(folder: Path, operation: Operation) -> Path:
    """Keep it in a run folder, where `export` finds it.

    Raises:
        OSError: the file cannot be written.
    """
    path = folder / OPERATION_NAME
    path.write_text(json.dumps(asdict(operation), indent=2) + "\n", encoding="utf-8")
    return path


def read_operation(folder: Path) -> Operation | None:
    """What `write_operation` kept; None if the training was not calibrated.

    Raises:
        ValueError: the file is damaged.
        OSError: it cannot be read.
    """
    path = folder / OPERATION_NAME
    if not path.exists():
        return None
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        return Operation(
            rule=stored["rule"],
            calibrations={
                region: Calibration(**pair) for region, pair in stored["calibrations"].items()
            },
            operating_points=dict(stored["operating_points"]),
            metrics=tuple(Metric(**metric) for metric in stored["metrics"]),
            weights_sha256=stored["weights_sha256"],
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path.name} is damaged ({error}); calibrate again") from error


def _by_region(regions: tuple[Region, ...], values: Mapping[str, Value]) -> dict[Region, Value]:
    nameless = {OVERALL, UNKNOWN_REGION}
    named = {name.upper(): value for name, value in values.items() if name not in nameless}
    strangers = set(named) - {str(region).upper() for region in regions}
    if strangers:
        raise ValueError(f"{', '.join(sorted(strangers))}: not in the scope of this model")
    return {region: named.get(str(region).upper(), values[OVERALL]) for region in regions}
