"""A HealthRecord in memory, over the rows of the register's fakes."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from tests.fakes.register_rows import RegisterRows
from triage_agent.domain.delivery import DeliveryState
from triage_agent.domain.instance import InstanceState
from triage_agent.domain.node_health import (
    Arrivals,
    DestinationQueue,
    DiskSample,
    QuarantineCount,
    Queues,
    Recorded,
    RoleBeat,
    ScoreCount,
    SendingDevice,
    Trouble,
    Wait,
    Waits,
    score_step,
)
from triage_agent.domain.study import StudyState

TROUBLES = {"unreadable", "delivery failed", "parked", "conflict quarantined"}
DAY = timedelta(days=1)


class FakeHealthRecord:
    """Keeps `triage_agent.ports.health.HealthRecord`."""

    def __init__(self, rows: RegisterRows | None = None) -> None:
        self.rows = rows if rows is not None else RegisterRows()
        self.beats: dict[tuple[str, str], RoleBeat] = {}
        self.days: dict[tuple[str, date], Arrivals] = {}
        self.disk: dict[datetime, DiskSample] = {}
        self.forgotten_before: datetime | None = None

    def beat(
        self,
        beat: RoleBeat,
        *,
        arrivals: Sequence[Arrivals] = (),
        free_bytes: int | None = None,
    ) -> None:
        self.beats[beat.role, beat.host] = beat
        for each in arrivals:
            key = each.ae_title, each.day
            before = self.days.get(key)
            self.days[key] = (
                each
                if before is None
                else replace(
                    each,
                    images=before.images + each.images,
                    size_bytes=before.size_bytes + each.size_bytes,
                    last_at=max(before.last_at, each.last_at),
                )
            )
        if free_bytes is not None:
            sample = DiskSample(at=beat.beat_at, free_bytes=free_bytes)
            self.disk.setdefault(_hour(beat.beat_at), sample)

    def recorded(self, *, now: datetime, today: date) -> Recorded:
        lines = [each for each in self.rows.story if each.what in TROUBLES and each.at >= now - DAY]
        lines.sort(key=lambda each: each.at)
        return Recorded(
            beats=tuple(
                sorted(self.beats.values(), key=lambda each: (each.role, -each.beat_at.timestamp()))
            ),
            devices=self._devices(today),
            queues=self._queues(),
            destinations=self._destinations(now - DAY),
            quarantine=self._quarantine(),
            troubles=tuple(
                Trouble(
                    at=line.at,
                    what=line.what,
                    StudyInstanceUID=line.StudyInstanceUID,
                    detail=line.detail,
                )
                for line in lines[:-21:-1]
            ),
            trouble_counts=Counter(line.what for line in lines),
            disk=tuple(
                self.disk[hour] for hour in sorted(self.disk) if hour >= _hour(now) - 8 * DAY
            ),
        )

    def waits(self, *, since: datetime, until: datetime) -> Waits:
        studies = [
            Wait(hour=_hour(each.at), seconds=each.seconds)
            for each in self.rows.measures.values()
            if since <= each.at < until and each.probability is not None
        ]
        images = []
        for line in self.rows.story:
            if line.what == "scored" and since <= line.at < until:
                image = self.rows.instances[line.detail.split(" ")[0]]
                seconds = max(0.0, (line.at - image.received_at).total_seconds())
                if self.forgotten_before is None or line.at >= self.forgotten_before:
                    images.append(Wait(hour=_hour(line.at), seconds=seconds))
        return Waits(
            studies=tuple(sorted(studies, key=lambda each: each.hour)),
            images=tuple(sorted(images, key=lambda each: each.hour)),
        )

    def scores(self, *, since: datetime, until: datetime) -> tuple[ScoreCount, ...]:
        counts = Counter(
            (
                each.ae_title,
                each.region,
                each.kind,
                None if each.probability is None else score_step(each.probability),
            )
            for each in self.rows.measures.values()
            if since <= each.at < until
        )
        return tuple(
            ScoreCount(ae_title=ae_title, region=region, kind=kind, step=step, studies=studies)
            for (ae_title, region, kind, step), studies in counts.items()
        )

    def prune(self, *, before: datetime) -> None:
        self.forgotten_before = _hour(before)
        self.beats = {key: each for key, each in self.beats.items() if each.beat_at >= before}

    def _devices(self, today: date) -> tuple[SendingDevice, ...]:
        days: defaultdict[str, list[Arrivals]] = defaultdict(list)
        for (ae_title, day), each in self.days.items():
            if day >= today - 60 * DAY:
                days[ae_title].append(each)
        devices = []
        for ae_title, came in days.items():
            before = [each.images for each in came if each.day < today]
            devices.append(
                SendingDevice(
                    ae_title=ae_title,
                    last_at=max(each.last_at for each in came),
                    images_today=sum(each.images for each in came if each.day == today),
                    bytes_today=sum(each.size_bytes for each in came if each.day == today),
                    usual_images=sum(before) / len(before) if before else None,
                )
            )
        devices.sort(key=lambda each: (each.last_at, each.ae_title), reverse=True)
        return tuple(devices[:200])

    def _queues(self) -> Queues:
        waiting = [
            each.received_at
            for each in self.rows.instances.values()
            if each.state is InstanceState.RECEIVED
        ]
        studies = self.rows.studies.values()
        closed = [each.closed_at for each in studies if each.state is StudyState.CLOSED]
        return Queues(
            waiting_for_score=len(waiting),
            oldest_for_score_at=min(waiting, default=None),
            open=sum(each.state is StudyState.OPEN for each in studies),
            unassessed=sum(each.revision != each.assessed_revision for each in studies),
            to_report=len(closed),
            oldest_to_report_at=min((at for at in closed if at is not None), default=None),
        )

    def _destinations(self, since: datetime) -> tuple[DestinationQueue, ...]:
        deliveries = list(self.rows.deliveries.values())
        found = []
        for name in sorted({each.destination for each in deliveries} | set(self.rows.health)):
            own = [each for each in deliveries if each.destination == name]
            states = Counter(each.state for each in own)
            sent = [each.sent_at for each in own if each.sent_at is not None]
            statuses = [
                each.last_status
                for each in own
                if each.state is not DeliveryState.SENT and each.last_status
            ]
            health = self.rows.health.get(name)
            found.append(
                DestinationQueue(
                    name=name,
                    pending=states[DeliveryState.PENDING],
                    parked=states[DeliveryState.PARKED],
                    sent_of_late=sum(at >= since for at in sent),
                    last_sent_at=max(sent, default=None),
                    failures=health.failures if health else 0,
                    next_attempt_at=health.next_attempt_at if health else None,
                    last_error=health.last_error if health else "",
                    last_status=statuses[-1] if statuses else "",
                )
            )
        return tuple(found)

    def _quarantine(self) -> QuarantineCount:
        notes = self.rows.conflicts
        if not notes:
            return QuarantineCount()
        return QuarantineCount(
            objects=len(notes),
            newest_at=notes[-1].received_at,
            newest_from=notes[-1].source_ae_title,
        )


def _hour(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)
