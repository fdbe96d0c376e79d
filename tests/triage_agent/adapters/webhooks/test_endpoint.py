"""Messages go to a real server on loopback."""

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from tests.peers.webhook_receiver import WebhookReceiver, webhook_receiver
from triage_agent.adapters.webhooks.endpoint import HttpEndpoint
from triage_agent.errors import DestinationUnreachable
from triage_agent.webhook_settings import WebhookSettings


def make_settings(url: str, **overrides: Any) -> WebhookSettings:
    return WebhookSettings(name="ris", url=url, secret_variable="RIS", **overrides)  # noqa: S106 (its name)


def endpoint(url: str, **overrides: Any) -> HttpEndpoint:
    return HttpEndpoint(make_settings(url, **overrides))


@pytest.fixture
def receiver() -> Iterator[WebhookReceiver]:
    with webhook_receiver() as running:
        yield running


def test_a_message_arrives_as_it_was_given(receiver):
    there = endpoint(f"http://127.0.0.1:{receiver.port}/told?of=studies")
    assert there.post({"webhook-id": "msg_1"}, b'{"a": 1}') == 200
    ((headers, target, body),) = receiver.taken
    assert (target, body) == ("/told?of=studies", b'{"a": 1}')
    assert headers["webhook-id"] == "msg_1"
    assert headers["host"] == f"127.0.0.1:{receiver.port}"
    assert "cookie" not in headers
    assert "authorization" not in headers


def test_names_are_looked_up(receiver):
    assert endpoint(f"http://localhost:{receiver.port}").post({}, b"{}") == 200
    assert receiver.taken[0][1] == "/"


@pytest.mark.parametrize("status", [204, 301, 307, 404, 410, 500, 503])
def test_the_status_is_told_and_no_redirect_is_followed(receiver, status):
    receiver.statuses = [status]
    receiver.answer_headers = {"Location": f"http://127.0.0.1:{receiver.port}/elsewhere"}
    assert endpoint(f"http://127.0.0.1:{receiver.port}/").post({}, b"{}") == status
    assert len(receiver.taken) == 1


def test_no_proxy_of_the_environment_is_asked(receiver, monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert endpoint(f"http://127.0.0.1:{receiver.port}/").post({}, b"{}") == 200


def test_nobody_at_the_address():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(DestinationUnreachable, match="ConnectionRefusedError"):
        endpoint(f"http://127.0.0.1:{port}/").post({}, b"{}")


@pytest.fixture
def named(monkeypatch):
    """Give the name ris.example addresses."""
    look_up = socket.getaddrinfo

    def give(*addresses: str) -> None:
        def found(host: str, port: int, *more: int, **options: int) -> list[Any]:
            hosts = addresses if host == "ris.example" else (host,)
            return [each for host in hosts for each in look_up(host, port, *more, **options)]

        monkeypatch.setattr(socket, "getaddrinfo", found)

    return give


@pytest.fixture
def silent_port():
    """Return a port at which 127.0.0.8 and 127.0.0.9 let nobody in, and refuse nobody."""
    with ExitStack() as ending:
        listening = ending.enter_context(socket.create_server(("127.0.0.8", 0), backlog=0))
        port = listening.getsockname()[1]
        ending.enter_context(socket.create_server(("127.0.0.9", port), backlog=0))
        for host in ("127.0.0.8", "127.0.0.9") * 2:  # their queues are full
            client = ending.enter_context(socket.socket())
            client.settimeout(0)
            client.connect_ex((host, port))
        yield port


def test_every_address_of_a_name_is_tried(receiver, named):
    named("127.0.0.9", "127.0.0.1")
    assert endpoint(f"http://ris.example:{receiver.port}/").post({}, b"{}") == 200
    assert receiver.taken[0][0]["host"] == f"ris.example:{receiver.port}"


def test_a_name_with_one_address_that_may_not_be_asked_is_not_asked_at_all(receiver, named):
    named("127.0.0.1", "10.1.2.3")
    with pytest.raises(DestinationUnreachable, match="use https"):
        endpoint(f"http://ris.example:{receiver.port}/").post({}, b"{}")
    assert receiver.taken == []


def test_an_address_that_does_not_answer_leaves_time_for_the_next(silent_port, named):
    named("127.0.0.9", "127.0.0.1")
    with socket.create_server(("127.0.0.1", silent_port)):
        there = endpoint(f"http://ris.example:{silent_port}/", seconds=2.0)
        with there._connected() as connected:
            assert connected.getpeername() == ("127.0.0.1", silent_port)


def test_all_addresses_of_a_name_have_the_time_of_one(silent_port, named):
    named("127.0.0.8", "127.0.0.9")
    began = time.monotonic()
    with pytest.raises(DestinationUnreachable, match="no answer: TimeoutError"):
        endpoint(f"http://ris.example:{silent_port}/", seconds=0.6).post({}, b"{}")
    assert 0.5 < time.monotonic() - began < 1.1


def test_the_body_does_not_wait_for_the_acknowledgement_of_the_head(receiver):
    with endpoint(f"http://127.0.0.1:{receiver.port}/")._connected() as connected:
        assert connected.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_a_name_that_is_none():
    with pytest.raises(DestinationUnreachable, match="no answer"):
        endpoint("https://nobody.invalid/").post({}, b"{}")


def test_a_server_that_says_nothing_is_not_waited_for(receiver):
    receiver.hold()
    began = time.monotonic()
    with pytest.raises(DestinationUnreachable, match="no answer"):
        endpoint(f"http://127.0.0.1:{receiver.port}/", seconds=0.3).post({}, b"{}")
    assert time.monotonic() - began < 10


def test_a_server_that_answers_byte_by_byte_is_not_waited_for():
    over = threading.Event()

    def drip(listening: socket.socket) -> None:
        connection, _ = listening.accept()
        with connection:
            while not over.wait(0.05):
                try:
                    connection.sendall(b"X")
                except OSError:
                    return

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=drip, args=(listening,))
        thread.start()
        port = listening.getsockname()[1]
        began = time.monotonic()
        with pytest.raises(DestinationUnreachable, match="no answer"):
            endpoint(f"http://127.0.0.1:{port}/", seconds=0.5).post({}, b"{}")
        assert time.monotonic() - began < 10
        over.set()
        thread.join()


