"""What the page says of the node itself, and what its routes ask."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import tzinfo

from triage_agent.domain.algorithm import DEFAULT_OPERATING_POINT
from triage_agent.domain.instance import InstanceHeader
from triage_agent.domain.node_health import HealthLimits
from triage_agent.domain.study import StudyImages
from triage_agent.domain.webhook import WebhookRule
from triage_agent.ports.audit import AuditTrail
from triage_agent.ports.feed import EventFeed
from triage_agent.ports.health import HealthRecord
from triage_agent.ports.inference import PixelReader, RadiographReader
from triage_agent.ports.lists import Outbox, Worklist
from triage_agent.ports.patients import PatientStudies
from triage_agent.ports.preferences import PreferenceStore
from triage_agent.ports.reading import ReadingDesk
from triage_agent.ports.register import StudyRegister
from triage_agent.ports.storage import InstanceStore
from triage_agent.ports.surroundings import Clock
from triage_agent.ports.webhooks import WebhookOutbox
from triage_agent.settings import PrioritiseSettings, ReadingSettings
from triage_agent.shown_settings import ShownSetting
from triage_agent.viewer_settings import ViewerSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeFacts:
    """What does not change while the node runs.

    Attributes:
        model: name and version of the bundle that scores now.
        ae_title: of the node.
        policy: the table of deadlines.
        reading: for how long claims last, and for how long deeds can be undone.
        operating_point: gives the probability above which a study is abnormal.
        destinations: names of the peers that get results.
        webhooks: what each of them wants to be told.
        recognised_by: says by which attribute an image's region was recognised.
        limits: from when on something is late, long or little.
        settings: all of them, for reading, without secrets.
        zone: in which times are shown; None is this machine's.
        viewers: programs that a study can be opened in.
        model_card: the text that came with the bundle, in Markdown; "" if none did.
    """

    model: str
    ae_title: str
    policy: PrioritiseSettings = field(default_factory=PrioritiseSettings)
    reading: ReadingSettings = field(default_factory=ReadingSettings)
    operating_point: Callable[[StudyImages], float] = field(
        default=lambda _: DEFAULT_OPERATING_POINT
    )
    destinations: tuple[str, ...] = ()
    webhooks: tuple[WebhookRule, ...] = ()
    recognised_by: Callable[[InstanceHeader], str] = field(default=lambda _: "")
    limits: HealthLimits = field(default_factory=HealthLimits)
    settings: tuple[ShownSetting, ...] = ()
    zone: tzinfo | None = None
    viewers: tuple[ViewerSettings, ...] = ()
    model_card: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """The ports that the routes read from; the page writes nothing.

    `list_reader` makes the pictures of the list. It may be slow: the list is read without them.
    """

    worklist: Worklist
    register: StudyRegister
    store: InstanceStore
    reader: PixelReader
    list_reader: PixelReader
    radiographs: RadiographReader
    patients: PatientStudies
    outbox: Outbox
    health: HealthRecord
    desk: ReadingDesk
    audit: AuditTrail
    preferences: PreferenceStore
    feed: EventFeed
    webhooks: WebhookOutbox
    clock: Clock
    facts: NodeFacts
