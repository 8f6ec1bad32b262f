"""Files that no state of a lake has, wherever its files are: `expire` removes them once they are old."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest
from sizes import and_in_soak

import jobtype_toolkit as jt

pytestmark = pytest.mark.slow

pytest.importorskip("pyiceberg", reason="the extra [lake] is not installed")

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
JOBS = "id,job_type,job_type_version,status,last_status_change\n1,fit,1.0,COMPLETED,2026-02-10T10:00:00Z\n"


@pytest.mark.parametrize("is_remote", and_in_soak((True,), (False,)), ids=["file system of fsspec", "folder"])
def test_what_a_killed_sync_left_is_removed_a_day_later(tmp_path, is_remote):
    place = tmp_path / ("bucket" if is_remote else "lake")
    where = {"warehouse": f"file://{place}"} if is_remote else {}
    (tmp_path / "jobs.csv").write_text(JOBS, encoding="utf-8")
    with jt.open(clock=lambda: NOW) as store:
        store.load(tmp_path / "jobs.csv", progress=False)
        store.sync_lake(tmp_path / "lake", **where)
        known = {one for one in place.rglob("*") if one.suffix in (".parquet", ".avro")}
        (young, old, manifest, other) = left(place)
        with jt.lake(tmp_path / "lake", clock=lambda: NOW, **where) as lake:
            done = lake.expire(before="P30D")
            assert (done.states, done.files, done.bytes) == (0, 2, 6)
            assert young.exists()
            assert other.exists()  # it does not belong to the lake
            assert not old.exists()
            assert not manifest.exists()
            assert lake.expire(before="P30D", orphans="PT1H").files == 1
            assert not young.exists()
            assert {one for one in place.rglob("*") if one.suffix in (".parquet", ".avro")} == known
            pd.testing.assert_frame_equal(lake.jobs(), store.jobs())


def left(place: Path) -> tuple[Path, ...]:
    """Leave files that nobody speaks of: two hours old, two days old, and one beside the data."""
    history = place / "scale" / "job_history"
    ages = {
        history / "data" / "dead" / "young.parquet": timedelta(hours=2),
        history / "data" / "dead" / "old.parquet": timedelta(days=2),
        history / "metadata" / "old.avro": timedelta(days=2),
        place / "scale" / "notes.txt": timedelta(days=2),
    }
    for file, age in ages.items():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("old")
        moment = (NOW - age).timestamp()
        os.utime(file, (moment, moment))
    return tuple(ages)
