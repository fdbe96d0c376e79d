"""A running StorageScp on loopback, and waiting with a deadline."""

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.fakes.receive_step import FakeReceiveStep
from triage_agent.adapters.dimse.scp import StorageScp
from triage_agent.adapters.dimse.store_service import Receives
from triage_agent.settings import DicomSettings

Serve = Callable[..., tuple[StorageScp, int]]
Eventually = Callable[[Callable[[], bool]], None]

_DEADLINE_SECONDS = 20.0


@pytest.fixture(params=["fast", "library"])
def serve(request: pytest.FixtureRequest) -> Iterator[Serve]:
    """Start SCPs with settings over the defaults of a test, in turn on either receive path.

    All are stopped at the end.
    """
    started: list[StorageScp] = []

    def start(receive: Receives | None = None, **settings: Any) -> tuple[StorageScp, int]:
        values: dict[str, Any] = {"port": 0, "idle_seconds": 20.0, "pdu_seconds": 10.0}
        values["receive_path"] = request.param
        scp = StorageScp(DicomSettings(**(values | settings)), receive or FakeReceiveStep())
        port = scp.start()
        started.append(scp)
        return scp, port

    yield start
    for scp in started:
        scp.stop(grace_seconds=1.0)


@pytest.fixture
def eventually() -> Eventually:
    """Wait until something holds, or fail at a deadline."""

    def wait(holds: Callable[[], bool]) -> None:
        deadline = time.monotonic() + _DEADLINE_SECONDS
        pause = threading.Event()
        while not holds():
            assert time.monotonic() < deadline, "it did not come true in time"
            pause.wait(0.01)

    return wait
