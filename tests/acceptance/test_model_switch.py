"""Models change while studies arrive: nothing is lost, and every result names who made it."""

import json
import shutil
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pydicom
import pytest

from dicom_fixtures import Habit, mixed_studies, synthetic_study
from tests.acceptance.node import Node, destination, eventually
from tests.peers.dcmtk import start_storescp, storescu
from triage_agent.adapters.torch_inference.bundle_files import (
    BUNDLED_FOLDER,
    CARD,
    model_name,
    read_bundle,
)
from triage_agent.domain.region import Region
from triage_agent.infer.bundle import ModelBundle
from triage_agent.infer.scope_gate import BEYOND_SCOPE

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(600)]

SEED = 31
STUDIES_AT_MOST = 150
PAUSE_SECONDS = 0.3
STRICT = 0.97  # far from the bundled model's operating points: a study judged by both would differ


class Sender(threading.Thread):
    """A modality that sends study after study and never tries one a second time."""

    def __init__(self, studies: Iterator[list[Path]], port: int) -> None:
        super().__init__(daemon=True)
        self.enough = threading.Event()
        self.sent: list[list[Path]] = []
        self.failed: list[BaseException] = []
        self._studies = studies
        self._port = port

    def run(self) -> None:
        for paths in self._studies:
            if self.enough.wait(PAUSE_SECONDS):
                return
            try:
                storescu(paths, "127.0.0.1", self._port, "TRIAGE")
            except BaseException as error:  # noqa: BLE001 - the test fails with it
                self.failed.append(error)
                return
            self.sent.append(paths)


def _relabelled(folder: Path) -> ModelBundle:
    """Write the bundled weights as another model with stricter operating points."""
    shutil.copytree(BUNDLED_FOLDER, folder)
    card = json.loads((folder / CARD).read_text())
    card |= {
        "name": "strict",
        "version": "7",
        "device_uid": "2.25.20171211",
        "operating_points": dict.fromkeys(card["regions"], STRICT),
    }
    (folder / CARD).write_text(json.dumps(card))
    return read_bundle(folder).bundle


def _scored_by(node: Node, model: str) -> int:
    return node.query("SELECT count(*) FROM instance WHERE model = ?", [model])[0][0]


def _story(dataset: pydicom.Dataset) -> str:
    return " ".join(
        str(element.value) for element in dataset.iterall() if element.keyword == "TextValue"
    )


def test_models_change_while_studies_arrive(make_node, write_study, tmp_path):
    strict = _relabelled(tmp_path / "strict")
    bundled = read_bundle(BUNDLED_FOLDER).bundle
    with start_storescp(tmp_path / "pacs") as pacs:
        node = make_node(destinations=[destination("pacs", pacs.port, pacs.ae_title)])
        node.start()
        *_, late = split = write_study(
            synthetic_study(SEED, region=Region.WRIST, views=2, rows=256, columns=256)
        )
        storescu(split[:1], "127.0.0.1", node.port, "TRIAGE")
        eventually(lambda: _scored_by(node, model_name(bundled)))
        receiver = node.roles()["receive"]

        studies = mixed_studies(
            STUDIES_AT_MOST,
            0.4,
            SEED + 1,
            rows=256,
            columns=256,
            leave_out={Habit.BURNED_IN},  # which is not triaged
        )
        sender = Sender(map(write_study, studies), node.port)
        sender.start()
        try:
            used = node.run("model", "use", str(tmp_path / "strict"))
            assert used.returncode == 0, used.stderr
            eventually(lambda: _scored_by(node, model_name(strict)) >= 8)
            storescu([late], "127.0.0.1", node.port, "TRIAGE")
            eventually(
                lambda: node.query(
                    "SELECT 1 FROM instance WHERE model = ? AND StudyInstanceUID = ?",
                    [model_name(strict), str(pydicom.dcmread(late).StudyInstanceUID)],
                )
            )
            before = _scored_by(node, model_name(bundled))
            assert node.run("model", "use", "--bundled").returncode == 0
            eventually(lambda: _scored_by(node, model_name(bundled)) >= before + 8)
        finally:
            sender.enough.set()
            sender.join(120)
        assert sender.failed == []
        assert node.roles()["receive"] == receiver
        listed = node.run("model", "list").stdout
        assert f"{model_name(bundled)}  bundled  in use" in listed
        assert f"{model_name(strict)}  " in listed

        sent = {
            str(header.SOPInstanceUID): str(header.StudyInstanceUID)
            for path in [*split, *(path for paths in sender.sent for path in paths)]
            for header in [pydicom.dcmread(path, stop_before_pixels=True)]
        }
        entries = node.settled(len(set(sent.values())))
        assert {each["study_uid"] for each in entries} == set(sent.values())
        eventually(lambda: not node.query("SELECT 1 FROM study WHERE state != 'reported'"))
        eventually(node.quiet_outbox)
        _every_image_was_judged_once(node, sent, {model_name(bundled), model_name(strict)})
        _every_report_names_who_answers(
            node, {model_name(each): each for each in (bundled, strict)}
        )
        _what_a_model_made_is_known_after_it_went(node, strict, tmp_path / "back.dcm")
        assert node.stop() == 0
    log = node.log.read_text()
    restarted = Counter(
        entry["role"]
        for entry in map(json.loads, filter(lambda line: line.startswith("{"), log.splitlines()))
        if entry.get("event") == "role_restarts"
    )
    assert restarted == {"infer": 2, "deliver": 2, "web": 2}
    assert "role_died" not in log


