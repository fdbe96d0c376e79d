"""An ensemble comes into use while the node runs, and scores and signs as any model."""

import json
import shutil
import statistics
from pathlib import Path

import pydicom
import pytest

from dicom_fixtures import synthetic_study
from tests.acceptance.node import Node, destination, eventually
from tests.fakes.ensemble import write_ensemble
from tests.peers.dcmtk import start_storescp, storescu
from triage_agent.adapters.torch_inference.bundle_files import BUNDLED_FOLDER, CARD, LoadedEnsemble
from triage_agent.adapters.torch_inference.onnx_cache import SHIPPED
from triage_agent.domain.region import Region

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(600)]

SECONDS = 240.0
SMALLER = 224  # pixels: another input size than that of the bundled model


def _ensemble(folder: Path) -> LoadedEnsemble:
    """The mean of the bundled model and of the same weights on smaller images."""
    smaller = Path(shutil.copytree(BUNDLED_FOLDER, folder / "smaller"))
    card = json.loads((smaller / CARD).read_text())
    card["preprocessing"]["size"] = SMALLER
    card |= {"name": "smaller", "device_uid": "2.25.224"}
    (smaller / CARD).write_text(json.dumps(card))
    for part in smaller.glob(f"{SHIPPED}.*"):
        part.unlink()  # made for the other size
    return write_ensemble(folder / "ensemble", [BUNDLED_FOLDER, smaller], device_uid="2.25.512")


def _scores(node: Node, model: str) -> list[tuple[str, float]]:
    return node.query(
        "SELECT StudyInstanceUID, probability FROM instance WHERE model = ? AND state = 'scored'",
        [model],
    )


def test_an_ensemble_takes_over_on_a_running_node(make_node, write_study, tmp_path):
    ensemble = _ensemble(tmp_path)
    with start_storescp(tmp_path / "pacs") as pacs:
        node = make_node(destinations=[destination("pacs", pacs.port, pacs.ae_title)])
        node.start(seconds=SECONDS)
        before = eventually(lambda: node.roles().get("infer"), seconds=SECONDS)
        used = node.run("model", "use", str(ensemble.folder))
        assert used.returncode == 0, used.stderr
        assert "member-2, compiled form: made now; says what PyTorch says" in used.stdout
        shutil.rmtree(ensemble.folder)
        paths = write_study(synthetic_study(5, region=Region.WRIST, views=2, rows=256, columns=256))
        uid = str(pydicom.dcmread(paths[0]).StudyInstanceUID)
        eventually(lambda: node.roles().get("infer", before) != before, seconds=SECONDS)
        storescu(paths, "127.0.0.1", node.port, "TRIAGE")
        eventually(lambda: len(_scores(node, "together 1")) == 2, seconds=SECONDS)
        reports = eventually(
            lambda: node.query(
                "SELECT location FROM result WHERE StudyInstanceUID = ? AND kind = 'sr'", [uid]
            ),
            seconds=SECONDS,
        )
        report = pydicom.dcmread(node.folder / "data" / reports[-1][0])
        (equipment,) = report.ContributingEquipmentSequence
        named = (equipment.ManufacturerModelName, equipment.SoftwareVersions, equipment.DeviceUID)
        assert named == ("together", "1", "2.25.512")
        [(probability,)] = node.query(
            "SELECT probability FROM study WHERE StudyInstanceUID = ?", [uid]
        )
        assert probability == pytest.approx(
            statistics.fmean(score for _, score in _scores(node, "together 1"))
        )
        assert node.run("model", "remove", "together").returncode == 1
        assert node.stop() == 0
