"""Several processes receive on one port."""

import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.acceptance.node import Node, eventually
from tests.encoded_objects import DX, EXPLICIT, encoded, make_dataset
from tests.pdus import ASSOCIATE_AC, RawPeer, store_rq

pytestmark = pytest.mark.acceptance

PROCESSES = 2


def receivers(node: Node) -> list[int]:
    """Return the processes that the one of the role has forked."""
    pid = node.roles().get("receive", 0)
    try:
        return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except FileNotFoundError:
        return []


def sockets_of(pid: int) -> Iterator[str]:
    for each in Path(f"/proc/{pid}/fd").iterdir():
        try:
            yield str(each.readlink())
        except FileNotFoundError:  # closed meanwhile
            continue


def owner(peer: RawPeer, pids: list[int]) -> int:
    """Return the process at the other end of a peer's connection."""
    port = f"{peer.socket.getsockname()[1]:04X}"
    (inode,) = (
        words[9]
        for line in Path("/proc/net/tcp").read_text().splitlines()[1:]
        if (words := line.split())[2].endswith(f":{port}")
    )
    return next(pid for pid in pids if f"socket:[{inode}]" in sockets_of(pid))


def object_of(number: int) -> tuple[str, bytes]:
    uid = f"1.2.826.0.1.3680043.8.498.77.{number}"
    dataset = make_dataset(
        SOPInstanceUID=uid,
        StudyInstanceUID=f"{uid}.1",
        PixelData=bytes(2 * 512 * 1024),
        Rows=512,
        Columns=1024,
    )
    return uid, encoded(dataset)


class Sender:
    """An association that is in the middle of an object, with one acknowledged before it."""

    def __init__(self, port: int, number: int) -> None:
        self.peer = RawPeer(port)
        assert self.peer.associate((DX, (EXPLICIT,))) == ASSOCIATE_AC
        self.acknowledged, content = object_of(2 * number)
        self.peer.send(store_rq(DX, self.acknowledged, content))
        assert self.peer.status() == 0
        self.sending, content = object_of(2 * number + 1)
        whole = store_rq(DX, self.sending, content)
        self.peer.send(whole[:700_000])
        self.rest = whole[700_000:]


def test_one_that_is_killed_within_an_object_loses_nothing_that_was_acknowledged(make_node):
    node = make_node(dicom__processes=PROCESSES)
    node.start(roles=["receive", "web"])
    pids = eventually(lambda: found if len(found := receivers(node)) == PROCESSES else [])
    with ExitStack() as open_peers:
        senders: list[tuple[Sender, int]] = []
        # The one with fewer connections takes the next; it may be slow to.
        while len({pid for _, pid in senders}) < PROCESSES:
            assert len(senders) < 16, "one process takes all"
            sender = Sender(node.port, len(senders))
            open_peers.enter_context(sender.peer)
            senders.append((sender, owner(sender.peer, pids)))
        killed = senders[0][1]

        os.kill(killed, signal.SIGKILL)

        for sender, pid in senders:
            if pid == killed:
                assert sender.peer.is_closed_within(10)
            else:
                sender.peer.send(sender.rest)
                assert sender.peer.status() == 0
        # The killed one stays among them until it is reaped.
        now = eventually(
            lambda: (
                found if len(found := receivers(node)) == PROCESSES and killed not in found else []
            ),
            seconds=30,
        )
        assert set(pids) - {killed} == set(now) & set(pids)

        lost = senders[0][0]
        with RawPeer(node.port) as again:
            assert again.associate((DX, (EXPLICIT,))) == ASSOCIATE_AC
            uid, content = object_of(1)
            assert uid == lost.sending
            again.send(store_rq(DX, uid, content))
            assert again.status() == 0
    expected = {each.acknowledged for each, _ in senders} | {lost.sending}
    expected |= {each.sending for each, pid in senders if pid != killed}
    rows = node.query("SELECT SOPInstanceUID, location, size_bytes FROM instance")
    assert {uid for uid, *_ in rows} == expected
    for _, location, size_bytes in rows:
        assert (node.folder / "data" / location).stat().st_size == size_bytes
    assert node.query("PRAGMA integrity_check") == [("ok",)]
    beating = node.query("SELECT role FROM role_heartbeat WHERE role LIKE 'receive%'")
    assert {role for (role,) in beating} == {"receive", "receive 2"}
    assert node.stop() == 0


def test_the_limits_hold_for_all_processes_together(make_node):
    node = make_node(dicom__processes=PROCESSES, dicom__maximum_associations=3)
    node.start(roles=["receive"])
    # Each process calls the node itself when it begins, and takes a place for a moment.
    eventually(
        lambda: (
            node.query("SELECT count(*) FROM role_heartbeat WHERE facts LIKE '%listener_seconds%'")
            == [(PROCESSES,)]
        )
    )
    with ExitStack() as held:
        for _ in range(3):
            assert held.enter_context(RawPeer(node.port)).associate() == ASSOCIATE_AC
        for _ in range(4):
            with RawPeer(node.port) as refused:
                assert refused.associate() != ASSOCIATE_AC
    eventually(lambda: _is_accepted(node.port))
    assert node.stop() == 0


def _is_accepted(port: int) -> bool:
    with RawPeer(port) as peer:
        return peer.associate() == ASSOCIATE_AC
