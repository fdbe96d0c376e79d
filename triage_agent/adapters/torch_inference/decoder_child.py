"""The decoder child: reads files that strangers made, in a process that may die of it.

Started by `decoder.py` as a program of its own: a socket, the parent's process id, a memory limit
and a niceness on the command line, then jobs as messages. It imports no torch, writes no file, and
ends with its parent.
"""

import ctypes
import os
import resource
import signal
import socket
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image
from pydicom import dcmread

from triage_agent.adapters.torch_inference.decoder_radiographs import pack, reduce
from triage_agent.adapters.torch_inference.decoder_wire import BrokenWire, Head, receive, send
from triage_agent.dicom.pixels import displayed
from triage_agent.dicom.radiograph import read_radiograph
from triage_agent.errors import PixelsUnreadable, will_pass
from triage_agent.infer.preprocess import Preprocessing, Resampling, preprocess

_PR_SET_PDEATHSIG = 1  # prctl(2)


def main(arguments: list[str]) -> int:
    """Serve jobs until the parent closes the socket."""
    descriptor, parent, memory_bytes, niceness = (int(each) for each in arguments)
    _confine(parent, memory_bytes)
    os.nice(niceness)
    with socket.socket(fileno=descriptor) as wire:
        try:
            head, _ = receive(wire)
            forms = _forms(head)
            send(wire, {"status": "ready"})
            _silence()
            while True:
                head, _ = receive(wire)
                _answer(wire, head, forms)
        except BrokenWire:
            return 0


def _confine(parent: int, memory_bytes: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the node, which ends its children
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it died before the line above
        os._exit(0)
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core file would hold the patient's data
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def _silence() -> None:
    """Send what decoders print to nowhere: it may quote the file. Start-up errors were shown."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stderr.fileno())
    os.close(nowhere)


def _forms(head: Head) -> list[Preprocessing]:
    forms = head["forms"]
    if not isinstance(forms, list):
        raise TypeError("a list of forms is expected")
    return [
        Preprocessing(
            size=int(values["size"]),
            mean=_triple(values["mean"]),
            std=_triple(values["std"]),
            resampling=Resampling(values["resampling"]),
        )
        for values in forms
    ]


def _triple(value: object) -> tuple[float, float, float]:
    if not isinstance(value, list):
        raise TypeError("three numbers are expected")
    first, second, third = (float(each) for each in value)
    return first, second, third


def _answer(wire: socket.socket, head: Head, forms: Sequence[Preprocessing]) -> None:
    try:
        facts, body = _work(head, forms)
    except Exception as error:  # noqa: BLE001 (a damaged file raises anything)
        send(wire, _fault(error))
    else:
        send(wire, {"status": "done", **facts}, body)


def _fault(error: Exception) -> Head:
    match error:
        case PixelsUnreadable():
            return {"status": "unreadable", "reason": str(error)}
        case OSError() if will_pass(error):  # unless the file is gone: the parent knows
            return {"status": "disk failed", "number": error.errno}
        case MemoryError():
            reason = "it needs more memory than a decoder may use"
            return {"status": "failed", "reason": reason}
        case _:  # its text may quote the file
            reason = f"the object cannot be read ({type(error).__name__})"
            return {"status": "unreadable", "reason": reason}


def _work(head: Head, forms: Sequence[Preprocessing]) -> tuple[Head, bytes | memoryview]:
    dataset = dcmread(Path(str(head["path"])))
    if head["form"] == "radiograph":
        return pack(reduce(read_radiograph(dataset), int(str(head["size"]))))
    image = displayed(dataset)
    if head["form"] == "input":
        images = [preprocess(image, each) for each in forms]
    else:
        images = [_reduce(image, int(str(head["size"])))]
    whole = np.concatenate([image.ravel() for image in images], dtype=np.float32)
    return {"shapes": [list(image.shape) for image in images]}, whole.data.cast("B")


def _reduce(image: npt.NDArray[np.float32], longest_side: int) -> npt.NDArray[np.float32]:
    rows, columns = image.shape
    factor = longest_side / max(rows, columns)
    if factor >= 1:
        return image
    size = (max(1, round(columns * factor)), max(1, round(rows * factor)))
    reduced = Image.fromarray(image).resize(size, Image.Resampling.BILINEAR)
    return np.asarray(reduced, dtype=np.float32)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
