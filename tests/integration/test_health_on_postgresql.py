"""The health record keeps its contract on a real PostgreSQL server."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.contracts.health_ports import TODAY, HealthPorts, make_arrivals, make_beat
from tests.contracts.health_record import T0, HealthRecordContract
from tests.contracts.register_on_sql import ports_on
from triage_agent.adapters.sql.engine import Database
from triage_agent.adapters.sql.health_record import SqlHealthRecord

pytestmark = pytest.mark.integration


class TestSqlHealthRecord(HealthRecordContract):
    @pytest.fixture
    def ports(self, database: Database) -> HealthPorts:
        return HealthPorts(health=SqlHealthRecord(database), of_register=ports_on(database))


def test_receivers_that_count_at_once_lose_nothing(database: Database) -> None:
    """Eight at a time, each with both devices, in either order."""
    health = SqlHealthRecord(database)

    def count(receiver: int) -> None:
        devices = ["CR1", "CR2"] if receiver % 2 else ["CR2", "CR1"]
        for _ in range(10):
            health.beat(
                make_beat("receive", host=f"node-{receiver}"),
                arrivals=[make_arrivals(each) for each in devices],
                free_bytes=1000,
            )

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(count, range(8)))
    found = health.recorded(now=T0, today=TODAY)
    assert [each.images_today for each in found.devices] == [160, 160]
    assert len(found.beats) == 8
