import pytest

from triage_agent.adapters.dimse.callers import CallerRule
from triage_agent.errors import SettingsInvalid
from triage_agent.settings import CallerSettings


def rule(*callers: tuple[str, tuple[str, ...]]) -> CallerRule:
    return CallerRule.of(
        [CallerSettings(ae_title=title, addresses=addresses) for title, addresses in callers]
    )


def test_without_callers_only_loopback_is_served() -> None:
    nobody = rule()

    assert nobody.admits_address("127.0.0.1")
    assert nobody.admits_address("::1")
    assert nobody.admits("ANYBODY", "127.0.0.1")
    assert not nobody.admits_address("10.0.0.1")
    assert not nobody.admits("ANYBODY", "10.0.0.1")


def test_a_caller_calls_from_its_addresses_and_networks() -> None:
    listed = rule(("CR1", ("10.0.0.7", "10.1.0.0/16", "2001:db8::/32")))

    assert listed.admits("CR1", "10.0.0.7")
    assert listed.admits(" CR1 ", "10.1.200.1")
    assert listed.admits("CR1", "2001:db8::5")
    assert listed.admits("CR1", "::ffff:10.0.0.7")
    assert not listed.admits("CR1", "10.0.0.8")
    assert not listed.admits("CR2", "10.0.0.7")
    assert listed.admits_address("10.0.0.7")
    assert not listed.admits_address("10.0.0.8")
    assert listed.admits("ANYBODY", "127.0.0.1")


def test_a_caller_without_addresses_calls_from_everywhere() -> None:
    anywhere = rule(("CR1", ()), ("CR2", ("10.0.0.7",)))

    assert anywhere.admits_address("203.0.113.9")
    assert anywhere.admits("CR1", "203.0.113.9")
    assert not anywhere.admits("CR2", "203.0.113.9")


def test_loopback_follows_the_list_once_it_is_listed() -> None:
    listed = rule(("LOCAL", ("127.0.0.1",)), ("CR1", ("10.0.0.7",)))

    assert listed.admits("LOCAL", "127.0.0.1")
    assert not listed.admits("ANYBODY", "127.0.0.1")
    assert not listed.admits_address("127.0.0.2")


def test_what_is_no_address_is_a_fault_of_the_settings() -> None:
    with pytest.raises(SettingsInvalid, match="neither an IP address nor a network"):
        rule(("CR1", ("ct-room.example",)))
