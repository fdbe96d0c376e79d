"""What `triage-agent audit` does."""

from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.table import Table

from triage_agent.command_line_audit import system_user
from triage_agent.command_node import served_node
from triage_agent.composition import Node
from triage_agent.dicom.audit_message import audit_message
from triage_agent.domain.audit import AuditEntry, AuditFilter, AuditLine, Deed
from triage_agent.domain.audit_rows import csv_header, csv_line, json_line
from triage_agent.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable


def _take_down(node: Node, deed: Deed, detail: str) -> None:
    line = AuditLine(at=node.clock.now(), who=system_user(), deed=deed, detail=detail)
    node.audit.record(line)


def _told(sought: AuditFilter) -> str:
    parts = {
        "who": sought.who,
        "deed": ", ".join(sorted(sought.deeds)),
        "study": sought.StudyInstanceUID,
        "since": "" if sought.since is None else sought.since.isoformat(),
        "until": "" if sought.until is None else sought.until.isoformat(),
        "text": sought.text,
    }
    asked = " ".join(f"{name}={value}" for name, value in parts.items() if value)
    return f"on the command line: {asked or 'everything'}"


def show_lines(settings: Settings, sought: AuditFilter, *, limit: int) -> None:
    """Print the newest lines that fit."""
    with served_node(settings) as node:
        _take_down(node, Deed.AUDIT_VIEWED, _told(sought))
        found = node.audit.search(sought, limit=limit)
    table = Table("When", "Who", "Deed", "Study UID", "Detail", "Address", box=None)
    for entry in found:
        line = entry.line
        when = line.at.astimezone().strftime("%Y-%m-%d %H:%M:%S")
        # A terminal obeys some of what it is sent: nothing of that is taken from outside.
        cells = (line.who, line.deed.value, line.StudyInstanceUID, line.detail, line.address)
        table.add_row(when, *(_plain(each) for each in cells))
    Console(markup=False, highlight=False).print(table)


def _plain(text: str) -> str:
    return "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in text)


def export_lines(settings: Settings, sought: AuditFilter, form: str) -> None:
    """Write every line that fits to standard output."""
    source = settings.dicom.ae_title
    text: dict[str, Callable[[AuditEntry], str]] = {
        "csv": csv_line,
        "jsonl": json_line,
        "xml": lambda entry: audit_message(entry, source),
    }
    with served_node(settings) as node:
        _take_down(node, Deed.AUDIT_EXPORTED, f"{form} {_told(sought)}")
        if form == "csv":
            click.echo(csv_header(), nl=False)
        for entry in node.audit.export(sought):
            click.echo(text[form](entry), nl=False)


def verify_trail(settings: Settings, known: str) -> bool:
    """Seal what is not sealed, check all seals, print what came out; return whether all holds."""
    with served_node(settings) as node:
        while node.audit_seals.seal(node.clock.now()):
            pass
        verdict = node.audit_seals.verify(known.strip().lower())
    for fault in verdict.faults:
        click.echo(f"BROKEN: {fault}")
    click.echo(f"{verdict.sealed} lines are sealed, {verdict.unsealed} are newer than that")
    click.echo(f"digest of the newest seal: {verdict.newest or 'none yet'}")
    if not verdict.faults:
        click.echo("the audit trail is as it was written")
    return not verdict.faults
