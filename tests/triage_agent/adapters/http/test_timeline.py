from datetime import UTC

from tests.factories import T0, after, make_instance, make_result, uid
from triage_agent.adapters.http.rows import moment
from triage_agent.adapters.http.timeline import timeline
from triage_agent.domain.delivery import ResultKind
from triage_agent.domain.worklist import Event


def event(what, detail="", seconds=0):
    return Event(at=after(seconds), StudyInstanceUID=uid("study", 1), what=what, detail=detail)


def told(*events, instances=(), results=()):
    return timeline(events, instances, results, lambda instant: moment(instant, T0, UTC))


def test_what_comes_in_numbers_is_one_line_with_its_last_time():
    first, second = make_instance(), make_instance()
    uids = [each.header.SOPInstanceUID for each in (first, second)]
    lines = told(
        event("received", f"{uids[0]} received", 0),
        event("opened", "generation 1", 0),
        event("received", f"{uids[1]} received", 60),
        event("scored", f"{uids[1]} p=0.1 by m 1", 70),
        event("scored", f"{uids[0]} p=0.2 by m 1", 120),
        instances=(first, second),
    )
    assert [(line.what, line.times) for line in lines] == [
        ("received", 1),
        ("opened", 1),
        ("received", 1),
        ("scored", 2),
    ]
    assert lines[-1].details == ("image 2 p=0.1 by m 1", "image 1 p=0.2 by m 1")
    assert lines[-1].moment == moment(after(120), T0, UTC)


def test_what_people_do_is_told_each_time():
    lines = told(event("claimed", "by a"), event("claimed", "by b"))
    assert [line.details for line in lines] == [("by a",), ("by b",)]


def test_no_uid_of_any_root_and_no_word_that_could_be_taken_for_a_result():
    lines = told(
        event("conflict quarantined", "2.25.195355891840487315 came again with other content"),
        event("assessed", "below_threshold p=0.1 (mean 0.10 over 1 image); normal, due 14:02"),
    )
    assert [line.details for line in lines] == [
        ("an object came again with other content",),
        ("below threshold p=0.1 (mean 0.10 over 1 image); routine, due 14:02",),
    ]


def test_objects_are_named_and_instants_are_times_of_the_day():
    report = make_result()
    picture = make_result(kind=ResultKind.SECONDARY_CAPTURE)
    lines = told(
        event("delivered", f"sr {report.SOPInstanceUID} to pacs"),
        event("delivered", f"sc {picture.SOPInstanceUID} to pacs"),
        event("claimed", f"by a until {after(0).isoformat(timespec='seconds')}"),
        event("conflict quarantined", "1.2.3.4.5.6.7 came again with other content"),
        event("left"),
        results=(report, picture),
    )
    assert lines[0].details == ("structured report to pacs", "picture to pacs")
    assert lines[1].details == (f"by a until {moment(T0, T0, UTC).clock}",)
    assert lines[2].details == ("an object came again with other content",)
    assert lines[3].details == ()
