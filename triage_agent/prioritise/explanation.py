"""Why a study stands where it stands, in a radiologist's words."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from triage_agent.domain.assessment import AssessmentKind
from triage_agent.domain.finding import translatable
from triage_agent.domain.priority import PriorityClass
from triage_agent.domain.region import Region
from triage_agent.domain.words import ENGLISH, Words
from triage_agent.domain.worklist import ReadingState, WorklistEntry

_SECONDS_PER_MINUTE = 60
_MINUTES_PER_HOUR = 60
_KINDS = {
    AssessmentKind.ABNORMAL: translatable("abnormal"),
    AssessmentKind.BELOW_THRESHOLD: translatable("below threshold"),
    AssessmentKind.NOT_ASSESSED: translatable("not assessed"),
}
_PARTS = {
    Region.ELBOW: translatable("elbow"),
    Region.FINGER: translatable("finger"),
    Region.FOREARM: translatable("forearm"),
    Region.HAND: translatable("hand"),
    Region.HUMERUS: translatable("humerus"),
    Region.SHOULDER: translatable("shoulder"),
    Region.WRIST: translatable("wrist"),
}
_SIDED_PARTS = {
    "L": translatable("left %(part)s"),
    "R": translatable("right %(part)s"),
    "B": translatable("bilateral %(part)s"),
}


@dataclass(frozen=True, slots=True)
class Why:
    """What sets an entry's place, and how much of its time is left, in parts of a sentence.

    Attributes:
        order: that it was ordered at once, or "".
        said: the assessment, its figure, the part of the body, whether it is provisional.
        reason: why it is not assessed, or "".
        left: of its time.
    """

    order: str
    said: str
    reason: str
    left: str

    def __str__(self) -> str:
        said = f"{self.order}, {self.said}" if self.order else self.said
        return f"{said}: {self.reason}; {self.left}" if self.reason else f"{said}: {self.left}"


def explain(entry: WorklistEntry, now: datetime, words: Words = ENGLISH) -> Why:
    """Say in one sentence what sets an entry's place, and how much of its time is left.

    For example "abnormal 0.94, left wrist: due in 12 min", "STAT order, below threshold 0.20:
    overdue by 3 min" or "not assessed: body part KNEE is out of scope; due in 1 h 29 min".
    """
    study = entry.study
    assessment = study.assessment
    said = [words.say(_KINDS[assessment.kind])]
    if assessment.probability is not None:
        said[0] += f" {assessment.probability:.2f}"
    if study.region is not None:
        said.append(part_in_words(study.region, study.laterality, words))
    if entry.provisional:
        said.append(words.say("provisional"))
    is_stat = study.placement.priority_class is PriorityClass.STAT
    is_read = entry.reading_state is ReadingState.READ
    is_assessed = assessment.kind is not AssessmentKind.NOT_ASSESSED
    return Why(
        order=words.say("STAT order") if is_stat else "",
        said=", ".join(said),
        reason="" if is_assessed else words.again(assessment.reason),
        left=words.say("read") if is_read else due_in_words(study.placement.due_at, now, words),
    )


def basis(entry: WorklistEntry, words: Words = ENGLISH) -> str:
    """Say what the place rests on: the time that the study has, and how many images were scored.

    For example "limit 20 min, 3 of 3 images scored"; the limit counts from arrival.
    """
    study = entry.study
    minutes = _whole_minutes(study.placement.due_at - study.arrived_at)
    limit = _duration(minutes).removesuffix(" 00 min")
    if entry.images == 0:
        return words.say("limit %(time)s, no image in scope", time=limit)
    return words.say(
        "limit %(time)s, %(scored)s of %(images)s images scored",
        time=limit,
        scored=entry.images_scored,
        images=entry.images,
    )


def part_in_words(region: Region | None, laterality: str, words: Words = ENGLISH) -> str:
    """Return "left wrist", "wrist" or "not recognised"."""
    if region is None:
        return words.say("not recognised")
    part = words.say(_PARTS[region])
    sided = _SIDED_PARTS.get(laterality)
    return part if sided is None else words.say(sided, part=part)


def due_in_words(due_at: datetime, now: datetime, words: Words = ENGLISH) -> str:
    """Return "due in 12 min", "due in 1 h 05 min", "due now" or "overdue by 3 min".

    Minutes are cut, not rounded: a study is never said to have more time than it has, and is
    overdue by whole minutes that have passed.
    """
    left = due_at - now
    minutes = _whole_minutes(left)
    if minutes == 0:
        return words.say("due now")
    if left > timedelta():
        return words.say("due in %(time)s", time=_duration(minutes))
    return words.say("overdue by %(time)s", time=_duration(minutes))


def _whole_minutes(span: timedelta) -> int:
    return int(abs(span.total_seconds()) // _SECONDS_PER_MINUTE)


def _duration(minutes: int) -> str:
    if minutes < _MINUTES_PER_HOUR:
        return f"{minutes} min"
    return f"{minutes // _MINUTES_PER_HOUR} h {minutes % _MINUTES_PER_HOUR:02d} min"
