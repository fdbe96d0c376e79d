"""A Worklist in memory, for tests of pages and steps."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from tests.fakes.register_rows import RegisterRows
from triage_agent.domain.instance import InstanceState
from triage_agent.domain.study import StudyState
from triage_agent.domain.worklist import ListChanges, ListChoices, WorklistEntry
from triage_agent.domain.worklist_filter import EVERYTHING_NOT_READ, WorklistFilter
from triage_agent.domain.worklist_order import BY_PRIORITY, WorklistOrder
from triage_agent.errors import StudyUnknown

# What is told of deliveries changes nothing that the list shows.
OF_DELIVERY = {"delivered", "delivery failed", "parked", "retry asked for"}


class FakeWorklist:
    """Keeps `triage_agent.ports.Worklist` over the rows of a FakeStudyRegister."""

    def __init__(self, rows: RegisterRows | None = None) -> None:
        self.rows = rows if rows is not None else RegisterRows()

    def page(
        self,
        *,
        limit: int,
        offset: int = 0,
        wanted: WorklistFilter = EVERYTHING_NOT_READ,
        order: WorklistOrder = BY_PRIORITY,
        now: datetime | None = None,
    ) -> tuple[WorklistEntry, ...]:
        return tuple(order.sorted(self._wanted(wanted, now))[offset : offset + limit])

    def count(
        self,
        wanted: WorklistFilter = EVERYTHING_NOT_READ,
        *,
        now: datetime | None = None,
        at_most: int | None = None,
    ) -> int:
        number = len(self._wanted(wanted, now))
        return number if at_most is None else min(number, at_most)

    def places(
        self,
        StudyInstanceUIDs: Collection[str],
        *,
        wanted: WorklistFilter = EVERYTHING_NOT_READ,
        order: WorklistOrder = BY_PRIORITY,
        now: datetime | None = None,
    ) -> Mapping[str, int]:
        listed = order.sorted(self._wanted(wanted, now))
        places = {each.study.StudyInstanceUID: place for place, each in enumerate(listed, 1)}
        return {uid: places[uid] for uid in StudyInstanceUIDs if uid in places}

    def entry(self, StudyInstanceUID: str) -> WorklistEntry:
        if StudyInstanceUID not in self.rows.studies:
            raise StudyUnknown(StudyInstanceUID)
        study = self.rows.studies[StudyInstanceUID]
        reading = self.rows.reading[StudyInstanceUID]
        instances = self.rows.instances_of(StudyInstanceUID)
        states = [each.state for each in instances]
        modalities = ["".join(each.header.Modality.split()) for each in instances]
        return WorklistEntry(
            study=study,
            reading_state=reading.state,
            claimed_by=reading.claimed_by,
            claimed_until=reading.claimed_until,
            held_by=reading.held_by,
            held_until=reading.held_until,
            read_by=reading.read_by,
            read_at=reading.read_at,
            read_images=reading.read_images,
            provisional=study.state is StudyState.OPEN
            or self.rows.is_waiting(StudyInstanceUID)
            or study.revision != study.assessed_revision,
            images=len(states) - states.count(InstanceState.EXCLUDED),
            images_scored=states.count(InstanceState.SCORED),
            modalities=tuple(dict.fromkeys(each for each in modalities if each)),
            source_ae_title=instances[0].source_ae_title,
            model=max(each.model for each in instances),
        )

    def entries(self, StudyInstanceUIDs: Sequence[str]) -> tuple[WorklistEntry, ...]:
        known = [uid for uid in StudyInstanceUIDs if uid in self.rows.studies]
        return tuple(self.entry(uid) for uid in known)

    def version(self) -> int:
        return self.rows.version

    def changed_since(self, version: int, *, limit: int = 1000) -> ListChanges:
        told = self.rows.story[version : version + limit]
        changed = [each.StudyInstanceUID for each in told if each.what not in OF_DELIVERY]
        reached = max(version, min(version + limit, len(self.rows.story)))
        return ListChanges(
            version=reached,
            StudyInstanceUIDs=tuple(dict.fromkeys(changed)),
            more=reached < len(self.rows.story),
        )

    def choices(self) -> ListChoices:
        entries = self._wanted(EVERYTHING_NOT_READ, None)
        return ListChoices(
            sources=tuple(sorted({each.source_ae_title for each in entries})),
            modalities=tuple(sorted({one for each in entries for one in each.modalities})),
        )

    def _wanted(self, wanted: WorklistFilter, now: datetime | None) -> list[WorklistEntry]:
        wanted.time(now)
        entries = [self.entry(uid) for uid in self.rows.studies]
        return [each for each in entries if wanted.accepts(each, now=now)]
