"""PDUs made by hand, and a peer on a raw socket that sends them (PS3.8 section 9.3)."""

import socket
import struct
import time
from collections.abc import Sequence
from types import TracebackType
from typing import Self

VERIFICATION = "1.2.840.10008.1.1"
IMPLICIT = "1.2.840.10008.1.2"
_APPLICATION_CONTEXT = "1.2.840.10008.3.1.1.1"

ASSOCIATE_AC, ASSOCIATE_RJ, P_DATA, RELEASE_RP, ABORT = 0x02, 0x03, 0x04, 0x06, 0x07
LAST_COMMAND, FRAGMENT, LAST_FRAGMENT = 0x03, 0x00, 0x02


def pdu(kind: int, body: bytes, length: int | None = None) -> bytes:
    """Return a PDU; `length` may lie."""
    return struct.pack(">BxL", kind, len(body) if length is None else length) + body


def associate_rq(
    called: str = "TRIAGE",
    calling: str = "PEER",
    contexts: Sequence[tuple[str, Sequence[str]]] = ((VERIFICATION, (IMPLICIT,)),),
) -> bytes:
    """Return an A-ASSOCIATE-RQ; contexts get the IDs 1, 3, 5 and so on."""
    items = _item(0x10, _APPLICATION_CONTEXT.encode())
    for number, (abstract, syntaxes) in enumerate(contexts):
        subitems = _item(0x30, abstract.encode())
        subitems += b"".join(_item(0x40, syntax.encode()) for syntax in syntaxes)
        items += _item(0x20, struct.pack("Bxxx", 2 * number + 1) + subitems)
    user = _item(0x51, struct.pack(">L", 16_384)) + _item(0x52, b"1.2.3")
    items += _item(0x50, user)
    titles = called.ljust(16).encode() + calling.ljust(16).encode()
    return pdu(0x01, struct.pack(">HH", 1, 0) + titles + bytes(32) + items)


def pdv(control: int, data: bytes, context: int = 1, length: int | None = None) -> bytes:
    """Return a presentation data value; `length` may lie."""
    length = len(data) + 2 if length is None else length
    return struct.pack(">LBB", length, context, control) + data


def store_command(sop_class: str, sop_instance: str, message: int = 1) -> bytes:
    """Return the command set of a C-STORE-RQ (PS3.7 section 9.3.1.1)."""
    fields = (
        _command(0x0002, _even(sop_class))
        + _command(0x0100, struct.pack("<H", 0x0001))
        + _command(0x0110, struct.pack("<H", message))
        + _command(0x0700, struct.pack("<H", 0))
        + _command(0x0800, struct.pack("<H", 0x0001))
        + _command(0x1000, _even(sop_instance))
    )
    return _command(0x0000, struct.pack("<L", len(fields))) + fields


def store_rq(sop_class: str, sop_instance: str, data: bytes, message: int = 1) -> bytes:
    """Return the PDUs of a whole C-STORE-RQ, its data in fragments of 10 kB."""
    command = pdv(LAST_COMMAND, store_command(sop_class, sop_instance, message))
    made = pdu(P_DATA, command)
    chunks = [data[at : at + 10_000] for at in range(0, len(data), 10_000)]
    for number, chunk in enumerate(chunks, 1):
        control = LAST_FRAGMENT if number == len(chunks) else FRAGMENT
        made += pdu(P_DATA, pdv(control, chunk))
    return made


def _item(kind: int, body: bytes) -> bytes:
    return struct.pack(">BxH", kind, len(body)) + body


def _command(element: int, value: bytes) -> bytes:
    return struct.pack("<HHL", 0x0000, element, len(value)) + value


def _even(uid: str) -> bytes:
    return uid.encode() + b"\x00" * (len(uid) % 2)


class RawPeer:
    """A TCP connection to an SCP."""

    def __init__(self, port: int, source: str = "127.0.0.1") -> None:
        self.socket = socket.create_connection(
            ("127.0.0.1", port), timeout=10, source_address=(source, 0)
        )

    def send(self, data: bytes) -> None:
        """Send everything."""
        self.socket.sendall(data)

    def read_pdu(self) -> tuple[int, bytes] | None:
        """Return the next PDU's type and body, or None at the end of the connection."""
        head = self._read(6)
        if head is None:
            return None
        kind, length = struct.unpack(">BxL", head)
        body = self._read(length)
        return None if body is None else (kind, body)

    def associate(self, *contexts: tuple[str, Sequence[str]]) -> int:
        """Ask for an association; return the type of the answer."""
        self.send(associate_rq(contexts=contexts) if contexts else associate_rq())
        answer = self.read_pdu()
        assert answer is not None, "the connection ended without an answer"
        return answer[0]

    def status(self) -> int:
        """Return the status in the next C-STORE response."""
        answer = self.read_pdu()
        assert answer is not None, "the connection ended without a response"
        kind, body = answer
        assert kind == P_DATA
        at = body.index(struct.pack("<HHL", 0x0000, 0x0900, 2))
        return int(struct.unpack_from("<H", body, at + 8)[0])

    def is_closed_within(self, seconds: float) -> bool:
        """Say whether the other side ends the connection in time, whatever it sends before."""
        deadline = time.monotonic() + seconds
        try:
            while (remaining := deadline - time.monotonic()) > 0:
                self.socket.settimeout(remaining)
                if not self.socket.recv(4096):
                    return True
        except TimeoutError:
            return False
        except OSError:
            return True
        return False

    def close(self) -> None:
        """End the connection."""
        self.socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _read(self, number: int) -> bytes | None:
        data = b""
        while len(data) < number:
            try:
                chunk = self.socket.recv(number - len(data))
            except ConnectionResetError:
                return None
            if not chunk:
                return None
            data += chunk
        return data
