"""Between rows and the reading of a study."""

from dataclasses import replace

from triage_agent.adapters.sql.rows import Row, Values
from triage_agent.domain.priority import Placement, PriorityClass
from triage_agent.domain.reading import Reading
from triage_agent.domain.verdict import DisagreementReason, Judgement, ReaderVerdict
from triage_agent.domain.worklist import ReadingState


def reading_from(row: Row) -> Reading:
    """Return the reading of a whole row of `worklist_entry`."""
    held = Reading(held_by=row["held_by"], held_until=row["held_until"])
    return restored(held, row)


def restored(reading: Reading, row: Row) -> Reading:
    """Return a reading with the claim and the reading of a row, and with its own holds."""
    return replace(
        reading,
        state=ReadingState(row["reading_state"]),
        claimed_by=row["claimed_by"],
        claimed_at=row["claimed_at"],
        claimed_until=row["claimed_until"],
        read_by=row["read_by"],
        read_at=row["read_at"],
        read_generation=row["read_generation"],
        read_images=row["read_images"],
    )


def kept_values(reading: Reading) -> Values:
    """Return the columns from which `restored` makes it again."""
    return {
        "reading_state": reading.state.value,
        "claimed_by": reading.claimed_by,
        "claimed_at": reading.claimed_at,
        "claimed_until": reading.claimed_until,
        "read_by": reading.read_by,
        "read_at": reading.read_at,
        "read_generation": reading.read_generation,
        "read_images": reading.read_images,
    }


def reading_values(reading: Reading) -> Values:
    """Return the columns of `worklist_entry` that hold a reading."""
    return kept_values(reading) | {"held_by": reading.held_by, "held_until": reading.held_until}


def next_place_from(row: Row) -> Placement | None:
    """Return where an entry goes once nobody has it any more; None if it stands there."""
    if row["next_due_at"] is None:
        return None
    priority_class = PriorityClass(row["next_priority_class"])
    return Placement(priority_class=priority_class, due_at=row["next_due_at"])


def next_place_values(placement: Placement | None) -> Values:
    """Return the columns of `worklist_entry` that say where it goes next."""
    return {
        "next_priority_class": None if placement is None else placement.priority_class.value,
        "next_due_at": None if placement is None else placement.due_at,
    }


def verdict_from(row: Row) -> ReaderVerdict:
    """Return the verdict of a whole row of `reader_verdict`."""
    return ReaderVerdict(
        reader=row["reader"],
        generation=row["generation"],
        judgement=Judgement(row["verdict"]),
        reason=DisagreementReason(row["reason"]) if row["reason"] else None,
        text=row["text"],
        at=row["at"],
    )


def verdict_values(StudyInstanceUID: str, verdict: ReaderVerdict) -> Values:
    """Return the row of a verdict, without its id."""
    return {
        "StudyInstanceUID": StudyInstanceUID,
        "generation": verdict.generation,
        "reader": verdict.reader,
        "verdict": verdict.judgement.value,
        "reason": "" if verdict.reason is None else verdict.reason.value,
        "text": verdict.text,
        "at": verdict.at,
    }
