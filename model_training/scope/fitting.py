"""Fitting a gate: a regularised linear layer, and the threshold that few images in scope exceed."""

from collections.abc import Iterable, Mapping

import numpy as np

from model_training.scope.features import Features
from model_training.scope.images import Group
from triage_agent.infer.scope_gate import ScopeGate, roots

# Share of the validation images in scope that may be beyond the threshold.
LOST = 0.06

# Of the squared length of an image's standardised features, which is 1 on average. Chosen by
# lower limbs of other patients and by kinds that were left out of the fit.
_RIDGE = 1e-4

# A feature that hardly varies in scope must not decide alone: it is scaled as if it varied so much
# of what features vary on average.
_LEAST_SPREAD = 0.05

# As many digits as single precision has; sums in another order differ by less than this share.
_DIGITS = 7
_ROUNDING = 1e-6


def fit_gate(
    inside: Features, outside: Mapping[str, Group], references: Iterable[Features]
) -> ScopeGate:
    """Fit by least squares on the roots of the features.

    Images in scope and images out of it have the same say altogether.

    Args:
        inside: of images in scope, [N, K].
        outside: images that are not, by kind.
        references: of images in scope that are not in `inside`, by cohort. Of no cohort more than
            `LOST` (rounded down) are beyond the gate.
    """
    inside = roots(inside)
    spread = inside.std(axis=0)
    scale = np.maximum(spread, _LEAST_SPREAD * spread.mean()) * np.sqrt(inside.shape[1])
    groups = [group for group in outside.values() if len(group.features)]
    total = sum(group.say for group in groups)
    shares = [np.full(len(inside), 0.5 / len(inside))]
    shares += [np.full(len(g.features), 0.5 * g.say / total / len(g.features)) for g in groups]
    features = np.concatenate([inside, *(roots(group.features) for group in groups)]) / scale
    target = np.concatenate([np.full(len(inside), -0.5), np.full(len(features) - len(inside), 0.5)])
    share = np.concatenate(shares)
    centred = features - share @ features
    weighted = centred * share[:, np.newaxis]
    moments = weighted.T @ centred
    moments[np.diag_indices_from(moments)] += _RIDGE
    weights = np.linalg.solve(moments, weighted.T @ target) / scale
    rounded = tuple(float(f"{value:.{_DIGITS}g}") for value in weights)
    limits = [_limit(roots(each) @ np.array(rounded)) for each in references]
    return ScopeGate(rounded, -max(limits), rooted=True)


def _limit(strangeness: Features) -> float:
    # Just above one of the values, so that it is inside however its sum is rounded.
    limit = float(np.sort(strangeness)[-1 - int(LOST * len(strangeness))])
    return limit + _ROUNDING * abs(limit)
