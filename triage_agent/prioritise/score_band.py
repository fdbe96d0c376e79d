"""How an assessment is shown: icon, word and filled shape together, so that colour adds nothing."""

from dataclasses import dataclass
from enum import StrEnum

from triage_agent.domain.assessment import Assessment, AssessmentKind
from triage_agent.settings import PrioritiseSettings

_BAR_STEPS = 10


class Band(StrEnum):
    """Bands of assessment, most pressing first; values serve as style names."""

    HIGH = "high"  # abnormal, in the most urgent row of the policy
    ABNORMAL = "abnormal"
    NOT_ASSESSED = "not-assessed"
    BELOW_THRESHOLD = "below"


_ICONS = {
    Band.HIGH: "▲",
    Band.ABNORMAL: "△",
    Band.NOT_ASSESSED: "◇",
    Band.BELOW_THRESHOLD: "○",
}
_WORDS = {
    Band.HIGH: "abnormal, high",
    Band.ABNORMAL: "abnormal",
    Band.NOT_ASSESSED: "not assessed",
    Band.BELOW_THRESHOLD: "below threshold",
}


@dataclass(frozen=True, slots=True)
class ScoreBand:
    """What a reader sees of a score: `figure` is "0.94" or a dash, `bar` ten steps or nothing."""

    band: Band
    icon: str
    word: str
    figure: str
    bar: str


def score_band(assessment: Assessment, policy: PrioritiseSettings) -> ScoreBand:
    """Return the band of an assessment under the policy's rows for abnormal studies."""
    band = _band(assessment, policy)
    probability = assessment.probability
    filled = 0 if probability is None else round(probability * _BAR_STEPS)
    return ScoreBand(
        band=band,
        icon=_ICONS[band],
        word=_WORDS[band],
        figure="–" if probability is None else f"{probability:.2f}",  # noqa: RUF001 (a dash)
        bar="" if probability is None else "▰" * filled + "▱" * (_BAR_STEPS - filled),
    )


def _band(assessment: Assessment, policy: PrioritiseSettings) -> Band:
    if assessment.kind is AssessmentKind.BELOW_THRESHOLD:
        return Band.BELOW_THRESHOLD
    if assessment.probability is None:
        return Band.NOT_ASSESSED
    highest = max(target.minimum_probability for target in policy.abnormal)
    if 0 < highest <= assessment.probability:
        return Band.HIGH
    return Band.ABNORMAL
