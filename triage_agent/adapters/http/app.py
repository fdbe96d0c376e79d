"""Puts the web page together."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
from fastapi import FastAPI
from starlette.staticfiles import StaticFiles

from triage_agent.adapters.http.api import api_routes
from triage_agent.adapters.http.changes import Changes
from triage_agent.adapters.http.facts import NodeFacts, Sources
from triage_agent.adapters.http.guard import LoopbackGuard
from triage_agent.adapters.http.images import image_routes
from triage_agent.adapters.http.operations import operation_routes
from triage_agent.adapters.http.pages import page_routes
from triage_agent.adapters.http.refusals import answer_refusals
from triage_agent.adapters.http.templating import HERE, Templates
from triage_agent.ports import Clock, InstanceStore, Outbox, PixelReader, StudyRegister, Worklist


def create_app(
    *,
    worklist: Worklist,
    register: StudyRegister,
    store: InstanceStore,
    reader: PixelReader,
    list_reader: PixelReader,
    outbox: Outbox,
    clock: Clock,
    facts: NodeFacts,
) -> FastAPI:
    """Return the application: read-only, answering on loopback names only.

    `app.state.changes` feeds the open pages; whoever serves the application closes it before
    stopping (`serve_http` does).
    """
    sources = Sources(
        worklist=worklist,
        register=register,
        store=store,
        reader=reader,
        list_reader=list_reader,
        outbox=outbox,
        clock=clock,
        facts=facts,
    )
    changes = Changes(worklist.version)
    templates = Templates(facts)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(changes.watch)
            yield
            await changes.close()
            tasks.cancel_scope.cancel()

    # The interactive documentation of the framework loads scripts from elsewhere.
    app = FastAPI(
        title="triage-agent",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        lifespan=lifespan,
    )
    app.state.changes = changes
    app.include_router(page_routes(sources, templates, changes))
    app.include_router(image_routes(sources))
    app.include_router(api_routes(sources))
    app.include_router(operation_routes(sources))
    app.mount("/static", StaticFiles(directory=HERE / "static"), name="static")
    answer_refusals(app, templates)
    app.add_middleware(LoopbackGuard)
    return app
