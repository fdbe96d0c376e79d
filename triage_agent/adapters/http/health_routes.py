"""The administrator's page, its live parts and its buttons."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Path, Request
from starlette.responses import HTMLResponse
from starlette.status import HTTP_404_NOT_FOUND

from triage_agent.adapters.http.api.health import Days
from triage_agent.adapters.http.auditing import note
from triage_agent.adapters.http.facts import Sources
from triage_agent.adapters.http.health_figures import PERIODS, HealthFigures
from triage_agent.adapters.http.health_page import figures_shown, state_shown
from triage_agent.adapters.http.health_view import health_view
from triage_agent.adapters.http.rights import Administrator
from triage_agent.adapters.http.templating import Templates
from triage_agent.domain.audit import Deed
from triage_agent.domain.finding import Phrase, translatable

DestinationName = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")]


def health_routes(sources: Sources, templates: Templates) -> APIRouter:
    """Return the routes; all are for administrators, and none says anything of a patient."""
    router = APIRouter()
    figures = HealthFigures(sources.health)

    def state(said: Phrase | None = None) -> Mapping[str, Any]:
        return {**state_shown(health_view(sources, figures), sources.facts), "said": said}

    def scores(days: int) -> Mapping[str, Any]:
        now = sources.clock.now()
        shown = figures_shown(figures.speed(now), figures.scores(days, now), sources.facts)
        return {**shown, "periods": PERIODS}

    @router.get("/health", response_class=HTMLResponse)
    def page(_: Administrator, days: Days = 7) -> HTMLResponse:
        return templates.page(
            "health.html",
            **state(),
            **scores(days),
            settings=sources.facts.settings,
        )

    @router.get("/health/state", response_class=HTMLResponse)
    def state_alone(_: Administrator) -> HTMLResponse:
        return templates.page("_health_state.html", **state())

    @router.get("/health/figures", response_class=HTMLResponse)
    def figures_alone(_: Administrator, days: Days = 7) -> HTMLResponse:
        return templates.page("_health_figures.html", **scores(days))

    @router.post("/health/destinations/{name}/retry", response_class=HTMLResponse)
    def retry(name: DestinationName, request: Request, visitor: Administrator) -> HTMLResponse:
        _check_known(sources, name)
        note(sources, request, visitor, Deed.DELIVERY_RETRIED, detail=name)
        due = sources.outbox.retry(destination=name, now=sources.clock.now())
        text = translatable("%(name)s: results that are due now: %(count)s.")
        return changed(Phrase(text, {"name": name, "count": due}))

    @router.post("/health/destinations/{name}/park", response_class=HTMLResponse)
    def park(name: DestinationName, request: Request, visitor: Administrator) -> HTMLResponse:
        _check_known(sources, name)
        note(sources, request, visitor, Deed.DELIVERY_PARKED, detail=name)
        parked = sources.outbox.park(destination=name, now=sources.clock.now())
        text = translatable("%(name)s: results that are parked until you retry: %(count)s.")
        return changed(Phrase(text, {"name": name, "count": parked}))

    def changed(said: Phrase) -> HTMLResponse:
        return templates.page("_health_state.html", **state(said))

    return router


def _check_known(sources: Sources, name: str) -> None:
    """Answer 404 for a name that is neither in the settings nor in the outbox."""
    now = sources.clock.now()
    recorded = sources.health.recorded(now=now, today=now.date()).destinations
    if name not in {*sources.facts.destinations, *(each.name for each in recorded)}:
        raise HTTPException(HTTP_404_NOT_FOUND)
