import socket
import struct
from collections.abc import Iterator

import pytest

from triage_agent.adapters.torch_inference.decoder_wire import BrokenWire, receive, send

Pair = tuple[socket.socket, socket.socket]


@pytest.fixture
def pair() -> Iterator[Pair]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


def test_a_message_arrives_as_it_was_sent(pair: Pair) -> None:
    send(pair[0], {"status": "done", "shape": [2]}, b"\x00\x01")
    assert receive(pair[1], 5.0) == ({"status": "done", "shape": [2]}, bytearray(b"\x00\x01"))


def test_messages_do_not_run_into_each_other(pair: Pair) -> None:
    for number in range(3):
        send(pair[0], {"number": number}, bytes([number]))
    assert [receive(pair[1]) for _ in range(3)] == [
        ({"number": number}, bytearray([number])) for number in range(3)
    ]


def test_silence_ends_with_the_time(pair: Pair) -> None:
    with pytest.raises(BrokenWire, match="time limit") as caught:
        receive(pair[1], 0.05)
    assert caught.value.timed_out


def test_half_a_message_ends_with_the_time(pair: Pair) -> None:
    pair[0].sendall(struct.pack("<IQ", 2, 100) + b"{}" + b"x" * 99)
    with pytest.raises(BrokenWire, match="time limit"):
        receive(pair[1], 0.05)


def test_a_closed_socket(pair: Pair) -> None:
    pair[0].close()
    with pytest.raises(BrokenWire) as caught:
        receive(pair[1], 5.0)
    assert not caught.value.timed_out
    with pytest.raises(BrokenWire):
        send(pair[1], {})


@pytest.mark.parametrize(
    ("message", "complaint"),
    [
        (struct.pack("<IQ", 2**31, 0), "too long"),
        (struct.pack("<IQ", 2, 2**63), "too long"),
        (struct.pack("<IQ", 2, 0) + b"{x", "not JSON"),
        (struct.pack("<IQ", 2, 0) + b"\xff\xfe", "not JSON"),
        (struct.pack("<IQ", 2, 0) + b"[]", "without a head"),
    ],
)
def test_what_is_no_message_is_refused(pair: Pair, message: bytes, complaint: str) -> None:
    pair[0].sendall(message)
    with pytest.raises(BrokenWire, match=complaint):
        receive(pair[1], 5.0)
