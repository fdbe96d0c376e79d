import pytest
from pydantic import BaseModel, SecretStr

from triage_agent.settings import Settings
from triage_agent.shown_settings import MASK, Source, _text, shown_settings

HIDDEN = "hunter2"


def shown(settings, environment=None):
    return {each.path: each for each in shown_settings(settings, environment or {})}


@pytest.mark.parametrize(
    ("url", "said"),
    [
        (
            f"postgresql://triage:{HIDDEN}@db.example:5432/node",
            f"postgresql://triage:{MASK}@db.example:5432/node",
        ),
        (
            f"postgresql+psycopg://triage@db.example/node?password={HIDDEN}&sslmode=require",
            f"postgresql+psycopg://triage@db.example/node?{MASK}",
        ),
        (f"postgresql://u:{HIDDEN}/with:slash@db:x/node", MASK),
        ("sqlite:////data/triage.sqlite3", "sqlite:////data/triage.sqlite3"),
        ("", ""),
    ],
)
def test_the_password_of_the_database_is_masked(url, said):
    value = shown(Settings(database={"url": url}))["database.url"].value
    assert value == said
    assert HIDDEN not in value


@pytest.mark.parametrize(
    "path",
    ["oidc.client_secret", "http.token", "smtp.password", "proxy.shared_secret", "x.api_tokens"],
)
def test_what_sounds_like_a_secret_is_masked(path):
    assert _text(path, HIDDEN) == MASK
    assert _text(path, (HIDDEN,)) == MASK
    assert _text("any.thing", SecretStr(HIDDEN)) == MASK
    assert _text(path, "") == ""


@pytest.mark.parametrize(
    ("path", "value"), [("hook.secret_file", "/run/x"), ("hook.secret_variable", "HOOK")]
)
def test_where_a_secret_is_kept_is_none(path, value):
    assert _text(path, value) == value


def test_no_field_of_the_settings_shows_a_secret():
    """Whatever anybody adds: fields with a telling name, set to a word, never show that word."""
    settings = Settings(
        destinations=[{"name": "pacs", "host": "192.0.2.1", "port": 104, "ae_title": "PACS"}],
        webhooks=[
            {"name": "ris", "url": f"https://ris.example/?k={HIDDEN}", "secret_variable": "HOOK"}
        ],
        database={"url": f"postgresql://u:{HIDDEN}@db/node"},
    )
    found = shown(settings)
    assert HIDDEN not in str(found)
    assert found["destinations.1.name"].value == "pacs"
    assert found["webhooks.1.secret_variable"].value == "HOOK"


def test_every_setting_is_there():
    def leaves(model, prefix=""):
        for name in type(model).model_fields:
            value = getattr(model, name)
            if isinstance(value, BaseModel):
                yield from leaves(value, f"{prefix}{name}.")
            elif not isinstance(value, (tuple, dict)):
                yield f"{prefix}{name}"

    settings = Settings()
    assert set(leaves(settings)) <= set(shown(settings))


def test_where_a_value_comes_from_is_told(tmp_path, monkeypatch):
    path = tmp_path / "settings.toml"
    path.write_text(
        """
        [assemble]
        quiet_seconds = 20.0
        regions = {MANUS = "HAND"}
        [[destinations]]
        name = "pacs"
        host = "192.0.2.1"
        port = 104
        ae_title = "PACS"
        [dicom]
        port = 104
        """
    )
    environment = {"TRIAGE_CONFIG": str(path), "TRIAGE_DICOM__PORT": "11113", "TRIAGE_HTTP": "{}"}
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    found = shown(Settings(), environment)
    assert {
        path: (found[path].value, found[path].source)
        for path in (
            "assemble.quiet_seconds",
            "assemble.regions.MANUS",
            "destinations.1.port",
            "dicom.port",
            "http.port",
            "infer.threads",
        )
    } == {
        "assemble.quiet_seconds": ("20.0", Source.FILE),
        "assemble.regions.MANUS": ("HAND", Source.FILE),
        "destinations.1.port": ("104", Source.FILE),
        "dicom.port": ("11113", Source.ENVIRONMENT),
        "http.port": ("8080", Source.ENVIRONMENT),
        "infer.threads": ("0", Source.DEFAULT),
    }
    path.unlink()  # moved while the node runs
    assert shown(found_settings := Settings.model_construct(config=path), {})
    assert shown(found_settings, {})["dicom.port"].source is Source.DEFAULT
