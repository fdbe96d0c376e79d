"""From the last C-STORE of a study on an idle node until its provisional row is complete.

The floor is what the same images cost alone, in this process, with the node's own decoders and
classifier: decoded and preprocessed, then classified in one batch.
"""

import sqlite3
import statistics
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from dicom_fixtures import synthetic_study
from tests.acceptance.node import Node, eventually
from tests.benchmarks.copies import VIEWS, StudyFiles, write_copies
from triage_agent.adapters.dimse.sender import send_files
from triage_agent.adapters.filesystem.instance_store import FilesystemInstanceStore
from triage_agent.adapters.torch_inference.bundle_files import BUNDLED_FOLDER, read_bundle
from triage_agent.adapters.torch_inference.classifiers import load_classifier
from triage_agent.adapters.torch_inference.decoder import DecoderPool
from triage_agent.domain.region import Region
from triage_agent.infer.scores import image_probability
from triage_agent.settings import InferSettings

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(900)]

STUDIES = 7
WARM_UP = 2  # studies before, which start the decoders
ROWS, COLUMNS = 2048, 1536  # of 16 bits: 6.3 MB an image
REGION = Region.WRIST
POLL_SECONDS = 0.005
QUIET_SECONDS = 2  # longer than placing takes: no report is composed meanwhile
TOLERANCE = 1e-4  # of a probability, between a batch of three and images that came one by one

PRIORITY_CLASS = {"abnormal": "abnormal", "below_threshold": "normal"}

IS_PLACED = """
SELECT study.state, assessment_kind, priority_class, study.probability
FROM study JOIN worklist_entry USING (StudyInstanceUID)
WHERE revision = assessed_revision AND StudyInstanceUID = :study AND :images =
  (SELECT count(*) FROM instance WHERE StudyInstanceUID = :study AND state = 'scored')
"""
IMAGES = """
SELECT location, instance.probability FROM instance JOIN study USING (StudyInstanceUID)
WHERE study.state = 'reported' AND StudyInstanceUID = ?
"""


@dataclass(frozen=True)
class Alone:
    """Seconds for the images of one study with nothing around it."""

    one_by_one: float  # decoded one after the other
    together: float  # decoded on as many cores as there are
    classified: float


class Floor:
    """The node's decoders and classifier in this process."""

    def __init__(self, data_dir: Path) -> None:
        self._bundle = read_bundle(BUNDLED_FOLDER)
        settings = InferSettings()
        self._classifier = load_classifier(settings, self._bundle, data_dir / "cache")
        self._decoders = DecoderPool(
            FilesystemInstanceStore(data_dir).path,
            [self._bundle.bundle.preprocessing],
            seconds=settings.decode_seconds,
            memory_bytes=settings.decode_bytes,
        )

    def measure(self, locations: Sequence[str]) -> tuple[Alone, list[float]]:
        """Return what the images cost, and their probabilities."""
        begun = time.perf_counter()
        images = [self._decoders.read(location)[0] for location in locations]
        decoded = time.perf_counter()
        logits = self._classifier.classify(np.stack(images)).logits
        classified = time.perf_counter()
        with ThreadPoolExecutor(len(locations)) as threads:
            list(threads.map(self._decoders.read, locations))
        together = time.perf_counter()
        calibration = self._bundle.bundle.calibration(REGION)
        return (
            Alone(decoded - begun, together - classified, classified - decoded),
            [image_probability(float(logit), calibration) for logit in logits],
        )

    def close(self) -> None:
        """End the decoders."""
        self._decoders.close()


def test_time_from_the_last_image_to_the_provisional_row(
    node: Node, scratch: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    originals = synthetic_study(61, region=REGION, views=VIEWS, rows=ROWS, columns=COLUMNS).datasets
    studies = write_copies(originals, scratch / "sent", "latency", WARM_UP + STUDIES)
    node.configure(assemble__quiet_seconds=QUIET_SECONDS)
    node.start()
    placed, alone = [], []
    with closing(Floor(node.folder / "data")) as floor, reading(node) as rows:
        for study in studies:
            placed.append(seconds_to_provisional_row(node, rows, study))
            images = images_of_reported(rows, study)
            cost, probabilities = floor.measure([location for location, _ in images])
            alone.append(cost)
            assert [found for _, found in images] == pytest.approx(probabilities, abs=TOLERANCE)
    assert node.stop() == 0
    with capsys.disabled():
        print(_table(placed[WARM_UP:], alone[WARM_UP:]))  # noqa: T201 (what a benchmark is for)


@contextmanager
def reading(node: Node) -> Iterator[sqlite3.Connection]:
    """Open the node's database read-only; each statement sees what is committed by then."""
    path = node.folder / "data" / "triage.sqlite3"
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=30)) as connection:
        yield connection


def seconds_to_provisional_row(node: Node, rows: sqlite3.Connection, study: StudyFiles) -> float:
    """Send a study and wait for its row; return the seconds since its last image was taken."""
    answered: list[float] = []

    def note(path: Path, error: Exception | None) -> None:
        assert error is None, f"{path.name}: {error}"
        answered.append(time.perf_counter())

    send_files(
        study.paths,
        host="127.0.0.1",
        port=node.port,
        called="TRIAGE",
        calling="BENCH",
        progress=note,
    )
    assert len(answered) == VIEWS
    wanted = {"study": study.StudyInstanceUID, "images": VIEWS}
    found = eventually(lambda: rows.execute(IS_PLACED, wanted).fetchall(), every=POLL_SECONDS)
    seconds = time.perf_counter() - answered[-1]
    ((state, assessment, priority_class, probability),) = found
    assert state in {"open", "closed"}  # not reported yet: provisional
    assert PRIORITY_CLASS[assessment] == priority_class
    assert 0 <= probability <= 1
    return seconds


def images_of_reported(rows: sqlite3.Connection, study: StudyFiles) -> list[tuple[str, float]]:
    """Return location and probability of the images once the node has nothing left to do."""
    return eventually(lambda: rows.execute(IMAGES, [study.StudyInstanceUID]).fetchall())


def _table(placed: Sequence[float], alone: Sequence[Alone]) -> str:
    row = statistics.median(placed)
    one_by_one, together, classified = (
        statistics.median(getattr(each, part) for each in alone)
        for part in ("one_by_one", "together", "classified")
    )
    lines = {
        "last C-STORE answered until the row is complete": row * 1e3,
        "alone: decode + preprocess, one after another": one_by_one * 1e3,
        "alone: decode + preprocess, in parallel": together * 1e3,
        "alone: inference, one batch": classified * 1e3,
    }
    ratios = {
        "ratio to the sum, decoded one after another": row / (one_by_one + classified),
        "ratio to the sum, decoded in parallel": row / (together + classified),
    }
    return "\n".join(
        [
            f"\na study of {VIEWS} images of {ROWS} x {COLUMNS}, medians of {STUDIES} studies",
            *(f"  {what:48}{value:6.0f} ms" for what, value in lines.items()),
            *(f"  {what:48}{value:6.2f}" for what, value in ratios.items()),
            f"  each: {' '.join(f'{each * 1e3:.0f}' for each in placed)} ms",
        ]
    )
