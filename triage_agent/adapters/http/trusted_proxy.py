"""What the proxies in front of the page say: from where a request comes, and from whom.

Only they are believed. What anybody else writes into such headers is passed over, so that nobody
gets in by it; programs on this machine are not proxies either, unless the settings name them.
"""

import hmac
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address

from starlette.requests import HTTPConnection

from triage_agent.domain.account import user_name
from triage_agent.domain.identity import roles_of
from triage_agent.domain.visitor import Role, Visitor

_FORWARDED = "x-forwarded-for"
Networks = tuple[IPv4Network | IPv6Network, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustedHeaders:
    """In which headers the proxies say who asks.

    Attributes:
        user: name of the header with the name of the user.
        groups: name of the header with the groups, parted by commas.
        roles: what a group may do.
        everybody: what whoever has a name may do.
    """

    user: str
    groups: str
    roles: Mapping[str, tuple[Role, ...]]
    everybody: frozenset[Role]


def is_from_proxy(request: HTTPConnection, proxies: Networks) -> bool:
    """Say whether the network peer is one of the proxies."""
    return request.client is not None and _is_in(request.client.host, proxies)


def forwarded_address(request: HTTPConnection, proxies: Networks) -> str:
    """Return from where a request came to the first of the proxies, "" if none of them says so.

    Each proxy adds the address of its peer at the end. What stands before the last address that
    is not a proxy's came from outside and may be made up.
    """
    if not is_from_proxy(request, proxies):
        return ""
    passed = ",".join(request.headers.getlist(_FORWARDED)).split(",")
    for each in reversed([part.strip() for part in passed]):
        try:
            ip_address(each)
        except ValueError:
            return ""
        if not _is_in(each, proxies):
            return each
    return ""


class ProxySignIn:
    """Takes who asks from the headers of a proxy; nobody has a session then."""

    def __init__(self, headers: TrustedHeaders, proxies: Networks) -> None:
        self._headers = headers
        self._proxies = proxies
        # Made anew at each start: pages that are open then are told that they are too old.
        self._secret = secrets.token_bytes(32)

    def visitor_of(self, request: HTTPConnection) -> Visitor | None:
        """Return who asks, None if no proxy says so in one name that can be a user's."""
        if not is_from_proxy(request, self._proxies):
            return None
        names = request.headers.getlist(self._headers.user)
        # Two of them: one came from the browser, and nobody can tell which.
        name = user_name(names[0]) if len(names) == 1 else None
        if name is None:
            return None
        groups = ",".join(request.headers.getlist(self._headers.groups)).split(",")
        roles = roles_of(groups, self._headers.roles) | self._headers.everybody
        # A browser shows itself to the proxy without being asked, so a change needs a token.
        token = hmac.digest(self._secret, name.encode(), "sha256").hex()
        return Visitor(name=name, roles=roles, csrf_token=token)


def identifying(
    headers: TrustedHeaders | None, proxies: Networks
) -> tuple[Callable[[HTTPConnection], Visitor | None], ...]:
    """Return the way in by a proxy's word, as the gate takes it; none without such headers."""
    return () if headers is None else (ProxySignIn(headers, proxies).visitor_of,)


def _is_in(address: str, networks: Iterable[IPv4Network | IPv6Network]) -> bool:
    try:
        peer = ip_address(address)
    except ValueError:
        return False
    # A socket for both families shows IPv4 peers in the form of IPv6.
    peer = getattr(peer, "ipv4_mapped", None) or peer
    return any(peer in network for network in networks)
