"""kill -9 of any role at any moment: nothing acknowledged is lost, nothing is reported twice."""

import os
import random
import signal
import threading
import time
from collections import Counter

import pydicom
import pytest

from dicom_fixtures import mixed_studies
from tests.acceptance.node import Node, destination, eventually
from tests.peers.dcmtk import storescu
from tests.peers.orthanc import start_orthanc
from triage_agent.infer.scope_gate import BEYOND_SCOPE

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(1500)]

STUDIES = 50
KILLS = 50
SEED = 11


class Killer(threading.Thread):
    """Kills a random role every now and then."""

    def __init__(self, node: Node) -> None:
        super().__init__(daemon=True)
        self.killed: Counter[str] = Counter()
        self.enough = threading.Event()
        self._node = node
        self._chance = random.Random(SEED)  # noqa: S311 - any moment will do

    def run(self) -> None:
        while not self.enough.wait(self._chance.uniform(0.2, 1.6)):
            roles = self._node.roles()
            if not roles:
                continue
            role = self._chance.choice(sorted(roles))
            try:
                os.kill(roles[role], signal.SIGKILL)
            except ProcessLookupError:
                continue
            self.killed[role] += 1


def _send_until_acknowledged(paths, port: int) -> None:
    """Do what a modality does: try again until the node has acknowledged every object."""
    deadline = time.monotonic() + 300
    while storescu(paths, "127.0.0.1", port, "TRIAGE", check=False).returncode:
        assert time.monotonic() < deadline, "the node does not come back"
        time.sleep(0.2)  # a sender's pause


def test_fifty_kills_during_fifty_studies(make_node, write_study, tmp_path):
    with start_orthanc(tmp_path / "orthanc") as orthanc:
        node = make_node(
            destinations=[destination("pacs", orthanc.dicom_port, orthanc.ae_title)],
            # Here a start of scoring that never ends is a kill, not an image that kills.
            infer__maximum_attempts=1000,
        )
        node.start()
        killer = Killer(node)
        killer.start()
        sent: dict[str, str] = {}
        for study in mixed_studies(STUDIES, 0.4, SEED, rows=256, columns=256):
            _send_until_acknowledged(write_study(study), node.port)
            for dataset in study.datasets:
                sent[str(dataset.SOPInstanceUID)] = str(dataset.StudyInstanceUID)
        eventually(lambda: sum(killer.killed.values()) >= KILLS, seconds=300)
        killer.enough.set()
        killer.join(5)
        assert set(killer.killed) == {"receive", "infer", "deliver", "web"}

        entries = node.settled(STUDIES, seconds=300)
        assert {each["study_uid"] for each in entries} == set(sent.values())
        registered = node.query("SELECT SOPInstanceUID, state, reason, location FROM instance")
        assert {uid for uid, *_ in registered} == sent.keys()
        for uid, state, reason, location in registered:
            assert state in {"scored", "excluded"} or reason == BEYOND_SCOPE, uid
            kept = pydicom.dcmread(node.folder / "data" / location)
            assert str(kept.SOPInstanceUID) == uid
        eventually(
            lambda: all(each["study_state"] == "reported" for each in node.worklist()),
            seconds=300,
            every=1,
        )
        eventually(node.quiet_outbox, seconds=300, every=0.5)

        made = node.query("SELECT SOPInstanceUID, StudyInstanceUID, generation, kind FROM result")
        held = {each["SOPInstanceUID"] for each in orthanc.instances()}
        assert held == {uid for uid, *_ in made}
        reports = Counter(
            (study, generation) for _, study, generation, kind in made if kind == "sr"
        )
        assert set(reports.values()) == {1}
        generations = dict(node.query("SELECT StudyInstanceUID, generation FROM study"))
        assessed = {each["study_uid"] for each in entries if each["probability"] is not None}
        for study in assessed:
            assert reports[study, generations[study]] == 1
        assert node.query("PRAGMA integrity_check") == [("ok",)]
        print(f"kills: {dict(killer.killed)}")  # noqa: T201 - read in the log of the test run
