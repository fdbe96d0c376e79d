"""The node's health for programs: the facts of the administrator's page."""

from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import BeforeValidator

from triage_agent.adapters.http.api.answers import refusals
from triage_agent.adapters.http.facts import Sources
from triage_agent.adapters.http.health_figures import HealthFigures
from triage_agent.adapters.http.health_models import HealthDocument, health_document
from triage_agent.adapters.http.health_view import health_view
from triage_agent.adapters.http.rights import Administrator

# The days that the page offers. An address holds only text, hence the conversion.
Days = Annotated[Literal[1, 7, 30, 90], BeforeValidator(int)]


def health_api_routes(sources: Sources) -> APIRouter:
    """Return the route; it says nothing of a patient."""
    router = APIRouter(tags=["node"], responses=refusals())
    figures = HealthFigures(sources.health)

    @router.get(
        "/health",
        operation_id="health",
        summary="What is well, what is not, and what to do about it",
    )
    def health(_: Administrator, days: Days = 7) -> HealthDocument:
        scores = figures.scores(days, sources.clock.now())
        return health_document(health_view(sources, figures), scores, sources.facts.settings)

    return router
