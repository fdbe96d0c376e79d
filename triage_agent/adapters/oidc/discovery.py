"""What a provider says of itself, and the keys that it signs with; both kept a while."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from typing import Any

import httpx
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from triage_agent.errors import IdentityProviderUnavailable
from triage_agent.identity_settings import is_safe_address
from triage_agent.ports.surroundings import Clock

_KEPT = timedelta(hours=1)
# A provider may have changed its keys; who sends made-up key names must not make us ask for ever.
_ASKED_AGAIN = timedelta(seconds=30)
_WELL_KNOWN = "/.well-known/openid-configuration"
_LONGEST_ANSWER = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoints:
    """Addresses of a provider (OpenID Connect Discovery 1.0 section 3)."""

    authorization: str
    token: str
    keys: str
    userinfo: str  # "" if it has none
    token_auth_methods: tuple[str, ...]


class Discovery:
    """Asks the provider when first needed. Safe to use from several threads."""

    def __init__(self, issuer: str, client: httpx.Client, clock: Clock) -> None:
        self._issuer = issuer
        self._client = client
        self._clock = clock
        self._lock = Lock()
        self._endpoints: tuple[Endpoints, datetime] | None = None
        self._keys: tuple[KeySet, datetime] | None = None

    def endpoints(self) -> Endpoints:
        """Return the addresses. Raises IdentityProviderUnavailable."""
        with self._lock:
            now = self._clock.now()
            if self._endpoints is None or now - self._endpoints[1] >= _KEPT:
                self._endpoints = self._asked_endpoints(), now
            return self._endpoints[0]

    def keys(self, *, wanted: str | None = None) -> KeySet:
        """Return the public keys; asks anew where one that is wanted is not among them.

        Raises IdentityProviderUnavailable.
        """
        address = self.endpoints().keys
        with self._lock:
            now = self._clock.now()
            if self._keys is None or now - self._keys[1] >= self._for_how_long(wanted):
                self._keys = self._asked_keys(address), now
            return self._keys[0]

    def _for_how_long(self, wanted: str | None) -> timedelta:
        known = [] if self._keys is None else [key.kid for key in self._keys[0].keys]
        return _ASKED_AGAIN if wanted is not None and wanted not in known else _KEPT

    def _asked_endpoints(self) -> Endpoints:
        told = read_object(self._client, "GET", self._issuer.rstrip("/") + _WELL_KNOWN)
        if told.get("issuer") != self._issuer:
            raise IdentityProviderUnavailable(
                f"{self._issuer} calls itself {told.get('issuer')!r}: set http.oidc.issuer to that"
            )
        found = Endpoints(
            authorization=str(told.get("authorization_endpoint", "")),
            token=str(told.get("token_endpoint", "")),
            keys=str(told.get("jwks_uri", "")),
            userinfo=str(told.get("userinfo_endpoint", "")),
            token_auth_methods=tuple(
                told.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
            ),
        )
        needed = [found.authorization, found.token, found.keys]
        if not all(map(is_safe_address, [*needed, *filter(None, [found.userinfo])])):
            raise IdentityProviderUnavailable(f"{self._issuer} names addresses that are not safe")
        return found

    def _asked_keys(self, address: str) -> KeySet:
        told = read_object(self._client, "GET", address)
        try:
            # Kinds that nothing here signs with are passed over; a provider may have any.
            usable = [each for each in told["keys"] if each.get("kty") in {"RSA", "EC"}]
            signing = [each for each in usable if each.get("use", "sig") == "sig"]
            return KeySet.import_key_set({"keys": signing})
        except (JoseError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise IdentityProviderUnavailable(
                f"the keys of {self._issuer} cannot be read"
            ) from error


def read_object(client: httpx.Client, method: str, address: str, **sent: Any) -> dict[str, Any]:  # noqa: ANN401 (as httpx takes them)
    """Return a JSON object. Raises IdentityProviderUnavailable; the message quotes no answer."""
    try:
        with client.stream(method, address, **sent) as answer:
            answer.raise_for_status()
            body = bytearray()
            for chunk in answer.iter_bytes():
                body += chunk
                if len(body) > _LONGEST_ANSWER:
                    raise IdentityProviderUnavailable("the identity provider answers too much")
        told = json.loads(body)
    except (httpx.HTTPError, ValueError) as error:
        raise IdentityProviderUnavailable(
            f"the identity provider does not answer as it should ({type(error).__name__})"
        ) from error
    if not isinstance(told, dict):
        raise IdentityProviderUnavailable("the identity provider answers with no object")
    return told
