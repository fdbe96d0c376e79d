"""A trained model to measure, from its run folder or from its bundle."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch

from model_training.cohorts.sample import Sample
from model_training.evaluation.evidence import weights_sha256
from model_training.evaluation.figures import OVERALL
from model_training.evaluation.operation import read_operation
from model_training.evaluation.predictions import UNKNOWN_REGION, Prediction
from model_training.evaluation.reading import OnUnreadable, readable_images
from model_training.run_folder import RunFolder
from triage_agent.adapters.torch_inference.bundle_files import CARD, read_bundle
from triage_agent.adapters.torch_inference.torch_classifier import load_network
from triage_agent.infer.bundle import DEFAULT_OPERATING_POINT
from triage_agent.infer.network import TriageNetwork
from triage_agent.infer.preprocess import FloatArray, Preprocessing, normalise, resize
from triage_agent.infer.scores import IDENTITY, Calibration, image_probability

Value = TypeVar("Value")

_BATCH = 16


@dataclass(frozen=True, slots=True)
class TrainedModel:
    """A network in evaluation mode and how its input is made.

    Attributes:
        network: on the CPU, in single precision.
        preprocessing: of images.
        calibrations: of its logits by region, with `OVERALL` for others; the identity if neither
            is there.
        operating_points: by region, with `OVERALL` for others; 0.5 if neither is there.
    """

    network: TriageNetwork
    preprocessing: Preprocessing
    calibrations: Mapping[str, Calibration] = field(default_factory=dict)
    operating_points: Mapping[str, float] = field(default_factory=dict)

    def judge(self, images: Iterable[FloatArray]) -> Iterator[tuple[float, FloatArray]]:
        """Logit and class activation map [h, w] of each image [rows, columns] in 0..1, in order."""
        remaining = iter(images)
        while batch := list(islice(remaining, _BATCH)):
            resized = np.stack([resize(image, self.preprocessing) for image in batch])
            inputs = torch.from_numpy(normalise(resized, self.preprocessing))
            with torch.inference_mode():
                logits, cams, _ = self.network(inputs)
            yield from zip(logits.double().tolist(), cams.float().numpy(), strict=True)

    def predict(
        self, samples: Sequence[Sample], on_unreadable: OnUnreadable | None = None
    ) -> Iterator[Prediction]:
        """A probability, calibrated if the model is, for each sample that can be read, in order.

        Args:
            samples: what to score.
            on_unreadable: told about each image that is left out because it is missing or damaged.

        Raises:
            UnreadableImage: an image cannot be read and nobody is to be told.
        """
        readable = readable_images(samples, on_unreadable)
        while batch := list(islice(readable, _BATCH)):
            judged = self.judge(image for _, _, image in batch)
            for (sample, study, _), (logit, _) in zip(batch, judged, strict=True):
                region = sample.region or UNKNOWN_REGION
                calibration = _of_region(self.calibrations, region, IDENTITY)
                point = _of_region(self.operating_points, region, DEFAULT_OPERATING_POINT)
                probability = image_probability(logit, calibration)
                yield Prediction(study, region, sample.abnormal, probability, sample.name, point)

    def uncalibrated(self) -> "TrainedModel":
        """The same network without calibration and operating points, as these are chosen on."""
        return replace(self, calibrations={}, operating_points={})


def read_trained(folder: Path) -> TrainedModel:
    """Open a run folder or a bundle, whichever it is, with its calibration and operating points.

    Where a bundle has the same for all its regions, that also holds for images whose region is not
    known.

    Raises:
        BundleInvalid: the bundle or its weights are damaged.
        ValueError: what `calibrate` left in the run folder is damaged, or was made for other
            weights than the folder has now.
        OSError: the folder holds neither.
    """
    if (folder / CARD).exists():
        loaded = read_bundle(folder)
        bundle = loaded.bundle
        calibrations = {str(region): bundle.calibration(region) for region in bundle.regions}
        points = {str(region): bundle.operating_point(region) for region in bundle.regions}
        return TrainedModel(
            load_network(loaded), bundle.preprocessing, _shared(calibrations), _shared(points)
        )
    run = RunFolder(folder)
    operation = read_operation(folder)
    if operation is not None and operation.weights_sha256 != weights_sha256(folder):
        raise ValueError(f"{folder.name} was calibrated with other weights: calibrate again")
    return TrainedModel(
        run.read_network(),
        run.read_config().preprocessing,
        operation.calibrations if operation else {},
        operation.operating_points if operation else {},
    )


def _shared(values: Mapping[str, Value]) -> Mapping[str, Value]:
    only = set(values.values())
    return {**values, OVERALL: only.pop()} if len(only) == 1 else values


def _of_region(values: Mapping[str, Value], region: str, otherwise: Value) -> Value:
    return values.get(region, values.get(OVERALL, otherwise))
