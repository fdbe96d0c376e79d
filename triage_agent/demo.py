"""`triage-agent demo`: the whole node at work on synthetic studies, in one terminal."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import IO, Any

from rich.console import Console

from triage_agent.adapters.dimse.folder_archive import serve_folder
from triage_agent.adapters.logs.structured import configure_logging
from triage_agent.commands import send_with_progress
from triage_agent.demo_studies import ABNORMAL, STUDIES, SentStudy, make_studies
from triage_agent.errors import TriageError
from triage_agent.settings import LogSettings

AE_TITLE, ARCHIVE_AE_TITLE = "TRIAGE", "DEMO_PACS"
TABLE_COLUMNS = 150  # narrower, the list is hard to read
START_SECONDS = 120.0
SETTLE_SECONDS = 300.0
MARKER = ".triage-agent-demo"  # only a folder with this file in it is emptied


def run_demo(data_dir: Path, *, exit_when_shown: bool) -> None:
    """Start a node and a small archive, send studies, show how the list reorders.

    Serves until interrupted, or returns once the list is shown. Raises TriageError if a step does
    not come to its end.
    """
    configure_logging(LogSettings(level="error"), role="demo")
    # Either ends the demo, and with it the node, in good order.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _end)
    console = Console(highlight=False)
    folder = _empty_folder(data_dir)
    console.rule("[bold]triage-agent demo: RESEARCH USE ONLY, NOT FOR DIAGNOSTIC USE")
    studies = _make_studies(console, folder / "studies")
    pacs = folder / "pacs"
    with serve_folder(pacs, ae_title=ARCHIVE_AE_TITLE) as archive_port:
        console.print(
            f"[bold]2.[/] A small archive, {ARCHIVE_AE_TITLE}, plays the PACS on port "
            f"{archive_port}: it keeps what it receives in {pacs}"
        )
        environment = _environment(folder, archive_port)
        with _serving(console, environment, folder / "serve.log"):
            port = int(environment["TRIAGE_DICOM__PORT"])
            console.print(
                f"[bold]4.[/] {len(studies)} studies arrive by C-STORE, abnormal ones last"
            )
            if send_with_progress(
                [path for study in studies for path in study.paths],
                host="127.0.0.1",
                port=port,
                called=AE_TITLE,
                calling="DEMO_MODALITY",
            ):
                raise TriageError(f"the node refused objects: see {folder / 'serve.log'}")
            entries = _settle(console, environment, len(studies))
            _show(console, environment, studies, entries, pacs)
            if not exit_when_shown:
                _wait_for_interrupt(console, port)


def _end(number: int, frame: FrameType | None) -> None:
    del number, frame
    raise SystemExit(0)


def _empty_folder(data_dir: Path) -> Path:
    folder = data_dir.absolute()
    if folder.exists():
        if any(folder.iterdir()) and not (folder / MARKER).exists():
            raise TriageError(
                f"{folder} is not empty and was not made by the demo: name another --data-dir"
            )
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    (folder / MARKER).touch()
    return folder


def _make_studies(console: Console, folder: Path) -> list[SentStudy]:
    with console.status("drawing synthetic radiographs") as status:
        studies = []
        for study in make_studies(folder):
            studies.append(study)
            status.update(f"drawing synthetic radiographs: {len(studies)} of {STUDIES} studies")
    abnormal = sum(study.truth == ABNORMAL for study in studies)
    console.print(
        f"[bold]1.[/] {len(studies)} synthetic studies lie in {folder}: {abnormal} with an "
        f"abnormality, {len(studies) - abnormal - 1} without, one of them ordered as STAT, and one "
        "of a knee"
    )
    return studies


def _environment(folder: Path, archive_port: int) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("TRIAGE_")}
    destination = {
        "name": "demo-pacs",
        "host": "127.0.0.1",
        "port": archive_port,
        "ae_title": ARCHIVE_AE_TITLE,
    }
    return {
        **kept,
        "TRIAGE_DATA_DIR": str(folder / "node"),
        "TRIAGE_DICOM__PORT": str(_port("TRIAGE_DICOM__PORT", 11112)),
        "TRIAGE_DICOM__AE_TITLE": AE_TITLE,
        "TRIAGE_HTTP__PORT": str(_port("TRIAGE_HTTP__PORT", 8080)),
        "TRIAGE_HTTP__SIGN_IN": "none",
        "TRIAGE_ASSEMBLE__QUIET_SECONDS": "3",
        "TRIAGE_STORAGE__WATERMARK_BYTES": "100000000",
        "TRIAGE_DESTINATIONS": json.dumps([destination]),
    }


def _port(variable: str, usual: int) -> int:
    """Return the port that the environment names, else the usual one, else a free one."""
    wanted = int(os.environ.get(variable, usual))
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", wanted))
        except OSError:
            probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def _serving(console: Console, environment: dict[str, str], log: Path) -> Iterator[None]:
    console.print(f"[bold]3.[/] The node starts: `triage-agent serve`; its log is {log}")
    with log.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "triage_agent.cli", "serve"],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=file,
            text=True,
            start_new_session=True,
        )
        try:
            _await_ready(console, process.stdout, log)
            yield
        finally:
            process.terminate()
            process.wait()
            if process.stdout is not None:
                process.stdout.close()


def _await_ready(console: Console, output: IO[str] | None, log: Path) -> None:
    for line in output or ():
        console.print(f"   [dim]{line.rstrip()}[/]")
        if line.startswith("ready"):
            return
    raise TriageError(f"the node did not start: see {log}")


def _settle(console: Console, environment: dict[str, str], studies: int) -> list[dict[str, Any]]:
    """Wait until nothing is provisional and nothing waits to be delivered."""
    deadline = time.monotonic() + SETTLE_SECONDS
    with console.status("scoring, closing, reporting, delivering") as status:
        while time.monotonic() < deadline:
            entries: list[dict[str, Any]] = json.loads(_ask(environment, "worklist", "--json"))
            reported = [each for each in entries if each["study_state"] == "reported"]
            status.update(
                f"scoring, closing, reporting: {len(reported)} of {studies} studies are done"
            )
            if len(reported) == studies:
                return entries
            time.sleep(0.5)
    raise TriageError(f"the studies were not done within {SETTLE_SECONDS:.0f} s")


def _ask(environment: dict[str, str], *arguments: str) -> str:
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-m", "triage_agent.cli", *arguments],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise TriageError(done.stderr.strip())
    return done.stdout


def _show(
    console: Console,
    environment: dict[str, str],
    studies: Sequence[SentStudy],
    entries: Sequence[dict[str, Any]],
    pacs: Path,
) -> None:
    console.print("[bold]5.[/] The worklist, most urgent first, and why each study stands there:")
    shown = _ask({**environment, "COLUMNS": str(max(console.width, TABLE_COLUMNS))}, "worklist")
    console.print(shown, markup=False, soft_wrap=True)
    _compare(console, studies, entries)
    _await_delivery(console, environment)
    objects = sorted(pacs.rglob("*.dcm"))
    console.print(
        f"[bold]6.[/] {len(objects)} result objects (overlays and structured reports) reached the "
        f"archive; open them in any DICOM viewer: {pacs}"
    )
    url = f"http://127.0.0.1:{environment['TRIAGE_HTTP__PORT']}/"
    console.print(f"[bold]7.[/] The same list, live, with pictures: [link={url}]{url}[/link]")


def _compare(
    console: Console, studies: Sequence[SentStudy], entries: Sequence[dict[str, Any]]
) -> None:
    """Print the truth behind each place: the drawings' own, which the node never sees."""
    sent = {study.StudyInstanceUID: number for number, study in enumerate(studies, start=1)}
    for place, entry in enumerate(entries, start=1):
        number = sent[entry["study_uid"]]
        study = studies[number - 1]
        said = f"; {', '.join(study.groups)}: {' '.join(study.findings)}" if study.groups else ""
        console.print(
            f"   place {place:2}: sent {number:2}. of {len(studies)}, {study.part}; "
            f"truth: {study.truth}{said}",
            markup=False,
            soft_wrap=True,
        )


def _await_delivery(console: Console, environment: dict[str, str]) -> None:
    from triage_agent.composition import open_node
    from triage_agent.domain.delivery import DeliveryState
    from triage_agent.settings import Settings

    deadline = time.monotonic() + SETTLE_SECONDS
    with (
        console.status("delivering"),
        open_node(Settings(data_dir=Path(environment["TRIAGE_DATA_DIR"]))) as node,
    ):
        while any(state is DeliveryState.PENDING for _, state in node.outbox.counts()):
            if time.monotonic() > deadline:
                raise TriageError("the results were not delivered in time")
            time.sleep(0.2)


def _wait_for_interrupt(console: Console, port: int) -> None:
    console.print("   It serves until you press Ctrl-C. Push your own files to it meanwhile:")
    console.print(
        f"   storescu -aec {AE_TITLE} +sd +r +sp '*.dcm' 127.0.0.1 {port} FOLDER", markup=False
    )
    signal.pause()
