"""The short way of a C-STORE: its data set goes from the socket's buffer straight to its sink.

pynetdicom keeps the association, its negotiation, every other message and every end of it. Only a
plain C-STORE-RQ in an accepted context comes here; whatever else arrives takes the library's way.
The limits of `guards` hold here too, and the answer leaves from the thread that has read the last
fragment.
"""

import struct
import time
from collections.abc import Callable, Sequence
from typing import Any, Final, Protocol

from pynetdicom.pdu_primitives import P_DATA

from triage_agent.adapters.dimse.event_loops import EventDrivenAssociation, EventDrivenUpperLayer
from triage_agent.adapters.dimse.guarded_socket import CLOSED
from triage_agent.adapters.dimse.guards import GuardedUpperLayer, ProtocolViolation
from triage_agent.adapters.dimse.store_messages import (
    StoreRequest,
    parse_store_request,
    store_response,
)

_WAIT_SECONDS: Final = 0.05
_COMMAND: Final = 0x01
_LAST: Final = 0x02
_MAXIMUM_COMMAND_BYTES: Final = 65_536  # a command set has a few hundred
_VALUE_HEAD: Final = struct.Struct(">LBB")  # length, context ID, message control header
_COUNTED_BYTES: Final = 2  # of the head, in its length
_COUNTING_BYTES: Final = 4  # of the head, not in its length
# One fragment per PDU, as nearly all peers send them: type, length, and the value's head.
_DATA_HEAD: Final = struct.Struct(">BxLLBB")
_P_DATA_TF: Final = 0x04
_PLAIN: Final = (0, _LAST)  # message control headers of a data set's fragments


class ObjectSink(Protocol):
    """Where the data set of one C-STORE goes."""

    def write(self, parts: Sequence[memoryview]) -> None:
        """Take a copy of parts of it."""
        ...

    def finish(self) -> tuple[int, str]:
        """Return status and error comment, when all has arrived."""
        ...

    def abandon(self) -> None:
        """Forget an object that does not arrive whole."""
        ...


Context = Any  # pynetdicom's presentation context
Argument = Any
BeginObject = Callable[["FastAssociation", Context, StoreRequest], ObjectSink]


class _Arriving:
    """An object on its way in."""

    def __init__(self, request: StoreRequest, context_id: int, sink: ObjectSink) -> None:
        self.request = request
        self.context_id = context_id
        self.sink = sink


