"""Which language a page is made in: the visitor's own choice, else what their browser asks for."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from functools import cache

from starlette.requests import HTTPConnection

from triage_agent.adapters.http.languages.catalogue import Catalogue, read_catalogue
from triage_agent.domain.preferences import Language
from triage_agent.domain.visitor import Visitor
from triage_agent.errors import TransientError
from triage_agent.ports.preferences import PreferenceStore

ENGLISH = Catalogue("en")
# The texts of the API are read by programs, and its documents are in English.
_IN_ENGLISH = "/api/"

# Asked for when the first text is made, in the thread that makes it: most answers have none.
_present: ContextVar[Callable[[], Catalogue]] = ContextVar("_present", default=lambda: ENGLISH)

# Gives the language of an answer; blocks.
Choose = Callable[[HTTPConnection, Visitor | None], Catalogue]


def present_words() -> Catalogue:
    """Return the language of the page that is being made."""
    return _present.get()()


@contextmanager
def speaking(choose: Choose, request: HTTPConnection, visitor: Visitor | None) -> Iterator[None]:
    """Make what is answered inside in the language that this visitor wants."""
    token = _present.set(cache(lambda: choose(request, visitor)))
    try:
        yield
    finally:
        _present.reset(token)


def choosing(preferences: PreferenceStore) -> Choose:
    """Return what chooses the language."""
    catalogues = {
        Language.ENGLISH: ENGLISH,
        Language.GERMAN: read_catalogue(Language.GERMAN.value),
    }

    def choose(request: HTTPConnection, visitor: Visitor | None) -> Catalogue:
        if request.url.path.startswith(_IN_ENGLISH):
            return ENGLISH
        chosen = Language.BROWSER
        if visitor is not None:
            with suppress(TransientError):  # the page that says so needs nothing that is kept
                chosen = preferences.of(visitor.name).language
        if chosen is Language.BROWSER:
            chosen = accepted(request.headers.get("accept-language", ""))
        return catalogues[chosen]

    return choose


def accepted(header: str) -> Language:
    """Return which of our languages an Accept-Language header prefers (RFC 9110 section 12.5.4).

    English where it names none of them, or means nothing.
    """
    best, most = Language.ENGLISH, 0.0
    for part in header.split(","):
        name, _, parameter = part.strip().partition(";")
        code = name.strip().partition("-")[0].lower()
        weight = _weight(parameter.strip())
        if code in {Language.ENGLISH.value, Language.GERMAN.value} and weight > most:
            best, most = Language(code), weight
    return best


def _weight(parameter: str) -> float:
    if not parameter:
        return 1.0
    name, _, value = parameter.partition("=")
    try:
        return min(float(value), 1.0) if name.strip().lower() == "q" else 1.0
    except ValueError:
        return 0.0
