"""What the node says of a study as a whole."""

from dataclasses import dataclass
from enum import StrEnum


class AssessmentKind(StrEnum):
    """The three things that can be said of a study. "Normal" is not among them."""

    ABNORMAL = "abnormal"
    BELOW_THRESHOLD = "below_threshold"
    NOT_ASSESSED = "not_assessed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """An assessment with its reason in words.

    `probability` (0..1) is the mean over the study's images, and is None exactly when the study
    is not assessed.
    """

    kind: AssessmentKind
    reason: str
    probability: float | None = None

    def __post_init__(self) -> None:
        if (self.probability is None) != (self.kind is AssessmentKind.NOT_ASSESSED):
            raise ValueError(f"{self.kind} does not go with probability {self.probability!r}")
        if self.probability is not None and not 0.0 <= self.probability <= 1.0:
            raise ValueError(f"a probability lies in 0..1, not {self.probability!r}")
        if not self.reason:
            raise ValueError("an assessment gives its reason")
