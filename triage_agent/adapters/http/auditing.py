"""Takes down what visitors see and do, before they get the answer.

A line that cannot be written raises, and the visitor gets 503 in place of what they asked for:
nobody sees a patient unseen.
"""

import threading
from collections import OrderedDict
from datetime import datetime, timedelta
from typing import Protocol

from starlette.requests import HTTPConnection

from triage_agent.domain.audit import AuditLine, Deed
from triage_agent.domain.visitor import Visitor
from triage_agent.ports.audit import AuditTrail
from triage_agent.ports.surroundings import Clock

# An open page asks for its live parts again every few seconds. The same view by the same visitor
# is one line a minute; another page of the list, filter or study is another view.
SAME_VIEW_SECONDS = 60
_VIEWS = frozenset({Deed.LIST_VIEWED, Deed.STUDY_VIEWED, Deed.IMAGE_VIEWED, Deed.AUDIT_VIEWED})
_KEPT_VIEWS = 10_000
# The small pictures of a list go with the line of that list: a hundred of them are not a hundred
# lines. A list that stays open asks for those of new rows later.
LIST_SECONDS = 600


class Audited(Protocol):
    """What is needed of the routes' sources."""

    @property
    def audit(self) -> AuditTrail:
        """The trail."""
        ...

    @property
    def clock(self) -> Clock:
        """The clock."""
        ...


def note(  # noqa: PLR0917 (every route calls it; who, what and where read in this order)
    sources: Audited,
    request: HTTPConnection,
    visitor: Visitor | None,
    deed: Deed,
    StudyInstanceUID: str = "",
    detail: str = "",
) -> None:
    """Take down a deed; durable on return, and to be called before the answer is made.

    Blocks for a database write: call it from a thread. `detail` names no patient and no text that
    was searched for. A view that was taken down within the last minute is not taken down again.
    Raises StorageFull or DatabaseUnavailable, which the application answers with 503.
    """
    line = AuditLine(
        at=sources.clock.now(),
        who="" if visitor is None else visitor.name,
        deed=deed,
        StudyInstanceUID=StudyInstanceUID,
        detail=detail,
        address=address_of(request),
    )
    if deed not in _VIEWS:
        sources.audit.record(line)
        return
    views = _recent_views(request)
    if not views.is_repeated(line):
        sources.audit.record(line)
        views.remember(line)


def note_list_picture(
    sources: Audited, request: HTTPConnection, visitor: Visitor, StudyInstanceUID: str
) -> None:
    """Take down a study's small picture, unless it goes with a list that the visitor looks at."""
    address = address_of(request)
    if not _recent_views(request).has_list(visitor.name, address, sources.clock.now()):
        note(sources, request, visitor, Deed.IMAGE_VIEWED, StudyInstanceUID, "picture of the list")


def address_of(request: HTTPConnection) -> str:
    """Return from where the request comes: what a trusted proxy says, else the network peer."""
    told: str = getattr(request.state, "address", "")
    if told:
        return told
    return request.client.host if request.client else ""


class RecentViews:
    """The views that were taken down within the last minute. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._noted: OrderedDict[tuple[str, ...], datetime] = OrderedDict()
        self._lists: OrderedDict[tuple[str, ...], datetime] = OrderedDict()

    def is_repeated(self, line: AuditLine) -> bool:
        """Say whether the same view was noted so short a time ago that this one goes with it."""
        with self._lock:
            noted = self._noted.get(_view(line))
        age = timedelta.max if noted is None else line.at - noted
        return timedelta() <= age < timedelta(seconds=SAME_VIEW_SECONDS)

    def has_list(self, who: str, address: str, now: datetime) -> bool:
        """Say whether somebody's view of the list was noted of late."""
        with self._lock:
            noted = self._lists.get((who, address))
        return noted is not None and timedelta() <= now - noted < timedelta(seconds=LIST_SECONDS)

    def remember(self, line: AuditLine) -> None:
        """Keep a view that is in the trail."""
        with self._lock:
            _keep(self._noted, _view(line), line.at)
            if line.deed is Deed.LIST_VIEWED:
                _keep(self._lists, (line.who, line.address), line.at)


def _keep(kept: OrderedDict[tuple[str, ...], datetime], key: tuple[str, ...], at: datetime) -> None:
    kept[key] = at
    kept.move_to_end(key)
    if len(kept) > _KEPT_VIEWS:
        kept.popitem(last=False)


def _view(line: AuditLine) -> tuple[str, ...]:
    return line.who, line.address, line.deed.value, line.StudyInstanceUID, line.detail


def _recent_views(request: HTTPConnection) -> RecentViews:
    # Kept by the application, not by this module: two of them in one process are two nodes.
    state = request.app.state
    if not hasattr(state, "recent_views"):
        state.recent_views = RecentViews()
    views: RecentViews = state.recent_views
    return views
