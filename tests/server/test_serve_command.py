"""`jobtype-toolkit serve`: what it tells, what it refuses before anything listens, and how it ends."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import requests
from asking import small_file
from children import COMMAND_LINE, Child
from histories import JOBS
from sizes import and_in_soak
from typer.testing import CliRunner

import jobtype_toolkit as jt
from jobtype_toolkit.cli import app

pytestmark = pytest.mark.slow

TOKEN = "a-very-secret-token"
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def store(tmp_path):
    """The file of a store with the small history."""
    return small_file(tmp_path, "scale")


class Started:
    """A server in a process of its own, and what it told."""

    def __init__(self, *arguments: str, **environment: str) -> None:
        self.process = Child(COMMAND_LINE, "serve", "--port", "0", *arguments, environment=environment)
        self.told = ""
        while "Ctrl+C" not in self.told and self.process.poll() is None:
            self.told += self.process.stdout.readline()
        self.url = re.search(r"http://\S+/api", self.told)[0]

    def interrupt(self, by: int = signal.SIGINT) -> str:
        self.process.send_signal(by)
        return self.process.communicate()[0]


@pytest.fixture
def start(monkeypatch) -> Iterator[type[Started]]:
    """Start servers; those that still run are ended with the test."""
    monkeypatch.delenv("JOBTYPE_TOOLKIT_TOKEN", raising=False)
    with ExitStack() as made:

        def one(*arguments: str, **environment: str) -> Started:
            server = Started(*arguments, **environment)
            made.enter_context(server.process)
            return server

        yield one


@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_a_store_until_it_is_told_to_stop(start, store, by):
    server = start("--store", str(store))
    assert f"curl '{server.url}/v6/job-types/status/?started=P1D'" in server.told
    assert requests.get(f"{server.url}/v6/jobs/", timeout=600).json()["count"] == len(JOBS)
    assert server.interrupt(by) == "\nstopped\n"
    assert server.process.returncode == 0
    assert not list(store.parent.glob("*.wal"))


@pytest.mark.skipif(shutil.which("make") is None, reason="there is no make")
@pytest.mark.parametrize("by", and_in_soak([signal.SIGINT], [signal.SIGTERM]))
def test_make_serve_serves_the_sample_at_the_port_that_is_named(tmp_path, by):
    """In an environment that is filled already; the group of the processes is stopped, as a terminal does it."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python").symlink_to(sys.executable)
    script = tmp_path / "bin" / "jobtype-toolkit"
    script.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m jobtype_toolkit "$@"\n', encoding="utf-8")
    script.chmod(0o755)
    (tmp_path / "server.stamp").touch()
    environment = {name: value for name, value in os.environ.items() if name != "JOBTYPE_TOOLKIT_TOKEN"}
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = ["make", "--no-print-directory", "-C", str(ROOT), "serve", f"PORT={port}", f"VENV={tmp_path}"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment, start_new_session=True
    ) as made:
        try:
            told = made.stdout.readline()
            assert told == f"a store in memory is served as a v6 server at http://127.0.0.1:{port}/api\n"
            counts = requests.get(f"http://127.0.0.1:{port}/api/v6/job-types/status/?started=P1D", timeout=600).json()
            assert counts["count"] > 0
        finally:
            os.killpg(made.pid, by)
        assert made.communicate(timeout=600)[0].endswith("\nstopped\n")
    with pytest.raises(requests.ConnectionError):
        requests.get(f"http://127.0.0.1:{port}/api/v6/version/", timeout=600)


def test_a_token_from_the_environment_is_needed_and_not_told(start, store):
    server = start("--store", str(store), "--faults", "count=1", "--seed", "7", JOBTYPE_TOOLKIT_TOKEN=TOKEN)
    assert TOKEN not in server.told
    assert requests.get(f"{server.url}/v6/jobs/", timeout=600).status_code == 403
    got = requests.get(f"{server.url}/v6/jobs/", headers={"Authorization": f"Token {TOKEN}"}, timeout=600)
    assert (got.status_code, got.json()["count"] == len(JOBS)) == (200, False)
    assert TOKEN not in server.interrupt()


def test_edits_reach_the_file_unless_read_only(start, store):
    patch = {"json": {"is_paused": True}, "timeout": 600}
    path = "/v6/job-types/tide-model/2.0.0/"
    reading = start("--store", str(store), "--read-only")
    assert requests.patch(reading.url + path, **patch).status_code == 403
    reading.interrupt()
    writing = start("--store", str(store))
    assert requests.patch(writing.url + path, **patch).status_code == 200
    writing.interrupt()
    assert jt.open(store).job_type("tide-model", "2.0.0").is_paused is True


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("--host", "0.0.0.0"), 2, "there is no token"),
        (("--faults", "cuts=1"), 2, "Did you mean 'cut'"),
        (("--release", "5"), 2, "--release 5 is unknown"),
        (("--prefix", "api"), 2, "--prefix api is not a path"),
        (("--source", "nobody"), 1, "no source 'nobody'"),
        (("--host", "203.0.113.1", "--token", "t"), 2, "cannot be listened on"),
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_listens(store, monkeypatch, arguments, code, told):
    monkeypatch.delenv("JOBTYPE_TOOLKIT_TOKEN", raising=False)
    done = CliRunner().invoke(app, ["serve", "--store", str(store), *arguments])
    assert (done.exit_code, told in done.output) == (code, True), done.output


def test_a_store_that_is_not_there_is_not_made(tmp_path):
    done = CliRunner().invoke(app, ["serve", "--store", str(tmp_path / "none.duckdb")])
    assert done.exit_code == 1
    assert "There is no store" in done.output
    assert not (tmp_path / "none.duckdb").exists()
