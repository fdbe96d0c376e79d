"""What the API answers in place of what was asked for: one shape for all (RFC 9457)."""

from collections.abc import Mapping
from http import HTTPStatus

from starlette.responses import JSONResponse

PROBLEM_TYPE = "application/problem+json"
_UNNAMED = "about:blank"  # RFC 9457 section 4.2.1: the title is that of the status
_NAMED = "urn:triage-agent:problem:"


def problem(
    status: int,
    detail: str,
    *,
    kind: str = "",
    facts: Mapping[str, object] | None = None,
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """Return the answer; `detail` is a sentence that names no patient.

    `kind` is a word that a program may decide by, `facts` are further members. `error` is the
    detail again, for programs that were written before there was more than that.
    """
    told: dict[str, object] = {
        "type": f"{_NAMED}{kind.replace(' ', '-')}" if kind else _UNNAMED,
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "error": detail,
    }
    if kind:
        told["kind"] = kind
    return JSONResponse(
        told | dict(facts or {}),
        status_code=status,
        headers=dict(headers or {}),
        media_type=PROBLEM_TYPE,
    )
