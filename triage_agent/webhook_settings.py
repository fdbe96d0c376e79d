"""The settings of a webhook."""

from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, model_validator

from triage_agent.domain.webhook import WebhookEvent, WebhookRule


class WebhookSettings(BaseModel):
    """A program that is told of priorities as they are published, by signed HTTP messages."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")]
    url: str
    # Where the secret to sign with is: an environment variable or a file, which counts if both are
    # given. "whsec_..." of `triage-agent webhook secret`; while it is changed two, newer first.
    secret_variable: str = ""
    secret_file: Path | None = None
    events: tuple[WebhookEvent, ...] = tuple(WebhookEvent)
    when: Literal["all", "abnormal"] = "all"
    accession_number: bool = False  # whether the order's number is told
    networks: tuple[str, ...] = ()  # private addresses (CIDR) that may be asked; loopback always
    tls_ca: Path | None = None  # the receiver's certificate is signed by it; None: the system's
    seconds: float = Field(default=10.0, gt=0, le=60)  # a message and its answer take no longer

    @model_validator(mode="after")
    def _can_be_told(self) -> "WebhookSettings":
        parts = urlsplit(self.url)
        if parts.scheme not in ("https", "http") or not parts.hostname:
            raise ValueError("url is not an https address")
        if "@" in parts.netloc or parts.fragment:
            raise ValueError("url must hold no password and no fragment: messages are signed")
        if parts.port == 0:
            raise ValueError("url names port 0")
        if not self.secret_variable and self.secret_file is None:
            raise ValueError("give secret_variable or secret_file")
        for network in self.networks:
            ip_network(network)
        return self

    @property
    def rule(self) -> WebhookRule:
        """What the webhook wants to be told."""
        return WebhookRule(
            name=self.name,
            events=frozenset(self.events),
            only_abnormal=self.when == "abnormal",
        )
