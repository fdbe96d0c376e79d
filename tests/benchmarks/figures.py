"""What benchmarks found, as one table: printed at the end, and kept by `make bench`.

Every section of the table says when and on what it was measured: one may be measured again without
the others (`make bench BENCH=tests/benchmarks/test_classifier.py`). `docs/benchmarks.json` is the
record; `docs/benchmarks.md` and the table of the README are made from it.
"""

import json
import os
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

_ROOT = Path(__file__).parents[2]
RECORD = _ROOT / "docs" / "benchmarks.json"
PAGE = _ROOT / "docs" / "benchmarks.md"
PLOT = _ROOT / "docs" / "cost_per_study.png"
README = _ROOT / "README.md"
_BEGIN, _END = "<!-- benchmarks: made by `make bench` -->", "<!-- end of benchmarks -->"

# `make bench` measures at full size and keeps the figures; `make test` looks whether all of it
# works, with as little as that takes.
FULL = os.environ.get("TRIAGE_BENCHMARK") == "full"

# The order of the table; a section that is not named here comes last.
SECTIONS = ("Receiving", "Inference", "First score", "End to end", "Growth", "List", "Memory")


@dataclass(frozen=True)
class Figure:
    """One line of the table.

    Attributes:
        what: what was measured, under which load.
        unit: of `ours` and of the peers' figures.
        ours: the product's median.
        peers: the medians of the same rounds, by the peer's name; none if there is no peer.
        higher_is_better: false for seconds and megabytes. Ratios are always written so that above
            1 the product is better.
    """

    what: str
    unit: str
    ours: float
    peers: Mapping[str, float] = field(default_factory=dict)
    higher_is_better: bool = True

    def ratio(self, peer: str) -> float:
        """Return how many times better than this peer the product is."""
        theirs = self.peers[peer]
        return self.ours / theirs if self.higher_is_better else theirs / self.ours


@dataclass(frozen=True)
class Section:
    """Figures that were measured together, and what has to be known to read them."""

    figures: tuple[Figure, ...]
    notes: tuple[str, ...]
    machine: str
    date: str


class Figures:
    """What this run found, by section. A line that is added again replaces the earlier one."""

    def __init__(self) -> None:
        self._figures: dict[str, dict[str, Figure]] = {}
        self._notes: dict[str, dict[str, None]] = {}

    def add(self, section: str, *figures: Figure) -> None:
        """Add lines to a section."""
        lines = self._figures.setdefault(section, {})
        lines.update({each.what: each for each in figures})

    def note(self, section: str, text: str) -> None:
        """Add a sentence that stands under the section: sizes, rounds, what a peer leaves out."""
        self._notes.setdefault(section, {})[text] = None

    def sections(self) -> dict[str, Section]:
        """Return what was found so far."""
        where, today = machine(), datetime.now(tz=UTC).date().isoformat()
        return {
            name: Section(tuple(lines.values()), tuple(self._notes.get(name, {})), where, today)
            for name, lines in self._figures.items()
        }


def machine() -> str:
    """Return the processor, the cores that may be used, and what of it matters to arithmetic."""
    text = Path("/proc/cpuinfo").read_text(encoding="ascii")
    found = re.search(r"^model name\s*:\s*(.+)$", text, re.MULTILINE)
    name = found[1].strip() if found else "processor"
    flags = {word for word in re.findall(r"\w+", text) if word in {"avx512f", "amx_tile", "avx2"}}
    units = " and ".join(
        label for flag, label in (("avx512f", "AVX-512"), ("amx_tile", "AMX")) if flag in flags
    )
    cores = len(os.sched_getaffinity(0))
    return f"{name}, {cores} cores{f', {units}' if units else ''}, no GPU"


def table(sections: Mapping[str, Section]) -> str:
    """Return the one table, as Markdown that can be read as it is."""
    lines = ["| | this node | peer: its figure = times as good |", "|---|---|---|"]
    notes = []
    for name in _ordered(sections):
        section = sections[name]
        lines.append(f"| **{name}** | | {section.date} |")
        lines += [_line(each) for each in section.figures]
        notes += [f"- {name}: {' '.join(section.notes)}"] if section.notes else []
    machines = dict.fromkeys(sections[name].machine for name in _ordered(sections))
    return "\n".join([*lines, "", *(f"{each}." for each in machines), "", *notes])


def keep(sections: Mapping[str, Section]) -> None:
    """Put the sections into the record, in place of earlier ones, and write page and README."""
    record = {**_recorded(), **{name: asdict(each) for name, each in sections.items()}}
    RECORD.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    written = table(recorded())
    PAGE.write_text(f"# How fast\n\nMade by `make bench`.\n\n{written}\n", encoding="utf-8")
    README.write_text(with_table(README.read_text(encoding="utf-8"), written), encoding="utf-8")


def recorded() -> dict[str, Section]:
    """Return what the record holds."""
    return {
        name: Section(
            figures=tuple(Figure(**each) for each in fields["figures"]),
            notes=tuple(fields["notes"]),
            machine=fields["machine"],
            date=fields["date"],
        )
        for name, fields in _recorded().items()
    }


def with_table(text: str, written: str) -> str:
    """Return a page with this table in place of the one between its marks."""
    before, rest = text.split(_BEGIN)
    _, after = rest.split(_END)
    return f"{before}{_BEGIN}\n\n{written}\n\n{_END}{after}"


def _recorded() -> dict[str, dict]:  # type: ignore[type-arg]
    return json.loads(RECORD.read_text(encoding="utf-8")) if RECORD.exists() else {}


def _ordered(sections: Mapping[str, Section]) -> list[str]:
    known = [name for name in SECTIONS if name in sections]
    return known + [name for name in sections if name not in SECTIONS]


def _line(figure: Figure) -> str:
    peers = "; ".join(
        f"{name}: {_short(theirs)} = {figure.ratio(name):.2f}"
        for name, theirs in figure.peers.items()
    )
    return f"| {figure.what} | {_short(figure.ours)} {figure.unit} | {peers} |"


def _short(value: float) -> str:
    """Three figures, as no benchmark here repeats to more."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) < 10 else f"{value:.1f}"
