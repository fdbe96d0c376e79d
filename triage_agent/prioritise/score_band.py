"""How an assessment is shown: icon, word and filled shape together, so that colour adds nothing."""

from dataclasses import dataclass

from triage_agent.domain.assessment import Assessment
from triage_agent.domain.band import Band, band_of
from triage_agent.domain.finding import translatable
from triage_agent.settings import PrioritiseSettings

__all__ = ["Band", "ScoreBand", "high_from", "score_band"]

_BAR_STEPS = 10


_ICONS = {
    Band.HIGH: "▲",
    Band.ABNORMAL: "△",
    Band.NOT_ASSESSED: "◇",
    Band.BELOW_THRESHOLD: "○",
}
_WORDS = {
    Band.HIGH: translatable("abnormal, high"),
    Band.ABNORMAL: translatable("abnormal"),
    Band.NOT_ASSESSED: translatable("not assessed"),
    Band.BELOW_THRESHOLD: translatable("below threshold"),
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
    band = band_of(assessment, high_from(policy))
    probability = assessment.probability
    filled = 0 if probability is None else round(probability * _BAR_STEPS)
    return ScoreBand(
        band=band,
        icon=_ICONS[band],
        word=_WORDS[band],
        figure="–" if probability is None else f"{probability:.2f}",  # noqa: RUF001 (a dash)
        bar="" if probability is None else "▰" * filled + "▱" * (_BAR_STEPS - filled),
    )


def high_from(policy: PrioritiseSettings) -> float | None:
    """Return the probability from which an abnormal study is in Band.HIGH; None: none is."""
    highest = max(target.minimum_probability for target in policy.abnormal)
    return highest if highest > 0 else None
