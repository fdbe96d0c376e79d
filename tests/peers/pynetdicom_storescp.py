"""pynetdicom's own storescp as a receiver."""

import os
import sys
from pathlib import Path

from tests.peers.dcmtk import StoreSCP, answers_echo
from tests.peers.ports import free_port
from tests.peers.process import PeerProcess


def start_pynetdicom_storescp(folder: Path, *, maximum_pdu_bytes: int) -> StoreSCP:
    """Start `python -m pynetdicom storescp` and wait until it answers; see `start_storescp`."""
    received = folder / "received"
    received.mkdir(parents=True, exist_ok=True)
    port, ae_title = free_port(), "PYNETDICOM"
    command = [sys.executable, "-m", "pynetdicom", "storescp", str(port), "-ba", "127.0.0.1"]
    process = PeerProcess(
        [*command, "-aet", ae_title, "-od", str(received), "-pdu", str(maximum_pdu_bytes), "-q"],
        log=folder / "storescp.log",
        environment=os.environ,
    )
    peer = StoreSCP(process, received, port, ae_title)
    try:
        process.wait_until(lambda: answers_echo(peer.host, port, ae_title), "it answers C-ECHO")
    except BaseException:
        process.stop()
        raise
    return peer
