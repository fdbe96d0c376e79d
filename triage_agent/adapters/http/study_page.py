"""The facts of one study, as its page and its JSON show them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypedDict

from triage_agent.adapters.http.facts import NodeFacts, Sources
from triage_agent.adapters.http.rows import Moment, Row, moment, row
from triage_agent.domain.delivery import Delivery, Result
from triage_agent.domain.instance import Instance, InstanceState
from triage_agent.domain.study import Study
from triage_agent.domain.worklist import Event, WorklistEntry
from triage_agent.prioritise.explanation import part_in_words
from triage_agent.prioritise.listing import ListedStudy, iso, list_study

# Of the digest in a picture's address: enough to tell images apart, for a later image may come
# between two others and a number alone would then show another image under a known heading.
_DIGEST_CHARACTERS = 16


@dataclass(frozen=True, slots=True)
class Picture:
    """One object of the study; `source` and `heat` are addresses, or "" if there is nothing."""

    number: int
    heading: str
    part: str
    recognised_by: str
    probability: str
    percent: int | None
    said: str
    state: InstanceState
    model: str
    source: str
    heat: str
    width: int | None
    height: int | None


@dataclass(frozen=True, slots=True)
class StudyPage:
    """All that the template of a study shows."""

    study: Study
    row: Row
    mean: str
    operating_point: str
    operating_percent: int
    pictures: tuple[Picture, ...]
    others: tuple[Picture, ...]  # kept objects without an image to look at
    events: tuple[tuple[Moment, Event], ...]
    results: tuple[tuple[Result, tuple[Delivery, ...]], ...]


def study_page(sources: Sources, StudyInstanceUID: str) -> StudyPage:
    """Read a study and lay out its facts. Raises StudyUnknown."""
    now, facts = sources.clock.now(), sources.facts
    entry = sources.worklist.entry(StudyInstanceUID)
    images = sources.register.study_images(StudyInstanceUID)
    point = facts.operating_point(images)
    pictures = [
        _picture(number, instance, facts)
        for number, instance in enumerate(images.instances, start=1)
    ]
    return StudyPage(
        study=entry.study,
        row=row(entry, 0, now, facts),
        mean=how_the_mean_came_about(entry.study, images.instances),
        operating_point=f"{point:.2f}",
        operating_percent=round(100 * point),
        pictures=tuple(picture for picture in pictures if picture.source),
        others=tuple(picture for picture in pictures if not picture.source),
        events=tuple(
            (moment(event.at, now, facts.zone), event)
            for event in sources.register.events(StudyInstanceUID)
        ),
        results=_results(sources, StudyInstanceUID),
    )


def picture_path(number: int, instance: Instance) -> str:
    """Return what stands between a study's address and "?layer=..." for one of its images."""
    return f"images/{number}.png?of={instance.stored.digest[:_DIGEST_CHARACTERS]}"


def is_picture(instance: Instance, of: str) -> bool:
    """Say whether an address made by `picture_path` means this instance."""
    return not of or instance.stored.digest[:_DIGEST_CHARACTERS] == of


def how_the_mean_came_about(study: Study, instances: Sequence[Instance]) -> str:
    """Return the sum behind the study's probability, or why there is none."""
    scores = [one.score.probability for one in instances if one.score is not None]
    if study.assessment.probability is None or not scores:
        return ""
    figures = " + ".join(f"{score:.3f}" for score in scores)
    mean = sum(scores) / len(scores)
    sentence = f"({figures}) / {len(scores)} = {mean:.3f}"
    if study.assessed_revision < study.revision:
        return f"{sentence}; images have changed since, the study is about to be assessed again"
    return sentence


def _picture(number: int, instance: Instance, facts: NodeFacts) -> Picture:
    header = instance.header
    base = f"/studies/{header.StudyInstanceUID}/{picture_path(number, instance)}"
    has_pixels = header.Rows is not None and header.Columns is not None
    probability = None if instance.score is None else instance.score.probability
    view = " ".join(filter(None, (header.ImageLaterality, header.ViewPosition)))
    return Picture(
        number=number,
        heading=view or header.SeriesDescription or header.Modality or "object",
        part=part_in_words(instance.region, header.ImageLaterality),
        recognised_by=facts.recognised_by(header) if instance.region else "",
        probability="" if probability is None else f"{probability:.2f}",
        percent=None if probability is None else round(100 * probability),
        said=instance.reason or _said(instance),
        state=instance.state,
        model=instance.model,
        source=f"{base}&layer=radiograph" if has_pixels else "",
        heat=f"{base}&layer=cam" if has_pixels and instance.score else "",
        width=header.Columns,
        height=header.Rows,
    )


def _said(instance: Instance) -> str:
    return "waiting to be scored" if instance.state is InstanceState.RECEIVED else ""


def _results(
    sources: Sources, StudyInstanceUID: str
) -> tuple[tuple[Result, tuple[Delivery, ...]], ...]:
    deliveries = sources.outbox.deliveries(StudyInstanceUID=StudyInstanceUID)
    return tuple(
        (
            result,
            tuple(one for one in deliveries if one.result.SOPInstanceUID == result.SOPInstanceUID),
        )
        for result in sources.register.results(StudyInstanceUID)
    )


class StudyJson(TypedDict):
    """One study with its images, events, results and deliveries; no patient attributes."""

    study: ListedStudy
    images: list[dict[str, object]]
    events: list[dict[str, object]]
    results: list[dict[str, object]]


def study_json(sources: Sources, StudyInstanceUID: str) -> StudyJson:
    """Read a study as plain values. Raises StudyUnknown."""
    entry: WorklistEntry = sources.worklist.entry(StudyInstanceUID)
    images = sources.register.study_images(StudyInstanceUID)
    return StudyJson(
        study=list_study(entry, None),
        images=[
            {
                "sop_instance_uid": one.header.SOPInstanceUID,
                "series_instance_uid": one.header.SeriesInstanceUID,
                "state": one.state.value,
                "region": one.region,
                "recognised_by": sources.facts.recognised_by(one.header) if one.region else "",
                "reason": one.reason,
                "probability": None if one.score is None else one.score.probability,
                "model": one.model,
                "received_at": iso(one.received_at),
            }
            for one in images.instances
        ],
        events=[
            {"at": iso(event.at), "what": event.what, "detail": event.detail}
            for event in sources.register.events(StudyInstanceUID)
        ],
        results=[
            {
                "kind": result.kind.value,
                "sop_instance_uid": result.SOPInstanceUID,
                "generation": result.generation,
                "deliveries": [
                    {
                        "destination": delivery.destination,
                        "state": delivery.state.value,
                        "attempts": delivery.attempts,
                        "last_status": delivery.last_status,
                        "sent_at": None if delivery.sent_at is None else iso(delivery.sent_at),
                    }
                    for delivery in deliveries
                ],
            }
            for result, deliveries in _results(sources, StudyInstanceUID)
        ],
    )
