"""Two receiver processes of one node, each with its own connections and the limits of both."""

import socket
from collections.abc import Iterator

import pytest

from tests.fakes.receive_step import FakeReceiveStep
from triage_agent.adapters.dimse.connections import Connection, Connections
from triage_agent.adapters.dimse.scp import StorageScp
from triage_agent.adapters.dimse.shared_associations import SharedAssociations
from triage_agent.settings import DicomSettings


class Process:
    """The connections of one process."""

    def __init__(self, shared: SharedAssociations, number: int, maximum: int, per_host: int):
        self.connections = Connections(
            maximum=maximum, maximum_per_address=per_host, node=shared.part(number)
        )
        self.ends: list[socket.socket] = []

    def join(self, host: str) -> Connection | None:
        near, far = socket.socketpair()
        self.ends += [near, far]
        return self.connections.join(near, host)

    def associate(self, host: str, maximum: int = 100) -> bool:
        joined = self.join(host)
        return joined is not None and self.connections.admit(joined, maximum)

    def is_busier(self) -> bool:
        return self.connections.is_busier_than_another_process()


class Node:
    """Two processes."""

    def __init__(self, maximum: int = 10, per_host: int = 10) -> None:
        self.shared = SharedAssociations(processes=2, places=10)
        self.one, self.two = (Process(self.shared, each, maximum, per_host) for each in (0, 1))


@pytest.fixture
def make_node() -> Iterator[type[Node]]:
    made: list[Node] = []

    class Kept(Node):
        def __init__(self, maximum: int = 10, per_host: int = 10) -> None:
            super().__init__(maximum, per_host)
            made.append(self)

    yield Kept
    for node in made:
        for end in (*node.one.ends, *node.two.ends):
            end.close()


def test_associations_of_all_processes_count(make_node: type[Node]) -> None:
    node = make_node()

    assert node.one.associate("a", maximum=2)
    assert node.two.associate("b", maximum=2)
    assert not node.one.associate("c", maximum=2)
    assert not node.two.associate("c", maximum=2)


def test_associations_of_one_address_count_wherever_they_are(make_node: type[Node]) -> None:
    node = make_node(per_host=2)

    assert node.one.associate("a")
    assert node.two.associate("a")
    assert node.one.join("a") is None
    assert node.two.join("a") is None
    assert node.one.associate("b")


def test_two_that_wait_cannot_both_take_the_last_place_of_an_address(
    make_node: type[Node],
) -> None:
    node = make_node(per_host=1)
    first, second = node.one.join("a"), node.two.join("a")
    assert first is not None
    assert second is not None

    assert node.one.connections.admit(first, 100)
    assert not node.two.connections.admit(second, 100)


def test_connections_that_wait_elsewhere_lock_nobody_out(make_node: type[Node]) -> None:
    node = make_node(per_host=2)
    for _ in range(2):
        assert node.one.join("a")

    assert node.two.associate("a")


def test_a_place_is_free_again_when_an_association_ends(make_node: type[Node]) -> None:
    node = make_node(per_host=1)
    held = node.one.join("a")
    assert held is not None
    assert node.one.connections.admit(held, 100)

    node.one.connections.leave(held)

    assert node.two.associate("a")


def test_what_a_killed_process_held_is_forgotten(make_node: type[Node]) -> None:
    node = make_node(per_host=1)
    assert node.one.associate("a")

    node.shared.clear(0)

    assert node.two.associate("a")


def test_the_process_with_more_connections_lets_the_other_go_first(make_node: type[Node]) -> None:
    node = make_node()
    assert not node.one.is_busier()

    node.one.join("a")

    assert node.one.is_busier()
    assert not node.two.is_busier()
    node.two.join("a")
    assert not node.one.is_busier()


def test_one_process_alone_is_never_the_busier_one(make_node: type[Node]) -> None:
    del make_node
    alone = Connections(maximum=2, maximum_per_address=2)
    near, far = socket.socketpair()
    with near, far:
        assert alone.join(near, "a")
        assert not alone.is_busier_than_another_process()


@pytest.mark.parametrize(("processes", "objects"), [(1, 4), (2, 2), (4, 1), (8, 1)])
def test_the_processes_share_the_memory_for_objects_that_arrive(
    processes: int, objects: int
) -> None:
    part = SharedAssociations(processes=processes, places=10).part(0)
    scp = StorageScp(DicomSettings(port=0), FakeReceiveStep(), node=part)
    scp.start()
    assert scp._server is not None
    assert scp._server.budget.free_bytes == objects * DicomSettings().maximum_object_bytes
    scp.stop(0.0)
