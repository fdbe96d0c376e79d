"""pynetdicom's two threads of an association, which wait for events instead of polling.

Written against pynetdicom 3.0.4 exactly, like `guards`. The upper layer's thread waits for its
socket or to be woken; the association's thread, for the upper layer to have something for it.
Both look at their timers a few times a second.
"""

import queue
import socket
import threading
from contextlib import suppress
from typing import Any, Final

from pynetdicom.pdu import A_ABORT_RQ

from triage_agent.adapters.dimse.buffered_socket import BufferedSocket
from triage_agent.adapters.dimse.guards import LOGGER, GuardedAssociation, GuardedUpperLayer

Primitive = Any  # pynetdicom has no types
Message = Any
Argument = Any

_CHECK_SECONDS: Final = 0.25
_ARTIM_EXPIRED: Final = "Evt18"
_CLOSING: Final = "Sta13"
_IDLE: Final = "Sta1"
_PROVIDER_INITIATED: Final = 0x02


class News(threading.Event):
    """Takes the place of the event that holds an association's loop back: each wait is for news."""

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until something may have changed, or for a while."""
        del timeout
        arrived = super().wait(_CHECK_SECONDS)
        self.clear()
        return arrived


class EventDrivenUpperLayer(GuardedUpperLayer):
    """The upper layer's loop, which sleeps until there is something to do."""

    socket: BufferedSocket

    def __init__(self, assoc: "EventDrivenAssociation") -> None:
        super().__init__(assoc)
        self._woken, self._waker = socket.socketpair()
        self._woken.settimeout(0)
        self._waker.settimeout(0)

    def wake(self) -> None:
        """Have the loop look at its queues; from any thread."""
        with suppress(OSError):  # it is full of wake-ups already, or closed
            self._waker.send(b"\x00")

    def send_pdu(self, primitive: Primitive) -> None:
        """Hand over a primitive to be sent."""
        super().send_pdu(primitive)
        self.wake()

    def stop_dul(self) -> bool:
        """End the loop if the connection is closed; say whether it has ended."""
        if self.state_machine.current_state == _IDLE:
            self._kill_thread = True
            self.wake()
        return bool(super().stop_dul())

    def run(self) -> None:
        """Read until the connection ends."""
        try:
            super().run()
        finally:
            self.assoc.news.set()
            self._woken.close()
            self._waker.close()

    def run_reactor(self) -> None:
        """Serve the queues, the socket and the state machine until the connection ends."""
        self._idle_timer.start()
        self.assoc._dul_ready.set()  # noqa: SLF001
        while not self._kill_thread:
            if self.artim_timer.expired:
                self.event_queue.put(_ARTIM_EXPIRED)
            try:
                if not self._process_recv_primitive() and self._is_transport_event():
                    self._idle_timer.restart()
            except Exception:  # noqa: BLE001 - as pynetdicom does: only this peer is ended
                self._break_off()
                return
            try:
                event = self.event_queue.get(block=False)
            except queue.Empty:
                self._tell_association()
                self._wait()
            else:
                self.state_machine.do_action(event)

    def _is_transport_event(self) -> bool:
        if self.state_machine.current_state == _CLOSING:
            self.socket.close()
            return True
        if not self._may_read or not self.socket.wait_readable(0):
            return False
        self._read_pdu_data()
        return True

    @property
    def _may_read(self) -> bool:
        return self.assoc.may_read and not self.assoc.has_waiting_request

    def _wait(self) -> None:
        if self._kill_thread or self.state_machine.current_state == _CLOSING:
            return
        self.socket.wait_for(self._woken.fileno(), reading=self._may_read)
        with suppress(BlockingIOError):
            self._woken.recv(4096)

    def _tell_association(self) -> None:
        if not self.to_user_queue.empty() or self.assoc.has_waiting_request:
            self.assoc.news.set()

    def _break_off(self) -> None:
        """Do what pynetdicom does when its loop fails: abort past the state machine."""
        LOGGER.exception("association aborted: the upper layer failed")
        abort = A_ABORT_RQ()
        abort.source = _PROVIDER_INITIATED
        abort.reason_diagnostic = 0
        if self.socket.socket is not None:
            self.socket.send(abort.encode())
        self.assoc.is_aborted = True
        self.assoc.is_established = False
        self.assoc._kill = True  # noqa: SLF001
        self._kill_thread = True


class EventDrivenAssociation(GuardedAssociation):
    """An association whose loop is held until there is news."""

    dul: EventDrivenUpperLayer

    def __init__(self, *arguments: Argument, **more: Argument) -> None:
        self.news = News()
        super().__init__(*arguments, **more)
        self._reactor_checkpoint = self.news

    def make_upper_layer(self) -> GuardedUpperLayer:
        """Return the thread that reads and writes."""
        return EventDrivenUpperLayer(self)

    def make_socket(self, client: socket.socket) -> BufferedSocket:
        """Return the connection as the upper layer reads it."""
        return BufferedSocket(self, client)

    def _serve_request(self, msg: Message, context_id: int) -> None:
        try:
            super()._serve_request(msg, context_id)
        finally:
            self.dul.wake()  # it has read no further meanwhile
