"""Processes that share a file: a write gets in, however closely others ask."""

from __future__ import annotations

import threading
from contextlib import ExitStack

import pandas as pd
import pytest
from children import Child, run

import jobtype_toolkit as jt
from jobtype_toolkit.store.sign import announced, is_announced

pytestmark = pytest.mark.slow

ROWS = {"job_type": "press", "job_type_version": "1.0", "status": "RUNNING"}

POLLER = """
import sys, time
import jobtype_toolkit as jt

store = jt.open(sys.argv[1], wait=120)
count, wanted = 0, int(sys.argv[2])
while count < wanted:
    count = int(store.sql("SELECT count(*) AS n FROM job")["n"][0])
    print(count, flush=True)
    time.sleep(0.05)
"""


def test_a_load_gets_in_between_three_pollers(tmp_path):
    file = tmp_path / "s.duckdb"
    with jt.open(file, wait=60) as store:
        store.load(pd.DataFrame({"id": range(100), **ROWS}))
        store.close()
        with ExitStack() as stack:
            pollers = [stack.enter_context(Child(POLLER, file, 200)) for _ in range(3)]
            for one in pollers:
                assert one.stdout.readline() == "100\n"
            reading = [threading.Thread(target=one.stdout.read) for one in pollers]  # a full pipe would stop them
            for one in reading:
                one.start()
            assert store.load(pd.DataFrame({"id": range(100, 200), **ROWS})).new == 100
            store.close()
            assert [one.wait(timeout=120) for one in pollers] == [0, 0, 0]  # each has seen what came
    assert [one.name for one in tmp_path.iterdir()] == ["s.duckdb"]


def test_a_sign_is_seen_while_somebody_waits(tmp_path):
    file = tmp_path / "s.duckdb"
    assert not is_announced(file)
    with announced(file):
        assert is_announced(file)
        with announced(file):
            assert is_announced(file)
        assert is_announced(file)
    assert not is_announced(file)
    assert not list(tmp_path.iterdir())


def test_a_sign_that_a_killed_process_left_means_nothing(tmp_path):
    file = tmp_path / "s.duckdb"
    program = """
import os, signal, sys
from pathlib import Path
from jobtype_toolkit.store.sign import announced
with announced(Path(sys.argv[1])):
    os.kill(os.getpid(), signal.SIGKILL)
"""
    assert run(program, file).returncode == -9
    assert list(tmp_path.iterdir())
    assert not is_announced(file)
    assert jt.open(file, create=True, wait=1).sources == []
    with announced(file):
        assert is_announced(file)
    assert [one.name for one in tmp_path.iterdir()] == ["s.duckdb"]
