import itertools
import socket
import threading
from pathlib import Path

import pytest
from pynetdicom import AE

from tests.encoded_objects import DX, EXPLICIT, IMPLICIT, encoded, make_dataset
from tests.fakes.receive_step import FakeReceiveStep
from tests.pdus import pdu
from tests.triage_agent.adapters.dimse.conftest import Serve
from triage_agent.adapters.dimse.destination import DimseDestination
from triage_agent.destination_settings import DestinationSettings
from triage_agent.dicom import sop_classes
from triage_agent.dicom.part10 import file_head
from triage_agent.dicom.transfer_syntaxes import ACCEPTED
from triage_agent.errors import DestinationBusy, DestinationRefused, DestinationUnreachable
from triage_agent.settings import CallerSettings

MPEG4 = "1.2.840.10008.1.2.4.102"


def destination(port: int, **settings: object) -> DimseDestination:
    values = {"name": "pacs", "host": "127.0.0.1", "port": port, "ae_title": "TRIAGE"}
    return DimseDestination(DestinationSettings(**(values | settings)), calling_ae_title="NODE")


class Reports(dict[int, Exception | None]):
    """What was reported, by index, in order."""

    def __call__(self, index: int, error: Exception | None) -> None:
        assert index not in self
        self[index] = error


def write_file(
    folder: Path, number: int, *, data: bytes = b"data set", syntax: str = EXPLICIT, sop: str = DX
) -> Path:
    path = folder / f"{number}.dcm"
    head = file_head(SOPClassUID=sop, SOPInstanceUID=f"1.2.{number}", TransferSyntaxUID=syntax)
    path.write_bytes(head + data)
    return path


@pytest.mark.parametrize("syntax", sorted(ACCEPTED))
def test_a_file_leaves_as_it_is_on_disk(serve: Serve, tmp_path: Path, syntax: str) -> None:
    step, reports = FakeReceiveStep(), Reports()
    _, port = serve(step)
    data = bytes(range(256)) * 2000  # pynetdicom could not decode this
    path = write_file(tmp_path, 1, data=data, syntax=syntax)

    destination(port).send([path], reports)

    (taken,) = step.taken
    assert reports == {0: None}
    assert taken.encoded == data
    assert taken.transfer_syntax_uid == syntax
    assert taken.source_ae_title == "NODE"
    assert taken.affected_sop_instance_uid == "1.2.1"


def test_files_go_in_order_over_one_association(serve: Serve, tmp_path: Path) -> None:
    step, reports = FakeReceiveStep(), Reports()
    scp, port = serve(step, maximum_associations=1)
    paths = [write_file(tmp_path, n, syntax=(EXPLICIT, IMPLICIT)[n % 2]) for n in range(10)]

    destination(port).send(paths, reports)

    assert list(reports.items()) == [(n, None) for n in range(10)]
    assert [each.affected_sop_instance_uid for each in step.taken] == [
        f"1.2.{n}" for n in range(10)
    ]
    assert scp.connections <= 1


def test_answers_are_told_apart_and_the_next_file_is_sent(serve: Serve, tmp_path: Path) -> None:
    reports = Reports()
    _, port = serve(FakeReceiveStep(0xA700, 0xC000, 0xB000, 0x0000, 0xA900))
    paths = [write_file(tmp_path, n) for n in range(5)]

    destination(port).send(paths, reports)

    busy, refused, warned, taken, mismatch = reports.values()
    assert isinstance(busy, DestinationBusy)
    assert busy.status == 0xA700
    assert isinstance(refused, DestinationRefused)
    assert refused.status == 0xC000
    assert "scripted" in str(refused)
    assert warned is taken is None
    assert isinstance(mismatch, DestinationRefused)


def test_what_the_peer_does_not_accept_is_named(serve: Serve, tmp_path: Path) -> None:
    step, reports = FakeReceiveStep(), Reports()
    _, port = serve(step)
    paths = [write_file(tmp_path, 1, syntax=MPEG4), write_file(tmp_path, 2)]

    destination(port).send(paths, reports)

    refused = reports[0]
    assert isinstance(refused, DestinationRefused)
    assert refused.status is None
    assert "MPEG-4 AVC/H.264 High Profile / Level 4.1" in str(refused)
    assert "Digital X-Ray Image Storage - For Presentation" in str(refused)
    assert reports[1] is None
    assert len(step.taken) == 1


def test_each_file_is_refused_where_the_peer_accepts_none_of_them(
    serve: Serve, tmp_path: Path
) -> None:
    step, reports = FakeReceiveStep(), Reports()
    _, port = serve(step)
    paths = [write_file(tmp_path, 1, syntax=MPEG4), write_file(tmp_path, 2, syntax=MPEG4)]

    destination(port).send(paths, reports)

    assert list(reports) == [0, 1]
    for refused in reports.values():
        assert isinstance(refused, DestinationRefused)
        assert "does not accept Digital X-Ray Image Storage" in str(refused)
    assert step.taken == []


def test_a_fault_while_reporting_is_told_where_the_peer_accepts_nothing(
    serve: Serve, tmp_path: Path
) -> None:
    _, port = serve()

    def broken(index: int, error: Exception | None) -> None:
        raise RuntimeError(f"the outbox failed at {index}: {error}")

    with pytest.raises(RuntimeError, match="the outbox failed at 0"):
        destination(port).send([write_file(tmp_path, 1, syntax=MPEG4)], broken)


