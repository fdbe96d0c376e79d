"""The environment variables that settings are taken from, and those that are none of them."""

import os
from collections.abc import Collection, Iterator
from difflib import get_close_matches
from typing import get_args, get_origin

from pydantic import BaseModel

from triage_agent.errors import SettingsInvalid


def refuse_unknown_variables(
    settings: type[BaseModel], prefix: str, others: Collection[str]
) -> None:
    """Raise SettingsInvalid for a variable with this prefix that names no setting.

    Pydantic passes over one whose first level is misspelt.

    Args:
        settings: all of them.
        prefix: of their variables, in capitals.
        others: variables that are read for something else and may have the prefix.
    """
    known = list(_variables(settings, prefix))
    for name in sorted(os.environ):
        section = name.upper().removeprefix(prefix).partition("__")[0].lower()
        is_ours = name.upper().startswith(prefix) and name not in others
        if is_ours and section not in settings.model_fields:
            nearest = get_close_matches(name.upper(), known, n=1)
            raise SettingsInvalid(
                f"{name} in the environment is no setting"
                + (f": is {nearest[0]} meant?" if nearest else "")
            )


def _variables(section: type[BaseModel], prefix: str) -> Iterator[str]:
    """Yield the variables of all settings, those of whole sections too."""
    for name, field in section.model_fields.items():
        variable = f"{prefix}{name.upper()}"
        yield variable
        if get_origin(field.annotation) is not tuple:  # lists are given whole
            for kind in (field.annotation, *get_args(field.annotation)):
                if isinstance(kind, type) and issubclass(kind, BaseModel):
                    yield from _variables(kind, f"{variable}__")
