import pytest

from triage_agent.adapters.webhooks.secret import signing_keys_of
from triage_agent.webhook_settings import WebhookSettings

OLD = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
OTHER = "whsec_AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEB"


def test_a_secret_in_the_environment(monkeypatch):
    keys = signing_keys_of(
        WebhookSettings(name="ris", url="https://a.example/", secret_variable="RIS")  # noqa: S106 (its name)
    )
    monkeypatch.delenv("RIS", raising=False)
    with pytest.raises(ValueError, match="RIS: there is no secret"):
        keys()
    monkeypatch.setenv("RIS", OLD)
    assert keys() == (bytes(24),)


def test_a_secret_in_a_file_that_may_change(tmp_path):
    file = tmp_path / "secret"
    keys = signing_keys_of(WebhookSettings(name="ris", url="https://a.example/", secret_file=file))
    with pytest.raises(ValueError, match="FileNotFoundError"):
        keys()
    file.write_text(f"{OLD}\n")
    assert keys() == (bytes(24),)
    file.write_text(f"{OTHER}\n{OLD}\n")
    assert keys() == (b"\x01" * 24, bytes(24))
    file.write_text("password1")
    with pytest.raises(ValueError, match="a secret is") as caught:
        keys()
    assert "password1" not in str(caught.value)
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(ValueError, match="UnicodeDecodeError"):
        keys()


@pytest.mark.parametrize(
    "wrong",
    [
        {"url": "ftp://a.example/"},
        {"url": "https:///path"},
        {"url": "https://user:password@a.example/"},
        {"url": "https://a.example/#part"},
        {"url": "https://a.example:0/"},
        {"url": "https://a.example:99999/"},
        {"secret_variable": ""},
        {"networks": ("10.1.2.3/8",)},
        {"events": ("study.deleted",)},
        {"name": "Not A Name"},
    ],
)
def test_settings_that_do_not_hold(wrong):
    good = {"name": "ris", "url": "https://a.example/", "secret_variable": "RIS"}
    assert WebhookSettings(**good).rule.events
    with pytest.raises(ValueError):
        WebhookSettings(**(good | wrong))
