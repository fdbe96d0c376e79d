"""Whether the node's own listener takes associations."""

import socket
import time
from contextlib import suppress
from ipaddress import ip_address
from typing import Final

from triage_agent.adapters.dimse.callers import CallerRule
from triage_agent.adapters.dimse.destination import DimseDestination
from triage_agent.destination_settings import DestinationSettings
from triage_agent.errors import DestinationUnreachable
from triage_agent.settings import DicomSettings

_CONNECT_SECONDS: Final = 5.0


class ListenerProbe:
    """Calls the listener of this process, as a sender would.

    By C-ECHO where a title may call from this machine's own address without TLS; else only by a
    connection, for a peer's certificate is not ours to use and a refusal would fill the log.
    """

    def __init__(self, settings: DicomSettings, port: int) -> None:
        self._address = _own_address(settings.host), port
        title = None if settings.tls_ca else _title_that_may_call(settings, self._address[0])
        self._destination = (
            DimseDestination(
                DestinationSettings(
                    name="self",
                    host=self._address[0],
                    port=port,
                    ae_title=settings.ae_title,
                ),
                calling_ae_title=title,
            )
            if title is not None
            else None
        )

    @property
    def echoes(self) -> bool:
        """Whether a probe is a C-ECHO, and not only a connection."""
        return self._destination is not None

    def probe(self) -> float:
        """Return after how many seconds the listener answered. Raises DestinationUnreachable."""
        begun = time.monotonic()
        if self._destination is not None:
            self._destination.echo()
        else:
            try:
                socket.create_connection(self._address, _CONNECT_SECONDS).close()
            except OSError as error:
                raise DestinationUnreachable(f"no connection ({error.strerror})") from error
        return time.monotonic() - begun


def _own_address(host: str) -> str:
    """Return where a listener on `host` is reached from this machine."""
    with suppress(ValueError):
        address = ip_address(host)
        if address.is_unspecified:
            return "127.0.0.1" if address.version == 4 else "::1"  # noqa: PLR2004 (IPv4)
    return host


def _title_that_may_call(settings: DicomSettings, host: str) -> str | None:
    rule = CallerRule.of(settings.callers)
    titles = [settings.ae_title, *(caller.ae_title for caller in settings.callers)]
    with suppress(ValueError):
        address = str(ip_address("127.0.0.1" if host == "localhost" else host))
        return next((title for title in titles if rule.admits(title, address)), None)
    return None  # a name: the address that calls is not known
