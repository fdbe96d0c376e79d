"""The node and its peers as receivers: each takes objects and shows that it has them."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pydicom

from tests.acceptance.node import Node
from tests.benchmarks.copies import StudyFiles
from tests.peers.dcmtk import StoreSCP, nagle_free, start_storescp
from tests.peers.orthanc import Orthanc, start_orthanc
from tests.peers.pynetdicom_storescp import start_pynetdicom_storescp
from triage_agent.receive.receipt import object_digest

LARGE_PDU, SMALL_PDU = 131_072, 16_384  # the largest that dcmtk knows, and what it announces


class Receiver(Protocol):
    """Something that takes objects."""

    port: int
    ae_title: str
    pid: int

    def check_and_forget(self, studies: Sequence[StudyFiles]) -> None:
        """Fail unless it has kept these objects; then let it be rid of them."""
        ...


@dataclass
class NodeReceiver:
    """This node: every object has a row that is due, and is kept whole."""

    node: Node
    ae_title: str = "TRIAGE"

    @property
    def port(self) -> int:
        return self.node.port

    @property
    def pid(self) -> int:
        return self.node.roles()["receive"]

    def check_and_forget(self, studies: Sequence[StudyFiles]) -> None:
        sent = {uid for study in studies for uid in study.SOPInstanceUIDs}
        asked = "SELECT SOPInstanceUID, state, location, digest, size_bytes FROM instance"
        mine = [row for row in self.node.query(asked) if row[0] in sent]
        assert len(mine) == len(sent)
        for _, state, location, digest, size_bytes in mine:
            path = self.node.folder / "data" / location
            assert state == "received"
            assert path.stat().st_size == size_bytes
            assert _digest(path) == digest
            path.unlink()  # gigabytes would come together


class StorescpReceiver:
    """dcmtk's storescp, or pynetdicom's: it has kept so many files."""

    def __init__(self, peer: StoreSCP) -> None:
        self._peer = peer
        self.port, self.ae_title, self.pid = peer.port, peer.ae_title, peer.pid

    def check_and_forget(self, studies: Sequence[StudyFiles]) -> None:
        assert len(self._peer.files()) == sum(len(study.paths) for study in studies)
        for path in self._peer.files():
            path.unlink()


class OrthancReceiver:
    """Orthanc: it has so many instances."""

    def __init__(self, peer: Orthanc) -> None:
        self._peer = peer
        self.port, self.ae_title, self.pid = peer.dicom_port, peer.ae_title, peer.pid

    def check_and_forget(self, studies: Sequence[StudyFiles]) -> None:
        counted = int(self._peer.get("/statistics")["CountInstances"])
        assert counted == sum(len(study.paths) for study in studies)
        for patient in self._peer.get("/patients"):
            self._peer.delete(f"/patients/{patient}")


NODE, STORESCP, TUNED_STORESCP = "node", "storescp", "storescp --max-pdu 131072"
ORTHANC, PYNETDICOM = "Orthanc", "pynetdicom storescp"


@contextmanager
def running_receivers(node: Node, folder: Path) -> Iterator[dict[str, Receiver]]:
    """Start all; the node runs the role that receives only, since no peer does more."""
    forking = ["+xa", "--fork"]
    tuned = [*forking, "--max-pdu", str(LARGE_PDU)]
    node.start(roles=["receive"])
    with ExitStack() as running:
        storescp = running.enter_context(start_storescp(folder / "storescp", extra=forking))
        large = running.enter_context(start_storescp(folder / "tuned", extra=tuned))
        orthanc = running.enter_context(
            start_orthanc(
                folder / "orthanc",
                overrides={"MaximumPduLength": LARGE_PDU},
                environment=nagle_free(),
            )
        )
        pynetdicom = running.enter_context(
            start_pynetdicom_storescp(folder / "pynetdicom", maximum_pdu_bytes=LARGE_PDU)
        )
        yield {
            NODE: NodeReceiver(node),
            STORESCP: StorescpReceiver(storescp),
            TUNED_STORESCP: StorescpReceiver(large),
            ORTHANC: OrthancReceiver(orthanc),
            PYNETDICOM: StorescpReceiver(pynetdicom),
        }


def _digest(path: Path) -> str:
    syntax = pydicom.filereader.read_file_meta_info(path).TransferSyntaxUID
    part10 = path.read_bytes()
    length = int.from_bytes(part10[140:144], "little")  # (0002,0000) UL stands first
    return object_digest(memoryview(part10)[144 + length :], syntax)
