"""The table of all figures: what it says, and that the README says the same."""

import pytest

from tests.benchmarks.figures import PAGE, README, Figure, Figures, recorded, table, with_table

pytestmark = pytest.mark.benchmark


def make_figures() -> Figures:
    figures = Figures()
    figures.add("List", Figure("page of 50", "ms", 4.0, {}, higher_is_better=False))
    figures.add("Receiving", Figure("1 sender", "objects/s", 150.0, {"storescp": 100.0}))
    figures.add(
        "Receiving", Figure("memory", "MB", 150.0, {"Orthanc": 300.0}, higher_is_better=False)
    )
    figures.note("Receiving", "Medians of 3 rounds.")
    return figures


def test_a_line_says_how_many_times_as_good_the_product_is() -> None:
    written = table(make_figures().sections()).splitlines()
    assert "| 1 sender | 150 objects/s | storescp: 100 = 1.50 |" in written
    assert "| memory | 150 MB | Orthanc: 300 = 2.00 |" in written
    assert "| page of 50 | 4 ms |  |" in written
    assert written[-1] == "- Receiving: Medians of 3 rounds."


def test_sections_come_in_the_order_of_the_table_with_their_date() -> None:
    sections = make_figures().sections()
    heads = [line for line in table(sections).splitlines() if line.startswith("| **")]
    assert heads == [f"| **{name}** | | {sections[name].date} |" for name in ("Receiving", "List")]


def test_a_line_that_is_added_again_replaces_the_earlier_one() -> None:
    figures = make_figures()
    figures.add("List", Figure("page of 50", "ms", 2.0, {}, higher_is_better=False))
    assert [each.ours for each in figures.sections()["List"].figures] == [2.0]


def test_the_table_replaces_only_what_is_between_its_marks() -> None:
    text = README.read_text(encoding="utf-8")
    once = with_table(text, "| a |")
    assert once.startswith(text.split("<!-- benchmarks")[0])
    assert once.endswith(text.split("<!-- end of benchmarks -->")[1])
    assert with_table(once, "| a |") == once


def test_page_and_readme_say_what_the_record_holds() -> None:
    kept = recorded()
    assert kept, "docs/benchmarks.json is not there: run `make bench`"
    assert table(kept) in PAGE.read_text(encoding="utf-8")
    readme = README.read_text(encoding="utf-8")
    assert with_table(readme, table(kept)) == readme
