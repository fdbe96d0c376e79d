"""Every rule in every direction: facts in, findings out."""

from datetime import timedelta

import pytest

from tests.contracts.health_ports import make_beat
from tests.factories import MODEL, T0, after
from triage_agent.domain.finding import Level, Part
from triage_agent.domain.health_of_store import disk_outlook
from triage_agent.domain.health_rules import judge
from triage_agent.domain.node_health import (
    DestinationQueue,
    DiskSample,
    HealthLimits,
    NodeNow,
    QuarantineCount,
    Queues,
    Recorded,
    SendingDevice,
    score_step,
)

LIMITS = HealthLimits(watermark_bytes=1000, silence_by_device={"NIGHT": timedelta(hours=12)})
LISTENS = {"port": 11112, "listener_seconds": 0.01}


def recorded(**overrides):
    """What a node of which nothing is to be said has recorded."""
    values = {
        "beats": (
            make_beat("receive", facts=LISTENS),
            make_beat("infer", facts={"model": MODEL, "runtime": "cpu"}),
            make_beat("deliver"),
            make_beat("web"),
        ),
        "devices": (device(),),
    }
    return Recorded(**(values | overrides))


def device(ae_title="CR1", silent_hours=0.0):
    return SendingDevice(
        ae_title=ae_title,
        last_at=T0 - timedelta(hours=silent_hours),
        images_today=1,
        bytes_today=1,
        usual_images=None,
    )


def findings(part, /, limits=LIMITS, **overrides):
    """Judge a node and return what is said of one part."""
    of_node = {
        name: overrides.pop(name)
        for name in ("free_bytes", "model", "destinations", "placed_p95", "at")
        if name in overrides
    }
    node = NodeNow(
        **(
            {
                "at": T0,
                "recorded": recorded(**overrides),
                "free_bytes": 5000,
                "model": MODEL,
                "placed_p95": 2.0,
            }
            | of_node
        )
    )
    return [each for each in judge(node, limits) if each.part is part]


def said(part, /, **overrides):
    """Return level and sentence of the only finding on a part."""
    (finding,) = findings(part, **overrides)
    return finding.level, str(finding.found)


def test_a_node_that_is_well_says_so_of_every_part():
    node = NodeNow(at=T0, recorded=recorded(), free_bytes=5000, model=MODEL, placed_p95=2.0)
    found = judge(node, LIMITS)
    assert {each.level for each in found} == {Level.OK}
    assert {each.part for each in found} == set(Part) - {Part.SCORES}
    assert all("%" not in str(each.found) for each in found)


def test_the_listener_is_judged_by_its_probe():
    def listener(**facts):
        return said(Part.LISTENER, beats=(make_beat("receive", facts={"port": 104} | facts),))

    assert listener(listener_seconds=0.1)[0] is Level.OK
    assert listener() == (Level.UNKNOWN, "Port 104 has not been tried yet.")
    assert listener(listener_error="refused") == (
        Level.FAILED,
        "Port 104 does not take associations: refused",
    )


@pytest.mark.parametrize("beats", [(), (make_beat("receive", beat_at=after(-46)),)])
def test_without_a_receiving_process_nothing_can_be_received(beats):
    level, sentence = said(Part.LISTENER, beats=beats)
    assert (level, sentence) == (Level.FAILED, "Nothing shows that images can be received.")


def test_roles_are_missing_late_or_run():
    beats = (
        make_beat("receive", beat_at=after(-46)),
        make_beat("infer", host="a", beat_at=after(-900)),
        make_beat("infer", host="b", beat_at=after(-45), started_at=after(-3600)),
        make_beat("web"),
    )
    receive, infer, deliver, web = findings(Part.ROLES, beats=beats)
    assert (receive.level, str(receive.found)) == (
        Level.FAILED,
        "receive on node-1 was last heard of 46 s ago.",
    )
    assert (infer.level, str(infer.found)) == (Level.OK, "infer runs on b since 1 h.")
    assert (deliver.level, str(deliver.found)) == (
        Level.FAILED,
        "No process runs the role deliver.",
    )
    assert str(deliver.advice) == "Start it: triage-agent serve --roles deliver"
    assert web.level is Level.OK


def test_each_process_that_receives_is_judged_once_it_was_heard_of():
    beats = (
        make_beat("receive", facts={"port": 104, "processes": 4}),
        make_beat("receive 2", beat_at=after(-46)),
        make_beat("receive 3"),
        make_beat("receive 5", beat_at=after(-900)),  # of a time when there were more
    )
    extra = findings(Part.ROLES, beats=beats)[4:]
    assert [(each.subject, each.level) for each in extra] == [
        ("receive 2", Level.FAILED),
        ("receive 3", Level.OK),
    ]


def test_the_model_that_scores_is_told():
    assert said(Part.MODEL) == (Level.OK, f"{MODEL} scores: cpu")
    level, sentence = said(Part.MODEL, model="next 2")
    assert (level, sentence) == (
        Level.WARNING,
        f"{MODEL} still scores, though next 2 is chosen.",
    )
    for beats in ((), (make_beat("infer", beat_at=after(-60)),)):
        assert said(Part.MODEL, beats=beats)[0] is Level.UNKNOWN


def test_devices_may_be_silent_for_their_own_time():
    devices = (
        device("CR1", 3.0),
        device("CR2", 3.1),
        device("NIGHT", 11.0),
        device("GONE", 24 * 14.1),
    )
    first, second, third = findings(Part.DEVICES, devices=devices)
    assert [each.level for each in (first, second, third)] == [
        Level.OK,
        Level.WARNING,
        Level.OK,
    ]
    assert str(second.found) == "No images from CR2 for 3 h 06 min."
    assert second.advice is not None
    assert said(Part.DEVICES, devices=devices[3:])[0] is Level.UNKNOWN


