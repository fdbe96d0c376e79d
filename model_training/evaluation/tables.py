"""Tables of figures that are written as Markdown for people and as CSV for programs."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass

from model_training.evaluation.estimate import Estimate

Cell = str | int | float | Estimate | None

# Stands where a figure is not defined.
UNDEFINED = "n/a"


@dataclass(frozen=True, slots=True)
class Table:
    """A titled table.

    Attributes:
        title: one line.
        header: names of the columns.
        rows: a cell for each column; None where a figure is not defined.
        note: what a reader must know to read it; may be empty.

    Raises:
        ValueError: a row has another number of cells than the header.
    """

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""

    def __post_init__(self) -> None:
        for row in self.rows:
            if len(row) != len(self.header):
                raise ValueError(
                    f"{self.title}: a row of {len(row)} for {len(self.header)} columns"
                )

    def markdown(self, digits: int = 3) -> str:
        """Write a pipe table under its title, figures with so many decimals."""
        kinds = [
            ":---" if all(isinstance(row[i], str) for row in self.rows) else "---:"
            for i in range(len(self.header))
        ]
        lines = [self.header, kinds, *([_shown(cell, digits) for cell in r] for r in self.rows)]
        body = "\n".join("| " + " | ".join(line) + " |" for line in map(_escaped, lines))
        note = f"\n\n{self.note}" if self.note else ""
        return f"### {self.title}\n\n{body}{note}\n"

    def csv(self) -> str:
        """Write all digits; a figure with an interval fills three columns."""
        wide = [
            any(isinstance(row[i], Estimate) for row in self.rows) for i in range(len(self.header))
        ]
        buffer = io.StringIO()
        writer = csv.writer(buffer, lineterminator="\n")
        writer.writerow(
            name
            for title, three in zip(self.header, wide, strict=True)
            for name in ((title, f"{title} low", f"{title} high") if three else (title,))
        )
        for row in self.rows:
            writer.writerow(
                value
                for cell, three in zip(row, wide, strict=True)
                for value in (_spread(cell) if three else (cell,))
            )
        return buffer.getvalue()


def _shown(cell: Cell, digits: int) -> str:
    if cell is None:
        return UNDEFINED
    if isinstance(cell, Estimate):
        return cell.text(digits)
    if isinstance(cell, float):
        return f"{cell:.{digits}f}"
    return str(cell)


def _spread(cell: Cell) -> tuple[Cell, Cell, Cell]:
    if isinstance(cell, Estimate):
        return cell.value, cell.low, cell.high
    return cell, None, None


def _escaped(line: Sequence[str]) -> list[str]:
    return [cell.replace("|", "\\|").replace("\n", " ") for cell in line]
