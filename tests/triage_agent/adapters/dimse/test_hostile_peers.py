"""What peers may try: nothing of it costs memory, time or another peer's place."""

import resource
import socket
import struct
import time
from contextlib import ExitStack

import pytest

from tests.encoded_objects import DX, EXPLICIT
from tests.fakes.receive_step import FakeReceiveStep
from tests.pdus import (
    ABORT,
    ASSOCIATE_AC,
    FRAGMENT,
    LAST_COMMAND,
    LAST_FRAGMENT,
    P_DATA,
    RawPeer,
    associate_rq,
    pdu,
    pdv,
    store_command,
    store_rq,
)
from tests.triage_agent.adapters.dimse.conftest import Eventually, Serve
from triage_agent.adapters.dimse.scp import StorageScp

MEBIBYTE = 1_048_576


def resident_bytes() -> int:
    with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123 - not a file on disk
        return int(file.read().split()[1]) * resource.getpagesize()


def send_until_hung_up(peer: RawPeer, chunk: bytes, maximum_bytes: int) -> int:
    sent = 0
    peer.socket.settimeout(5)
    try:
        while sent < maximum_bytes:
            sent += peer.socket.send(chunk[sent % len(chunk) :])
    except OSError:
        pass
    return sent


def budget_is_whole(scp: StorageScp) -> bool:
    assert scp._server is not None
    return scp._server.budget.free_bytes == 4 * scp._settings.maximum_object_bytes


def node_still_works(port: int) -> bool:
    with RawPeer(port) as peer:
        return peer.associate() == ASSOCIATE_AC


def test_a_request_that_claims_four_gigabytes_is_hung_up_on(serve: Serve) -> None:
    _, port = serve()
    before = resident_bytes()

    with RawPeer(port) as peer:
        peer.send(pdu(0x01, b"", length=0xFFFFFFFF))
        sent = send_until_hung_up(peer, bytes(65_536), maximum_bytes=256 * MEBIBYTE)
        assert peer.is_closed_within(5)

    assert sent < 64 * MEBIBYTE  # what fits into the kernel's buffers before it closes
    assert resident_bytes() - before < 32 * MEBIBYTE
    assert node_still_works(port)


def test_data_larger_than_negotiated_is_hung_up_on(serve: Serve, eventually: Eventually) -> None:
    scp, port = serve(maximum_pdu_bytes=16_384)

    with RawPeer(port) as peer:
        peer.associate((DX, (EXPLICIT,)))
        peer.send(pdu(P_DATA, b"", length=16_385))
        answer = peer.read_pdu()
        assert answer is not None
        assert answer[0] == ABORT
        assert peer.is_closed_within(5)
    eventually(lambda: scp.connections == 0)


@pytest.mark.parametrize(
    "begun",
    [b"", b"\x01\x00\x00\x00\x01", pdu(0x01, b"abc", length=500)],
    ids=["nothing", "half a head", "half a body"],
)
def test_a_pdu_that_does_not_come_in_time_ends_the_connection(serve: Serve, begun: bytes) -> None:
    _, port = serve(pdu_seconds=0.5)

    with RawPeer(port) as peer:
        peer.send(begun)
        assert peer.is_closed_within(5)


def test_a_byte_at_a_time_does_not_extend_the_deadline(serve: Serve) -> None:
    _, port = serve(pdu_seconds=1.0)
    request = associate_rq()
    started = time.monotonic()

    with RawPeer(port) as peer:
        peer.socket.settimeout(0.1)  # the pause between two bytes
        closed = False
        for byte in request:
            try:
                peer.socket.send(bytes([byte]))
                closed = peer.socket.recv(1) == b""
            except TimeoutError:
                continue
            except OSError:
                closed = True
            if closed:
                break

    assert closed
    assert time.monotonic() - started < 8


def test_within_an_object_a_slow_pdu_ends_the_association(
    serve: Serve, eventually: Eventually
) -> None:
    step = FakeReceiveStep()
    scp, port = serve(step, pdu_seconds=0.5)

    with RawPeer(port) as peer:
        peer.associate((DX, (EXPLICIT,)))
        peer.send(pdu(P_DATA, pdv(LAST_COMMAND, store_command(DX, "1.2.3"))))
        peer.send(pdu(P_DATA, pdv(FRAGMENT, bytes(9_000)))[:5_000])
        assert peer.is_closed_within(5)
    eventually(lambda: budget_is_whole(scp))
    assert step.taken == []


def test_thirty_idle_sockets_lock_nobody_out(serve: Serve) -> None:
    scp, port = serve(maximum_connections_per_address=10, maximum_associations=10)

    with ExitStack() as idle:
        for _ in range(30):
            idle.enter_context(RawPeer(port)).send(b"\x01")
        started = time.monotonic()
        assert node_still_works(port)
        assert time.monotonic() - started < 5
        assert scp.connections <= 10


def test_associations_of_one_address_are_capped_and_others_are_served(serve: Serve) -> None:
    _, port = serve(maximum_connections_per_address=3)

    with ExitStack() as held:
        for _ in range(3):
            assert held.enter_context(RawPeer(port)).associate() == ASSOCIATE_AC
        fourth = held.enter_context(RawPeer(port))
        assert fourth.is_closed_within(5)
        other = held.enter_context(RawPeer(port, source="127.0.0.2"))
        assert other.associate() == ASSOCIATE_AC


