"""What is needed to go on after a kill, in one file that is always whole."""

import os
from pathlib import Path
from typing import Any

import torch


def write_checkpoint(path: Path, state: dict[str, Any]) -> None:
    """Replace the checkpoint in one step: a kill leaves either the old one or the new one.

    Args:
        path: where it lies.
        state: tensors, numbers and words in dicts and lists.

    Raises:
        OSError: it cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".draft")
    with draft.open("wb") as opened:
        torch.save(state, opened)
        opened.flush()
        os.fsync(opened.fileno())
    draft.replace(path)


def read_checkpoint(path: Path) -> dict[str, Any] | None:
    """The last checkpoint, on the processor, or None if there is none; nothing in it is executed.

    Raises:
        OSError: it cannot be read.
    """
    if not path.exists():
        return None
    state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    return state
