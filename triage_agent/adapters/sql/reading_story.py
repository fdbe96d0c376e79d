"""The lines that tell of readers. They name readers, and never what a reader typed."""

from datetime import datetime

from triage_agent.domain.priority import Placement
from triage_agent.domain.reading import Reading
from triage_agent.domain.verdict import ReaderVerdict
from triage_agent.domain.worklist import Event
from triage_agent.ports.reading import ReadingDeed


def claimed(StudyInstanceUID: str, reader: str, until: datetime, *, at: datetime) -> Event:
    """Tell that a reader has a study."""
    detail = f"by {reader} until {until.isoformat(timespec='seconds')}"
    return _line(StudyInstanceUID, "claimed", detail, at)


def released(StudyInstanceUID: str, claimed_by: str, reader: str, *, at: datetime) -> Event:
    """Tell that a claim was ended, and by whom if it was not who had it."""
    detail = f"by {reader}" if reader == claimed_by else f"by {reader}, {claimed_by} had it"
    return _line(StudyInstanceUID, "released", detail, at)


def claim_expired(StudyInstanceUID: str, claimed_by: str, *, at: datetime) -> Event:
    """Tell that a claim was not renewed."""
    return _line(StudyInstanceUID, "claim expired", f"{claimed_by} had it", at)


def viewed(StudyInstanceUID: str, reader: str, *, at: datetime) -> Event:
    """Tell that a reader has opened a study on a screen."""
    return _line(StudyInstanceUID, "viewed", f"by {reader}", at)


def left(StudyInstanceUID: str, reader: str, *, at: datetime) -> Event:
    """Tell that no screen shows a study any more."""
    return _line(StudyInstanceUID, "left", f"by {reader}, nobody has it open", at)


def read(StudyInstanceUID: str, reading: Reading, *, at: datetime) -> Event:
    """Tell who read what of a study."""
    detail = (
        f"by {reading.read_by}, generation {reading.read_generation} "
        f"({_images(reading.read_images)})"
    )
    return _line(StudyInstanceUID, "read", detail, at)


def put_back(StudyInstanceUID: str, read_by: str, *, at: datetime) -> Event:
    """Tell that a study is on the list again because of an image that nobody has read."""
    detail = f"an image came after {read_by} had read it"
    return _line(StudyInstanceUID, "unread again", detail, at)


def judged(StudyInstanceUID: str, verdict: ReaderVerdict) -> Event:
    """Tell what a reader thinks of the assessment."""
    detail = f"{verdict.in_words}, by {verdict.reader} on generation {verdict.generation}"
    return _line(StudyInstanceUID, "verdict", detail, verdict.at)


def undone(StudyInstanceUID: str, deed: ReadingDeed, reader: str, *, at: datetime) -> Event:
    """Tell that a reader took back what they did."""
    return _line(StudyInstanceUID, "undone", f"{deed} by {reader}", at)


def placed(StudyInstanceUID: str, placement: Placement, *, at: datetime) -> Event:
    """Tell where a study stands now that nobody has it any more."""
    due = placement.due_at.isoformat(timespec="seconds")
    return _line(StudyInstanceUID, "placed", f"{placement.priority_class}, due {due}", at)


def _images(number: int) -> str:
    return f"{number} image" if number == 1 else f"{number} images"


def _line(StudyInstanceUID: str, what: str, detail: str, at: datetime) -> Event:
    return Event(at=at, StudyInstanceUID=StudyInstanceUID, what=what, detail=detail)
