import pytest

from triage_agent.adapters.http.markdown import Span, blocks


def plain(text):
    return (Span("text", text),)


def kinds(text):
    return [block.kind for block in blocks(text)]


def test_headings_have_their_level():
    first, second = blocks("# One\n### Three\n")
    assert (first.kind, first.level, first.rows) == ("heading", 1, ((plain("One"),),))
    assert second.level == 3


def test_lines_of_a_paragraph_are_one():
    (block,) = blocks("one\ntwo\n")
    assert (block.kind, block.rows) == ("paragraph", ((plain("one two"),),))


def test_a_list():
    (block,) = blocks("- one\n* two\n")
    assert (block.kind, block.rows) == ("list", ((plain("one"),), (plain("two"),)))


def test_a_table_without_its_ruling():
    (block,) = blocks("| a | b |\n| --- | :-: |\n| 1 | 2 |\n")
    assert block.kind == "table"
    assert block.rows == ((plain("a"), plain("b")), (plain("1"), plain("2")))


def test_a_dash_in_a_cell_is_no_ruling():
    (block,) = blocks("| a | - x |\n")
    assert block.rows == ((plain("a"), plain("- x")),)


def test_blocks_follow_each_other_without_blank_lines():
    assert kinds("# Head\ntext\n- item\n| a |\ntext") == [
        "heading",
        "paragraph",
        "list",
        "table",
        "paragraph",
    ]


def test_strong_and_code():
    (block,) = blocks("a **b** c `d` e")
    assert block.rows[0][0] == (
        Span("text", "a "),
        Span("strong", "b"),
        Span("text", " c "),
        Span("code", "d"),
        Span("text", " e"),
    )


@pytest.mark.parametrize("text", ["", "\n \n"])
def test_nothing(text):
    assert blocks(text) == ()


def test_html_and_links_are_text():
    (block,) = blocks('<img src=x onerror="alert(1)"> [x](javascript:alert(1))')
    assert block.rows[0][0] == plain('<img src=x onerror="alert(1)"> [x](javascript:alert(1))')


def test_a_heading_mark_without_a_heading_ends():
    assert kinds("#nothing\n####### seven") == ["paragraph"]
