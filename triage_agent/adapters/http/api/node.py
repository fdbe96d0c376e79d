"""The node itself: its figures, model and webhooks."""

from fastapi import APIRouter
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.responses import Response

from triage_agent.adapters.http.api.answers import refusals
from triage_agent.adapters.http.api.models import Model, Webhook
from triage_agent.adapters.http.facts import Sources
from triage_agent.adapters.http.metrics import metrics_registry
from triage_agent.adapters.http.rights import Administrator, AnyVisitor
from triage_agent.domain.delivery import DeliveryState
from triage_agent.domain.webhook import WebhookRule
from triage_agent.prioritise.listing import iso_or_none


def node_routes(sources: Sources) -> APIRouter:
    """Return the routes; none of them says anything of a patient."""
    router = APIRouter(tags=["node"], responses=refusals())
    registry = metrics_registry(sources)

    @router.get(
        "/metrics",
        operation_id="metrics",
        summary="Figures for Prometheus",
        response_class=Response,
        responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
    )
    def metrics(_: AnyVisitor) -> Response:
        return Response(generate_latest(registry), headers={"Content-Type": CONTENT_TYPE_LATEST})

    @router.get("/model", operation_id="model", summary="What scores now")
    def model(_: AnyVisitor) -> Model:
        facts = sources.facts
        return Model(model=facts.model, ae_title=facts.ae_title, card=facts.model_card or None)

    @router.get(
        "/webhooks",
        operation_id="webhooks",
        summary="Who is told of priorities, and how far that has come",
    )
    def webhooks(_: Administrator) -> list[Webhook]:
        return [_webhook(sources, rule) for rule in sources.facts.webhooks]

    return router


def _webhook(sources: Sources, rule: WebhookRule) -> Webhook:
    counts, health = sources.webhooks.counts(), sources.webhooks.health(rule.name)
    return Webhook(
        name=rule.name,
        events=sorted(rule.events),
        when="abnormal" if rule.only_abnormal else "all",
        pending=counts.get((rule.name, DeliveryState.PENDING), 0),
        parked=counts.get((rule.name, DeliveryState.PARKED), 0),
        sent=counts.get((rule.name, DeliveryState.SENT), 0),
        failures=health.failures,
        next_attempt_at=iso_or_none(health.next_attempt_at),
        last_error=health.last_error,
    )
