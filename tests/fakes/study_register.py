"""A StudyRegister in memory, for tests of steps."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from tests.fakes.register_rows import RegisterRows
from tests.fakes.study_arrivals import arrived, filled_in, first_row
from triage_agent.domain.assessment import Assessment
from triage_agent.domain.delivery import Delivery, DeliveryState, Result
from triage_agent.domain.instance import ImageScore, Instance, InstanceState, StoredObject
from triage_agent.domain.instant import was_ahead
from triage_agent.domain.priority import Placement
from triage_agent.domain.reading import Reading, put_back
from triage_agent.domain.study import Study, StudyImages, StudyState
from triage_agent.domain.worklist import Event, ReadingState
from triage_agent.errors import StudyUnknown
from triage_agent.ports.register import SCORING_PAUSES, RegistrationOutcome, StudyOpening


class FakeStudyRegister:
    """Keeps `triage_agent.ports.StudyRegister`; `rows` may be shared with the other fakes."""

    def __init__(self, rows: RegisterRows | None = None) -> None:
        self.rows = rows if rows is not None else RegisterRows()

    def find_digest(self, SOPInstanceUID: str) -> str | None:
        known = self.rows.instances.get(SOPInstanceUID)
        return known.stored.digest if known is not None else None

    def register(
        self, instance: Instance, opening: StudyOpening, *, stat: bool, quiet_seconds: float
    ) -> RegistrationOutcome:
        header, at = instance.header, instance.received_at
        digest = self.find_digest(header.SOPInstanceUID)
        if digest is not None:
            same = digest == instance.stored.digest
            return RegistrationOutcome.DUPLICATE if same else RegistrationOutcome.CONFLICT
        uid = header.StudyInstanceUID
        closes_at = at + timedelta(seconds=quiet_seconds)
        before = self.rows.studies.get(uid)
        if before is None:
            study = first_row(instance, opening, stat=stat, closes_at=closes_at)
            self.rows.reading[uid] = Reading()
        else:
            earlier = self.rows.instances_of(uid)
            study = filled_in(before, instance, stat=stat, earlier=earlier)
            study = arrived(study, instance, closes_at=closes_at, became_stat=stat > before.stat)
        self.rows.instances[header.SOPInstanceUID] = instance
        self.rows.tell(
            uid,
            "received",
            f"{header.SOPInstanceUID} {instance.state}"
            + (f": {instance.reason}" if instance.reason else ""),
            at,
        )
        if before is None:
            self.rows.tell(uid, "opened", "generation 1", at)
        elif study.generation > before.generation:
            self.rows.tell(uid, "opened again", f"generation {study.generation}", at)
        declared = max(self.rows.declared.get(uid, 0), header.declared_instances or 0)
        self.rows.declared[uid] = declared
        if study.state is StudyState.OPEN and len(self.rows.instances_of(uid)) == declared:
            study = replace(study, state=StudyState.CLOSED, closes_at=at, closed_at=at)
            why = f"generation {study.generation}, all declared instances came"
            self.rows.tell(uid, "closed", why, at)
        self.rows.studies[uid] = study
        if before is not None and instance.state is not InstanceState.EXCLUDED:
            self._put_back(uid, at)
        return RegistrationOutcome.NEW

    def _put_back(self, uid: str, at: datetime) -> None:
        reading = self.rows.reading[uid]
        if reading.state is ReadingState.READ:
            self.rows.reading[uid] = put_back(reading)
            self.rows.undoable_acts.pop(uid, None)
            detail = f"an image came after {reading.read_by} had read it"
            self.rows.tell(uid, "unread again", detail, at)
            self.rows.release_place(uid, at)

    def record_conflict(
        self, instance: Instance, quarantined: StoredObject, *, now: datetime
    ) -> None:
        key = instance.header.SOPInstanceUID, quarantined.digest
        if key in self.rows.quarantined:
            return
        self.rows.quarantined[key] = quarantined
        self.rows.conflicts.append(instance)
        registered = self.rows.instances.get(key[0])
        if registered is not None:
            uid = registered.header.StudyInstanceUID
            detail = f"{key[0]} came again with other content"
            self.rows.tell(uid, "conflict quarantined", detail, now)

    def is_own_result(self, SOPInstanceUID: str) -> bool:
        return SOPInstanceUID in self.rows.results

    def begin_scoring(self, limit: int, *, now: datetime) -> tuple[Instance, ...]:
        due = [
            each
            for uid, each in self.rows.instances.items()
            if each.state is InstanceState.RECEIVED
            and SCORING_PAUSES.is_over(self.rows.not_before.get(uid, now), now)
        ]
        due.sort(key=self._turn)
        taken = due[:limit]
        if taken and taken[0].attempts > 0:
            taken = taken[:1]
        else:
            taken = [each for each in taken if each.attempts == 0]
        tried = tuple(replace(each, attempts=each.attempts + 1) for each in taken)
        for each in tried:
            self.rows.instances[each.header.SOPInstanceUID] = each
        return tried

    def postpone_scoring(self, SOPInstanceUID: str, *, now: datetime) -> None:
        waiting = self._waiting(SOPInstanceUID)
        if waiting is not None and waiting.attempts > 0:
            postponed = replace(waiting, attempts=waiting.attempts - 1)
            self.rows.instances[SOPInstanceUID] = postponed
            self.rows.postponements[SOPInstanceUID] += 1
            pause = SCORING_PAUSES.after(self.rows.postponements[SOPInstanceUID])
            self.rows.not_before[SOPInstanceUID] = now + pause

    def _turn(self, instance: Instance) -> tuple[bool, datetime, datetime, str]:
        study = self.rows.studies[instance.header.StudyInstanceUID]
        uid = instance.header.SOPInstanceUID
        return not study.stat, study.placement.due_at, instance.received_at, uid

    def record_score(
        self, SOPInstanceUID: str, score: ImageScore, *, model: str, now: datetime
    ) -> bool:
        instance = self._waiting(SOPInstanceUID)
        if instance is None:
            return False
        scored = replace(instance, state=InstanceState.SCORED, score=score, model=model)
        detail = f"{SOPInstanceUID} p={score.probability:.3f} by {model}"
        self._settle(scored, "scored", detail, now)
        return True

    def record_unreadable(self, SOPInstanceUID: str, reason: str, *, now: datetime) -> bool:
        instance = self._waiting(SOPInstanceUID)
        if instance is None:
            return False
        given_up = replace(instance, state=InstanceState.UNREADABLE, reason=reason)
        self._settle(given_up, "unreadable", f"{SOPInstanceUID}: {reason}", now)
        return True

    def _waiting(self, SOPInstanceUID: str) -> Instance | None:
        instance = self.rows.instances.get(SOPInstanceUID)
        return instance if instance and instance.state is InstanceState.RECEIVED else None

    def _settle(self, instance: Instance, what: str, detail: str, now: datetime) -> None:
        uid = instance.header.StudyInstanceUID
        study = self.rows.studies[uid]
        self.rows.instances[instance.header.SOPInstanceUID] = instance
        self.rows.studies[uid] = replace(study, revision=study.revision + 1)
        self.rows.tell(uid, what, detail, now)

    def unassessed(self, limit: int) -> tuple[str, ...]:
        due = [
            uid
            for uid, study in self.rows.studies.items()
            if study.revision != study.assessed_revision
        ]
        return tuple(sorted(due, key=self.rows.urgency)[:limit])

    def study_images(self, StudyInstanceUID: str) -> StudyImages:
        instances = sorted(self.rows.instances_of(StudyInstanceUID), key=_place_in_study)
        return StudyImages(study=self._study(StudyInstanceUID), instances=tuple(instances))

    def _study(self, StudyInstanceUID: str) -> Study:
        if StudyInstanceUID not in self.rows.studies:
            raise StudyUnknown(StudyInstanceUID)
        return self.rows.studies[StudyInstanceUID]

    def record_assessment(
        self,
        StudyInstanceUID: str,
        assessment: Assessment,
        placement: Placement,
        *,
        revision: int,
        now: datetime,
    ) -> bool:
        study = self.rows.studies.get(StudyInstanceUID)
        if study is None or study.revision != revision:
            return False
        if study.assessed_revision == revision:
            return True
        self.rows.measure(StudyInstanceUID, assessment, now)
        study = replace(study, assessment=assessment, assessed_revision=revision)
        place = "place kept, a person has it"
        self.rows.next_places.pop(StudyInstanceUID, None)
        if not self.rows.reading[StudyInstanceUID].keeps_its_place(now):
            study = replace(study, placement=placement)
            due = placement.due_at.isoformat(timespec="seconds")
            place = f"{placement.priority_class}, due {due}"
        elif placement != study.placement:
            self.rows.next_places[StudyInstanceUID] = placement
        self.rows.studies[StudyInstanceUID] = study
        p = "" if assessment.probability is None else f" p={assessment.probability:.3f}"
        detail = f"{assessment.kind}{p} ({assessment.reason}); {place}"
        self.rows.tell(StudyInstanceUID, "assessed", detail, now)
        return True

    def close_due(self, now: datetime) -> tuple[str, ...]:
        due = sorted(
            (study.closes_at, uid)
            for uid, study in self.rows.studies.items()
            if study.state is StudyState.OPEN
            and (study.closes_at <= now or was_ahead(study.last_instance_at, now))
        )
        for _, uid in due:
            study = self.rows.studies[uid]
            self.rows.studies[uid] = replace(study, state=StudyState.CLOSED, closed_at=now)
            detail = f"generation {study.generation}, quiet period over"
            self.rows.tell(uid, "closed", detail, now)
        return tuple(uid for _, uid in due)

    def reportable(self, limit: int) -> tuple[str, ...]:
        due = [
            uid
            for uid, study in self.rows.studies.items()
            if study.state is StudyState.CLOSED
            and study.revision == study.assessed_revision
            and not self.rows.is_waiting(uid)
        ]
        return tuple(sorted(due, key=self.rows.urgency)[:limit])

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
        study = self.rows.studies.get(StudyInstanceUID)
        if study is None or study.state is not StudyState.CLOSED:
            return False
        current = study.generation, study.revision, study.assessed_revision
        if current != (generation, revision, revision):
            return False
        for result, names in zip(results, destinations, strict=True):
            if result.SOPInstanceUID not in self.rows.results:
                self.rows.results[result.SOPInstanceUID] = result
                for name in names:
                    self._add_delivery(result, name, now)
        self.rows.studies[StudyInstanceUID] = replace(study, state=StudyState.REPORTED)
        detail = f"generation {generation} ({len(results)} objects)"
        detail += f": {note}" if note else ""
        self.rows.tell(StudyInstanceUID, "reported", detail, now)
        return True

    def _add_delivery(self, result: Result, destination: str, now: datetime) -> None:
        number = len(self.rows.deliveries) + 1
        self.rows.deliveries[number] = Delivery(
            id=number,
            result=result,
            destination=destination,
            state=DeliveryState.PENDING,
            attempts=0,
            next_attempt_at=now,
            last_status="",
            sent_at=None,
        )

    def results(self, StudyInstanceUID: str) -> tuple[Result, ...]:
        own = [
            each for each in self.rows.results.values() if each.StudyInstanceUID == StudyInstanceUID
        ]
        return tuple(sorted(own, key=lambda each: each.generation))

    def events(self, StudyInstanceUID: str) -> tuple[Event, ...]:
        self._study(StudyInstanceUID)
        return tuple(each for each in self.rows.story if each.StudyInstanceUID == StudyInstanceUID)


def _place_in_study(instance: Instance) -> tuple[str, bool, int, str]:
    header = instance.header
    number = header.InstanceNumber
    return header.SeriesInstanceUID, number is None, number or 0, header.SOPInstanceUID
