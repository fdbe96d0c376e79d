"""The application over a real SQLite node, with studies at every stage."""

from inspect import signature

from fastapi import FastAPI

from tests.contracts.register_on_sql import ports_on
from tests.factories import make_instance, uid
from tests.fakes.accounts import FakePasswords
from tests.fakes.web_node import GradientReader
from triage_agent.adapters.http.access import Access
from triage_agent.adapters.http.app import create_app
from triage_agent.adapters.http.facts import NodeFacts
from triage_agent.composition import Node
from triage_agent.domain.instance import InstanceState
from triage_agent.domain.webhook import WebhookEvent, WebhookRule
from triage_agent.ports.surroundings import Clock

STUDIES = 5
REPORTED = uid("study", 9)


def fill(node: Node) -> None:
    """Bring studies to every stage: received, scored, closed, reported, excluded."""
    ports = ports_on(node.database)
    for number in range(1, STUDIES + 1):
        study = uid("study", number)
        instances = [make_instance(StudyInstanceUID=study) for _ in range(2)]
        for instance in instances:
            ports.arrive(instance)
        if number > 1:
            ports.score(*instances, probability=number / 6)
            ports.assess(study)
    ports.arrive(make_instance(StudyInstanceUID=uid("study", 2), state=InstanceState.EXCLUDED))
    ports.deliver(9, "pacs")
    node.webhooks.enlist(["ris"])


def api_app(node: Node, clock: Clock) -> FastAPI:
    """Return the application; people sign in, and images are drawn."""
    rule = WebhookRule(name="ris", events=frozenset(WebhookEvent), only_abnormal=True)
    reader = GradientReader()
    ports = {name: getattr(node, name, None) for name in signature(create_app).parameters}
    given = {
        "reader": reader,
        "list_reader": reader,
        "radiographs": reader,
        "passwords": FakePasswords(),
        "access": Access(names=frozenset({"testserver"})),
        "clock": clock,
        "facts": NodeFacts(
            model="test-model 1",
            ae_title="TRIAGE",
            model_card="# Card",
            destinations=("pacs",),
            webhooks=(rule,),
        ),
    }
    return create_app(**(ports | given))
