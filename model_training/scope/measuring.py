"""Fitting a gate and saying honestly what it does: always to images that it was not fitted on."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from model_training.cohorts.sample import Part, Sample
from model_training.evaluation.agreement import proportion
from model_training.evaluation.evidence import ScopeShare
from model_training.scope.features import looking_through
from model_training.scope.fitting import fit_gate
from model_training.scope.images import (
    DRAWN_PER_KIND,
    INVERTED,
    Group,
    ScopeImages,
    look_at_all,
)
from triage_agent.infer.network import TriageNetwork
from triage_agent.infer.preprocess import Preprocessing
from triage_agent.infer.scope_gate import ScopeGate

_FOLDS = 5


@dataclass(frozen=True, slots=True)
class FittedScope:
    """A gate and what it was seen to do.

    Attributes:
        gate: fitted on all kinds of images that are out of scope.
        shares: how many images of a kind are assessed. Test images in scope are judged by `gate`.
            A kind out of scope is judged by a gate that was fitted without it, and real images by
            gates that were fitted without the patients they show.
        fitted_on: how many images of each real cohort out of scope.
    """

    gate: ScopeGate
    shares: tuple[ScopeShare, ...]
    fitted_on: Mapping[str, int]


def fit_scope(
    network: TriageNetwork,
    spec: Preprocessing,
    in_scope: Mapping[Part, Sequence[Sample]],
    foreign: Sequence[Sample] = (),
    *,
    on_image: Callable[[], None] = lambda: None,
    drawn_per_kind: int = DRAWN_PER_KIND,
) -> FittedScope:
    """Fit the scope gate of a trained network and measure it.

    Args:
        network: on the CPU.
        spec: its preprocessing.
        in_scope: the images that it was fitted on, that chose its epoch, and that it never saw;
            of large cohorts a part is used.
        foreign: real images out of scope, such as `cohorts.lower_limb`.
        on_image: called for each image that went through the network.
        drawn_per_kind: how many images of each drawn kind.

    Raises:
        UnreadableImage: an image is missing or damaged.
        ValueError: there is no training or no validation image in scope.
    """
    look = looking_through(network, spec, on_image)
    return fit_and_measure(look_at_all(look, spec, in_scope, foreign, drawn_per_kind))


def fit_and_measure(seen: ScopeImages) -> FittedScope:
    """The same from features."""
    gate = _fitted(seen, seen.outside)
    inside = [
        _share(f"{cohort}, test images", gate.beyond(features), in_scope=True)
        for cohort, features in seen.unseen.items()
    ]
    return FittedScope(
        gate,
        (*inside, *(_measured(seen, kind) for kind in seen.outside)),
        {kind: len(each.features) for kind, each in seen.outside.items() if each.patients},
    )


def _measured(seen: ScopeImages, kind: str) -> ScopeShare:
    group = seen.outside[kind]
    if group.patients:
        return _share(f"{kind}, other patients than fitted on", _by_fold(seen, kind, group))
    others = {name: each for name, each in seen.outside.items() if name != kind}
    features = np.concatenate(seen.inverted_unseen or [group.features])
    judged = features if kind == INVERTED else group.features
    return _share(f"{kind}, a kind not fitted on", _fitted(seen, others).beyond(judged))


def _by_fold(seen: ScopeImages, kind: str, group: Group) -> npt.NDArray[np.bool_]:
    patients = np.array(group.patients)
    beyond = np.zeros(len(patients), dtype=np.bool_)
    names = np.array(list(dict.fromkeys(group.patients)))
    for fold in range(_FOLDS):
        held = np.isin(patients, names[fold::_FOLDS])
        rest = replace(group, features=group.features[~held])
        beyond[held] = _fitted(seen, {**seen.outside, kind: rest}).beyond(group.features[held])
    return beyond


def _fitted(seen: ScopeImages, outside: Mapping[str, Group]) -> ScopeGate:
    return fit_gate(np.concatenate(seen.inside), outside, seen.references.values())


def _share(name: str, beyond: npt.NDArray[np.bool_], *, in_scope: bool = False) -> ScopeShare:
    assessed = proportion(int(np.sum(~beyond)), len(beyond))
    return ScopeShare(name, len(beyond), assessed, in_scope)
