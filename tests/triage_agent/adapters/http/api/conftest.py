from collections.abc import Callable, Iterator
from datetime import UTC

import httpx
import pytest

from tests.contracts.client_tokens import make_token
from tests.fakes.web_node import WebNode
from tests.triage_agent.adapters.http.signing_in import TLS
from triage_agent.adapters.http.access import Access
from triage_agent.adapters.http.facts import NodeFacts
from triage_agent.adapters.http.server import serve_http
from triage_agent.domain.client_token import token_digest
from triage_agent.domain.visitor import Role
from triage_agent.domain.webhook import WebhookEvent, WebhookRule


@pytest.fixture
def node() -> WebNode:
    """A node where people sign in and where a program of each role is known."""
    rules = (
        WebhookRule(name="ris", events=frozenset(WebhookEvent), only_abnormal=True),
        WebhookRule(name="board", events=frozenset({WebhookEvent.PLACED}), only_abnormal=False),
    )
    node = WebNode(
        NodeFacts(
            model="test-model 1", ae_title="TRIAGE", model_card="# A card", webhooks=rules, zone=UTC
        )
    )
    node.access = Access()
    for role in Role:
        token = make_token(name=role.value, roles=frozenset({role}))
        node.tokens.add(token, token_digest(f"triage_{role}"))
    return node


@pytest.fixture
def server(node: WebNode) -> Iterator[str]:
    """The address of the real server over the node."""
    running = serve_http(node.app(), "127.0.0.1", 0)
    yield running.url
    assert running.stop()


@pytest.fixture
def client_as(server: str) -> Iterator[Callable[..., httpx.Client]]:
    """Make clients that come as a role, or as nobody."""
    clients = []

    def client(role: Role | None = Role.READER) -> httpx.Client:
        headers = {} if role is None else {"Authorization": f"Bearer triage_{role}"}
        made = httpx.Client(base_url=f"{server}api/v1", headers=headers, timeout=30, verify=TLS)
        clients.append(made)
        return made

    yield client
    for each in clients:
        each.close()


@pytest.fixture
def reader(client_as: Callable[..., httpx.Client]) -> httpx.Client:
    return client_as(Role.READER)
