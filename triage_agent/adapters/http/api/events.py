"""What happens to studies, for programs: asked for again and again, or as a stream."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Annotated

from fastapi import APIRouter, Header, HTTPException, Query
from starlette.concurrency import run_in_threadpool
from starlette.responses import StreamingResponse
from starlette.status import HTTP_503_SERVICE_UNAVAILABLE

from triage_agent.adapters.http.addresses import Limit
from triage_agent.adapters.http.api.answers import refusals
from triage_agent.adapters.http.api.models import Events, NumberedEvent
from triage_agent.adapters.http.changes import RETRY_SECONDS, Changes
from triage_agent.adapters.http.facts import Sources
from triage_agent.adapters.http.rights import Reader
from triage_agent.domain.worklist import Event
from triage_agent.errors import TransientError
from triage_agent.prioritise.listing import iso

# More than a node makes in its life, and less than a database cannot take.
_LAST_NUMBER = 2**62
_AT_ONCE = 500
# How long a program waits before it asks for a stream again that was broken off.
_RETRY_MILLISECONDS = 1000

Number = Annotated[
    int | None,
    Query(
        ge=0,
        le=_LAST_NUMBER,
        description="What came after this number; from now on without it.",
    ),
]


def event_routes(sources: Sources, changes: Changes) -> APIRouter:
    """Return the routes."""
    router = APIRouter(tags=["events"], responses=refusals())

    @router.get("/events", operation_id="events", summary="What happened to studies since")
    def events(_: Reader, since: Number = None, limit: Limit = 1000) -> Events:
        number = sources.feed.last() if since is None else since
        lines = sources.feed.after(number, limit=limit + 1)
        told = lines[:limit]
        return Events(
            events=[_numbered(*line) for line in told],
            last=told[-1][0] if told else number,
            more=len(lines) > limit,
        )

    @router.get(
        "/events/stream",
        operation_id="stream_events",
        summary="What happens to studies, as it happens",
        description="Server-sent events (`event: study`). A number that a program has seen goes "
        "into the header Last-Event-ID, as browsers do by themselves, and nothing is missed.",
        response_class=StreamingResponse,
        responses={200: {"content": {"text/event-stream": {}}}},
    )
    async def stream(
        _: Reader,
        since: Number = None,
        last_event_id: Annotated[str, Header(alias="Last-Event-ID", pattern=r"^[0-9]{0,18}$")] = "",
    ) -> StreamingResponse:
        if changes.is_full:
            raise HTTPException(HTTP_503_SERVICE_UNAVAILABLE)
        number = int(last_event_id) if last_event_id else since
        if number is None:
            number = await run_in_threadpool(sources.feed.last)
        lines = _stream(sources, changes, number)
        return StreamingResponse(lines, media_type="text/event-stream")

    return router


async def _stream(sources: Sources, changes: Changes, number: int) -> AsyncIterator[bytes]:
    async with aclosing(changes.turns()) as turns:
        await anext(turns, None)  # from now on it counts as a stream, whatever the database does
        # The number alone tells no event, but a program that is cut off now knows where it was.
        yield f"retry: {_RETRY_MILLISECONDS}\nid: {number}\n\n".encode()
        while not changes.is_closed:
            try:
                lines = await run_in_threadpool(sources.feed.after, number, limit=_AT_ONCE)
            except TransientError:
                await asyncio.sleep(RETRY_SECONDS)  # no later event may come to wake it
                yield b": alive\n\n"
                continue
            for line, event in lines:
                told = _numbered(line, event).model_dump_json()
                yield f"id: {line}\nevent: study\ndata: {told}\n\n".encode()
                number = line
            if len(lines) < _AT_ONCE:
                try:
                    turn = await anext(turns)
                except StopAsyncIteration:
                    return
                if turn is None:
                    yield b": alive\n\n"


def _numbered(number: int, event: Event) -> NumberedEvent:
    return NumberedEvent(
        id=number,
        study_uid=event.StudyInstanceUID,
        at=iso(event.at),
        what=event.what,
        detail=event.detail,
    )
