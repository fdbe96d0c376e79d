"""Every test of the receive step runs twice: on whole objects, and on objects as they arrive."""

import pytest

from tests.fakes.receiving_node import Node


@pytest.fixture(params=[False, True], ids=["whole", "streamed"], autouse=True)
def streamed(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Say which way `Node.receive` takes."""
    chosen = bool(request.param)
    defaults = Node.__init__.__defaults__ or ()
    monkeypatch.setattr(Node.__init__, "__defaults__", (*defaults[:-2], chosen, defaults[-1]))
    return chosen