class FastUpperLayer(EventDrivenUpperLayer):
    """Reads fragments where they lie, and serves a C-STORE as soon as it is whole."""

    assoc: "FastAssociation"

    def __init__(self, assoc: "FastAssociation") -> None:
        super().__init__(assoc)
        self.arriving: _Arriving | None = None
        self.is_serving = False
        self._command = bytearray()

    def run(self) -> None:
        """Read until the connection ends; what has not arrived whole is forgotten."""
        try:
            super().run()
        finally:
            if self.arriving is not None:
                self.arriving.sink.abandon()
                self.arriving = None

    def idle_timer_expired(self) -> bool:
        """Say whether the peer says nothing; a slow disk is not an idle peer."""
        return not self.is_serving and bool(super().idle_timer_expired())

    def _read_pdu(self) -> None:
        super()._read_pdu()
        # The rest of an object, without a look at all the queues for every PDU.
        while self.arriving is not None and self.event_queue.empty() and not self._kill_thread:
            if not self.socket.wait_readable(_WAIT_SECONDS):
                return
            self._idle_timer.restart()
            self.socket.deadline = time.monotonic() + self.assoc.limits.pdu_seconds
            if not self._read_plain_pdus(self.arriving):
                super()._read_pdu()

    def _read_plain_pdus(self, arriving: _Arriving) -> bool:
        """Take what lies in the buffer, if it is fragments that each are alone in their PDU.

        The rest of a PDU whose beginning lies there is waited for. False if the buffer begins with
        anything else.
        """
        client, parts = self.socket, []
        if client.start == client.end and not client.fill():
            self.event_queue.put(CLOSED)
            return True
        view, start, end = client.view, client.start, client.end
        maximum = self.assoc.limits.maximum_pdu_bytes
        expected = (_P_DATA_TF, arriving.context_id)
        taken = rest = control = 0
        while end - start >= _DATA_HEAD.size and not rest and not control:
            kind, length, counted, context_id, control = _DATA_HEAD.unpack_from(view, start)
            size = counted - _COUNTED_BYTES
            plain = (kind, context_id) == expected and control in _PLAIN and size > 0
            if not plain or not length == counted + _COUNTING_BYTES <= maximum:
                control = 0
                break
            begin = start + _DATA_HEAD.size
            start = min(begin + size, end)
            parts.append(view[begin:start])
            rest = size - (start - begin)
            taken += size
        client.start = start
        if not parts:
            return False
        self.assoc.dimse.count(taken)
        arriving.sink.write(parts)
        if not self._finish_fragment(arriving, control, rest):
            self.event_queue.put(CLOSED)
        return True

    def _finish_fragment(self, arriving: _Arriving, control: int, rest: int) -> bool:
        """Take the rest of a fragment, and serve the object if it is its last; False if closed."""
        while rest:
            part = self.socket.take(rest)
            if not part:
                return False
            arriving.sink.write([part])
            rest -= len(part)
        if control & _LAST:
            self._serve(arriving)
        return True

    def _read_values(self, length: int) -> None:
        while length:
            if length < _VALUE_HEAD.size:
                raise ProtocolViolation("a presentation data value does not fit its PDU")
            head = self.socket.recv(_VALUE_HEAD.size)
            if len(head) < _VALUE_HEAD.size:
                self.event_queue.put(CLOSED)
                return
            counted, context_id, control = _VALUE_HEAD.unpack(head)
            size = counted - _COUNTED_BYTES
            length -= _VALUE_HEAD.size
            if not 0 <= size <= length:
                raise ProtocolViolation("a presentation data value does not fit its PDU")
            length -= size
            if not self._read_value(context_id, control, size):
                self.event_queue.put(CLOSED)
                return

    def _read_value(self, context_id: int, control: int, size: int) -> bool:
        """Take one fragment; False if the peer closed within it."""
        if self.arriving is not None:
            return self._read_data(self.arriving, context_id, control, size)
        if control & _COMMAND and self.assoc.dimse.message is None:
            return self._read_command(context_id, control, size)
        value = self.socket.recv(size)
        if len(value) == size:
            self._hand_over(context_id, control, value)
        return len(value) == size

    def _read_command(self, context_id: int, control: int, size: int) -> bool:
        if len(self._command) + size > _MAXIMUM_COMMAND_BYTES:
            raise ProtocolViolation("a command set that has no end")
        value = self.socket.recv(size)
        if len(value) < size:
            return False
        self._command += value
        if control & _LAST:
            command, self._command = self._command, bytearray()
            request = parse_store_request(command)
            context = self.assoc._accepted_cx.get(context_id)  # noqa: SLF001
            if request and context and request.sop_class_uid == str(context.abstract_syntax):
                sink = self.assoc.begin_object(self.assoc, context, request)
                self.arriving = _Arriving(request, context_id, sink)
            else:
                self._hand_over(context_id, control, command)
        return True

    def _hand_over(self, context_id: int, control: int, value: bytearray) -> None:
        """Give a fragment to pynetdicom."""
        primitive = P_DATA()
        primitive.presentation_data_value_list.append((context_id, bytes([control]) + value))
        self.assoc.dimse.receive_primitive(primitive)

    def _read_data(self, arriving: _Arriving, context_id: int, control: int, size: int) -> bool:
        if control & _COMMAND or context_id != arriving.context_id:
            raise ProtocolViolation("another message begins within an object")
        self.assoc.dimse.count(size)
        return self._finish_fragment(arriving, control, size)

    def _serve(self, arriving: _Arriving) -> None:
        self.is_serving = True
        try:
            status, comment = arriving.sink.finish()
            answer = store_response(arriving.request, arriving.context_id, status, comment)
            self.arriving = None
            self.socket.send(answer)
        finally:
            self._idle_timer.restart()
            self.assoc.dimse.forget_arriving()
            self.is_serving = False


class FastAssociation(EventDrivenAssociation):
    """An association whose C-STOREs take the short way."""

    dul: FastUpperLayer

    def __init__(self, *arguments: Argument, begin_object: BeginObject, **more: Argument) -> None:
        self.begin_object = begin_object
        super().__init__(*arguments, **more)

    def make_upper_layer(self) -> GuardedUpperLayer:
        """Return the thread that reads and writes."""
        return FastUpperLayer(self)

    @property
    def is_arriving(self) -> bool:
        """Say whether an object is on its way in."""
        return self.dul.arriving is not None or super().is_arriving

    @property
    def is_busy(self) -> bool:
        """Say whether a request is arriving, waiting or being served."""
        return self.dul.is_serving or super().is_busy
