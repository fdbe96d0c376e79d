"""One study's whole story in the terminal."""

from collections.abc import Sequence
from datetime import datetime, tzinfo

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from triage_agent.adapters.terminal.cells import band_cell, plain
from triage_agent.adapters.terminal.outbox import outbox_table
from triage_agent.adapters.terminal.worklist import RESEARCH_USE
from triage_agent.domain.delivery import Delivery, Result
from triage_agent.domain.instance import Instance
from triage_agent.domain.study import Study, StudyImages
from triage_agent.domain.worklist import Event
from triage_agent.prioritise.explanation import due_in_words
from triage_agent.prioritise.score_band import score_band
from triage_agent.settings import PrioritiseSettings


def study_story(
    study_images: StudyImages,
    events: Sequence[Event],
    results: Sequence[Result],
    deliveries: Sequence[Delivery],
    now: datetime,
    *,
    policy: PrioritiseSettings | None = None,
    zone: tzinfo | None = None,
) -> RenderableType:
    """Return what is known of a study: what is said of it, its images, its events, its results.

    `deliveries` may hold those of other studies: they are left out.
    """
    study = study_images.study
    own = [one for one in deliveries if one.result.StudyInstanceUID == study.StudyInstanceUID]
    parts: list[RenderableType] = [
        _facts(study, policy or PrioritiseSettings(), now, zone),
        _images(study_images.instances),
        _timeline(events, zone),
        _results(results),
    ]
    if own:
        parts.append(outbox_table(own, now, zone=zone))
    return Group(*parts, Text(RESEARCH_USE, style="bold"))


def _facts(
    study: Study, policy: PrioritiseSettings, now: datetime, zone: tzinfo | None
) -> RenderableType:
    facts = Table.grid(padding=(0, 2))
    facts.add_column(style="dim")
    facts.add_column(overflow="fold")
    due = f"{_instant(study.placement.due_at, zone)}, {due_in_words(study.placement.due_at, now)}"
    rows: list[tuple[str, Text]] = [
        ("Study Instance UID", plain(study.StudyInstanceUID)),
        ("Accession number", plain(study.AccessionNumber)),
        ("Region", plain(study.region.value.lower() if study.region else "not recognised")),
        ("Assessment", band_cell(score_band(study.assessment, policy))),
        ("Reason", plain(study.assessment.reason)),
        ("Priority", plain(study.placement.priority_class.value.replace("_", " "))),
        ("Arrived", plain(_instant(study.arrived_at, zone))),
        ("Due", plain(due)),
        ("State", plain(f"{study.state.value}, generation {study.generation}")),
    ]
    for name, value in rows:
        facts.add_row(name, value)
    return facts


def _images(instances: Sequence[Instance]) -> Table:
    table = Table(title="Images and other objects")
    table.add_column("#", justify="right")
    table.add_column("View")
    table.add_column("State")
    table.add_column("Probability", justify="right")
    table.add_column("Model or reason", overflow="fold")
    table.add_column("SOP Instance UID", overflow="fold")
    for number, instance in enumerate(instances, 1):
        header = instance.header
        view = " ".join(filter(None, (header.ImageLaterality, header.ViewPosition)))
        table.add_row(
            str(number),
            plain(view or header.Modality),
            plain(instance.state.value),
            "" if instance.score is None else f"{instance.score.probability:.2f}",
            plain(instance.reason or instance.model),
            plain(header.SOPInstanceUID),
        )
    return table


def _timeline(events: Sequence[Event], zone: tzinfo | None) -> Table:
    table = Table(title="What happened")
    table.add_column("When", no_wrap=True)
    table.add_column("What")
    table.add_column("Detail", overflow="fold")
    for event in events:
        table.add_row(_instant(event.at, zone), plain(event.what), plain(event.detail))
    return table


def _results(results: Sequence[Result]) -> Table:
    table = Table(title="Results")
    table.add_column("Generation", justify="right")
    table.add_column("Object")
    table.add_column("SOP Instance UID", overflow="fold")
    for result in results:
        table.add_row(
            str(result.generation), result.kind.value.upper(), plain(result.SOPInstanceUID)
        )
    return table


def _instant(instant: datetime, zone: tzinfo | None) -> str:
    return instant.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")
