"""Starts one process for each role, restarts one that dies, and stops them all on a signal."""

import json
import os
import selectors
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

import structlog

from triage_agent.adapters.processes.role_process import RESTART_STATUS
from triage_agent.adapters.processes.starting import Process, Start

STOP_SECONDS = 8.0  # a role has this long to end after SIGTERM; the whole shutdown stays below 10 s
SHORT_LIFE_SECONDS = 5.0  # a process that dies sooner is restarted with growing pauses
MAXIMUM_PAUSE_SECONDS = 5.0
WAKE_SECONDS = 0.2  # how often children are looked at
HEAD_START_SECONDS = 5.0  # the others do not wait longer for those that are waited for

log = structlog.get_logger()


@dataclass
class _Child:
    role: str
    process: Process | None = None
    started_at: float = 0.0
    start_again_at: float = 0.0
    pause_seconds: float = 0.0
    facts: dict[str, Any] = field(default_factory=dict)
    buffer: bytes = b""


class Supervisor:
    """Runs one process for each role, which `start` starts, until SIGTERM or SIGINT.

    A role tells that it is ready with one JSON line on its standard output; these facts are
    handed to `on_ready` once the roles in `wait_for` have told theirs. These start first; the
    others follow when they are ready, or after `head_start_seconds`. One that ends with
    RESTART_STATUS is started again without a pause. `pin` turns a role's facts into environment
    for its next start, so that a port the system chose stays the same.
    Of a process that has died `on_death` is told before the next one takes its place;
    `on_stopping` is called before all are asked to stop, for which they have `stop_seconds`.
    """

    def __init__(
        self,
        roles: Sequence[str],
        start: Start,
        *,
        wait_for: Sequence[str],
        on_ready: Callable[[Mapping[str, Mapping[str, Any]]], None],
        pin: Callable[[str, Mapping[str, Any]], Mapping[str, str]],
        on_death: Callable[[str], None] = lambda _: None,
        on_stopping: Callable[[], None] = lambda: None,
        stop_seconds: float = STOP_SECONDS,
        head_start_seconds: float = HEAD_START_SECONDS,
    ) -> None:
        self._children = [_Child(role) for role in roles]
        self._start = start
        self._first = self._waiting = frozenset(wait_for) & frozenset(roles)
        self._on_ready = on_ready
        self._announced = False
        self._pin = pin
        self._on_death = on_death
        self._on_stopping = on_stopping
        self._stop_seconds = stop_seconds
        self._stopping = False
        self._head_start_seconds = head_start_seconds
        self._all_from = 0.0
        self._selector = selectors.DefaultSelector()

    def run(self) -> int:
        """Supervise until a signal; return the exit status (0 after a clean stop)."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)
        self._all_from = time.monotonic() + self._head_start_seconds
        try:
            while not self._stopping:
                self._start_due()
                self._listen(WAKE_SECONDS)
                self._reap()
        finally:
            clean = self._stop_all()
        return 0 if clean else 1

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        del number, frame
        self._stopping = True

    def _start_due(self) -> None:
        now = time.monotonic()
        for child in self._children:
            if self._waiting and now < self._all_from and child.role not in self._first:
                continue
            if child.process is None and now >= child.start_again_at:
                child.process = self._start(child.role, self._pin(child.role, child.facts))
                child.started_at, child.buffer = now, b""
                output = child.process.stdout
                if output is not None:
                    os.set_blocking(output.fileno(), False)
                    self._selector.register(output, selectors.EVENT_READ, child)
                log.info("role_started", role=child.role, pid=child.process.pid)

    def _listen(self, seconds: float) -> None:
        for key, _ in self._selector.select(seconds):
            child: _Child = key.data
            chunk = os.read(key.fd, 65536)
            if not chunk:
                self._selector.unregister(key.fileobj)
                continue
            child.buffer += chunk
            while b"\n" in child.buffer:
                line, child.buffer = child.buffer.split(b"\n", 1)
                self._take_facts(child, line)

    def _take_facts(self, child: _Child, line: bytes) -> None:
        try:
            facts = json.loads(line)
        except ValueError:
            return  # something a library printed
        if not isinstance(facts, dict):
            return
        child.facts = facts
        child.pause_seconds = 0.0
        self._waiting -= {child.role}
        if not self._waiting and not self._announced:
            self._announced = True
            self._on_ready({each.role: each.facts for each in self._children})

    def _reap(self) -> None:
        now = time.monotonic()
        for child in self._children:
            process = child.process
            if process is None or process.poll() is None:
                continue
            self._close_output(process)
            child.process = None
            self._on_death(child.role)
            if process.returncode == RESTART_STATUS:
                child.start_again_at, child.pause_seconds = now, 0.0
                log.info("role_restarts", role=child.role)
                continue
            if now - child.started_at < SHORT_LIFE_SECONDS:
                child.pause_seconds = min(
                    MAXIMUM_PAUSE_SECONDS, max(0.1, child.pause_seconds * 2.0)
                )
            else:
                child.pause_seconds = 0.0
            child.start_again_at = now + child.pause_seconds
            log.error(
                "role_died",
                role=child.role,
                status=process.returncode,
                restart_seconds=child.pause_seconds,
            )

    def _close_output(self, process: Process) -> None:
        if process.stdout is not None:
            if process.stdout in {key.fileobj for key in self._selector.get_map().values()}:
                self._selector.unregister(process.stdout)
            process.stdout.close()

    def _stop_all(self) -> bool:
        self._on_stopping()
        running = [child for child in self._children if child.process is not None]
        for child in running:
            if child.process is not None:
                child.process.terminate()
        clean = True
        deadline = time.monotonic() + self._stop_seconds
        for child in running:
            if child.process is None:
                continue
            try:
                child.process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                log.error("role_killed", role=child.role, after_seconds=self._stop_seconds)  # noqa: TRY400 - the trace says nothing more
                child.process.kill()
                child.process.wait(self._stop_seconds)
                clean = False
            self._close_output(child.process)
        log.info("stopped", clean=clean)
        return clean
