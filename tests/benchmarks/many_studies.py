"""A database of very many studies, written by SQL alone: what a hospital has after years."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import sqlalchemy as sa

from triage_agent.adapters.sql.engine import Database

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
OPEN_STUDIES = 10_000
# Of those that are read, one: the list never looks at their images, and they would fill the disk.
VIEWS, VIEWS_OF_READ = 3, 1
SENDERS = 8
_UID = "1.2.826.0.1.3680043.10.999.1."
_REGIONS = ["'ELBOW'", "'FINGER'", "'FOREARM'", "'HAND'", "'HUMERUS'", "'SHOULDER'", "'WRIST'"]


@dataclass(frozen=True)
class _Dialect:
    numbers: str  # a table n of one column i, from :first to before :last
    instant: str  # "{}" is replaced by seconds before NOW

    def before(self, seconds: str) -> str:
        return self.instant.format(seconds)


_DIALECTS = {
    "sqlite": _Dialect(
        numbers=(
            "WITH RECURSIVE n(i) AS (SELECT :first UNION ALL SELECT i + 1 FROM n"
            " WHERE i + 1 < :last)"
        ),
        instant=(
            "strftime('%Y-%m-%d %H:%M:%S', '2026-01-01 12:00:00', (-({})) || ' seconds')"
            " || '.000000'"
        ),
    ),
    "postgresql": _Dialect(
        numbers=(
            "WITH n AS (SELECT i FROM generate_series(CAST(:first AS bigint),"
            " CAST(:last AS bigint) - 1) AS g(i))"
        ),
        instant="timestamptz '2026-01-01 12:00:00Z' - ({}) * interval '1 second'",
    ),
}


def _pick(number: str, values: list[str]) -> str:
    cases = " ".join(f"WHEN {at} THEN {value}" for at, value in enumerate(values))
    return f"CASE ({number}) % {len(values)} {cases} END"


def _letters(mixed: str, count: int) -> str:
    """SQL of a word that can be spoken, of about 80 ** (count / 2) different ones."""
    divisor, parts = 1, []
    for at in range(count):
        letters = "aeiou" if at % 2 else "bdfghklmnprstvwz"
        parts.append(
            f"substr('{letters}', CAST(1 + {mixed} / {divisor} % {len(letters)} AS int), 1)"
        )
        divisor *= len(letters)
    return " || ".join(parts)


_MIXED = "(i * 2654435761 % 4294967296)"
_FAMILY, _GIVEN = _letters(_MIXED, 6), _letters(f"({_MIXED} / 5003)", 4)
_PATIENT, _ACCESSION = "'pid' || i", "'acc' || (10000000 + i)"
_REGION = _pick(f"{_MIXED} / 7", _REGIONS)
_IS_READ = f"i >= {OPEN_STUDIES}"
# The open ones came over the last shift, the read ones before.
_AGE = f"CASE WHEN {_IS_READ} THEN i * 30 + 30000 ELSE i * 3 END"
_KIND = f"({_MIXED} / 11 % 10)"
_WORDS = [_FAMILY, _GIVEN, _PATIENT, _ACCESSION, f"lower({_REGION})"]
_SEARCH_TEXT = " || ' ' || ".join(["''", *_WORDS, "''"])


def add_studies(database: Database, first: int, last: int) -> None:
    """Add studies number `first` to before `last`; those from `OPEN_STUDIES` on are read."""
    dialect = _DIALECTS[database.engine.dialect.name]
    arrived = dialect.before(_AGE)
    due = dialect.before(f"{_AGE} - 60 * {_pick(_KIND, ['30', '90', '90', '240', '240'])}")
    uid = f"'{_UID}' || i"
    columns: dict[str, dict[str, str]] = {
        "study": {
            "StudyInstanceUID": uid,
            "PatientID": f"upper({_PATIENT})",
            "PatientName": f"upper({_FAMILY}) || '^' || upper({_GIVEN})",
            "PatientBirthDate": "'19700101'",
            "PatientSex": "'O'",
            "AccessionNumber": f"upper({_ACCESSION})",
            "StudyDate": "'20260101'",
            "StudyTime": "'120000'",
            "StudyDescription": f"lower({_REGION})",
            "region": _REGION,
            "laterality": "'R'",
            "stat": "i < 0",
            "state": "'reported'",
            "generation": "1",
            "revision": "6",
            "assessed_revision": "6",
            "assessment_kind": (
                f"CASE WHEN {_KIND} < 3 THEN 'abnormal' WHEN {_KIND} < 4 THEN 'not_assessed'"
                " ELSE 'below_threshold' END"
            ),
            "assessment_reason": "'mean of 3 images'",
            "probability": (
                f"CASE WHEN {_KIND} < 3 THEN 0.5 + i % 500 / 1000.0"
                f" WHEN {_KIND} < 4 THEN NULL ELSE i % 500 / 1000.0 END"
            ),
            "arrived_at": arrived,
            "last_instance_at": arrived,
            "closes_at": arrived,
        },
        "worklist_entry": {
            "StudyInstanceUID": uid,
            "priority_class": "'normal'",
            "due_at": due,
            "arrived_at": arrived,
            "reading_state": (
                f"CASE WHEN {_IS_READ} THEN 'read' WHEN i % 50 = 0 THEN 'claimed' ELSE 'unread' END"
            ),
            "claimed_by": f"CASE WHEN {_IS_READ} OR i % 50 > 0 THEN '' ELSE 'reader' END",
            "read_by": f"CASE WHEN {_IS_READ} THEN 'reader' ELSE '' END",
            "modalities": "' DX '",
            "source_ae_title": f"'ROOM' || (i % {SENDERS})",
            "search_text": _SEARCH_TEXT,
        },
        "series": {
            "StudyInstanceUID": uid,
            "SeriesInstanceUID": f"{uid} || '.1'",
            "Modality": "'DX'",
            "SeriesDescription": "''",
        },
        "event": {
            "StudyInstanceUID": uid,
            "at": arrived,
            "what": "'assessed'",
            "detail": "''",
        },
    }
    image = {
        "StudyInstanceUID": uid,
        "SeriesInstanceUID": f"{uid} || '.1'",
        "header": "'{}'",
        "location": f"{uid}",
        "digest": "''",
        "size_bytes": "1",
        "state": "'scored'",
        "reason": "''",
        "received_at": arrived,
        "source_ae_title": "''",
        "attempts": "1",
        "probability": "0.5",
        "model": "'test-model 1'",
    }
    with _quick_transaction(database) as connection:
        for table, values in columns.items():
            _insert(connection, table, values, range(first, last))
        for view in range(VIEWS):
            values = {"SOPInstanceUID": f"{uid} || '.1.{view}'", **image}
            ends = last if view < VIEWS_OF_READ else min(last, OPEN_STUDIES)
            _insert(connection, "instance", values, range(first, ends))
        for word in _WORDS:
            values = {"word": word, "StudyInstanceUID": uid}
            # In the order of the index, which is so written once and not all over.
            _insert(connection, "study_word", values, range(first, last), " ORDER BY 1, 2")


@contextmanager
def _quick_transaction(database: Database) -> Iterator[sa.Connection]:
    """Write without regard to a loss of power, and without looking up what rows refer to."""
    if database.engine.dialect.name == "postgresql":
        with database.write() as connection:
            connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
            yield connection
        with database.engine.connect() as connection:
            connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql(
                "VACUUM ANALYZE"
            )
        return
    database.dispose()
    engine = sa.create_engine(database.engine.url)
    with engine.connect() as connection:
        for pragma in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -400000"):
            connection.exec_driver_sql(f"PRAGMA {pragma}")
        yield connection
        connection.commit()
    engine.dispose()


def _insert(
    connection: sa.Connection, table: str, values: dict[str, str], numbers: range, order: str = ""
) -> None:
    if not numbers:
        return
    names = ", ".join(f'"{name}"' for name in values)
    rows = _DIALECTS[connection.dialect.name].numbers
    selected = f"{rows} SELECT {', '.join(values.values())} FROM n{order}"  # noqa: S608 (own text)
    statement = f'INSERT INTO "{table}" ({names}) {selected}'
    # Times of day in it are no parameters.
    escaped = re.sub(r":(?=[0-9])", r"\:", statement)
    connection.execute(sa.text(escaped), {"first": numbers.start, "last": numbers.stop})
