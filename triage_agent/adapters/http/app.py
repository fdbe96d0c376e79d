"""Puts the web page together."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
from fastapi import FastAPI
from starlette.staticfiles import StaticFiles

from triage_agent.adapters.http.access import Access
from triage_agent.adapters.http.api.application import PREFIX as API_PREFIX
from triage_agent.adapters.http.api.application import api_application
from triage_agent.adapters.http.audit_pages import audit_routes
from triage_agent.adapters.http.bearer import Bearers
from triage_agent.adapters.http.changes import Changes
from triage_agent.adapters.http.choices import choice_routes
from triage_agent.adapters.http.facts import NodeFacts, Sources
from triage_agent.adapters.http.gate import SignInGate
from triage_agent.adapters.http.guard import Guard
from triage_agent.adapters.http.health_routes import health_routes
from triage_agent.adapters.http.images import image_routes, view_routes
from triage_agent.adapters.http.languages.choosing import choosing
from triage_agent.adapters.http.list_routes import list_routes
from triage_agent.adapters.http.oidc_pages import oidc_routes
from triage_agent.adapters.http.operations import operation_routes
from triage_agent.adapters.http.pages import page_routes
from triage_agent.adapters.http.password_page import password_routes
from triage_agent.adapters.http.refusals import answer_refusals, answering
from triage_agent.adapters.http.sign_in_pages import sign_in_routes
from triage_agent.adapters.http.sign_ins import SignIns
from triage_agent.adapters.http.templating import HERE, Templates
from triage_agent.adapters.http.trusted_proxy import identifying
from triage_agent.adapters.http.work import work_routes
from triage_agent.ports.accounts import Accounts, Passwords
from triage_agent.ports.audit import AuditTrail
from triage_agent.ports.feed import EventFeed
from triage_agent.ports.health import HealthRecord
from triage_agent.ports.identity import IdentityProvider
from triage_agent.ports.inference import PixelReader, RadiographReader
from triage_agent.ports.lists import Outbox, Worklist
from triage_agent.ports.patients import PatientStudies
from triage_agent.ports.preferences import PreferenceStore
from triage_agent.ports.reading import ReadingDesk
from triage_agent.ports.register import StudyRegister
from triage_agent.ports.storage import InstanceStore
from triage_agent.ports.surroundings import Clock
from triage_agent.ports.tokens import ClientTokens
from triage_agent.ports.webhooks import WebhookOutbox


def create_app(
    *,
    worklist: Worklist,
    register: StudyRegister,
    store: InstanceStore,
    reader: PixelReader,
    list_reader: PixelReader,
    radiographs: RadiographReader,
    patients: PatientStudies,
    outbox: Outbox,
    health: HealthRecord,
    desk: ReadingDesk,
    audit: AuditTrail,
    preferences: PreferenceStore,
    feed: EventFeed,
    webhooks: WebhookOutbox,
    tokens: ClientTokens,
    accounts: Accounts,
    passwords: Passwords,
    access: Access,
    provider: IdentityProvider | None = None,
    clock: Clock,
    facts: NodeFacts,
) -> FastAPI:
    """Return the application: it lets in whom `access` says, under the names that it says.

    `app.state.changes` feeds the open pages; whoever serves the application closes it before
    stopping (`serve_http` does).
    """
    sources = Sources(
        worklist=worklist,
        register=register,
        store=store,
        reader=reader,
        list_reader=list_reader,
        radiographs=radiographs,
        patients=patients,
        outbox=outbox,
        health=health,
        desk=desk,
        audit=audit,
        preferences=preferences,
        feed=feed,
        webhooks=webhooks,
        clock=clock,
        facts=facts,
    )
    changes = Changes(worklist.version)
    templates = Templates(
        facts, sign_in=access.sign_in, elsewhere="" if provider is None else provider.label
    )
    choose = choosing(preferences)
    sign_ins = SignIns(accounts, passwords, clock, access.limits)

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
    app.include_router(list_routes(sources, templates, changes))
    app.include_router(choice_routes(sources))
    app.include_router(work_routes(sources))
    app.include_router(page_routes(sources, templates))
    app.include_router(image_routes(sources))
    app.include_router(view_routes(sources))
    app.mount(API_PREFIX, api_application(sources, templates, changes))
    app.include_router(operation_routes(sources, access))
    app.include_router(health_routes(sources, templates))
    app.include_router(audit_routes(sources, templates))
    app.include_router(sign_in_routes(sources, templates, sign_ins, access))
    app.include_router(password_routes(sources, templates, sign_ins, access))
    if provider is not None:
        app.include_router(oidc_routes(sources, templates, sign_ins, access, provider))
    app.mount("/static", StaticFiles(directory=HERE / "static"), name="static")
    # The one that is added last sees a request first.
    app.add_middleware(
        SignInGate,
        access=access,
        sign_ins=sign_ins,
        answer=answering(templates),
        choose=choose,
        bearers=Bearers(tokens, clock),
        identify=identifying(access.headers, access.proxies),
    )
    answer_refusals(app, sources, templates, choose)
    app.add_middleware(Guard, access=access)
    return app
