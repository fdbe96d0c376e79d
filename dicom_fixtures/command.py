"""The command line: writes folders of synthetic studies with their truth."""

import os
from collections.abc import Sequence
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from pathlib import Path

import click
from pydicom.uid import UID, ExplicitVRLittleEndian
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from dicom_fixtures.contact_sheet import sheet_command
from dicom_fixtures.encode import WRITABLE
from dicom_fixtures.mixture import mixed_plans, mixed_syntax
from dicom_fixtures.mura_layout import FOLDER, placed_studies, write_lists
from dicom_fixtures.plan import MAX_VIEWS, StudyPlan
from dicom_fixtures.radiograph import DEFAULT_SIZE
from dicom_fixtures.truth_table import StudyRecord, write_truth
from dicom_fixtures.workers import processes_for, written
from dicom_fixtures.written_studies import DicomTask, PictureTask, Task
from triage_agent.domain.region import Region

SMALLEST, LARGEST = 64, 4096
MIXED = "mixed"
_SYNTAXES = {syntax.keyword: str(syntax) for syntax in WRITABLE}


class _Size(click.ParamType[tuple[int, int]]):
    """Rows and columns: one number for both, or two with an x between them."""

    name = "size"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, int]:
        """Read `512` or `3000x2500`."""
        numbers = str(value).lower().split("x")
        if len(numbers) not in {1, 2} or not all(number.isdecimal() for number in numbers):
            self.fail(f"{value!r} is neither N nor ROWSxCOLUMNS", param, ctx)
        rows, columns = int(numbers[0]), int(numbers[-1])
        if not all(SMALLEST <= side <= LARGEST for side in (rows, columns)):
            self.fail(f"{value!r} has a side outside {SMALLEST} to {LARGEST}", param, ctx)
        return rows, columns


