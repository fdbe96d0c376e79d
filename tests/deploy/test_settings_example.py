"""The example settings load, and tell of every setting with its true default."""

import re
import tomllib
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import BaseModel

from triage_agent.settings import Settings, load_settings

# The example sets these, because a site has to; they have no default that would do.
SET = {
    "dicom.callers",
    "http.viewers",
    "http.oidc",
    "http.proxy_sign_in",
    "destinations",
    "webhooks",
    "assemble.regions",
    "prioritise.abnormal",
}
# None by default: the example shows what could stand there.
EXAMPLES = {
    "dicom.tls_certificate",
    "dicom.tls_key",
    "dicom.tls_ca",
    "http.names",
    "http.tls_certificate",
    "http.tls_key",
    "http.behind_proxy",
    "infer.bundle",
    "destinations.calling_ae_title",
    "destinations.tls_ca",
    "destinations.tls_certificate",
    "destinations.tls_key",
    "webhooks.secret_file",
    "webhooks.secret_variable",
    "webhooks.networks",
    "webhooks.tls_ca",
}


@pytest.fixture
def example(deploy) -> str:
    return (deploy / "settings.example.toml").read_text(encoding="utf-8")


@pytest.fixture
def load(tmp_path, monkeypatch):
    """Load settings from a text as the node does."""

    def from_text(text: str) -> Settings:
        path = tmp_path / "triage.toml"
        path.write_text(text, encoding="utf-8")
        monkeypatch.setenv("TRIAGE_CONFIG", str(path))
        return load_settings()

    return from_text


def everything_on(text: str) -> str:
    """Take the # away from every line that shows a setting (no blank after the #)."""
    return re.sub(r"(?m)^#(?=[a-z_.]+ = )", "", text)


def fields_of(model: type[BaseModel], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the dotted path and the default of every setting, in tables of tables too."""
    for name, field in model.model_fields.items():
        inner = _section(field.annotation)
        if inner is None:
            yield f"{prefix}{name}", field.get_default(call_default_factory=True)
        else:
            yield from fields_of(inner, f"{prefix}{name}.")


def _section(annotation: object) -> type[BaseModel] | None:
    candidates = (annotation, *getattr(annotation, "__args__", ()))
    return next(
        (kind for kind in candidates if isinstance(kind, type) and issubclass(kind, BaseModel)),
        None,
    )


def paths_in(table: Any, prefix: str = "") -> Iterator[str]:
    """Yield the dotted path of every key, each table of an array under the array's name."""
    if isinstance(table, list):
        for row in table:
            yield from paths_in(row, prefix)
    elif isinstance(table, dict):
        for key, value in table.items():
            yield f"{prefix}{key}"
            yield from paths_in(value, f"{prefix}{key}.")


def test_the_example_loads_and_sets_only_what_a_site_has_to(example, load):
    settings = load(example)
    changed = settings.model_copy(
        update={
            "config": None,
            "destinations": (),
            "webhooks": (),
            "dicom": settings.dicom.model_copy(update={"callers": ()}),
            "assemble": settings.assemble.model_copy(update={"regions": {}}),
        }
    )
    assert changed == Settings.model_construct()
    assert [caller.ae_title for caller in settings.dicom.callers] == ["PACS"]
    assert [destination.name for destination in settings.destinations] == ["pacs"]


def test_with_every_line_turned_on_it_loads_too(example, load):
    settings = load(everything_on(example))
    assert settings.dicom.tls_ca is not None
    assert settings.destinations[0].calling_ae_title == "TRIAGE"


def test_every_setting_is_told_of(example):
    told = set(paths_in(tomllib.loads(everything_on(example))))
    settings = {path for path, _ in fields_of(Settings)} - {"config"}  # named by TRIAGE_CONFIG
    assert len(settings) > 40
    assert settings - told == set()


def test_what_is_shown_as_a_default_is_the_default(example, load):
    """A line that is turned off says what the node does without it."""
    shown = load(everything_on(example))
    plain = Settings.model_construct()
    compared = 0
    for path, default in fields_of(Settings):
        if path == "config" or path in EXAMPLES or any(path.startswith(name) for name in SET):
            continue
        value: Any = shown
        expected: Any = plain
        for part in path.split("."):
            value, expected = getattr(value, part), getattr(expected, part)
        assert value == expected == default, path
        compared += 1
    assert compared > 25
    for table in ("destinations", "webhooks"):
        (row,) = getattr(shown, table)
        for name, field in type(row).model_fields.items():
            if not field.is_required() and f"{table}.{name}" not in EXAMPLES:
                assert getattr(row, name) == field.default, name


def test_a_setting_that_is_missing_would_be_noticed(example):
    shorter = re.sub(r"(?m)^#pdu_seconds = .*$", "", example)
    assert shorter != example
    told = set(paths_in(tomllib.loads(everything_on(shorter))))
    assert "dicom.pdu_seconds" in {path for path, _ in fields_of(Settings)} - told
