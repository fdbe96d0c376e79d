"""A study's place on the worklist: a class and a deadline."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from triage_agent.domain.instant import require_utc


class PriorityClass(StrEnum):
    """Rows of the policy table; each has a target time."""

    STAT = "stat"
    ABNORMAL = "abnormal"
    NOT_ASSESSED = "not_assessed"
    NORMAL = "normal"


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """Where a study stands: the list is in order of `due_at`, earliest first."""

    priority_class: PriorityClass
    due_at: datetime

    def __post_init__(self) -> None:
        require_utc(self.due_at, "due_at")
