"""The command line: writes folders of synthetic studies with their truth."""

from dataclasses import replace
from pathlib import Path

import click
from pydicom import dcmwrite
from rich.console import Console
from rich.progress import track

from dicom_fixtures.mura_layout import FOLDER, MuraWriter
from dicom_fixtures.pictures import save_grey
from dicom_fixtures.plan import StudyPlan, mixed_plans
from dicom_fixtures.radiograph import DEFAULT_SIZE
from dicom_fixtures.studies import build_study
from dicom_fixtures.truth_table import TruthRow, write_truth

SMALLEST, LARGEST = 64, 4096


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Synthetic radiographs of the arm, with the right answers beside them.

    The people in them do not exist. The same seed always gives the same files.
    """


@main.command(
    epilog="\b\nExamples:\n"
    "  python -m dicom_fixtures make --out studies\n"
    "  python -m dicom_fixtures make --studies 100 --abnormal 0.4 --seed 7 --out studies\n"
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
    help="How many studies; each has one to three views of one region.",
)
@click.option(
    "--abnormal",
    type=click.FloatRange(0.0, 1.0),
    default=0.4,
    show_default=True,
    help="Share of the studies with a fracture, a plate or a bone lesion.",
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
    help="Folder to write to: DIR/study-00001/1.dcm, ... and DIR/truth.csv.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["dicom", "png", "mura"]),
    default="dicom",
    show_default=True,
    help=(
        "dicom: DX and CR files. png: 8 bit pictures, each with a mask of the abnormality. "
        f"mura: DIR/{FOLDER} in the form in which that set is distributed, masks in DIR/masks."
    ),
)
@click.option(
    "--size",
    type=click.IntRange(SMALLEST, LARGEST),
    default=DEFAULT_SIZE,
    show_default=True,
    metavar="N",
    help=f"Rows and columns of the images, {SMALLEST} to {LARGEST}.",
)
def make(
    *, studies: int, abnormal: float, stat: float, seed: int, out: Path, form: str, size: int
) -> None:
    """Write synthetic studies of all seven regions, and truth.csv with the answers.

    Modalities, grey scales, bit depths, vendors and character sets are mixed as in an archive.
    truth.csv has one line per image: its file, study, region, view, whether it is abnormal and
    what the finding is.
    """
    console = Console(stderr=True)
    out.mkdir(parents=True, exist_ok=True)
    plans = [
        replace(plan, rows=size, columns=size)
        for plan in mixed_plans(studies, abnormal_share=abnormal, seed=seed, stat_share=stat)
    ]
    rows: list[TruthRow] = []
    if form == "mura":
        writer = MuraWriter(out, plans)
        for placed in track(writer.placed, "Studies", console=console):
            rows += writer.write(placed)
        writer.write_lists()
    else:
        write = write_dicom if form == "dicom" else write_png
        for number, plan in enumerate(track(plans, "Studies", console=console), start=1):
            # Names are numbers: nothing that could come from a header reaches the file system.
            rows += write(plan, out / f"study-{number:05d}")
    write_truth(out / "truth.csv", rows)
    click.echo(f"{len(plans)} studies, {len(rows)} images: {out / 'truth.csv'}")


def write_dicom(plan: StudyPlan, folder: Path) -> list[TruthRow]:
    """Write a study as Part 10 files named by number; return their truth."""
    folder.mkdir(exist_ok=True)
    study = build_study(plan)
    rows = []
    for number, (dataset, image) in enumerate(
        zip(study.datasets, study.truth.images, strict=True), start=1
    ):
        path = folder / f"{number}.dcm"
        dcmwrite(path, dataset, enforce_file_format=True)
        rows.append(
            TruthRow(
                file=f"{folder.name}/{path.name}",
                mask="",
                study_uid=study.truth.StudyInstanceUID,
                accession_number=study.truth.AccessionNumber,
                region=plan.region.value,
                view=image.view,
                laterality=study.truth.laterality,
                abnormal=int(image.abnormal),
                finding=image.finding,
                stat=int(plan.stat),
            )
        )
    return rows


def write_png(plan: StudyPlan, folder: Path) -> list[TruthRow]:
    """Write a study as 8 bit pictures and masks named by number; return their truth."""
    folder.mkdir(exist_ok=True)
    rows = []
    for number, radiograph in enumerate(plan.radiographs(), start=1):
        picture, mask = folder / f"{number}.png", folder / f"{number}-mask.png"
        save_grey(radiograph.image, picture)
        save_grey(radiograph.mask, mask)
        rows.append(
            TruthRow(
                file=f"{folder.name}/{picture.name}",
                mask=f"{folder.name}/{mask.name}",
                study_uid="",
                accession_number="",
                region=plan.region.value,
                view=radiograph.view,
                laterality=radiograph.laterality,
                abnormal=int(radiograph.abnormal),
                finding=radiograph.finding,
                stat=int(plan.stat),
            )
        )
    return rows
