"""What the commands of the command line that look at the node's rows do."""

import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from triage_agent.adapters.terminal.outbox import outbox_table
from triage_agent.adapters.terminal.story import study_story
from triage_agent.adapters.terminal.worklist import worklist_json, worklist_table
from triage_agent.command_line_audit import note
from triage_agent.command_node import served_node
from triage_agent.composition import Node
from triage_agent.domain.audit import Deed
from triage_agent.errors import SettingsInvalid, StudyUnknown
from triage_agent.settings import Settings

WATCH_SECONDS = 0.5  # how often `--watch` looks whether the list has changed
REDRAW_SECONDS = 15.0  # "due in" counts down even when nothing changes
SHOWN_STUDIES = 100  # whoever looks at more of them wants the page
_ALL_DESTINATIONS = "all destinations"


def send_with_progress(
    paths: Sequence[Path], *, host: str, port: int, called: str, calling: str
) -> int:
    """Push files, and those below folders, with a progress bar; return how many were refused."""
    from triage_agent.adapters.dimse.sender import find_files, send_files

    files = find_files(paths)
    if not files:
        raise SettingsInvalid("there is no DICOM file below the paths that were given")
    console = Console(stderr=True)
    columns = (TextColumn("sending"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("sending", total=len(files))
        sent = send_files(
            files,
            host=host,
            port=port,
            called=called,
            calling=calling,
            progress=lambda _path, _error: progress.advance(task),
        )
    for path, error in sent.failed:
        console.print(f"{path}: {error}", style="red", markup=False, highlight=False)
    console.print(f"{len(sent.taken)} of {len(files)} objects were taken by {called}")
    return len(sent.failed)


def show_worklist(settings: Settings, *, watch: bool, as_json: bool, limit: int | None) -> None:
    """Print the list, or follow it until interrupted; without a limit, people see its top."""
    with served_node(settings) as node:
        if as_json:
            entries = node.worklist.page(limit=limit or sys.maxsize)
            print(json.dumps(worklist_json(entries), indent=2))  # noqa: T201
        elif watch:
            _watch(node, limit or SHOWN_STUDIES)
        else:
            Console().print(_table(node, limit or SHOWN_STUDIES))


def _table(node: Node, limit: int) -> object:
    return worklist_table(
        node.worklist.page(limit=limit),
        node.clock.now(),
        policy=node.settings.prioritise,
        total=node.worklist.count(),
    )


def _watch(node: Node, limit: int) -> None:
    console = Console()
    with Live(console=console, screen=console.is_terminal, auto_refresh=False) as live:
        seen, drawn_at = -1, 0.0
        try:
            while True:
                version, now = node.worklist.version(), time.monotonic()
                if version != seen or now - drawn_at >= REDRAW_SECONDS:
                    live.update(_table(node, limit), refresh=True)  # type: ignore[arg-type]
                    seen, drawn_at = version, now
                time.sleep(WATCH_SECONDS)
        except KeyboardInterrupt:
            return


def show_study(settings: Settings, StudyInstanceUID: str) -> None:
    """Print one study's story. Raises StudyUnknown."""
    from triage_agent.dicom.headers import is_valid_uid

    if not is_valid_uid(StudyInstanceUID):  # nor could a database be asked for every text
        raise StudyUnknown(f"{StudyInstanceUID!a} is not a UID")
    with served_node(settings) as node:
        Console().print(
            study_story(
                node.register.study_images(StudyInstanceUID),
                node.register.events(StudyInstanceUID),
                node.register.results(StudyInstanceUID),
                node.outbox.deliveries(StudyInstanceUID=StudyInstanceUID),
                node.clock.now(),
                policy=settings.prioritise,
            )
        )


def show_outbox(settings: Settings, destination: str | None) -> None:
    """Print what waits, what failed and what was sent last."""
    names = _destinations(settings, destination)
    with served_node(settings) as node:
        Console().print(
            outbox_table(
                node.outbox.deliveries(destination=destination),
                node.clock.now(),
                health=[node.outbox.health(name) for name in names],
            )
        )


def retry_outbox(settings: Settings, destination: str | None) -> int:
    """Make everything that waits or is parked due now; return how many."""
    _destinations(settings, destination)
    with served_node(settings) as node:
        note(node, Deed.DELIVERY_RETRIED, destination or _ALL_DESTINATIONS)
        return node.outbox.retry(destination=destination, now=node.clock.now())


def park_outbox(settings: Settings, destination: str | None) -> int:
    """Park everything that waits; return how many."""
    _destinations(settings, destination)
    with served_node(settings) as node:
        note(node, Deed.DELIVERY_PARKED, destination or _ALL_DESTINATIONS)
        return node.outbox.park(destination=destination, now=node.clock.now())


def _destinations(settings: Settings, wanted: str | None) -> list[str]:
    names = [each.name for each in settings.destinations]
    if wanted is not None and wanted not in names:
        raise SettingsInvalid(
            f"no destination is called {wanted}: the settings name {', '.join(names) or 'none'}"
        )
    return names if wanted is None else [wanted]
