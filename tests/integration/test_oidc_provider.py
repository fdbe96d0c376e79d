"""Signing in at a provider that others wrote, in a process of its own."""

import sys
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tests.fakes.clock import FakeClock
from tests.peers.ports import free_port
from tests.peers.process import PeerProcess
from triage_agent.adapters.oidc.provider import OidcProvider
from triage_agent.domain.visitor import Role
from triage_agent.errors import IdentityRefused
from triage_agent.identity_settings import OidcSettings

pytestmark = pytest.mark.integration
BACK = "http://127.0.0.1:8080/sign-in/oidc/callback"
CLAIMS = '{"sub": "u1", "preferred_username": "ada", "groups": ["radiology"]}'


@pytest.fixture
def issuer(tmp_path):
    port = free_port()
    command = [sys.executable, "-W", "ignore", "-m", "oidc_provider_mock", "--port", str(port)]
    command += ["--host", "127.0.0.1", "--require-nonce", "--user-claims", CLAIMS]
    url = f"http://127.0.0.1:{port}"

    def answers():
        try:
            return httpx.get(f"{url}/.well-known/openid-configuration").is_success
        except httpx.TransportError:
            return False

    with PeerProcess(command, log=tmp_path / "provider.log") as peer:
        peer.wait_until(answers, "the identity provider answers")
        yield url


@pytest.fixture
def provider(issuer, monkeypatch):
    monkeypatch.setenv("TRIAGE_TEST_CLIENT_SECRET", "secret")
    settings = OidcSettings(
        issuer=issuer,
        client_id="triage",
        client_secret_variable="TRIAGE_TEST_CLIENT_SECRET",  # noqa: S106 (its name)
        roles={"radiology": (Role.READER,)},
    )
    provider = OidcProvider(settings, FakeClock(datetime.now(UTC)))
    yield provider
    provider.close()


def come_back(provider, secret):
    """Sign in there; return code and state."""
    address = provider.address(redirect_uri=BACK, secret=secret)
    answer = httpx.post(address, data={"sub": "u1"})
    assert answer.headers["location"].startswith(BACK)
    query = parse_qs(urlsplit(answer.headers["location"]).query)
    return query["code"][0], query["state"][0]


def test_somebody_signs_in(provider):
    provider.reach()
    code, state = come_back(provider, "a secret")
    found = provider.identity(code=code, state=state, redirect_uri=BACK, secret="a secret")  # noqa: S106 (of a test)
    assert (found.name, found.roles) == ("ada", frozenset({Role.READER}))
    with pytest.raises(IdentityRefused):
        provider.identity(code=code, state=state, redirect_uri=BACK, secret="a secret")  # noqa: S106 (of a test)


def test_another_browser_does_not(provider):
    code, state = come_back(provider, "a secret")
    with pytest.raises(IdentityRefused):
        provider.identity(code=code, state=state, redirect_uri=BACK, secret="another")  # noqa: S106 (of a test)
