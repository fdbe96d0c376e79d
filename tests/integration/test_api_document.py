"""schemathesis asks for everything that the API's document allows, and much that it does not.

The application runs over SQLite with studies at every stage, for each role and for nobody. No
answer may be a failure, or one that the document does not tell of.
"""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.factories import T0
from tests.fakes.clock import FakeClock
from tests.peers.api_node import REPORTED, api_app, fill
from triage_agent.adapters.sql.migrate import upgrade
from triage_agent.composition import Node, open_node
from triage_agent.domain.client_token import ClientToken, token_digest
from triage_agent.domain.visitor import Role
from triage_agent.settings import Settings

pytestmark = pytest.mark.integration

DOCUMENT = "/api/v1/openapi.json"
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
# Of each operation and kind of data; the document has some 15 operations.
READERS_EXAMPLES, OTHERS_EXAMPLES = 8, 2
CLIENTS = [*Role, None]


class SteppingClock(FakeClock):
    """Moves on by a second whenever it is read, so that no client asks too often."""

    def now(self) -> Any:
        return self.advance(1)


@dataclass(frozen=True)
class Served:
    """The application, and what it answered: (operation, status) of every request."""

    app: FastAPI
    answered: set[tuple[str, int]]

    def schema(self, role: Role | None) -> Any:
        return schemathesis.openapi.from_asgi(
            DOCUMENT, self.app, headers=bearer(role or Role.READER)
        )


def bearer(role: Role | None) -> dict[str, str]:
    return {"Authorization": f"Bearer triage_{role}"} if role is not None else {}


def _app(node: Node) -> FastAPI:
    for role in Role:
        token = ClientToken(
            name=role.value,
            roles=frozenset({role}),
            created_at=T0,
            expires_at=T0 + timedelta(days=365),
        )
        node.tokens.add(token, token_digest(f"triage_{role}"))
    app = api_app(node, SteppingClock())
    # A stream gives what there is and ends, in place of waiting for more.
    asyncio.run(app.state.changes.close())
    return app


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with open_node(Settings(data_dir=tmp_path_factory.mktemp("node"))) as node:
        upgrade(node.database)
        fill(node)
        yield Served(_app(node), set())


@pytest.mark.parametrize("role", CLIENTS, ids=str)
def test_no_answer_is_a_failure_or_one_that_the_document_does_not_tell_of(served, role):
    examples = READERS_EXAMPLES if role is Role.READER else OTHERS_EXAMPLES
    quietly = settings(
        max_examples=examples,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    for found in served.schema(role).get_all_operations():
        operation = found.ok()
        for fixed in _fixed(operation):
            for mode in GenerationMode:
                ask = quietly(given(operation.as_strategy(mode, **fixed))(_asker(served, role)))
                ask()


def _fixed(operation: Any) -> list[dict[str, Any]]:
    """Return what to set: nothing, and for an operation of a study one that there is."""
    if "{uid}" not in operation.path:
        return [{}]
    return [{}, {"path_parameters": {"uid": REPORTED}}]


def _asker(served: Served, role: Role | None) -> Any:
    def ask(case: Any) -> None:
        answer = case.call(headers=bearer(role))
        served.answered.add((case.operation.definition.raw["operationId"], answer.status_code))
        case.validate_response(answer, checks=CHECKS)

    return ask
