"""`triage-agent audit`: who saw what, and who did what. Imports what it runs when it runs."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Callable

    from triage_agent.domain.audit import AuditFilter
    from triage_agent.settings import Settings

_DAY_OR_TIME = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"])
_WANTED = (
    click.option("--who", default="", help="Only what this user did."),
    click.option("--deed", "deeds", multiple=True, help='Only this, e.g. "study viewed"; any of.'),
    click.option("--study", default="", metavar="UID", help="Only what concerns this study."),
    click.option("--since", type=_DAY_OR_TIME, help="From this time of this machine on."),
    click.option("--until", type=_DAY_OR_TIME, help="Before this time of this machine."),
    click.option("--text", default="", help="Only lines with this in detail, name or address."),
)


def _wanted(command: Callable[..., None]) -> Callable[..., None]:
    for option in reversed(_WANTED):
        command = option(command)
    return command


def _settings() -> Settings:
    from triage_agent.settings import load_settings

    return load_settings()


def _filter(wanted: dict[str, Any]) -> AuditFilter:
    from datetime import UTC

    from triage_agent.dicom.headers import is_valid_uid
    from triage_agent.domain.audit import AuditFilter, Deed

    try:
        deeds = frozenset(Deed(each) for each in wanted["deeds"])
    except ValueError as error:
        raise click.UsageError(f"--deed is one of: {', '.join(each.value for each in Deed)}") from (
            error
        )
    if wanted["study"] and not is_valid_uid(wanted["study"]):
        raise click.UsageError("--study takes a Study Instance UID")
    typed = wanted["since"], wanted["until"]
    since, until = (None if each is None else each.astimezone(UTC) for each in typed)
    return AuditFilter(
        who=wanted["who"],
        deeds=deeds,
        StudyInstanceUID=wanted["study"],
        since=since,
        until=until,
        text=wanted["text"],
    )


@click.group()
def audit() -> None:
    """Who saw which patient, and who did what. Looking here is taken down too."""


@audit.command("search")
@_wanted
@click.option("--limit", default=100, show_default=True, type=click.IntRange(1, 10_000))
def search(*, limit: int, **wanted: Any) -> None:  # noqa: ANN401 (the options above)
    """Show the newest lines that fit, newest first.

    \b
    Example: triage-agent audit search --study 1.2.840.99.7 --since 2026-03-01
    """
    from triage_agent.audit_command import show_lines

    show_lines(_settings(), _filter(wanted), limit=limit)


@audit.command("export")
@_wanted
@click.option(
    "--format",
    "form",
    type=click.Choice(["csv", "jsonl", "xml"]),
    default="jsonl",
    show_default=True,
    help="xml: a DICOM audit message (PS3.15 A.5) on each line, as IHE ATNA repositories take.",
)
def export(*, form: str, **wanted: Any) -> None:  # noqa: ANN401 (the options above)
    """Write every line that fits to standard output, oldest first."""
    from triage_agent.audit_command import export_lines

    export_lines(_settings(), _filter(wanted), form)


@audit.command("verify")
@click.option("--digest", default="", help="Of a seal, kept elsewhere: it has to be there still.")
def verify(*, digest: str) -> None:
    """Check that nobody changed, removed or slipped in a line; exit status 1 if so.

    Keep the digest that it prints outside of the database, and give it the next time: then it
    shows also if the whole trail was written anew. The node's log names the digest of each seal.
    """
    from triage_agent.audit_command import verify_trail

    sys.exit(0 if verify_trail(_settings(), digest) else 1)
