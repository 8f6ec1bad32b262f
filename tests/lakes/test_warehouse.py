"""A warehouse on a file system that neither DuckDB nor pyiceberg knows, but fsspec: all that is done with a lake is done there."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import fsspec
import pandas as pd
import pytest
from histories import NOW

import jobtype_toolkit as jt

LONG_AFTER = datetime(2100, 1, 1, tzinfo=UTC)
HEAD = "id,job_type,job_type_version,status,created,last_status_change\n"
JOBS = HEAD + "".join(f"{n},fit,1.0,COMPLETED,2025-0{n}-10T10:00:00Z,2025-0{n}-10T11:00:00Z\n" for n in (1, 2, 3))
LATE = HEAD + "4,fit,1.0,COMPLETED,2025-02-11T10:00:00Z,2025-02-11T11:00:00Z\n"


@pytest.fixture
def warehouse() -> Iterator[str]:
    """A warehouse in the memory of this process."""
    yield "memory://bucket/scale"
    fsspec.filesystem("memory").store.clear()


def files() -> set[str]:
    return {one for one in fsspec.filesystem("memory").find("bucket") if one.endswith(".parquet")}


def test_a_lake_is_synced_asked_compacted_and_expired_in_a_warehouse_that_only_fsspec_knows(
    tmp_path: Path, warehouse: str
) -> None:
    (tmp_path / "jobs.csv").write_text(JOBS, encoding="utf-8")
    (tmp_path / "late.csv").write_text(LATE, encoding="utf-8")
    with jt.open(tmp_path / "ops.duckdb", create=True, clock=lambda: NOW) as store:
        store.load(tmp_path / "jobs.csv", source="local")
        first = store.sync_lake(tmp_path / "lake", warehouse=warehouse)
        before = files()
        store.load(tmp_path / "late.csv", source="local")
        second = store.sync_lake(tmp_path / "lake", warehouse=warehouse)
        assert (first.jobs, second.jobs) == (3, 1)
        assert store.sync_lake(tmp_path / "lake", warehouse=warehouse).is_unchanged
        with jt.lake(tmp_path / "lake", warehouse=warehouse, clock=lambda: NOW) as lake:
            pd.testing.assert_frame_equal(lake.jobs(), store.jobs())
        with jt.lake(tmp_path / "lake", warehouse=warehouse, at=first.snapshot, clock=lambda: NOW) as lake:
            assert lake.jobs()["id"].to_list() == [1, 2, 3]
        with jt.lake(tmp_path / "lake", warehouse=warehouse, clock=lambda: LONG_AFTER) as lake:
            lake.compact()
            assert lake.expire(before="P1D").states == 1
            pd.testing.assert_frame_equal(lake.jobs(), store.jobs())
    assert before - files()  # the place of the late job was written anew, and nobody needs what was there
    assert not [*(tmp_path / "lake").rglob("*.parquet")]
