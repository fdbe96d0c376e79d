"""What a reader does with a study: the routes that the list and the study page call.

All are POST, need the role READER, carry the header `X-CSRF-Token`, take a JSON body (or none) and
answer JSON, errors too; each call takes down the deed in the audit trail.

    POST /studies/{uid}/claim                      take the study, or take one's own for longer
    POST /studies/{uid}/release                    give it back; an ADMINISTRATOR may give back any
    POST /studies/{uid}/read     {"generation": 2, "images": 3}
    POST /studies/{uid}/verdict  {"generation": 2, "judgement": "agree" | "disagree",
                                  "reason": "finding missed" | "false alarm" | "wrong region" |
                                            "poor image" | "other" | "" | null,
                                  "text": "at most 1000 characters"}
    POST /studies/{uid}/undo     {"undo": 17}      the number that an earlier answer gave
    POST /studies/{uid}/hold                       "it is open on my screen": call it when the page
                                                   opens and then every `hold_every` seconds while
                                                   it shows; renews one's own claim also
    POST /worklist/next?region=WRIST&...           claim the most urgent study that nobody has, of
                                                   those that the list's query (and its header
                                                   for text, see asking.py) asks for; 204 without
                                                   a body if there is none

`generation` and `images` (how many in scope; may be left out) are those that the page shows: they
are refused if more has come since. A reason is needed to disagree, and there is none to agree.
Marking as read needs no claim, only that nobody else has the study.

200 answers with the study as it now is:

    {"study_uid": "1.2.3", "address": "/studies/1.2.3",
     "state": "unread" | "claimed" | "read",
     "mine": true,                  the claim is the visitor's
     "claimed_by": "", "claimed_until": "2026-01-01T12:30:00.000Z" | null,
     "open_by": "", "open_until": null,           somebody has it open (the latest to say so)
     "read_by": "", "read_at": null,              the latest reading, also of an earlier generation
     "generation": 2, "images": 3,
     "new_images": 0,               come since the latest reading; "read before, N new images" if
                                    state is not "read" and read_by is not ""
     "verdict": {"judgement", "reason" ("" to agree), "text", "generation", "at"} | null,
                                    the visitor's latest
     "when": "31 Dec 14:05",        when it was read, or until when it is claimed, as people read
                                    it, in the node's zone; "" if neither
     "undo": 17 | null,             give it to .../undo
     "undo_seconds": 8,             for so long it can be undone, by the same visitor
     "hold_every": 20}

Refusals: {"error": "a sentence to show", "kind": ...} with further keys by kind:

    409 "claimed"   somebody else has it: "claimed_by", "until"
    409 "read"      somebody has read it: "read_by", "read_at"
    409 "stale"     images came since: "generation", "images" as they are now
    409 "nothing to undo"   too late, somebody else's, or something else happened since
    422 "invalid", 404 "unknown", 503 "unavailable"

Who is not signed in or lacks the role or the token gets 401 or 403, as at every other address.

Every change is told to open pages by the event stream within a second.
"""

from collections.abc import Callable, Coroutine
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.responses import JSONResponse, Response
from starlette.status import HTTP_204_NO_CONTENT

from triage_agent.adapters.http import deeds
from triage_agent.adapters.http.addresses import StudyUID
from triage_agent.adapters.http.asking import asked_of
from triage_agent.adapters.http.conflicts import deed_refused
from triage_agent.adapters.http.facts import Sources
from triage_agent.adapters.http.rights import Reader
from triage_agent.adapters.http.rows import moment
from triage_agent.errors import ReadingConflict, StudyUnknown, TransientError

_Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class _DeedRoute(APIRoute):
    """Answers refusals as objects: a page that asks by itself shows them in a place of its own."""

    def get_route_handler(self) -> _Handler:
        handle = super().get_route_handler()

        async def answer(request: Request) -> Response:
            try:
                return await handle(request)
            except (ReadingConflict, StudyUnknown, TransientError) as error:
                return deed_refused(error)
            except RequestValidationError as error:
                if _is_of_address(error):
                    raise
                return deed_refused(error)

        return answer


def _is_of_address(error: RequestValidationError) -> bool:
    return any(each["loc"][0] == "path" for each in error.errors())


def work_routes(sources: Sources) -> APIRouter:
    """Return the routes. Functions without `async` run in threads, for the ports block."""
    router = APIRouter(route_class=_DeedRoute)

    def told(work: deeds.Work) -> JSONResponse:
        instant = work["read_at"] if work["state"] == "read" else work["claimed_until"]
        now, zone = sources.clock.now(), sources.facts.zone
        when = moment(datetime.fromisoformat(instant), now, zone).clock if instant else ""
        return JSONResponse({**work, "when": when})

    @router.post("/worklist/next")
    def claim_next(request: Request, visitor: Reader) -> Response:
        wanted = asked_of(request, visitor, sources.facts).wanted
        work = deeds.claim_next(sources, request, visitor, wanted)
        return Response(status_code=HTTP_204_NO_CONTENT) if work is None else told(work)

    @router.post("/studies/{uid}/claim")
    def claim(request: Request, visitor: Reader, uid: StudyUID) -> JSONResponse:
        return told(deeds.claim(sources, request, visitor, uid))

    @router.post("/studies/{uid}/release")
    def release(request: Request, visitor: Reader, uid: StudyUID) -> JSONResponse:
        return told(deeds.release(sources, request, visitor, uid))

    @router.post("/studies/{uid}/read")
    def read(request: Request, visitor: Reader, uid: StudyUID, shown: deeds.Shown) -> JSONResponse:
        return told(deeds.mark_read(sources, request, visitor, uid, shown))

    @router.post("/studies/{uid}/verdict")
    def verdict(request: Request, visitor: Reader, uid: StudyUID, said: deeds.Said) -> JSONResponse:
        return told(deeds.give_verdict(sources, request, visitor, uid, said))

    @router.post("/studies/{uid}/undo")
    def undo(request: Request, visitor: Reader, uid: StudyUID, asked: deeds.Undo) -> JSONResponse:
        return told(deeds.undo(sources, request, visitor, uid, asked))

    @router.post("/studies/{uid}/hold")
    def hold(visitor: Reader, uid: StudyUID) -> JSONResponse:
        return told(deeds.hold(sources, visitor, uid))

    return router
