"""When a pause is over, as a condition in SQL."""

from datetime import datetime, timedelta

import sqlalchemy as sa


def is_over(
    until: sa.Column[datetime], now: datetime, longest: timedelta
) -> sa.ColumnElement[bool]:
    """Return the condition that a pause, if there is one, has ended.

    One that ends further ahead than the longest has too: the wall clock was set back.
    """
    return sa.or_(until.is_(None), until <= now, until > now + longest)
