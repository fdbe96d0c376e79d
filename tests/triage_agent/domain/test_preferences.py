import pytest

from triage_agent.domain.preferences import (
    MAXIMUM_NAME,
    MAXIMUM_QUERY,
    MAXIMUM_VIEWS,
    Column,
    Preferences,
    SavedView,
)


def test_columns_stand_in_their_own_order_each_once():
    chosen = Preferences().with_columns([Column.MODEL, Column.PLACE, Column.MODEL])
    assert chosen.columns == (Column.PLACE, Column.MODEL)


def test_a_view_is_kept_replaced_and_forgotten():
    first, second = SavedView("hands", "region=HAND"), SavedView("late", "state=overdue")
    kept = Preferences().with_view(first).with_view(second)
    assert kept.views == (first, second)
    other = SavedView("hands", "region=WRIST")
    assert kept.with_view(other).views == (other, second)
    assert kept.without_view("hands").views == (second,)
    assert kept.without_view("nothing").views == (first, second)


def test_a_view_too_many_is_refused_and_a_known_one_is_not():
    kept = Preferences()
    for number in range(MAXIMUM_VIEWS):
        kept = kept.with_view(SavedView(f"{number}", ""))
    with pytest.raises(ValueError, match="at most 30 views"):
        kept.with_view(SavedView("another", ""))
    assert kept.with_view(SavedView("0", "x=1")).views[0].query == "x=1"


@pytest.mark.parametrize(
    ("name", "query"),
    [("", ""), ("  ", ""), ("n" * (MAXIMUM_NAME + 1), ""), ("name", "q" * (MAXIMUM_QUERY + 1))],
)
def test_a_view_has_a_name_and_a_length(name, query):
    with pytest.raises(ValueError, match="a view's"):
        SavedView(name, query)
