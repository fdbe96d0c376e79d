"""Studies of a node that knew no readers can be read."""

from alembic import command

from tests.contracts.register_on_sql import ports_on
from tests.contracts.register_ports import STUDY
from tests.factories import T0, after, make_instance
from triage_agent.adapters.sql.engine import Database
from triage_agent.adapters.sql.migrate import _config, upgrade
from triage_agent.domain.reading import Reading


def test_studies_from_before_can_be_claimed_and_judged(database: Database) -> None:
    ports = ports_on(database)
    ports.arrive(make_instance())
    ports.desk.claim(STUDY, "ann", now=T0, until=after(60))
    ports.desk.release(STUDY, "ann", now=T0)
    config = _config()
    with database.write() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "0001")
    upgrade(database)
    assert ports.desk.reading(STUDY) == Reading()
    assert ports.desk.verdicts(STUDY) == ()
    assert ports.desk.claim(STUDY, "bob", now=T0, until=after(60)).act == 1
