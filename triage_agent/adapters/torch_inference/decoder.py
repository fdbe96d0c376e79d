"""The PixelReader and RadiographReader ports: a pool of child processes that decode.

A file that crashes a decoder, or makes it run or grow without end, costs one child process and one
job; the child is replaced when it is next needed.
"""

import contextlib
import dataclasses
import errno
import math
import os
import queue
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import structlog

from triage_agent.adapters.torch_inference.decoder_radiographs import unpack
from triage_agent.adapters.torch_inference.decoder_wire import BrokenWire, Head, receive, send
from triage_agent.domain.radiograph import Radiograph
from triage_agent.errors import DecoderCrashed, DecodingUnavailable, PixelsUnreadable
from triage_agent.infer.preprocess import Preprocessing
from triage_agent.ports.inference import FloatImage

# A child imports numpy and pydicom in under a second; a node that starts up has much else to do.
START_SECONDS = 60.0

# More decoders than this only take memory: one classifier cannot use what they give.
MAXIMUM_PROCESSES = 8

# Between a process closing its socket and its end lie the kernel's milliseconds.
_LAST_BREATH_SECONDS = 1.0

_CLOSED = "the decoders are closed"

_PROGRAM = "triage_agent.adapters.torch_inference.decoder_child"

_log = structlog.get_logger(__name__)


class DecoderPool:
    """Decodes stored objects in child processes, as many at a time as there are processes.

    Safe to use from several threads; a call waits while all children are busy. Children start when
    first needed and end with `close`, or with this process, however it ends.

    Args:
        path_of: the file that holds a stored object (`InstanceStore.path`).
        will_pass: whether what came of reading it will (`InstanceStore.will_pass`).
        preprocessings: the forms in which the model wants its input.
        seconds: the longest that one image may take.
        memory_bytes: the largest address space of a child.
        processes: children at most; None is one for each core.
        niceness: how far the children stand back for others' work, 0 to 19 (setpriority(2)).
    """

    def __init__(
        self,
        path_of: Callable[[str], Path],
        preprocessings: Sequence[Preprocessing],
        *,
        will_pass: Callable[[Exception, str], bool],
        seconds: float,
        memory_bytes: int,
        processes: int | None = None,
        niceness: int = 0,
    ) -> None:
        self._path_of = path_of
        self._will_pass = will_pass
        self._preprocessings = tuple(preprocessings)
        self._seconds = seconds
        self._memory_bytes = memory_bytes
        self._niceness = niceness
        self.processes = processes or min(len(os.sched_getaffinity(0)), MAXIMUM_PROCESSES)
        # The child used last is taken first, so no more are started than work needs.
        self._idle: queue.LifoQueue[_Child | None] = queue.LifoQueue()
        for _ in range(self.processes):
            self._idle.put(None)
        self._children: set[_Child] = set()
        self._lock = threading.Lock()
        self._closed = False
        # The kernel ends a child when the thread that started it ends: this one stays.
        self._starter = ThreadPoolExecutor(1, thread_name_prefix="decoder-starter")

    def read(self, location: str) -> tuple[FloatImage, ...]:
        """Return the model's input, in each form, in order. Raises as `PixelReader.read`."""
        head, body = self._do(location, {"form": "input"})
        return _images(head, body, len(self._preprocessings))

    def display(self, location: str, longest_side: int) -> FloatImage:
        """Return the radiograph as displayed. Raises as `PixelReader.display`."""
        head, body = self._do(location, {"form": "display", "size": longest_side})
        return _images(head, body, 1)[0]

    def radiograph(self, location: str, longest_side: int) -> Radiograph:
        """Return the radiograph's values. Raises as `RadiographReader.radiograph`."""
        head, body = self._do(location, {"form": "radiograph", "size": longest_side})
        return _radiograph(head, body)

    def close(self) -> None:
        """End all children at once; jobs under way, and later ones, raise DecodingUnavailable."""
        with self._lock:
            self._closed = True
            for child in self._children:
                child.kill()
        # A thread whose child was killed under it gives its place back; only then is its socket
        # nobody's.
        for idle in [self._idle.get() for _ in range(self.processes)]:
            self._discard(idle)
            self._idle.put(None)
        self._starter.shutdown(wait=True)

    def _do(self, location: str, wanted: Head) -> tuple[Head, bytearray]:
        job = {"path": str(self._path_of(location)), **wanted}
        child = self._idle.get()
        try:
            if child is None or not child.alive():
                self._discard(child)
                child = None
                child = self._start()
            head, body = child.ask(job, self._seconds)
        except BrokenWire as error:
            fate = self._discard(child)
            child = None
            if self._closed:
                raise DecodingUnavailable(_CLOSED) from error
            _log.warning("decoder_crashed", location=location, cause=str(error), fate=fate)
            raise DecoderCrashed(f"the decoder gave no answer ({error}; {fate})") from error
        finally:
            self._idle.put(child)
        self._check(head, location)
        return head, body

    def _check(self, head: Head, location: str) -> None:
        status, reason = head.get("status"), str(head.get("reason"))
        if status == "unreadable":
            raise PixelsUnreadable(reason)
        if status == "disk failed":
            error = _disk_error(head.get("number"))
            if not self._will_pass(error, location):
                raise PixelsUnreadable("the stored object is not there any more")
            reason = f"the disk failed: {error.strerror}"
            raise DecodingUnavailable(f"the image could not be decoded: {reason}")
        if status != "done":
            raise DecoderCrashed(f"the image could not be decoded: {reason}")

    def _start(self) -> "_Child":
        try:
            child = self._starter.submit(_Child, self._memory_bytes, self._niceness).result()
        except (OSError, RuntimeError) as error:
            cause = type(error).__name__
            raise DecodingUnavailable(f"no decoder could be started ({cause})") from error
        with self._lock:
            closed = self._closed
            self._children.add(child)
        if closed:
            self._discard(child)
            raise DecodingUnavailable(_CLOSED)
        try:
            forms = [dataclasses.asdict(each) for each in self._preprocessings]
            child.ask({"forms": forms}, START_SECONDS)
        except BrokenWire as error:
            fate = self._discard(child)
            raise DecodingUnavailable(f"a decoder did not start ({error}; {fate})") from error
        return child

    def _discard(self, child: "_Child | None") -> str:
        if child is None:
            return "not started"
        with self._lock:
            self._children.discard(child)
        return child.end()


