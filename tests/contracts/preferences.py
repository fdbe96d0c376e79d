"""What every PreferenceStore keeps."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from triage_agent.domain.preferences import Column, Density, Language, Preferences, SavedView, Theme
from triage_agent.ports.preferences import PreferenceStore

CHOSEN = Preferences(
    theme=Theme.LIGHT,
    language=Language.GERMAN,
    density=Density.COMPACT,
    columns=(Column.WHY, Column.READER),
    single_keys=False,
    views=(SavedView("Hände, spät", "region=HAND&state=unread"), SavedView("empty", "")),
)


class PreferenceStoreContract:
    """To be inherited with a fixture `store`."""

    def test_nobody_has_chosen_anything_at_first(self, store: PreferenceStore) -> None:
        assert store.of("reader") == Preferences()

    def test_what_was_chosen_is_kept_for_each_user(self, store: PreferenceStore) -> None:
        assert store.change("reader", lambda _: CHOSEN) == CHOSEN
        assert store.of("reader") == CHOSEN
        assert store.of("Reader") == Preferences()
        assert store.change("reader", lambda each: replace(each, theme=Theme.DARK)) == replace(
            CHOSEN, theme=Theme.DARK
        )
        assert store.of("reader").views == CHOSEN.views

    def test_what_is_refused_changes_nothing(self, store: PreferenceStore) -> None:
        store.change("reader", lambda _: CHOSEN)

        def refuse(_: Preferences) -> Preferences:
            raise ValueError("no")

        for user in ("reader", "another"):
            with pytest.raises(ValueError, match="no"):
                store.change(user, refuse)
        assert store.of("reader") == CHOSEN
        assert store.of("another") == Preferences()

    def test_pages_that_change_at_once_lose_nothing(self, store: PreferenceStore) -> None:
        barrier = threading.Barrier(6)

        def add(number: int) -> None:
            view = SavedView(f"view {number}", "")
            barrier.wait(30)
            store.change("reader", lambda each: each.with_view(view))

        with ThreadPoolExecutor(6) as threads:
            list(threads.map(add, range(6)))
        assert {each.name for each in store.of("reader").views} == {
            f"view {number}" for number in range(6)
        }
