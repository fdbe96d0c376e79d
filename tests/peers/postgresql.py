"""A throwaway PostgreSQL cluster on a loopback port."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import psycopg
from psycopg import sql

from tests.peers.ports import free_port
from tests.peers.process import PeerProcess, require_program

_FOLDERS = [
    *sorted(map(str, Path("/usr/lib/postgresql").glob("*/bin")), reverse=True),
    "/usr/local/bin",
    "/usr/bin",
]


def _program(name: str) -> str:
    return require_program(*(f"{folder}/{name}" for folder in _FOLDERS))


def _as_server_user(command: list[str]) -> list[str]:
    # PostgreSQL refuses to run as root; Debian's package makes a user for it.
    if os.geteuid() != 0:
        return command
    setpriv = require_program("/usr/bin/setpriv", "/bin/setpriv")
    return [setpriv, "--reuid=postgres", "--regid=postgres", "--clear-groups", *command]


class PostgresqlCluster:
    """A running cluster: databases can be made in it, and it can be stopped and started."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._port = free_port()
        self._names = (f"node_{number}" for number in count(1))
        self._server: PeerProcess | None = None
        initdb = _as_server_user(
            # Sorted as people read, unlike by code point: what must be by code point says so.
            [
                _program("initdb"),
                "--pgdata",
                str(folder / "data"),
                "--auth=trust",
                "--username=postgres",
                "--encoding=UTF8",
                "--locale=C.UTF-8",
                "--locale-provider=icu",
                "--icu-locale=en-US",
                "--no-sync",
            ]
        )
        subprocess.run(initdb, cwd=folder, check=True, stdout=subprocess.DEVNULL)

    def start(self) -> None:
        """Start the server and return once it takes connections."""
        command = [_program("postgres"), "-D", "data", "-h", "127.0.0.1", "-p", str(self._port)]
        command += ["-k", str(self._folder), "-c", "fsync=off"]
        self._server = PeerProcess(
            _as_server_user(command), log=self._folder / "log", cwd=self._folder
        )
        self._server.wait_until(self._answers, "PostgreSQL takes connections")

    def stop(self) -> None:
        """Stop the server; connections to it break."""
        # SIGTERM would wait for the clients to go.
        command = [_program("pg_ctl"), "stop", "--mode=fast", "-D", "data"]
        subprocess.run(
            _as_server_user(command), cwd=self._folder, check=True, stdout=subprocess.DEVNULL
        )
        if self._server is not None:
            self._server.stop()

    def url(self, name: str) -> str:
        """Return the SQLAlchemy URL of a database."""
        return f"postgresql+psycopg://postgres@127.0.0.1:{self._port}/{name}"

    def create_database(self, template: str = "template0") -> str:
        """Make a database like `template` (which nobody may be using) and return its name."""
        name = next(self._names)
        with psycopg.connect(self._admin, autocommit=True) as connection:
            connection.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
                    sql.Identifier(name), sql.Identifier(template)
                )
            )
        return name

    @property
    def _admin(self) -> str:
        return f"host=127.0.0.1 port={self._port} user=postgres dbname=postgres connect_timeout=5"

    def _answers(self) -> bool:
        try:
            psycopg.connect(self._admin).close()
        except psycopg.OperationalError:
            return False
        return True


@contextmanager
def postgresql_cluster() -> Iterator[PostgresqlCluster]:
    """Run a cluster for as long as the block runs; nothing of it remains."""
    # Not in pytest's own folder: the server's user may not enter that.
    folder = Path(tempfile.mkdtemp(prefix="triage-postgresql-"))
    try:
        if os.geteuid() == 0:
            owner = pwd.getpwnam("postgres")
            os.chown(folder, owner.pw_uid, owner.pw_gid)
        cluster = PostgresqlCluster(folder)
        cluster.start()
        try:
            yield cluster
        finally:
            cluster.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
