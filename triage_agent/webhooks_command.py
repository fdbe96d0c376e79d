"""What `triage-agent webhook` does: shows and repeats what programs are told."""

import base64
import secrets
from datetime import datetime

from rich.console import Console
from rich.table import Table

from triage_agent.command_node import served_node
from triage_agent.deliver.webhook_message import SECRET_PREFIX
from triage_agent.domain.audit import AuditLine, Deed
from triage_agent.domain.delivery import DeliveryState
from triage_agent.domain.webhook import WebhookDelivery
from triage_agent.errors import SettingsInvalid
from triage_agent.settings import Settings

_KEY_BYTES = 32
_SHOWN = 50
_WHO = "command line"


def new_secret() -> str:
    """Return a secret to sign with, for the settings and for the receiver."""
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(_KEY_BYTES)).decode()


def list_webhooks(settings: Settings, webhook: str | None) -> None:
    """Print each webhook's state, what waits or failed, and what was sent last."""
    names = _names(settings, webhook)
    summary = Table("webhook", "waiting", "parked", "sent", "answers")
    details = Table("webhook", "event", "study", "state", "tries", "last answer")
    with served_node(settings) as node:
        counts = node.webhooks.counts()
        for name in names:
            health = node.webhooks.health(name)
            states = (DeliveryState.PENDING, DeliveryState.PARKED, DeliveryState.SENT)
            numbers = [str(counts.get((name, state), 0)) for state in states]
            said = f"{health.failures} failures: {health.last_error}" if health.failures else "yes"
            summary.add_row(name, *numbers, said)
        for each in node.webhooks.deliveries(webhook=webhook, limit=_SHOWN):
            details.add_row(*_row(each))
    console = Console()
    console.print(summary)
    if details.row_count:
        console.print(details)


def retry_webhooks(settings: Settings, webhook: str | None) -> int:
    """Make everything that waits or is parked due now; return how many."""
    _names(settings, webhook)
    with served_node(settings) as node:
        now = node.clock.now()
        due = node.webhooks.retry(webhook=webhook, now=now)
        node.audit.record(_line(now, f"webhook {webhook or 'all'}"))
        return due


def _row(delivery: WebhookDelivery) -> tuple[str, ...]:
    announcement = delivery.announcement
    return (
        delivery.webhook,
        announcement.event.value,
        announcement.StudyInstanceUID,
        delivery.state.value,
        str(delivery.attempts),
        delivery.last_status,
    )


def _line(now: datetime, detail: str) -> AuditLine:
    return AuditLine(at=now, who=_WHO, deed=Deed.DELIVERY_RETRIED, detail=detail)


def _names(settings: Settings, wanted: str | None) -> list[str]:
    names = [each.name for each in settings.webhooks]
    if wanted is not None and wanted not in names:
        raise SettingsInvalid(
            f"no webhook is called {wanted}: the settings name {', '.join(names) or 'none'}"
        )
    return names if wanted is None else [wanted]
