"""What a model says of images, whether it is one network or several that answer together."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from triage_agent.domain.region import Region
from triage_agent.infer.bundle import ModelBundle
from triage_agent.infer.scope_gate import BEYOND_SCOPE
from triage_agent.ports.inference import Classifier, FloatImage

Batch = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a model says of one image.

    Attributes:
        logit: that the image is abnormal, calibrated for its region; not finite if the model has
            nothing to say.
        activation: class activation map [h, w], in logits.
        abstains: why the model does not answer for an image like this one; "" if it does.
    """

    logit: float
    activation: FloatImage
    abstains: str = ""


class Judge(Protocol):
    """A model as the scoring step uses it."""

    @property
    def model(self) -> str:
        """The name and version that scores are recorded under."""
        ...

    @property
    def regions(self) -> Sequence[Region]:
        """The regions in scope."""
        ...

    def judge(self, inputs: Sequence[Batch], regions: Sequence[Region]) -> list[Judgement]:
        """Judge N images, in their order.

        Args:
            inputs: the images in each form that the model asks for, float32 [N, 3, S, S] each;
                their order is that in which `PixelReader.read` gives them.
            regions: what each of the N images shows; all in scope.
        """
        ...


@dataclass(frozen=True, slots=True)
class NetworkJudge:
    """One network, calibrated as its bundle says; its map is exact for the raw logit.

    For an image beyond the scope gate of its bundle, if that has one, it does not answer.

    Attributes:
        classifier: the network.
        bundle: of the network.
        form: which of the inputs is the network's own.
    """

    classifier: Classifier
    bundle: ModelBundle
    form: int = 0

    @property
    def model(self) -> str:
        """The name and version that scores are recorded under."""
        return self.classifier.model

    @property
    def regions(self) -> Sequence[Region]:
        """The regions in scope."""
        return self.bundle.regions

    def judge(self, inputs: Sequence[Batch], regions: Sequence[Region]) -> list[Judgement]:
        """Judge N images, in their order, as `Judge.judge`."""
        said = self.classifier.classify(inputs[self.form])
        gate = self.bundle.scope_gate
        beyond = gate.beyond(said.features).tolist() if gate else [False] * len(said.logits)
        return [
            Judgement(
                self.bundle.calibration(region).scale(float(logit)),
                activation,
                abstains=BEYOND_SCOPE if outside else "",
            )
            for logit, activation, outside, region in zip(
                said.logits, said.maps, beyond, regions, strict=True
            )
        ]
