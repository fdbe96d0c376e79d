"""dcmtk's programs as peers: senders with checked exit status, and storescp as a receiver."""

import os
import re
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.peers.ports import free_port
from tests.peers.process import PeerFailed, PeerProcess, require_program

SEND_SECONDS = 240.0  # below pytest's own limit, so that the peer's words are what is shown


def nagle_free() -> dict[str, str]:
    """Return an environment in which what is built on dcmtk sends small pieces at once.

    Without it dcmtk waits for Nagle on every small object, which makes any comparison unfair.
    """
    return {**os.environ, "TCP_NODELAY": "1"}


def run_dcmtk(
    program: str, arguments: Sequence[str], *, check: bool = True, seconds: float = SEND_SECONDS
) -> subprocess.CompletedProcess[str]:
    """Run one of dcmtk's programs to its end; output and errors come together in `stdout`.

    Raises PeerMissing; and, with `check`, PeerFailed unless it ends with status 0.
    """
    command = [require_program(f"/usr/bin/{program}", f"/usr/local/bin/{program}"), *arguments]
    done = subprocess.run(
        command,
        check=False,
        env=nagle_free(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        timeout=seconds,
    )
    if check and done.returncode != 0:
        raise PeerFailed(f"{program} ended with {done.returncode}:\n{done.stdout}")
    return done


def storescu(
    paths: Iterable[Path],
    host: str,
    port: int,
    called: str,
    *,
    calling: str = "STORESCU",
    extra: Sequence[str] = (),
    check: bool = True,
) -> subprocess.CompletedProcess[str]:
    """C-STORE every file over one association; a failure status of any of them fails.

    A compressed file needs its proposal in `extra`, for example `-xy` (JPEG baseline), `-xs`
    (JPEG lossless), `-xt` (JPEG-LS), `-xv` (JPEG 2000 lossless), `-xr` (RLE), `-R` (only what the
    files need). storescu stops at the first object that is refused.
    """
    arguments = ["-aet", calling, "-aec", called, *extra, host, str(port), *map(str, paths)]
    return run_dcmtk("storescu", arguments, check=check)


def dcmsend(
    paths: Iterable[Path],
    host: str,
    port: int,
    called: str,
    *,
    calling: str = "DCMSEND",
    extra: Sequence[str] = (),
    check: bool = True,
) -> subprocess.CompletedProcess[str]:
    """C-STORE every file; one that is not sent or answered with a failure status fails.

    A compressed file is sent in its own transfer syntax; an uncompressed one may be turned into
    another uncompressed syntax on the way, if the peer accepts that first.
    """
    arguments = ["-v", "-aet", calling, "-aec", called, *extra, host, str(port), *map(str, paths)]
    done = run_dcmtk("dcmsend", arguments, check=check)
    if check and not _everything_was_stored(done.stdout):
        raise PeerFailed(f"dcmsend could not store everything:\n{done.stdout}")
    return done


def _everything_was_stored(log: str) -> bool:
    # dcmsend ends with 0 although the peer answered failures; only its summary tells.
    offered = re.search(r"Number of SOP instances\s*: (\d+)", log)
    stored = re.findall(r"with status (?:SUCCESS|WARNING)\s*: (\d+)", log)
    return offered is not None and sum(map(int, stored)) == int(offered[1])


def echoscu(
    host: str,
    port: int,
    called: str,
    *,
    calling: str = "ECHOSCU",
    extra: Sequence[str] = (),
    check: bool = True,
) -> subprocess.CompletedProcess[str]:
    """C-ECHO once."""
    return run_dcmtk(
        "echoscu", ["-aet", calling, "-aec", called, *extra, host, str(port)], check=check
    )


def answers_echo(host: str, port: int, called: str, *, calling: str = "ECHOSCU") -> bool:
    """Say whether a C-ECHO succeeds now."""
    extra = ["-to", "2"]
    return echoscu(host, port, called, calling=calling, extra=extra, check=False).returncode == 0


class StoreSCP:
    """A running storescp: where it listens, and the files it has kept; a context manager."""

    def __init__(self, process: PeerProcess, folder: Path, port: int, ae_title: str) -> None:
        self.host = "127.0.0.1"
        self.port = port
        self.ae_title = ae_title
        self.folder = folder
        self._process = process

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    def files(self) -> list[Path]:
        """Return the files received so far, by name."""
        return sorted(path for path in self.folder.iterdir() if path.is_file())

    def wait_for_files(self, number: int, seconds: float = 30.0) -> list[Path]:
        """Return the files once there are at least `number`. Raises PeerFailed at the deadline."""
        self._process.wait_until(
            lambda: len(self.files()) >= number, f"{number} files at storescp", seconds
        )
        return self.files()

    def output(self) -> str:
        """Return what storescp has printed."""
        return self._process.output()

    def stop(self) -> None:
        """End it."""
        self._process.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


def start_storescp(
    folder: Path,
    *,
    ae_title: str = "STORESCP",
    port: int | None = None,
    extra: Sequence[str] = ("+xa",),
) -> StoreSCP:
    """Start a storescp that keeps what it gets in `folder`/received, and wait until it answers.

    `extra` are its options; `+xa` accepts every transfer syntax that dcmtk knows.
    """
    received = folder / "received"
    received.mkdir(parents=True, exist_ok=True)
    listens = free_port() if port is None else port
    program = require_program("/usr/bin/storescp", "/usr/local/bin/storescp")
    process = PeerProcess(
        [program, "-v", "-aet", ae_title, "-od", str(received), *extra, str(listens)],
        log=folder / "storescp.log",
        environment=nagle_free(),
    )
    peer = StoreSCP(process, received, listens, ae_title)
    try:
        process.wait_until(
            lambda: answers_echo(peer.host, listens, ae_title), "storescp answers C-ECHO"
        )
    except BaseException:
        process.stop()
        raise
    return peer
