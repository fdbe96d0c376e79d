"""What holds for every request: under which name and from where, and what a browser may do."""

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse
from starlette.status import HTTP_403_FORBIDDEN, HTTP_421_MISDIRECTED_REQUEST
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from triage_agent.adapters.http.access import Access
from triage_agent.adapters.http.trusted_proxy import forwarded_address

# No script, style, frame or connection but the page's own files; nothing inline.
_SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Addresses name studies: no other site is told them. A browser that is to tell nobody sends
    # forms without their origin, which is looked at here.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
# Names and images of patients must not stay in a browser's cache.
_NOT_KEPT = "no-store"
_ONLY_TLS = "max-age=31536000"  # RFC 6797; a year


class Guard:
    """Refuses requests under a foreign name or from a foreign peer, and sets security headers.

    A page elsewhere whose name was made to point here ("DNS rebinding") would send its own name.
    Plain ASGI, because a wrapper that buffers would hold back the event stream.
    """

    def __init__(self, app: ASGIApp, *, access: Access) -> None:
        self._app = app
        self._access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on a request, or answer 421 (RFC 9110 section 15.5.20) or 403."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        hosts = Headers(scope=scope).getlist("host")

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.setdefault("Cache-Control", _NOT_KEPT)
                for name, value in _SECURITY_HEADERS.items():
                    headers[name] = value
                # For "localhost" it would hold for every other program on that machine.
                if self._access.is_secure and all(map(self._access.is_public_name, hosts)):
                    headers["Strict-Transport-Security"] = _ONLY_TLS
            await send(message)

        answer: ASGIApp = self._app
        if len(hosts) != 1 or not self._access.answers_to(hosts[0]):
            answer = PlainTextResponse(
                "this host name is not served here", status_code=HTTP_421_MISDIRECTED_REQUEST
            )
        elif not self._access.is_peer((scope.get("client") or ("", 0))[0]):
            answer = PlainTextResponse(
                "only the proxy may ask here", status_code=HTTP_403_FORBIDDEN
            )
        told = forwarded_address(HTTPConnection(scope), self._access.proxies)
        scope.setdefault("state", {})["address"] = told
        await answer(scope, receive, send_guarded)
