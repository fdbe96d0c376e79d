from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC

import httpx
import pytest

from tests.fakes.web_node import CSRF_TOKEN, WebNode
from tests.triage_agent.adapters.http.signing_in import TLS, Browser, let_in
from triage_agent.adapters.http.facts import NodeFacts
from triage_agent.adapters.http.server import serve_http
from triage_agent.domain.region import Region
from triage_agent.domain.visitor import Role


@pytest.fixture
def node() -> WebNode:
    return WebNode(
        NodeFacts(
            model="test-model 1",
            ae_title="TRIAGE",
            operating_point=lambda images: 0.4 if Region.HAND in images.scored_regions else 0.5,
            destinations=("pacs",),
            recognised_by=lambda header: f"body part {header.BodyPartExamined}",
            zone=UTC,
        )
    )


@pytest.fixture
def client_of() -> Iterator[Callable[[WebNode], httpx.Client]]:
    """Start the real server over a node; it ends with the test."""
    with ExitStack() as ending:

        def client(node: WebNode) -> httpx.Client:
            server = serve_http(node.app(), "127.0.0.1", 0)
            ending.callback(server.stop, 0)  # it ends while the next test begins
            headers = {"X-CSRF-Token": CSRF_TOKEN}
            client = httpx.Client(base_url=server.url, headers=headers, timeout=60, verify=TLS)
            return ending.enter_context(client)

        yield client


@pytest.fixture
def client(node: WebNode, client_of: Callable[[WebNode], httpx.Client]) -> httpx.Client:
    return client_of(node)


@pytest.fixture
def browsers(node: WebNode) -> Iterator[Callable[[], Browser]]:
    """Open browsers on a node where jane, a reader, may sign in."""
    let_in(node, "jane", Role.READER)
    server = serve_http(node.app(), "127.0.0.1", 0)
    with ExitStack() as ending:
        ending.callback(server.stop)

        def browser() -> Browser:
            opened = Browser(server.url)
            ending.enter_context(opened.client)
            return opened

        yield browser


@pytest.fixture
def browser(browsers: Callable[[], Browser]) -> Browser:
    return browsers()