def test_a_peer_without_c_echo_is_unreachable_for_it() -> None:
    ae = AE(ae_title="STORE")
    ae.add_supported_context(DX, EXPLICIT)
    server = ae.start_server(("127.0.0.1", 0), block=False)
    try:
        with pytest.raises(DestinationUnreachable, match="does not take C-ECHO"):
            destination(server.server_address[1], ae_title="STORE").echo()
    finally:
        server.shutdown()


def test_an_uncompressed_file_is_not_turned_into_another_syntax(
    serve: Serve, tmp_path: Path
) -> None:
    # The peer accepts Implicit VR for the second file's sake; the first must not be converted.
    step, reports = FakeReceiveStep(), Reports()
    _, port = serve(step)
    data = encoded(make_dataset(), IMPLICIT)

    destination(port).send([write_file(tmp_path, 1, data=data, syntax=IMPLICIT)], reports)

    assert step.taken[0].transfer_syntax_uid == IMPLICIT
    assert step.taken[0].encoded == data


@pytest.mark.parametrize("content", [b"", b"no DICOM", bytes(128) + b"DICM" + bytes(40)])
def test_a_file_that_is_no_dicom_holds_up_no_other(
    serve: Serve, tmp_path: Path, content: bytes
) -> None:
    reports = Reports()
    _, port = serve()
    broken = tmp_path / "broken.dcm"
    broken.write_bytes(content)

    destination(port).send([broken, write_file(tmp_path, 2)], reports)

    assert isinstance(reports[0], ValueError)
    assert reports[1] is None


def test_a_file_that_cannot_be_read_is_no_refusal_of_the_peer(serve: Serve, tmp_path: Path) -> None:
    reports = Reports()
    _, port = serve()
    folder, missing = tmp_path / "folder", tmp_path / "missing.dcm"
    folder.mkdir()

    destination(port).send([folder, missing, write_file(tmp_path, 2)], reports)

    assert isinstance(reports[0], IsADirectoryError)
    assert isinstance(reports[1], FileNotFoundError)
    assert reports[2] is None


def test_more_contexts_than_an_association_has_take_further_associations(
    serve: Serve, tmp_path: Path
) -> None:
    step, reports = FakeReceiveStep(), Reports()
    _, port = serve(step)
    pairs = list(itertools.product(sorted(sop_classes.ACCEPTED)[:10], sorted(ACCEPTED)))[:140]
    paths = [
        write_file(tmp_path, number, syntax=syntax, sop=sop)
        for number, (sop, syntax) in enumerate(pairs)
    ]

    destination(port).send(paths, reports)

    assert list(reports.items()) == [(number, None) for number in range(140)]
    assert [each.affected_sop_instance_uid for each in step.taken] == [
        f"1.2.{number}" for number in range(140)
    ]


def test_nothing_to_send_needs_no_association() -> None:
    reports = Reports()

    destination(1).send([], reports)

    assert reports == {}


def test_a_peer_that_is_not_there_is_unreachable(tmp_path: Path) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    reports = Reports()

    with pytest.raises(DestinationUnreachable, match="cannot be reached"):
        destination(port).send([write_file(tmp_path, 1)], reports)
    with pytest.raises(DestinationUnreachable):
        destination(port).echo()
    assert reports == {}


def test_a_host_without_an_address_is_unreachable() -> None:
    with pytest.raises(DestinationUnreachable):
        destination(104, host="no-such-host.invalid").echo()


def test_a_peer_that_does_not_want_us_is_unreachable(serve: Serve) -> None:
    _, port = serve(callers=(CallerSettings(ae_title="OTHER", addresses=("127.0.0.1",)),))

    with pytest.raises(DestinationUnreachable, match="rejected"):
        destination(port).echo()
    destination(port, calling_ae_title="OTHER").echo()


def test_an_association_that_breaks_leaves_the_rest_unreported(
    serve: Serve, tmp_path: Path
) -> None:
    reports = Reports()

    class HangsUp(FakeReceiveStep):
        def __call__(self, *arguments: object, **more: object) -> object:  # type: ignore[override]
            receipt = super().__call__(*arguments, **more)  # type: ignore[arg-type]
            if len(self.taken) == 2:
                for association in scp._server.associations:  # type: ignore[union-attr]
                    association.connection.hang_up()
            return receipt

    scp, port = serve(HangsUp())  # type: ignore[arg-type]
    paths = [write_file(tmp_path, n) for n in range(4)]

    with pytest.raises(DestinationUnreachable, match="broke the association"):
        destination(port).send(paths, reports)
    assert reports == {0: None}


def test_a_fault_while_reporting_ends_the_association(serve: Serve, tmp_path: Path) -> None:
    _, port = serve()

    def broken(index: int, error: Exception | None) -> None:
        raise RuntimeError(f"the outbox failed at {index}: {error}")

    with pytest.raises(RuntimeError, match="the outbox failed at 0"):
        destination(port).send([write_file(tmp_path, 1)], broken)


def test_an_echo_is_a_success_or_unreachable(serve: Serve) -> None:
    _, port = serve()

    destination(port).echo()


@pytest.mark.parametrize("answer", [b"", pdu(0x02, b"", length=0xFFFFFFFF), b"no PDU at all"])
def test_a_peer_that_answers_nonsense_is_unreachable(answer: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

        def accept_and_answer() -> None:
            client, _ = listener.accept()
            with client:
                client.recv(65_536)
                client.sendall(answer)

        peer = threading.Thread(target=accept_and_answer)
        peer.start()
        with pytest.raises(DestinationUnreachable):
            destination(port).echo()
        peer.join(10)
