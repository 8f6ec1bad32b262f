"""Child processes of tests: each is forked from an interpreter that has imported the heavy libraries once.

    done = run("import sys; print(sys.argv[1])", "hello")  # waits, as subprocess.run does
    with Child(COMMAND_LINE, "serve", "--port", "0") as server:  # for as long as the block
        server.stdout.readline()

To start an interpreter and import them costs a second of CPU, to fork one a twentieth. The first child of a pytest worker starts
it, and it ends with the worker, and all children with it. A child has a program, arguments, environment, folder, streams, a
process id and an exit code of its own, runs the program as `__main__`, and ends as every interpreter does. What it does not
have is a start: tests of the start (what an import loads or costs, flags and encodings, the machine's zone and locale, what was
registered first to run at exit) take `sys.executable`.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import select
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cache
from importlib import import_module
from multiprocessing.connection import wait
from pathlib import Path
from subprocess import PIPE
from types import ModuleType
from typing import IO, Self

COMMAND_LINE = "from jobtype_toolkit.cli import main; main()"
"""The program of `jobtype-toolkit`."""
PATIENCE = 600
"""Seconds that nothing takes, on however slow a machine."""
IMPORTED = (
    "pandas",
    "duckdb",
    "typer",
    "jobtype_toolkit.cli",
    "jobtype_toolkit.store.store",
    "jobtype_toolkit.server.app",
    "jobtype_toolkit.server.serve",
    "jobtype_toolkit.testing",
    "pyarrow.pandas_compat",  # these are imported by others when they are used
    "rich.console",
    "rich.table",
    "typer._adapters",
)
REPORT = struct.Struct("i")
ALONE = {"OPENBLAS_NUM_THREADS": "1", "JE_ARROW_MALLOC_CONF": "background_thread:false"}
"""What keeps numpy and pyarrow from starting threads when they are imported: a process with threads is not safely forked."""


class Child:
    """A process that runs a program, with the surface of `subprocess.Popen`; its streams are text."""

    def __init__(
        self,
        program: str,
        *arguments: object,
        stdin: int = subprocess.DEVNULL,
        stdout: int | None = PIPE,
        stderr: int | None = None,
        cwd: Path | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.args = [program, *map(str, arguments)]
        self.returncode: int | None = None
        self.stdin, theirs_in = _stream(stdin, 0)
        self.stdout, theirs_out = _stream(stdout, 1)
        self.stderr, theirs_err = _stream(stderr, 2)
        self._reports, report = os.pipe()
        request = tempfile.TemporaryFile("w+")  # noqa: SIM115 - closed with the others
        of_the_child = {**os.environ, **(environment or {})}
        json.dump({"argv": self.args, "cwd": str(cwd or Path.cwd()), "environment": of_the_child}, request)
        request.seek(0)
        theirs = [theirs_in, theirs_out, theirs_err, report, os.dup(request.fileno())]
        socket.send_fds(_warm(), [b"!"], theirs)
        request.close()
        for one in theirs:
            os.close(one)
        self.pid = self._reported()

    def _reported(self) -> int:
        """Read what the warm interpreter says next of this child: its id, and its exit code when it has ended."""
        (number,) = REPORT.unpack(os.read(self._reports, REPORT.size))
        return number

    def poll(self) -> int | None:
        with suppress(subprocess.TimeoutExpired):
            self.wait(0)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        if self.returncode is None:
            if not wait([self._reports], timeout):
                raise subprocess.TimeoutExpired(self.args, timeout)
            self.returncode = self._reported()
            os.close(self._reports)
        return self.returncode

    def communicate(self, given: str = "", timeout: float = PATIENCE) -> tuple[str, str]:
        """Give it all of its input, read all of its output, and wait for its end; kill it if that takes too long."""
        with ThreadPoolExecutor(2) as reading:
            out, err = (reading.submit(one.read if one else str) for one in (self.stdout, self.stderr))
            if self.stdin:
                with suppress(BrokenPipeError):
                    self.stdin.write(given)
                    self.stdin.close()
            try:
                self.wait(timeout)
            except subprocess.TimeoutExpired:
                self.kill()
                raise
            texts = out.result(), err.result()
        self._close()
        return texts

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Kill it if it still runs, and close its streams."""
        self.kill()
        self.wait()
        self._close()

    def _close(self) -> None:
        for one in (self.stdin, self.stdout, self.stderr):
            if one:
                with suppress(BrokenPipeError):
                    one.close()


