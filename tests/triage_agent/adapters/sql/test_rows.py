"""What is written is what is read, also by another version of the node."""

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite

from tests.contracts.register_on_sql import ports_on
from tests.contracts.register_ports import STUDY
from tests.factories import MODEL, T0, make_header, make_instance, make_scored
from triage_agent.adapters.sql import reporting
from triage_agent.adapters.sql.column_types import ReceivedText
from triage_agent.adapters.sql.engine import Database
from triage_agent.adapters.sql.schema import instance, study
from triage_agent.domain.instance import InstanceHeader


def test_a_scored_instance_comes_back_whole(database: Database) -> None:
    ports = ports_on(database)
    scored = make_scored(0.1 + 0.2, region=None, source_ae_title="")
    ports.arrive(scored)
    assert ports.register.study_images(STUDY).instances == (scored,)
    assert scored.model == MODEL


def test_a_header_of_another_version_is_read(database: Database) -> None:
    ports = ports_on(database)
    header = make_header()
    ports.arrive(make_instance(header))
    written = {
        "SOPClassUID": header.SOPClassUID,
        "SOPInstanceUID": header.SOPInstanceUID,
        "StudyInstanceUID": header.StudyInstanceUID,
        "SeriesInstanceUID": header.SeriesInstanceUID,
        "TransferSyntaxUID": header.TransferSyntaxUID,
        "AttributeOfTomorrow": ["x"],
    }
    with database.write() as connection:
        connection.execute(sa.update(instance).values(header=written))
    (read,) = ports.register.study_images(STUDY).instances
    assert read.header == InstanceHeader(
        SOPClassUID=header.SOPClassUID,
        SOPInstanceUID=header.SOPInstanceUID,
        StudyInstanceUID=header.StudyInstanceUID,
        SeriesInstanceUID=header.SeriesInstanceUID,
        TransferSyntaxUID=header.TransferSyntaxUID,
    )


def test_characters_that_no_database_holds_are_replaced(database: Database) -> None:
    ports_on(database).arrive(make_instance(StudyDescription="a\0b\ud800c"))
    with database.read() as connection:
        written = connection.execute(sa.select(study.c.StudyDescription)).scalar_one()
    assert written == "a\N{REPLACEMENT CHARACTER}b\N{REPLACEMENT CHARACTER}c"


def test_no_text_stays_no_text() -> None:
    assert ReceivedText().process_bind_param(None, sqlite.dialect()) is None


def test_a_study_that_another_process_just_closed_is_not_closed_twice(database: Database) -> None:
    with database.write() as connection:
        assert reporting.close_due(connection, T0) == ()
