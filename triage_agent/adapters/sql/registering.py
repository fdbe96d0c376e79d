"""How an instance enters the register."""

from datetime import datetime, timedelta

import sqlalchemy as sa

from triage_agent.adapters.sql import finding, reading_story, story
from triage_agent.adapters.sql.inserting import insert_if_absent
from triage_agent.adapters.sql.locked_entry import lock_entry
from triage_agent.adapters.sql.rows import (
    Row,
    Values,
    assessment_values,
    instance_of,
    instance_values,
    placement_values,
    stored_values,
)
from triage_agent.adapters.sql.schema import instance, quarantine, series, study, worklist_entry
from triage_agent.domain.instance import Instance, InstanceHeader, InstanceState, StoredObject
from triage_agent.domain.instant import was_ahead
from triage_agent.domain.reading import put_back
from triage_agent.domain.study import StudyState
from triage_agent.domain.worklist import Event, ReadingState
from triage_agent.ports.register import RegistrationOutcome, StudyOpening

# The statements of the hot path are built once: to build one takes longer than to run it. The name
# of a parameter must not be that of a column, which in an update would be one to set.
_INSTANCE = sa.bindparam("the_instance", type_=sa.Text)
_STUDY = sa.bindparam("the_study", type_=sa.Text)
_DIGEST_OF = sa.select(instance.c.digest).where(instance.c.SOPInstanceUID == _INSTANCE)
_INSTANCES_OF = sa.select(sa.func.count()).where(instance.c.StudyInstanceUID == _STUDY)
_IN_SCOPE_OF = _INSTANCES_OF.where(instance.c.state != InstanceState.EXCLUDED.value)
_LOCKED = sa.select(study).where(study.c.StudyInstanceUID == _STUDY).with_for_update(key_share=True)
_CHANGE = sa.update(study).where(study.c.StudyInstanceUID == _STUDY)
_NEW_ENTRY = sa.insert(worklist_entry)
_READING_STATE = sa.select(worklist_entry.c.reading_state).where(
    worklist_entry.c.StudyInstanceUID == _STUDY
)

# PS3.3 Annex C.8.11.1; a "U" is unpaired.
_SIDES = frozenset({"L", "R", "B"})


def find_digest(connection: sa.Connection, SOPInstanceUID: str) -> str | None:
    """Return the digest registered under a SOP Instance UID, or None."""
    return connection.execute(_DIGEST_OF, {"the_instance": SOPInstanceUID}).scalar()


def register(
    connection: sa.Connection,
    value: Instance,
    opening: StudyOpening,
    *,
    stat: bool,
    quiet_seconds: float,
) -> RegistrationOutcome:
    """Write an instance, and its series and study where new."""
    header = value.header
    # First of all, so that of two processes with the same instance one waits here for the other.
    if not insert_if_absent(connection, instance, instance_values(value)):
        if find_digest(connection, header.SOPInstanceUID) == value.stored.digest:
            return RegistrationOutcome.DUPLICATE
        return RegistrationOutcome.CONFLICT
    before = _find_locked(connection, header.StudyInstanceUID)
    is_new = before is None and insert_if_absent(
        connection, study, _new_study(value, opening, stat, quiet_seconds)
    )
    if is_new:
        connection.execute(_NEW_ENTRY, _new_entry(value, opening))
    is_new_series = insert_if_absent(connection, series, _new_series(header))
    if before is None:
        before = lock_study(connection, header.StudyInstanceUID)
    if is_new_series and not is_new:
        finding.note_modality(connection, header.StudyInstanceUID, header.Modality)
    the_study = {"the_study": header.StudyInstanceUID}
    changes, events = _arrival(
        connection, before, value, is_new=is_new, stat=stat, quiet_seconds=quiet_seconds
    )
    connection.execute(_CHANGE, changes | the_study)
    finding.note_filled_in(connection, before, changes)
    if not is_new and value.state is not InstanceState.EXCLUDED:
        events += _put_back(connection, header.StudyInstanceUID, value.received_at)
    story.append(connection, events)
    return RegistrationOutcome.NEW


def record_conflict(
    connection: sa.Connection, value: Instance, quarantined: StoredObject, *, now: datetime
) -> None:
    """Note a quarantined object once, and tell of it in the story of the study it would spoil."""
    header = value.header
    row = {
        "SOPInstanceUID": header.SOPInstanceUID,
        "StudyInstanceUID": header.StudyInstanceUID,
        **stored_values(quarantined),
        "source_ae_title": value.source_ae_title,
        "received_at": value.received_at,
    }
    if not insert_if_absent(connection, quarantine, row):
        return
    registered_in = connection.execute(
        sa.select(instance.c.StudyInstanceUID).where(instance_of(header.SOPInstanceUID))
    ).scalar()
    if registered_in is not None:
        story.append(connection, [story.conflict(registered_in, header.SOPInstanceUID, at=now)])


def lock_study(connection: sa.Connection, StudyInstanceUID: str) -> Row:
    """Return a study's row; until the end of the transaction no one else changes it."""
    return connection.execute(_LOCKED, {"the_study": StudyInstanceUID}).mappings().one()


def _find_locked(connection: sa.Connection, StudyInstanceUID: str) -> Row | None:
    return connection.execute(_LOCKED, {"the_study": StudyInstanceUID}).mappings().first()


