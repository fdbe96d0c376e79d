"""What the templates show, worked out beforehand: templates only lay out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from triage_agent.adapters.http.facts import NodeFacts
from triage_agent.domain.region import Region
from triage_agent.domain.study import Study
from triage_agent.domain.worklist import WorklistEntry
from triage_agent.prioritise.listing import iso
from triage_agent.prioritise.placement import due_in_words, explain
from triage_agent.prioritise.score_band import ScoreBand, score_band


@dataclass(frozen=True, slots=True)
class Moment:
    """An instant for a `<time>` element: exact for machines, short for people."""

    machine: str
    full: str
    clock: str


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the list."""

    place: int
    study: Study
    name: str
    part: str
    band: ScoreBand
    percent: int | None
    sentence: str
    arrived: Moment
    due: Moment
    due_words: str
    overdue: bool
    state: str
    provisional: bool
    images: str


def rows(
    entries: Sequence[WorklistEntry], first_place: int, now: datetime, facts: NodeFacts
) -> list[Row]:
    """Return the lines of a page whose first entry stands at `first_place`, counted from 1."""
    return [row(entry, place, now, facts) for place, entry in enumerate(entries, first_place)]


def row(entry: WorklistEntry, place: int, now: datetime, facts: NodeFacts) -> Row:
    """Return one line."""
    study = entry.study
    probability = study.assessment.probability
    return Row(
        place=place,
        study=study,
        name=person_name(study.PatientName),
        part=part_of(study.region, study.laterality),
        band=score_band(study.assessment, facts.policy),
        percent=None if probability is None else round(100 * probability),
        sentence=explain(entry, now),
        arrived=moment(study.arrived_at, now, facts.zone),
        due=moment(study.placement.due_at, now, facts.zone),
        due_words=due_in_words(study.placement.due_at, now),
        overdue=study.placement.due_at < now,
        state=f"{entry.reading_state.value}, {study.state.value}",
        provisional=entry.provisional,
        images=_images(entry),
    )


def _images(entry: WorklistEntry) -> str:
    if entry.images == 0:
        return "no image in scope"
    return f"{entry.images_scored} of {entry.images} images scored"


def moment(instant: datetime, now: datetime, zone: tzinfo | None) -> Moment:
    """Return an instant; the short form has the date only where it is not that of `now`."""
    local = instant.astimezone(zone)
    today = local.date() == now.astimezone(zone).date()
    return Moment(
        machine=iso(instant),
        full=local.strftime("%Y-%m-%d %H:%M:%S"),
        clock=local.strftime("%H:%M" if today else "%d %b %H:%M"),
    )


def part_of(region: Region | None, laterality: str) -> str:
    """Return "left wrist", "wrist" or "not recognised"."""
    if region is None:
        return "not recognised"
    side = {"L": "left ", "R": "right ", "B": "both ", "": ""}.get(laterality, "")
    return f"{side}{region.value.lower()}"


def person_name(PatientName: str) -> str:
    """Return a PN (PS3.5 section 6.2.1) for reading: family name first, no delimiters."""
    alphabetic = PatientName.split("=", maxsplit=1)[0]
    family, _, rest = alphabetic.partition("^")
    given = " ".join(part for part in rest.split("^")[:2] if part)
    return ", ".join(part for part in (family.strip(), given.strip()) if part)
