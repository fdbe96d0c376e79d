"""Which images a gate is fitted on and measured with: in scope, out of it, and turned about."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch

from dicom_fixtures.out_of_scope import KINDS, draw
from model_training.augmentation import Augmentation, augment
from model_training.cohorts.sample import Part, Sample
from model_training.scope.features import Features, Look
from triage_agent.infer.preprocess import FloatArray, Preprocessing, resize

INVERTED = "inverted radiographs"

# Of one cohort and part; more take time and change little. Drawn ones are each worth less.
_MOST = 720
_MOST_DRAWN = 210

# One in so many training images is also fitted on changed at random, and inverted.
_VARIED, _INVERTED = 2, 4

DRAWN_PER_KIND = 24
# Rows and columns, as shares of the network's size.
_SHAPES = ((1.2, 1.0), (1.0, 1.2), (1.0, 1.0), (1.25, 1.0))


@dataclass(frozen=True, slots=True)
class Group:
    """Images of one kind that are out of scope.

    Attributes:
        features: [N, K].
        say: how much the whole group counts in a fit, whatever its size.
        patients: who is shown in each, if that is known.
    """

    features: Features
    say: float = 1.0
    patients: tuple[str, ...] = ()


# There are few real ones, and what they teach is harder.
_SAY_OF_REAL = 3.0


@dataclass(slots=True)
class ScopeImages:
    """Features of everything that a gate is fitted on and measured with.

    Attributes:
        inside: of training images in scope, as they are and changed at random.
        references: by cohort, of validation images in scope; the threshold is set by them.
        unseen: by cohort, of test images in scope.
        outside: by kind; those of cohorts have patients.
        inverted_unseen: of inverted test images.
    """

    inside: list[Features] = field(default_factory=list)
    references: dict[str, Features] = field(default_factory=dict)
    unseen: dict[str, Features] = field(default_factory=dict)
    outside: dict[str, Group] = field(default_factory=dict)
    inverted_unseen: list[Features] = field(default_factory=list)


def look_at_all(
    look: Look,
    spec: Preprocessing,
    in_scope: Mapping[Part, Sequence[Sample]],
    foreign: Sequence[Sample],
    drawn_per_kind: int = DRAWN_PER_KIND,
) -> ScopeImages:
    """Read, draw and change images, and look at each through the network.

    Args:
        look: gives the features of images at the size of `spec`.
        spec: the network's preprocessing.
        in_scope: of any cohorts; of large ones some are drawn by lot, always the same.
        foreign: real images that are out of scope.
        drawn_per_kind: how many images of each kind of `KINDS`.

    Raises:
        UnreadableImage: an image is missing or damaged.
        ValueError: there is no training or no validation image in scope.
    """
    if not (in_scope.get(Part.TRAINING) and in_scope.get(Part.VALIDATION)):
        raise ValueError("a scope gate needs training and validation images in scope")
    seen = ScopeImages()
    inverted = []
    for samples in _by_cohort(in_scope[Part.TRAINING]).values():
        images = _read(samples, spec)
        seen.inside += [look(images), look(_varied(images[::_VARIED]))]
        inverted.append(look([1.0 - image for image in images[::_INVERTED]]))
    for cohort, samples in _by_cohort(in_scope[Part.VALIDATION]).items():
        images = _read(samples, spec)
        seen.references[cohort] = np.concatenate([look(images), look(_varied(images))])
    for cohort, samples in _by_cohort(in_scope.get(Part.TEST, ())).items():
        images = _read(samples, spec)
        seen.unseen[cohort] = look(images)
        seen.inverted_unseen.append(look([1.0 - image for image in images[::_VARIED]]))
    seen.outside[INVERTED] = Group(np.concatenate(inverted))
    for cohort, samples in _by_cohort(foreign).items():
        patients = tuple(sample.patient or sample.name for sample in samples)
        seen.outside[cohort] = Group(look(_read(samples, spec)), _SAY_OF_REAL, patients)
    for kind in KINDS:
        seen.outside[f"drawn: {kind}"] = Group(look(_drawn(kind, drawn_per_kind, spec)))
    return seen


def _by_cohort(samples: Sequence[Sample]) -> dict[str, list[Sample]]:
    cohorts: dict[str, list[Sample]] = {}
    for sample in samples:
        cohorts.setdefault(sample.cohort, []).append(sample)
    return {name: _thinned(own) for name, own in cohorts.items()}


def _thinned(samples: list[Sample]) -> list[Sample]:
    most = _MOST_DRAWN if samples[0].drawn else _MOST
    # By chance: those at even distances may all be of one label, or of one view.
    chosen = np.random.default_rng(len(samples)).permutation(len(samples))[:most]
    return [samples[index] for index in sorted(chosen)]


def _read(samples: Sequence[Sample], spec: Preprocessing) -> list[FloatArray]:
    return [np.clip(resize(sample.read(), spec), 0.0, 1.0) for sample in samples]


def _varied(images: Sequence[FloatArray]) -> list[FloatArray]:
    chance = torch.Generator().manual_seed(len(images))
    changed, _ = augment(torch.from_numpy(np.stack(images)), Augmentation(), chance)
    return list(changed.numpy())


def _drawn(kind: str, count: int, spec: Preprocessing) -> list[FloatArray]:
    shapes = [_SHAPES[seed % len(_SHAPES)] for seed in range(count)]
    return [
        resize(draw(kind, seed, round(rows * spec.size), round(columns * spec.size)), spec)
        for seed, (rows, columns) in enumerate(shapes)
    ]
