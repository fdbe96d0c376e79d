"""A trained model to measure, from its run folder or from its bundle."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from model_training.cohorts.sample import Sample
from model_training.evaluation.predictions import UNKNOWN_REGION, Prediction
from model_training.run_folder import RunFolder
from triage_agent.adapters.torch_inference.bundle_files import CARD, read_bundle
from triage_agent.adapters.torch_inference.torch_classifier import load_network
from triage_agent.infer.network import TriageNetwork
from triage_agent.infer.preprocess import FloatArray, Preprocessing, normalise, resize
from triage_agent.infer.scores import IDENTITY, Calibration, image_probability

_BATCH = 16


@dataclass(frozen=True, slots=True)
class TrainedModel:
    """A network in evaluation mode and how its input is made.

    Attributes:
        network: on the CPU, in single precision.
        preprocessing: of images.
        calibrations: of its logits by region; none for a run that is not calibrated.
    """

    network: TriageNetwork
    preprocessing: Preprocessing
    calibrations: Mapping[str, Calibration] = field(default_factory=dict)

    def judge(self, images: Iterable[FloatArray]) -> Iterator[tuple[float, FloatArray]]:
        """Logit and class activation map [h, w] of each image [rows, columns] in 0..1, in order."""
        resized = (resize(image, self.preprocessing) for image in images)
        while batch := list(islice(resized, _BATCH)):
            inputs = torch.from_numpy(normalise(np.stack(batch), self.preprocessing))
            with torch.inference_mode():
                logits, cams = self.network(inputs)
            yield from zip(logits.double().tolist(), cams.float().numpy(), strict=True)

    def predict(self, samples: Sequence[Sample]) -> Iterator[Prediction]:
        """A probability, calibrated if the model is, for each sample, in order.

        Raises:
            UnreadableImage: an image is missing or damaged.
        """
        studies = _study_names(samples)
        judged = self.judge(sample.read() for sample in samples)
        for sample, study, (logit, _) in zip(samples, studies, judged, strict=True):
            region = sample.region or UNKNOWN_REGION
            calibration = self.calibrations.get(region, IDENTITY)
            probability = image_probability(logit, calibration)
            yield Prediction(study, region, sample.abnormal, probability, sample.name)


def read_trained(folder: Path) -> TrainedModel:
    """Open a run folder or a bundle, whichever it is.

    Raises:
        BundleInvalid: the bundle or its weights are damaged.
        OSError: the folder holds neither.
    """
    if (folder / CARD).exists():
        loaded = read_bundle(folder)
        calibrations = {str(r): loaded.bundle.calibration(r) for r in loaded.bundle.regions}
        return TrainedModel(load_network(loaded), loaded.bundle.preprocessing, calibrations)
    run = RunFolder(folder)
    return TrainedModel(run.read_network(), run.read_config().preprocessing)


def predictions_of(
    samples: Sequence[Sample], probabilities: npt.NDArray[np.float64]
) -> list[Prediction]:
    """What was computed already, as rows of a predictions file.

    Raises:
        ValueError: there is not one probability for each sample.
    """
    return [
        Prediction(study, sample.region or UNKNOWN_REGION, sample.abnormal, value, sample.name)
        for sample, study, value in zip(
            samples, _study_names(samples), probabilities.tolist(), strict=True
        )
    ]


def _study_names(samples: Sequence[Sample]) -> list[str]:
    """A name for each sample's study that no other study has."""
    patients: dict[str, set[str]] = {}
    for sample in samples:
        patients.setdefault(sample.study, set()).add(sample.patient)
    return [
        sample.name
        if not sample.study
        # `study1` of one patient is not that of the next.
        else f"{sample.patient}/{sample.study}"
        if len(patients[sample.study]) > 1
        else sample.study
        for sample in samples
    ]