def _every_image_was_judged_once(node: Node, sent: dict[str, str], models: set[str]) -> None:
    """Judged is scored, or for few: found to be unlike what the models were made for."""
    rows = node.query("SELECT SOPInstanceUID, StudyInstanceUID, state, model FROM instance")
    assert {uid: study for uid, study, *_ in rows} == sent
    scored = [model for *_, state, model in rows if state == "scored"]
    assert set(scored) == models
    assert node.query("SELECT count(*) FROM event WHERE what = 'scored'") == [(len(scored),)]
    beyond = node.query("SELECT detail FROM event WHERE what = 'unreadable'")
    assert len(scored) + len(beyond) == len(sent)
    assert all(detail.endswith(BEYOND_SCOPE) for (detail,) in beyond)
    assert len(beyond) <= 0.1 * len(sent)


def _every_report_names_who_answers(node: Node, models: dict[str, ModelBundle]) -> None:
    mixed = 0
    for uid, kind, probability, region in node.query(
        "SELECT StudyInstanceUID, assessment_kind, probability, region FROM study"
    ):
        images = node.query(
            "SELECT state, model FROM instance WHERE StudyInstanceUID = ? "
            "ORDER BY received_at, SOPInstanceUID",
            [uid],
        )
        scored = [model for state, model in images if state == "scored"]
        if kind == "not_assessed":
            assert len(scored) < len(images)
            continue  # and not reported
        answers = models[scored[-1]]
        above = probability > answers.operating_point(Region(region))
        assert kind == ("abnormal" if above else "below_threshold")
        assert above or len(scored) == len(images)
        *_, (location,) = node.query(
            "SELECT location FROM result WHERE StudyInstanceUID = ? AND kind = 'sr' "
            "ORDER BY generation",
            [uid],
        )
        report = pydicom.dcmread(node.folder / "data" / location)
        (equipment,) = report.ContributingEquipmentSequence
        named = (equipment.ManufacturerModelName, equipment.SoftwareVersions, equipment.DeviceUID)
        assert named == (answers.name, answers.version, answers.device_uid)
        others = set(scored) - {scored[-1]}
        mixed += bool(others)
        for other in others:
            assert f"was scored by {other}" in _story(report)
    assert mixed >= 1


def _what_a_model_made_is_known_after_it_went(node: Node, gone: ModelBundle, path: Path) -> None:
    """Send back an overlay under a UID that is not in the register: only its maker tells it."""
    for (location,) in node.query("SELECT location FROM result WHERE kind = 'sc'"):
        overlay = pydicom.dcmread(node.folder / "data" / location)
        if overlay.ContributingEquipmentSequence[0].DeviceUID == gone.device_uid:
            break
    overlay.SOPInstanceUID = overlay.file_meta.MediaStorageSOPInstanceUID = "2.25.4711"
    overlay.save_as(path)
    storescu([path], "127.0.0.1", node.port, "TRIAGE")
    found = node.query("SELECT state, reason FROM instance WHERE SOPInstanceUID = '2.25.4711'")
    assert found == [("excluded", "made by this node")]
