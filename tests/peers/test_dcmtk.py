"""The peers say so when something did not work."""

import pytest
from pynetdicom import AE, evt
from pynetdicom.sop_class import ComputedRadiographyImageStorage  # type: ignore[attr-defined]

from tests.deploy.images import write_object
from tests.peers.dcmtk import answers_echo, dcmsend, run_dcmtk, start_storescp, storescu
from tests.peers.ports import free_port
from tests.peers.process import PeerFailed, PeerMissing

pytestmark = pytest.mark.integration

OUT_OF_RESOURCES = 0xA700
SUCCESS = 0x0000


@pytest.fixture
def answering(request):
    """A receiver that answers each C-STORE with the next of the given status codes."""
    statuses = iter(request.param)
    ae = AE()
    ae.add_supported_context(ComputedRadiographyImageStorage)
    server = ae.start_server(
        ("127.0.0.1", 0),
        block=False,
        evt_handlers=[(evt.EVT_C_STORE, lambda _event: next(statuses))],
    )
    yield server.socket.getsockname()[1]
    server.shutdown()


@pytest.mark.parametrize("send", [storescu, dcmsend])
def test_files_arrive(tmp_path, send):
    paths = [write_object(tmp_path, number) for number in (1, 2, 3)]
    with start_storescp(tmp_path / "scp", ae_title="PEER") as peer:
        send(paths, peer.host, peer.port, "PEER")
        assert len(peer.wait_for_files(3)) == 3


@pytest.mark.parametrize("send", [storescu, dcmsend])
@pytest.mark.parametrize(
    "answering", [[OUT_OF_RESOURCES] * 2, [SUCCESS, OUT_OF_RESOURCES]], indirect=True
)
def test_a_failure_status_is_a_failure(tmp_path, send, answering):
    paths = [write_object(tmp_path, number) for number in (1, 2)]
    with pytest.raises(PeerFailed):
        send(paths, "127.0.0.1", answering, "ANY")


@pytest.mark.parametrize("send", [storescu, dcmsend])
def test_nobody_there_is_a_failure(tmp_path, send):
    with pytest.raises(PeerFailed):
        send([write_object(tmp_path, 1)], "127.0.0.1", free_port(), "ANY")


def test_without_check_the_status_is_returned(tmp_path):
    path = write_object(tmp_path, 1)
    assert storescu([path], "127.0.0.1", free_port(), "ANY", check=False).returncode != 0


def test_a_peer_that_does_not_answer_is_seen():
    assert not answers_echo("127.0.0.1", free_port(), "ANY")


def test_a_missing_program_is_named():
    with pytest.raises(PeerMissing, match=r"no-such-program.*system-packages"):
        run_dcmtk("no-such-program", [])


def test_a_peer_that_ends_early_is_named_with_its_words(tmp_path):
    with pytest.raises(PeerFailed, match="before storescp answers"):
        start_storescp(tmp_path, extra=["--no-such-option"])
