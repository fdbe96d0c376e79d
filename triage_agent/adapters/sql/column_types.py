"""Column types that behave alike on SQLite and PostgreSQL."""

import re
from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from triage_agent.domain.instant import require_utc

_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"

# Ordered by code point everywhere: locales ignore the dots, and the list order ends with the UID.
UidText = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")


class UtcDateTime(sa.TypeDecorator[datetime]):
    """An instant: aware and in UTC in Python, to the microsecond; text in UTC on SQLite."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        """Refuse what is not in UTC. Raises ValueError."""
        if value is None:
            return None
        require_utc(value, "an instant")
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        """Return the instant in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if dialect.name == "sqlite" else value.astimezone(UTC)


class ReceivedText(sa.TypeDecorator[str]):
    """Text from outside: characters that no database can hold become U+FFFD."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: sa.Dialect) -> str | None:
        """Replace NUL (PostgreSQL refuses it) and lone surrogates (not encodable as UTF-8)."""
        del dialect
        return None if value is None else _UNSTORABLE.sub(_REPLACEMENT, value)


class ListText(ReceivedText):
    """Text from outside by which the list is filtered and sorted: by code point everywhere."""

    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> sa.types.TypeEngine[str]:
        """Return the type of `UidText`."""
        # Not its descriptor, which is called VARCHAR.
        return postgresql.TEXT(collation="C") if dialect.name == "postgresql" else sa.Text()


class by_code_point(FunctionElement[str]):  # noqa: N801 (called as a function of SQL is)
    """A text as it is to be sorted, whatever the language of the database."""

    inherit_cache = True
    type = sa.Text()


@compiles(by_code_point)
def _by_code_point(function: by_code_point, compiler: SQLCompiler, **options: object) -> str:
    collation = ' COLLATE "C"' if compiler.dialect.name == "postgresql" else ""
    return f"({compiler.process(function.clauses, **options)}{collation})"
