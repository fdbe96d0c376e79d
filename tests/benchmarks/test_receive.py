"""Receiving: the real node against its peers, with the same senders, in the same rounds.

The node acknowledges after fsync and commit; the peers write and leave the rest to the system. All
run with TCP_NODELAY. storescp forks for each association; it announces PDUs of 16 KiB unless told
otherwise, which the sender then keeps to, so it takes part twice. All others announce 128 KiB.
"""

import os
import shutil
import statistics
import time
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from pydicom import Dataset

from dicom_fixtures import synthetic_study
from tests.acceptance.node import Node
from tests.benchmarks.copies import VIEWS, StudyFiles, write_copies
from tests.benchmarks.figures import FULL, Figure, Figures
from tests.benchmarks.receivers import (
    LARGE_PDU,
    NODE,
    ORTHANC,
    PYNETDICOM,
    SMALL_PDU,
    STORESCP,
    TUNED_STORESCP,
    Receiver,
    running_receivers,
)
from tests.benchmarks.spent import cpu_seconds, resident_megabytes
from tests.peers.dcmtk import storescu

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(1800)]

ROUNDS = 3 if FULL else 1
STUDIES = 20 if FULL else 4
SLOW_STUDIES = 8 if FULL else 2  # for those who would take minutes; rates are compared
SHAPES = ((1280, 960), (1792, 1344), (2048, 1536))  # of 16 bits: 2.5, 4.8 and 6.3 MB
SLOW = (ORTHANC, PYNETDICOM)
SECTION = "Receiving"


@dataclass(frozen=True)
class Load:
    """How the objects are sent."""

    senders: int
    pdu_bytes: int
    per_study: bool = False

    def __str__(self) -> str:
        plural = "s" if self.senders > 1 else ""
        association = "study" if self.per_study else "sender"
        pdu = f"PDU {self.pdu_bytes // 1024} KiB"
        return f"{self.senders} sender{plural}, {pdu}, an association per {association}"

    def seconds_to_send(self, studies: Sequence[StudyFiles], port: int, called: str) -> float:
        """Send all, each sender its share; fail if any is not taken."""
        extra = ["--max-send-pdu", str(self.pdu_bytes)]
        shares = [studies[sender :: self.senders] for sender in range(self.senders)]

        def send(share: Sequence[StudyFiles]) -> None:
            associations = (
                [study.paths for study in share]
                if self.per_study
                else [[path for study in share for path in study.paths]]
            )
            for paths in associations:
                storescu(paths, "127.0.0.1", port, called, extra=extra)

        os.sync()  # so that nobody waits for what was written before
        with ThreadPoolExecutor(self.senders) as threads:
            begun = time.perf_counter()
            for sent in [threads.submit(send, share) for share in shares if share]:
                sent.result()
            return time.perf_counter() - begun


LOADS = (
    *(Load(senders, LARGE_PDU) for senders in (1, 4, 8)),
    *(Load(senders, SMALL_PDU) for senders in (1, 4)),
    Load(4, LARGE_PDU, per_study=True),
)
QUICK_LOADS = (Load(4, LARGE_PDU), Load(1, SMALL_PDU, per_study=True))


@dataclass
class Measured:
    """Of one receiver under one load, a value for each round."""

    rates: list[float] = field(default_factory=list)  # objects a second
    cpu: list[float] = field(default_factory=list)  # seconds a gigabyte


def test_receiving_against_its_peers(node: Node, scratch: Path, figures: Figures) -> None:
    originals = [
        synthetic_study(seed, views=1, rows=rows, columns=columns).datasets[0]
        for seed, (rows, columns) in enumerate(SHAPES, start=51)
    ]
    loads = LOADS if FULL else QUICK_LOADS
    found: defaultdict[Load, defaultdict[str, Measured]] = defaultdict(
        lambda: defaultdict(Measured)
    )
    memory: defaultdict[str, float] = defaultdict(float)
    with running_receivers(node, scratch) as receivers:
        for number in range(ROUNDS):
            for load in loads:
                studies = _studies(originals, scratch / "sent", f"round {number}, {load}")
                for name in sorted(receivers, reverse=number % 2 == 1):
                    share = studies[:SLOW_STUDIES] if name in SLOW else studies
                    _measure(load, share, receivers[name], found[load][name])
                    taken = resident_megabytes(receivers[name].pid)
                    memory[name] = max(memory[name], taken)
                shutil.rmtree(scratch / "sent")
    received = STUDIES * VIEWS * len(loads) * ROUNDS
    assert node.query("SELECT count(*) FROM instance") == [(received,)]
    assert node.stop() == 0
    assert memory[NODE] < 200
    _tell(figures, found, memory)


def _studies(originals: Sequence[Dataset], folder: Path, label: str) -> list[StudyFiles]:
    return write_copies(originals, folder, label, STUDIES)


def _measure(load: Load, studies: Sequence[StudyFiles], receiver: Receiver, into: Measured) -> None:
    size = sum(path.stat().st_size for study in studies for path in study.paths)
    before = cpu_seconds(receiver.pid)
    seconds = load.seconds_to_send(studies, receiver.port, receiver.ae_title)
    into.cpu.append((cpu_seconds(receiver.pid) - before) / (size / 1e9))
    into.rates.append(len(studies) * VIEWS / seconds)
    receiver.check_and_forget(studies)


def _tell(
    figures: Figures,
    found: dict[Load, defaultdict[str, Measured]],
    memory: dict[str, float],
) -> None:
    peers = (STORESCP, TUNED_STORESCP, ORTHANC, PYNETDICOM)
    for load, measured in found.items():
        rates = {name: statistics.median(each.rates) for name, each in measured.items()}
        cpu = {name: statistics.median(each.cpu) for name, each in measured.items()}
        theirs = {name: rates[name] for name in peers}
        figures.add(SECTION, Figure(f"{load}", "objects/s", rates[NODE], theirs))
        if load in (LOADS[1], LOADS[3]):
            theirs = {name: cpu[name] for name in peers}
            what = f"processor time: {load}"
            figures.add(SECTION, Figure(what, "s/GB", cpu[NODE], theirs, higher_is_better=False))
    theirs = {name: memory[name] for name in peers}
    what = "memory of all its processes, at most after any load"
    figures.add(SECTION, Figure(what, "MB", memory[NODE], theirs, higher_is_better=False))
    figures.note(
        SECTION,
        f"{STUDIES * VIEWS} objects of 2.5 to 6.3 MB each time, sent by storescu, medians of "
        f"{ROUNDS} rounds in turn; {SLOW_STUDIES * VIEWS} objects to {' and '.join(SLOW)}. The "
        "node answers after fsync and commit, its peers leave that to the system. All run with "
        "TCP_NODELAY and announce PDUs of 128 KiB, but storescp 16 KiB unless told otherwise.",
    )
