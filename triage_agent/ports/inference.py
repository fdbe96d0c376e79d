"""From stored objects to what the network says of them."""

from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from triage_agent.domain.radiograph import Radiograph

FloatImage = npt.NDArray[np.float32]


class PixelReader(Protocol):
    """Decodes stored objects outside this process, within limits of memory and time."""

    def read(self, location: str) -> tuple[FloatImage, ...]:
        """Return the image in each form that the model in use asks for: float32 [3, S, S] each.

        One network asks for one form; networks that answer together may differ in size and in
        preprocessing. Raises PixelsUnreadable if the object is at fault for sure, DecoderCrashed
        if the child died or ran out of time over it, DecodingUnavailable if it has no part in it.
        """
        ...

    def display(self, location: str, longest_side: int) -> FloatImage:
        """Return the radiograph as displayed: float32 [rows, columns] in 0..1, bone bright.

        Reduced, aspect ratio kept, so that neither side exceeds `longest_side`; never enlarged.
        Raises as `read` does.
        """
        ...


class RadiographReader(Protocol):
    """Decodes stored objects for a screen that windows them itself."""

    def radiograph(self, location: str, longest_side: int) -> Radiograph:
        """Return the radiograph's values.

        Reduced, aspect ratio kept, so that neither side exceeds `longest_side`; never enlarged.
        Raises as `PixelReader.read` does.
        """
        ...


class Classification(NamedTuple):
    """What a network says of N images, all from one pass and all float32.

    Attributes:
        logits: [N].
        maps: class activation maps [N, h, w].
        features: [N, K], what the logits are computed from; they show what an image looks like.
    """

    logits: npt.NDArray[np.float32]
    maps: npt.NDArray[np.float32]
    features: npt.NDArray[np.float32]


class Classifier(Protocol):
    """A network with its weights on a device."""

    @property
    def model(self) -> str:
        """The name and version of the bundle."""
        ...

    def classify(self, images: npt.NDArray[np.float32]) -> Classification:
        """Return what the network says of images [N, 3, S, S], without changing them."""
        ...
