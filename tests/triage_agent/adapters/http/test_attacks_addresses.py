"""Addresses and names made to reach a file, another header, or an answer under a foreign name."""

import pytest

from tests.triage_agent.adapters.http.all_routes import STUDY, address_of, routes_of

LINE_ENDS = ["%0d%0a", "%0a", "%0d", "%E5%98%8A%E5%98%8D", "%00", "%C4%8A"]


@pytest.mark.parametrize(
    "address",
    [
        "/sign-in?next=/{}Set-Cookie:evil=1",
        "/?text={}Set-Cookie:evil=1",
        "/audit/export.csv?who={}Set-Cookie:evil=1",
        "/studies/{}Set-Cookie:evil=1",
        "/{}Set-Cookie:evil=1",
    ],
)
def test_no_text_becomes_a_header(client, address):
    for ends in LINE_ENDS:
        answer = client.get(address.replace("{}", ends))
        assert answer.status_code < 500
        assert "evil" not in repr(answer.headers.get_list("set-cookie"))
        assert "evil" not in answer.headers.get("content-disposition", "")
        assert not [each for each in answer.headers.values() if "\r" in each or "\n" in each]


TRAVERSALS = [
    "../app.py",
    "..%2fapp.py",
    "%2e%2e/app.py",
    "%2e%2e%2fapp.py",
    "..%5capp.py",
    "....//app.py",
    "%252e%252e%252fapp.py",
    "vendor/../../app.py",
    "/etc/passwd",
    "%2fetc%2fpasswd",
    "..%00/app.py",
    "..%c0%afapp.py",
    "",
    ".",
    "vendor",
]


@pytest.mark.parametrize("base", ["/static/", "/api/v1/static/", "/"])
def test_no_file_is_reached_but_those_that_are_served(client, base):
    for traversal in TRAVERSALS:
        # A client that tidies addresses up would not send these: the path goes out as it is.
        answer = client.get(client.base_url.copy_with(raw_path=f"{base}{traversal}".encode()))
        served = traversal in ("", ".") and base == "/"
        assert answer.status_code in (301, 303, 307, 400, 404, 405) or served, answer.status_code
        assert "def create_app" not in answer.text
        assert "root:" not in answer.text


def test_no_route_answers_under_a_foreign_name(node, client):
    routes = routes_of(node.app())
    for host in ("evil.example", "localhost.evil.example", "127.0.0.1@evil", "a b"):
        headers = {"Host": host, "X-Forwarded-Host": "localhost", "X-Host": "localhost"}
        for method, path in routes:
            answer = client.request(method, address_of(path), headers=headers)
            assert answer.status_code in (400, 421), path
            assert host not in answer.text
    assert node.audit.lines == []


def test_a_host_from_elsewhere_is_in_no_answer(client):
    headers = {"X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example"}
    for address in ("/", "/sign-in", "/nowhere", "/audit", "/api/v1/worklist"):
        answer = client.get(address, headers=headers)
        assert "evil.example" not in answer.text
        assert "evil.example" not in repr(answer.headers)


def test_every_answer_is_kept_nowhere_and_framed_by_nobody(node, client):
    """Cache poisoning, deception by a file's ending, and clickjacking."""
    node.receive(StudyInstanceUID=STUDY)
    addresses = [address_of(path) for method, path in routes_of(node.app()) if method == "GET"]
    tricks = ["/nowhere", f"/studies/{STUDY}/x.css", "/;x.js", "/%2f%2fevil", "/audit/x.png"]
    for address in [*addresses, *tricks]:
        with client.stream("GET", address) as answer:
            headers = answer.headers
        assert "no-store" in headers["cache-control"], address
        assert headers["x-frame-options"] == "DENY"
        policy = headers["content-security-policy"]
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert "default-src 'none'" in policy or "/api/" in address
        assert not headers.get("location", "/").startswith("//")
