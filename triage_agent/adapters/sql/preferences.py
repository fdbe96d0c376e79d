"""The PreferenceStore port in SQL: one JSON value for each user."""

from collections.abc import Callable, Mapping
from typing import Any

import sqlalchemy as sa

from triage_agent.adapters.sql.engine import Database
from triage_agent.adapters.sql.inserting import insert_if_absent
from triage_agent.adapters.sql.preferences_tables import preferences
from triage_agent.domain.preferences import (
    Column,
    Density,
    Language,
    Preferences,
    SavedView,
    Theme,
)


class SqlPreferenceStore:
    """Keeps what `triage_agent.ports.preferences.PreferenceStore` promises.

    Every method may raise DatabaseUnavailable.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, user: str) -> Preferences:
        """Return a user's preferences; the defaults if none were kept."""
        with self._database.read() as connection:
            return _read(connection, user)

    def change(self, user: str, revise: Callable[[Preferences], Preferences]) -> Preferences:
        """Replace a user's preferences by what `revise` makes of them, and return that."""
        with self._database.write() as connection:
            # The row is there before it is locked: who comes first, the other one waits.
            insert_if_absent(connection, preferences, {"user_name": user, "chosen": {}})
            revised = revise(_read(connection, user, lock=True))
            connection.execute(
                sa.update(preferences)
                .where(preferences.c.user_name == user)
                .values(chosen=_to_json(revised))
            )
            return revised


def _read(connection: sa.Connection, user: str, *, lock: bool = False) -> Preferences:
    statement = sa.select(preferences.c.chosen).where(preferences.c.user_name == user)
    if lock:
        statement = statement.with_for_update()
    return _from_json(connection.execute(statement).scalar() or {})


def _to_json(value: Preferences) -> dict[str, object]:
    return {
        "theme": value.theme.value,
        "language": value.language.value,
        "density": value.density.value,
        "columns": [each.value for each in value.columns],
        "single_keys": value.single_keys,
        "views": [[each.name, each.query] for each in value.views],
    }


def _from_json(chosen: Mapping[str, Any]) -> Preferences:
    """Return what was kept; what this version does not know is left out."""
    default = Preferences()
    known = {each.value for each in Column}
    languages = {each.value for each in Language}
    language = chosen.get("language", default.language)
    return Preferences(
        theme=Theme(chosen.get("theme", default.theme)),
        language=Language(language) if language in languages else default.language,
        density=Density(chosen.get("density", default.density)),
        single_keys=chosen.get("single_keys", default.single_keys),
        views=tuple(SavedView(name, query) for name, query in chosen.get("views", ())),
    ).with_columns(Column(each) for each in chosen.get("columns", default.columns) if each in known)
