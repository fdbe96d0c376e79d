"""Real radiographs: a CR hand, one leg in five encodings, FracAtlas in DX headers."""

import csv
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dicom_fixtures import wrap_radiograph
from tests.peers.dcmtk import dcmsend, storescu
from triage_agent.adapters.torch_inference.bundle_files import BUNDLED_FOLDER, CARD
from triage_agent.domain.region import Region
from triage_agent.infer.scope_gate import BEYOND_SCOPE

pytestmark = pytest.mark.acceptance

LEGS = {
    "RG3_UNC": [],
    "RG3_RLE": ["-xr"],
    "RG3_JPLL": ["-xs"],
    "RG3_JLSL": ["-xt"],
    "RG3_J2KR": ["-xv"],
}


def test_the_leg_is_not_assessed_as_shipped(make_node, shared_data):
    node = make_node()
    node.start()
    storescu([shared_data / "dicom" / "RG3_UNC"], "127.0.0.1", node.port, "TRIAGE")
    (entry,) = node.settled(1)
    assert entry["assessment"] == entry["priority_class"] == "not_assessed"
    assert "EXTREMITY" in entry["reason"]
    assert entry["probability"] is None


def _send_the_legs(node, shared_data):
    for name, proposal in LEGS.items():
        path = shared_data / "dicom" / name
        storescu([path], "127.0.0.1", node.port, "TRIAGE", extra=proposal)
    dcmsend([shared_data / "dicom" / "RG3_JPLL"], "127.0.0.1", node.port, "TRIAGE")
    return node.settled(1)


def test_the_model_abstains_from_a_leg_that_is_sent_as_a_hand(make_node, shared_data):
    node = make_node(assemble__regions={"EXTREMITY": "HAND"})
    node.start()
    entries = _send_the_legs(node, shared_data)
    assert {entry["region"] for entry in entries} == {"HAND"}
    assert {entry["assessment"] for entry in entries} == {"not_assessed"}
    assert node.query("SELECT DISTINCT state FROM instance") == [("unreadable",)]
    reasons = node.query("SELECT detail FROM event WHERE what = 'unreadable'")
    assert [reason.endswith(BEYOND_SCOPE) for (reason,) in reasons] == [True] * 5


def test_five_encodings_of_the_leg_give_one_probability(make_node, shared_data, tmp_path):
    bundle = Path(shutil.copytree(BUNDLED_FOLDER, tmp_path / "gateless"))
    card = json.loads((bundle / CARD).read_text()) | {"scope_gate": None, "version": "gateless"}
    (bundle / CARD).write_text(json.dumps(card))
    node = make_node(assemble__regions={"EXTREMITY": "HAND"}, infer__bundle=str(bundle))
    node.start()
    _send_the_legs(node, shared_data)
    scored = node.query("SELECT state, probability FROM instance")
    assert [state for state, _ in scored] == ["scored"] * 5
    probabilities = [probability for _, probability in scored]
    assert max(probabilities) - min(probabilities) <= 1e-4


def test_the_hand_is_assessed(make_node, shared_data):
    node = make_node()
    node.start()
    hand = shared_data / "dicom" / "NM_Kakadu44_SOTmarkerincons.dcm"
    storescu([hand], "127.0.0.1", node.port, "TRIAGE", extra=["-xv"])
    (entry,) = node.settled(1)
    assert entry["region"] == "HAND"
    assert entry["assessment"] in {"abnormal", "below_threshold"}


def test_fracatlas_in_dx_headers(make_node, shared_data, tmp_path):
    node = make_node()
    node.start()
    folder = shared_data / "fracatlas"
    with (folder / "manifest.csv").open(newline="") as file:
        upper = [
            row
            for row in csv.DictReader(file)
            if row["set"] == "upper" and row["region_guess"] == "hand_wrist"
        ][:6]
    paths = []
    for seed, row in enumerate(upper):
        pixels = np.asarray(Image.open(folder / "images" / row["image_id"]).convert("L"))
        paths.append(tmp_path / f"{seed}.dcm")
        wrap_radiograph(pixels, seed=seed, region=Region.HAND).save_as(
            paths[-1], enforce_file_format=True
        )
    limb = next((folder / "out_of_scope_lower_limb").iterdir())
    pixels = np.asarray(Image.open(limb).convert("L"))
    for seed, body_part in ((100, "KNEE"), (101, None)):
        paths.append(tmp_path / f"{seed}.dcm")
        wrap_radiograph(pixels, seed=seed, body_part=body_part).save_as(
            paths[-1], enforce_file_format=True
        )
    storescu(paths, "127.0.0.1", node.port, "TRIAGE")
    entries = node.settled(8)
    reasons = [each["reason"] for each in entries if each["assessment"] == "not_assessed"]
    assert len(reasons) == 2
    assert any("KNEE is out of scope" in reason for reason in reasons)
    assert any("no body part recognised" in reason for reason in reasons)
    assert all(each["region"] == "HAND" for each in entries if each["probability"] is not None)
