import hashlib
import re
import socket

import pytest

from triage_agent.adapters.http.templating import HERE


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "127.0.0.1:8080", "localhost", "LOCALHOST:1", "[::1]", "[::1]:8080"],
)
def test_loopback_names_are_served(client, host):
    assert client.get("/healthz", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8080",
        "localhost.evil.example",
        "127.0.0.1.evil.example:8080",
        "127.0.0.1:8080:9",
        "10.0.0.1",
        "[::2]:8080",
        "",
        "localhost@evil.example",
    ],
)
def test_other_names_are_refused(client, host):
    for address in ("/", "/static/page.css", "/api/v1/worklist"):
        answer = client.get(address, headers={"Host": host})
        assert answer.status_code == 421
        assert "content-security-policy" in answer.headers


def test_without_a_host_nothing_is_served(client):
    address = (client.base_url.host, client.base_url.port)
    with socket.create_connection(address, timeout=10) as raw:
        raw.sendall(b"GET / HTTP/1.0\r\n\r\n")
        assert raw.recv(100).startswith((b"HTTP/1.1 400 ", b"HTTP/1.1 421 "))


def test_two_host_headers_are_refused(client):
    address = (client.base_url.host, client.base_url.port)
    with socket.create_connection(address, timeout=10) as raw:
        raw.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n")
        assert raw.recv(100).startswith((b"HTTP/1.1 400 ", b"HTTP/1.1 421 "))


@pytest.mark.parametrize("address", ["/", "/static/page.css", "/healthz", "/studies/1.2"])
def test_browsers_are_told_what_they_may_do(client, address):
    headers = client.get(address).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "*" not in policy
    assert headers["cache-control"] == "no-store"
    assert headers["referrer-policy"] == "same-origin"
    assert "strict-transport-security" not in headers
    assert headers["x-content-type-options"] == "nosniff"


def test_vendored_files_are_those_that_were_published():
    folder = HERE / "static" / "vendor"
    told = re.findall(
        r"\| (\S+\.js) \|.*\| ([0-9a-f]{64}) \|", (folder / "VENDORED.md").read_text()
    )
    assert len(told) == 1
    for name, digest in told:
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest
