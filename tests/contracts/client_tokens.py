"""What every ClientTokens must do."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.factories import T0, after
from triage_agent.domain.client_token import ClientToken, token_digest
from triage_agent.domain.visitor import Role
from triage_agent.ports.tokens import ClientTokens

DIGEST = token_digest("triage_one")


def make_token(**overrides: Any) -> ClientToken:
    values: dict[str, Any] = {
        "name": "dashboard",
        "roles": frozenset({Role.READER}),
        "created_at": T0,
        "expires_at": T0 + timedelta(days=1),
    }
    return ClientToken(**(values | overrides))


class ClientTokensContract:
    """To inherit from, with a fixture `tokens` that gives an empty port."""

    def test_a_token_lets_in_until_it_expires(self, tokens: ClientTokens) -> None:
        token = make_token(roles=frozenset({Role.READER, Role.AUDITOR}))
        assert tokens.add(token, DIGEST)
        assert tokens.use(DIGEST, now=T0) == token
        assert tokens.use(DIGEST, now=token.expires_at - timedelta(microseconds=1)) is not None
        assert tokens.use(DIGEST, now=token.expires_at) is None

    def test_nothing_but_its_digest_lets_in(self, tokens: ClientTokens) -> None:
        tokens.add(make_token(), DIGEST)
        for wrong in ("", token_digest("triage_two"), "triage_one", DIGEST.upper()):
            assert tokens.use(wrong, now=T0) is None

    def test_a_name_is_never_given_twice(self, tokens: ClientTokens) -> None:
        first = make_token()
        assert tokens.add(first, DIGEST)
        assert not tokens.add(make_token(roles=frozenset(Role)), token_digest("other"))
        tokens.revoke(first.name, now=T0)
        assert not tokens.add(make_token(), token_digest("other"))
        assert tokens.use(token_digest("other"), now=T0) is None
        assert [each.name for each in tokens.listed()] == ["dashboard"]

    def test_a_revoked_token_lets_nobody_in(self, tokens: ClientTokens) -> None:
        tokens.add(make_token(), DIGEST)
        tokens.add(make_token(name="ris"), token_digest("other"))
        assert tokens.revoke("dashboard", now=after(5))
        assert tokens.use(DIGEST, now=after(6)) is None
        assert tokens.use(token_digest("other"), now=after(6)) is not None
        assert not tokens.revoke("dashboard", now=after(7))
        assert not tokens.revoke("nobody", now=after(7))
        assert tokens.listed()[0] == make_token(revoked_at=after(5))

    def test_tokens_are_listed_by_name(self, tokens: ClientTokens) -> None:
        assert tokens.listed() == ()
        for name in ("b", "c", "a"):
            tokens.add(make_token(name=name), token_digest(name))
        assert [each.name for each in tokens.listed()] == ["a", "b", "c"]

    @pytest.mark.parametrize(
        ("uses", "noted"),
        [([], None), ([3], after(3)), ([3, 62], after(3)), ([3, 62, 63], after(63))],
    )
    def test_the_last_use_is_noted_to_a_minute(
        self, tokens: ClientTokens, uses: list[float], noted: datetime | None
    ) -> None:
        tokens.add(make_token(), DIGEST)
        for seconds in uses:
            tokens.use(DIGEST, now=after(seconds))
        assert tokens.listed() == (replace(make_token(), last_used_at=noted),)
