"""What is written as CSV loads as what it was; what a killed load unpacked is swept; wide tables keep all their columns."""

from __future__ import annotations

import gzip
import json
import os
import random
import tempfile
import time
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from children import COMMAND_LINE, run
from sizes import sizes

import jobtype_toolkit as jt

pytestmark = pytest.mark.slow

AT = "2026-11-01T09:15:00Z"
BASE = {"job_type": "press", "job_type_version": "1.0", "status": "FAILED", "last_status_change": AT}
PIECES = [
    "a",
    '"',
    '""',
    ",",
    ";",
    "\t",
    " ",
    "\r",
    "\n",
    "\r\n",
    "'",
    "\\",
    "|",
    "é",
    "😀",
    "\x01",
    "\x1b",
    "\x7f",
    "\u2028",
]


def awkward(chance: random.Random) -> str | None:
    """A text of what readers of CSV stumble over; None if there is none, which is not the same as an empty one."""
    if chance.random() < 0.1:
        return None
    return "".join(chance.choices(PIECES, k=chance.randrange(6)))


@sizes(2_000, 100_000)
def test_jobs_as_csv_load_as_the_same_jobs(size, tmp_path):
    chance = random.Random(7)
    texts = pd.DataFrame({"id": range(1, size + 1), **BASE})
    for name in ("node", "batch_title"):
        texts[name] = pd.Series([awkward(chance) for _ in range(size)], dtype=object)
    file, written = tmp_path / "s.duckdb", tmp_path / "jobs.csv"
    with jt.open(file) as first:
        assert first.load(texts).new == size
        before = first.jobs()
    done = run(COMMAND_LINE, "jobs", "--csv", "--limit", 0, "--store", file)
    assert done.returncode == 0, done.stderr
    written.write_bytes(done.stdout.encode())
    second = jt.open()
    report = second.load(written)
    assert (report.new, report.rejected) == (size, 0)
    pd.testing.assert_frame_equal(second.jobs(), before)
    assert (
        second.jobs().sort_values("id")["node"].fillna("missing").tolist() == texts["node"].fillna("missing").tolist()
    )


UNPACKS = """
import os, signal, sys
import jobtype_toolkit as jt
from jobtype_toolkit.store.ingest import files

def killed(source, target, **more):
    target.write_bytes(source.read1(100))
    os.kill(os.getpid(), signal.SIGKILL)

files.copied = killed
jt.open().load(sys.argv[1])
"""


def test_what_a_killed_load_unpacked_is_swept_by_a_later_one(tmp_path, monkeypatch):
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    packed = tmp_path / "a.json.gz"
    packed.write_bytes(gzip.compress(json.dumps([{"id": 1, **BASE}]).encode()))
    done = run(UNPACKS, packed, TMPDIR=str(scratch))
    assert done.returncode == -9
    (left,) = scratch.iterdir()
    assert [one.name for one in left.iterdir()]
    number = left.name.split("-")[2]
    ours = left.with_name(left.name.replace(f"-{number}-", f"-{os.getpid()}-"))
    ours.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    jt.open().load(packed)
    assert {*scratch.iterdir()} == {left, ours}  # too young: in another container its process may live
    for one in (left, ours):
        os.utime(one, (time.time() - 7200,) * 2)
    jt.open().load(packed)
    assert [*scratch.iterdir()] == [ours]


@pytest.mark.parametrize("shape", ["csv", "parquet"])
@pytest.mark.parametrize("width", [3, 300])
def test_unknown_columns_are_all_kept_however_many(tmp_path: Path, shape, width):
    more = {f"k{n}": f"v {n}" if n % 3 else "" for n in range(width)}
    rows = pd.DataFrame([{"id": 1, **BASE, **more}, {"id": 2, **BASE, **dict.fromkeys(more)}])
    path = tmp_path / f"a.{shape}"
    if shape == "csv":
        rows.to_csv(path, index=False)
    else:
        duckdb.from_df(rows).write_parquet(str(path))
    store = jt.open()
    store.load(path)
    first, second = store.sql("SELECT extra FROM job ORDER BY id")["extra"]
    said = (
        more if shape == "parquet" else {name: text for name, text in more.items() if text}
    )  # CSV has no empty text unquoted
    assert json.loads(first) == said
    assert pd.isna(second)
