"""Errors of a deed as answers that a page or a program can decide by."""

from fastapi.exceptions import RequestValidationError
from starlette.responses import Response
from starlette.status import (
    HTTP_404_NOT_FOUND,
    HTTP_409_CONFLICT,
    HTTP_422_UNPROCESSABLE_CONTENT,
    HTTP_503_SERVICE_UNAVAILABLE,
)

from triage_agent.adapters.http.problems import problem
from triage_agent.errors import (
    AlreadyRead,
    ClaimedByAnother,
    GenerationStale,
    ReadingConflict,
    StudyUnknown,
    TransientError,
)
from triage_agent.prioritise.listing import iso


def conflict(error: ReadingConflict) -> Response:
    """Return 409, with who was first or what came since."""
    match error:
        case ClaimedByAnother():
            until = None if error.until is None else iso(error.until)
            return problem(
                HTTP_409_CONFLICT,
                f"{error.claimed_by} has claimed this study.",
                kind="claimed",
                facts={"claimed_by": error.claimed_by, "until": until},
            )
        case AlreadyRead():
            read_at = None if error.read_at is None else iso(error.read_at)
            return problem(
                HTTP_409_CONFLICT,
                f"{error.read_by} has read this study.",
                kind="read",
                facts={"read_by": error.read_by, "read_at": read_at},
            )
        case GenerationStale():
            return problem(
                HTTP_409_CONFLICT,
                "Images have come since: look at the study again.",
                kind="stale",
                facts={"generation": error.generation, "images": error.images},
            )
        case _:
            return problem(
                HTTP_409_CONFLICT, "This cannot be undone any more.", kind="nothing to undo"
            )


def deed_refused(
    error: StudyUnknown | ReadingConflict | RequestValidationError | TransientError,
) -> Response:
    """Return the answer to a deed that was not done."""
    match error:
        case ReadingConflict():
            return conflict(error)
        case StudyUnknown():
            return problem(HTTP_404_NOT_FOUND, "There is no such study.", kind="unknown")
        case TransientError():
            return problem(
                HTTP_503_SERVICE_UNAVAILABLE,
                "This cannot be done just now. Try again.",
                kind="unavailable",
            )
        case _:
            return problem(
                HTTP_422_UNPROCESSABLE_CONTENT, "This is not understood.", kind="invalid"
            )
