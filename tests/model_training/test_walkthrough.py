"""docs/walkthrough.md, every command of it with smaller numbers: what it promises is so."""

import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from model_training.cohorts.kinds import cohort_samples
from model_training.evaluation.predictions import by_study
from model_training.evaluation.scorers import read_scorer
from tests.peers.ports import free_port

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(1200)]

REPOSITORY = Path(__file__).resolve().parents[2]
DOCUMENT = REPOSITORY / "docs" / "walkthrough.md"
COMMANDS = re.compile(r"^```bash\n(.*?)^```$", re.MULTILINE | re.DOTALL)

EPOCHS = 3
INCOMING = 4
SMALLER = {"STUDIES": "40", "SIZE": "224", "EPOCHS": str(EPOCHS), "INCOMING": str(INCOMING)}
MODEL = "Walk-through 1.0.0"


@dataclass(frozen=True)
class Walk:
    """What is left of a walk-through: its folder, and all that it printed."""

    folder: Path
    printed: str


@pytest.fixture(scope="module")
def walk(tmp_path_factory) -> Walk:
    folder = tmp_path_factory.mktemp("walk") / "walkthrough"
    script = "\n".join(["set -euo pipefail", *COMMANDS.findall(DOCUMENT.read_text())])
    environment = {
        **{key: value for key, value in os.environ.items() if not key.startswith("TRIAGE_")},
        **SMALLER,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "FOLDER": str(folder),
        # Two dozen processes import torch: compiled once, that takes half the time.
        "PYTHONDONTWRITEBYTECODE": "",
        "PYTHONPYCACHEPREFIX": str(tmp_path_factory.getbasetemp() / "compiled"),
        "TRIAGE_DICOM__PORT": str(free_port()),
        "TRIAGE_HTTP__PORT": str(free_port()),
        "TRIAGE_STORAGE__WATERMARK_BYTES": "1000000",
        "COLUMNS": "200",
    }
    with subprocess.Popen(
        ["/bin/bash", "-c", script],
        cwd=REPOSITORY,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as shell:
        try:
            printed, _ = shell.communicate()
        finally:
            # Where a command failed, a training or the node may still run.
            with suppress(ProcessLookupError):
                os.killpg(shell.pid, signal.SIGKILL)
    assert shell.returncode == 0, printed
    return Walk(folder, printed)


def test_a_training_that_is_killed_in_the_middle_goes_on_to_its_end(walk):
    killed, resumed = walk.printed.split("exit status 137\n")
    assert "epoch 1:" not in killed
    kept, _, resumed = resumed.partition("\n")
    assert 1 <= int(kept) < EPOCHS
    first, second = resumed.split("Done: second\n")[0].split("Done: first\n")
    assert _epochs(first)[-1:] == [EPOCHS]
    assert 1 not in _epochs(first)
    assert _epochs(second) == list(range(1, EPOCHS + 1))
    for run in ("first", "second"):
        history = json.loads((walk.folder / run / "history.json").read_text())
        assert [epoch["number"] for epoch in history] == list(range(1, EPOCHS + 1))
        assert (walk.folder / run / "curves.png").stat().st_size > 0


def test_the_tables_have_the_layout_of_the_papers_and_name_models_and_readers(walk):
    evaluation = (walk.folder / "evaluation" / "report.md").read_text()
    for words in ("layout of MURA, Table 2", "layout of MuRAD, Table 3", "DeLong", "0.778"):
        assert words in evaluation
        assert words in walk.printed or words == "DeLong"
    comparison = (walk.folder / "comparison" / "report.md").read_text()
    for rater in ("reader 4", "reader 5", "first", "second"):
        assert rater in comparison
    assert "reader 1" not in comparison
    assert list((walk.folder / "localisation").glob("*.csv"))


def test_the_cards_say_what_was_trained_on_and_what_it_is_for(walk):
    for run in ("first", "second"):
        card = (walk.folder / f"{run}-bundle" / "MODEL_CARD.md").read_text()
        assert "Drawn studies in the form of MURA-v1.1" in card
        assert "Calibration and operating points" in card
        assert "RESEARCH USE ONLY" in card
        assert "Stanford University" not in card


def test_the_worklist_says_of_new_studies_what_the_new_model_does(walk):
    with closing(sqlite3.connect(walk.folder / "node" / "triage.sqlite3")) as database:
        images = database.execute("SELECT state, model FROM instance").fetchall()
        entries = database.execute("SELECT StudyInstanceUID, probability FROM study").fetchall()
    assert {model for state, model in images if state == "scored"} == {MODEL}
    assert len(entries) == INCOMING
    incoming = walk.folder / "incoming"
    truth = json.loads((incoming / "truth.json").read_text())["studies"]
    assert {uid for uid, _ in entries} == {study["study_uid"] for study in truth}
    divided = cohort_samples([f"fixtures={incoming}"], 1)
    samples = [sample for part in divided.values() for sample in part]
    scores = by_study(list(read_scorer(walk.folder / "both").predict(samples)))
    expected = dict(zip(scores.studies, scores.probabilities, strict=True))
    served = dict(entries)
    for study in truth:
        assert served[study["study_uid"]] == pytest.approx(expected[study["study"]], abs=0.01)
    assert f"{MODEL}  " in walk.printed


def _epochs(printed: str) -> list[int]:
    return [int(number) for number in re.findall(r"^epoch (\d+):", printed, re.MULTILINE)]
