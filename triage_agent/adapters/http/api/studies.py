"""Studies as plain values."""

from triage_agent.adapters.http.api.models import (
    ResultDelivery,
    StudyEvent,
    StudyFacts,
    StudyImage,
    StudyResult,
    WorklistStudy,
)
from triage_agent.adapters.http.facts import NodeFacts, Sources
from triage_agent.domain.delivery import Delivery
from triage_agent.domain.instance import Instance
from triage_agent.domain.worklist import Event
from triage_agent.prioritise.listing import iso, iso_or_none, list_study


def study_facts(sources: Sources, StudyInstanceUID: str) -> StudyFacts:
    """Read a study with all that is known of it but the patient. Raises StudyUnknown."""
    entry = sources.worklist.entry(StudyInstanceUID)
    deliveries = sources.outbox.deliveries(StudyInstanceUID=StudyInstanceUID)
    return StudyFacts(
        study=WorklistStudy.model_validate(list_study(entry, None)),
        images=study_images(sources, StudyInstanceUID),
        events=[_event(each) for each in sources.register.events(StudyInstanceUID)],
        results=[
            StudyResult(
                kind=result.kind,
                sop_instance_uid=result.SOPInstanceUID,
                generation=result.generation,
                deliveries=[
                    _delivery(one)
                    for one in deliveries
                    if one.result.SOPInstanceUID == result.SOPInstanceUID
                ],
            )
            for result in sources.register.results(StudyInstanceUID)
        ],
    )


def study_images(sources: Sources, StudyInstanceUID: str) -> list[StudyImage]:
    """Read the facts of a study's images, in the study page's order. Raises StudyUnknown."""
    images = sources.register.study_images(StudyInstanceUID)
    return [
        _image(number, each, sources.facts) for number, each in enumerate(images.instances, start=1)
    ]


def _image(number: int, instance: Instance, facts: NodeFacts) -> StudyImage:
    header = instance.header
    return StudyImage(
        number=number,
        sop_instance_uid=header.SOPInstanceUID,
        series_instance_uid=header.SeriesInstanceUID,
        state=instance.state,
        region=instance.region,
        recognised_by=facts.recognised_by(header) if instance.region else "",
        reason=instance.reason,
        probability=None if instance.score is None else instance.score.probability,
        model=instance.model,
        received_at=iso(instance.received_at),
        modality=header.Modality,
        laterality=header.ImageLaterality,
        view_position=header.ViewPosition,
        rows=header.Rows,
        columns=header.Columns,
    )


def _event(event: Event) -> StudyEvent:
    return StudyEvent(at=iso(event.at), what=event.what, detail=event.detail)


def _delivery(delivery: Delivery) -> ResultDelivery:
    return ResultDelivery(
        destination=delivery.destination,
        state=delivery.state,
        attempts=delivery.attempts,
        last_status=delivery.last_status,
        sent_at=iso_or_none(delivery.sent_at),
    )
