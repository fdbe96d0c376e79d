"""From stored objects to what the network says of them."""

from typing import Protocol

import numpy as np
import numpy.typing as npt

FloatImage = npt.NDArray[np.float32]


class PixelReader(Protocol):
    """Decodes stored objects outside this process, within limits of memory and time."""

    def read(self, location: str, size: int) -> FloatImage:
        """Return the image as the model's preprocessing gives it: float32 [3, size, size].

        Raises PixelsUnreadable if the object is at fault for sure, DecoderCrashed if the child
        died or ran out of time.
        """
        ...

    def display(self, location: str, longest_side: int) -> FloatImage:
        """Return the radiograph as displayed: float32 [rows, columns] in 0..1, bone bright.

        Reduced, aspect ratio kept, so that neither side exceeds `longest_side`; never enlarged.
        Raises as `read` does.
        """
        ...


class Classifier(Protocol):
    """A network with its weights on a device."""

    @property
    def model(self) -> str:
        """The name and version of the bundle."""
        ...

    def classify(
        self, images: npt.NDArray[np.float32]
    ) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        """Return logits [N] and class activation maps [N, h, w] of images [N, 3, S, S]."""
        ...
