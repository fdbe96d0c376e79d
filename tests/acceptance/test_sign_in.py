"""The first person is let in while the node runs, signs in over TLS, and is shut out again."""

import re
import ssl
import subprocess

import httpx
import pytest

from tests.acceptance.node import TRIAGE_AGENT
from tests.triage_agent.adapters.dimse.certificates import make_authority, make_certificate

pytestmark = pytest.mark.acceptance

PASSWORD = "some words in a row"  # noqa: S105 (of nobody)


@pytest.mark.timeout(300)
def test_people_sign_in_over_tls(make_node, tmp_path):
    certificate = make_certificate(tmp_path, "node", make_authority(tmp_path, "authority"))
    node = make_node(
        http__sign_in="required",
        http__tls_certificate=str(certificate.certificate),
        http__tls_key=str(certificate.key),
    )
    printed = node.start(roles=("receive", "web"), seconds=150)
    assert "triage-agent user add NAME --role reader" in printed
    url = node.url.replace("http:", "https:")
    assert f"web page     {url}/" in printed
    added = subprocess.run(
        [*TRIAGE_AGENT, "user", "add", "jane", "--role", "reader", "--password-stdin"],
        env=node.environment,
        input=PASSWORD,
        capture_output=True,
        text=True,
        check=False,
    )
    assert f"jane may sign in at {url}/ as reader" in added.stdout, added.stderr
    trusting = ssl.create_default_context(cafile=str(tmp_path / "authority.pem"))
    options = {"base_url": url, "verify": trusting, "trust_env": False, "timeout": 30}
    with httpx.Client(**options) as client:
        assert client.get("/api/v1/worklist").status_code == 401
        form = client.get("/sign-in").text
        token = re.search(r'name="csrf_token" value="([0-9a-f]+)"', form)
        assert token
        fields = {"csrf_token": token[1], "name": "jane", "password": PASSWORD}
        done = client.post("/sign-in", data=fields)
        assert (done.status_code, done.headers["location"]) == (303, "/")
        assert "; Secure" in done.headers["set-cookie"]
        assert client.get("/api/v1/worklist").json() == []
        assert "jane" in node.run("user", "sessions").stdout
        assert node.run("user", "disable", "jane").returncode == 0
        assert client.get("/api/v1/worklist").status_code == 401
    assert node.stop() == 0
    assert PASSWORD not in node.log.read_text()


def test_a_certificate_that_cannot_be_read_is_told_of_at_the_start(make_node, tmp_path):
    node = make_node(
        http__tls_certificate=str(tmp_path / "none.pem"), http__tls_key=str(tmp_path / "none.key")
    )
    node.folder.mkdir()
    done = node.run("serve")
    assert done.returncode == 1
    assert "none.pem cannot be read (No such file or directory)" in done.stderr
    assert "Traceback" not in done.stderr
