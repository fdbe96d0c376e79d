"""What the templates show, worked out beforehand: templates only lay out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from triage_agent.adapters.http.facts import NodeFacts
from triage_agent.domain.assessment import AssessmentKind
from triage_agent.domain.priority import PriorityClass
from triage_agent.domain.study import Study
from triage_agent.domain.worklist import WorklistEntry
from triage_agent.prioritise.explanation import basis, explain, part_in_words
from triage_agent.prioritise.listing import iso
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
    overdue: bool
    reading: str
    state: str
    is_stat: bool
    provisional: bool
    basis: str
    view: str
    layer: str  # of the view: "cam" has the heat map over it


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
        part=part_in_words(study.region, study.laterality),
        band=score_band(study.assessment, facts.policy),
        percent=None if probability is None else round(100 * probability),
        sentence=explain(entry, now),
        arrived=moment(study.arrived_at, now, facts.zone),
        due=moment(study.placement.due_at, now, facts.zone),
        overdue=study.placement.due_at < now,
        reading=entry.reading_state.value,
        state=study.state.value,
        is_stat=study.placement.priority_class is PriorityClass.STAT,
        provisional=entry.provisional,
        basis=basis(entry),
        view=_view(entry),
        layer=_layer(study),
    )


def _view(entry: WorklistEntry) -> str:
    """The address of the row's picture, "" if no image was scored.

    It names the revision of the study's images, so one address always means the same picture.
    """
    study = entry.study
    if not entry.images_scored:
        return ""
    query = f"revision={study.revision}&layer={_layer(study)}"
    return f"/studies/{study.StudyInstanceUID}/view.jpg?{query}"


def _layer(study: Study) -> str:
    """Heat is for what is abnormal: maps have a warmest place whatever the image shows."""
    is_abnormal = study.assessment.kind is AssessmentKind.ABNORMAL
    return "cam" if is_abnormal else "radiograph"


def moment(instant: datetime, now: datetime, zone: tzinfo | None) -> Moment:
    """Return an instant; the short form has the date only where it is not that of `now`."""
    local = instant.astimezone(zone)
    today = local.date() == now.astimezone(zone).date()
    return Moment(
        machine=iso(instant),
        full=local.strftime("%Y-%m-%d %H:%M:%S"),
        clock=local.strftime("%H:%M" if today else "%d %b %H:%M"),
    )


def person_name(PatientName: str) -> str:
    """Return a PN (PS3.5 section 6.2.1) for reading: family name first, no delimiters."""
    alphabetic = PatientName.split("=", maxsplit=1)[0]
    family, _, rest = alphabetic.partition("^")
    given = " ".join(part for part in rest.split("^")[:2] if part)
    return ", ".join(part for part in (family.strip(), given.strip()) if part)
