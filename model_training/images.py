"""Images in memory, at the size of the network, ready to be drawn in batches."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from multiprocessing import get_context
from typing import Protocol

import numpy as np
import numpy.typing as npt
from PIL import Image

from model_training.cohorts.image_files import UnreadableImage
from model_training.cohorts.sample import Sample
from triage_agent.infer.preprocess import FloatArray, Preprocessing, resize

IndexArray = npt.NDArray[np.intp]
_Read = tuple[npt.NDArray[np.float16], npt.NDArray[np.uint8] | None]

# For fewer images a process is not worth its start.
_WORTH_A_PROCESS = 200


class Images(Protocol):
    """Labelled images at the size of the network, wherever they are kept.

    Attributes are those of `ImageSet`; `regions` has one word for each image.
    """

    @property
    def labels(self) -> npt.NDArray[np.bool_]:
        """True is abnormal, [N]."""
        ...

    @property
    def drawn(self) -> npt.NDArray[np.bool_]:
        """True is synthetic, [N]."""
        ...

    @property
    def regions(self) -> tuple[str, ...]:
        """Types of study; empty where none is known."""
        ...

    def __len__(self) -> int: ...

    @property
    def masks(self) -> npt.NDArray[np.uint8] | None:
        """Where abnormalities are, see `ImageSet`; None where nobody has said so."""
        ...

    def batches(self, batches: Iterable[IndexArray]) -> Iterator[FloatArray]:
        """The images of each batch of indices, in order: float32 [n, S, S] in 0..1."""
        ...


@dataclass(frozen=True, slots=True)
class ImageSet:
    """Images that are resized but not normalised, with their labels.

    Attributes:
        pixels: float16 [N, S, S] in 0..1: half the memory of float32, finer than 8 bits.
        labels: bool [N]; True is abnormal.
        drawn: bool [N]; see `Sample`.
        plain: bool [N]; see `Sample`.
        regions: the type of study of each image, or nothing at all.
        masks: uint8 [N, S / 4, S / 4]; the share of each place that is abnormal, of 255. All 0
            for an image of which nobody has said where its abnormality is, or that has none. None
            if this is so for all.
        names: of the samples, or nothing at all.
    """

    pixels: npt.NDArray[np.float16]
    labels: npt.NDArray[np.bool_]
    drawn: npt.NDArray[np.bool_]
    plain: npt.NDArray[np.bool_]
    regions: tuple[str, ...] = ()
    masks: npt.NDArray[np.uint8] | None = None
    names: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.labels)

    def __add__(self, other: "ImageSet") -> "ImageSet":
        return ImageSet(
            np.concatenate([self.pixels, other.pixels]),
            np.concatenate([self.labels, other.labels]),
            np.concatenate([self.drawn, other.drawn]),
            np.concatenate([self.plain, other.plain]),
            self._all_regions() + other._all_regions() if self.regions or other.regions else (),
            None
            if self.masks is None and other.masks is None
            else np.concatenate([self._all_masks(), other._all_masks()]),
            self.names + other.names if self.names and other.names else (),
        )

    def batch(self, indices: IndexArray) -> FloatArray:
        """The images at `indices`, float32 [len(indices), S, S]."""
        return self.pixels[indices].astype(np.float32)

    def batches(self, batches: Iterable[IndexArray]) -> Iterator[FloatArray]:
        """The images of each batch, float32 [n, S, S]."""
        for indices in batches:
            yield self.batch(indices)

    def shrunk(self, spec: Preprocessing) -> "ImageSet":
        """The same images at the smaller size of `spec`."""
        pixels = np.stack([resize(image.astype(np.float32), spec) for image in self.pixels])
        masks = None if self.masks is None else np.stack([_shrunk(m, spec) for m in self.masks])
        return replace(self, pixels=np.clip(pixels, 0.0, 1.0).astype(np.float16), masks=masks)

    def subset(self, mask: npt.NDArray[np.bool_]) -> "ImageSet":
        """Only the images where `mask` is True."""
        regions, names = (_chosen(words, mask) for words in (self.regions, self.names))
        return ImageSet(
            self.pixels[mask],
            self.labels[mask],
            self.drawn[mask],
            self.plain[mask],
            regions,
            None if self.masks is None else self.masks[mask],
            names,
        )

    def _all_regions(self) -> tuple[str, ...]:
        return self.regions or ("",) * len(self)

    def _all_masks(self) -> npt.NDArray[np.uint8]:
        if self.masks is not None:
            return self.masks
        side = mask_side(self.pixels.shape[-1])
        return np.zeros((len(self), side, side), dtype=np.uint8)


def load_images(
    samples: Sequence[Sample],
    spec: Preprocessing,
    on_image: Callable[[], None] = lambda: None,
    on_unreadable: Callable[[Sample, UnreadableImage], None] | None = None,
    processes: int = 1,
) -> ImageSet:
    """Read and resize every sample with the code that the node uses.

    Args:
        samples: what to read; the order is kept.
        spec: the network's preprocessing; its size is used here, its normalisation later.
        on_image: called after each image, for a progress bar.
        on_unreadable: told about each image that is left out because it is missing or damaged.
        processes: that read, at most; few images are read by this one.

    Raises:
        UnreadableImage: an image cannot be read and nobody is to be told.
    """
    pixels = np.empty((len(samples), spec.size, spec.size), dtype=np.float16)
    side = mask_side(spec.size)
    marked = any(sample.mask is not None for sample in samples)
    masks = np.zeros((len(samples), side, side), dtype=np.uint8) if marked else None
    read: list[Sample] = []
    for sample, found in zip(samples, _read_all(samples, spec, processes), strict=True):
        if isinstance(found, UnreadableImage):
            if on_unreadable is None:
                raise found
            on_unreadable(sample, found)
        else:
            pixels[len(read)], mask = found
            if masks is not None and mask is not None:
                masks[len(read)] = mask
            read.append(sample)
        on_image()
    return ImageSet(
        pixels[: len(read)],
        np.array([sample.abnormal for sample in read], dtype=np.bool_),
        np.array([sample.drawn for sample in read], dtype=np.bool_),
        np.array([sample.plain for sample in read], dtype=np.bool_),
        tuple(sample.region for sample in read),
        None if masks is None else masks[: len(read)],
        tuple(sample.name for sample in read),
    )


def _read_all(
    samples: Sequence[Sample], spec: Preprocessing, processes: int
) -> Iterator[_Read | UnreadableImage]:
    processes = min(processes, len(samples) // _WORTH_A_PROCESS)
    if processes <= 1:
        yield from (_read(spec, sample) for sample in samples)
        return
    # Forked from a clean server: this process has threads, which do not survive a fork.
    context = get_context("forkserver")
    with ProcessPoolExecutor(processes, mp_context=context) as pool:
        yield from pool.map(partial(_read, spec), samples, chunksize=_WORTH_A_PROCESS // 10)


def _read(spec: Preprocessing, sample: Sample) -> _Read | UnreadableImage:
    try:
        pixels = np.clip(resize(sample.read(), spec), 0.0, 1.0).astype(np.float16)
        if sample.mask is None:
            return pixels, None
        return pixels, _coverage(sample.mask().astype(np.uint8) * 255, mask_side(spec.size))
    except UnreadableImage as error:
        return error


def _chosen(words: tuple[str, ...], mask: npt.NDArray[np.bool_]) -> tuple[str, ...]:
    return tuple(np.asarray(words)[mask].tolist()) if words else ()


def mask_side(size: int) -> int:
    """Rows and columns of a mask that goes with images of so many: finer than any map."""
    return max(size // 4, 1)


def _coverage(mask: npt.NDArray[np.uint8], side: int) -> npt.NDArray[np.uint8]:
    """How much of each place the mask covers, uint8 [side, side]."""
    return np.asarray(Image.fromarray(mask).resize((side, side), Image.Resampling.BOX))


def _shrunk(mask: npt.NDArray[np.uint8], spec: Preprocessing) -> npt.NDArray[np.uint8]:
    return _coverage(mask, mask_side(spec.size))
