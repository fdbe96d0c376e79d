"""Receiving: the real node against dcmtk's storescp, with the same sender, in the same rounds.

The node acknowledges after fsync and commit; storescp writes and leaves the rest to the system.
Both run with TCP_NODELAY, and storescp forks for each association.
"""

import hashlib
import os
import re
import shutil
import statistics
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pydicom
import pytest

from dicom_fixtures import synthetic_study
from tests.acceptance.node import Node
from tests.benchmarks.copies import VIEWS, StudyFiles, write_copies
from tests.peers.dcmtk import start_storescp, storescu

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(900)]

ROUNDS = 1
STUDIES = 4
OBJECTS = STUDIES * VIEWS
SHAPES = ((1280, 960), (1792, 1344), (2048, 1536))  # of 16 bits: 2.5, 4.8 and 6.3 MB
LARGE_PDU, SMALL_PDU = 131_072, 16_384  # the largest that dcmtk knows, and what it announces


@dataclass(frozen=True)
class Load:
    """How the objects are sent."""

    senders: int
    pdu_bytes: int

    def __str__(self) -> str:
        plural = "s" if self.senders > 1 else ""
        return f"{self.senders} sender{plural}, {self.pdu_bytes // 1024} KiB PDU"

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


def test_receiving_against_storescp(
    node: Node, scratch: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    originals = [
        synthetic_study(seed, views=1, rows=rows, columns=columns).datasets[0]
        for seed, (rows, columns) in enumerate(SHAPES, start=51)
    ]
    node.start(roles=["receive"])
    peer_options = ["+xa", "--fork", "--max-pdu", str(LARGE_PDU)]
    seconds: dict[Load, list[tuple[float, float]]] = {load: [] for load in LOADS}
    with start_storescp(scratch / "peer", extra=peer_options) as peer:

        def to_node(load: Load, studies: Sequence[StudyFiles]) -> float:
            taken = load.seconds_to_send(studies, node.port, "TRIAGE")
            everything_is_registered_and_kept(node, studies)
            return taken

        def to_peer(load: Load, studies: Sequence[StudyFiles]) -> float:
            taken = load.seconds_to_send(studies, peer.port, peer.ae_title)
            assert len(peer.files()) == OBJECTS
            for path in peer.files():
                path.unlink()
            return taken

        for number in range(ROUNDS):
            for load in LOADS:
                folder = scratch / "sent"
                studies = write_copies(originals, folder, f"round {number}, {load}", STUDIES)
                if number % 2:
                    theirs, ours = to_peer(load, studies), to_node(load, studies)
                else:
                    ours, theirs = to_node(load, studies), to_peer(load, studies)
                seconds[load].append((ours, theirs))
                size = sum(path.stat().st_size for study in studies for path in study.paths)
                shutil.rmtree(folder)
    assert node.query("SELECT count(*) FROM instance") == [(OBJECTS * len(LOADS) * ROUNDS,)]
    assert node.query("SELECT count(*) FROM study") == [(STUDIES * len(LOADS) * ROUNDS,)]
    status = Path(f"/proc/{node.roles()['receive']}/status").read_text()
    memory = _megabytes(status, "VmHWM"), _megabytes(status, "VmRSS")
    assert node.stop() == 0
    with capsys.disabled():
        print(_table(seconds, size / OBJECTS, memory))  # noqa: T201 (what a benchmark is for)


def everything_is_registered_and_kept(node: Node, studies: Sequence[StudyFiles]) -> None:
    """Check each acknowledged object: a row that is due, and a file with the digest of the row."""
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
    seconds: dict[Load, list[tuple[float, float]]],
    object_bytes: float,
    memory: tuple[float, float],
) -> str:
    lines = [
        f"\nreceiving {OBJECTS} objects of {object_bytes / 1e6:.1f} MB, medians of {ROUNDS} rounds",
        f"  {'instances/s':24}{'node, durable':>16}{'storescp':>12}{'ratio':>8}   rounds",
    ]
    for load, rounds in seconds.items():
        ours, theirs = (OBJECTS / statistics.median(each) for each in zip(*rounds, strict=True))
        each_round = " ".join(f"{theirs / ours:.2f}" for ours, theirs in rounds)
        lines.append(f"  {load!s:24}{ours:16.1f}{theirs:12.1f}{ours / theirs:8.2f}   {each_round}")
    lines.append(
        "  resident memory of the node's receiver: {:.0f} MB, at most {:.0f} MB".format(
            *reversed(memory)
        )
    )
    return "\n".join(lines)
