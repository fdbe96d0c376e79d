"""What every HealthRecord keeps, beside a StudyRegister over the same rows."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from tests.contracts.health_ports import TODAY, HealthPorts, make_arrivals, make_beat
from tests.contracts.register_ports import STUDY
from tests.factories import (
    T0,
    after,
    make_instance,
    make_stored,
    uid,
)
from triage_agent.domain.assessment import AssessmentKind
from triage_agent.domain.instance import InstanceState
from triage_agent.domain.node_health import (
    DestinationQueue,
    DiskSample,
    QuarantineCount,
    Queues,
    ScoreCount,
    Wait,
)
from triage_agent.domain.region import Region

HOUR = T0.replace(minute=0, second=0, microsecond=0)
NEXT_HOUR = HOUR + timedelta(hours=1)


class HealthRecordContract:
    """Subclasses give the fixture `ports`."""

    def at(self, ports: HealthPorts, now: datetime = T0, today: date = TODAY) -> Any:
        """Return what is recorded."""
        return ports.health.recorded(now=now, today=today)

    def test_nothing_is_recorded_at_first(self, ports: HealthPorts) -> None:
        found = self.at(ports)
        assert (found.beats, found.devices, found.destinations) == ((), (), ())
        assert found.queues == Queues()
        assert found.quarantine == QuarantineCount()
        assert (found.troubles, found.trouble_counts, found.disk) == ((), {}, ())
        waits = ports.health.waits(since=HOUR, until=NEXT_HOUR)
        assert (waits.studies, waits.images) == ((), ())
        assert ports.health.scores(since=HOUR, until=NEXT_HOUR) == ()

    def test_the_newest_beat_of_a_role_and_host_counts(self, ports: HealthPorts) -> None:
        beats = [
            make_beat(beat_at=after(1)),
            make_beat(host="node-2", beat_at=after(2), facts={}),
            make_beat("web", beat_at=after(3), facts={"port": 8080, "deep": {"a": [1, None]}}),
        ]
        for each in beats:
            ports.health.beat(each)
        again = make_beat(pid=4712, started_at=after(4), beat_at=after(5))
        ports.health.beat(again)
        assert self.at(ports).beats == (again, beats[1], beats[2])

    def test_arrivals_add_up_by_device_and_day(self, ports: HealthPorts) -> None:
        yesterday = TODAY - timedelta(days=1)
        before = TODAY - timedelta(days=2)
        early, late = after(-90_000), after(60)
        for arrivals in (
            [make_arrivals(day=before, images=10, last_at=early)],
            [make_arrivals(day=yesterday, images=20, last_at=early), make_arrivals("CR2")],
            [make_arrivals(last_at=late), make_arrivals("<i>'\"\\", last_at=after(5))],
            [make_arrivals(images=1, size_bytes=7, last_at=after(30))],
        ):
            ports.health.beat(make_beat("receive"), arrivals=arrivals)
        first, second, third = self.at(ports).devices
        assert (first.ae_title, first.last_at) == ("CR1", late)
        assert (first.images_today, first.bytes_today, first.usual_images) == (3, 27, 15.0)
        assert (second.ae_title, second.usual_images) == ("<i>'\"\\", None)
        assert (third.ae_title, third.last_at, third.images_today) == ("CR2", T0, 2)

    def test_a_device_that_is_silent_for_months_is_not_told_of(self, ports: HealthPorts) -> None:
        for age in (60, 61):
            day = TODAY - timedelta(days=age)
            arrived = make_arrivals(f"CR{age}", day=day, last_at=after(-86_400 * age))
            ports.health.beat(make_beat("receive"), arrivals=[arrived])
        (device,) = self.at(ports).devices
        assert (device.ae_title, device.images_today) == ("CR60", 0)

    def test_free_space_is_kept_once_an_hour(self, ports: HealthPorts) -> None:
        for seconds, free in ((0, 500), (10, 400), (3600, 300), (86_400 * 10, 200)):
            ports.health.beat(make_beat(beat_at=after(seconds)), free_bytes=free)
        samples = [DiskSample(at=T0, free_bytes=500), DiskSample(at=after(3600), free_bytes=300)]
        assert list(self.at(ports, after(3600)).disk[:2]) == samples
        recent = self.at(ports, after(86_400 * 10)).disk
        assert [each.free_bytes for each in recent] == [200]

    def test_queues_are_counted_with_their_oldest(self, ports: HealthPorts) -> None:
        register = ports.of_register
        for number in (1, 2):
            register.arrive(
                make_instance(StudyInstanceUID=uid("study", number), received_at=after(number))
            )
        third = make_instance(StudyInstanceUID=uid("study", 3), received_at=after(3))
        register.arrive(third)
        register.score(third)
        assert self.at(ports).queues == Queues(
            waiting_for_score=2, oldest_for_score_at=after(1), open=3, unassessed=3
        )
        register.assess(uid("study", 3))
        register.register.close_due(after(13))
        queues = self.at(ports).queues
        assert (queues.open, queues.unassessed, queues.to_report) == (0, 2, 3)
        assert queues.oldest_to_report_at == after(13)

    def test_destinations_tell_what_waits_and_how_they_answer(self, ports: HealthPorts) -> None:
        register, outbox = ports.of_register, ports.of_register.outbox
        register.deliver(1, "pacs", "archive", results=2)
        register.deliver(2, "pacs")
        sent, refused, waits = outbox.deliveries(destination="pacs")
        outbox.record_sent(sent.id, "0x0000", now=after(5))
        outbox.record_failure(refused.id, "0xA900 no", next_attempt_at=None, now=after(6))
        outbox.record_unreachable("pacs", "no route", next_attempt_at=after(60), now=after(7))
        assert waits.last_status == ""
        assert self.at(ports, after(10)).destinations == (
            DestinationQueue(name="archive", pending=2),
            DestinationQueue(
                name="pacs",
                pending=1,
                parked=1,
                sent_of_late=1,
                last_sent_at=after(5),
                failures=1,
                next_attempt_at=after(60),
                last_error="no route",
                last_status="0xA900 no",
            ),
        )
        later = self.at(ports, after(90_000)).destinations[1]
        assert (later.sent_of_late, later.last_sent_at) == (0, after(5))

    def test_quarantine_is_counted_with_its_newest(self, ports: HealthPorts) -> None:
        instance = make_instance()
        register = ports.of_register
        register.arrive(instance)
        for seconds, source in ((1, "CR1"), (2, "CR2")):
            other = replace(
                make_instance(instance.header, stored=make_stored(source)),
                received_at=after(seconds),
                source_ae_title=source,
            )
            register.register.record_conflict(other, other.stored, now=after(seconds))
        assert self.at(ports).quarantine == QuarantineCount(
            objects=2, newest_at=after(2), newest_from="CR2"
        )

    def test_troubles_of_late_are_told_newest_first(self, ports: HealthPorts) -> None:
        register = ports.of_register
        first, second = make_instance(), make_instance()
        for each in (first, second):
            register.arrive(each)
        for seconds, each in ((0, first), (50_000, second)):
            register.register.record_unreadable(
                each.header.SOPInstanceUID, "torn", now=after(seconds)
            )
        found = self.at(ports, after(50_001))
        assert found.trouble_counts == {"unreadable": 2}
        newest, older = found.troubles
        assert (newest.at, newest.what, newest.StudyInstanceUID) == (
            after(50_000),
            "unreadable",
            STUDY,
        )
        assert newest.detail == f"{second.header.SOPInstanceUID}: torn"
        assert older.at == T0
        assert [each.at for each in self.at(ports, after(90_000)).troubles] == [after(50_000)]
        assert self.at(ports, after(90_000)).trouble_counts == {"unreadable": 1}

    def test_an_image_is_timed_from_its_arrival_to_its_score(self, ports: HealthPorts) -> None:
        for seconds, waited in ((0, 2.5), (3600, 4.0)):
            image = make_instance(received_at=after(seconds))
            ports.of_register.arrive(image)
            ports.score(image, after(seconds + waited))
        unreadable = make_instance()
        ports.of_register.arrive(unreadable)
        ports.of_register.register.record_unreadable(
            unreadable.header.SOPInstanceUID, "torn", now=after(1)
        )
        both = ports.health.waits(since=HOUR, until=HOUR + timedelta(hours=2))
        assert both.images == (Wait(hour=HOUR, seconds=2.5), Wait(hour=NEXT_HOUR, seconds=4.0))
        later = ports.health.waits(since=NEXT_HOUR, until=HOUR + timedelta(hours=2))
        assert later.images == both.images[1:]
        ports.health.prune(before=NEXT_HOUR)
        both = ports.health.waits(since=HOUR, until=HOUR + timedelta(hours=2))
        assert both.images == later.images

    def test_a_study_is_timed_from_its_last_image_to_its_place(self, ports: HealthPorts) -> None:
        images = [make_instance(received_at=after(seconds)) for seconds in (0, 20)]
        excluded = make_instance(
            received_at=after(24), state=InstanceState.EXCLUDED, region=None, reason="a report"
        )
        for each in (*images, excluded):
            ports.of_register.arrive(each)
        ports.score(images[0], after(25))
        ports.assess(after(26))
        assert ports.health.waits(since=HOUR, until=NEXT_HOUR).studies == ()
        ports.score(images[1], after(28))
        ports.assess(after(30))
        done = ports.health.waits(since=HOUR, until=NEXT_HOUR).studies
        assert done == (Wait(hour=HOUR, seconds=10.0),)

    def test_clocks_that_differ_give_no_negative_time(self, ports: HealthPorts) -> None:
        image = make_instance(received_at=after(10))
        ports.of_register.arrive(image)
        ports.score(image, after(9))
        ports.assess(after(9))
        found = ports.health.waits(since=HOUR, until=NEXT_HOUR)
        assert [each.seconds for each in (*found.images, *found.studies)] == [0.0, 0.0]

    def test_studies_are_counted_by_their_newest_assessment(self, ports: HealthPorts) -> None:
        register = ports.of_register
        for number, probability in ((1, 0.97), (2, 0.97), (3, None), (4, 1.0)):
            study = uid("study", number)
            image = make_instance(
                StudyInstanceUID=study,
                source_ae_title="CR2" if number == 4 else "CR1",
                region=Region.HAND if number == 4 else Region.WRIST,
            )
            register.arrive(image)
            ports.score(image, after(1))
            ports.assess(after(2), probability, study)
        out_of_scope = make_instance(
            StudyInstanceUID=uid("study", 5),
            state=InstanceState.EXCLUDED,
            region=None,
            reason="KNEE",
        )
        register.arrive(out_of_scope)
        ports.assess(after(2), None, uid("study", 5))
        late = make_instance(
            StudyInstanceUID=uid("study", 2), received_at=after(3600), source_ae_title="CR1"
        )
        register.arrive(late)
        ports.score(late, after(3601))
        ports.assess(after(3602), 0.2, uid("study", 2))

        def count(since: datetime) -> set[ScoreCount]:
            return set(ports.health.scores(since=since, until=since + timedelta(hours=1)))

        wrist = {"ae_title": "CR1", "region": "WRIST", "studies": 1}
        assert count(HOUR) == {
            ScoreCount(kind=AssessmentKind.ABNORMAL, step=19, **wrist),
            ScoreCount(kind=AssessmentKind.NOT_ASSESSED, step=None, **wrist),
            ScoreCount(
                ae_title="CR2",
                region="HAND",
                kind=AssessmentKind.ABNORMAL,
                step=19,
                studies=1,
            ),
        }
        assert count(NEXT_HOUR) == {
            ScoreCount(kind=AssessmentKind.BELOW_THRESHOLD, step=4, **wrist)
        }
        # Without a score there is nothing to be waited for.
        assert len(ports.health.waits(since=HOUR, until=NEXT_HOUR).studies) == 2

    def test_old_beats_are_forgotten_and_new_ones_are_not(self, ports: HealthPorts) -> None:
        ports.health.beat(make_beat(host="old", beat_at=after(-10)))
        ports.health.beat(make_beat(host="new", beat_at=T0))
        ports.health.prune(before=T0)
        assert [each.host for each in self.at(ports).beats] == ["new"]

    @pytest.mark.parametrize("ae_title", ["", "x" * 16, "\0\ud800"])
    def test_any_title_can_be_recorded(self, ports: HealthPorts, ae_title: str) -> None:
        ports.health.beat(make_beat(), arrivals=[make_arrivals(ae_title)])
        assert len(self.at(ports).devices) == 1
