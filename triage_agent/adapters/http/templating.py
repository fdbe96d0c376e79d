"""The HTML templates: everything that comes from outside is escaped."""

from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse

from triage_agent.adapters.http.facts import NodeFacts
from triage_agent.adapters.http.languages.choosing import present_words
from triage_agent.adapters.http.rights import present_visitor

HERE = Path(__file__).parent


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,  # a misspelt name is an error, not a gap on the page
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    environment.install_gettext_callables(  # type: ignore[attr-defined]
        lambda text: present_words().text(text),
        lambda one, many, number: present_words().plural(one, many, number),
        newstyle=True,
    )
    environment.globals["present_words"] = present_words
    environment.globals["again"] = lambda sentence: present_words().again(sentence)
    environment.globals["present_visitor"] = present_visitor.get
    return environment


# Compiles each template once in a process.
_ENVIRONMENT: Final = _environment()


class Templates:
    """Renders a template into a response."""

    def __init__(self, facts: NodeFacts, *, sign_in: bool = True, elsewhere: str = "") -> None:
        """Take what every page may show.

        `sign_in` says whether people have to, `elsewhere` what the identity provider is called.
        """
        self._shown = {"facts": facts, "sign_in": sign_in, "elsewhere": elsewhere}

    def page(self, template: str, *, status_code: int = 200, **shown: object) -> HTMLResponse:
        """Return the page; its text is escaped by the engine."""
        return HTMLResponse(self.text(template, **shown), status_code=status_code)

    def text(self, template: str, **shown: object) -> str:
        """Return a part of a page."""
        return _ENVIRONMENT.get_template(template).render(self._shown | shown)
