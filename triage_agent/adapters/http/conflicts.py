"""Errors of a deed as answers that a page or a program can decide by."""

from fastapi.exceptions import RequestValidationError
from starlette.responses import Response
from starlette.status import (
    HTTP_404_NOT_FOUND,
    HTTP_409_CONFLICT,
    HTTP_422_UNPROCESSABLE_CONTENT,
    HTTP_503_SERVICE_UNAVAILABLE,
)

from triage_agent.adapters.http.languages.choosing import present_words
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
    words = present_words()
    match error:
        case ClaimedByAnother():
            until = None if error.until is None else iso(error.until)
            return problem(
                HTTP_409_CONFLICT,
                words.say("%(reader)s has claimed this study.", reader=error.claimed_by),
                kind="claimed",
                facts={"claimed_by": error.claimed_by, "until": until},
            )
        case AlreadyRead():
            read_at = None if error.read_at is None else iso(error.read_at)
            return problem(
                HTTP_409_CONFLICT,
                words.say("%(reader)s has read this study.", reader=error.read_by),
                kind="read",
                facts={"read_by": error.read_by, "read_at": read_at},
            )
        case GenerationStale():
            return problem(
                HTTP_409_CONFLICT,
                words.say("Images have come since: look at the study again."),
                kind="stale",
                facts={"generation": error.generation, "images": error.images},
            )
        case _:
            return problem(
                HTTP_409_CONFLICT,
                words.say("This cannot be undone any more."),
                kind="nothing to undo",
            )


def deed_refused(
    error: StudyUnknown | ReadingConflict | RequestValidationError | TransientError,
) -> Response:
    """Return the answer to a deed that was not done."""
    words = present_words()
    match error:
        case ReadingConflict():
            return conflict(error)
        case StudyUnknown():
            return problem(HTTP_404_NOT_FOUND, words.say("There is no such study."), kind="unknown")
        case TransientError():
            return problem(
                HTTP_503_SERVICE_UNAVAILABLE,
                words.say("This cannot be done just now. Try again."),
                kind="unavailable",
            )
        case _:
            return problem(
                HTTP_422_UNPROCESSABLE_CONTENT,
                words.say("This is not understood."),
                kind="invalid",
            )
