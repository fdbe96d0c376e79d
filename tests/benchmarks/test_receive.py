"""Receiving: the real node against dcmtk's storescp, with the same sender, in the same rounds.

The node acknowledges after fsync and commit; storescp writes and leaves the rest to the system.
All run with TCP_NODELAY, and storescp forks for each association. It announces PDUs of 16 KiB
unless told otherwise, which the sender then keeps to; so it is told otherwise in a second column.
"""

import hashlib
import os
import re
import shutil
import statistics
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pydicom
import pytest

from dicom_fixtures import synthetic_study
from tests.acceptance.node import Node
from tests.benchmarks.copies import VIEWS, StudyFiles, write_copies
from tests.peers.dcmtk import StoreSCP, start_storescp, storescu

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(900)]

ROUNDS = 3
STUDIES = 20
OBJECTS = STUDIES * VIEWS
SHAPES = ((1280, 960), (1792, 1344), (2048, 1536))  # of 16 bits: 2.5, 4.8 and 6.3 MB
LARGE_PDU, SMALL_PDU = 131_072, 16_384  # the largest that dcmtk knows, and what it announces
NODE, PEER, TUNED_PEER = "node, durable", "storescp", "storescp --max-pdu"


@dataclass(frozen=True)
class Load:
    """How the objects are sent."""

    senders: int
    pdu_bytes: int

    def __str__(self) -> str:
        plural = "s" if self.senders > 1 else ""
        return f"{self.senders} sender{plural}, PDU at most {self.pdu_bytes // 1024} KiB"

    def seconds_to_send(self, studies: Sequence[StudyFiles], port: int, called: str) -> float:
        """Send all, each sender its share over one association; fail if any is not taken."""
        extra = ["--max-send-pdu", str(self.pdu_bytes)]
        shares = [
            [path for study in studies[sender :: self.senders] for path in study.paths]
            for sender in range(self.senders)
        ]
        os.sync()  # so that nobody waits for what was written before
        with ThreadPoolExecutor(self.senders) as threads:
            begun = time.perf_counter()
            sending = [
                threads.submit(storescu, share, "127.0.0.1", port, called, extra=extra)
                for share in shares
            ]
            for each in sending:
                each.result()
            return time.perf_counter() - begun


LOADS = (Load(1, LARGE_PDU), Load(4, LARGE_PDU), Load(1, SMALL_PDU))
Receiver = Callable[[Load, Sequence[StudyFiles]], float]
Rounds = dict[str, list[float]]  # the seconds of each round, by receiver


def test_receiving_against_storescp(
    node: Node, scratch: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    originals = [
        synthetic_study(seed, views=1, rows=rows, columns=columns).datasets[0]
        for seed, (rows, columns) in enumerate(SHAPES, start=51)
    ]
    node.start(roles=["receive"])
    forking = ["+xa", "--fork"]
    tuned = [*forking, "--max-pdu", str(LARGE_PDU)]
    results: dict[Load, Rounds] = {load: {} for load in LOADS}
    with (
        start_storescp(scratch / "peer", extra=forking) as peer,
        start_storescp(scratch / "tuned", extra=tuned) as tuned_peer,
    ):
        receivers: dict[str, Receiver] = {
            NODE: lambda load, studies: to_node(node, load, studies),
            PEER: lambda load, studies: to_peer(peer, load, studies),
            TUNED_PEER: lambda load, studies: to_peer(tuned_peer, load, studies),
        }
        for number in range(ROUNDS):
            for load in LOADS:
                folder = scratch / "sent"
                studies = write_copies(originals, folder, f"round {number}, {load}", STUDIES)
                for name in sorted(receivers, reverse=number % 2 == 1):
                    seconds = receivers[name](load, studies)
                    results[load].setdefault(name, []).append(seconds)
                size = sum(path.stat().st_size for study in studies for path in study.paths)
                shutil.rmtree(folder)
    assert node.query("SELECT count(*) FROM instance") == [(OBJECTS * len(LOADS) * ROUNDS,)]
    assert node.query("SELECT count(*) FROM study") == [(STUDIES * len(LOADS) * ROUNDS,)]
    status = Path(f"/proc/{node.roles()['receive']}/status").read_text()
    memory = _megabytes(status, "VmRSS"), _megabytes(status, "VmHWM")
    assert node.stop() == 0
    with capsys.disabled():
        print(_table(results, size / OBJECTS, memory))  # noqa: T201 (what a benchmark is for)


def to_node(node: Node, load: Load, studies: Sequence[StudyFiles]) -> float:
    """Return how long the node takes; each object has a row that is due, and is kept whole."""
    taken = load.seconds_to_send(studies, node.port, "TRIAGE")
    sent = {uid for study in studies for uid in study.SOPInstanceUIDs}
    rows = node.query("SELECT SOPInstanceUID, state, location, digest, size_bytes FROM instance")
    mine = [row for row in rows if row[0] in sent]
    assert len(mine) == len(sent) == OBJECTS
    for _, state, location, digest, size_bytes in mine:
        path = node.folder / "data" / location
        assert state == "received"
        assert path.stat().st_size == size_bytes
        assert _digest(path) == digest
        path.unlink()  # gigabytes would come together
    return taken


def to_peer(peer: StoreSCP, load: Load, studies: Sequence[StudyFiles]) -> float:
    """Return how long storescp takes; it has kept so many files."""
    taken = load.seconds_to_send(studies, peer.port, peer.ae_title)
    assert len(peer.files()) == OBJECTS
    for path in peer.files():
        path.unlink()
    return taken


def _digest(path: Path) -> str:
    syntax = pydicom.filereader.read_file_meta_info(path).TransferSyntaxUID
    part10 = path.read_bytes()
    length = int.from_bytes(part10[140:144], "little")  # (0002,0000) UL stands first
    digest = hashlib.sha256(syntax.encode("ascii"))
    digest.update(memoryview(part10)[144 + length :])
    return digest.hexdigest()


def _megabytes(status: str, field: str) -> float:
    found = re.search(rf"^{field}:\s+(\d+) kB", status, re.MULTILINE)
    assert found is not None
    return int(found[1]) / 1024


def _table(
    results: dict[Load, Rounds], object_bytes: float, memory_megabytes: tuple[float, float]
) -> str:
    columns = f"{NODE:>14}{PEER:>10}{'ratio':>7}{TUNED_PEER:>20}{'ratio':>7}"
    lines = [
        f"\nreceiving {OBJECTS} objects of {object_bytes / 1e6:.1f} MB, medians of {ROUNDS} rounds",
        f"  {'instances/s':32}{columns}",
    ]
    for load, rounds in results.items():
        node, peer, tuned = (
            OBJECTS / statistics.median(rounds[name]) for name in (NODE, PEER, TUNED_PEER)
        )
        figures = f"{node:14.1f}{peer:10.1f}{node / peer:7.2f}{tuned:20.1f}{node / tuned:7.2f}"
        lines.append(f"  {load!s:32}{figures}")
    now, most = memory_megabytes
    lines.append(f"  resident memory of the node's receiver: {now:.0f} MB, {most:.0f} MB at most")
    return "\n".join(lines)
