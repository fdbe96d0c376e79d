"""The part of Markdown in which model cards are written, as blocks that a template lays out.

A card may come with a bundle from elsewhere: nothing in it is ever taken for HTML. What is no
heading, list, table or rule of this small part is a paragraph, as it stands.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_HEADING = re.compile(r"(#{1,6})\s+(.+)")
_ITEM = re.compile(r"\s*[-*]\s+(.+)")
_RULING = re.compile(r"\|?[\s:|-]*-[\s:|-]*\|?")
_SPAN = re.compile(r"\*\*(?P<strong>[^*]+)\*\*|`(?P<code>[^`]+)`")


@dataclass(frozen=True, slots=True)
class Span:
    """A run of text; `kind` is "text", "strong" or "code"."""

    kind: str
    text: str


Spans = tuple[Span, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A part of a card.

    Attributes:
        kind: "heading", "paragraph", "list" or "table".
        level: of a heading, 1 to 6.
        rows: of a heading or paragraph one row of one cell; of a list one cell a row.
    """

    kind: str
    level: int = 0
    rows: tuple[tuple[Spans, ...], ...]


def blocks(text: str) -> tuple[Block, ...]:
    """Divide a card into its blocks."""
    return tuple(_blocks(text.splitlines()))


def _blocks(lines: list[str]) -> Iterator[Block]:
    at = 0
    while at < len(lines):
        line = lines[at]
        if not line.strip():
            at += 1
        elif heading := _HEADING.fullmatch(line.rstrip()):
            yield Block(
                kind="heading", level=len(heading[1]), rows=((_spans(heading[2].strip()),),)
            )
            at += 1
        else:
            kind = _kind(line)
            end = at + 1
            while end < len(lines) and lines[end].strip() and _kind(lines[end]) == kind:
                end += 1
            yield _block(kind, lines[at:end])
            at = end


def _kind(line: str) -> str:
    if _HEADING.fullmatch(line.rstrip()):
        return "heading"
    if _ITEM.fullmatch(line):
        return "list"
    return "table" if line.lstrip().startswith("|") else "paragraph"


def _block(kind: str, lines: list[str]) -> Block:
    if kind == "list":
        items = [_ITEM.fullmatch(line) for line in lines]
        return Block(kind=kind, rows=tuple((_spans(item[1].strip()),) for item in items if item))
    if kind == "table":
        rows = [line for line in lines if not _RULING.fullmatch(line.strip())]
        return Block(kind=kind, rows=tuple(tuple(_cells(row)) for row in rows))
    return Block(kind=kind, rows=((_spans(" ".join(line.strip() for line in lines)),),))


def _cells(row: str) -> Iterator[Spans]:
    return (_spans(cell.strip()) for cell in row.strip().strip("|").split("|"))


def _spans(text: str) -> Spans:
    return tuple(_runs(text))


def _runs(text: str) -> Iterator[Span]:
    at = 0
    for found in _SPAN.finditer(text):
        if found.start() > at:
            yield Span("text", text[at : found.start()])
        kind = "strong" if found["strong"] else "code"
        yield Span(kind, found[kind])
        at = found.end()
    if at < len(text):
        yield Span("text", text[at:])
