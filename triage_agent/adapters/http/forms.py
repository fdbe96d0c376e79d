"""What a page's own form sends: short texts, one for each field."""

from collections.abc import Mapping
from typing import Annotated
from urllib.parse import parse_qsl

from fastapi import Depends, HTTPException, Request
from starlette.status import HTTP_413_CONTENT_TOO_LARGE

FORM_TYPE = "application/x-www-form-urlencoded"
LONGEST_FORM = 65_536
_MOST_FIELDS = 200


def is_form(content_type: str) -> bool:
    """Say whether a body is a form of this kind."""
    return content_type.partition(";")[0].strip().lower() == FORM_TYPE


def fields_of(body: bytes) -> Mapping[str, str]:
    """Return the fields, the last of each name; none where there are too many."""
    try:
        pairs = parse_qsl(
            body.decode("latin-1"),
            keep_blank_values=True,
            errors="replace",
            max_num_fields=_MOST_FIELDS,
        )
    except ValueError:
        return {}
    return dict(pairs)


async def _form(request: Request) -> Mapping[str, str]:
    if not is_form(request.headers.get("content-type", "")):
        return {}
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LONGEST_FORM:
            raise HTTPException(HTTP_413_CONTENT_TOO_LARGE)
    return fields_of(bytes(body))


Form = Annotated[Mapping[str, str], Depends(_form)]
