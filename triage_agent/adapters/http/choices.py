"""What a visitor chooses for their own pages. Changes carry `X-CSRF-Token` as all do.

    POST /preferences              {"theme": ..., "language": ..., "density": ...,
                                    "columns": [...], "single_keys": true}; what is left
                                    out stays as it is
    POST /preferences/views        {"name": "Hands at night", "query": "region=HAND&hours=12"}
    POST /preferences/views/forget {"name": "Hands at night"}

204 once it is kept; an error where it cannot be, and then nothing has changed.
"""

from dataclasses import replace
from typing import Annotated
from urllib.parse import parse_qsl

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response
from starlette.status import HTTP_204_NO_CONTENT, HTTP_422_UNPROCESSABLE_CONTENT

from triage_agent.adapters.http.asking import read_pairs
from triage_agent.adapters.http.facts import Sources
from triage_agent.adapters.http.rights import AnyVisitor
from triage_agent.domain.preferences import (
    MAXIMUM_NAME,
    MAXIMUM_QUERY,
    Column,
    Density,
    Language,
    Preferences,
    SavedView,
    Theme,
)
from triage_agent.prioritise.list_query import write_query

MAXIMUM_FIELDS = 200

_Name = Annotated[str, Field(min_length=1, max_length=MAXIMUM_NAME)]


class _Choice(BaseModel):
    model_config = ConfigDict(extra="forbid")

    theme: Theme | None = None
    language: Language | None = None
    density: Density | None = None
    columns: Annotated[list[Column], Field(max_length=len(Column))] | None = None
    single_keys: bool | None = None


class _View(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: _Name
    query: Annotated[str, Field(max_length=MAXIMUM_QUERY)] = ""


class _Forgotten(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: _Name


def choice_routes(sources: Sources) -> APIRouter:
    """Return the routes."""
    router = APIRouter(prefix="/preferences", default_response_class=Response)

    @router.post("", status_code=HTTP_204_NO_CONTENT)
    def choose(choice: _Choice, visitor: AnyVisitor) -> None:
        def revise(kept: Preferences) -> Preferences:
            if choice.columns is not None:
                kept = kept.with_columns(choice.columns)
            return replace(
                kept,
                theme=choice.theme or kept.theme,
                language=choice.language or kept.language,
                density=choice.density or kept.density,
                single_keys=kept.single_keys if choice.single_keys is None else choice.single_keys,
            )

        sources.preferences.change(visitor.name, revise)

    @router.post("/views", status_code=HTTP_204_NO_CONTENT)
    def keep(view: _View, visitor: AnyVisitor) -> None:
        try:
            pairs = parse_qsl(view.query, max_num_fields=MAXIMUM_FIELDS)
            # Read and written again: nothing but a filter and an order is kept.
            query = replace(read_pairs(pairs, visitor, sources.facts), offset=0)
            saved = SavedView(view.name.strip(), write_query(query, reader=visitor.name))
            sources.preferences.change(visitor.name, lambda kept: kept.with_view(saved))
        except ValueError as error:
            raise HTTPException(HTTP_422_UNPROCESSABLE_CONTENT) from error

    @router.post("/views/forget", status_code=HTTP_204_NO_CONTENT)
    def forget(view: _Forgotten, visitor: AnyVisitor) -> None:
        sources.preferences.change(visitor.name, lambda kept: kept.without_view(view.name))

    return router
