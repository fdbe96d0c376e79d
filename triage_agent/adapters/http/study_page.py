"""The facts of one study, as its page shows them."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from triage_agent.adapters.http.facts import NodeFacts, Sources
from triage_agent.adapters.http.languages.choosing import present_words
from triage_agent.adapters.http.rows import Row, date_in_words, moment, row, rows
from triage_agent.adapters.http.timeline import Happening, timeline
from triage_agent.adapters.http.viewers import ViewerLink, viewer_links
from triage_agent.domain.delivery import Delivery, Result
from triage_agent.domain.instance import Instance, InstanceState
from triage_agent.domain.study import Study, StudyImages
from triage_agent.domain.words import Words
from triage_agent.prioritise.explanation import part_in_words
from triage_agent.report.draft import draft

# Of the digest in a picture's address: enough to tell images apart, for a later image may come
# between two others and a number alone would then show another image under a known heading.
_DIGEST_CHARACTERS = 16
# Of one patient; who wants more looks into the PACS.
_OTHER_STUDIES = 20


@dataclass(frozen=True, slots=True)
class Picture:
    """One object of the study.

    `source`, `values` and `heat` are addresses of the picture, of the values that the browser
    windows, and of the map that lies over them; "" where there is nothing.
    """

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
    values: str
    heat: str
    width: int | None
    height: int | None


@dataclass(frozen=True, slots=True)
class StudyPage:
    """All that the template of a study shows."""

    study: Study
    row: Row
    born: str
    mean: str
    operating_point: str
    operating_percent: int
    operating_regions: str  # that it is the lowest for; "" while no image is scored
    pictures: tuple[Picture, ...]
    others: tuple[Picture, ...]  # kept objects without an image to look at
    shown: str  # differs when the images to look at are others
    images: int  # in scope
    is_own_model: bool  # the card at hand is that of what scored the images
    draft: str  # of a report, or ""
    viewers: tuple[ViewerLink, ...]
    other_studies: tuple[Row, ...]  # of the same patient, the latest first
    story: tuple[Happening, ...]
    results: tuple[tuple[Result, tuple[Delivery, ...]], ...]


def study_page(sources: Sources, StudyInstanceUID: str, visitor: str = "") -> StudyPage:
    """Read a study and lay out its facts for the visitor of that name. Raises StudyUnknown."""
    now, facts = sources.clock.now(), sources.facts
    entry = sources.worklist.entry(StudyInstanceUID)
    images = sources.register.study_images(StudyInstanceUID)
    point = facts.operating_point(images)
    pictures = [
        _picture(number, instance, facts)
        for number, instance in enumerate(images.instances, start=1)
    ]
    results = _results(sources, StudyInstanceUID)
    others = sources.worklist.entries(
        sources.patients.others(StudyInstanceUID, limit=_OTHER_STUDIES)
    )
    return StudyPage(
        study=entry.study,
        row=row(entry, 0, now, facts, visitor),
        born=date_in_words(entry.study.PatientBirthDate),
        mean=how_the_mean_came_about(entry.study, images.instances),
        operating_point=f"{point:.2f}",
        operating_percent=round(100 * point),
        operating_regions=_regions(images, present_words()),
        pictures=tuple(picture for picture in pictures if picture.source),
        others=tuple(picture for picture in pictures if not picture.source),
        shown=shown_images(images.instances),
        images=entry.images,
        is_own_model=entry.model in {"", facts.model},
        draft=draft(images, point, present_words()),
        viewers=viewer_links(facts.viewers, entry.study),
        other_studies=tuple(rows(others, 0, now, facts, visitor)),
        story=timeline(
            sources.register.events(StudyInstanceUID),
            images.instances,
            [result for result, _ in results],
            lambda instant: moment(instant, now, facts.zone),
        ),
        results=results,
    )


def shown_images(instances: Sequence[Instance]) -> str:
    """Return a text that is another one when other images, or other scores of them, are there."""
    told = "".join(f"{one.stored.digest} {one.model if one.score else ''} " for one in instances)
    return hashlib.sha256(told.encode()).hexdigest()[:_DIGEST_CHARACTERS]


def picture_path(number: int, instance: Instance) -> str:
    """Return what stands between a study's address and "&layer=..." for one of its images."""
    return _path(number, ".png", instance)


def _path(number: int, form: str, instance: Instance) -> str:
    return f"images/{number}{form}?of={instance.stored.digest[:_DIGEST_CHARACTERS]}"


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
        return present_words().say(
            "%(sum)s; images have changed since, the study is about to be assessed again",
            sum=sentence,
        )
    return sentence


def _picture(number: int, instance: Instance, facts: NodeFacts) -> Picture:
    words = present_words()
    header = instance.header
    study = f"/studies/{header.StudyInstanceUID}/"
    has_pixels = header.Rows is not None and header.Columns is not None
    probability = None if instance.score is None else instance.score.probability
    view = " ".join(filter(None, (header.ImageLaterality, header.ViewPosition)))
    return Picture(
        number=number,
        heading=view or header.SeriesDescription or header.Modality or words.say("object"),
        part=part_in_words(instance.region, header.ImageLaterality, words),
        recognised_by=words.again(facts.recognised_by(header)) if instance.region else "",
        probability="" if probability is None else f"{probability:.2f}",
        percent=None if probability is None else round(100 * probability),
        said=words.again(instance.reason) or _said(instance, words),
        state=instance.state,
        model=instance.model,
        source=f"{study}{picture_path(number, instance)}&layer=radiograph" if has_pixels else "",
        values=f"{study}{_path(number, '/values', instance)}" if has_pixels else "",
        heat=f"{study}{_path(number, '/heat', instance)}" if has_pixels and instance.score else "",
        width=header.Columns,
        height=header.Rows,
    )


def _regions(images: StudyImages, words: Words) -> str:
    return ", ".join(part_in_words(each, "", words) for each in sorted(images.scored_regions))


def _said(instance: Instance, words: Words) -> str:
    return words.say("waiting to be scored") if instance.state is InstanceState.RECEIVED else ""


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
