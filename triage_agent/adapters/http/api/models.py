"""What the API answers, as its document tells it. Keys are only ever added.

Instants are ISO 8601 in UTC with a `Z`; what is not known is null.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from triage_agent.domain.assessment import AssessmentKind
from triage_agent.domain.delivery import DeliveryState, ResultKind
from triage_agent.domain.instance import InstanceState
from triage_agent.domain.priority import PriorityClass
from triage_agent.domain.region import Region
from triage_agent.domain.study import StudyState
from triage_agent.domain.verdict import DisagreementReason, Judgement
from triage_agent.domain.webhook import WebhookEvent
from triage_agent.domain.worklist import ReadingState

Instant = Annotated[str, Field(json_schema_extra={"format": "date-time"})]
Probability = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=0)]


class _Answer(BaseModel):
    model_config = ConfigDict(use_enum_values=True)


class Problem(_Answer):
    """What is answered in place of what was asked for (RFC 9457); some kinds tell more."""

    model_config = ConfigDict(extra="allow")

    type: str
    title: str
    status: int
    detail: str = Field(description="A sentence that can be shown.")
    error: str = Field(description="The detail again.")
    kind: str | None = Field(None, description="A word that a program may decide by.")


class WorklistStudy(_Answer):
    """One study of the worklist."""

    place: Annotated[int, Field(ge=1)] | None = Field(
        description="1 is the first to be read; null where one study is asked for."
    )
    study_uid: str
    accession_number: str
    region: Region | None
    assessment: AssessmentKind
    reason: str = Field(description="For the assessment, in words.")
    probability: Probability | None = Field(
        description="The mean over the images; null when not assessed."
    )
    provisional: bool = Field(
        description="Until the study is closed and every image in scope has been dealt with."
    )
    priority_class: PriorityClass
    arrived_at: Instant
    due_at: Instant
    state: ReadingState = Field(description="Of reading.")
    study_state: StudyState
    generation: Annotated[int, Field(ge=1)] = Field(
        description="Rises when an image in scope arrives after the study was closed."
    )
    images: Count = Field(description="In scope.")
    images_scored: Count
    laterality: str
    modalities: list[str]
    source_ae_title: str
    model: str
    claimed_by: str
    claimed_until: Instant | None
    read_by: str = Field(description="The latest reading, also of an earlier generation.")
    read_at: Instant | None
    new_images: int = Field(description="In scope, come after the latest reading.")


class StudyImage(_Answer):
    """One object of a study; nothing of the patient."""

    number: Annotated[int, Field(ge=1)] = Field(description="In the order of the study page.")
    sop_instance_uid: str
    series_instance_uid: str
    state: InstanceState
    region: Region | None
    recognised_by: str
    reason: str = Field(description="Why it was excluded or could not be read.")
    probability: Probability | None
    model: str
    received_at: Instant
    modality: str
    laterality: str
    view_position: str
    rows: int | None
    columns: int | None


class StudyEvent(_Answer):
    """One line of a study's story."""

    at: Instant
    what: str
    detail: str


class ResultDelivery(_Answer):
    """How far a result has come on its way to one destination."""

    destination: str
    state: DeliveryState
    attempts: Count
    last_status: str
    sent_at: Instant | None


class StudyResult(_Answer):
    """One object that the node made of a study."""

    kind: ResultKind
    sop_instance_uid: str
    generation: int
    deliveries: list[ResultDelivery]


class StudyFacts(_Answer):
    """One study with all that is known of it but the patient."""

    study: WorklistStudy
    images: list[StudyImage]
    events: list[StudyEvent]
    results: list[StudyResult]


class Verdict(_Answer):
    """What a reader said of a study."""

    judgement: Judgement
    reason: DisagreementReason | Literal[""] = Field(description="Empty to agree.")
    text: str
    generation: int
    at: Instant


class Work(_Answer):
    """A study as it now is for whoever asks."""

    study_uid: str
    address: str = Field(description="Of its page.")
    state: ReadingState
    mine: bool = Field(description="Claimed by whoever asks.")
    claimed_by: str
    claimed_until: Instant | None
    open_by: str = Field(description="The latest to have it open.")
    open_until: Instant | None
    read_by: str
    read_at: Instant | None
    generation: int
    images: Count
    new_images: int
    verdict: Verdict | None = Field(description="The latest of whoever asks.")
    undo: int | None = Field(description="The number by which this can be undone.")
    undo_seconds: float = Field(description="For so long it can be undone.")
    hold_every: float = Field(description="How often, in seconds, to say that it is open.")


class NumberedEvent(StudyEvent):
    """One line of any study's story, with its number in the order of all."""

    id: Annotated[int, Field(ge=1)]
    study_uid: str


class Events(_Answer):
    """What happened, oldest first."""

    events: list[NumberedEvent]
    last: Count = Field(description="Give it as `since` next time.")
    more: bool = Field(description="Ask again at once.")


class Model(_Answer):
    """What scores now."""

    model: str = Field(description="Name and version.")
    ae_title: str
    card: str | None = Field(description="The model card in Markdown; null if there is none.")


class Webhook(_Answer):
    """A program that is told of priorities, and how far that has come."""

    name: str
    events: list[WebhookEvent]
    when: Literal["all", "abnormal"]
    pending: Count
    parked: Count
    sent: Count
    failures: Count = Field(description="In a row, to answer at all.")
    next_attempt_at: Instant | None = Field(description="Null: it is not waited with.")
    last_error: str
