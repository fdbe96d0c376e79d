import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.encoded_objects import DX, EXPLICIT
from tests.fakes.receive_step import FakeReceiveStep
from tests.pdus import RawPeer, associate_rq
from tests.triage_agent.adapters.dimse.certificates import (
    Certificate,
    make_authority,
    make_certificate,
)
from tests.triage_agent.adapters.dimse.conftest import Eventually, Serve
from triage_agent.adapters.dimse.destination import DimseDestination
from triage_agent.adapters.dimse.listener_probe import ListenerProbe
from triage_agent.adapters.dimse.scp import StorageScp
from triage_agent.adapters.dimse.tls import requestor_context
from triage_agent.destination_settings import DestinationSettings
from triage_agent.dicom.part10 import file_head
from triage_agent.errors import DestinationUnreachable, SettingsInvalid


@dataclass(frozen=True)
class Hospital:
    """An authority with a node and a peer, and an authority of somebody else."""

    authority: Certificate
    node: Certificate
    peer: Certificate
    foreign_authority: Certificate
    foreign: Certificate


@pytest.fixture(scope="module")
def hospital(tmp_path_factory: pytest.TempPathFactory) -> Hospital:
    folder = tmp_path_factory.mktemp("certificates")
    authority = make_authority(folder, "authority")
    foreign_authority = make_authority(folder, "foreign-authority")
    return Hospital(
        authority=authority,
        node=make_certificate(folder, "node", authority),
        peer=make_certificate(folder, "peer", authority),
        foreign_authority=foreign_authority,
        foreign=make_certificate(folder, "foreign", foreign_authority),
    )


ServeTls = Callable[..., tuple[StorageScp, int]]


@pytest.fixture
def serve_tls(serve: Serve, hospital: Hospital) -> ServeTls:
    def start(receive: FakeReceiveStep | None = None, **settings: object) -> tuple[StorageScp, int]:
        return serve(
            receive,
            tls_certificate=hospital.node.certificate,
            tls_key=hospital.node.key,
            tls_ca=hospital.authority.certificate,
            **settings,
        )

    return start


def destination(
    port: int, authority: Certificate | None, own: Certificate | None
) -> DimseDestination:
    settings = DestinationSettings(
        name="pacs",
        host="127.0.0.1",
        port=port,
        ae_title="TRIAGE",
        tls_ca=authority.certificate if authority else None,
        tls_certificate=own.certificate if own else None,
        tls_key=own.key if own else None,
    )
    return DimseDestination(settings, calling_ae_title="NODE")


def test_objects_go_through_tls_with_certificates_on_both_sides(
    serve_tls: ServeTls, hospital: Hospital, tmp_path: Path
) -> None:
    step = FakeReceiveStep()
    _, port = serve_tls(step)
    data = bytes(range(256)) * 8000
    file = tmp_path / "one.dcm"
    head = file_head(SOPClassUID=DX, SOPInstanceUID="1.2.3", TransferSyntaxUID=EXPLICIT)
    file.write_bytes(head + data)
    reports: list[tuple[int, Exception | None]] = []
    peer = destination(port, hospital.authority, hospital.peer)

    peer.echo()
    peer.send([file], lambda index, error: reports.append((index, error)))

    assert reports == [(0, None)]
    assert step.taken[0].encoded == data


def test_who_shows_no_or_a_foreign_certificate_is_not_served(
    serve_tls: ServeTls, hospital: Hospital, eventually: Eventually
) -> None:
    scp, port = serve_tls()

    for own in (None, hospital.foreign):
        with pytest.raises(DestinationUnreachable):
            destination(port, hospital.authority, own).echo()
    with RawPeer(port) as clear:
        clear.send(associate_rq())
        assert clear.is_closed_within(5)
    eventually(lambda: scp.connections == 0)


def test_a_peer_that_shows_a_foreign_certificate_is_not_called(
    serve_tls: ServeTls, hospital: Hospital
) -> None:
    _, port = serve_tls()

    with pytest.raises(DestinationUnreachable):
        destination(port, hospital.foreign_authority, hospital.peer).echo()


def test_a_handshake_that_does_not_come_holds_up_nobody_and_ends(
    serve_tls: ServeTls, hospital: Hospital
) -> None:
    _, port = serve_tls(pdu_seconds=2.0)

    with RawPeer(port) as silent, RawPeer(port) as slow:
        slow.send(b"\x16\x03\x01")
        destination(port, hospital.authority, hospital.peer).echo()
        assert silent.is_closed_within(10)
        assert slow.is_closed_within(10)


def test_only_a_handshake_that_began_is_worth_a_warning(
    serve_tls: ServeTls, eventually: Eventually, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    scp, port = serve_tls()
    probe = ListenerProbe(scp._settings, port)

    assert not probe.echoes
    probe.probe()
    eventually(lambda: "ended before its first byte" in caplog.text)
    assert [each for each in caplog.records if each.levelno >= logging.WARNING] == []

    with RawPeer(port) as broken:
        broken.send(b"\x16\x03\x01")
    eventually(lambda: any(each.levelno == logging.WARNING for each in caplog.records))


def test_files_that_do_not_hold_are_a_fault_of_the_settings(
    serve: Serve, hospital: Hospital, tmp_path: Path
) -> None:
    with pytest.raises(SettingsInvalid, match="TLS"):
        serve(
            tls_certificate=tmp_path / "nothing",
            tls_key=hospital.node.key,
            tls_ca=hospital.authority.certificate,
        )
    with pytest.raises(SettingsInvalid, match="TLS"):
        requestor_context(
            certificate=hospital.node.certificate,
            key=hospital.peer.key,
            ca=hospital.authority.certificate,
        )


def test_without_an_authority_a_destination_is_called_in_the_clear() -> None:
    assert requestor_context(certificate=None, key=None, ca=None) is None
