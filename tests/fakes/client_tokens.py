"""ClientTokens in memory."""

from dataclasses import replace
from datetime import datetime, timedelta

from triage_agent.domain.client_token import ClientToken


class FakeClientTokens:
    """Keeps `triage_agent.ports.tokens.ClientTokens`; `error` is raised by every use if set."""

    def __init__(self) -> None:
        self.kept: dict[str, ClientToken] = {}
        self.error: Exception | None = None

    def add(self, token: ClientToken, digest: str) -> bool:
        if digest in self.kept or any(each.name == token.name for each in self.kept.values()):
            return False
        self.kept[digest] = token
        return True

    def listed(self) -> tuple[ClientToken, ...]:
        return tuple(sorted(self.kept.values(), key=lambda each: each.name))

    def revoke(self, name: str, *, now: datetime) -> bool:
        for digest, token in self.kept.items():
            if token.name == name and token.revoked_at is None:
                self.kept[digest] = replace(token, revoked_at=now)
                return True
        return False

    def use(self, digest: str, *, now: datetime) -> ClientToken | None:
        if self.error is not None:
            raise self.error
        token = self.kept.get(digest)
        if token is None or not token.lets_in(now):
            return None
        if token.last_used_at is None or now - token.last_used_at >= timedelta(minutes=1):
            self.kept[digest] = replace(token, last_used_at=now)
        return token
