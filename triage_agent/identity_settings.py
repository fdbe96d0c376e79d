"""The settings of sign-ins for which others answer."""

import os
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, model_validator

from triage_agent.domain.visitor import Role
from triage_agent.errors import SettingsInvalid

HeaderName = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9-]{0,63}$")]
# A group of the provider or the proxy, and what it may do here.
RoleMapping = dict[str, tuple[Role, ...]]


class ProxySignInSettings(BaseModel):
    """Sign-in by the proxies of `behind_proxy`: who asks stands in a header that they set.

    They must remove such headers from what browsers send.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    user_header: HeaderName = "X-Remote-User"
    groups_header: HeaderName = "X-Remote-Groups"  # several are parted by commas
    roles: RoleMapping = {}
    everybody: tuple[Role, ...] = ()  # what whoever the proxy lets in may do


class OidcSettings(BaseModel):
    """Sign-in by a provider of OpenID Connect."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    issuer: str
    client_id: Annotated[str, Field(min_length=1)]
    # Where the client's secret is: an environment variable, or a file.
    client_secret_variable: str = ""
    client_secret_file: Path | None = None
    label: str = "OpenID Connect"  # what the link says: the hospital's name for it
    scopes: tuple[str, ...] = ("openid", "profile")
    name_claim: str = "preferred_username"
    groups_claim: str = "groups"  # a dot leads into an object: "realm_access.roles"
    roles: RoleMapping = {}
    everybody: tuple[Role, ...] = ()  # what whoever the provider lets in may do
    tls_ca: Path | None = None  # the provider's certificate is signed by it; None: the system's
    seconds: float = Field(default=10.0, gt=0, le=60)  # an answer takes no longer

    @model_validator(mode="after")
    def _is_whole(self) -> "OidcSettings":
        if not is_safe_address(self.issuer):
            raise ValueError("issuer has to be an https:// address, or one of this machine")
        if bool(self.client_secret_variable) == (self.client_secret_file is not None):
            raise ValueError("give either client_secret_variable or client_secret_file")
        if "openid" not in self.scopes:
            raise ValueError('scopes has to hold "openid"')
        return self

    def client_secret(self) -> str:
        """Read the secret. Raises SettingsInvalid if it is not there."""
        if self.client_secret_file is None:
            secret = os.environ.get(self.client_secret_variable, "")
        else:
            try:
                secret = self.client_secret_file.read_text(encoding="utf-8").strip()
            except (OSError, UnicodeDecodeError) as error:
                raise SettingsInvalid(
                    f"http.oidc.client_secret_file {self.client_secret_file} cannot be read"
                ) from error
        if not secret:
            raise SettingsInvalid(
                "http.oidc has no client secret: set what client_secret_variable or "
                "client_secret_file names"
            )
        return secret


def is_safe_address(address: str) -> bool:
    """Say whether an address is of TLS, or of this machine."""
    parts = urlsplit(address)
    if not parts.hostname:
        return False
    if parts.scheme == "https":
        return True
    try:
        is_loopback = ip_address(parts.hostname).is_loopback
    except ValueError:
        is_loopback = parts.hostname == "localhost"
    return parts.scheme == "http" and is_loopback
