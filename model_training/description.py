"""What nobody can measure about a model and its maker has to say: use, sources and limits.

A file (TOML or JSON) such as:

    name = "Wrists of our hospital"
    intended_use = "Research on the order of a worklist. Not for diagnosis."
    limitations = ["Children were not seen in training."]

    [[data]]
    cohort = "ours"                  # as the run folder names it: the stem of the CSV file
    licence = "Internal, approval 12/34"
    citation = "Department of Radiology, 2026"

`data` may be left out for cohorts that this project knows, and has one entry with
`role = "initial weights"` for first weights that did not come from torchvision. Further keys are
`regions`, `shortcuts` and `caveats`.
"""

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from model_training.known_sources import TRAINING, Source
from triage_agent.domain.region import Region


@dataclass(frozen=True, slots=True)
class Description:
    """What stands in a model card beside what was measured.

    Attributes:
        name: of the model; empty: made from its architecture.
        intended_use: for what, and for what not.
        limitations: what it cannot do, a sentence each.
        sources: of its images, and of its first weights.
        regions: in scope; empty: those that it was fitted on.
        shortcuts: what goes together with the label in its training images without being the
            abnormality, as Markdown.
        caveats: what to know before believing the measured figures, as Markdown.
    """

    name: str = ""
    intended_use: str = ""
    limitations: tuple[str, ...] = ()
    sources: tuple[Source, ...] = ()
    regions: tuple[Region, ...] = ()
    shortcuts: str = ""
    caveats: str = ""


_TEXTS = ("name", "intended_use", "shortcuts", "caveats")
_KEYS = frozenset({*_TEXTS, "limitations", "regions", "data"})
_SOURCE_KEYS = frozenset({"cohort", "licence", "citation", "name", "role", "division"})


def read_description(path: Path) -> Description:
    """Read such a file.

    Raises:
        ValueError: it is not of that form; the message says what is wrong.
        OSError: it cannot be read.
    """
    text = path.read_text(encoding="utf-8")
    try:
        stored = json.loads(text) if path.suffix.lower() == ".json" else tomllib.loads(text)
        if not isinstance(stored, dict):
            raise ValueError("it has no keys")  # noqa: TRY004, TRY301 (told as all the others are)
        return _description(stored)
    except ValueError as error:
        raise ValueError(f"{path.name}: {error}") from error


def _description(stored: Mapping[str, Any]) -> Description:
    _refuse_strangers(stored, _KEYS)
    texts = {key: _text(stored, key) for key in _TEXTS}
    known = {region.value for region in Region}
    regions = _list(stored, "regions")
    if set(regions) - known:
        raise ValueError(f"regions are some of {', '.join(sorted(known))}")
    entries = stored.get("data", [])
    if not isinstance(entries, list) or not all(isinstance(each, dict) for each in entries):
        raise ValueError("data is a list of tables: [[data]]")
    return Description(
        texts["name"],
        texts["intended_use"],
        tuple(_list(stored, "limitations")),
        tuple(_source(each) for each in entries),
        tuple(Region(each) for each in regions),
        texts["shortcuts"],
        texts["caveats"],
    )


def _source(stored: Mapping[str, Any]) -> Source:
    _refuse_strangers(stored, _SOURCE_KEYS)
    for key in ("cohort", "licence", "citation"):
        if not _text(stored, key):
            raise ValueError(f"an entry of data needs {key}")
    return Source(
        _text(stored, "cohort"),
        _text(stored, "licence"),
        _text(stored, "citation"),
        _text(stored, "name"),
        _text(stored, "role") or TRAINING,
        _text(stored, "division"),
    )


def _refuse_strangers(stored: Mapping[str, Any], known: frozenset[str]) -> None:
    strangers = sorted(set(stored) - known)
    if strangers:
        raise ValueError(
            f"{', '.join(strangers)}: no such key; there are {', '.join(sorted(known))}"
        )


def _text(stored: Mapping[str, Any], key: str) -> str:
    value = stored.get(key, "")
    if not isinstance(value, str):
        raise ValueError(f"{key} is a text")  # noqa: TRY004 (what a person wrote is wrong)
    return value.strip()


def _list(stored: Mapping[str, Any], key: str) -> list[str]:
    values = stored.get(key, [])
    if not isinstance(values, list) or not all(isinstance(each, str) for each in values):
        raise ValueError(f"{key} is a list of texts")
    return values
