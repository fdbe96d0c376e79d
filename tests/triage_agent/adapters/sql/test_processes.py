"""Several processes on one SQLite file: nothing twice, nothing lost, also under SIGKILL."""

import random
from collections import Counter
from multiprocessing.connection import wait
from pathlib import Path

import sqlalchemy as sa

from tests.contracts.register_on_sql import ports_on
from tests.factories import make_instance, make_stored, uid
from tests.peers.register_writer import processes, start_registering, start_writer
from triage_agent.adapters.sql.engine import Database
from triage_agent.adapters.sql.schema import delivery, event, instance, result, series, study
from triage_agent.ports.register import RegistrationOutcome

KILLS = 30
WRITERS = 3
SETTLED = 0.8
LONGEST_LIFE_SECONDS = 0.2
END_SECONDS = 30.0


def test_instances_that_come_at_once_are_registered_once(
    database: Database, sqlite_file: Path
) -> None:
    instances = [make_instance(StudyInstanceUID=uid("study", n // 3)) for n in range(30)]
    ends = [processes().Pipe() for _ in range(4)]
    children = []
    for sender, (_, theirs) in enumerate(ends):
        both = []
        for each in instances:
            both += [each, make_instance(each.header, stored=make_stored(f"{sender}"))]
        children.append(start_registering(f"sqlite:///{sqlite_file}", both, theirs))
    for ours, _ in ends:
        ours.send("go")
    total = Counter(outcome for ours, _ in ends for outcome in ours.recv())
    for child in children:
        child.join(END_SECONDS)
    assert [child.exitcode for child in children] == [0] * 4
    assert total == {
        RegistrationOutcome.NEW: 30,
        RegistrationOutcome.DUPLICATE: 90,
        RegistrationOutcome.CONFLICT: 120,
    }
    ports = ports_on(database)
    assert ports.worklist.count() == 10
    for number in range(10):
        images = ports.register.study_images(uid("study", number))
        assert (len(images.instances), images.study.revision) == (3, 3)
    changes = ports.worklist.changed_since(0)
    assert set(changes.StudyInstanceUIDs) == {uid("study", number) for number in range(10)}
    assert changes.version == ports.worklist.version()


def test_the_version_tells_of_other_processes(database: Database, sqlite_file: Path) -> None:
    ports = ports_on(database)
    before = ports.worklist.version()
    ours, theirs = processes().Pipe()
    child = start_registering(f"sqlite:///{sqlite_file}", [make_instance()], theirs)
    ours.send("go")
    assert ours.recv() == [RegistrationOutcome.NEW]
    assert ports.worklist.version() != before
    child.join(END_SECONDS)


def test_nothing_that_was_acknowledged_is_lost_under_sigkill(
    database: Database, sqlite_file: Path, tmp_path: Path
) -> None:
    url = f"sqlite:///{sqlite_file}"
    log = tmp_path / "acknowledged"
    lives = random.Random(20260101)  # noqa: S311  not for secrets
    numbers = iter(range(1000))
    writers = [start_writer(next(numbers), url, log) for _ in range(WRITERS)]
    try:
        for _ in range(KILLS):
            victim = lives.randrange(WRITERS)
            if lives.random() < SETTLED:  # the others die while they start or first write
                assert writers[victim].has_written.wait(END_SECONDS)
            life = lives.uniform(0, LONGEST_LIFE_SECONDS)
            assert wait([each.process.sentinel for each in writers], life) == []
            writers[victim].kill(END_SECONDS)
            assert _acknowledged(log)["registered"] <= _registered(database)
            writers[victim] = start_writer(next(numbers), url, log)
    finally:
        for each in writers:
            each.kill(END_SECONDS)
    told = _acknowledged(log)
    assert len(told["registered"]) > KILLS
    assert told["reported"]
    assert told["sent"]
    with database.read() as connection:
        _check_consistency(connection, told)
    ports_on(database).arrive(make_instance())  # and it goes on


def _acknowledged(log: Path) -> dict[str, set[str]]:
    told: dict[str, set[str]] = {"registered": set(), "scored": set(), "reported": set()}
    told["sent"] = set()
    text = log.read_text() if log.exists() else ""
    for line in text.splitlines():
        what, which = line.split(" ")
        told[what].add(which)
    return told


def _registered(database: Database) -> set[str]:
    with database.read() as connection:
        return set(connection.execute(sa.select(instance.c.SOPInstanceUID)).scalars())


def _check_consistency(connection: sa.Connection, told: dict[str, set[str]]) -> None:
    assert connection.exec_driver_sql("PRAGMA integrity_check").scalars().all() == ["ok"]
    assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []

    def values(column: sa.ColumnElement[str], *where: sa.ColumnElement[bool]) -> set[str]:
        return {str(each) for each in connection.execute(sa.select(column).where(*where)).scalars()}

    assert told["scored"] <= values(instance.c.SOPInstanceUID, instance.c.state == "scored")
    assert told["reported"] <= values(result.c.SOPInstanceUID)
    assert told["sent"] <= values(sa.cast(delivery.c.id, sa.Text), delivery.c.state == "sent")
    # Rows and stories were written together: every number can be found in both.
    for row in connection.execute(sa.select(study)).mappings():
        uid_of_study = row["StudyInstanceUID"]
        story = Counter(
            connection.execute(
                sa.select(event.c.what).where(event.c.StudyInstanceUID == uid_of_study)
            ).scalars()
        )
        states = Counter(
            connection.execute(
                sa.select(instance.c.state).where(instance.c.StudyInstanceUID == uid_of_study)
            ).scalars()
        )
        results = connection.execute(
            sa.select(sa.func.count()).where(result.c.StudyInstanceUID == uid_of_study)
        ).scalar_one()
        assert story["received"] == states.total()
        assert story["scored"] == states["scored"]
        assert row["revision"] == story["received"] + story["scored"]
        assert row["generation"] == story["opened"] + story["opened again"]
        assert story["reported"] == results
        assert story["closed"] == row["generation"] - (row["state"] == "open")
    assert connection.execute(sa.select(sa.func.count()).select_from(series)).scalar_one() > 0
