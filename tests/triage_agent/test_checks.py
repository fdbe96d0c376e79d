"""`triage-agent check` looks at all that the roles would stumble over at their start."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.peers.ports import free_port
from tests.triage_agent.adapters.dimse.certificates import (
    Certificate,
    make_authority,
    make_certificate,
)
from triage_agent import checks
from triage_agent.settings import Settings

WEBHOOK = {"name": "ris", "url": "https://ris.example/", "secret_variable": "RIS_SECRET"}
SECRET = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"  # noqa: S105 (of nobody)
PROVIDER = {"client_id": "triage", "client_secret_variable": "OIDC_SECRET"}
Look = Callable[..., dict[str, str]]


@pytest.fixture
def look(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Look:
    """Run the checks with these settings; return the line of each."""
    monkeypatch.setenv("COLUMNS", "400")
    monkeypatch.setattr(checks, "_model", lambda _: "not looked at here")

    def run(**settings: object) -> dict[str, str]:
        given = {"data_dir": tmp_path / "node", "storage": {"watermark_bytes": 0}, **settings}
        passed = checks.run_checks(Settings.model_validate(given))
        rows = [line.split("│") for line in capsys.readouterr().out.splitlines() if "│" in line]
        lines = {row[2].strip(): f"{row[1]} {row[3]}".strip() for row in rows}
        assert passed is all("✓" in line for line in lines.values())
        return lines

    return run


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return make_authority(tmp_path_factory.mktemp("authority"), "authority")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory, authority: Certificate) -> Certificate:
    return make_certificate(tmp_path_factory.mktemp("certificate"), "node", authority)


def test_a_node_as_it_comes_passes(look):
    lines = look()
    assert set(lines) == {
        "configuration",
        "callers",
        "TLS of images",
        "web page",
        "disk",
        "database",
        "model",
    }
    assert "loopback only" in lines["callers"]


def test_what_holds_is_told(look, authority, certificate, monkeypatch):
    monkeypatch.setenv("RIS_SECRET", SECRET)
    files = {"tls_certificate": certificate.certificate, "tls_key": certificate.key}
    callers = [{"ae_title": "PACS", "addresses": ["192.0.2.0/24"]}, {"ae_title": "CR1"}]
    lines = look(
        dicom={"callers": callers, **files, "tls_ca": authority.certificate},
        http=files,
        webhooks=[WEBHOOK],
    )
    assert all("✓" in line for line in lines.values())
    assert "PACS from 192.0.2.0/24; CR1 from anywhere" in lines["callers"]
    assert str(certificate.certificate) in lines["TLS of images"]
    assert str(certificate.certificate) in lines["web page"]
    assert SECRET not in lines["webhook ris"]


def test_an_address_that_is_none_is_found(look):
    callers = [{"ae_title": "PACS", "addresses": ["pacs.example"]}]
    assert "'pacs.example' is neither" in look(dicom={"callers": callers})["callers"]


def test_files_of_tls_that_cannot_be_used_are_found(look, authority, certificate, tmp_path):
    missing = tmp_path / "missing.pem"
    files = {"tls_certificate": certificate.certificate, "tls_key": certificate.key}
    peer = {"name": "pacs", "host": "127.0.0.1", "port": free_port(), "ae_title": "PACS"}
    lines = look(
        dicom={**files, "tls_ca": missing},
        http={**files, "tls_key": authority.key},
        webhooks=[{**WEBHOOK, "tls_ca": missing}],
        destinations=[{**peer, "tls_ca": authority.certificate, **files, "tls_key": missing}],
    )
    assert "✗" in lines["TLS of images"]
    assert f"tls_ca {missing} cannot be used" in lines["TLS of images"]
    assert "do not go together" in lines["web page"]
    assert f"tls_ca {missing} cannot be used" in lines["webhook ris"]
    assert f"tls_key {missing} cannot be read" in lines["destination pacs"]


def test_a_webhook_without_a_secret_is_found(look, monkeypatch):
    monkeypatch.delenv("RIS_SECRET", raising=False)
    assert "RIS_SECRET: there is no secret" in look(webhooks=[WEBHOOK])["webhook ris"]
    monkeypatch.setenv("RIS_SECRET", "password1")
    line = look(webhooks=[WEBHOOK])["webhook ris"]
    assert "RIS_SECRET: a secret is whsec_" in line
    assert "password1" not in line


def test_a_provider_of_sign_ins_is_asked(look, monkeypatch, tmp_path):
    oidc = {**PROVIDER, "issuer": f"http://127.0.0.1:{free_port()}"}
    monkeypatch.delenv("OIDC_SECRET", raising=False)
    assert "no client secret" in look(http={"oidc": oidc})["sign-in provider"]
    monkeypatch.setenv("OIDC_SECRET", "s")
    assert "does not answer" in look(http={"oidc": oidc})["sign-in provider"]
    missing = tmp_path / "missing.pem"
    line = look(http={"oidc": {**oidc, "tls_ca": missing}})["sign-in provider"]
    assert f"http.oidc.tls_ca {missing} cannot be used" in line