def test_queues_warn_by_their_oldest():
    assert said(Part.QUEUES, queues=Queues(waiting_for_score=9, oldest_for_score_at=T0)) == (
        Level.OK,
        "Nothing waits for longer than it should.",
    )
    waiting = Queues(
        waiting_for_score=3,
        oldest_for_score_at=after(-121),
        to_report=2,
        oldest_to_report_at=after(-6001),
    )
    scoring, reporting = findings(Part.QUEUES, queues=waiting)
    assert (scoring.level, scoring.subject) == (Level.WARNING, "score")
    assert str(scoring.found) == "Images that wait for their score: 3, the oldest for 2 min."
    assert (reporting.level, reporting.subject) == (Level.FAILED, "report")


def test_speed_is_judged_by_the_slow_ones():
    assert said(Part.SPEED, placed_p95=None)[0] is Level.UNKNOWN
    assert said(Part.SPEED, placed_p95=60.0)[0] is Level.OK
    level, sentence = said(Part.SPEED, placed_p95=61.0)
    assert level is Level.WARNING
    assert "within 1 min of" in sentence


def test_destinations_tell_what_is_wrong_with_them():
    queues = (
        DestinationQueue(name="down", pending=4, failures=2, last_error="no route"),
        DestinationQueue(name="long-down", failures=5, next_attempt_at=after(90)),
        DestinationQueue(name="refuses", parked=3, last_status="0xA900"),
        DestinationQueue(name="removed", pending=1),
        DestinationQueue(name="removed-empty"),
        DestinationQueue(name="tried", failures=1, next_attempt_at=T0),
    )
    names = ("new", "down", "long-down", "refuses", "tried")
    node = NodeNow(
        at=T0,
        recorded=recorded(destinations=queues),
        free_bytes=5000,
        model=MODEL,
        destinations=names,
    )
    found = {each.subject: each for each in judge(node, LIMITS) if each.part is Part.DESTINATIONS}
    assert list(found) == [*names[:4], "tried", "removed", "removed-empty"]
    assert {name: each.level for name, each in found.items()} == {
        "new": Level.OK,
        "down": Level.WARNING,
        "long-down": Level.FAILED,
        "refuses": Level.WARNING,
        "tried": Level.WARNING,
        "removed": Level.WARNING,
        "removed-empty": Level.OK,
    }
    assert str(found["down"].found) == ("down does not answer (attempts: 2; waiting: 4). no route")
    assert str(found["long-down"].advice).startswith("It is tried again in 1 min.")
    assert str(found["tried"].advice).startswith("It is tried again by itself.")
    assert str(found["refuses"].found) == "Parked results for refuses: 3. 0xA900"
    assert "no longer in the settings" in str(found["removed"].found)


def test_without_destinations_results_stay():
    assert said(Part.DESTINATIONS) == (
        Level.OK,
        "No destination is set: results stay on this node.",
    )


def test_errors_are_counted():
    assert said(Part.ERRORS, trouble_counts={"unreadable": 2, "parked": 1}) == (
        Level.WARNING,
        "In the last 24 hours: parked 1, unreadable 2.",
    )


def test_quarantine_warns_of_what_is_new():
    def quarantine(hours):
        kept = QuarantineCount(objects=2, newest_at=T0 - timedelta(hours=hours), newest_from="CR1")
        return said(Part.QUARANTINE, quarantine=kept)

    assert quarantine(1) == (
        Level.WARNING,
        "Objects in quarantine: 2, the newest since 1 h, from CR1.",
    )
    assert quarantine(24)[0] is Level.OK


def samples(*free_bytes):
    """Return free space, the last now and each a day before the next."""
    return tuple(
        DiskSample(at=T0 - timedelta(days=age), free_bytes=free)
        for age, free in zip(range(len(free_bytes) - 1, -1, -1), free_bytes, strict=True)
    )


def test_the_disk_is_judged_by_what_is_left_and_how_fast_it_goes():
    assert said(Part.DISK, free_bytes=999)[0] is Level.FAILED
    assert said(Part.DISK, free_bytes=1000) == (Level.OK, "1 kB are free.")
    level, sentence = said(Part.DISK, free_bytes=3000, disk=samples(4000, 3500, 3000))
    assert (level, sentence) == (
        Level.WARNING,
        "3 kB are free; at the pace of the last days that lasts 4 days.",
    )
    assert said(Part.DISK, free_bytes=9000, disk=samples(9100, 9000))[0] is Level.OK


def test_the_outlook_needs_a_history():
    for history in ((), (DiskSample(at=T0 - timedelta(hours=5), free_bytes=9000),)):
        outlook = disk_outlook(history, 5000, T0, 1000)
        assert (outlook.bytes_per_day, outlook.days_left) == (None, None)
    grown = disk_outlook(samples(4000, 4500), 5000, T0, 1000)
    assert (grown.bytes_per_day, grown.days_left) == (-1000, None)
    full = disk_outlook(samples(9000, 4500), 500, T0, 1000)
    assert (full.bytes_per_day, full.days_left) == (8500, 0)


def test_scores_fall_into_steps():
    assert [score_step(each) for each in (0.0, 0.049, 0.05, 0.999, 1.0)] == [0, 0, 1, 19, 19]
