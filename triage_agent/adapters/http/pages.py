"""The pages of a study and their live parts, and the card of the model."""

from typing import Annotated

from fastapi import APIRouter, HTTPException, Query, Request
from starlette.responses import HTMLResponse
from starlette.status import HTTP_404_NOT_FOUND

from triage_agent.adapters.http.addresses import StudyUID
from triage_agent.adapters.http.auditing import note
from triage_agent.adapters.http.facts import Sources
from triage_agent.adapters.http.markdown import blocks
from triage_agent.adapters.http.rights import AnyVisitor, Reader
from triage_agent.adapters.http.study_page import study_page
from triage_agent.adapters.http.templating import Templates
from triage_agent.domain.audit import Deed
from triage_agent.domain.heat import palette

# Colours of the legend: a gradient between so many looks like the whole palette.
_LEGEND_STEPS = 8
_Shown = Annotated[str, Query(pattern=r"^[0-9a-f]{0,64}$")]


def page_routes(sources: Sources, templates: Templates) -> APIRouter:
    """Return the routes. Functions without `async` run in threads, for the ports block."""
    router = APIRouter(default_response_class=HTMLResponse)
    card = blocks(sources.facts.model_card)
    legend = _legend()

    @router.get("/studies/{uid}")
    def study(request: Request, visitor: Reader, uid: StudyUID) -> HTMLResponse:
        page = study_page(sources, uid, visitor.name)
        note(sources, request, visitor, Deed.STUDY_VIEWED, uid)
        return templates.page(
            "study.html",
            page=page,
            shown=page.shown,
            legend=legend,
            preferences=sources.preferences.of(visitor.name),
        )

    @router.get("/studies/{uid}/facts")
    def facts_alone(
        request: Request, visitor: Reader, uid: StudyUID, shown: _Shown = ""
    ) -> HTMLResponse:
        page = study_page(sources, uid, visitor.name)
        note(sources, request, visitor, Deed.STUDY_VIEWED, uid)
        return templates.page("_facts.html", page=page, shown=shown)

    @router.get("/model")
    def model(_: AnyVisitor) -> HTMLResponse:
        if not card:
            raise HTTPException(HTTP_404_NOT_FOUND)
        return templates.page("model.html", card=card)

    return router


def _legend() -> tuple[tuple[int, str, float], ...]:
    """Return the place in percent, colour and opacity of each stop, from no heat to the most."""
    opacity, colours = palette()
    last = len(opacity) - 1
    stops = (round(step * last / _LEGEND_STEPS) for step in range(_LEGEND_STEPS + 1))
    return tuple(
        (
            round(100 * stop / last),
            "#" + "".join(f"{round(255 * each):02x}" for each in colours[stop]),
            round(float(opacity[stop]), 3),
        )
        for stop in stops
    )
