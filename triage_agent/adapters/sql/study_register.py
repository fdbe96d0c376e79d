"""The StudyRegister port: each method is one transaction of one step."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from triage_agent.adapters.sql import assessing, registering, reporting, scoring, story
from triage_agent.adapters.sql.engine import Database
from triage_agent.adapters.sql.grouped_writes import GroupedWrites
from triage_agent.adapters.sql.schema import result, study
from triage_agent.domain.assessment import Assessment
from triage_agent.domain.delivery import Result
from triage_agent.domain.instance import ImageScore, Instance, StoredObject
from triage_agent.domain.priority import Placement
from triage_agent.domain.study import StudyImages
from triage_agent.domain.worklist import Event
from triage_agent.errors import StudyUnknown
from triage_agent.ports.register import RegistrationOutcome, StudyOpening

# Built once, as every instance needs it.
_OWN_RESULT = sa.select(result.c.id).where(result.c.SOPInstanceUID == sa.bindparam("the_object"))


class SqlStudyRegister:
    """Rows in SQL; the methods keep what `triage_agent.ports.StudyRegister` promises.

    Every method may raise DatabaseUnavailable, those that write StorageFull also; nothing is
    written then.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._arrivals = GroupedWrites(database)

    def find_digest(self, SOPInstanceUID: str) -> str | None:
        """Return the digest registered under a SOP Instance UID, or None."""
        with self._database.read() as connection:
            return registering.find_digest(connection, SOPInstanceUID)

    def register(
        self, instance: Instance, opening: StudyOpening, *, stat: bool, quiet_seconds: float
    ) -> RegistrationOutcome:
        """Commit an instance, and its series and study where new."""
        return self._arrivals.run(
            lambda connection: registering.register(
                connection, instance, opening, stat=stat, quiet_seconds=quiet_seconds
            )
        )

    def record_conflict(
        self, instance: Instance, quarantined: StoredObject, *, now: datetime
    ) -> None:
        """Note that other bytes under a known SOP Instance UID were put in quarantine."""
        with self._database.write() as connection:
            registering.record_conflict(connection, instance, quarantined, now=now)

    def is_own_result(self, SOPInstanceUID: str) -> bool:
        """Say whether the node itself made the object with this UID."""
        with self._database.read() as connection:
            parameters = {"the_object": SOPInstanceUID}
            return connection.execute(_OWN_RESULT, parameters).first() is not None

    def begin_scoring(self, limit: int, *, now: datetime) -> tuple[Instance, ...]:
        """Return instances in state RECEIVED, most urgent study first, attempts raised by one."""
        with self._database.read() as connection:
            if not scoring.is_any_due(connection, now):
                return ()
        with self._database.write() as connection:
            return scoring.begin(connection, limit, now)

    def postpone_scoring(self, SOPInstanceUID: str, *, now: datetime) -> None:
        """Take back the attempt that `begin_scoring` counted; leave the image alone a while."""
        with self._database.write() as connection:
            scoring.postpone(connection, SOPInstanceUID, now)

    def record_score(
        self, SOPInstanceUID: str, score: ImageScore, *, model: str, now: datetime
    ) -> bool:
        """Move RECEIVED to SCORED and raise the study's revision; False if it was not RECEIVED."""
        with self._database.write() as connection:
            return scoring.record_score(connection, SOPInstanceUID, score, model=model, now=now)

    def record_unreadable(self, SOPInstanceUID: str, reason: str, *, now: datetime) -> bool:
        """Move RECEIVED to UNREADABLE and raise the revision; False if it was not RECEIVED."""
        with self._database.write() as connection:
            return scoring.record_unreadable(connection, SOPInstanceUID, reason, now=now)

    def unassessed(self, limit: int) -> tuple[str, ...]:
        """Return the UIDs of studies whose images changed after they were last assessed."""
        with self._database.read() as connection:
            return tuple(connection.execute(assessing.unassessed(limit)).scalars())

    def study_images(self, StudyInstanceUID: str) -> StudyImages:
        """Return a study with its instances, read in one transaction. Raises StudyUnknown."""
        with self._database.read() as connection:
            return assessing.study_images(connection, StudyInstanceUID)

    def record_assessment(
        self,
        StudyInstanceUID: str,
        assessment: Assessment,
        placement: Placement,
        *,
        revision: int,
        now: datetime,
    ) -> bool:
        """Write what is said of a study, computed from `revision`; False if it moved on since."""
        with self._database.write() as connection:
            return assessing.record_assessment(
                connection, StudyInstanceUID, assessment, placement, revision=revision, now=now
            )

    def close_due(self, now: datetime) -> tuple[str, ...]:
        """Close every open study whose time has come; return their UIDs."""
        with self._database.read() as connection:
            if connection.execute(reporting.due_to_close(now).limit(1)).first() is None:
                return ()
        with self._database.write() as connection:
            return reporting.close_due(connection, now)

    def reportable(self, limit: int) -> tuple[str, ...]:
        """Return closed studies whose images are all dealt with and assessed, most urgent first."""
        with self._database.read() as connection:
            return tuple(connection.execute(reporting.reportable(limit)).scalars())

    def record_report(
        self,
        StudyInstanceUID: str,
        results: Sequence[Result],
        destinations: Sequence[Sequence[str]],
        *,
        generation: int,
        revision: int,
        now: datetime,
        note: str = "",
    ) -> bool:
        """Write results, one delivery per result and name in `destinations[i]`, state REPORTED."""
        with self._database.write() as connection:
            return reporting.record_report(
                connection,
                StudyInstanceUID,
                results,
                destinations,
                generation=generation,
                revision=revision,
                now=now,
                note=note,
            )

    def results(self, StudyInstanceUID: str) -> tuple[Result, ...]:
        """Return all results of a study, oldest generation first."""
        with self._database.read() as connection:
            return reporting.results_of(connection, StudyInstanceUID)

    def events(self, StudyInstanceUID: str) -> tuple[Event, ...]:
        """Return a study's story, oldest first. Raises StudyUnknown."""
        with self._database.read() as connection:
            known = sa.select(study.c.StudyInstanceUID).where(
                study.c.StudyInstanceUID == StudyInstanceUID
            )
            if connection.execute(known).first() is None:
                raise StudyUnknown(f"no study {StudyInstanceUID} in the register")
            return story.of_study(connection, StudyInstanceUID)
