"""The listening socket: addresses judged first, TLS off the accept loop, connections counted."""

import errno
import logging
import socket
import ssl
import threading
import time
from collections.abc import Callable, Sequence
from itertools import count
from typing import Any, Final

from pynetdicom import evt
from pynetdicom.ae import ApplicationEntity
from pynetdicom.transport import RequestHandler, ThreadedAssociationServer

from triage_agent.adapters.dimse.callers import CallerRule
from triage_agent.adapters.dimse.connections import Connection, Connections, MemoryBudget
from triage_agent.adapters.dimse.fast_path import BeginObject, FastAssociation
from triage_agent.adapters.dimse.guards import GuardedAssociation, Limits

_LOGGER = logging.getLogger(__name__)

EventBinding = tuple[Any, Callable[[Any], Any]]
PeerAddress = Any  # (host, port), of IPv6 with flow and scope

_NO_DESCRIPTORS: Final = frozenset({errno.EMFILE, errno.ENFILE})
_PAUSE_SECONDS: Final = 0.05
# So long a process with fewer connections has for taking a new one.
_POLITENESS_SECONDS: Final = 0.002


class GuardedServer(ThreadedAssociationServer):  # type: ignore[misc]
    """Accepts connections; each is served by threads of its own."""

    daemon_threads = True

    def __init__(
        self,
        ae: ApplicationEntity,
        listener: socket.socket,
        *,
        ae_title: str,
        callers: CallerRule,
        connections: Connections,
        limits: Limits,
        budget: MemoryBudget,
        tls: ssl.SSLContext | None,
        bindings: Sequence[EventBinding],
        begin_object: BeginObject | None,
    ) -> None:
        self.callers = callers
        self.connections = connections
        self.limits = limits
        self.budget = budget
        self.tls = tls
        self.bindings = bindings
        self.begin_object = begin_object
        self.draining = threading.Event()
        self._listener = listener
        self._names = count(1)
        self._joined: dict[int, Connection] = {}
        # No TLS context for pynetdicom: it would shake hands in the accept loop.
        address = listener.getsockname()[:2]
        super().__init__(ae, address, ae_title, [], request_handler=GuardedRequest)

    def server_bind(self) -> None:
        """Take the listener in place of the socket that was made."""
        self.socket.close()  # type: ignore[has-type] # of socketserver
        self.socket = self._listener
        self.server_address = self.socket.getsockname()

    def server_activate(self) -> None:
        """Do nothing: it listens already."""

    @property
    def associations(self) -> list[GuardedAssociation]:
        """The associations whose threads run."""
        return list(self.active_associations)

    def next_name(self) -> str:
        """Return a thread name; pynetdicom finds acceptors by its first part."""
        return f"AcceptorThread-{next(self._names)}"

    def get_request(self) -> tuple[socket.socket, PeerAddress]:
        """Accept a connection. Raises BlockingIOError where another process was faster."""
        if self.connections.is_busier_than_another_process():
            time.sleep(_POLITENESS_SECONDS)
        try:
            client, address = self.socket.accept()
        except OSError as error:
            if error.errno in _NO_DESCRIPTORS:
                time.sleep(_PAUSE_SECONDS)  # the accept loop would spin until one is free
            raise
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return client, address

    def verify_request(self, request: socket.socket, client_address: PeerAddress) -> bool:
        """Say whether a connection is served; judged before anything is read from it."""
        host = client_address[0]
        if not self.callers.admits_address(host):
            # From its own address it is most often `ListenerProbe`, several times a minute.
            is_own = host == request.getsockname()[0]
            _LOGGER.log(
                logging.DEBUG if is_own else logging.WARNING,
                "connection refused: %s is not a caller's address",
                host,
            )
            return False
        connection = self.connections.join(request, host)
        if connection is None:
            _LOGGER.warning("connection refused: too many from %s or in all", host)
            return False
        self._joined[request.fileno()] = connection
        return True

    def connection_of(self, request: socket.socket) -> Connection:
        """Return the connection that `verify_request` has counted."""
        return self._joined.pop(request.fileno())

    def service_actions(self) -> None:
        """Do without pynetdicom's collection of garbage, for which every association would wait."""

    def handle_error(self, request: socket.socket, client_address: PeerAddress) -> None:
        """Log what went wrong before an association was there; called while it is handled."""
        del request
        _LOGGER.exception("connection from %s failed", client_address[0])  # noqa: LOG004


class GuardedRequest(RequestHandler):  # type: ignore[misc]
    """Makes an association of a connection, in a thread of its own."""

    server: GuardedServer
    request: socket.socket

    def handle(self) -> None:
        """Shake hands where TLS is asked for, then serve the association to its end."""
        connection = self.server.connection_of(self.request)
        try:
            if self.server.tls is not None:
                if not self._says_something():
                    _LOGGER.debug("connection from %s ended before its first byte", connection.host)
                    return
                self.request = self._shake_hands(self.server.tls, connection)
            association = self._associate(connection)
            association.start()
            association.join()
        except OSError as error:  # ssl.SSLError is one
            _LOGGER.warning("connection from %s ended: %s", connection.host, error)
        finally:
            self.server.connections.leave(connection)
            connection.hang_up()
            connection.socket.close()

    def _says_something(self) -> bool:
        self.request.settimeout(self.server.limits.pdu_seconds)
        return bool(self.request.recv(1, socket.MSG_PEEK))

    def _shake_hands(self, tls: ssl.SSLContext, connection: Connection) -> ssl.SSLSocket:
        # The socket's own timeout is for one read; a peer may send a byte at a time.
        deadline = threading.Timer(self.server.limits.pdu_seconds, connection.hang_up)
        deadline.daemon = True
        deadline.start()
        try:
            client = tls.wrap_socket(self.request, server_side=True, do_handshake_on_connect=False)
            connection.socket = client
            client.settimeout(self.server.limits.pdu_seconds)
            client.do_handshake()
        finally:
            deadline.cancel()
        return client

    def _associate(self, connection: Connection) -> GuardedAssociation:
        server = self.server
        association = self._make_association(connection)
        association._server = server  # noqa: SLF001 - how active_associations finds it
        association.name = server.next_name()
        association.take_socket(self.request)
        acceptor = association.acceptor
        acceptor.ae_title = server.ae_title
        acceptor.address_info = self.local
        acceptor.maximum_length = self.ae.maximum_pdu_size
        acceptor.implementation_class_uid = self.ae.implementation_class_uid
        acceptor.implementation_version_name = self.ae.implementation_version_name
        association.requestor.address_info = self.remote
        for event, function in server.bindings:
            association.bind(event, function)
        evt.trigger(association, evt.EVT_CONN_OPEN, {"address": self.client_address})
        return association

    def _make_association(self, connection: Connection) -> GuardedAssociation:
        server = self.server
        common: dict[str, Any] = {
            "limits": server.limits,
            "budget": server.budget,
            "connection": connection,
            "draining": server.draining,
        }
        if server.begin_object is None:
            return GuardedAssociation(self.ae, **common)
        return FastAssociation(self.ae, begin_object=server.begin_object, **common)
