"""The bands in which a study's assessment is shown and filtered."""

from enum import StrEnum

from triage_agent.domain.assessment import Assessment, AssessmentKind


class Band(StrEnum):
    """Bands of assessment, most pressing first; values serve as style names."""

    HIGH = "high"  # abnormal, in the most urgent row of the policy
    ABNORMAL = "abnormal"
    NOT_ASSESSED = "not-assessed"
    BELOW_THRESHOLD = "below"


def band_of(assessment: Assessment, high_from: float | None) -> Band:
    """Return the band; an abnormal study is in HIGH from the probability `high_from` on.

    None: no study is in HIGH.
    """
    if assessment.kind is AssessmentKind.BELOW_THRESHOLD:
        return Band.BELOW_THRESHOLD
    if assessment.probability is None:
        return Band.NOT_ASSESSED
    if high_from is not None and high_from <= assessment.probability:
        return Band.HIGH
    return Band.ABNORMAL
