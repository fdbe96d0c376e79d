"""pynetdicom's acceptor, hardened against hostile peers. Every private part we lean on is here.

Written against pynetdicom 3.0.4 exactly (pinned in pyproject.toml). What its own classes leave
open, and what stands here instead:

- a PDU of any declared length is collected in memory: refused before a byte of it is read;
- a PDU may take for ever: it has a deadline as a whole;
- fragments add up without bound: capped per object, and over all associations together;
- requests are read ahead while one is served: at most one waits, the rest stays with the peer;
- P-DATA goes through a PDU object, two queues and the state machine: it takes a short way here,
  and while an object arrives the thread waits for the socket instead of polling.
"""

import logging
import socket
import struct
import threading
import time
from collections import deque
from dataclasses import dataclass
from typing import Any, Final

from pynetdicom import evt
from pynetdicom._globals import MODE_ACCEPTOR
from pynetdicom.ae import ApplicationEntity
from pynetdicom.association import Association
from pynetdicom.dimse import DIMSEServiceProvider
from pynetdicom.dul import DULServiceProvider
from pynetdicom.pdu_primitives import P_DATA

from triage_agent.adapters.dimse.connections import Connection, MemoryBudget
from triage_agent.adapters.dimse.guarded_socket import CLOSED, GuardedSocket

Message = Any  # a DIMSE primitive: pynetdicom has no types

LOGGER = logging.getLogger(__name__)

_PDU_HEAD_BYTES: Final = 6
_ASSOCIATE_RQ: Final = 0x01
_P_DATA_TF: Final = 0x04
# 128 contexts with every transfer syntax there is come to about 150 KB (PS3.8 section 9.3.2).
_MAXIMUM_ASSOCIATE_BYTES: Final = 262_144
# Release and abort have a body of 4 bytes; an acceptor gets nothing else (PS3.8 section 9.3).
_MAXIMUM_CONTROL_BYTES: Final = 64
_LEAST_PDV_BYTES: Final = 6  # length, context ID, message control header
_PDU_TYPES: Final = range(0x01, 0x08)
# How long the reader waits for the next PDU of an object before it looks for other work.
_WAIT_SECONDS: Final = 0.05

_ESTABLISHED: Final = "Sta6"
_CLOSING: Final = "Sta13"
_INVALID_PDU: Final = "Evt19"


class ProtocolViolation(Exception):
    """The peer sent what it may not; the association is aborted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one peer may ask for."""

    maximum_pdu_bytes: int
    maximum_object_bytes: int
    idle_seconds: float
    pdu_seconds: float


class GuardedUpperLayer(DULServiceProvider):  # type: ignore[misc]
    """Reads PDUs within limits."""

    def __init__(self, assoc: "GuardedAssociation") -> None:
        super().__init__(assoc)
        self.daemon = True  # a stuck peer does not keep the process from ending

    def run(self) -> None:
        """Read until the connection ends."""
        try:
            super().run()
        finally:
            # Who waits for an association request would do so until its timeout.
            self.to_user_queue.put(None)

    def _is_transport_event(self) -> bool:
        if self.state_machine.current_state == _CLOSING:
            # Whatever the peer still sends is of no use: nothing of it is read.
            self.socket.close()
            return True
        if self.assoc.has_waiting_request or not self.assoc.may_read:
            return False
        if not self.socket.wait_readable(0):
            return False
        while True:
            self._read_pdu_data()
            in_object = self.assoc.dimse.message is not None
            if not in_object or self._kill_thread or not self.event_queue.empty():
                return True
            if not self.socket.wait_readable(_WAIT_SECONDS):
                return True

    def _read_pdu_data(self) -> None:
        self.socket.deadline = time.monotonic() + self.assoc.limits.pdu_seconds
        try:
            self._read_pdu()
        except OSError as error:
            LOGGER.info("connection closed within a PDU: %s", error)
            self.event_queue.put(CLOSED)
        except Exception as error:  # noqa: BLE001 - whatever a peer's bytes cause ends only it
            LOGGER.warning("association aborted: %s: %s", type(error).__name__, error)
            self.event_queue.put(_INVALID_PDU)

    def _read_pdu(self) -> None:
        head = self.socket.recv(_PDU_HEAD_BYTES)
        if len(head) < _PDU_HEAD_BYTES:
            self.event_queue.put(CLOSED)
            return
        pdu_type, length = struct.unpack(">BxL", head)
        maximum = self._maximum_bytes(pdu_type)
        if length > maximum:
            raise ProtocolViolation(f"a PDU of {length} bytes where {maximum} are allowed")
        if pdu_type == _P_DATA_TF and self.state_machine.current_state == _ESTABLISHED:
            self._read_values(length)
            return
        body = self.socket.recv(length)
        if len(body) < length:
            self.event_queue.put(CLOSED)
            return
        pdu, event = self._decode_pdu(head + body)
        self._recv_pdu.put(pdu)
        self.event_queue.put(event)

    def _read_values(self, length: int) -> None:
        """Read the body of a P-DATA-TF."""
        body = self.socket.recv(length)
        if len(body) < length:
            self.event_queue.put(CLOSED)
        else:
            self._take_fragments(body)

    def _maximum_bytes(self, pdu_type: int) -> int:
        if pdu_type not in _PDU_TYPES:
            raise ProtocolViolation(f"PDU type {pdu_type:#x} does not exist")
        if pdu_type == _ASSOCIATE_RQ:
            return _MAXIMUM_ASSOCIATE_BYTES
        if pdu_type == _P_DATA_TF:
            return int(self.assoc.limits.maximum_pdu_bytes)
        return _MAXIMUM_CONTROL_BYTES

    def _take_fragments(self, body: bytearray) -> None:
        """Hand the PDVs of a P-DATA-TF (PS3.8 section 9.3.5) to the DIMSE provider."""
        primitive = P_DATA()
        values = primitive.presentation_data_value_list
        view = memoryview(body)
        while view:
            # Length, then context ID and message control header, which it counts.
            whole = len(view) >= _LEAST_PDV_BYTES
            (length,) = struct.unpack_from(">L", view) if whole else (0,)
            if not _LEAST_PDV_BYTES - 4 <= length <= len(view) - 4:
                raise ProtocolViolation("a presentation data value does not fit its PDU")
            values.append((view[4], view[5 : 4 + length]))
            view = view[4 + length :]
        self.assoc.dimse.receive_primitive(primitive)


