"""Images that are read from disk whenever they are needed, by worker processes."""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import numpy.typing as npt
import torch
from torch.utils.data import DataLoader, Dataset

from model_training.cohorts.sample import Sample
from model_training.images import IndexArray
from triage_agent.infer.preprocess import FloatArray, Preprocessing, resize


class StreamedImages(Dataset[npt.NDArray[np.float16]]):
    """Samples as `Images`, for cohorts that do not fit into memory.

    Gives exactly the pixels that `load_images` gives.

    Args:
        samples: each is read anew in every epoch.
        spec: of the network; its size is used here.
        workers: processes that read; 0 reads in this one.
    """

    def __init__(self, samples: Sequence[Sample], spec: Preprocessing, workers: int) -> None:
        self._samples = samples
        self._spec = spec
        self._workers = workers
        self.labels = np.array([sample.abnormal for sample in samples], dtype=np.bool_)
        self.drawn = np.array([sample.drawn for sample in samples], dtype=np.bool_)
        self.regions = tuple(sample.region for sample in samples)
        # Cohorts of this size come without masks.
        self.masks: npt.NDArray[np.uint8] | None = None

    def __len__(self) -> int:
        return len(self._samples)

    def __getitem__(self, index: int) -> npt.NDArray[np.float16]:
        pixels = np.clip(resize(self._samples[index].read(), self._spec), 0.0, 1.0)
        return np.asarray(pixels, dtype=np.float16)

    def batches(self, batches: Iterable[IndexArray]) -> Iterator[FloatArray]:
        """The images of each batch, float32 [n, S, S]; workers read ahead.

        Raises:
            UnreadableImage: an image has become unreadable.
        """
        loader: DataLoader[npt.NDArray[np.float16]] = DataLoader(
            self,
            batch_sampler=[batch.tolist() for batch in batches],
            num_workers=self._workers,
            collate_fn=np.stack,
            # A generator of its own: the number of workers is not to change any other chance.
            generator=torch.Generator(),
        )
        for batch in loader:
            yield np.asarray(batch, dtype=np.float32)
