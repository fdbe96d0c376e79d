"""Where the secrets that messages are signed with are kept."""

import os
from collections.abc import Callable

from triage_agent.deliver.webhook_message import signing_keys
from triage_agent.webhook_settings import WebhookSettings


def signing_keys_of(webhook: WebhookSettings) -> Callable[[], tuple[bytes, ...]]:
    """Return what reads a webhook's keys, anew at every call, the newest first.

    It raises ValueError, without a secret in its message, if there is none that can be used.
    """

    def keys() -> tuple[bytes, ...]:
        if webhook.secret_file is None:
            place, secrets = webhook.secret_variable, os.environ.get(webhook.secret_variable, "")
        else:
            place = str(webhook.secret_file)
            try:
                secrets = webhook.secret_file.read_text(encoding="ascii")
            except (OSError, UnicodeError) as error:
                raise ValueError(f"{place}: {type(error).__name__}") from None
        try:
            return signing_keys(secrets)
        except ValueError as error:
            raise ValueError(f"{place}: {error}") from None

    return keys
