"""Which images a network answers for: those that look like what it was made for.

The gate is a second linear layer on the features that the logit is computed from, or on their
roots, fitted to tell images in scope from others (`model_training.scope`). So it costs one product
per image, and says nothing about kinds of image that the features do not tell apart. Features that
are means of rectified maps are small nearly always and large now and then; their roots are spread
more evenly, which a linear layer needs.
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from triage_agent.infer.json_fields import JsonFields

BEYOND_SCOPE = "the image does not look like the radiographs the model was made for"

# The card's field for it, and what to do if it is wrong.
SCOPE_GATE = "scope_gate"
_CURE = "Fit the gate again or leave it out"


@dataclass(frozen=True, slots=True)
class ScopeGate:
    """An image is beyond the scope of a network if `features @ weights + bias` is above 0.

    Attributes:
        weights: one for each feature; never empty.
        bias: less the threshold.
        rooted: whether each feature is replaced by its root first, see `roots`.

    Raises:
        ValueError: there are no weights, or a number is not finite.
    """

    weights: tuple[float, ...]
    bias: float
    rooted: bool = False

    def __post_init__(self) -> None:
        if not self.weights:
            raise ValueError("weights must not be empty")
        if not all(map(math.isfinite, (*self.weights, self.bias))):
            raise ValueError("weights and bias must be finite numbers")

    def beyond(self, features: npt.NDArray[np.floating]) -> npt.NDArray[np.bool_]:
        """Say of N images, by their features [N, K], which are beyond the scope: bool [N].

        Features that are not finite are: nothing that the gate cannot place is let through.

        Raises:
            ValueError: there are not as many features as weights.
        """
        count, expected = features.shape[1], len(self.weights)
        if count != expected:
            raise ValueError(f"the network has {count} features, the gate {expected} weights")
        weights = np.array(self.weights, dtype=np.float64)
        # An infinite feature times a weight of 0 is no number, and no number is above 0.
        with np.errstate(invalid="ignore"):
            given = features.astype(np.float64)
            strangeness = (roots(given) if self.rooted else given) @ weights + self.bias
        return ~(strangeness <= 0.0)


def roots(features: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The square root of each feature's size, with its sign."""
    return np.copysign(np.sqrt(np.abs(features)), features)


def read_scope_gate(fields: JsonFields) -> ScopeGate | None:
    """Read the gate of a card; None if it has none. Raises BundleInvalid."""
    if not fields.has(SCOPE_GATE):
        return None
    gate = fields.object(SCOPE_GATE, _CURE)
    weights, bias = gate.numbers("weights", _CURE), gate.number("bias", _CURE)
    # Cards from before there was a choice do not say.
    rooted = gate.has("rooted") and gate.flag("rooted", _CURE)
    return gate.guarded("weights", _CURE, lambda: ScopeGate(weights, bias, rooted))
