"""Every route of the application, found in the application, and an address that reaches it."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from fastapi import FastAPI
from starlette.routing import BaseRoute, Mount

from tests.factories import uid

STUDY = uid("study", 1)
# What stands for the parts of a path; a test fails for a part that is not here.
_PARTS = {"uid": STUDY, "number": "1", "name": "pacs", "form": "csv"}
# Without these a route answers that the address is none, before it looks at who asks.
_QUERIES = {"/list/changes": "since=0"}


def routes_of(app: FastAPI) -> list[tuple[str, str]]:
    """Return method and path of every route, also of applications that are mounted."""
    return sorted(set(_walk(app.routes, "")))


def _walk(routes: Sequence[BaseRoute], prefix: str) -> Iterator[tuple[str, str]]:
    for each in routes:
        route: Any = each
        if hasattr(route, "original_router"):
            yield from _walk(route.original_router.routes, prefix)
        elif isinstance(route, Mount):
            yield from _walk(route.routes or (), prefix + route.path)
        else:
            for method in route.methods - {"HEAD"}:
                yield method, prefix + route.path


def address_of(path: str) -> str:
    """Return an address that reaches a path."""
    filled = re.sub(r"\{(\w+)(:\w+)?\}", lambda part: _PARTS[part[1]], path)
    query = _QUERIES.get(path, "")
    return f"{filled}?{query}" if query else filled
