"""Reading the images of a cohort one by one, under names that no two studies share."""

from collections.abc import Callable, Iterator, Sequence

from model_training.cohorts.image_files import UnreadableImage
from model_training.cohorts.sample import FloatArray, Sample

OnUnreadable = Callable[[UnreadableImage], None]


def readable_images(
    samples: Sequence[Sample], on_unreadable: OnUnreadable | None = None
) -> Iterator[tuple[Sample, str, FloatArray]]:
    """Each sample that can be read, with the name of its study and its image, in order.

    Args:
        samples: what to read.
        on_unreadable: told about each image that is left out because it is missing or damaged.

    Raises:
        UnreadableImage: an image cannot be read and nobody is to be told.
    """
    for sample, study in zip(samples, study_names(samples), strict=True):
        try:
            image = sample.read()
        except UnreadableImage as error:
            if on_unreadable is None:
                raise
            on_unreadable(error)
        else:
            yield sample, study, image


def study_names(samples: Sequence[Sample]) -> list[str]:
    """A name for each sample's study that no other study has; its own where it has no study."""
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
