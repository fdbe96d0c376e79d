import socket
import ssl
import time
import warnings
from collections.abc import Iterator
from contextlib import asynccontextmanager, closing
from http.client import HTTPConnection

import httpx
import pytest
from fastapi import FastAPI
from structlog.testing import capture_logs

from tests.factories import uid
from tests.triage_agent.adapters.dimse.certificates import (
    Certificate,
    make_authority,
    make_certificate,
)
from triage_agent.adapters.http.server import RunningServer, check_certificate, serve_http
from triage_agent.errors import SettingsInvalid


@pytest.fixture
def running(node) -> Iterator[RunningServer]:
    server = serve_http(node.app(), "127.0.0.1", 0)
    yield server
    assert server.stop()


def test_it_tells_where_it_listens(running):
    assert running.port > 0
    assert running.url == f"http://127.0.0.1:{running.port}/"
    assert httpx.get(f"{running.url}healthz").json()["status"] == "ok"


def test_answers_do_not_wait_for_acknowledgements_on_a_connection_that_is_kept(running):
    """Nagle's algorithm and a delayed acknowledgement would make 40 ms of each answer."""

    def seconds(connection: HTTPConnection) -> float:
        began = time.monotonic()
        connection.request("GET", "/healthz")
        assert connection.getresponse().read()
        return time.monotonic() - began

    fresh = []
    for _ in range(10):  # Linux acknowledges the first packets of a connection at once
        with closing(HTTPConnection(running.host, running.port)) as connection:
            connection.connect()
            fresh.append(seconds(connection))
    with closing(HTTPConnection(running.host, running.port)) as connection:
        kept = [seconds(connection) for _ in range(20)]
    assert min(kept[10:]) < 10 * min(fresh)


def test_a_change_reaches_an_open_page_within_a_second(node, running):
    seconds = []
    with httpx.stream("GET", f"{running.url}changes", timeout=10) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        lines = (line for line in answer.iter_lines() if line.startswith("data:"))
        told = [next(lines), next(lines)]  # at once, and after the first look
        for _ in range(3):
            changed_at = time.monotonic()
            node.receive()
            told.append(next(lines))
            seconds.append(time.monotonic() - changed_at)
    assert min(seconds) < 1.0  # the best of three, for the machine may be busy with other tests
    assert len(set(told)) == len(told)
    assert uid("study", 1) not in "".join(told)


def test_open_streams_do_not_hold_up_the_stop(node):
    server = serve_http(node.app(), "127.0.0.1", 0)
    with httpx.stream("GET", f"{server.url}changes", timeout=10) as answer:
        lines = answer.iter_lines()
        next(lines)
        began = time.monotonic()
        assert server.stop()
        assert time.monotonic() - began < 3
        assert not server.is_alive
        for _ in lines:
            pass  # the stream has an end


def test_a_port_that_is_taken_is_an_error_at_once(node):
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(OSError, match="in use"):
        serve_http(node.app(), "127.0.0.1", taken.getsockname()[1])


def test_ipv6_loopback(node):
    server = serve_http(node.app(), "::1", 0)
    assert server.url == f"http://[::1]:{server.port}/"
    assert httpx.get(f"{server.url}healthz").status_code == 200
    assert server.stop()


@pytest.fixture
def certificate(tmp_path) -> Certificate:
    return make_certificate(tmp_path, "node", make_authority(tmp_path, "authority"))


def test_over_tls_nothing_is_served_in_the_clear(node, certificate, tmp_path):
    server = serve_http(
        node.app(),
        "127.0.0.1",
        0,
        certificate=certificate.certificate,
        key=certificate.key,
        name="triage.example",
    )
    trusting = ssl.create_default_context(cafile=str(tmp_path / "authority.pem"))
    address = f"127.0.0.1:{server.port}/healthz"
    assert server.url == f"https://triage.example:{server.port}/"
    assert httpx.get(f"https://{address}", verify=trusting).status_code == 200
    with pytest.raises(httpx.TransportError):
        httpx.get(f"http://{address}")
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of what is refused here
        old.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.raises(httpx.TransportError):
        httpx.get(f"https://{address}", verify=old)
    assert server.stop()


def test_a_certificate_that_cannot_be_used_is_told_of_before_anything_listens(
    certificate, tmp_path
):
    other = make_certificate(tmp_path, "other", make_authority(tmp_path, "others"))
    no_pem = tmp_path / "text.pem"
    no_pem.write_text("no certificate")
    check_certificate(certificate.certificate, certificate.key)
    for pair, said in [
        ((certificate.certificate, other.key), "do not go together"),
        ((no_pem, certificate.key), "do not go together, or are not PEM files"),
        ((certificate.certificate, tmp_path / "none.key"), "none.key cannot be read"),
    ]:
        with pytest.raises(SettingsInvalid, match=said):
            check_certificate(*pair)


def test_an_application_that_does_not_start_is_an_error():
    @asynccontextmanager
    async def broken(_):
        raise RuntimeError("no")
        yield

    with capture_logs() as logs, pytest.raises(RuntimeError, match="did not start"):
        serve_http(FastAPI(lifespan=broken), "127.0.0.1", 0)
    assert [log["event"] for log in logs] == ["http_server_failed"]


def test_requests_leave_no_address_in_the_log(node, running, caplog, capfd):
    node.receive()
    httpx.get(f"{running.url}studies/{uid('study', 1)}")
    httpx.get(f"{running.url}studies/9.9.9")
    said = capfd.readouterr()
    ours = [record for record in caplog.records if record.name != "httpx"]
    assert uid("study", 1) not in said.out + said.err + "".join(map(str, ours))
    assert "9.9.9" not in said.out + said.err
