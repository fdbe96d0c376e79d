import pytest
from pydantic import ValidationError

from triage_agent.errors import SettingsInvalid
from triage_agent.identity_settings import OidcSettings, is_safe_address

GIVEN = {"issuer": "https://id.example", "client_id": "triage"}
VARIABLE = "TRIAGE_TEST_CLIENT_SECRET"


@pytest.mark.parametrize(
    ("address", "is_safe"),
    [
        ("https://id.example/realms/x", True),
        ("http://127.0.0.1:8080", True),
        ("http://[::1]:8080", True),
        ("http://localhost:8080", True),
        ("http://id.example", False),
        ("http://localhost.evil.example", False),
        ("http://127.0.0.1@evil.example", False),
        ("ftp://127.0.0.1", False),
        ("id.example", False),
        ("", False),
    ],
)
def test_a_provider_is_asked_over_tls_or_on_this_machine(address, is_safe):
    assert is_safe_address(address) is is_safe


@pytest.mark.parametrize(
    "changed",
    [
        {"issuer": "http://id.example", "client_secret_variable": VARIABLE},
        {},
        {"client_secret_variable": VARIABLE, "client_secret_file": "x"},
        {"client_secret_variable": VARIABLE, "scopes": ["profile"]},
        {"client_secret_variable": VARIABLE, "roles": {"staff": ["emperor"]}},
    ],
)
def test_half_a_setting_is_refused(changed):
    with pytest.raises(ValidationError):
        OidcSettings(**(GIVEN | changed))


def test_the_secret_is_in_the_environment(monkeypatch):
    settings = OidcSettings(**GIVEN, client_secret_variable=VARIABLE)
    with pytest.raises(SettingsInvalid, match="client secret"):
        settings.client_secret()
    monkeypatch.setenv(VARIABLE, "s")
    assert settings.client_secret() == "s"


def test_the_secret_is_in_a_file(tmp_path):
    settings = OidcSettings(**GIVEN, client_secret_file=tmp_path / "secret")
    with pytest.raises(SettingsInvalid, match="cannot be read"):
        settings.client_secret()
    (tmp_path / "secret").write_text("s\n", encoding="utf-8")
    assert settings.client_secret() == "s"
