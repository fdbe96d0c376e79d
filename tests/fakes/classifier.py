"""A Classifier without a network: an image's logit follows from its mean."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from triage_agent.ports.inference import Classification

Images = npt.NDArray[np.float32]

CELLS = 2  # rows and columns of a map
BIAS = -1.0


class FakeClassifier:
    """Logit = mean of the image; the map is the image in cells, less the bias; so are features.

    Args:
        model: the name and version it goes by.
        refuse: called with every batch first; what it raises, `classify` raises.
    """

    def __init__(
        self, model: str = "fake 1", refuse: Callable[[Images], None] | None = None
    ) -> None:
        self._model = model
        self._refuse = refuse
        self.batches: list[int] = []

    @property
    def model(self) -> str:
        return self._model

    def classify(self, images: Images) -> Classification:
        self.batches.append(len(images))
        if self._refuse is not None:
            self._refuse(images)
        count, channels, rows, columns = images.shape
        cells = images.reshape(count, channels, CELLS, rows // CELLS, CELLS, columns // CELLS).mean(
            axis=(1, 3, 5), dtype=np.float32
        )
        return Classification(
            logits=cells.mean(axis=(1, 2)),
            maps=cells - np.float32(BIAS),
            features=cells.reshape(count, -1),
        )