def test_what_is_not_http_is_no_answer():
    def say(listening: socket.socket) -> None:
        connection, _ = listening.accept()
        with connection:
            connection.recv(65536)
            connection.sendall(b"220 mail.example ESMTP\r\n")

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=say, args=(listening,))
        thread.start()
        with pytest.raises(DestinationUnreachable, match="no answer"):
            endpoint(f"http://127.0.0.1:{listening.getsockname()[1]}/").post({}, b"{}")
        thread.join()


@pytest.mark.parametrize(
    ("url", "networks"),
    [
        ("http://10.1.2.3/", ()),
        ("https://10.1.2.3/", ()),
        ("https://10.1.2.3/", ("10.2.0.0/16",)),
        ("https://192.168.1.1/", ()),
        ("https://169.254.169.254/latest", ()),
        ("https://[fe80::1]/", ()),
        ("https://[fd00::1]/", ()),
        ("https://[::ffff:10.1.2.3]/", ()),
        ("https://0.0.0.0/", ()),
        ("https://224.0.0.1/", ()),
        ("https://255.255.255.255/", ()),
        ("http://93.184.215.14/", ()),
        ("http://[2606:2800:21f:cb07:6820:80da:af6b:8b2c]/", ()),
        ("https://2130706433.example.invalid/", ()),
    ],
)
def test_addresses_that_are_not_asked(url, networks):
    with pytest.raises(DestinationUnreachable):
        endpoint(url, networks=networks, seconds=0.5).post({}, b"{}")


@pytest.mark.parametrize(
    ("url", "networks", "may"),
    [
        ("https://93.184.215.14/", (), True),
        ("http://93.184.215.14/", (), False),
        ("https://10.1.2.3/", ("10.1.0.0/16",), True),
        ("http://10.1.2.3/", ("10.1.0.0/16",), True),
        ("http://10.1.2.3/", ("10.1.2.3/32",), True),
        ("https://10.1.2.3/", (), False),
        ("https://[::ffff:10.1.2.3]/", ("10.1.0.0/16",), True),
        ("https://169.254.169.254/", (), False),
        ("http://127.0.0.9/", (), True),
        ("http://[::1]/", (), True),
        ("http://0177.0.0.1/", (), True),  # whatever is written, the address counts
    ],
)
def test_which_addresses_may_be_asked(url, networks, may):
    there = endpoint(url, networks=networks)
    if may:
        assert there._addresses()
    else:
        with pytest.raises(DestinationUnreachable, match=r"networks|https"):
            there._addresses()


@pytest.mark.integration
def test_tls_with_a_certificate_that_is_checked(tmp_path):
    from tests.triage_agent.adapters.dimse.certificates import make_authority, make_certificate

    authority = make_authority(tmp_path, "authority")
    stranger = make_authority(tmp_path, "stranger")
    certificate = make_certificate(tmp_path, "server", authority)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate.certificate, certificate.key)
    with webhook_receiver(tls) as receiver:
        url = f"https://127.0.0.1:{receiver.port}/"
        assert endpoint(url, tls_ca=authority.certificate).post({}, b"{}") == 200
        with pytest.raises(DestinationUnreachable, match="SSLCertVerificationError"):
            endpoint(url, tls_ca=stranger.certificate).post({}, b"{}")
        with pytest.raises(DestinationUnreachable, match="SSLCertVerificationError"):
            endpoint(url).post({}, b"{}")
        with pytest.raises(DestinationUnreachable, match="SSLCertVerificationError"):
            # It is not for that name.
            endpoint(f"https://localhost:{receiver.port}/", tls_ca=authority.certificate).post(
                {}, b"{}"
            )
        assert len(receiver.taken) == 1
        receiver.hold()
        with pytest.raises(DestinationUnreachable, match="no answer"):
            endpoint(url, tls_ca=authority.certificate, seconds=0.5).post({}, b"{}")


def test_a_certificate_file_that_is_none(tmp_path):
    with pytest.raises(OSError):
        endpoint("https://example.invalid/", tls_ca=tmp_path / "missing.pem")
