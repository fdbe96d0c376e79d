"""Finding damaged images before hours are spent on the others."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from model_training.cohorts.image_files import OnError, UnreadableImage
from model_training.cohorts.sample import Sample


def readable(
    samples: Sequence[Sample],
    on_error: OnError,
    *,
    workers: int = 1,
    on_image: Callable[[], None] = lambda: None,
    report: Callable[[Sample, UnreadableImage], None] = lambda _, __: None,
) -> list[Sample]:
    """Decode every image once and return the samples that can be read, in order.

    Args:
        samples: what to read.
        on_error: whether the first unreadable image ends it, or each is reported and left out.
        workers: threads; decoders let others run meanwhile.
        on_image: called after each image, for a progress bar.
        report: told about each image that is left out.

    Raises:
        UnreadableImage: an image cannot be read, and `on_error` says stop.
    """
    found = []
    for sample, error in _tried(samples, workers):
        on_image()
        if error is None:
            found.append(sample)
        elif on_error is OnError.STOP:
            raise error
        else:
            report(sample, error)
    return found


def _tried(
    samples: Iterable[Sample], workers: int
) -> Iterator[tuple[Sample, UnreadableImage | None]]:
    with ThreadPoolExecutor(max(workers, 1)) as pool:
        try:
            yield from pool.map(_try, samples)
        finally:
            # Nobody waits for what is left when the caller stops at an error.
            pool.shutdown(cancel_futures=True)


def _try(sample: Sample) -> tuple[Sample, UnreadableImage | None]:
    try:
        sample.read()
    except UnreadableImage as error:
        return sample, error
    return sample, None