class _Regions(click.ParamType[tuple[Region, ...]]):
    """Names of regions with commas between them."""

    name = "regions"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[Region, ...]:
        """Read `wrist,hand`."""
        names = [name.strip().upper() for name in str(value).split(",")]
        known = {region.value for region in Region}
        for name in names:
            if name not in known:
                listed = ", ".join(sorted(known)).lower()
                self.fail(f"{name.lower()!r} is not one of {listed}", param, ctx)
        return tuple(dict.fromkeys(Region(name) for name in names))


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Synthetic radiographs of the arm, with the right answers beside them.

    The people in them do not exist. The same seed always gives the same files.
    """


main.add_command(sheet_command)


@main.command(
    epilog="\b\nExamples:\n"
    "  python -m dicom_fixtures make --out studies\n"
    "  python -m dicom_fixtures make --studies 100 --abnormal 0.4 --seed 7 --out studies\n"
    "  python -m dicom_fixtures make --regions wrist,hand --views 2 --size 3000x2500 \\\n"
    "      --transfer-syntax JPEG2000Lossless --out large\n"
    "  python -m dicom_fixtures make --format png --size 256 --out pictures\n"
    "  python -m dicom_fixtures make --format mura --studies 200 --out mura\n"
    "Then, for instance:\n"
    "  triage-agent send studies --to 127.0.0.1:11112 --aet TRIAGE"
)
@click.option(
    "--studies",
    type=click.IntRange(1),
    default=10,
    show_default=True,
    help="How many studies; each shows one region of one person.",
)
@click.option(
    "--abnormal",
    type=click.FloatRange(0.0, 1.0),
    default=0.4,
    show_default=True,
    help="Share of the studies with a finding, rounded to whole studies. Fractures, hardware, "
    "degeneration and others come as often as in the MURA paper.",
)
@click.option(
    "--stat",
    type=click.FloatRange(0.0, 1.0),
    default=0.05,
    show_default=True,
    help="Share of the studies that were ordered STAT.",
)
@click.option(
    "--seed",
    type=click.IntRange(0),
    default=0,
    show_default=True,
    help="Another seed gives other people; the same seed gives the same files.",
)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    metavar="DIR",
    help="Folder to write to; it must be empty or not exist yet.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["dicom", "png", "mura"]),
    default="dicom",
    show_default=True,
    help="dicom: DX and CR files, DIR/study-00001/1.dcm. png: 8 bit pictures, "
    f"DIR/study-00001/1.png. mura: 8 bit pictures and lists as that set is distributed, "
    f"DIR/{FOLDER}.",
)
@click.option(
    "--size",
    type=_Size(),
    default=str(DEFAULT_SIZE),
    show_default=True,
    metavar="N|ROWSxCOLUMNS",
    help=f"Size of the images, {SMALLEST} to {LARGEST} each way. With --format mura the longer "
    "side: shapes vary there.",
)
@click.option(
    "--views",
    type=click.IntRange(1, MAX_VIEWS),
    help="Images of every study.  [default: 1 to 4, drawn]",
)
@click.option(
    "--regions",
    type=_Regions(),
    default=",".join(region.value.lower() for region in Region),
    show_default=True,
    metavar="LIST",
    help="Which regions to draw from.",
)
@click.option(
    "--transfer-syntax",
    type=click.Choice([*_SYNTAXES, MIXED], case_sensitive=False),
    metavar="NAME",
    help=f"How DICOM files are encoded: {', '.join(_SYNTAXES)}; or {MIXED}, which draws one for "
    "each study but leaves out HTJ2K, whose encoder is a program of its own (Debian package "
    f"openjph-tools).  [default: {ExplicitVRLittleEndian.keyword}]",
)
@click.option(
    "--jobs",
    type=click.IntRange(1),
    metavar="N",
    help="Processes that write at the same time; the files do not depend on it.  "
    "[default: one for each core, fewer for a few studies]",
)
def make(
    *,
    studies: int,
    abnormal: float,
    stat: float,
    seed: int,
    out: Path,
    form: str,
    size: tuple[int, int],
    views: int | None,
    regions: tuple[Region, ...],
    transfer_syntax: str | None,
    jobs: int | None,
) -> None:
    """Write synthetic studies, and the answers to them.

    In DICOM, modalities, grey scales, bit depths, vendors, character sets and habits of headers
    are mixed as in an archive.

    DIR/truth.csv has a line for each image: its study, region and view, whether it shows a
    finding, which, how conspicuous, and whether the study is abnormal; a view of an abnormal
    study may show nothing. DIR/truth.json has the same by study, with a box for each finding.
    DIR/masks has a picture for each image, white where the findings are.
    """
    if form != "dicom" and transfer_syntax is not None:
        raise click.UsageError(f"--transfer-syntax has no meaning for --format {form}")
    plans = [
        replace(plan, rows=size[0], columns=size[1])
        for plan in mixed_plans(
            studies,
            abnormal_share=abnormal,
            seed=seed,
            stat_share=stat,
            views=views,
            regions=regions,
        )
    ]
    tasks = _tasks(form, plans, transfer_syntax, seed)
    processes = jobs or processes_for(len(tasks), len(os.sched_getaffinity(0)))
    try:
        _claim(out)
        records = _write(tasks, out, min(processes, len(tasks)))
        if form == "mura":
            write_lists(out, records)
        write_truth(out, records)
    except OSError as error:
        raise click.ClickException(
            f"cannot write to {error.filename or out}: {error.strerror or error}"
        ) from error
    except BrokenProcessPool as error:
        raise click.ClickException(
            "a process was ended from outside, perhaps for want of memory: try fewer --jobs"
        ) from error
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    images = sum(len(record.images) for record in records)
    click.echo(f"{len(records)} studies, {images} images: {out / 'truth.csv'}")


def _tasks(
    form: str, plans: Sequence[StudyPlan], transfer_syntax: str | None, seed: int
) -> list[Task]:
    if form == "mura":
        return [
            PictureTask(placed.plan, placed.folder, placed.patient, "image")
            for placed in placed_studies(plans)
        ]
    numbered = [(f"study-{number:05d}", plan) for number, plan in enumerate(plans, start=1)]
    if form == "png":
        return [
            PictureTask(plan, study, study.replace("study", "patient")) for study, plan in numbered
        ]
    tasks: list[Task] = []
    for number, (study, plan) in enumerate(numbered):
        if transfer_syntax == MIXED:
            syntax = mixed_syntax(seed, number)
        else:
            syntax = UID(_SYNTAXES.get(transfer_syntax or "", str(ExplicitVRLittleEndian)))
        tasks.append(DicomTask(plan.fitting(syntax), study, str(syntax)))
    return tasks


def _claim(out: Path) -> None:
    """Make the folder, or see that nothing in it would be mixed with what is written."""
    out.mkdir(parents=True, exist_ok=True)
    if any(out.iterdir()):
        raise click.ClickException(
            f"{out} is not empty: name a new folder, or empty this one yourself"
        )


def _write(tasks: Sequence[Task], out: Path, processes: int) -> list[StudyRecord]:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[images]} images"),
        TimeRemainingColumn(),
    )
    records: list[StudyRecord] = []
    images = 0
    with Progress(*columns, console=Console(stderr=True)) as progress:
        bar = progress.add_task("Studies", total=len(tasks), images=0)
        for record in written(tasks, out, processes):
            records.append(record)
            images += len(record.images)
            progress.update(bar, advance=1, images=images)
    return records
