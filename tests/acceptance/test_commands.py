"""What a person types: check, demo, send, serve and its signals."""

import subprocess
import time

import pytest

from dicom_fixtures import synthetic_study
from tests.acceptance.node import TRIAGE_AGENT, destination
from tests.peers.dcmtk import start_storescp
from tests.peers.ports import free_port
from triage_agent.domain.region import Region

pytestmark = pytest.mark.acceptance


def test_check_passes_where_all_is_well_and_names_what_is_not(make_node, tmp_path):
    with start_storescp(tmp_path / "pacs") as pacs:
        node = make_node(
            destinations=[
                destination("alive", pacs.port, pacs.ae_title),
                destination("dead", free_port(), "NOBODY"),
            ]
        )
        node.folder.mkdir()
        node.environment["COLUMNS"] = "200"
        done = node.run("check")
        assert done.returncode == 1
        assert "answers C-ECHO" in done.stdout
        (line,) = [line for line in done.stdout.splitlines() if "destination dead" in line]
        assert "failed" in line
        node.configure(destinations=[destination("alive", pacs.port, pacs.ae_title)])
        assert node.run("check").returncode == 0


def test_wrong_settings_stop_the_start_with_one_line(make_node):
    node = make_node(dicom__port=99999)
    node.folder.mkdir()
    done = node.run("serve")
    assert done.returncode == 1
    assert "dicom.port" in done.stderr
    assert "Traceback" not in done.stderr


def test_send_pushes_folders_and_a_clean_stop_takes_less_than_ten_seconds(make_node, write_study):
    node = make_node()
    node.start()
    (path, *_) = write_study(synthetic_study(71, region=Region.HAND, views=2))
    done = node.run("send", str(path.parent), "--to", f"127.0.0.1:{node.port}", "--aet", "TRIAGE")
    assert done.returncode == 0, done.stderr
    assert "2 of 2 objects" in done.stderr
    (entry,) = node.worklist()
    assert set(entry) >= {
        "study_uid",
        "accession_number",
        "region",
        "assessment",
        "reason",
        "probability",
        "provisional",
        "priority_class",
        "arrived_at",
        "due_at",
        "state",
        "generation",
    }
    begun = time.monotonic()
    assert node.stop() == 0
    assert time.monotonic() - begun < 10
    again = node.run("send", str(path), "--to", f"127.0.0.1:{node.port}")
    assert again.returncode == 1
    assert "Traceback" not in again.stderr


@pytest.mark.timeout(600)
def test_the_demo_shows_abnormal_studies_above_earlier_ones_and_ends(tmp_path):
    environment = {"TRIAGE_DICOM__PORT": str(free_port()), "TRIAGE_HTTP__PORT": str(free_port())}
    folder = tmp_path / "demo"
    done = subprocess.run(
        [*TRIAGE_AGENT, "demo", "--exit", "--data-dir", str(folder)],
        env={"PATH": "/usr/bin:/bin", "COLUMNS": "150", **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr + done.stdout
    places = [line for line in done.stdout.splitlines() if line.strip().startswith("place ")]
    truths = [line.split("truth: ")[1].split(";")[0] for line in places]
    assert len(truths) == 11
    # The STAT study goes first whatever it shows; then what is abnormal; the knee is not hidden.
    assert truths[1:4] == ["abnormal"] * 3
    assert "out of scope" in truths
    # The list itself says why, and the drawings' own truth stands beside it.
    assert "STAT order" in done.stdout
    for group in ("fracture", "hardware", "degenerative joint disease", "other"):
        assert any(group in line.split("truth: ")[1] for line in places[1:4])
    assert "http://127.0.0.1:" in done.stdout
    objects = list((folder / "pacs").rglob("*.dcm"))
    assert len(objects) == 40