def test_fragments_do_not_add_up_beyond_the_largest_object(
    serve: Serve, eventually: Eventually
) -> None:
    step = FakeReceiveStep()
    scp, port = serve(step, maximum_object_bytes=MEBIBYTE)

    with RawPeer(port) as peer:
        peer.associate((DX, (EXPLICIT,)))
        peer.send(pdu(P_DATA, pdv(LAST_COMMAND, store_command(DX, "1.2.3"))))
        sent = send_until_hung_up(
            peer, pdu(P_DATA, pdv(FRAGMENT, bytes(100_000))), maximum_bytes=64 * MEBIBYTE
        )
        assert peer.is_closed_within(5)

    assert sent < 32 * MEBIBYTE
    eventually(lambda: budget_is_whole(scp))
    assert step.taken == []
    assert node_still_works(port)


def test_all_associations_together_hold_only_so_much(serve: Serve, eventually: Eventually) -> None:
    scp, port = serve(maximum_object_bytes=MEBIBYTE)
    server = scp._server
    assert server is not None
    whole = server.budget.free_bytes

    with ExitStack() as held:

        def send_most_of_an_object() -> RawPeer:
            peer = held.enter_context(RawPeer(port))
            peer.associate((DX, (EXPLICIT,)))
            peer.send(pdu(P_DATA, pdv(LAST_COMMAND, store_command(DX, "1.2.3"))))
            # 900 kB, never ended
            fragment = pdu(P_DATA, pdv(FRAGMENT, bytes(100_000)))
            send_until_hung_up(peer, fragment, maximum_bytes=9 * len(fragment))
            return peer

        for number in range(1, 5):
            send_most_of_an_object()
            eventually(lambda held=number: server.budget.free_bytes <= whole - held * 900_000)
        for _ in range(2):
            assert send_most_of_an_object().is_closed_within(5)
        eventually(lambda: scp.connections == 4)
        assert 0 <= server.budget.free_bytes < MEBIBYTE
    eventually(lambda: budget_is_whole(scp))


@pytest.mark.parametrize(
    "body",
    [
        pdv(LAST_COMMAND, b"abc", length=400),  # beyond the PDU
        pdv(LAST_COMMAND, b"abc", length=1),  # not even its own head
        b"\x00\x00\x00",
        pdv(LAST_COMMAND, b"no command set"),
        pdv(LAST_COMMAND, struct.pack("<HHLH", 0, 0x0100, 2, 0x7777)),  # no such command
        pdv(LAST_FRAGMENT, b"a data set without a command"),
        pdv(LAST_COMMAND, store_command(DX, "1.2.3"), context=99)
        + pdv(LAST_FRAGMENT, b"data", context=99),
    ],
    ids=["too long", "too short", "no head", "no command", "unknown", "data first", "context"],
)
def test_fragments_that_make_no_sense_end_the_association(
    serve: Serve, eventually: Eventually, body: bytes
) -> None:
    step = FakeReceiveStep()
    scp, port = serve(step)

    with RawPeer(port) as peer:
        peer.associate((DX, (EXPLICIT,)))
        peer.send(pdu(P_DATA, body))
        assert peer.is_closed_within(5)
    eventually(lambda: scp.connections == 0)
    eventually(lambda: budget_is_whole(scp))
    assert step.taken == []


@pytest.mark.parametrize(
    "data",
    [
        b"GET / HTTP/1.1\r\nHost: node\r\n\r\n",
        pdu(0x09, b""),
        pdu(0x01, bytes(80)),
        pdu(P_DATA, pdv(LAST_COMMAND, b"too early")),
        pdu(0x07, bytes(4)),
        pdu(0x05, bytes(65)),
    ],
    ids=["http", "unknown type", "garbage", "data", "abort", "long release"],
)
def test_what_is_no_association_request_is_hung_up_on(
    serve: Serve, eventually: Eventually, data: bytes
) -> None:
    scp, port = serve()

    with RawPeer(port) as peer:
        peer.send(data)
        assert peer.is_closed_within(5)
    eventually(lambda: scp.connections == 0)
    assert node_still_works(port)


@pytest.mark.parametrize("ending", ["close", "reset", "abort", "release"])
def test_an_object_that_is_broken_off_is_not_received(
    serve: Serve, eventually: Eventually, ending: str
) -> None:
    step = FakeReceiveStep()
    scp, port = serve(step)
    whole = store_rq(DX, "1.2.3", bytes(100_000))
    last = len(pdu(P_DATA, pdv(LAST_FRAGMENT, bytes(10_000))))

    with RawPeer(port) as peer:
        peer.associate((DX, (EXPLICIT,)))
        peer.send(whole[:-last])
        match ending:
            case "close":
                peer.close()
            case "reset":
                peer.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                peer.close()
            case "abort":
                peer.send(pdu(ABORT, bytes(4)))
            case "release":
                peer.send(pdu(0x05, bytes(4)))
        eventually(lambda: scp.connections == 0)

    eventually(lambda: budget_is_whole(scp))
    assert step.taken == []


def test_an_object_under_a_class_that_was_not_negotiated_is_refused(serve: Serve) -> None:
    step = FakeReceiveStep()
    _, port = serve(step)

    with RawPeer(port) as peer:
        peer.associate((DX, (EXPLICIT,)))
        peer.send(store_rq("1.2.840.10008.5.1.4.1.1.2", "1.2.3", b"data"))
        assert peer.status() == 0x0122
    assert step.taken == []
