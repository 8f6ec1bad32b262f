"""Two real job histories, counted by other routes than the store's: the log itself, and pandas over the Parquet."""

from __future__ import annotations

import csv
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from recount import of_status, of_system_failures, of_waiting

import jobtype_toolkit as jt

pytestmark = pytest.mark.slow

TRACES = {"sandia-ross-2001": 57_882, "openb-2023": 8_152}
WINDOWS = {
    "sandia-ross-2001": [
        ("2001-11-01T00:00:00Z", None),
        ("2003-01-01T00:00:00Z", "2003-06-30T23:59:59Z"),
        ("2004-02-29T12:00:00Z", "2004-02-29T18:00:00Z"),
        ("2002-05-01T00:00:00Z", "2002-05-01T00:00:00Z"),
        ("2010-01-01T00:00:00Z", None),
        ("2004-01-01T00:00:00Z", "2003-01-01T00:00:00Z"),
    ],
    "openb-2023": [
        ("2023-01-01T00:00:00Z", None),
        ("2023-02-01T00:00:00Z", "2023-03-01T00:00:00Z"),
        ("2023-04-15T06:30:00.5Z", "2023-04-16T00:00:00Z"),
        ("2030-01-01T00:00:00Z", None),
    ],
}
CASES = [(name, *window) for name, windows in WINDOWS.items() for window in windows]


@pytest.fixture(scope="module")
def history(shared):
    """(name) → (store, the rows as pandas has them); each is loaded once."""
    loaded: dict[str, tuple[jt.Store, pd.DataFrame]] = {}

    def get(name: str) -> tuple[jt.Store, pd.DataFrame]:
        if name not in loaded:
            path = shared / "data" / "traces" / name / "jobs.parquet"
            store = jt.open()
            report = store.load(path, strict=True)
            assert (report.rows, report.new) == (TRACES[name], TRACES[name])
            loaded[name] = (store, rows_of(path))
        return loaded[name]

    return get


def rows_of(path: Path) -> pd.DataFrame:
    """Read the Parquet file without any of the toolkit; DuckDB is only what opens it."""
    con = duckdb.connect()
    names = ["id", "job_type", "job_type_version", "status", "error_category", "error_name", "queued", "started"]
    columns = {name: con.execute(f"SELECT {name}::VARCHAR FROM '{path}'").fetchall() for name in names[1:6]}
    numbers = {
        name: [row[0] for row in con.execute(f"SELECT epoch_us({name}) FROM '{path}'").fetchall()]
        for name in ("queued", "last_status_change")
    }
    con.close()
    frame = pd.DataFrame({name: [row[0] for row in rows] for name, rows in columns.items()})
    for name, moments in numbers.items():
        frame[name] = pd.to_datetime(pd.Series(moments, dtype="Int64"), unit="us", utc=True).dt.as_unit("us")
    return frame


def moment(value: pd.Timestamp):
    return None if pd.isna(value) else value.to_pydatetime()


@pytest.mark.parametrize("name", TRACES)
def test_a_real_history_loads_whole_and_is_sound(history, name):
    store, rows = history(name)
    assert len(store.jobs()) == len(rows) == TRACES[name]
    assert store.check().is_sound
    assert len(store.rejects()) == 0


def test_status_counts_per_job_type_equal_those_of_the_raw_log(history, shared):
    """All 10,441 executables of Sandia Ross, recounted straight from the log by whoever made the file."""
    store, _ = history("sandia-ross-2001")
    with (shared / "data" / "traces" / "expected_counts.csv").open(newline="") as file:
        expected = {
            row["job_type"]: {
                status: int(row[status.lower()])
                for status in ("COMPLETED", "FAILED", "CANCELED")
                if int(row[status.lower()])
            }
            for row in csv.DictReader(file)
            if row["trace"] == "sandia-ross-2001"
        }
    assert len(expected) == 10_441
    found: dict[str, dict[str, int]] = {name: {} for name in store.job_types()["name"]}
    frame = store.status(started="1990-01-01T00:00:00Z")
    for name, status, count in zip(frame["name"], frame["status"], frame["count"], strict=True):
        found[name][status] = found[name].get(status, 0) + int(count)
    assert found == expected


def test_openb_has_its_known_running_queued_and_failed_jobs(history):
    store, _ = history("openb-2023")
    assert int(store.running()["count"].sum()) == 5_193
    assert int(store.queue_status()["count"].sum()) == 897
    assert int(store.system_failures()["count"].sum()) == 1_870


