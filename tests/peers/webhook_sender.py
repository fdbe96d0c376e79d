"""A process that tells a webhook, and may be killed while it does."""

import os
from multiprocessing.process import BaseProcess

from tests.peers.register_writer import processes
from triage_agent.adapters.sql.engine import Database
from triage_agent.adapters.sql.webhook_outbox import SqlWebhookOutbox
from triage_agent.adapters.system_clock import SystemClock
from triage_agent.adapters.webhooks.endpoint import HttpEndpoint
from triage_agent.adapters.webhooks.secret import signing_keys_of
from triage_agent.deliver.announcing import Announcer
from triage_agent.deliver.retry import RetryPolicy
from triage_agent.webhook_settings import WebhookSettings

SECRET = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"  # noqa: S105 (of a test)
_VARIABLE = "TEST_WEBHOOK_SECRET"


def settings_for(port: int) -> WebhookSettings:
    """Return the settings of a webhook on loopback."""
    return WebhookSettings(
        name="ris", url=f"http://127.0.0.1:{port}/hook", secret_variable=_VARIABLE
    )


def start_sender(url: str, port: int) -> BaseProcess:
    """Start a process that tells what is due, until there is nothing."""
    process = processes().Process(target=_send, args=(url, port))
    process.start()
    return process


def announcer_for(database: Database, port: int) -> Announcer:
    """Return the announcer of a node."""
    settings = settings_for(port)
    return Announcer(
        outbox=SqlWebhookOutbox(database),
        rule=settings.rule,
        endpoint=HttpEndpoint(settings),
        keys=signing_keys_of(settings),
        with_accession=False,
        clock=SystemClock(),
        policy=RetryPolicy(),
    )


def _send(url: str, port: int) -> None:
    os.environ[_VARIABLE] = SECRET
    database = Database(url)
    announcer = announcer_for(database, port)
    while announcer.announce_due():
        pass
    database.dispose()
