"""The SQL adapters keep the contracts on a real PostgreSQL server."""

import socket
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from tests.contracts.list_queries import ListQueriesContract
from tests.contracts.outbox import OutboxContract
from tests.contracts.readers_at_once import ReadersAtOnceContract
from tests.contracts.reading_desk import ReadingDeskContract
from tests.contracts.register_on_sql import ports_on
from tests.contracts.register_ports import RegisterPorts
from tests.contracts.study_register import StudyRegisterContract
from tests.contracts.worklist import WorklistContract
from tests.factories import T0, make_instance, make_stored, uid
from tests.peers.postgresql import PostgresqlCluster, postgresql_cluster
from triage_agent.adapters.sql.engine import LOCK_SECONDS, Database
from triage_agent.adapters.sql.migrate import upgrade
from triage_agent.adapters.sql.revision import current_revision, newest_revision
from triage_agent.adapters.sql.schema import metadata
from triage_agent.errors import DatabaseUnavailable
from triage_agent.ports.register import RegistrationOutcome

pytestmark = pytest.mark.integration


class _OnPostgresql:
    @pytest.fixture
    def ports(self, database: Database) -> RegisterPorts:
        return ports_on(database)


class TestSqlStudyRegister(_OnPostgresql, StudyRegisterContract):
    pass


class TestSqlWorklist(_OnPostgresql, WorklistContract):
    pass


class TestSqlListQueries(_OnPostgresql, ListQueriesContract):
    pass


class TestSqlReadingDesk(_OnPostgresql, ReadingDeskContract):
    pass


class TestReadersAtOnce(ReadersAtOnceContract):
    @pytest.fixture
    def several(self, database: Database) -> Iterator[list[RegisterPorts]]:
        other = Database(str(database.engine.url.render_as_string(hide_password=False)))
        yield [ports_on(database), ports_on(other)]
        other.dispose()


class TestSqlOutbox(_OnPostgresql, OutboxContract):
    pass


def test_the_migrated_schema_is_the_declared_one(database: Database):
    with database.read() as connection:
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, metadata) == []


def test_migrated_indexes_and_constraints_are_the_declared_ones(
    cluster: PostgresqlCluster, database: Database
):
    declared = Database(cluster.url(cluster.create_database()))
    with declared.write() as connection:
        metadata.create_all(connection)
    facts = [
        "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'",
        "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid <> 0",
        """
        SELECT table_name, column_name, data_type, is_nullable, collation_name
        FROM information_schema.columns WHERE table_schema = 'public'
        """,
    ]
    for fact in facts:
        found = []
        for each in (declared, database):
            with each.read() as connection:
                rows = connection.execute(sa.text(fact)).all()
                found.append({tuple(row) for row in rows if "alembic_version" not in str(row)})
        assert found[0] == found[1]
        assert found[0]
    declared.dispose()


def test_processes_that_upgrade_at_once_wait_for_each_other(cluster: PostgresqlCluster):
    url = cluster.url(cluster.create_database())
    databases = [Database(url) for _ in range(4)]
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(upgrade, databases))
    assert {current_revision(each) for each in databases} == {newest_revision()}
    for each in databases:
        each.dispose()


def test_instances_that_come_at_once_are_registered_once(database: Database):
    """Eight connections, each sending the same study, in step: as several receivers would."""
    instances = [make_instance(StudyInstanceUID=uid("study", n // 3)) for n in range(30)]
    barrier = threading.Barrier(8)

    def send(sender: int) -> Counter[RegistrationOutcome]:
        own = Database(str(database.engine.url.render_as_string(hide_password=False)))
        ports = ports_on(own)
        outcomes: Counter[RegistrationOutcome] = Counter()
        for instance in instances:
            barrier.wait(30)
            outcomes[ports.arrive(instance)] += 1
            other = make_instance(instance.header, stored=make_stored(f"{sender}"))
            outcomes[ports.arrive(other)] += 1
        own.dispose()
        return outcomes

    with ThreadPoolExecutor(8) as threads:
        total: Counter[RegistrationOutcome] = sum(threads.map(send, range(8)), Counter())
    assert total == {
        RegistrationOutcome.NEW: 30,
        RegistrationOutcome.DUPLICATE: 210,
        RegistrationOutcome.CONFLICT: 240,
    }
    ports = ports_on(database)
    assert ports.worklist.count() == 10
    for number in range(10):
        images = ports.register.study_images(uid("study", number))
        assert len(images.instances) == 3
        assert images.study.revision == 3
        assert ports.story(uid("study", number)).count("received") == 3
    changes = ports.worklist.changed_since(0)
    assert set(changes.StudyInstanceUIDs) == {uid("study", number) for number in range(10)}
    assert changes.version == ports.worklist.version()


def test_scoring_is_shared_out_between_processes(database: Database):
    ports = ports_on(database)
    for number in range(40):
        ports.arrive(make_instance(StudyInstanceUID=uid("study", number)))
    barrier = threading.Barrier(4)

    def score(_: int) -> list[str]:
        barrier.wait(30)
        return [each.header.SOPInstanceUID for each in ports.register.begin_scoring(10, now=T0)]

    with ThreadPoolExecutor(4) as threads:
        batches = list(threads.map(score, range(4)))
    begun = [each for batch in batches for each in batch]
    attempts = [
        ports.register.study_images(uid("study", number)).instances[0].attempts
        for number in range(40)
    ]
    assert sum(attempts) == len(begun) > 0


def test_a_server_that_goes_away_is_unavailable_and_comes_back():
    with postgresql_cluster() as cluster:
        database = Database(cluster.url(cluster.create_database()))
        upgrade(database)
        ports = ports_on(database)
        ports.arrive(make_instance())
        cluster.stop()
        with pytest.raises(DatabaseUnavailable):
            ports.worklist.count()
        with pytest.raises(DatabaseUnavailable):
            ports.arrive(make_instance())
        cluster.start()
        assert ports.worklist.count() == 1
        database.dispose()


def test_a_connection_that_breaks_within_a_transaction_is_unavailable(database: Database):
    def lose_the_connection() -> None:
        with database.write() as connection:
            me = connection.execute(sa.text("SELECT pg_backend_pid()")).scalar_one()
            with database.read() as other:
                other.execute(sa.text("SELECT pg_terminate_backend(:me)"), {"me": me})
            connection.execute(sa.text("SELECT 1"))

    with pytest.raises(DatabaseUnavailable):
        lose_the_connection()


def test_the_system_notices_a_server_that_vanishes(database: Database) -> None:
    with database.read() as connection:
        driver = connection.connection.driver_connection
        assert driver is not None
        with socket.fromfd(driver.fileno(), socket.AF_INET, socket.SOCK_STREAM) as used:
            assert used.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
            told = (
                used.getsockopt(socket.IPPROTO_TCP, option)
                for option in (socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT)
            )
            assert tuple(told) == (10, 5, 3)
            timeout = used.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT)
            assert timeout == LOCK_SECONDS * 1000