@pytest.mark.parametrize(("name", "started", "ended"), CASES)
def test_status_of_a_window_equals_a_recount_in_pandas(history, name, started, ended):
    store, rows = history(name)
    changed = rows["last_status_change"]
    inside = changed >= pd.Timestamp(started)
    if ended:
        inside &= changed <= pd.Timestamp(ended)
    counted = rows[inside | (rows["status"] == "RUNNING")]
    groups = counted.groupby(["job_type", "job_type_version", "status", "error_category"], dropna=False)[
        "last_status_change"
    ]
    expected = {
        ((key[0], key[1]), key[2], None if pd.isna(key[3]) else key[3]): (len(group), moment(group.max()))
        for key, group in groups
    }
    types = set(zip(rows["job_type"], rows["job_type_version"], strict=True))
    expected |= {(one, None, None): (0, None) for one in types - {key[0] for key in expected}}
    assert of_status(store.status(started=started, ended=ended)) == expected


@pytest.mark.parametrize("name", TRACES)
@pytest.mark.parametrize(
    ("call", "status", "column", "when"),
    [
        ("pending", "PENDING", "longest_pending", "last_status_change"),
        ("running", "RUNNING", "longest_running", "last_status_change"),
        ("queue_status", "QUEUED", "longest_queued", "queued"),
    ],
)
def test_waiting_and_running_jobs_equal_a_recount_in_pandas(history, name, call, status, column, when):
    store, rows = history(name)
    groups = rows[rows["status"] == status].groupby(["job_type", "job_type_version"])[when]
    expected = {key: (len(group), moment(group.min())) for key, group in groups}
    assert of_waiting(getattr(store, call)(), column) == expected


@pytest.mark.parametrize("name", TRACES)
def test_system_failures_equal_a_recount_in_pandas(history, name):
    store, rows = history(name)
    failed = rows[(rows["status"] == "FAILED") & (rows["error_category"] == "SYSTEM")]
    groups = failed.groupby(["job_type", "job_type_version", "error_name"])["last_status_change"]
    expected = {
        ((key[0], key[1]), key[2]): (len(group), moment(group.min()), moment(group.max())) for key, group in groups
    }
    found = store.system_failures()
    assert of_system_failures(found) == expected
    assert list(found["last_error"]) == sorted(found["last_error"], reverse=True)


def test_polars_counts_the_same(history, shared):
    """Another engine altogether, where it is installed."""
    polars = pytest.importorskip("polars")
    store, _ = history("sandia-ross-2001")
    frame = polars.read_parquet(shared / "data" / "traces" / "sandia-ross-2001" / "jobs.parquet")
    bounds = (
        polars.lit("2003-01-01").str.to_datetime(time_zone="UTC"),
        polars.lit("2003-02-01").str.to_datetime(time_zone="UTC"),
    )
    counted = frame.filter(polars.col("last_status_change").is_between(*bounds)).group_by("status").len()
    expected = dict(counted.iter_rows())
    found = store.status(started="2003-01-01T00:00:00Z", ended="2003-02-01T00:00:00Z").groupby("status")["count"].sum()
    assert {status: int(count) for status, count in found.items()} == expected


def test_failures_of_all_categories_add_up_to_the_failed_jobs_of_the_log(history):
    store, rows = history("sandia-ross-2001")
    found = store.analyses.failures()
    assert int(found["count"].sum()) == int((rows["status"] == "FAILED").sum())
    window = rows["last_status_change"].between(
        pd.Timestamp("2003-01-01", tz="UTC"), pd.Timestamp("2003-07-01", tz="UTC")
    )
    half = store.analyses.failures(started="2003-01-01T00:00:00Z", ended="2003-07-01T00:00:00Z")
    assert int(half["count"].sum()) == int((rows[window]["status"] == "FAILED").sum())
    assert half["share"].between(0, 1).all()
    finished = (
        rows[window & rows["status"].isin(["FAILED", "COMPLETED"])].groupby(["job_type", "job_type_version"]).size()
    )
    for row in half.head(50).to_dict("records"):
        assert row["share"] == pytest.approx(row["count"] / finished[row["name"], row["version"]])


def test_an_export_of_a_real_history_loads_back_with_the_same_answers(history, tmp_path):
    store, _ = history("openb-2023")
    store.export(tmp_path)
    copy = jt.open()
    for resource in ("job_types", "errors", "jobs"):
        copy.load(tmp_path, resource)
    for call in ("running", "queue_status", "system_failures"):
        pd.testing.assert_frame_equal(getattr(copy, call)(), getattr(store, call)())
