"""`triage-agent token` and `triage-agent webhook`: other programs and the node."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from triage_agent.settings import Settings

ROLES = ("reader", "administrator", "auditor")  # of triage_agent.domain.visitor
_DAYS = 365


def _settings() -> Settings:
    from triage_agent.settings import load_settings

    return load_settings()


@click.group()
def token() -> None:
    """Programs that may use the API, and what they may do."""


@token.command("add")
@click.argument("name")
@click.option(
    "--role",
    "roles",
    multiple=True,
    required=True,
    type=click.Choice(ROLES),
    help="What it may do; once for each role.",
)
@click.option(
    "--days",
    default=_DAYS,
    show_default=True,
    type=click.IntRange(1, 3650),
    help="It lets in for so long.",
)
def add(*, name: str, roles: tuple[str, ...], days: int) -> None:
    """Make a token for a program and print it, this once.

    \b
    Example: curl -H "Authorization: Bearer $(triage-agent token add ris --role reader)" ...
    """
    from triage_agent.tokens_command import add_token

    click.echo(add_token(_settings(), name, roles, days))


@token.command("list")
def list_() -> None:
    """List the programs, when each was here last, and until when it is let in."""
    from triage_agent.tokens_command import list_tokens

    list_tokens(_settings())


@token.command("revoke")
@click.argument("name")
def revoke(name: str) -> None:
    """Let a program in no longer, from its next request on."""
    from triage_agent.tokens_command import revoke_token

    revoke_token(_settings(), name)
    click.echo(f"{name} is let in no longer")


@click.group()
def webhook() -> None:
    """Programs that are told of priorities as they are published."""


@webhook.command("secret")
def secret() -> None:
    """Make a secret to sign messages with; the receiver needs it too."""
    from triage_agent.webhooks_command import new_secret

    click.echo(new_secret())


@webhook.command("list")
@click.option("--webhook", "name", help="Only this one.")
def list_webhooks(name: str | None) -> None:
    """List what waits, what was refused and what was sent last."""
    from triage_agent.webhooks_command import list_webhooks as show

    show(_settings(), name)


@webhook.command("retry")
@click.option("--webhook", "name", help="Only this one.")
def retry(name: str | None) -> None:
    """Try every waiting or parked message again at once."""
    from triage_agent.webhooks_command import retry_webhooks

    click.echo(f"{retry_webhooks(_settings(), name)} messages are due now")