def run(
    program: str, *arguments: object, cwd: Path | None = None, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run a program in a child, with variables of the environment besides ours, and wait for its end."""
    with Child(program, *arguments, stderr=PIPE, cwd=cwd, environment=environment) as child:
        out, err = child.communicate()
    return subprocess.CompletedProcess(child.args, child.wait(), out, err)


def _stream(wanted: int | None, number: int) -> tuple[IO[str] | None, int]:
    """Return our end of a stream, if there is one, and the descriptor of the child's."""
    if wanted != PIPE:
        return None, os.open(os.devnull, os.O_RDWR) if wanted == subprocess.DEVNULL else os.dup(wanted or number)
    reads, writes = os.pipe()
    ours, theirs = (reads, writes) if number else (writes, reads)
    return os.fdopen(ours, "r" if number else "w", encoding="utf-8", newline="\n"), theirs


@cache
def _warm() -> socket.socket:
    """Start the interpreter that children are forked from, once per process; it ends when this one closes the socket."""
    ours, theirs = socket.socketpair()
    path = os.pathsep.join(filter(None, sys.path))
    with theirs:
        command = [sys.executable, __file__]
        warm = subprocess.Popen(
            command,
            stdin=theirs,
            stdout=theirs,
            env={**os.environ, **ALONE, "PYTHONPATH": path},
            start_new_session=True,
        )

    @atexit.register
    def end() -> None:
        ours.close()
        warm.wait()

    return ours


def _forked() -> str:
    """Fork a child per request until there is nobody to ask for one; return in each child, with its program."""
    requests = socket.socket(fileno=os.dup(0))
    ended, ends = os.pipe()
    os.set_blocking(ends, False)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is the worker's
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(ends)
    reports: dict[int, int] = {}
    while True:
        ready, _, _ = select.select([requests, ended], [], [])
        if ended in ready:
            os.read(ended, 1000)
            for child in list(reports):
                found, status = os.waitpid(child, os.WNOHANG)
                if found:
                    _report(reports[child], os.waitstatus_to_exitcode(status))
                    os.close(reports.pop(child))
        if requests in ready:
            _, given, _, _ = socket.recv_fds(requests, 1, 5)
            if not given:
                os.killpg(0, signal.SIGKILL)  # this process and its children
            *streams, report, request = given
            child = os.fork()
            if not child:
                for one in (ended, ends, report, *reports.values()):
                    os.close(one)
                requests.close()
                return _started(streams, request)
            reports[child] = report
            _report(report, child)
            for one in (*streams, request):
                os.close(one)


def _report(to: int, number: int) -> None:
    with suppress(BrokenPipeError):  # nobody waits for it
        os.write(to, REPORT.pack(number))


def _started(streams: list[int], request: int) -> str:
    """Make this process what the request asks for, and return its program."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with os.fdopen(request) as file:
        wanted = json.load(file)
    for number, one in enumerate(streams):
        os.dup2(one, number)
        os.close(one)
    sys.stdin = os.fdopen(0, closefd=False)
    sys.stdout = os.fdopen(1, "w", closefd=False)
    sys.stderr = os.fdopen(2, "w", buffering=1, errors="backslashreplace", closefd=False)
    os.chdir(wanted["cwd"])
    os.environ.clear()
    os.environ.update(wanted["environment"])
    time.tzset()
    tempfile.tempdir = None  # it was another environment's
    program, *arguments = wanted["argv"]
    sys.argv = ["-c", *arguments]
    sys.path[0] = ""
    return program


if __name__ == "__main__":
    for _name in IMPORTED:
        with suppress(ImportError):  # not every version of a library has it
            import_module(_name)
    import_module("jobtype_toolkit.store.connection").CONFIG["threads"] = 1  # as in `conftest.py`
    gc.freeze()  # a child that looks through them would copy them all
    _program = _forked()
    sys.modules["__main__"] = ModuleType("__main__")
    exec(compile(_program, "<string>", "exec"), vars(sys.modules["__main__"]))
