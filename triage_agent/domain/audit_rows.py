"""The audit trail as text for other programs: CSV for spreadsheets, JSON lines for all else."""

import csv
import io
import json

from triage_agent.domain.audit import AuditEntry

CSV_COLUMNS = ("number", "at", "who", "deed", "study_instance_uid", "detail", "address")
# A spreadsheet takes what begins so for a formula, which may send its neighbours elsewhere.
_BEGINS_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
_AS_TEXT = "'"


def csv_header() -> str:
    """Return the first line: the names of the columns."""
    return _csv_line(CSV_COLUMNS)


def csv_line(entry: AuditEntry) -> str:
    """Return an entry as a line (RFC 4180), in which no cell is a formula to a spreadsheet."""
    cells = (str(each) for each in facts_of(entry).values())
    return _csv_line(tuple(_as_text(each) for each in cells))


def json_line(entry: AuditEntry) -> str:
    """Return an entry as a JSON object on a line of its own."""
    return json.dumps(facts_of(entry)) + "\n"


def facts_of(entry: AuditEntry) -> dict[str, object]:
    """Return an entry as plain values, in the order of `CSV_COLUMNS`; the instant is UTC."""
    line = entry.line
    values = (
        entry.number,
        line.at.isoformat(timespec="microseconds"),
        line.who,
        line.deed.value,
        line.StudyInstanceUID,
        line.detail,
        line.address,
    )
    return dict(zip(CSV_COLUMNS, values, strict=True))


def _as_text(cell: str) -> str:
    # Blanks before it do not keep every spreadsheet from reading a formula.
    return _AS_TEXT + cell if cell.lstrip(" ").startswith(_BEGINS_FORMULA) else cell


def _csv_line(cells: tuple[str, ...]) -> str:
    written = io.StringIO()
    csv.writer(written).writerow(cells)
    return written.getvalue()
