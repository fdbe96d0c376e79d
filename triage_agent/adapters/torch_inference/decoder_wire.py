"""Messages between the node and a decoder child: a JSON head and raw bytes, never pickle.

A child that a hostile file has taken over can send anything; the parent reads lengths within a
bound and numbers, and runs nothing.
"""

import json
import socket
import struct
import time
from collections.abc import Mapping

_LENGTHS = struct.Struct("<IQ")
_MAXIMUM_HEAD_BYTES = 65_536
_MAXIMUM_BODY_BYTES = 2**31

Head = Mapping[str, object]


class BrokenWire(Exception):
    """The other side closed the socket, broke the form, or did not answer in time.

    Attributes:
        timed_out: it was the time.
    """

    def __init__(self, message: str, *, timed_out: bool = False) -> None:
        super().__init__(message)
        self.timed_out = timed_out


def send(wire: socket.socket, head: Head, body: bytes | memoryview = b"") -> None:
    """Send one message. Raises BrokenWire."""
    encoded = json.dumps(head).encode()
    try:
        wire.sendall(_LENGTHS.pack(len(encoded), len(body)) + encoded)
        wire.sendall(body)
    except OSError as error:
        raise BrokenWire(type(error).__name__) from error


def receive(wire: socket.socket, seconds: float | None = None) -> tuple[Head, bytearray]:
    """Receive one whole message within so many seconds. Raises BrokenWire."""
    deadline = None if seconds is None else time.monotonic() + seconds
    head_bytes, body_bytes = _LENGTHS.unpack(_exactly(wire, _LENGTHS.size, deadline))
    if head_bytes > _MAXIMUM_HEAD_BYTES or body_bytes > _MAXIMUM_BODY_BYTES:
        raise BrokenWire("message too long")
    try:
        head = json.loads(_exactly(wire, head_bytes, deadline))
    except ValueError as error:
        raise BrokenWire("message not JSON") from error
    if not isinstance(head, dict):
        raise BrokenWire("message without a head")
    return head, _exactly(wire, body_bytes, deadline)


def _exactly(wire: socket.socket, count: int, deadline: float | None) -> bytearray:
    buffer = bytearray(count)
    view = memoryview(buffer)
    while view:
        if deadline is not None:
            wire.settimeout(max(deadline - time.monotonic(), 1e-3))
        try:
            received = wire.recv_into(view)
        except TimeoutError as error:
            raise BrokenWire("time limit", timed_out=True) from error
        except OSError as error:
            raise BrokenWire(type(error).__name__) from error
        if received == 0:
            raise BrokenWire("closed")
        view = view[received:]
    return buffer
