"""How a database means to answer the statements that some code makes."""

import re
from collections.abc import Callable
from dataclasses import dataclass

import sqlalchemy as sa

from triage_agent.adapters.sql.engine import Database


@dataclass(frozen=True)
class Plan:
    """A statement and the steps of its plan, as the database words them."""

    statement: str
    steps: tuple[str, ...]

    def scanned(self) -> set[str]:
        """Return the tables of which all rows are looked at, without an index.

        Not what SQLAlchemy calls anon_1: the rows of a part of the statement.
        """
        words = (
            re.search(r"Seq Scan on (\w+)", step)
            or re.match(r"SCAN (?!anon_)(\w+)\b(?! USING)", step)
            for step in self.steps
        )
        return {found[1] for found in words if found}

    def walked(self) -> set[str]:
        """Return the indexes of which all rows, or those to the limit of a page, are looked at."""
        words = (
            re.search(r"(?:SCAN \w+ USING (?:COVERING )?INDEX|Index.* Scan.* using) (\w+)", step)
            for step in self.steps
        )
        return {found[1] for found in words if found}

    def is_sorted_by_hand(self) -> bool:
        """Whether rows are put in order, as they do not come in it."""
        return any(re.search(r"TEMP B-TREE FOR ORDER|\bSort\b", step) for step in self.steps)


def plans(
    database: Database,
    act: Callable[[], object],
    *,
    kinds: str = "SELECT|WITH",
    before: str | None = None,
) -> list[Plan]:
    """Return the plans of what `act` asks, at least one.

    Args:
        database: that `act` asks.
        act: asks.
        kinds: a pattern of the statements that count, by their first word.
        before: what is said to the database before it plans.
    """
    statements: list[tuple[str, object]] = []

    def listen(
        _: object, __: object, statement: str, parameters: object, ___: object, many: object
    ) -> None:
        statements.append((statement, parameters[0] if many else parameters))  # type: ignore[index]

    sa.event.listen(database.engine, "before_cursor_execute", listen)
    act()
    sa.event.remove(database.engine, "before_cursor_execute", listen)
    asked = [each for each in statements if re.match(kinds, each[0])]
    assert asked
    explain = "EXPLAIN" if database.engine.dialect.name == "postgresql" else "EXPLAIN QUERY PLAN"
    with database.read() as connection:
        if before is not None:
            connection.exec_driver_sql(before)
        return [
            Plan(
                statement,
                tuple(
                    str(row[-1])
                    for row in connection.exec_driver_sql(f"{explain} {statement}", parameters)  # type: ignore[arg-type]
                ),
            )
            for statement, parameters in asked
        ]
