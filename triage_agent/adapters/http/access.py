"""Who is let in to the page, and under which names it answers."""

import secrets
from dataclasses import dataclass, field
from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from triage_agent.adapters.http.trusted_proxy import TrustedHeaders
from triage_agent.domain.sign_in import SessionLimits
from triage_agent.domain.visitor import Role, Visitor
from triage_agent.identity_settings import ProxySignInSettings
from triage_agent.settings import HttpSettings

USUAL_LIMITS = SessionLimits(idle=timedelta(hours=1), absolute=timedelta(hours=12))
LOOPBACK_NAMES = frozenset({"127.0.0.1", "localhost", "[::1]"})


def _everybody() -> Visitor:
    # Changes are still asked for with a token: other pages in the same browser must not.
    return Visitor(name="local", roles=frozenset(Role), csrf_token=secrets.token_urlsafe())


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """How people come in.

    Attributes:
        sign_in: whether they have to sign in; if not, each is `everybody`.
        limits: after what a sign-in expires.
        names: of hosts, in lower case, under which the page answers besides those of loopback.
        is_secure: whether browsers reach the page over TLS, the node's or a proxy's.
        proxies: from where alone requests come, besides this machine, if there are any.
        everybody: who visits where nobody has to sign in.
        headers: in which the proxies say who asks; None if they do not.
    """

    sign_in: bool = True
    limits: SessionLimits = USUAL_LIMITS
    names: frozenset[str] = frozenset()
    is_secure: bool = False
    proxies: tuple[IPv4Network | IPv6Network, ...] = ()
    everybody: Visitor = field(default_factory=_everybody)
    headers: TrustedHeaders | None = None

    @classmethod
    def from_settings(cls, settings: HttpSettings) -> "Access":
        """Return what the settings say."""
        return cls(
            sign_in=settings.sign_in == "required",
            limits=SessionLimits(
                idle=timedelta(minutes=settings.idle_minutes),
                absolute=timedelta(hours=settings.session_hours),
            ),
            names=frozenset(name.lower() for name in settings.names),
            is_secure=settings.is_secure,
            proxies=tuple(ip_network(each) for each in settings.behind_proxy),
            headers=_trusted(settings.proxy_sign_in),
        )

    def answers_to(self, host: str) -> bool:
        """Say whether a Host header, with or without a port, is one of this page's names."""
        return _without_port(host) in LOOPBACK_NAMES | self.names

    def is_public_name(self, host: str) -> bool:
        """Say whether a Host header is a name that the settings gave."""
        return _without_port(host) in self.names

    def is_peer(self, address: str) -> bool:
        """Say whether requests from a network address are taken."""
        if not self.proxies or is_loopback(address):
            return True
        try:
            peer = ip_address(address)
        except ValueError:
            return False
        return any(peer in network for network in self.proxies)


def is_loopback(address: str) -> bool:
    """Say whether a network address is this machine's own."""
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False


def _trusted(settings: ProxySignInSettings | None) -> TrustedHeaders | None:
    if settings is None:
        return None
    return TrustedHeaders(
        user=settings.user_header,
        groups=settings.groups_header,
        roles=settings.roles,
        everybody=frozenset(settings.everybody),
    )


def _without_port(host: str) -> str:
    name, colon, port = host.rpartition(":")
    if not colon or not port.isdigit():
        name = host
    return name.lower()
