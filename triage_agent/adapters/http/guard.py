"""What holds for every request: who may ask, and what a browser may do with the answer."""

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from triage_agent.domain.visitor import Role, Visitor

# The page listens on loopback. A page elsewhere whose name was made to point here ("DNS
# rebinding") would send its own name.
_LOOPBACK_NAMES = frozenset({"127.0.0.1", "localhost", "[::1]"})

# No script, style, frame or connection but the page's own files; nothing inline.
_SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
# Until there is a sign-in, whoever is on this machine.
_EVERYBODY = Visitor(name="local", roles=frozenset(Role))
# Names and images of patients must not stay in a browser's cache.
_NOT_KEPT = "no-store"


class LoopbackGuard:
    """Refuses requests under a name that is not loopback's, and sets the security headers.

    Plain ASGI, because a wrapper that buffers would hold back the event stream.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on a request, or answer 421 (RFC 9110 section 15.5.20)."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.setdefault("Cache-Control", _NOT_KEPT)
                for name, value in _SECURITY_HEADERS.items():
                    headers[name] = value
            await send(message)

        if not _is_loopback(Headers(scope=scope).getlist("host")):
            refusal = PlainTextResponse("this host name is not served here", status_code=421)
            await refusal(scope, receive, send_guarded)
            return
        scope.setdefault("state", {})["visitor"] = _EVERYBODY
        await self._app(scope, receive, send_guarded)


def _is_loopback(hosts: list[str]) -> bool:
    if len(hosts) != 1:
        return False
    name, colon, port = hosts[0].rpartition(":")
    if not colon or not port.isdigit():
        name = hosts[0]
    return name.lower() in _LOOPBACK_NAMES
