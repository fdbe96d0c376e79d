"""How fast studies are written at 512 pixels: images per second, by the wall clock and by CPU time.

The second is what idle cores would give: this machine may do other things at the same time.
"""

import csv
import resource
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.benchmarks.figures import FULL

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(900)]

STUDIES, SEED, PROCESSES = 40 if FULL else 6, 7, 2
WANTED = 20.0


@dataclass(frozen=True)
class Run:
    """What one run of the command wrote, and what it took."""

    images: int
    seconds: float
    cpu_seconds: float


def make(out: Path, form: str, processes: int) -> Run:
    options = {"--studies": STUDIES, "--seed": SEED, "--jobs": processes, "--format": form}
    arguments = [str(part) for option in options.items() for part in option]
    command = [sys.executable, "-m", "dicom_fixtures", "make", "--out", str(out), *arguments]
    spent, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    seconds, used = time.perf_counter() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
    with (out / "truth.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert all((out / row["file"]).stat().st_size > 0 for row in rows)
    assert len({row["study"] for row in rows}) == STUDIES
    cpu_seconds = used.ru_utime + used.ru_stime - spent.ru_utime - spent.ru_stime
    return Run(len(rows), seconds, cpu_seconds)


@pytest.mark.parametrize("form", ["dicom", "mura"])
def test_images_per_second(form: str, scratch: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one, two = (make(scratch / str(count), form, count) for count in (1, PROCESSES))
    assert one.images == two.images
    # The workers' own CPU time is not reported to this process, so it is that of the single one.
    idle = PROCESSES * one.images / one.cpu_seconds
    with capsys.disabled():
        print(  # noqa: T201 - a benchmark is read
            f"\n{form}, 512 pixels, {two.images} images: {two.images / two.seconds:.1f} images/s "
            f"by {PROCESSES} processes, {one.images / one.seconds:.1f} by one (ratio "
            f"{one.seconds / two.seconds:.2f}); {idle:.1f} by CPU time on {PROCESSES} idle cores, "
            f"{idle / WANTED:.2f} of the {WANTED:.0f} asked for"
        )
