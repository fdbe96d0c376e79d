"""Studies that were there before the list could be searched are found as new ones are."""

from pathlib import Path

import sqlalchemy as sa
from alembic import command

from tests.factories import uid
from triage_agent.adapters.sql.engine import Database
from triage_agent.adapters.sql.migrate import _config, upgrade
from triage_agent.adapters.sql.worklist import SqlWorklist
from triage_agent.domain.worklist import ReadingState
from triage_agent.domain.worklist_filter import WorklistFilter

BEFORE = "2026-01-01 12:00:0"
STUDY, EMPTY = uid("study", 1), uid("study", 2)


def test_old_studies_are_found(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'old.sqlite3'}")
    config = _config()
    with database.write() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0002")
    with database.write() as connection:
        _add_study(connection, STUDY, "Müller^Anna", "read")
        _add_study(connection, EMPTY, "", "unread")
        # The later of the two series came first, and one has no modality.
        _add_instance(connection, STUDY, uid("series", 3), "DX", "A", at=1)
        _add_instance(connection, STUDY, uid("series", 1), "SR", "B", at=2)
        _add_instance(connection, STUDY, uid("series", 2), "DX", "B", at=3)
        _add_instance(connection, EMPTY, uid("series", 4), " ", "C", at=1)
    upgrade(database)
    worklist = SqlWorklist(database)
    read = frozenset({ReadingState.READ})
    (entry,) = worklist.page(limit=10, wanted=WorklistFilter(reading_states=read, text="mull an"))
    assert (entry.study.StudyInstanceUID, entry.modalities) == (STUDY, ("DX", "SR"))
    assert entry.source_ae_title == "A"
    (empty,) = worklist.page(limit=10)
    assert (empty.study.StudyInstanceUID, empty.modalities) == (EMPTY, ())
    with database.write() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "0002")
        columns = sa.inspect(connection).get_columns("worklist_entry")
    assert "search_text" not in {each["name"] for each in columns}


def _add_study(connection: sa.Connection, StudyInstanceUID: str, name: str, state: str) -> None:
    study = {
        "StudyInstanceUID": StudyInstanceUID,
        "PatientName": name,
        "state": "closed",
        "stat": False,
        "assessment_kind": "not_assessed",
        "assessment_reason": "nothing scored",
        **dict.fromkeys(("generation", "revision", "assessed_revision"), 1),
        **dict.fromkeys(("arrived_at", "last_instance_at", "closes_at"), f"{BEFORE}0.000000"),
        **dict.fromkeys(
            (
                "PatientID",
                "PatientBirthDate",
                "PatientSex",
                "AccessionNumber",
                "StudyDate",
                "StudyTime",
                "StudyDescription",
                "laterality",
            ),
            "",
        ),
    }
    _insert(connection, "study", study)
    entry = {
        "StudyInstanceUID": StudyInstanceUID,
        "priority_class": "normal",
        "reading_state": state,
        "claimed_by": "",
        **dict.fromkeys(("due_at", "arrived_at"), f"{BEFORE}0.000000"),
    }
    _insert(connection, "worklist_entry", entry)


def _add_instance(
    connection: sa.Connection, study: str, series: str, Modality: str, source: str, *, at: int
) -> None:
    place = {"StudyInstanceUID": study, "SeriesInstanceUID": series}
    _insert(connection, "series", {**place, "Modality": Modality, "SeriesDescription": ""})
    instance = {
        "SOPInstanceUID": f"{series}.{at}",
        **place,
        "header": "{}",
        "size_bytes": 1,
        "state": "scored",
        "received_at": f"{BEFORE}{at}.000000",
        "source_ae_title": source,
        "attempts": 1,
        **dict.fromkeys(("location", "digest", "reason", "model"), ""),
    }
    _insert(connection, "instance", instance)


def _insert(connection: sa.Connection, table: str, values: dict[str, object]) -> None:
    columns = [sa.column(name) for name in values]
    connection.execute(sa.insert(sa.table(table, *columns)).values(values))
