"""Every statement of the hot path: what a study costs from arrival to reading, call by call."""

from collections.abc import Callable

from tests.contracts.register_ports import QUIET_SECONDS, STUDY, RegisterPorts
from tests.factories import (
    T0,
    after,
    make_assessment,
    make_instance,
    make_placement,
    make_result,
    make_score,
    make_stored,
)
from triage_agent.domain.region import Region
from triage_agent.domain.verdict import Judgement, ReaderVerdict

INSTANCE = make_instance()
UID = INSTANCE.header.SOPInstanceUID
AGREE = ReaderVerdict(reader="ann", generation=1, judgement=Judgement.AGREE, at=T0)

CALLS: dict[str, Callable[[RegisterPorts], object]] = {
    "find_digest": lambda p: p.register.find_digest(UID),
    "register": lambda p: p.arrive(make_instance()),
    "register another region": lambda p: p.arrive(make_instance(region=Region.HAND)),
    "register again": lambda p: p.arrive(INSTANCE),
    "record_conflict": lambda p: p.register.record_conflict(INSTANCE, make_stored("x"), now=T0),
    "is_own_result": lambda p: p.register.is_own_result("1.2.3"),
    "begin_scoring": lambda p: p.register.begin_scoring(16, now=T0),
    "postpone_scoring": lambda p: (_begun(p), p.register.postpone_scoring(UID, now=T0)),
    "record_score": lambda p: p.register.record_score(UID, make_score(), model="m", now=T0),
    "record_unreadable": lambda p: p.register.record_unreadable(UID, "torn", now=T0),
    "unassessed": lambda p: p.register.unassessed(10),
    "study_images": lambda p: p.register.study_images(STUDY),
    "record_assessment": lambda p: p.register.record_assessment(
        STUDY, make_assessment(), make_placement(), revision=p.study().revision, now=T0
    ),
    "close_due": lambda p: p.register.close_due(after(QUIET_SECONDS)),
    "reportable": lambda p: p.register.reportable(10),
    "record_report": lambda p: p.report([make_result()], "pacs"),
    "results": lambda p: p.register.results(STUDY),
    "events": lambda p: p.register.events(STUDY),
    "page": lambda p: p.worklist.page(limit=50),
    "count": lambda p: p.worklist.count(),
    "entry": lambda p: p.worklist.entry(STUDY),
    "version": lambda p: p.worklist.version(),
    "reading": lambda p: p.desk.reading(STUDY),
    "claim": lambda p: p.desk.claim(STUDY, "ann", now=T0, until=after(60)),
    "claim_next": lambda p: p.desk.claim_next("ann", now=T0, until=after(60)),
    "release": lambda p: p.desk.release(STUDY, "ann", now=T0),
    "mark_read": lambda p: p.desk.mark_read(STUDY, "ann", generation=1, images=1, now=T0),
    "give_verdict": lambda p: p.desk.give_verdict(STUDY, AGREE, images=1),
    "undo": lambda p: p.desk.undo(STUDY, _claimed(p), "ann", now=T0, not_before=T0),
    "hold": lambda p: p.desk.hold(STUDY, "ann", now=T0, until=after(9), claim_until=after(9)),
    "expire_due": lambda p: (_claimed(p), p.desk.expire_due(after(60))),
    "verdicts": lambda p: p.desk.verdicts(STUDY),
    "due": lambda p: p.outbox.due("pacs", now=T0, limit=10),
    "health": lambda p: p.outbox.health("pacs"),
    "record_sent": lambda p: p.outbox.record_sent(_only(p), "0x0000", now=T0),
    "record_failure": lambda p: p.outbox.record_failure(
        _only(p), "0xA700", next_attempt_at=T0, now=T0
    ),
    "record_unreachable": lambda p: p.outbox.record_unreachable(
        "pacs", "down", next_attempt_at=T0, now=T0
    ),
    "deliveries": lambda p: p.outbox.deliveries(),
    "deliveries to": lambda p: p.outbox.deliveries(destination="pacs"),
    "counts": lambda p: p.outbox.counts(),
    "retry": lambda p: p.outbox.retry(destination="pacs", now=T0),
    "park": lambda p: p.outbox.park(destination="pacs", now=T0),
}

# Calls that are two: what they end has to be begun.
OF_TWO = {"postpone_scoring", "undo", "expire_due"}
NEEDS_DELIVERY = {
    "due",
    "record_sent",
    "record_failure",
    "deliveries",
    "deliveries to",
    "counts",
    "retry",
    "park",
}


def _begun(ports: RegisterPorts) -> int:
    return len(ports.register.begin_scoring(16, now=T0))


def _claimed(ports: RegisterPorts) -> int:
    return ports.desk.claim(STUDY, "ann", now=T0, until=after(60)).act or 0


def _only(ports: RegisterPorts) -> int:
    return ports.outbox.deliveries()[0].id


def bring_to_stage(ports: RegisterPorts, call: str) -> None:
    """Bring a study to the stage that the call needs, so that it runs to its end."""
    ports.arrive(INSTANCE)
    if call in ("reportable", "record_report"):
        ports.score(INSTANCE)
        ports.assess()
        ports.register.close_due(after(QUIET_SECONDS))
    elif call in NEEDS_DELIVERY:
        ports.score(INSTANCE)
        ports.assess()
        ports.register.close_due(after(QUIET_SECONDS))
        ports.report([make_result()], "pacs")
