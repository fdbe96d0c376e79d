"""What a training learnt from, so that its model is not judged on the same images unawares."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from blake3 import blake3

from model_training.cohorts.sample import Part, Sample

# 64 bits: of a million marks, two are the same with a chance of 3 in a hundred million.
_HEXADECIMALS = 16

# Files are read by so many threads: where they lie may be far away.
_READERS = 8

# Of each of some samples.
Marks = Sequence[frozenset[str]]

LEARNT = (Part.TRAINING, Part.VALIDATION)


@dataclass(frozen=True, slots=True)
class Learnt:
    """What the weights were fitted on, and what the epoch was chosen by.

    Attributes:
        order: digest of the lists: part, cohort, name, label and region of each image, in order.
        marks: of each part, digests by which its images and patients are known again.
        doubles: marks that the lists' own test part has as well: images that are there twice.
    """

    order: str
    marks: Mapping[Part, frozenset[str]]
    doubles: frozenset[str] = frozenset()


def learnt_of(samples: Mapping[Part, Sequence[Sample]]) -> Learnt:
    """Read each file once and say what a training on these images learns from."""
    lists = hashlib.sha256()
    for part in LEARNT:
        for each in samples[part]:
            words = (part, each.cohort, each.name, str(each.abnormal), each.region)
            lists.update("\n".join(words).encode() + b"\0")
    marks = {part: frozenset[str]().union(*marks_of(samples[part])) for part in LEARNT}
    # Of images alone: a patient on two sides is no double.
    with ThreadPoolExecutor(_READERS) as readers:
        test = frozenset(readers.map(_image_mark, samples.get(Part.TEST, ())))
    doubles = test & (marks[Part.TRAINING] | marks[Part.VALIDATION])
    return Learnt(lists.hexdigest()[:_HEXADECIMALS], marks, doubles)


def marks_of(samples: Iterable[Sample]) -> Marks:
    """Read each file once and say by which digests each sample is known again."""
    with ThreadPoolExecutor(_READERS) as readers:
        return tuple(readers.map(_marks_of, samples))


def met_again(marks: Marks, learnt: Learnt, parts: Iterable[Part]) -> int:
    """How many samples with these marks are in one of these parts, or show a patient who is.

    Doubles do not count: they are a fault of the lists, of which the training spoke.
    """
    known = frozenset[str]().union(*(learnt.marks[part] for part in parts)) - learnt.doubles
    return sum(not known.isdisjoint(each) for each in marks)


def _marks_of(sample: Sample) -> frozenset[str]:
    marks = {_image_mark(sample)}
    if sample.patient and sample.names_patients:
        # Without the list's own name: another list of the same place may go on from this one.
        marks.add(_digest(f"patient\n{sample.patient}"))
    return frozenset(marks)


def _image_mark(sample: Sample) -> str:
    """By its bytes, wherever it lies now; what is drawn, or not there, by its name."""
    if sample.file is not None:
        try:
            return blake3(sample.file.read_bytes()).hexdigest()[:_HEXADECIMALS]
        except OSError:
            pass  # whoever reads the image says so
    return _digest(f"{sample.cohort}\n{sample.name}")


def _digest(words: str) -> str:
    return hashlib.sha256(words.encode()).hexdigest()[:_HEXADECIMALS]
