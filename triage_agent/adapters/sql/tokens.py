"""The ClientTokens port in SQL."""

from datetime import datetime, timedelta

import sqlalchemy as sa

from triage_agent.adapters.sql.engine import Database
from triage_agent.adapters.sql.inserting import insert_if_absent
from triage_agent.adapters.sql.rows import Row
from triage_agent.adapters.sql.tokens_tables import client_token
from triage_agent.domain.client_token import ClientToken
from triage_agent.domain.visitor import Role

# A client may ask many times a second; each note is a durable write.
_NOTED_AGAIN_AFTER = timedelta(minutes=1)


class SqlClientTokens:
    """Keeps what `triage_agent.ports.tokens.ClientTokens` promises.

    Every method may raise DatabaseUnavailable, those that write StorageFull also.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, token: ClientToken, digest: str) -> bool:
        """Keep a new token; False, and nothing is kept, if its name was ever given before."""
        row = {
            "name": token.name,
            "digest": digest,
            "roles": ",".join(sorted(token.roles)),
            "created_at": token.created_at,
            "expires_at": token.expires_at,
            "last_used_at": token.last_used_at,
            "revoked_at": token.revoked_at,
        }
        with self._database.write() as connection:
            return insert_if_absent(connection, client_token, row)

    def listed(self) -> tuple[ClientToken, ...]:
        """Return all tokens by name."""
        with self._database.read() as connection:
            rows = connection.execute(sa.select(client_token).order_by(client_token.c.name))
            return tuple(_token_from(row) for row in rows.mappings())

    def revoke(self, name: str, *, now: datetime) -> bool:
        """Let nobody in by this token from now on; False if there is no such one to revoke."""
        with self._database.write() as connection:
            revoked = connection.execute(
                sa.update(client_token)
                .where(client_token.c.name == name, client_token.c.revoked_at.is_(None))
                .values(revoked_at=now)
            )
            return revoked.rowcount == 1

    def use(self, digest: str, *, now: datetime) -> ClientToken | None:
        """Return the token that lets in now, and note its use; None if there is none."""
        with self._database.read() as connection:
            statement = sa.select(client_token).where(client_token.c.digest == digest)
            row = connection.execute(statement).mappings().first()
        token = None if row is None else _token_from(row)
        if token is None or not token.lets_in(now):
            return None
        if token.last_used_at is None or now - token.last_used_at >= _NOTED_AGAIN_AFTER:
            with self._database.write() as connection:
                connection.execute(
                    sa.update(client_token)
                    .where(client_token.c.digest == digest)
                    .values(last_used_at=now)
                )
        return token


def _token_from(row: Row) -> ClientToken:
    return ClientToken(
        name=row["name"],
        roles=frozenset(Role(role) for role in row["roles"].split(",")),
        created_at=row["created_at"],
        expires_at=row["expires_at"],
        last_used_at=row["last_used_at"],
        revoked_at=row["revoked_at"],
    )
