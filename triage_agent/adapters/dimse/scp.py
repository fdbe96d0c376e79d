"""The Storage SCP: C-ECHO, and C-STORE that is acknowledged only after the receive step."""

import socket
import threading
import time
from typing import Any, Final

import structlog
from pynetdicom import AE, build_context, evt

from triage_agent.adapters.dimse.callers import CallerRule
from triage_agent.adapters.dimse.connections import Connections, MemoryBudget
from triage_agent.adapters.dimse.guards import GuardedAssociation, Limits
from triage_agent.adapters.dimse.listener import open_listener
from triage_agent.adapters.dimse.server import GuardedServer
from triage_agent.adapters.dimse.shared_associations import OwnAssociations
from triage_agent.adapters.dimse.store_service import Begins, Receives, StoreService
from triage_agent.adapters.dimse.tls import receiver_context
from triage_agent.dicom import sop_classes, transfer_syntaxes
from triage_agent.dicom.part10 import IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME
from triage_agent.settings import DicomSettings

Event = Any  # pynetdicom has no types

log = structlog.get_logger()

# Connections that have not associated yet, beyond the associations.
_WAITING_CONNECTIONS: Final = 32
# So many objects of the largest size may arrive at once, over all processes that receive, but at
# least one in each; a radiograph is a hundredth of one.
_LARGEST_OBJECTS: Final = 4
_ACCEPT_POLL_SECONDS: Final = 0.05
_DRAIN_POLL_SECONDS: Final = 0.02

# A-ASSOCIATE-RJ: result, source, reason (PS3.8 Table 9-21).
_CALLED_AE_TITLE_NOT_RECOGNIZED: Final = (1, 1, 7)
_CALLING_AE_TITLE_NOT_RECOGNIZED: Final = (1, 1, 3)
_LOCAL_LIMIT_EXCEEDED: Final = (2, 3, 2)
_NO_REASON_GIVEN: Final = (2, 2, 1)


class StorageScp:
    """Listens for associations and hands every object to the receive step.

    Raises SettingsInvalid where callers or TLS files do not hold.
    """

    def __init__(
        self,
        settings: DicomSettings,
        receive: Receives,
        begin: Begins | None = None,
        *,
        node: OwnAssociations | None = None,
    ) -> None:
        """Take the receive step, and how it takes an object while that arrives.

        Without `begin`, and by `settings.receive_path`, objects are collected in memory. `node`
        tells of the other receiver processes, with which the settings' limits are shared.
        """
        self._settings = settings
        self._service = StoreService(receive, begin)
        self._callers = CallerRule.of(settings.callers)
        self._tls = receiver_context(settings)
        self._connections = Connections(
            maximum=settings.maximum_associations + _WAITING_CONNECTIONS,
            maximum_per_address=settings.maximum_connections_per_address,
            node=node,
        )
        self._largest_objects = max(1, _LARGEST_OBJECTS // (node.processes if node else 1))
        self._server: GuardedServer | None = None

    @property
    def connections(self) -> int:
        """How many TCP connections are open."""
        return len(self._connections)

    def start(self, listener: socket.socket | None = None) -> int:
        """Listen and return the port; 0 in the settings lets the system choose. Raises OSError.

        A `listener` is the one of `listener.open_listener` that other processes listen on too.
        """
        settings = self._settings
        ae = AE(ae_title=settings.ae_title)
        ae.maximum_pdu_size = settings.maximum_pdu_bytes
        ae.implementation_class_uid = IMPLEMENTATION_CLASS_UID
        ae.implementation_version_name = IMPLEMENTATION_VERSION_NAME
        # Counted by ourselves: pynetdicom counts connections that never ask for anything too.
        ae.maximum_associations = 2**31
        server = GuardedServer(
            ae,
            listener or open_listener(settings.host, settings.port),
            ae_title=settings.ae_title,
            callers=self._callers,
            connections=self._connections,
            limits=Limits(
                maximum_pdu_bytes=settings.maximum_pdu_bytes,
                maximum_object_bytes=settings.maximum_object_bytes,
                idle_seconds=settings.idle_seconds,
                pdu_seconds=settings.pdu_seconds,
            ),
            budget=MemoryBudget(self._largest_objects * settings.maximum_object_bytes),
            tls=self._tls,
            bindings=(
                (evt.EVT_REQUESTED, self._on_request),
                (evt.EVT_C_STORE, self._service.serve),
            ),
            begin_object=self._service.begin if settings.receive_path == "fast" else None,
        )
        ae._servers.append(server)  # noqa: SLF001 - where its shutdown takes it from
        self._server = server
        threading.Thread(
            target=server.serve_forever,
            kwargs={"poll_interval": _ACCEPT_POLL_SECONDS},
            name="storage-scp",
            daemon=True,
        ).start()
        return int(server.server_address[1])

    def stop(self, grace_seconds: float = 5.0) -> None:
        """Accept no more, let a C-STORE in progress end, then end every association.

        What is still in progress after `grace_seconds` is aborted, unacknowledged.
        """
        if self._server is None:
            return
        server, self._server = self._server, None
        server.draining.set()
        server.shutdown()
        deadline = time.monotonic() + grace_seconds
        while server.associations and time.monotonic() < deadline:
            for association in server.associations:
                if not association.is_busy:
                    association.abort(block=False)
            time.sleep(_DRAIN_POLL_SECONDS)
        for association in server.associations:
            association.connection.hang_up()

    def _on_request(self, event: Event) -> None:
        # pynetdicom swallows what this raises and would go on to accept.
        try:
            rejection = self._judge(event.assoc)
        except Exception:
            log.exception("association request could not be judged")
            rejection = _NO_REASON_GIVEN
        if rejection is not None:
            event.assoc.acse.send_reject(*rejection)
            event.assoc.kill()

    def _judge(self, association: GuardedAssociation) -> tuple[int, int, int] | None:
        """Return why an association is rejected; None, its contexts set, if it is accepted."""
        request = association.requestor.primitive
        calling, called = request.calling_ae_title.strip(), request.called_ae_title.strip()
        host = association.connection.host
        rejection = None
        if called != self._settings.ae_title.strip():
            rejection = _CALLED_AE_TITLE_NOT_RECOGNIZED
        elif not self._callers.admits(calling, host):
            rejection = _CALLING_AE_TITLE_NOT_RECOGNIZED
        elif not self._connections.admit(
            association.connection, self._settings.maximum_associations
        ):
            rejection = _LOCAL_LIMIT_EXCEEDED
        if rejection is not None:
            log.warning(
                "association rejected", calling=calling, called=called, host=host, why=rejection
            )
            return rejection
        association.acceptor.supported_contexts = _accepted_contexts(
            request.presentation_context_definition_list
        )
        return None


def _accepted_contexts(proposed: list[Any]) -> list[Any]:
    """Return contexts for what a requestor proposes and we take, syntaxes in its own order.

    Where it proposes a class in several contexts, their syntaxes follow one another.
    """
    wanted: dict[str, list[str]] = {}
    for context in proposed:
        abstract = str(context.abstract_syntax)
        if abstract in sop_classes.ACCEPTED or abstract == sop_classes.VERIFICATION:
            wanted.setdefault(abstract, []).extend(map(str, context.transfer_syntax))
    return [
        build_context(abstract, list(accepted))
        for abstract, syntaxes in wanted.items()
        if (accepted := transfer_syntaxes.acceptable(syntaxes))
    ]
