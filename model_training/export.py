"""Writing a model bundle: weights, `model.json` and a model card."""

import hashlib
import shutil
import uuid
from pathlib import Path

from model_training.cohorts import fracatlas, synthetic
from model_training.evaluation.calibrating import with_section
from model_training.evaluation.operation import read_operation, with_operation
from model_training.model_card import render_card
from model_training.run_folder import Results, RunConfig, RunFolder
from triage_agent.domain.region import Region
from triage_agent.infer.bundle import ModelBundle, parse_bundle, render_bundle
from triage_agent.infer.provenance import DataSource

WEIGHTS_NAME = "model.safetensors"
BUNDLE_NAME = "model.json"
CARD_NAME = "MODEL_CARD.md"

INTENDED_USE = (
    "RESEARCH USE ONLY, NOT FOR DIAGNOSTIC USE. A demonstration of how a triage node orders "
    "radiographs of the upper extremity. It must not influence the care of any patient."
)

LIMITATIONS = (
    (
        "On real images it learnt fractures only: arthritis, tumours, dislocations, infections and "
        "foreign bodies are not what it was fitted to find."
    ),
    "A low score does not mean normal: it misses fractures, above all subtle ones.",
    (
        "Its real training images come from one collection; performance elsewhere, or on another "
        "make of detector, is not known."
    ),
    (
        "No subgroup by age, sex, region or detector was measured, and real images of a single "
        "finger are rare."
    ),
    (
        "Part of what it uses may be a shortcut: hardware, casts, several views on one film and "
        "the sharpness of an archive go together with fractures in its training images."
    ),
    "The heat map shows where the score comes from, not where a fracture is.",
    (
        "Synthetic images were added so that demonstrations look sensible; they say nothing about "
        "patients."
    ),
)

_SOURCES = {
    fracatlas.NAME: (
        "CC BY 4.0",
        (
            "Abedeen I, Rahman MA, Prottyasha FZ, et al. FracAtlas: a dataset for fracture "
            "classification, localization and segmentation of musculoskeletal radiographs. "
            "Scientific Data 10, 521 (2023). doi 10.1038/s41597-023-02432-4"
        ),
    ),
    synthetic.NAME: (
        "Apache-2.0",
        "Drawn by the package dicom_fixtures of this project; no patient is shown",
    ),
}

_IMAGENET = DataSource(
    name="ImageNet",
    role="initial weights",
    images=None,
    licence="Apache-2.0 (weights)",
    citation="MobileNetV2: Sandler M, et al., CVPR 2018; ImageNet: Russakovsky O, et al., "
    "IJCV 2015",
)


def compose_bundle(
    config: RunConfig, results: Results, weights_sha256: str, version: str
) -> ModelBundle:
    """Say in a bundle what a training and its evaluation found.

    The device UID is made from the digest of the weights: the same weights have the same UID.
    """
    sources = tuple(
        DataSource(name, "training", count, *_SOURCES[name])
        for name, count in results.training_images.items()
    )
    device = uuid.uuid5(uuid.NAMESPACE_OID, weights_sha256)
    return ModelBundle(
        name=f"triage-agent demonstration {config.architecture}",
        version=version,
        architecture=config.architecture,
        preprocessing=config.preprocessing,
        regions=tuple(Region),
        training_data=(*sources, _IMAGENET),
        metrics=results.metrics,
        intended_use=INTENDED_USE,
        limitations=LIMITATIONS,
        device_uid=f"2.25.{device.int}",
        weights_sha256=weights_sha256,
        operating_points=dict.fromkeys(Region, results.operating_point),
    )


def export_run(folder: RunFolder, target: Path, version: str) -> ModelBundle:
    """Write the bundle of an evaluated training into `target`, replacing one that is there.

    If the training was calibrated, the bundle has its calibrations and operating points.

    Raises:
        ValueError: the training was calibrated with other weights than it has now.
        OSError: the training has no weights or has not been evaluated, or `target` cannot be
            written.
        BundleInvalid: the result would not be served.
    """
    config, results = folder.read_config(), folder.read_results()
    digest = hashlib.sha256(folder.weights_path.read_bytes()).hexdigest()
    bundle = compose_bundle(config, results, digest, version)
    operation = read_operation(folder.path)
    if operation is not None:
        bundle = with_operation(bundle, operation)
    text = render_bundle(bundle)
    parse_bundle(text)
    target.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(folder.weights_path, target / WEIGHTS_NAME)
    (target / BUNDLE_NAME).write_text(text, encoding="utf-8")
    card = render_card(bundle, config)
    if operation is not None:
        card = with_section(card, operation, version)
    (target / CARD_NAME).write_text(card, encoding="utf-8")
    return bundle
