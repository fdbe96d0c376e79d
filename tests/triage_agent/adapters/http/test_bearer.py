import pytest

from tests.contracts.client_tokens import make_token
from tests.factories import T0, after
from tests.fakes.client_tokens import FakeClientTokens
from tests.fakes.clock import FakeClock
from triage_agent.adapters.http.bearer import BearerRefused, Bearers, is_bearer
from triage_agent.domain.client_token import token_digest
from triage_agent.domain.visitor import Role

TOKEN = "triage_a-token"  # noqa: S105 (of a test)


class Bench:
    def __init__(self, requests_per_minute: int = 600) -> None:
        self.tokens = FakeClientTokens()
        self.clock = FakeClock()
        self.tokens.add(make_token(), token_digest(TOKEN))
        self.tokens.add(make_token(name="other"), token_digest("triage_other"))
        self.bearers = Bearers(self.tokens, self.clock, requests_per_minute=requests_per_minute)

    def refusal(self, header: str = f"Bearer {TOKEN}"):
        with pytest.raises(BearerRefused) as caught:
            self.bearers.visitor_of(header)
        return caught.value.answer


@pytest.mark.parametrize("header", [f"Bearer {TOKEN}", f"bearer {TOKEN}", f"BEARER   {TOKEN} "])
def test_a_token_is_a_visitor(header):
    assert is_bearer(header)
    visitor = Bench().bearers.visitor_of(header)
    assert (visitor.name, visitor.roles) == ("api:dashboard", frozenset({Role.READER}))


@pytest.mark.parametrize(
    "header",
    [
        "Bearer",
        "Bearer ",
        "Bearer triage_another",
        f"Bearer {TOKEN}x",
        f"Bearer {TOKEN} {TOKEN}",
        f"Basic {TOKEN}",
        f"Bearer {TOKEN}{' ' * 300}",
        "Bearer \udcff",
        f"Bearer {token_digest(TOKEN)}",
    ],
)
def test_what_is_no_token_lets_nobody_in(header):
    answer = Bench().refusal(header)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == 'Bearer error="invalid_token"'
    assert answer.headers["content-type"] == "application/problem+json"
    assert b"triage_" not in answer.body


@pytest.mark.parametrize("header", ["", "Basic abc", "Bearerx y", "Negotiate z"])
def test_other_headers_are_left_to_others(header):
    assert not is_bearer(header)


def test_revoked_and_expired_tokens_let_nobody_in():
    bench = Bench()
    bench.bearers.visitor_of(f"Bearer {TOKEN}")
    bench.tokens.revoke("dashboard", now=T0)
    assert bench.refusal().status_code == 401
    bench.clock.set(after(86_400))
    assert bench.refusal("Bearer triage_other").status_code == 401


def test_a_client_that_asks_too_often_waits_and_no_other_does():
    bench = Bench(requests_per_minute=6)
    for _ in range(6):
        bench.bearers.visitor_of(f"Bearer {TOKEN}")
    answer = bench.refusal()
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "10")
    bench.bearers.visitor_of("Bearer triage_other")
    bench.clock.advance(4)
    assert bench.refusal().headers["retry-after"] == "6"
    bench.clock.advance(6)
    bench.bearers.visitor_of(f"Bearer {TOKEN}")
    assert bench.refusal().status_code == 429
    bench.clock.advance(3600)
    for _ in range(6):
        bench.bearers.visitor_of(f"Bearer {TOKEN}")
    assert bench.refusal().status_code == 429


def test_a_clock_that_is_put_back_gives_nothing_away():
    bench = Bench(requests_per_minute=1)
    bench.bearers.visitor_of(f"Bearer {TOKEN}")
    bench.clock.advance(-3000)
    assert bench.refusal().status_code == 429
