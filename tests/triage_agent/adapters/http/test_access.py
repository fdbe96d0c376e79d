from datetime import timedelta

import pytest

from triage_agent.adapters.http.access import Access
from triage_agent.domain.visitor import Role
from triage_agent.settings import HttpSettings

BEHIND = HttpSettings(behind_proxy=("192.0.2.0/24", "2001:db8::7"), names=("Triage.Example",))


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "127.0.0.1:8080", "localhost", "LOCALHOST:1", "[::1]", "[::1]:8080"],
)
def test_loopback_names_are_served(host):
    assert Access().answers_to(host)
    assert Access.from_settings(BEHIND).answers_to(host)
    assert not Access.from_settings(BEHIND).is_public_name(host)


@pytest.mark.parametrize("host", ["triage.example", "TRIAGE.example:443"])
def test_the_sites_own_names_are_served(host):
    assert Access.from_settings(BEHIND).answers_to(host)
    assert Access.from_settings(BEHIND).is_public_name(host)
    assert not Access().answers_to(host)


@pytest.mark.parametrize(
    "host", ["evil.example", "triage.example.evil.example", "a.triage.example", "127.0.0.1:8:9", ""]
)
def test_other_names_are_not(host):
    assert not Access.from_settings(BEHIND).answers_to(host)


@pytest.mark.parametrize("peer", ["192.0.2.9", "2001:db8::7", "127.0.0.1", "::1"])
def test_proxies_and_this_machine_may_ask(peer):
    assert Access.from_settings(BEHIND).is_peer(peer)


@pytest.mark.parametrize("peer", ["192.0.3.9", "2001:db8::8", "", "triage.example"])
def test_others_may_ask_only_where_there_is_no_proxy(peer):
    assert not Access.from_settings(BEHIND).is_peer(peer)
    assert Access().is_peer(peer)


def test_settings_say_for_how_long_a_sign_in_lasts():
    access = Access.from_settings(HttpSettings(idle_minutes=5, session_hours=2))
    assert (access.limits.idle, access.limits.absolute) == (
        timedelta(minutes=5),
        timedelta(hours=2),
    )
    assert access.sign_in
    assert not access.is_secure
    assert Access.from_settings(BEHIND).is_secure


def test_without_a_sign_in_everybody_may_do_everything_with_a_token_nobody_can_guess():
    first = Access.from_settings(HttpSettings(sign_in="none"))
    second = Access.from_settings(HttpSettings(sign_in="none"))
    assert not first.sign_in
    assert first.everybody.roles == set(Role)
    assert len(first.everybody.csrf_token) > 30
    assert first.everybody.csrf_token != second.everybody.csrf_token