class GuardedDimse(DIMSEServiceProvider):  # type: ignore[misc]
    """Collects the fragments of objects within limits."""

    def __init__(self, assoc: "GuardedAssociation") -> None:
        super().__init__(assoc)
        self._arriving = 0
        self._whole: deque[int] = deque()

    def receive_primitive(self, primitive: P_DATA) -> None:
        """Add fragments to the object that is arriving. Raises ProtocolViolation beyond a cap."""
        self.count(sum(len(value) for _, value in primitive.presentation_data_value_list))
        super().receive_primitive(primitive)
        if self.message is None:
            self._whole.append(self._arriving)
            self._arriving = 0

    def count(self, size: int) -> None:
        """Count what arrives. Raises ProtocolViolation beyond a cap."""
        if self._arriving + size > self.assoc.limits.maximum_object_bytes:
            raise ProtocolViolation("the object is larger than dicom.maximum_object_bytes")
        if not self.assoc.budget.take(size):
            raise ProtocolViolation("too many large objects arrive at once")
        self._arriving += size

    def forget_arriving(self) -> None:
        """Return the memory of what arrived since the last whole request."""
        self.assoc.budget.give_back(self._arriving)
        self._arriving = 0

    def forget_served(self) -> None:
        """Return the memory of the oldest whole request."""
        if self._whole:
            self.assoc.budget.give_back(self._whole.popleft())

    def forget_all(self) -> None:
        """Return all memory, at the end of the association."""
        self.assoc.budget.give_back(self._arriving + sum(self._whole))
        self._arriving = 0
        self._whole.clear()


class GuardedAssociation(Association):  # type: ignore[misc]
    """An association with limits that can be drained."""

    def __init__(
        self,
        ae: ApplicationEntity,
        *,
        limits: Limits,
        budget: MemoryBudget,
        connection: Connection,
        draining: threading.Event,
    ) -> None:
        super().__init__(ae, MODE_ACCEPTOR)
        self.limits = limits
        self.budget = budget
        self.connection = connection
        self._draining = draining
        self._serving = False
        self.dul = self.make_upper_layer()
        self.dimse = GuardedDimse(self)
        # The setters pass these on to the timers of the upper layer that has just been replaced.
        self.acse_timeout = limits.pdu_seconds
        self.network_timeout = limits.idle_seconds
        self.dimse_timeout = limits.idle_seconds

    def make_upper_layer(self) -> GuardedUpperLayer:
        """Return the thread that reads and writes."""
        return GuardedUpperLayer(self)

    def take_socket(self, client: socket.socket) -> None:
        """Serve a connection."""
        guarded = self.make_socket(client)
        guarded.send_seconds = self.limits.pdu_seconds
        self.set_socket(guarded)

    def make_socket(self, client: socket.socket) -> GuardedSocket:
        """Return the connection as the upper layer reads it."""
        return GuardedSocket(self, client_socket=client)

    @property
    def has_waiting_request(self) -> bool:
        """Say whether a whole request waits: no more is read meanwhile."""
        return not self.dimse.msg_queue.empty()

    @property
    def is_busy(self) -> bool:
        """Say whether a request is arriving, waiting or being served."""
        return self._serving or self.has_waiting_request or self.is_arriving

    @property
    def is_arriving(self) -> bool:
        """Say whether a message has begun to arrive."""
        return self.dimse.message is not None

    @property
    def may_read(self) -> bool:
        """Say whether more may be read; once draining, only the rest of an object that arrives."""
        return not self._draining.is_set() or self.is_arriving

    def run(self) -> None:
        """Serve the association to its end, then release what it held."""
        try:
            super().run()
        finally:
            self.connection.hang_up()
            self.dimse.forget_all()

    def _bind_defaults(self) -> None:
        # Without pynetdicom's logging of every PDU and message, which costs time and says more
        # about objects than belongs in a log.
        for event in evt._INTERVENTION_EVENTS:  # noqa: SLF001
            self.bind(event, evt.get_default_handler(event))

    def _serve_request(self, msg: Message, context_id: int) -> None:
        self._serving = True
        try:
            super()._serve_request(msg, context_id)
        finally:
            # A slow disk is not an idle peer.
            self.dul._idle_timer.restart()  # noqa: SLF001
            self.dimse.forget_served()
            self._serving = False
