"""What a training runs on, for whoever repeats it."""

import platform
import sys
from importlib.metadata import version

import torch

from model_training.machine import Machine

_PACKAGES = ("torch", "torchvision", "numpy", "pillow", "safetensors", "triage-agent")


def environment(machine: Machine, processes: int) -> dict[str, object]:
    """Versions, system and device; no name of a person, a machine or a folder."""
    cuda = machine.kind == "cuda"
    return {
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "packages": {name: version(name) for name in _PACKAGES},
        "device": torch.cuda.get_device_name(machine.device) if cuda else "cpu",
        "cuda": torch.version.cuda if cuda else None,
        "threads": torch.get_num_threads(),
        "processes": processes,
        "byte_order": sys.byteorder,
    }
