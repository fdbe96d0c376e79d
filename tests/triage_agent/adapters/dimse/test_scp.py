import threading
from typing import Any

import pytest
from pynetdicom import AE, build_context

from tests.encoded_objects import (
    DEFLATED,
    DX,
    EXPLICIT,
    IMPLICIT,
    JPEG_2000,
    encoded,
    encoded_compressed,
    make_dataset,
)
from tests.fakes.receive_step import FakeReceiveStep
from tests.pdus import ABORT, ASSOCIATE_AC, ASSOCIATE_RJ, RawPeer, associate_rq, store_rq
from tests.triage_agent.adapters.dimse.conftest import Eventually, Serve
from triage_agent.receive.receipt import Receipt
from triage_agent.settings import CallerSettings

VERIFICATION = "1.2.840.10008.1.1"
MPEG4 = "1.2.840.10008.1.2.4.102"
UPS_PUSH = "1.2.840.10008.5.1.4.34.6.1"


def associate(port: int, *contexts: Any, called: str = "TRIAGE", calling: str = "PEER") -> Any:
    ae = AE(ae_title=calling)
    ae.acse_timeout = ae.dimse_timeout = 20
    return ae.associate(
        "127.0.0.1",
        port,
        contexts=list(contexts) or [build_context(VERIFICATION)],
        ae_title=called,
    )


def send(port: int, data: bytes, syntax: str = EXPLICIT, SOPInstanceUID: str = "1.2.3") -> int:
    with RawPeer(port) as peer:
        assert peer.associate((DX, (syntax,))) == ASSOCIATE_AC
        peer.send(store_rq(DX, SOPInstanceUID, data))
        return peer.status()


def test_an_echo_is_answered(serve: Serve) -> None:
    _, port = serve()

    association = associate(port)

    assert association.is_established
    assert association.send_c_echo().Status == 0
    association.release()
    assert association.is_released


@pytest.mark.parametrize("syntax", [EXPLICIT, IMPLICIT, DEFLATED])
def test_the_receive_step_gets_what_was_sent_byte_for_byte(serve: Serve, syntax: str) -> None:
    step = FakeReceiveStep()
    _, port = serve(step)
    data = encoded(make_dataset(PixelData=bytes(range(256)) * 400, Rows=200, Columns=256), syntax)

    assert send(port, data, syntax) == 0

    (taken,) = step.taken
    assert taken.encoded == data
    assert taken.transfer_syntax_uid == syntax
    assert taken.source_ae_title == "PEER"
    assert (taken.affected_sop_class_uid, taken.affected_sop_instance_uid) == (DX, "1.2.3")


def test_many_objects_go_over_one_association(serve: Serve) -> None:
    step = FakeReceiveStep()
    _, port = serve(step)
    data = encoded_compressed([b"1234"])

    with RawPeer(port) as peer:
        peer.associate((DX, (JPEG_2000,)))
        for number in range(20):
            peer.send(store_rq(DX, f"1.2.{number}", data, message=number))
            assert peer.status() == 0

    assert [each.affected_sop_instance_uid for each in step.taken] == [
        f"1.2.{number}" for number in range(20)
    ]


def test_the_requestors_first_acceptable_syntax_is_taken_in_every_context(serve: Serve) -> None:
    _, port = serve()

    association = associate(
        port,
        build_context(DX, [MPEG4, JPEG_2000, EXPLICIT]),
        build_context(DX, [EXPLICIT]),
        build_context(DX, [MPEG4]),
        build_context(UPS_PUSH, [EXPLICIT]),
    )

    accepted = [
        (context.context_id, str(context.transfer_syntax[0]))
        for context in association.accepted_contexts
    ]
    rejected = {context.context_id: context.result for context in association.rejected_contexts}
    association.release()
    assert accepted == [(1, JPEG_2000), (3, EXPLICIT)]
    assert rejected == {5: 4, 7: 3}  # transfer syntaxes, abstract syntax not supported


def test_a_failure_is_answered_with_its_reason_and_the_association_lives_on(serve: Serve) -> None:
    _, port = serve(FakeReceiveStep(0xC000, 0xA700))
    data = encoded(make_dataset())

    with RawPeer(port) as peer:
        peer.associate((DX, (EXPLICIT,)))
        peer.send(store_rq(DX, "1.2.3", data))
        answer = peer.read_pdu()
        assert answer is not None
        assert b"scripted" in answer[1]
        peer.send(store_rq(DX, "1.2.3", data))
        assert peer.status() == 0xA700
        peer.send(store_rq(DX, "1.2.3", data))
        assert peer.status() == 0


def test_a_fault_of_the_node_is_never_a_success(serve: Serve) -> None:
    _, port = serve(FakeReceiveStep(RuntimeError("a fault"), OSError("a disk")))
    data = encoded(make_dataset())

    assert send(port, data) == 0xA702
    assert send(port, data) == 0xA702
    assert send(port, data) == 0


