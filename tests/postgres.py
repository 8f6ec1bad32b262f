"""A PostgreSQL server of the tests' own: Debian's, in a folder of its own, and stopped by its process id."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

PASSWORD = "s3cret/of:the@database"
"""The password of the role `scale`, with characters that a URL has to spell otherwise."""
_SETTINGS = """
fsync = off
full_page_writes = off
synchronous_commit = off
autovacuum = off
max_connections = 20
shared_buffers = 32MB
"""


def binaries() -> Path | None:
    """Return the folder of the newest server that is installed; None if none is."""
    found = shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda one: float(one.parent.name))
    return folders[-1] if folders else None


MISSING = "" if binaries() else "the tests of the backfill need: apt-get install postgresql"
"""What has to be installed, "" if nothing has."""


@dataclass(frozen=True, slots=True)
class Server:
    """A running server."""

    programs: Path
    folder: Path
    port: int

    def url(self, database: str = "scale") -> str:
        """Return the address of a database by its socket, where nobody is asked for a password."""
        return f"postgresql:///{database}?host={self.folder}&port={self.port}&user=scale"

    def address(self, database: str = "scale", password: str = "") -> str:
        """Return the address of a database on loopback, where the password is asked for."""
        return f"postgresql://scale{password and ':' + password}@127.0.0.1:{self.port}/{database}"

    def sql(self, text: str, database: str = "scale", user: str = "scale") -> str:
        """Run statements, and return what they answer, one row a line."""
        command = [
            "psql",
            "-XqAt",
            "-v",
            "ON_ERROR_STOP=1",
            "-h",
            self.folder,
            "-p",
            self.port,
            "-U",
            user,
            "-d",
            database,
        ]
        return self.run(command, text)

    def run(self, command: Sequence[object], text: str = "") -> str:
        """Run one of PostgreSQL's programs."""
        program, *rest = map(str, command)
        done = subprocess.run(
            [self.programs / program, *rest], input=text, capture_output=True, text=True, check=False, cwd=self.folder
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


def _as_its_user() -> dict[str, object]:
    """Return how a program is started: never as root, which PostgreSQL refuses."""
    if os.getuid() != 0:
        return {}
    user = pwd.getpwnam("postgres")
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


@contextmanager
def server() -> Iterator[Server]:
    """Give a server with an empty database `scale`, and a role `scale` that owns it."""
    programs = binaries()
    assert programs
    with tempfile.TemporaryDirectory(prefix="jobtype_toolkit-postgres-", dir="/tmp") as place:
        how = _as_its_user()
        if how:
            os.chown(place, how["user"], how["group"])
        data = Path(place) / "data"
        subprocess.run(
            [programs / "initdb", "-D", data, "-U", "postgres", "--auth-local=trust", "--auth-host=scram-sha-256", "-E", "UTF8",
             "--locale=C", "--no-sync"],
            check=True, capture_output=True, cwd=place, **how,
        )  # fmt: skip
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        with (data / "postgresql.conf").open("a") as settings:
            settings.write(_SETTINGS)
        log = (Path(place) / "log").open("w")
        process = subprocess.Popen(
            [programs / "postgres", "-D", data, "-p", str(port), "-k", place, "-c", "listen_addresses=127.0.0.1"],
            stdout=log, stderr=log, cwd=place, **how,
        )  # fmt: skip
        try:
            made = Server(programs, Path(place), port)
            _wait(made, process)
            made.sql(f"CREATE ROLE scale LOGIN PASSWORD '{PASSWORD}'", "postgres", "postgres")
            made.sql("CREATE DATABASE scale OWNER scale", "postgres", "postgres")
            yield made
        finally:
            process.send_signal(signal.SIGINT)  # a fast shutdown: sessions are ended
            process.wait(30)
            log.close()


def _wait(made: Server, process: subprocess.Popen[bytes]) -> None:
    """Wait until the server takes connections; its own program asks it."""
    for _ in range(300):
        done = subprocess.run(
            [made.programs / "pg_isready", "-q", "-t", "1", "-h", made.folder, "-p", str(made.port)], check=False
        )
        if done.returncode == 0:
            return
        assert process.poll() is None, (made.folder / "log").read_text()
        with suppress(subprocess.TimeoutExpired):
            process.wait(0.05)
    raise AssertionError((made.folder / "log").read_text())
