"""Dividing a cohort by patients, and proving that none is on two sides."""

from collections.abc import Iterable, Mapping, Sequence

from model_training.cohorts.sample import Part, Sample
from model_training.cohorts.splits import assign_parts

# Of patients that come without a division of their own.
SHARES: Mapping[Part, float] = {Part.TRAINING: 0.70, Part.VALIDATION: 0.15, Part.TEST: 0.15}

# A message with thousands of names helps nobody.
_NAMED = 10


def check_patients(divided: Mapping[Part, Sequence[Sample]]) -> None:
    """Refuse a division that has a patient on two sides, or a study whose patient is not known.

    Raises:
        ValueError: naming the patients and the sides they are on.
    """
    sides: dict[tuple[str, str], set[Part]] = {}
    for part, samples in divided.items():
        for sample in samples:
            if who := sample.patient or sample.study:
                sides.setdefault((sample.cohort, who), set()).add(part)
    torn = {who: parts for who, parts in sides.items() if len(parts) > 1}
    if torn:
        named = "; ".join(
            f"{cohort} {patient} ({', '.join(sorted(parts))})"
            for (cohort, patient), parts in sorted(torn.items())[:_NAMED]
        )
        more = f" and {len(torn) - _NAMED} more" if len(torn) > _NAMED else ""
        raise ValueError(f"patients on two sides: {named}{more}")


def divide_by_patient(
    samples: Sequence[Sample], shares: Mapping[Part, float], seed: int
) -> dict[Part, list[Sample]]:
    """Give each patient one part, so that each part has about its share of both labels.

    A sample without a patient is divided by its study, one without a study by its name.

    Raises:
        ValueError: the shares do not add up to 1.
    """
    groups: dict[tuple[str, str], list[int]] = {}
    for index, sample in enumerate(samples):
        who = sample.patient or sample.study or sample.name
        groups.setdefault((sample.cohort, who), []).append(index)
    labels = {index: sample.abnormal for index, sample in enumerate(samples)}
    parts = assign_parts(list(groups.values()), labels, shares, seed)
    divided: dict[Part, list[Sample]] = {part: [] for part in Part}
    for index, sample in enumerate(samples):
        divided[parts[index]].append(sample)
    return divided


def joined(cohorts: Iterable[Mapping[Part, Sequence[Sample]]]) -> dict[Part, list[Sample]]:
    """Several divided cohorts as one.

    Raises:
        ValueError: a patient is on two sides.
    """
    together: dict[Part, list[Sample]] = {part: [] for part in Part}
    for cohort in cohorts:
        for part, samples in cohort.items():
            together[part] += samples
    check_patients(together)
    return together
