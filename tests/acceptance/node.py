"""The real `triage-agent`, started and stopped as an administrator would."""

import json
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

TRIAGE_AGENT = [sys.executable, "-m", "triage_agent.cli"]
T = TypeVar("T")


def eventually(look: Callable[[], T], *, seconds: float = 60.0, every: float = 0.1) -> T:
    """Return the first true thing that `look` returns; fail when there is none in time."""
    deadline = time.monotonic() + seconds
    while not (seen := look()):
        assert time.monotonic() < deadline, f"not within {seconds} s; last seen: {seen!r}"
        time.sleep(every)  # another process is polled, with a deadline
    return seen


class Node:
    """`triage-agent serve` in a folder of its own."""

    def __init__(self, folder: Path, *, dicom_port: int, http_port: int) -> None:
        self.folder = folder
        self.port = dicom_port
        self.url = f"http://127.0.0.1:{http_port}"
        self.log = folder / "serve.log"
        self.environment = {
            **{key: value for key, value in os.environ.items() if not key.startswith("TRIAGE_")},
            "TRIAGE_DATA_DIR": str(folder / "data"),
            "TRIAGE_DICOM__PORT": str(dicom_port),
            "TRIAGE_HTTP__PORT": str(http_port),
            "TRIAGE_HTTP__SIGN_IN": "none",
            "TRIAGE_ASSEMBLE__QUIET_SECONDS": "1",
            "TRIAGE_STORAGE__WATERMARK_BYTES": "1000000",
        }
        self._process: subprocess.Popen[str] | None = None

    def configure(self, **settings: object) -> None:
        """Set settings by their path: `assemble__quiet_seconds=1`."""
        for path, value in settings.items():
            text = value if isinstance(value, str) else json.dumps(value)
            self.environment[f"TRIAGE_{path.upper()}"] = text

    def start(self, *, roles: Sequence[str] = (), seconds: float = 60.0) -> str:
        """Start and wait for the line that begins with `ready`; return all that was printed.

        No `roles` are all of them.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        with self.log.open("a") as log:
            self._process = subprocess.Popen(
                [*TRIAGE_AGENT, "serve", *(["--roles", ",".join(roles)] if roles else [])],
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                cwd=self.folder,
            )
        printed = ""
        deadline = time.monotonic() + seconds
        assert self._process.stdout is not None
        with selectors.DefaultSelector() as selector:
            selector.register(self._process.stdout, selectors.EVENT_READ)
            while not any(line.startswith("ready") for line in printed.splitlines()):
                assert selector.select(max(0.0, deadline - time.monotonic())), self._story(printed)
                chunk = os.read(self._process.stdout.fileno(), 65536).decode()
                assert chunk, self._story(printed)
                printed += chunk
        return printed

    def _story(self, printed: str) -> str:
        return f"serve did not become ready: {printed}\n{self.log.read_text()[-4000:]}"

    def stop(self) -> int:
        """SIGTERM; return the exit status. Fails if it takes longer than ten seconds."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        status = self._process.wait(10)
        self._close()
        return status

    def kill(self) -> None:
        """SIGKILL the supervisor; its children die with it."""
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait(10)
        self._close()

    def _close(self) -> None:
        if self._process is not None and self._process.stdout is not None:
            self._process.stdout.close()
        self._process = None

    def roles(self) -> dict[str, int]:
        """Return the process id of every role that runs."""
        assert self._process is not None
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text()
        found = {}
        for pid in children.split():
            try:
                arguments = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
            except FileNotFoundError:
                continue
            if b"role" in arguments:
                found[arguments[arguments.index(b"role") + 1].decode()] = int(pid)
        return found

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run another command of triage-agent with the same settings."""
        return subprocess.run(
            [*TRIAGE_AGENT, *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            cwd=self.folder,
        )

    def worklist(self) -> list[dict[str, Any]]:
        """Return what `triage-agent worklist --json` prints."""
        done = self.run("worklist", "--json", "--limit", "1000")
        assert done.returncode == 0, done.stderr
        entries: list[dict[str, Any]] = json.loads(done.stdout)
        return entries

    def settled(self, studies: int, *, seconds: float = 120.0) -> list[dict[str, Any]]:
        """Return the worklist once so many studies stand on it, none of them provisional."""

        def look() -> list[dict[str, Any]]:
            entries = self.worklist()
            done = len(entries) >= studies and not any(each["provisional"] for each in entries)
            return entries if done else []

        return eventually(look, seconds=seconds, every=0.5)

    def quiet_outbox(self) -> bool:
        """Say whether nothing waits to be delivered."""
        return not self.query("SELECT 1 FROM delivery WHERE state = 'pending' LIMIT 1")

    def query(self, sql: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Ask the node's database directly, read-only."""
        import sqlite3

        path = self.folder / "data" / "triage.sqlite3"
        connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=30)
        try:
            return connection.execute(sql, parameters).fetchall()
        finally:
            connection.close()


def destination(name: str, port: int, ae_title: str, **more: object) -> Mapping[str, object]:
    """Return the settings of a destination on loopback."""
    return {"name": name, "host": "127.0.0.1", "port": port, "ae_title": ae_title, **more}
