"""What each role tells of itself while it runs; the administrator's page reads it."""

import os
import socket
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from triage_agent.adapters.processes.heartbeat import Heartbeat
from triage_agent.domain.node_health import RoleBeat
from triage_agent.errors import DestinationUnreachable

if TYPE_CHECKING:
    from triage_agent.composition import Node
    from triage_agent.receive.arrivals import ArrivalCounter

# Four roles commit as often; receiving waits for none of them longer than for another image.
BEAT_SECONDS = 10.0
_BEAT_STOP_SECONDS = 1.0
_PROBE_SECONDS = 30.0  # an association with oneself costs some milliseconds


class SignsOfLife:
    """One role's beat: that it lives, and what it says of itself.

    With `arrivals` it takes along what came and how much of the store is free; with `probe`
    whether the listener answers.
    """

    def __init__(
        self,
        node: "Node",
        role: str,
        facts: Mapping[str, Any],
        *,
        arrivals: "ArrivalCounter | None" = None,
        probe: Callable[[], float] | None = None,
    ) -> None:
        self._node = node
        self._role = role
        self._facts = dict(facts)
        self._arrivals = arrivals
        self._probe = probe
        self._probe_at = 0.0
        self._host = socket.gethostname()
        self._started_at = node.clock.now()

    def beat(self) -> None:
        """Record a sign of life. Raises what the database raises; arrivals are kept then."""
        self._look_at_listener()
        came = self._arrivals.take() if self._arrivals is not None else ()
        free_bytes = self._node.store.free_bytes() if self._arrivals is not None else None
        try:
            self._node.health.beat(
                RoleBeat(
                    role=self._role,
                    host=self._host,
                    pid=os.getpid(),
                    started_at=self._started_at,
                    beat_at=self._node.clock.now(),
                    facts=self._facts,
                ),
                arrivals=came,
                free_bytes=free_bytes,
            )
        except BaseException:
            if self._arrivals is not None:
                self._arrivals.give_back(came)
            raise

    def _look_at_listener(self) -> None:
        if self._probe is None or time.monotonic() < self._probe_at:
            return
        self._probe_at = time.monotonic() + _PROBE_SECONDS
        for fact in ("listener_seconds", "listener_error"):
            self._facts.pop(fact, None)
        try:
            self._facts["listener_seconds"] = self._probe()
        except DestinationUnreachable as error:
            self._facts["listener_error"] = str(error)


def beat_until_the_end(ending: ExitStack, signs: SignsOfLife) -> None:
    """Give signs of life, from now until `ending` is closed."""
    heartbeat = Heartbeat(signs.beat, BEAT_SECONDS)
    heartbeat.start()
    ending.callback(heartbeat.stop, _BEAT_STOP_SECONDS)


def day_here(at: datetime) -> date:
    """Return the day of an instant where this machine stands."""
    return at.astimezone().date()
