import logging
import socket

import pytest
from structlog.testing import capture_logs

from tests.pdus import RawPeer
from triage_agent.adapters.dimse.listener_probe import ListenerProbe, _own_address
from triage_agent.adapters.dimse.scp import StorageScp
from triage_agent.errors import DestinationUnreachable
from triage_agent.settings import DicomSettings


def unused(*_, **__):
    raise AssertionError("nothing is sent")


@pytest.fixture
def listening():
    """Start listeners; they end with the test."""
    running = []

    def start(**settings):
        values = DicomSettings(port=0, **settings)
        scp = StorageScp(values, unused)
        running.append(scp)
        return values, scp.start()

    yield start
    for scp in running:
        scp.stop(5)


def test_a_listener_answers_its_own_echo(listening):
    probe = ListenerProbe(*listening())
    assert probe.echoes
    assert 0 < probe.probe() < 60


@pytest.mark.parametrize(
    ("callers", "echoes"),
    [
        ([{"ae_title": "CR1", "addresses": ["127.0.0.1"]}], True),
        ([{"ae_title": "CR1", "addresses": ["127.0.0.2"]}], False),
    ],
)
def test_it_calls_by_a_title_that_may_or_only_connects(listening, callers, echoes):
    probe = ListenerProbe(*listening(callers=callers))
    assert probe.echoes is echoes
    with capture_logs() as logs:
        assert probe.probe() < 60
    assert logs == []


def test_a_refusal_of_its_own_address_is_no_warning_but_of_another_is(listening, caplog):
    settings, port = listening(callers=[{"ae_title": "CR1", "addresses": ["127.0.0.2"]}])
    ListenerProbe(settings, port).probe()
    with RawPeer(port, source="127.0.0.3") as other:
        assert other.is_closed_within(10)
    told = [each.getMessage() for each in caplog.records if each.levelno >= logging.WARNING]
    assert told == ["connection refused: 127.0.0.3 is not a caller's address"]


def test_what_does_not_listen_is_told():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    for callers in ((), ({"ae_title": "CR1", "addresses": ["127.0.0.2"]},)):
        with pytest.raises(DestinationUnreachable):
            ListenerProbe(DicomSettings(callers=callers), port).probe()


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("0.0.0.0", "127.0.0.1"),  # noqa: S104 (nothing listens there)
        ("::", "::1"),
        ("192.0.2.7", "192.0.2.7"),
        ("node.example", "node.example"),
    ],
)
def test_a_listener_is_called_where_it_is_reached(host, address):
    assert _own_address(host) == address


def test_a_name_is_only_connected_to():
    assert not ListenerProbe(DicomSettings(host="node.example"), 104).echoes
    assert ListenerProbe(DicomSettings(host="localhost"), 104).echoes
