"""The settings as the node runs with them, for people to read: secrets are masked."""

import os
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import BaseModel, SecretStr

from triage_agent.settings import Settings

MASK = "••••••"
# Parts of a name that say that its value is for nobody to see. A path to a key is no key.
_SECRET_WORDS = ("password", "secret", "token", "credential", "passphrase")
_PREFIX = "TRIAGE_"


class Source(StrEnum):
    """Where a setting's value comes from."""

    DEFAULT = "default"
    FILE = "file"
    ENVIRONMENT = "environment"


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownSetting:
    """One setting: its dotted path, its value for reading, and where that comes from."""

    path: str
    value: str
    source: Source


def shown_settings(
    settings: Settings, environment: Mapping[str, str] = os.environ
) -> tuple[ShownSetting, ...]:
    """Return every setting in the order of the sections; none of the values is a secret.

    Items of lists stand under their number. Where a value comes from is told by section and
    setting: all items of a list come from one place.
    """
    in_file = _file(settings.config)
    return tuple(
        ShownSetting(path=path, value=value, source=_source(path, in_file, environment))
        for path, value in _walk("", settings)
    )


def _walk(path: str, value: object) -> Iterator[tuple[str, str]]:
    if isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from _walk(f"{path}.{name}" if path else name, getattr(value, name))
    elif isinstance(value, tuple) and any(isinstance(each, BaseModel) for each in value):
        for number, each in enumerate(value, 1):
            yield from _walk(f"{path}.{number}", each)
    elif isinstance(value, dict) and value:
        for key, each in value.items():
            yield from _walk(f"{path}.{key}", each)
    else:
        yield path, _text(path, value)


def _text(path: str, value: object) -> str:
    name = path.rpartition(".")[2].lower()
    if value is None or value in ("", (), {}):
        return ""
    if isinstance(value, SecretStr) or _is_secret(name, value):
        return MASK
    if isinstance(value, tuple):
        return ", ".join(_text(path, each) for each in value)
    if isinstance(value, StrEnum):
        return value.value
    text = str(value)
    return _without_password(text) if "://" in text else text


def _is_secret(name: str, value: object) -> bool:
    """Say whether a value is a secret itself; where one is kept (a file, a variable) is none."""
    is_place = isinstance(value, Path) or name.endswith(("_file", "_variable", "_minutes"))
    return not is_place and any(word in name for word in _SECRET_WORDS)


def _without_password(address: str) -> str:
    """Return an address without what may let somebody in: password and query."""
    try:
        parts = urlsplit(address)
        port = f":{parts.port}" if parts.port is not None else ""
    except ValueError:
        return MASK
    user = f"{parts.username}:{MASK}@" if parts.password else ""
    if parts.username and not parts.password:
        user = f"{parts.username}@"
    query = f"?{MASK}" if parts.query else ""
    return f"{parts.scheme}://{user}{parts.hostname or ''}{port}{parts.path}{query}"


def _file(path: Path | None) -> Mapping[str, object]:
    if path is None:
        return {}
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}  # it was read when the node started; it may have been moved since


def _source(path: str, in_file: Mapping[str, object], environment: Mapping[str, str]) -> Source:
    parts = path.split(".")
    names = {name.upper() for name in environment}
    # Any level may be given whole, as JSON.
    for depth in range(1, len(parts) + 1):
        if _PREFIX + "__".join(parts[:depth]).upper() in names:
            return Source.ENVIRONMENT
    within: object = in_file
    for part in parts:
        if isinstance(within, list):
            return Source.FILE
        if not isinstance(within, Mapping) or part not in within:
            return Source.DEFAULT
        within = within[part]
    return Source.FILE
