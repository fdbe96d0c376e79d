"""Whatever gives images a probability: a run, the bundle of a network, or an ensemble."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Protocol

import numpy as np

from model_training.cohorts.sample import Sample
from model_training.evaluation.predictions import Prediction
from model_training.evaluation.reading import OnUnreadable, readable_images
from model_training.evaluation.trained import read_trained
from triage_agent.adapters.torch_inference.bundle_files import (
    CARD,
    LoadedEnsemble,
    preprocessings,
    read_model,
)
from triage_agent.adapters.torch_inference.torch_classifier import TorchClassifier, load_network
from triage_agent.domain.region import Region
from triage_agent.infer.ensemble import EnsembleJudge
from triage_agent.infer.judging import NetworkJudge
from triage_agent.infer.preprocess import Preprocessing, normalise, resize
from triage_agent.infer.scores import image_probability

_BATCH = 16


class Scorer(Protocol):
    """What commands that measure decisions ask of a model."""

    def predict(
        self, samples: Sequence[Sample], on_unreadable: OnUnreadable | None = None
    ) -> Iterator[Prediction]:
        """A probability for each sample that can be read, in order; see `TrainedModel`."""
        ...

    def uncalibrated(self) -> "Scorer":
        """The same without calibration and operating points of its own."""
        ...


@dataclass(frozen=True, slots=True)
class TrainedEnsemble:
    """Members that answer together as they do in the node, each calibrated as it is.

    What the node would abstain from is scored here: how much that is, is measured apart.

    Attributes:
        judge: of the node, in eager PyTorch on the CPU.
        forms: in which it wants images.
    """

    judge: EnsembleJudge
    forms: tuple[Preprocessing, ...]

    def predict(
        self, samples: Sequence[Sample], on_unreadable: OnUnreadable | None = None
    ) -> Iterator[Prediction]:
        """A probability for each sample that can be read, in order; see `TrainedModel`.

        Raises:
            UnreadableImage: an image cannot be read and nobody is to be told.
            ValueError: an image is of no region that the ensemble answers for.
        """
        bundle = self.judge.bundle
        images = readable_images(samples, on_unreadable)
        while batch := list(islice(images, _BATCH)):
            regions = [self._region(sample) for sample, _, _ in batch]
            inputs = [
                normalise(np.stack([resize(image, form) for _, _, image in batch]), form)
                for form in self.forms
            ]
            said = self.judge.judge(inputs, regions)
            for (sample, study, _), region, each in zip(batch, regions, said, strict=True):
                probability = image_probability(each.logit)
                point = bundle.operating_point(region)
                yield Prediction(
                    study, sample.region, sample.abnormal, probability, sample.name, point
                )

    def uncalibrated(self) -> "TrainedEnsemble":
        """The same without the common calibration and operating points; members keep theirs."""
        plain = replace(self.judge.bundle, calibrations={}, operating_points={})
        return replace(self, judge=replace(self.judge, bundle=plain))

    def _region(self, sample: Sample) -> Region:
        regions = self.judge.bundle.regions
        if sample.region not in {region.value for region in regions}:
            raise ValueError(
                f"{sample.name}: is of no region that the ensemble answers for: "
                f"{', '.join(regions)}"
            )
        return Region(sample.region)


def read_scorer(folder: Path) -> Scorer:
    """Open a run folder, the bundle of a network or an ensemble, whichever it is.

    Raises:
        BundleInvalid: the bundle, a member or weights are damaged.
        ValueError: what `calibrate` left in a run folder is damaged.
        OSError: the folder holds none of them.
    """
    if not (folder / CARD).exists():
        return read_trained(folder)
    loaded = read_model(folder)
    if not isinstance(loaded, LoadedEnsemble):
        return read_trained(folder)
    forms = preprocessings(loaded)
    members = [
        NetworkJudge(
            TorchClassifier(load_network(each), each.bundle.model),
            each.bundle,
            forms.index(each.bundle.preprocessing),
        )
        for each in loaded.networks
    ]
    return TrainedEnsemble(EnsembleJudge(loaded.bundle, members), forms)
