"""What a proxy says is believed of the proxies alone."""

from ipaddress import ip_network

import pytest
from pydantic import ValidationError
from starlette.requests import Request

from triage_agent.adapters.http.access import Access
from triage_agent.adapters.http.trusted_proxy import (
    ProxySignIn,
    TrustedHeaders,
    forwarded_address,
    identifying,
)
from triage_agent.domain.audit import Deed
from triage_agent.domain.visitor import Role
from triage_agent.settings import HttpSettings

PROXIES = (ip_network("10.0.0.0/24"), ip_network("2001:db8::/64"))
HEADERS = TrustedHeaders(
    user="X-Remote-User",
    groups="X-Remote-Groups",
    roles={"radiology": (Role.READER,), "it": (Role.ADMINISTRATOR, Role.AUDITOR)},
    everybody=frozenset(),
)


def request(*headers, peer="10.0.0.1"):
    raw = [(name.lower().encode(), value.encode()) for name, value in headers]
    client = None if peer is None else (peer, 40000)
    return Request({"type": "http", "headers": raw, "client": client})


def asks(*headers, peer="10.0.0.1", believed=HEADERS):
    return ProxySignIn(believed, PROXIES).visitor_of(request(*headers, peer=peer))


@pytest.mark.parametrize("peer", ["10.0.0.1", "10.0.0.254", "2001:db8::7", "::ffff:10.0.0.1"])
def test_a_proxy_says_who_asks(peer):
    visitor = asks(("X-Remote-User", "Ada"), ("X-Remote-Groups", "choir, radiology ,it"), peer=peer)
    assert visitor is not None
    assert (visitor.name, visitor.roles) == ("ada", frozenset(Role))


@pytest.mark.parametrize("peer", ["127.0.0.1", "::1", "10.0.1.1", "192.168.0.1", "", "x", None])
def test_nobody_else_does_not_even_this_machine(peer):
    assert asks(("X-Remote-User", "ada"), ("X-Remote-Groups", "it"), peer=peer) is None


@pytest.mark.parametrize(
    "headers",
    [
        (),
        (("X-Remote-User", ""),),
        (("X-Remote-User", "ada"), ("X-Remote-User", "eve")),
        (("X-Remote-User", "<script>"),),
        (("X-Remote-User", "ada, eve"),),
        (("X-Remote-User", "a" * 65),),
        (("X_Remote_User", "ada"),),
    ],
)
def test_without_one_name_nobody_is_let_in(headers):
    assert asks(*headers, ("X-Remote-Groups", "radiology")) is None


def test_a_group_that_means_nothing_gives_nothing():
    visitor = asks(("X-Remote-User", "ada"), ("X-Remote-Groups", "reader,administrator,READER"))
    assert visitor.roles == frozenset()


def test_everybody_may_be_given_a_role():
    believed = TrustedHeaders(
        user="X-U", groups="X-G", roles={}, everybody=frozenset({Role.READER})
    )
    assert asks(("X-U", "ada"), believed=believed).roles == {Role.READER}


def test_each_name_has_a_token_of_its_own_that_nobody_guesses():
    way = ProxySignIn(HEADERS, PROXIES)
    ada, again, eve = (
        way.visitor_of(request(("X-Remote-User", name))).csrf_token
        for name in ("ada", "ada", "eve")
    )
    assert ada == again != eve
    assert asks(("X-Remote-User", "ada")).csrf_token != ada


def test_without_the_setting_headers_mean_nothing():
    assert identifying(None, PROXIES) == ()


@pytest.mark.parametrize(
    ("forwarded", "address"),
    [
        (("203.0.113.7",), "203.0.113.7"),
        (("203.0.113.7, 10.0.0.2",), "203.0.113.7"),
        (("1.1.1.1, 203.0.113.7, 10.0.0.2",), "203.0.113.7"),
        (("1.1.1.1", "203.0.113.7"), "203.0.113.7"),
        (("2001:db8:1::5",), "2001:db8:1::5"),
        (("127.0.0.1, 203.0.113.7",), "203.0.113.7"),
        (("10.0.0.2",), ""),
        (("<script>",), ""),
        (("203.0.113.7, unknown",), ""),
        (("203.0.113.7:8080",), ""),
        ((), ""),
    ],
)
def test_the_address_is_the_one_that_a_proxy_saw(forwarded, address):
    told = request(*(("X-Forwarded-For", each) for each in forwarded))
    assert forwarded_address(told, PROXIES) == address


@pytest.mark.parametrize("peer", ["127.0.0.1", "203.0.113.9", None])
def test_nobody_else_says_from_where_they_ask(peer):
    told = request(("X-Forwarded-For", "10.9.9.9"), peer=peer)
    assert forwarded_address(told, PROXIES) == ""


@pytest.mark.parametrize("is_proxy", [True, False])
def test_over_the_wire(node, client_of, is_proxy):
    """The test's own client is the proxy, or a program on this machine that plays one."""
    proxies = (ip_network("127.0.0.1/32" if is_proxy else "10.0.0.1/32"),)
    node.access = Access(proxies=proxies, headers=HEADERS)
    client = client_of(node)
    del client.headers["X-CSRF-Token"]
    headers = {
        "X-Remote-User": "ada",
        "X-Remote-Groups": "radiology",
        "X-Forwarded-For": "203.0.113.7",
        "Accept": "*/*",
    }
    client.headers.update(headers)
    answer = client.get("/")
    assert answer.status_code == (200 if is_proxy else 401)
    assert client.get("/audit").status_code == (403 if is_proxy else 401)
    assert client.post("/worklist/next").status_code == (403 if is_proxy else 401)
    told = [(each.who, each.deed, each.address) for each in node.audit.lines]
    seen = [("ada", deed, "203.0.113.7") for deed in (Deed.LIST_VIEWED, Deed.REFUSED)]
    assert told == (seen if is_proxy else [])


def test_the_settings_name_the_proxies():
    with pytest.raises(ValidationError, match="behind_proxy"):
        HttpSettings(proxy_sign_in={})
    settings = HttpSettings(
        behind_proxy=("10.0.0.1",),
        names=("triage.example",),
        proxy_sign_in={"roles": {"radiology": ["reader"]}, "everybody": ["auditor"]},
    )
    believed = Access.from_settings(settings).headers
    assert believed == TrustedHeaders(
        user="X-Remote-User",
        groups="X-Remote-Groups",
        roles={"radiology": (Role.READER,)},
        everybody=frozenset({Role.AUDITOR}),
    )
    assert Access.from_settings(HttpSettings()).headers is None
