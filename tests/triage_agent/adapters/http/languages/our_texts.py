"""Every text of the page, found where it stands: in templates and in the code."""

import ast
from collections.abc import Iterator
from pathlib import Path

from jinja2 import Environment

import triage_agent
from triage_agent.adapters.http.templating import HERE

# What marks a text in code (the catalogue's own module says so too).
_MARKS = {"say", "translatable", "_t"}


def texts_of_templates() -> Iterator[str | tuple[str, str]]:
    """Yield the texts, and pairs of singular and plural."""
    environment = Environment(
        extensions=["jinja2.ext.i18n"], trim_blocks=True, lstrip_blocks=True, autoescape=True
    )
    for path in sorted((HERE / "templates").glob("*.html")):
        for _, function, found in environment.extract_translations(path.read_text()):  # type: ignore[attr-defined]
            parts = found if isinstance(found, tuple) else (found,)
            literals = [each for each in parts if each is not None]
            if function == "ngettext":
                yield literals[0], literals[1]
            elif literals:
                yield literals[0]


def texts_of_code() -> Iterator[str]:
    """Yield what calls of `say`, `translatable` and `_t` are given as a literal."""
    for path in sorted(Path(triage_agent.__file__).parent.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and _name(node.func) in _MARKS and node.args:
                first = node.args[0]
                if isinstance(first, ast.Constant) and isinstance(first.value, str):
                    yield first.value


def _name(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""
