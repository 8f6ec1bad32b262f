"""A master and a worker of their own, on loopback: what is sent to an executor is all that it needs."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

pytestmark = pytest.mark.spark
HERE = Path(__file__).parent


@contextmanager
def running(*arguments: str, log: Path) -> Iterator[subprocess.Popen[str]]:
    """Start a daemon of Spark, which ends with the block."""
    import pyspark

    command = [str(Path(pyspark.__file__).parent / "bin" / "spark-class"), *arguments]
    surroundings = {**os.environ, "SPARK_LOCAL_IP": "127.0.0.1", "SPARK_NO_DAEMONIZE": "1"}
    with log.open("w") as out:
        process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=out, text=True, env=surroundings)
    try:
        yield process
    finally:
        process.terminate()
        process.wait()
        process.stderr.close()


def said(process: subprocess.Popen[str], pattern: str) -> str:
    """Return what a daemon's log says where a pattern meets it first."""
    for line in process.stderr:
        if found := re.search(pattern, line):
            threading.Thread(target=process.stderr.read, daemon=True).start()  # a full pipe would stop it
            return found[0]
    pytest.fail(f"{process.args} ended without saying {pattern}")


def test_three_questions_are_answered_by_a_cluster(tmp_path):
    pytest.importorskip("pyspark", reason="pyspark is not installed; `make test-spark` installs it")
    local = ("--host", "127.0.0.1", "--port", "0", "--webui-port", "0")
    with running("org.apache.spark.deploy.master.Master", *local, log=tmp_path / "master") as master:
        url = said(master, r"spark://127\.0\.0\.1:\d+")
        worker_of = (
            "org.apache.spark.deploy.worker.Worker",
            *local,
            "-c",
            "1",
            "-m",
            "1g",
            "-d",
            str(tmp_path / "work"),
            url,
        )
        with running(*worker_of, log=tmp_path / "worker") as worker:
            said(worker, "Successfully registered")
            asked = subprocess.run(
                [sys.executable, str(HERE / "cluster.py"), url, str(tmp_path / "lake")],
                capture_output=True,
                text=True,
                check=False,
            )
    assert asked.stdout.splitlines()[-1:] == ["three questions answered alike by 1 executor"], asked.stderr
