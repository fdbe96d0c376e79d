"""Who a training learnt from, so that its model is not judged on the same people unawares."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence

from model_training.cohorts.sample import Part, Sample

# 64 bits: of a million subjects, two share a digest with a chance of 3 in a hundred million.
_HEXADECIMALS = 16

# Digests of the subjects of each part.
Subjects = Mapping[Part, frozenset[str]]

LEARNT = (Part.TRAINING, Part.VALIDATION)


def subject_of(sample: Sample) -> str:
    """A digest of the patient whom a sample shows, or else of its study, or of the image itself."""
    who = sample.patient or sample.study or sample.name
    return hashlib.sha256(f"{sample.cohort}\n{who}".encode()).hexdigest()[:_HEXADECIMALS]


def subjects_of(samples: Mapping[Part, Sequence[Sample]]) -> Subjects:
    """Whom the weights are fitted on, and whom the epoch is chosen by."""
    return {part: frozenset(map(subject_of, samples[part])) for part in LEARNT}


def met_again(samples: Iterable[Sample], subjects: Subjects, parts: Iterable[Part]) -> int:
    """How many of the samples show somebody who was in one of these parts."""
    known = frozenset[str]().union(*(subjects[part] for part in parts))
    return sum(subject_of(sample) in known for sample in samples)
