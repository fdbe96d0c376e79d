"""The words of a page: what is seen, and what is told to those who do not see it."""

import re
from html.parser import HTMLParser

_SPOKEN = {"alt", "aria-label", "placeholder", "title"}
# Their text is not ours, or nobody reads it.
_SILENT = {"script", "style"}
_VOID = {"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"}


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()
        self._open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _VOID:
            self._open.append(tag)
        for name, value in attrs:
            # Scripts are given texts of ours, and words of theirs that nobody sees.
            is_text = name.startswith("data-") and re.search(r"^[A-Z{]|[a-z] [a-z]", value or "")
            if name in _SPOKEN or is_text:
                self._take(value or "")

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if not _SILENT & set(self._open):
            self._take(data)

    def _take(self, text: str) -> None:
        text = re.sub(r"\s+", " ", text).strip(" ,:;·()“”✕→×–?")  # noqa: RUF001 (a dash)
        if re.search(r"[a-z]{3}", text):
            self.found.add(text)


def words_of(html: str) -> set[str]:
    """Return the texts of a page, piece by piece; figures and signs alone are none."""
    parser = _Words()
    parser.feed(html)
    parser.close()
    return parser.found