def _put_back(connection: sa.Connection, StudyInstanceUID: str, now: datetime) -> list[Event]:
    """Put a study that was read on the list again: nobody has read the image that came."""
    state = connection.execute(_READING_STATE, {"the_study": StudyInstanceUID}).scalar()
    if state != ReadingState.READ:
        return []
    entry = lock_entry(connection, StudyInstanceUID, now)
    after = put_back(entry.reading)
    line = reading_story.put_back(StudyInstanceUID, after.read_by, at=now)
    return entry.write(after, [line], act=None)


def _attributes(value: Instance) -> Values:
    header = value.header
    in_scope = value.state is not InstanceState.EXCLUDED
    return {
        "PatientID": header.PatientID,
        "PatientName": header.PatientName,
        "PatientBirthDate": header.PatientBirthDate,
        "PatientSex": header.PatientSex,
        "AccessionNumber": header.AccessionNumber,
        "StudyDate": header.StudyDate,
        "StudyTime": header.StudyTime,
        "StudyDescription": header.StudyDescription,
        "region": value.region.value if value.region is not None else None,
        "laterality": header.ImageLaterality if in_scope else "",
    }


def _new_study(
    value: Instance,
    opening: StudyOpening,
    stat: bool,  # noqa: FBT001  handed on from a keyword
    quiet_seconds: float,
) -> Values:
    return {
        "StudyInstanceUID": value.header.StudyInstanceUID,
        **_attributes(value),
        "stat": stat,
        "state": StudyState.OPEN.value,
        "generation": 1,
        "revision": 0,
        "assessed_revision": 0,
        **assessment_values(opening.assessment),
        "arrived_at": value.received_at,
        "last_instance_at": value.received_at,
        "closes_at": value.received_at + timedelta(seconds=quiet_seconds),
    }


def _new_entry(value: Instance, opening: StudyOpening) -> Values:
    return {
        "StudyInstanceUID": value.header.StudyInstanceUID,
        **placement_values(opening.placement),
        "arrived_at": value.received_at,
        "reading_state": ReadingState.UNREAD.value,
        "claimed_by": "",
        **finding.entry_values(value),
    }


def _new_series(header: InstanceHeader) -> Values:
    return {
        "StudyInstanceUID": header.StudyInstanceUID,
        "SeriesInstanceUID": header.SeriesInstanceUID,
        "Modality": header.Modality,
        "SeriesDescription": header.SeriesDescription,
    }


def _arrival(
    connection: sa.Connection,
    before: Row,
    value: Instance,
    *,
    is_new: bool,
    stat: bool,
    quiet_seconds: float,
) -> tuple[Values, list[Event]]:
    """Return what an instance changes in its study's row, and the lines that tell of it."""
    uid, at = value.header.StudyInstanceUID, value.received_at
    in_scope = value.state is not InstanceState.EXCLUDED
    was_open = before["state"] == StudyState.OPEN
    reopens = in_scope and not was_open
    # Else a study whose images came by a clock that was ahead would stay open for as long.
    is_set_right = was_ahead(before["last_instance_at"], at)
    generation = before["generation"] + 1 if reopens else before["generation"]
    declared = max(before["declared_instances"] or 0, value.header.declared_instances or 0)
    changes: Values = {
        name: text for name, text in _attributes(value).items() if text and not before[name]
    }
    changes |= {
        "stat": before["stat"] or stat,
        "last_instance_at": at if is_set_right else max(before["last_instance_at"], at),
        "declared_instances": declared or None,
    }
    if in_scope:
        changes |= _part_in_scope(connection, before, value)
    events = [story.received(value)]
    # STAT that comes with an excluded object must still move the study.
    if is_new or in_scope or (stat and not before["stat"]):
        changes["revision"] = before["revision"] + 1
    if is_new or reopens:
        events.append(story.opened(uid, generation, at=at))
    if was_open or reopens:
        closes_at = at + timedelta(seconds=quiet_seconds)
        changes |= {
            "state": StudyState.OPEN.value,
            "generation": generation,
            "closes_at": (
                closes_at if reopens or is_set_right else max(before["closes_at"], closes_at)
            ),
            "closed_at": None,
        }
        # Equal, not at least: a declaration that was exceeded once is not to be trusted again.
        if declared and _instances_of(connection, uid) == declared:
            changes |= {"state": StudyState.CLOSED.value, "closes_at": at, "closed_at": at}
            events.append(story.closed(uid, generation, "all declared instances came", at=at))
    return changes, events


def _part_in_scope(connection: sa.Connection, before: Row, value: Instance) -> Values:
    """Return what an image in scope changes of what is known of the part of the body.

    A study with images of both sides is of both. Its region is that of its first image in scope,
    whatever excluded ones showed that came before.
    """
    changes: Values = {}
    if len({before["laterality"], value.header.ImageLaterality} & _SIDES) > 1:
        changes["laterality"] = "B"
    if before["region"] is None or value.region is None or before["region"] == value.region.value:
        return changes
    uid = value.header.StudyInstanceUID
    if connection.execute(_IN_SCOPE_OF, {"the_study": uid}).scalar_one() == 1:
        changes["region"] = value.region.value
    return changes


def _instances_of(connection: sa.Connection, StudyInstanceUID: str) -> int:
    return connection.execute(_INSTANCES_OF, {"the_study": StudyInstanceUID}).scalar_one()
