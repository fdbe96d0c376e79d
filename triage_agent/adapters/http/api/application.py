"""Puts version 1 of the API together, with its OpenAPI document and a page to read it by."""

from functools import cache
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from starlette.responses import JSONResponse, Response

from triage_agent.adapters.http.api.answers import answer_problems, tell_problem_type
from triage_agent.adapters.http.api.events import event_routes
from triage_agent.adapters.http.api.health import health_api_routes
from triage_agent.adapters.http.api.lists import list_routes
from triage_agent.adapters.http.api.node import node_routes
from triage_agent.adapters.http.api.work import work_routes
from triage_agent.adapters.http.changes import Changes
from triage_agent.adapters.http.facts import Sources
from triage_agent.adapters.http.rights import AnyVisitor
from triage_agent.adapters.http.templating import Templates

PREFIX = "/api/v1"
_ABOUT = """\
The worklist for programs. RESEARCH USE ONLY, NOT FOR DIAGNOSTIC USE.

A program sends `Authorization: Bearer triage_...`, a token of `triage-agent token add`. Keys are
only ever added to what is answered; instants are ISO 8601 in UTC. What cannot be answered is a
problem (RFC 9457). No answer holds a patient's name, ID or birth date.
"""


def api_application(sources: Sources, templates: Templates, changes: Changes) -> FastAPI:
    """Return the application to be mounted at `PREFIX`, behind the sign-in of the one around it."""
    # The interactive documentation of the framework loads scripts from elsewhere.
    api = FastAPI(
        title="triage-agent", version="1", docs_url=None, redoc_url=None, openapi_url=None
    )
    api.include_router(list_routes(sources))
    api.include_router(work_routes(sources))
    api.include_router(event_routes(sources, changes))
    api.include_router(node_routes(sources))
    api.include_router(health_api_routes(sources))
    answer_problems(api, sources)
    # Made when it is first asked for: a node starts without it.
    document = cache(lambda: _document(api))

    @api.get("/openapi.json", include_in_schema=False)
    def openapi(_: AnyVisitor) -> JSONResponse:
        return JSONResponse(document())

    @api.get("/", include_in_schema=False)
    def page(_: AnyVisitor) -> Response:
        return templates.page("api.html", about=document()["info"], groups=_groups(document()))

    return api


def _document(api: FastAPI) -> dict[str, Any]:
    document = get_openapi(
        title=api.title,
        version=api.version,
        description=_ABOUT,
        routes=api.routes,
        servers=[{"url": PREFIX}],
    )
    tell_problem_type(document)
    schemas = document["components"]
    schemas["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    document["security"] = [{"token": []}]
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas["schemas"].pop(unused, None)
    return document


def _groups(document: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """Return the operations by their tag, as the page lays them out."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            shown = {"method": method.upper(), "path": f"{PREFIX}{path}", **operation}
            groups.setdefault(operation["tags"][0], []).append(shown)
    return groups
