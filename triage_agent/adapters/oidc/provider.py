"""The code flow of OpenID Connect with PKCE, state and nonce (OpenID Connect Core 1.0 section 3.1).

Nothing is kept here between the two halves of an attempt: state, nonce and the verifier of PKCE
(RFC 7636) follow from the secret that the browser holds, so it may come back to another node.
"""

import base64
import hashlib
import hmac
import json
import ssl
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

import httpx
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwt import JWTClaimsRegistry

from triage_agent.adapters.oidc.discovery import Discovery, Endpoints, read_object
from triage_agent.domain.account import user_name
from triage_agent.domain.identity import Identity, roles_of
from triage_agent.errors import IdentityProviderUnavailable, IdentityRefused
from triage_agent.identity_settings import OidcSettings
from triage_agent.ports.surroundings import Clock

# Signed with a private key. "none" is no signature, and with HS256 whoever knows a public key
# could sign (RFC 8725 section 2.1).
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384")
LEEWAY_SECONDS = 60  # clocks differ
_MOST_GROUPS = 1000


class OidcProvider:
    """Keeps `triage_agent.ports.IdentityProvider`."""

    def __init__(self, settings: OidcSettings, clock: Clock) -> None:
        """Read the client's secret; the provider is asked when somebody signs in.

        Raises SettingsInvalid.
        """
        self._settings = settings
        self._clock = clock
        self._client_secret = settings.client_secret()
        trusted = None if settings.tls_ca is None else str(settings.tls_ca)
        self._client = httpx.Client(
            timeout=settings.seconds,
            verify=ssl.create_default_context(cafile=trusted),
            headers={"Accept": "application/json"},
        )
        self._discovery = Discovery(settings.issuer, self._client, clock)

    @property
    def label(self) -> str:
        """What people call it."""
        return self._settings.label

    def close(self) -> None:
        """Close its connections."""
        self._client.close()

    def reach(self) -> None:
        """Ask the provider for its addresses and keys. Raises IdentityProviderUnavailable."""
        self._discovery.keys()

    def address(self, *, redirect_uri: str, secret: str) -> str:
        """Return where the browser goes to sign in. Raises IdentityProviderUnavailable."""
        endpoint = self._discovery.endpoints().authorization
        challenge = hashlib.sha256(_derived(secret, "verifier").encode()).digest()
        query = {
            "response_type": "code",
            "client_id": self._settings.client_id,
            "redirect_uri": redirect_uri,
            "scope": " ".join(self._settings.scopes),
            "state": _derived(secret, "state"),
            "nonce": _derived(secret, "nonce"),
            "code_challenge": _base64url(challenge),
            "code_challenge_method": "S256",
        }
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(query)}"

    def identity(self, *, code: str, state: str, redirect_uri: str, secret: str) -> Identity:
        """Return who came back with a code.

        Raises IdentityRefused for an answer that does not hold, IdentityProviderUnavailable.
        """
        if not hmac.compare_digest(state.encode(), _derived(secret, "state").encode()):
            raise IdentityRefused("another browser began this sign-in")
        endpoints = self._discovery.endpoints()
        tokens = self._tokens(endpoints, code, redirect_uri, _derived(secret, "verifier"))
        claims = self._checked(tokens.get("id_token"), nonce=_derived(secret, "nonce"))
        return self._identity(claims, lambda: self._userinfo(endpoints, tokens, claims["sub"]))

    def _tokens(
        self, endpoints: Endpoints, code: str, redirect_uri: str, verifier: str
    ) -> dict[str, Any]:
        sent = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": verifier,
        }
        names = self._settings.client_id, self._client_secret
        auth = None
        if "client_secret_basic" in endpoints.token_auth_methods:
            auth = httpx.BasicAuth(*(quote(each, safe="") for each in names))  # RFC 6749 2.3.1
        else:
            sent |= {"client_id": names[0], "client_secret": names[1]}
        try:
            return read_object(self._client, "POST", endpoints.token, data=sent, auth=auth)
        except IdentityProviderUnavailable as error:
            cause = error.__cause__
            if isinstance(cause, httpx.HTTPStatusError) and cause.response.is_client_error:
                raise IdentityRefused("the identity provider does not take the code") from error
            raise

    def _checked(self, token: object, *, nonce: str) -> dict[str, Any]:
        """Return the claims of an ID token that holds (OpenID Connect Core 1.0 3.1.3.7)."""
        if not isinstance(token, str):
            raise IdentityRefused("the identity provider gave no ID token")
        registry = JWTClaimsRegistry(
            now=lambda: int(self._clock.now().timestamp()),
            leeway=LEEWAY_SECONDS,
            iss={"essential": True, "value": self._settings.issuer},
            aud={"essential": True, "value": self._settings.client_id},
            sub={"essential": True},
            exp={"essential": True},
            iat={"essential": True},
            nonce={"essential": True, "value": nonce},
        )
        try:
            keys = self._discovery.keys(wanted=_key_name(token))
            claims = jwt.decode(token, keys, algorithms=list(ALGORITHMS)).claims
            registry.validate(claims)
        except (JoseError, ValueError, TypeError) as error:
            raise IdentityRefused(f"the ID token does not hold ({type(error).__name__})") from error
        if claims.get("azp", self._settings.client_id) != self._settings.client_id:
            raise IdentityRefused("the ID token is for another client")
        return claims

    def _userinfo(
        self, endpoints: Endpoints, tokens: Mapping[str, Any], sub: object
    ) -> dict[str, Any]:
        if not endpoints.userinfo:
            return {}
        bearer = {"Authorization": f"Bearer {tokens.get('access_token', '')}"}
        told = read_object(self._client, "GET", endpoints.userinfo, headers=bearer)
        if told.get("sub") != sub:
            raise IdentityRefused("the identity provider tells of somebody else")
        return told

    def _identity(self, claims: dict[str, Any], more: Any) -> Identity:  # noqa: ANN401
        settings = self._settings
        wanted = [settings.name_claim, *([settings.groups_claim] if settings.roles else [])]
        if any(_claim(claims, each) is None for each in wanted):
            claims = more() | claims
        name = user_name(str(_claim(claims, settings.name_claim) or ""))
        if name is None:
            raise IdentityRefused(f"the claim {settings.name_claim} holds no name of a user")
        groups = _claim(claims, settings.groups_claim)
        told = [groups] if isinstance(groups, str) else groups
        known = told[:_MOST_GROUPS] if isinstance(told, list) else []
        roles = roles_of(map(str, known), settings.roles) | frozenset(settings.everybody)
        return Identity(name=name, roles=roles)


def _claim(claims: Mapping[str, Any], name: str) -> object:
    """Return a claim by its name, or by the path to it; None if it is not there."""
    found: object = claims.get(name)
    if found is None and "." in name:
        found = claims
        for part in name.split("."):
            found = found.get(part) if isinstance(found, dict) else None
    return found


def _key_name(token: str) -> str | None:
    header = token.partition(".")[0]
    try:
        decoded = base64.urlsafe_b64decode(header + "=" * (-len(header) % 4))
        told = json.loads(decoded)
    except ValueError:
        return None
    kid = told.get("kid") if isinstance(told, dict) else None
    return kid if isinstance(kid, str) else None


def _derived(secret: str, purpose: str) -> str:
    return _base64url(hmac.digest(secret.encode(), purpose.encode(), "sha256"))


def _base64url(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()
