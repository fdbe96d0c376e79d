"""The worklist in the terminal."""

from collections.abc import Sequence
from datetime import datetime, tzinfo

from rich.table import Table
from rich.text import Text

from triage_agent.adapters.terminal.cells import bar_cell, clock_time, plain
from triage_agent.domain.worklist import ReadingState, WorklistEntry
from triage_agent.prioritise.explanation import explain
from triage_agent.prioritise.listing import ListedStudy, list_studies
from triage_agent.prioritise.score_band import score_band
from triage_agent.settings import PrioritiseSettings

RESEARCH_USE = "RESEARCH USE ONLY. NOT FOR DIAGNOSTIC USE."


def worklist_table(
    entries: Sequence[WorklistEntry],
    now: datetime,
    *,
    policy: PrioritiseSettings | None = None,
    total: int | None = None,
    zone: tzinfo | None = None,
    uids: bool = False,
) -> Table:
    """Return the list as a table, first to be read on top.

    Args:
        entries: in list order, from the first place on.
        now: the instant to which the deadlines are told.
        policy: the settings that say from where a score counts as high; None: the defaults.
        total: how many entries there are in all, if these are only the first.
        zone: in which times are shown; None: this machine's.
        uids: whether to show the Study Instance UIDs, for wide terminals.
    """
    policy = policy or PrioritiseSettings()
    more = "" if total is None or total <= len(entries) else f" of {total}"
    table = Table(
        title=f"Worklist: {len(entries)}{more} to read",
        caption=f"{RESEARCH_USE} Provisional: images may still come or wait to be scored.",
    )
    table.add_column("#", justify="right")
    table.add_column("Score", no_wrap=True)
    for name in ("Why here", "Accession"):
        table.add_column(name, overflow="fold")
    table.add_column("Arrived", justify="right", no_wrap=True)
    table.add_column("Due", justify="right", no_wrap=True)
    table.add_column("State")
    if uids:
        table.add_column("Study Instance UID", overflow="fold")
    for place, entry in enumerate(entries, 1):
        table.add_row(str(place), *_cells(entry, now, policy, zone, uids=uids))
    return table


def _cells(
    entry: WorklistEntry,
    now: datetime,
    policy: PrioritiseSettings,
    zone: tzinfo | None,
    *,
    uids: bool,
) -> list[Text]:
    study = entry.study
    due_at = study.placement.due_at
    late = "bold red" if due_at < now else ""
    cells = [
        bar_cell(score_band(study.assessment, policy)),
        plain(str(explain(entry, now)), late),
        plain(study.AccessionNumber),
        clock_time(study.arrived_at, now, zone),
        clock_time(due_at, now, zone),
        plain(_state(entry)),
    ]
    return [*cells, plain(study.StudyInstanceUID)] if uids else cells


def _state(entry: WorklistEntry) -> str:
    images = f"{entry.images_scored}/{entry.images} images"
    if entry.reading_state is ReadingState.UNREAD:
        return f"{entry.study.state.value}, {images}"
    return f"{entry.reading_state.value}, {images}"


def worklist_json(entries: Sequence[WorklistEntry]) -> list[ListedStudy]:
    """Return the entries by the contract for scripts (`prioritise.listing`)."""
    return list_studies(entries)
