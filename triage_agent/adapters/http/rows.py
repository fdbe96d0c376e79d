"""What the templates show, worked out beforehand: templates only lay out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from triage_agent.adapters.http.facts import NodeFacts
from triage_agent.adapters.http.languages.choosing import present_words
from triage_agent.domain.assessment import AssessmentKind
from triage_agent.domain.finding import translatable as _t
from triage_agent.domain.study import Study
from triage_agent.domain.worklist import ReadingState, WorklistEntry
from triage_agent.prioritise.explanation import Why, basis, due_in_words, explain, part_in_words
from triage_agent.prioritise.listing import iso
from triage_agent.prioritise.score_band import ScoreBand, score_band

_MONTHS = (
    _t("Jan"),
    _t("Feb"),
    _t("Mar"),
    _t("Apr"),
    _t("May"),
    _t("Jun"),
    _t("Jul"),
    _t("Aug"),
    _t("Sep"),
    _t("Oct"),
    _t("Nov"),
    _t("Dec"),
)


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
    why: Why
    arrived: Moment
    due: Moment
    overdue: bool
    reading: str
    state: str
    provisional: bool
    basis: str
    view: str
    layer: str  # of the view: "cam" has the heat map over it
    due_in_words: str
    waited_percent: int  # of the time that the study has
    images: int  # in scope
    views: str
    modality: str
    source: str
    model: str
    reader: str  # who has claimed it, else who has it open
    mine: bool  # the visitor's own claim
    opened_by: str  # somebody else who has it open
    until: Moment | None  # when the claim ends
    read_by: str
    new_images: int  # come since it was last read


def rows(
    entries: Sequence[WorklistEntry],
    first_place: int,
    now: datetime,
    facts: NodeFacts,
    visitor: str = "",
) -> list[Row]:
    """Return the lines of a page whose first entry stands at `first_place`, counted from 1."""
    return [
        row(entry, place, now, facts, visitor) for place, entry in enumerate(entries, first_place)
    ]


def row(
    entry: WorklistEntry, place: int, now: datetime, facts: NodeFacts, visitor: str = ""
) -> Row:
    """Return one line as it is for the visitor of that name."""
    words = present_words()
    study = entry.study
    probability = study.assessment.probability
    claimed = entry.reading_state is ReadingState.CLAIMED
    held_by = entry.held_by if entry.held_until is not None and now < entry.held_until else ""
    return Row(
        place=place,
        study=study,
        name=person_name(study.PatientName),
        part=part_in_words(study.region, study.laterality, words),
        band=score_band(study.assessment, facts.policy),
        percent=None if probability is None else round(100 * probability),
        why=explain(entry, now, words),
        arrived=moment(study.arrived_at, now, facts.zone),
        due=moment(study.placement.due_at, now, facts.zone),
        overdue=study.placement.due_at < now,
        reading=entry.reading_state.value,
        state=study.state.value,
        provisional=entry.provisional,
        basis=basis(entry, words),
        view=_view(entry),
        layer=_layer(study),
        due_in_words=due_in_words(study.placement.due_at, now, words),
        waited_percent=_waited_percent(study, now),
        images=entry.images,
        views=_views(entry),
        modality=", ".join(entry.modalities),
        source=entry.source_ae_title,
        model=entry.model,
        reader=entry.claimed_by or held_by,
        mine=claimed and entry.claimed_by == visitor,
        opened_by="" if held_by in (visitor, entry.claimed_by) else held_by,
        until=_until(entry, now, facts) if claimed else None,
        read_by=entry.read_by,
        new_images=entry.new_images if entry.was_read_before else 0,
    )


def _waited_percent(study: Study, now: datetime) -> int:
    limit = study.placement.due_at - study.arrived_at
    if not limit:
        return 100
    return min(100, max(0, int(100 * ((now - study.arrived_at) / limit))))


def _views(entry: WorklistEntry) -> str:
    """Say how many images there are, and how many of them have a score where not all have."""
    if entry.images == entry.images_scored:
        return f"{entry.images}"
    return f"{entry.images_scored}/{entry.images}"


def _until(entry: WorklistEntry, now: datetime, facts: NodeFacts) -> Moment | None:
    return None if entry.claimed_until is None else moment(entry.claimed_until, now, facts.zone)


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
    clock = local.strftime("%H:%M")
    return Moment(
        machine=iso(instant),
        full=local.strftime("%Y-%m-%d %H:%M:%S"),
        clock=clock if today else f"{local:%d} {_month(local)} {clock}",
    )


def _month(local: datetime) -> str:
    return present_words().say(_MONTHS[local.month - 1])


def date_in_words(DA: str) -> str:
    """Return a DA (PS3.5 section 6.2) as 2026-01-31, anything else as it came."""
    is_date = len(DA) == len("YYYYMMDD") and DA.isascii() and DA.isdigit()
    return f"{DA[:4]}-{DA[4:6]}-{DA[6:]}" if is_date else DA


def person_name(PatientName: str) -> str:
    """Return a PN (PS3.5 section 6.2.1) for reading: family name first, no delimiters."""
    alphabetic = PatientName.split("=", maxsplit=1)[0]
    family, _, rest = alphabetic.partition("^")
    given = " ".join(part for part in rest.split("^")[:2] if part)
    return ", ".join(part for part in (family.strip(), given.strip()) if part)
