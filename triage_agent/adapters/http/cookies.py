"""The cookies: of a session, of a form for signing in, and of a way to an identity provider."""

from starlette.requests import HTTPConnection
from starlette.responses import Response

from triage_agent.adapters.http.access import Access

# "__Host-" (RFC 6265bis section 4.1.3.2): set by this host over TLS and sent to no other. Without
# TLS, which is on loopback only, browsers take no cookie of such a name.
_PREFIX = "__Host-"
_SESSION = "triage-session"
_BEFORE = "triage-before-sign-in"
_AWAY = "triage-away"
# Longer than anybody takes to sign in elsewhere.
_AWAY_SECONDS = 900


def session_secret(request: HTTPConnection, access: Access) -> str:
    """Return what the browser holds of a session, or ""."""
    return request.cookies.get(_name(_SESSION, access), "")


def secret_before_sign_in(request: HTTPConnection, access: Access) -> str:
    """Return what the browser holds for the form, or ""."""
    return request.cookies.get(_name(_BEFORE, access), "")


def give_session(response: Response, access: Access, secret: str) -> None:
    """Have the browser keep the secret of a session until it is closed, and forget the form's."""
    _set(response, access, _SESSION, secret)
    _delete(response, access, _BEFORE)


def give_before_sign_in(response: Response, access: Access, secret: str) -> None:
    """Have the browser keep the secret of a form."""
    _set(response, access, _BEFORE, secret)


def way_back(request: HTTPConnection, access: Access) -> str:
    """Return what the browser holds of a sign-in at an identity provider, or ""."""
    return request.cookies.get(_name(_AWAY, access), "")


def give_way_back(response: Response, access: Access, kept: str) -> None:
    """Have the browser keep something until it comes back from an identity provider."""
    # Lax: the way back is begun by the provider's site.
    response.set_cookie(
        _name(_AWAY, access),
        kept,
        max_age=_AWAY_SECONDS,
        secure=access.is_secure,
        httponly=True,
        samesite="lax",
    )


def take_way_back(response: Response, access: Access) -> None:
    """Have the browser forget it: it serves once."""
    response.delete_cookie(
        _name(_AWAY, access), secure=access.is_secure, httponly=True, samesite="lax"
    )


def take_session(response: Response, access: Access) -> None:
    """Have the browser forget its session."""
    _delete(response, access, _SESSION)


def _name(name: str, access: Access) -> str:
    return f"{_PREFIX}{name}" if access.is_secure else name


def _set(response: Response, access: Access, name: str, value: str) -> None:
    response.set_cookie(
        _name(name, access), value, secure=access.is_secure, httponly=True, samesite="strict"
    )


def _delete(response: Response, access: Access, name: str) -> None:
    response.delete_cookie(
        _name(name, access), secure=access.is_secure, httponly=True, samesite="strict"
    )