class _Child:
    """One decoder process and the socket to it."""

    def __init__(self, memory_bytes: int, niceness: int) -> None:
        self._hung_up = False
        self._wire, theirs = socket.socketpair()
        with theirs:
            descriptor = theirs.fileno()
            arguments = [str(each) for each in (descriptor, os.getpid(), memory_bytes, niceness)]
            self._process = subprocess.Popen(  # noqa: S603 (our own program, no received text)
                [sys.executable, "-P", "-m", _PROGRAM, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=(descriptor,),
                env=_environment(),
            )

    def alive(self) -> bool:
        return self._process.poll() is None

    def ask(self, head: Head, seconds: float) -> tuple[Head, bytearray]:
        try:
            send(self._wire, head)
            return receive(self._wire, seconds)
        except BrokenWire as error:
            self._hung_up = not error.timed_out
            raise

    def kill(self) -> None:
        self._process.kill()

    def end(self) -> str:
        """Make sure the process is gone and say how it ended; nobody else may be using it."""
        if self._hung_up:
            # It crashed and is on its way out: its own signal is the one worth telling.
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(timeout=_LAST_BREATH_SECONDS)
        self._process.kill()
        status = self._process.wait()
        self._wire.close()
        return signal.Signals(-status).name if status < 0 else f"exit status {status}"


def _environment() -> dict[str, str]:
    """The environment without this node's settings, which hold secrets, and with one thread."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("TRIAGE_")}
    return {**kept, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


def _disk_error(number: object) -> OSError:
    if not isinstance(number, int) or number not in errno.errorcode:
        raise DecoderCrashed("the decoder gave an answer that is no failure of a disk")
    return OSError(number, os.strerror(number))


def _radiograph(head: Head, body: bytearray) -> Radiograph:
    try:
        return unpack(head, body)
    except (TypeError, ValueError, KeyError, OverflowError) as error:
        raise DecoderCrashed("the decoder gave an answer that is not a radiograph") from error


def _images(head: Head, body: bytearray, count: int) -> tuple[FloatImage, ...]:
    try:
        images = tuple(_divided(body, head.get("shapes")))
    except (TypeError, ValueError, OverflowError):
        images = ()
    if len(images) != count:
        raise DecoderCrashed("the decoder gave an answer that is not an image")
    return images


def _divided(body: bytearray, shapes: object) -> Iterator[FloatImage]:
    left = np.frombuffer(body, dtype=np.float32)
    for shape in shapes if isinstance(shapes, list) else []:
        sides = [int(side) for side in shape]
        if min(sides) < 1:
            raise ValueError("an image has pixels")
        size = math.prod(sides)
        yield left[:size].reshape(sides)
        left = left[size:]
    if left.size:
        raise ValueError("there is more than the images")
