"""The SQL adapters as the contracts want them."""

import sqlalchemy as sa

from tests.contracts.register_ports import RegisterPorts
from triage_agent.adapters.sql.engine import Database
from triage_agent.adapters.sql.outbox import SqlOutbox
from triage_agent.adapters.sql.reading_desk import SqlReadingDesk
from triage_agent.adapters.sql.schema import worklist_entry
from triage_agent.adapters.sql.study_register import SqlStudyRegister
from triage_agent.adapters.sql.worklist import SqlWorklist
from triage_agent.domain.worklist import ReadingState


def ports_on(database: Database) -> RegisterPorts:
    """Return the three ports on a migrated database."""

    def set_reading(StudyInstanceUID: str, state: ReadingState, claimed_by: str) -> None:
        with database.write() as connection:
            connection.execute(
                sa.update(worklist_entry)
                .where(worklist_entry.c.StudyInstanceUID == StudyInstanceUID)
                .values(reading_state=state.value, claimed_by=claimed_by)
            )

    return RegisterPorts(
        register=SqlStudyRegister(database),
        worklist=SqlWorklist(database),
        outbox=SqlOutbox(database),
        desk=SqlReadingDesk(database),
        set_reading=set_reading,
    )
