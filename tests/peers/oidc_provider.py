"""A small provider of OpenID Connect that checks what a provider checks, and can be told to lie."""

import base64
import hashlib
import hmac
import json
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

CLIENT_ID, CLIENT_SECRET = "triage", "se:cret/of the+tests"
_KEY, _OTHER_KEY = (
    RSAKey.generate_key(2048, parameters={"kid": name, "use": "sig"}) for name in ("one", "one")
)


class OidcPeer:
    """Signs in whoever comes as `claims` says, without asking.

    `changed` claims replace those of the ID token (None leaves one out), `userinfo` is told
    besides; `algorithm` and `key` are what it signs with. `asked` holds the paths it was asked.
    """

    def __init__(self, now: datetime, issuer: str) -> None:
        self.issuer = issuer
        self.now = now
        self.claims: dict[str, Any] = {"sub": "u1", "preferred_username": "ada"}
        self.changed: dict[str, Any] = {}
        self.userinfo: dict[str, Any] = {}
        self.algorithm = "RS256"
        self.key: Any = _KEY
        self.auth_methods = ["client_secret_basic", "client_secret_post"]
        self.metadata: dict[str, Any] = {}
        self.asked: list[str] = []
        self._codes: dict[str, dict[str, str]] = {}

    def sign_with_another_key(self) -> None:
        """Sign with a key of the same name that is not published."""
        self.key = _OTHER_KEY

    def sign_with_public_key(self) -> None:
        """Sign as if the public key were a shared secret: the confusion of algorithms."""
        self.algorithm = "HS256"

    def sign_with_nothing(self) -> None:
        """Leave the signature out."""
        self.algorithm = "none"

    def authorize(self, query: dict[str, str]) -> str:
        """Return where the browser is sent back to."""
        assert query["response_type"] == "code"
        assert query["client_id"] == CLIENT_ID
        assert "openid" in query["scope"].split()
        assert query["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe()
        self._codes[code] = query
        back = urlencode({"code": code, "state": query["state"]})
        return f"{query['redirect_uri']}?{back}"

    def token(self, form: dict[str, str], authorization: str) -> dict[str, Any] | None:
        """Return the tokens for a code, None if any of what is checked is wrong."""
        begun = self._codes.pop(form.get("code", ""), None)
        if begun is None or not self._is_client(form, authorization):
            return None
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if (challenge, form["redirect_uri"]) != (begun["code_challenge"], begun["redirect_uri"]):
            return None
        claims = {
            "iss": self.issuer,
            "aud": CLIENT_ID,
            "iat": int(self.now.timestamp()),
            "exp": int((self.now + timedelta(minutes=5)).timestamp()),
            "nonce": begun["nonce"],
        }
        claims = {
            name: value
            for name, value in (claims | self.claims | self.changed).items()
            if value is not None
        }
        return {"access_token": "at", "token_type": "Bearer", "id_token": self._signed(claims)}

    def _is_client(self, form: dict[str, str], authorization: str) -> bool:
        if authorization.startswith("Basic ") and "client_secret_basic" in self.auth_methods:
            name, _, secret = base64.b64decode(authorization[6:]).decode().partition(":")
            return (unquote(name), unquote(secret)) == (CLIENT_ID, CLIENT_SECRET)
        return (form.get("client_id"), form.get("client_secret")) == (CLIENT_ID, CLIENT_SECRET)

    def _signed(self, claims: dict[str, Any]) -> str:
        if self.algorithm in ("none", "HS256"):  # the library makes neither of these
            parts = [json.dumps(each).encode() for each in ({"alg": self.algorithm}, claims)]
            text = ".".join(base64.urlsafe_b64encode(each).decode().rstrip("=") for each in parts)
            public = _KEY.as_pem(private=False)
            code = b"" if self.algorithm == "none" else hmac.digest(public, text.encode(), "sha256")
            return f"{text}.{base64.urlsafe_b64encode(code).decode().rstrip('=')}"
        header = {"alg": self.algorithm, "kid": "one"}
        return jwt.encode(header, claims, self.key, algorithms=[self.algorithm])

    def answer(self, path: str) -> dict[str, Any]:
        """Return what stands at the provider's public addresses."""
        if path == "/keys":
            keys = KeySet([_KEY]).as_dict(private=False)
            return {"keys": [*keys["keys"], {"kty": "unheard-of", "kid": "new"}]}
        if path == "/userinfo":
            return {"sub": self.claims["sub"]} | self.userinfo
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
            "jwks_uri": f"{self.issuer}/keys",
            "token_endpoint_auth_methods_supported": self.auth_methods,
        } | self.metadata


def _first(query: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(query).items()}


@contextmanager
def oidc_peer(now: datetime, host: str = "127.0.0.1") -> Iterator[OidcPeer]:
    """Run a provider for as long as the block runs; `host` is what it calls this machine."""
    peer: OidcPeer

    class Requests(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            peer.asked.append(parts.path)
            if parts.path == "/authorize":
                self.send_response(302)
                self.send_header("Location", peer.authorize(_first(parts.query)))
                self.end_headers()
                return
            self._send(200, peer.answer(parts.path))

        def do_POST(self) -> None:
            peer.asked.append(self.path)
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            made = peer.token(_first(body), self.headers.get("Authorization", ""))
            self._send(*((400, {"error": "invalid_grant"}) if made is None else (200, made)))

        def _send(self, status: int, told: dict[str, Any]) -> None:
            body = json.dumps(told).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Requests)
    peer = OidcPeer(now, f"http://{host}:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield peer
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
