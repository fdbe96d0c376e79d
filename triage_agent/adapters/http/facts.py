"""What the page says of the node itself, and what its routes ask."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import tzinfo

from triage_agent.domain.algorithm import DEFAULT_OPERATING_POINT
from triage_agent.domain.instance import InstanceHeader
from triage_agent.domain.study import StudyImages
from triage_agent.ports import (
    Clock,
    InstanceStore,
    Outbox,
    PixelReader,
    StudyRegister,
    Worklist,
)
from triage_agent.settings import PrioritiseSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeFacts:
    """What does not change while the node runs.

    Attributes:
        model: name and version of the bundle that scores now.
        ae_title: of the node.
        policy: the table of deadlines.
        operating_point: gives the probability above which a study is abnormal.
        destinations: names of the peers that get results.
        recognised_by: says by which attribute an image's region was recognised.
        zone: in which times are shown; None is this machine's.
    """

    model: str
    ae_title: str
    policy: PrioritiseSettings = field(default_factory=PrioritiseSettings)
    operating_point: Callable[[StudyImages], float] = field(
        default=lambda _: DEFAULT_OPERATING_POINT
    )
    destinations: tuple[str, ...] = ()
    recognised_by: Callable[[InstanceHeader], str] = field(default=lambda _: "")
    zone: tzinfo | None = None


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
    outbox: Outbox
    clock: Clock
    facts: NodeFacts
