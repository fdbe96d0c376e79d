"""However a peer cuts an object into pieces, it is one object or none; on either receive path."""

import struct
from collections.abc import Iterator

import pytest

from tests.encoded_objects import DX, EXPLICIT
from tests.fakes.receive_step import FakeReceiveStep
from tests.pdus import (
    ABORT,
    FRAGMENT,
    LAST_COMMAND,
    LAST_FRAGMENT,
    P_DATA,
    RawPeer,
    pdu,
    pdv,
    store_command,
    store_rq,
)
from tests.triage_agent.adapters.dimse.conftest import Eventually, Serve

COMMAND_FRAGMENT = 0x01
COMMAND = store_command(DX, "1.2.3")
DATA = bytes(range(256)) * 12
LARGE = bytes(range(251)) * 9_000  # several times what is read at once


def one_by_one() -> bytes:
    pieces = b"".join(pdu(P_DATA, pdv(FRAGMENT, bytes([byte]))) for byte in DATA[:-1])
    return (
        pdu(P_DATA, pdv(LAST_COMMAND, COMMAND))
        + pieces
        + pdu(P_DATA, pdv(LAST_FRAGMENT, DATA[-1:]))
    )


def one_pdu() -> bytes:
    return pdu(
        P_DATA,
        pdv(COMMAND_FRAGMENT, COMMAND[:11])
        + pdv(LAST_COMMAND, COMMAND[11:])
        + pdv(FRAGMENT, DATA[:1000])
        + pdv(FRAGMENT, b"")
        + pdv(FRAGMENT, DATA[1000:])
        + pdv(LAST_FRAGMENT, b""),
    )


def command_in_bytes() -> bytes:
    pieces = b"".join(pdu(P_DATA, pdv(COMMAND_FRAGMENT, bytes([byte]))) for byte in COMMAND[:-1])
    return pieces + pdu(P_DATA, pdv(LAST_COMMAND, COMMAND[-1:]) + pdv(LAST_FRAGMENT, DATA))


@pytest.mark.parametrize("cut", [one_by_one, one_pdu, command_in_bytes])
def test_an_object_in_odd_pieces_arrives_whole(serve: Serve, cut: object) -> None:
    step = FakeReceiveStep()
    _, port = serve(step)

    with RawPeer(port) as peer:
        peer.associate((DX, (EXPLICIT,)))
        for _ in range(2):
            peer.send(cut())  # type: ignore[operator]
            assert peer.status() == 0

    assert [taken.encoded for taken in step.taken] == [DATA, DATA]


def test_objects_larger_than_the_buffers_arrive_whole(serve: Serve) -> None:
    step = FakeReceiveStep()
    _, port = serve(step)

    with RawPeer(port) as peer:
        peer.associate((DX, (EXPLICIT,)))
        peer.send(store_rq(DX, "1.2.3", LARGE) + store_rq(DX, "1.2.4", LARGE[::-1]))
        assert [peer.status(), peer.status()] == [0, 0]

    assert [taken.encoded for taken in step.taken] == [LARGE, LARGE[::-1]]


def test_a_pause_at_any_place_does_not_matter(serve: Serve, eventually: Eventually) -> None:
    step = FakeReceiveStep()
    scp, port = serve(step)
    whole = store_rq(DX, "1.2.3", DATA)

    with RawPeer(port) as peer:
        peer.associate((DX, (EXPLICIT,)))
        for start in range(0, len(whole), 97):
            peer.send(whole[start : start + 97])
            eventually(lambda: scp.connections == 1)
        assert peer.status() == 0

    assert step.taken[0].encoded == DATA


def ends() -> Iterator[int]:
    whole = len(store_rq(DX, "1.2.3", DATA))
    command = len(pdu(P_DATA, pdv(LAST_COMMAND, COMMAND)))
    yield from (1, 5, 6, 9, 11, 12, 13, command - 1, command)  # heads and bodies of the command
    yield from (command + 3, command + 6, command + 10, command + 12, command + 13, whole - 20)


@pytest.mark.parametrize("end", list(ends()))
@pytest.mark.parametrize("how", ["close", "abort"])
def test_an_end_at_any_place_leaves_nothing(
    serve: Serve, eventually: Eventually, end: int, how: str
) -> None:
    step = FakeReceiveStep()
    scp, port = serve(step, pdu_seconds=1.0)

    with RawPeer(port) as peer:
        peer.associate((DX, (EXPLICIT,)))
        peer.send(store_rq(DX, "1.2.3", DATA)[:end])
        if how == "abort":
            peer.send(pdu(ABORT, bytes(4)))
        else:
            peer.close()
        eventually(lambda: scp.connections == 0)

    server = scp._server
    assert server is not None
    assert server.budget.free_bytes == 4 * scp._settings.maximum_object_bytes
    assert step.taken == []


@pytest.mark.parametrize(
    "intruder",
    [
        pdv(FRAGMENT, b"data", context=3),
        pdv(LAST_COMMAND, store_command(DX, "1.2.4")),
        struct.pack(">LBB", 1, 1, 0),
    ],
    ids=["other context", "other command", "no length"],
)
def test_another_message_within_an_object_is_never_a_part_of_it(
    serve: Serve, eventually: Eventually, intruder: bytes
) -> None:
    step = FakeReceiveStep()
    scp, port = serve(step, receive_path="fast")  # pynetdicom itself would take the first two

    with RawPeer(port) as peer:
        peer.associate((DX, (EXPLICIT,)), (DX, (EXPLICIT,)))
        peer.send(pdu(P_DATA, pdv(LAST_COMMAND, COMMAND)) + pdu(P_DATA, intruder))
        answer = peer.read_pdu()
        assert answer is not None
        assert answer[0] == ABORT
        eventually(lambda: scp.connections == 0)
    assert step.taken == []


def test_an_echo_between_objects_is_answered(serve: Serve) -> None:
    step = FakeReceiveStep()
    _, port = serve(step)
    echo = _echo_command()

    with RawPeer(port) as peer:
        peer.associate((DX, (EXPLICIT,)), ("1.2.840.10008.1.1", ("1.2.840.10008.1.2",)))
        for number in range(3):
            peer.send(store_rq(DX, f"1.2.{number}", DATA))
            assert peer.status() == 0
            peer.send(pdu(P_DATA, pdv(LAST_COMMAND, echo, context=3)))
            assert peer.status() == 0

    assert len(step.taken) == 3


def _echo_command() -> bytes:
    def element(number: int, value: bytes) -> bytes:
        return struct.pack("<HHL", 0, number, len(value)) + value

    fields = (
        element(0x0002, b"1.2.840.10008.1.1\0")
        + element(0x0100, struct.pack("<H", 0x0030))
        + element(0x0110, struct.pack("<H", 1))
        + element(0x0800, struct.pack("<H", 0x0101))
    )
    return element(0x0000, struct.pack("<L", len(fields))) + fields
