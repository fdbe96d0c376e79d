"""Whether a reader agrees with what the node said of a study, and if not, in what way."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from triage_agent.domain.instant import require_utc

# A remark, not a report: those are written elsewhere.
TEXT_CHARACTERS = 1000


class Judgement(StrEnum):
    """What a reader thinks of the assessment. Values are stored for good."""

    AGREE = "agree"
    DISAGREE = "disagree"


class DisagreementReason(StrEnum):
    """In what way the assessment is wrong. Values are stored for good."""

    FINDING_MISSED = "finding missed"
    FALSE_ALARM = "false alarm"
    WRONG_REGION = "wrong region"
    POOR_IMAGE = "poor image"
    OTHER = "other"


def require_reason(judgement: Judgement, reason: DisagreementReason | None) -> None:
    """Raise ValueError unless a reason is given to disagree, and only then."""
    if (judgement is Judgement.DISAGREE) != (reason is not None):
        raise ValueError("a reason is given to disagree, and only then")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderVerdict:
    """What a reader said of one generation of a study.

    Attributes:
        reason: given exactly if the reader disagrees.
        text: at most `TEXT_CHARACTERS`; may hold anything that a person types, so it is never
            logged and stands in no event and no audit line.

    Raises ValueError if a rule is broken.
    """

    reader: str
    generation: int
    judgement: Judgement
    reason: DisagreementReason | None = None
    text: str = field(default="", repr=False)
    at: datetime

    def __post_init__(self) -> None:
        require_utc(self.at, "at")
        require_reason(self.judgement, self.reason)
        if len(self.text) > TEXT_CHARACTERS:
            raise ValueError(f"a remark has at most {TEXT_CHARACTERS} characters")

    @property
    def in_words(self) -> str:
        """What was said, without the text: "agree" or "disagree: false alarm"."""
        return f"{self.judgement}: {self.reason}" if self.reason else self.judgement.value
