"""Putting a tuning into the run folder or the bundle that it is for."""

import hashlib
import uuid
from dataclasses import replace
from pathlib import Path

from model_training.evaluation.estimate import Estimate
from model_training.evaluation.operation import Operation, with_operation, write_operation
from model_training.evaluation.tables import Table
from model_training.run_folder import RunFolder
from triage_agent.adapters.torch_inference.bundle_files import CARD, CARD_TEXT, read_model
from triage_agent.adapters.torch_inference.durable_files import write_durably
from triage_agent.infer.bundle import parse_any_bundle, render_bundle
from triage_agent.infer.provenance import Metric

TABLE_NAME = "calibration"

_HEADING = "## Calibration and operating points"


def is_bundle(folder: Path) -> bool:
    """Whether the folder holds a bundle; otherwise it should be a run folder."""
    return (folder / CARD).exists()


def weights_of(folder: Path) -> str:
    """SHA-256 of the weights in a bundle or a run folder.

    Raises:
        BundleInvalid: the bundle is damaged.
        OSError: the folder holds neither.
    """
    if is_bundle(folder):
        return read_model(folder).bundle.weights_sha256
    return hashlib.sha256(RunFolder(folder).weights_path.read_bytes()).hexdigest()


def calibrate_run(folder: Path, operation: Operation, table: Table) -> list[Path]:
    """Keep the operation in a run folder, from where `export` takes it; return what was written.

    Raises:
        OSError: a file cannot be written.
    """
    written = [write_operation(folder, operation)]
    for suffix, text in ((".md", table.markdown()), (".csv", table.csv())):
        path = folder / f"{TABLE_NAME}{suffix}"
        path.write_text(text, encoding="utf-8")
        written.append(path)
    return written


def calibrate_bundle(folder: Path, operation: Operation, version: str) -> list[Path]:
    """Change `model.json` and its card in place; the weights, or the members, stay as they are.

    Args:
        folder: the bundle; it gets another Device UID too, for it is another algorithm.
        operation: what to put in.
        version: of the changed model, another one than before: scores are recorded under it, and
            those of different calibrations must not be mixed.

    Returns:
        What was written.

    Raises:
        BundleInvalid: the bundle is damaged, or would not be served afterwards.
        ValueError: the version is the old one, or the operation names a region out of scope.
        OSError: a file cannot be written.
    """
    bundle = read_model(folder).bundle
    if version == bundle.version:
        raise ValueError(f"version {version} is taken: the scores of a changed model need another")
    told = f"{bundle.weights_sha256} {bundle.name} {version}"
    device_uid = f"2.25.{uuid.uuid5(uuid.NAMESPACE_OID, told).int}"
    changed = replace(with_operation(bundle, operation), version=version, device_uid=device_uid)
    text = render_bundle(changed)
    parse_any_bundle(text)
    card = folder / CARD_TEXT
    before = card.read_text(encoding="utf-8") if card.exists() else f"# {bundle.name}\n"
    before = before.replace(bundle.device_uid, device_uid)
    write_durably(card, with_section(before, operation, version).encode())
    write_durably(folder / CARD, text.encode())
    return [folder / CARD, card]


def with_section(card: str, operation: Operation, version: str) -> str:
    """The model card with a last section on calibration, in the place of an earlier one."""
    rows = tuple(
        (region.capitalize(), scaling.slope, scaling.intercept, operation.operating_points[region])
        for region, scaling in operation.calibrations.items()
    )
    numbers = Table("By region", ("Region", "Slope", "Intercept", "Abnormal above"), rows)
    measured = Table(
        "Measured with these",
        ("Figure", "Studies", "Number", "Value"),
        tuple((each.name, each.cohort, each.images, _estimate(each)) for each in operation.metrics),
    )
    lines = [
        card.split(_HEADING, maxsplit=1)[0].rstrip(),
        "",
        f"{_HEADING} of version {version}",
        "",
        (
            f"{operation.rule} Where this differs from what stands above, this holds: what says "
            "so above was measured before, at another operating point."
        ),
        "",
        numbers.markdown(),
        measured.markdown(),
    ]
    return "\n".join(lines).rstrip() + "\n"


def _estimate(metric: Metric) -> Estimate:
    return Estimate(metric.value, metric.low, metric.high, metric.interval)