@pytest.mark.parametrize(
    ("called", "calling", "expected"),
    [("WRONG", "PEER", b"\x01\x01\x07"), ("TRIAGE", "STRANGER", b"\x01\x01\x03")],
)
def test_titles_are_judged_before_contexts(
    serve: Serve, called: str, calling: str, expected: bytes
) -> None:
    _, port = serve(callers=(CallerSettings(ae_title="PEER", addresses=("127.0.0.1",)),))

    with RawPeer(port) as peer:
        peer.send(associate_rq(called, calling))
        assert peer.read_pdu() == (ASSOCIATE_RJ, b"\x00" + expected)
        assert peer.is_closed_within(5)
    with RawPeer(port) as peer:
        assert peer.associate() == ASSOCIATE_AC


def test_an_address_that_is_not_listed_gets_no_answer_at_all(serve: Serve) -> None:
    _, port = serve(callers=(CallerSettings(ae_title="PEER", addresses=("127.0.0.2",)),))

    with RawPeer(port) as stranger:
        assert stranger.is_closed_within(5)
    with RawPeer(port, source="127.0.0.2") as listed:
        assert listed.associate() == ASSOCIATE_AC


def test_only_so_many_associations_are_accepted(serve: Serve, eventually: Eventually) -> None:
    scp, port = serve(maximum_associations=2)

    with RawPeer(port) as one, RawPeer(port) as two, RawPeer(port) as three:
        assert one.associate() == two.associate() == ASSOCIATE_AC
        three.send(associate_rq())
        assert three.read_pdu() == (ASSOCIATE_RJ, b"\x00\x02\x03\x02")
    eventually(lambda: scp.connections == 0)
    with RawPeer(port) as four:
        assert four.associate() == ASSOCIATE_AC


def test_an_association_that_says_nothing_ends(serve: Serve) -> None:
    _, port = serve(idle_seconds=0.3)

    with RawPeer(port) as peer:
        assert peer.associate() == ASSOCIATE_AC
        answer = peer.read_pdu()

    assert answer is not None
    assert answer[0] == ABORT


def test_a_slow_receive_step_is_not_taken_for_an_idle_peer(
    serve: Serve, eventually: Eventually
) -> None:
    step = FakeReceiveStep()
    step.gate.clear()
    _, port = serve(step, idle_seconds=0.3)
    timer = threading.Timer(1.0, step.gate.set)
    timer.start()

    with RawPeer(port) as peer:
        peer.associate((DX, (EXPLICIT,)))
        data = encoded(make_dataset())
        peer.send(store_rq(DX, "1.2.3", data))
        assert peer.status() == 0
        peer.send(store_rq(DX, "1.2.4", data))
        assert peer.status() == 0
    timer.join()
    eventually(lambda: len(step.taken) == 2)


def test_requests_sent_ahead_wait_with_the_peer_and_are_served_in_order(
    serve: Serve, eventually: Eventually
) -> None:
    step = FakeReceiveStep()
    step.gate.clear()
    scp, port = serve(step)
    data = encoded(make_dataset())

    with RawPeer(port) as peer:
        peer.associate((DX, (EXPLICIT,)))
        peer.send(b"".join(store_rq(DX, f"1.2.{n}", data, message=n) for n in range(6)))
        assert step.entered.wait(10)
        (association,) = scp._server.associations  # type: ignore[union-attr]
        eventually(lambda: association.is_busy)
        assert association.dimse.msg_queue.qsize() <= 1
        step.gate.set()
        assert [peer.status() for _ in range(6)] == [0] * 6

    assert [each.affected_sop_instance_uid[-1] for each in step.taken] == list("012345")


def test_stopping_lets_an_object_in_progress_end(serve: Serve) -> None:
    step = FakeReceiveStep()
    step.gate.clear()
    scp, port = serve(step)

    with RawPeer(port) as busy, RawPeer(port) as idle:
        busy.associate((DX, (EXPLICIT,)))
        idle.associate()
        busy.send(store_rq(DX, "1.2.3", encoded(make_dataset())))
        assert step.entered.wait(10)
        stopping = threading.Thread(target=scp.stop, kwargs={"grace_seconds": 20})
        stopping.start()
        assert idle.is_closed_within(5)
        step.gate.set()
        assert busy.status() == 0
        assert busy.is_closed_within(5)
        stopping.join(10)

    assert not stopping.is_alive()
    with pytest.raises(ConnectionRefusedError):
        RawPeer(port)


def test_stopping_waits_only_so_long(serve: Serve) -> None:
    step = FakeReceiveStep()
    step.gate.clear()
    scp, port = serve(step)

    with RawPeer(port) as peer:
        peer.associate((DX, (EXPLICIT,)))
        peer.send(store_rq(DX, "1.2.3", encoded(make_dataset())))
        assert step.entered.wait(10)
        scp.stop(grace_seconds=0.2)
        assert peer.is_closed_within(5)
    step.gate.set()


def test_stopping_twice_or_before_the_start_does_nothing(serve: Serve) -> None:
    scp, _ = serve()

    scp.stop()
    scp.stop()


def test_a_receipt_without_header_is_logged_too(serve: Serve) -> None:
    def refuse(*_: object, **__: object) -> Receipt:
        return Receipt(status=0xC000, outcome="refused", reason="x" * 200)  # type: ignore[arg-type]

    _, port = serve(refuse)

    assert send(port, b"no data set") == 0xC000
