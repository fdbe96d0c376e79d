import socket
from collections.abc import Callable, Iterator

import pytest

from triage_agent.adapters.dimse.connections import Connection, Connections, MemoryBudget

Pair = tuple[socket.socket, socket.socket]


@pytest.fixture
def pair() -> Iterator[Callable[[], Pair]]:
    made: list[socket.socket] = []

    def make() -> Pair:
        ends = socket.socketpair()
        made.extend(ends)
        return ends

    yield make
    for end in made:
        end.close()


def join(connections: Connections, pair: Callable[[], Pair], host: str) -> Connection | None:
    return connections.join(pair()[0], host)


def test_the_oldest_waiting_connection_of_an_address_makes_room(
    pair: Callable[[], Pair],
) -> None:
    connections = Connections(maximum=10, maximum_per_address=2)
    near, far = pair()
    first = connections.join(near, "a")
    second = join(connections, pair, "a")

    third = join(connections, pair, "a")

    assert None not in (first, second, third)
    assert far.recv(1) == b""  # hung up
    assert len(connections) == 2


def test_associations_make_no_room(pair: Callable[[], Pair]) -> None:
    connections = Connections(maximum=10, maximum_per_address=1)
    held = join(connections, pair, "a")
    assert held is not None
    assert connections.admit(held, 5)

    assert join(connections, pair, "a") is None
    assert join(connections, pair, "b") is not None
    connections.leave(held)
    assert join(connections, pair, "a") is not None


def test_all_places_together_are_limited(pair: Callable[[], Pair]) -> None:
    connections = Connections(maximum=2, maximum_per_address=2)
    for host in "ab":
        held = join(connections, pair, host)
        assert held is not None
        connections.admit(held, 5)

    assert join(connections, pair, "c") is None


def test_only_so_many_associations_are_admitted(pair: Callable[[], Pair]) -> None:
    connections = Connections(maximum=10, maximum_per_address=10)
    one, two = (join(connections, pair, "a") for _ in range(2))
    assert one is not None
    assert two is not None

    assert connections.admit(one, 1)
    assert not connections.admit(two, 1)
    connections.leave(one)
    assert connections.admit(two, 1)


def test_memory_is_lent_while_there_is_some() -> None:
    budget = MemoryBudget(10)

    assert budget.take(6)
    assert not budget.take(5)
    assert budget.take(4)
    budget.give_back(10)
    assert budget.free_bytes == 10
