"""Images in memory, at the size of the network, ready to be drawn in batches."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from model_training.cohorts.sample import Sample
from triage_agent.infer.preprocess import FloatArray, Preprocessing, resize


@dataclass(frozen=True, slots=True)
class ImageSet:
    """Images that are resized but not normalised, with their labels.

    Attributes:
        pixels: float16 [N, S, S] in 0..1: half the memory of float32, finer than 8 bits.
        labels: bool [N]; True is abnormal.
        drawn: bool [N]; see `Sample`.
        plain: bool [N]; see `Sample`.
    """

    pixels: npt.NDArray[np.float16]
    labels: npt.NDArray[np.bool_]
    drawn: npt.NDArray[np.bool_]
    plain: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.labels)

    def __add__(self, other: "ImageSet") -> "ImageSet":
        return ImageSet(
            np.concatenate([self.pixels, other.pixels]),
            np.concatenate([self.labels, other.labels]),
            np.concatenate([self.drawn, other.drawn]),
            np.concatenate([self.plain, other.plain]),
        )

    def batch(self, indices: npt.NDArray[np.intp]) -> FloatArray:
        """The images at `indices`, float32 [len(indices), S, S]."""
        return self.pixels[indices].astype(np.float32)

    def shrunk(self, spec: Preprocessing) -> "ImageSet":
        """The same images at the smaller size of `spec`."""
        pixels = np.stack([resize(image.astype(np.float32), spec) for image in self.pixels])
        halved = np.clip(pixels, 0.0, 1.0).astype(np.float16)
        return ImageSet(halved, self.labels, self.drawn, self.plain)

    def subset(self, mask: npt.NDArray[np.bool_]) -> "ImageSet":
        """Only the images where `mask` is True."""
        return ImageSet(self.pixels[mask], self.labels[mask], self.drawn[mask], self.plain[mask])


def load_images(
    samples: Sequence[Sample], spec: Preprocessing, on_image: Callable[[], None] = lambda: None
) -> ImageSet:
    """Read and resize every sample with the code that the node uses.

    Args:
        samples: what to read; the order is kept.
        spec: the network's preprocessing; its size is used here, its normalisation later.
        on_image: called after each image, for a progress bar.
    """
    pixels = np.empty((len(samples), spec.size, spec.size), dtype=np.float16)
    for index, sample in enumerate(samples):
        pixels[index] = np.clip(resize(sample.read(), spec), 0.0, 1.0)
        on_image()
    labels = np.array([sample.abnormal for sample in samples], dtype=np.bool_)
    drawn = np.array([sample.drawn for sample in samples], dtype=np.bool_)
    plain = np.array([sample.plain for sample in samples], dtype=np.bool_)
    return ImageSet(pixels, labels, drawn, plain)
