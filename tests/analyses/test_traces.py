"""Two real histories that nobody here wrote: every question answers, and its counts are those of pandas over the Parquet file."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
from analyses.every import Asker

import jobtype_toolkit as jt
from jobtype_toolkit.analyses.questions import QUESTIONS

pytestmark = pytest.mark.slow
NOW = {"sandia-ross-2001": datetime(2005, 2, 1, tzinfo=UTC), "openb-2023": datetime(2023, 7, 1, tzinfo=UTC)}
TYPE = ["job_type", "job_type_version"]
LATELY = "P60D"
TIMES = ("queued", "started", "ended", "last_status_change")


@pytest.fixture(scope="module", params=NOW)
def history(request, shared) -> tuple[jt.Store, pd.DataFrame, datetime]:
    """A store with the history, its rows as pandas has them, and an instant after all of them."""
    path: Path = shared / "data" / "traces" / request.param / "jobs.parquet"
    store = jt.open()
    store.load(path, strict=True)
    with duckdb.connect() as con:
        con.execute("SET TimeZone = 'UTC'")
        columns = ", ".join(f"epoch_us({one}) AS {one}" for one in TIMES)
        found = con.execute(
            f"SELECT job_type, job_type_version, status, error_name, exit_code, node, {columns} FROM '{path}'"
        ).df()
    for one in TIMES:
        found[one] = pd.to_datetime(found[one].astype("Int64"), unit="us", utc=True)
    return store, found, NOW[request.param]


@pytest.fixture(scope="module")
def answers(history) -> dict[str, pd.DataFrame]:
    """The answer of each question."""
    store, _, now = history
    asker = Asker(store, now)
    # ten thousand types on a thousand days are more than anybody can use
    more = {"failure_trend": {"by": "node"}, "error_onsets": {"started": LATELY}}
    return {one.name: asker(one, **more.get(one.name, {})) for one in QUESTIONS}


@pytest.fixture
def finished(history) -> pd.DataFrame:
    rows = history[1]
    return rows[rows["status"].isin(["COMPLETED", "FAILED"]) & rows["last_status_change"].notna()]


def same(found: pd.Series, expected: pd.Series) -> None:
    """Check that two series have the same values for the same groups."""
    pd.testing.assert_series_equal(
        found.sort_index(), expected.sort_index(), check_names=False, check_dtype=False, check_index_type=False
    )


def seconds(rows: pd.DataFrame, begin: str, end: str) -> pd.Series:
    """Return how long it was from one time to another, of the rows whose times run forwards."""
    took = (rows[end] - rows[begin]).dt.total_seconds()
    return took[took >= 0]


def test_failures_are_counted_as_in_pandas(answers, finished, history):
    now = history[2]
    is_bad = finished["status"] == "FAILED"
    found = answers["failure_rates"].set_index("name")
    same(found["finished"], finished.groupby("job_type").size())
    same(found["failed"], is_bad.groupby(finished["job_type"]).sum())
    trend = answers["failure_trend"]
    day = finished["last_status_change"].dt.floor("D")
    daily = trend.groupby("start")[["finished", "failed"]].sum()
    same(daily["finished"][daily["finished"] > 0], finished.groupby(day).size())
    same(daily["failed"][daily["failed"] > 0], finished[is_bad].groupby(day[is_bad]).size())
    bad = finished[is_bad]
    same(
        answers["failures"].groupby(["name", "error_name"], dropna=False)["count"].sum(),
        bad.groupby(["job_type", "error_name"], dropna=False).size(),
    )
    assert sorted(answers["failure_families"]["count"]) == sorted(
        bad.groupby(["error_name", "exit_code"], dropna=False).size()
    )
    late = bad[bad["last_status_change"] >= now - pd.Timedelta(LATELY)]
    onsets = answers["error_onsets"].set_index(["name", "error_name"])["count"]
    same(onsets, late.groupby(["job_type", "error_name"], dropna=False).size())
    largest = answers["failure_families"].iloc[0]
    assert len(answers["family_jobs"]) == largest["count"]


def test_executions_and_nodes_are_counted_as_in_pandas(answers, finished):
    attempts = answers["attempts"].set_index(["name", "version"])
    same(attempts["jobs"], finished.groupby(TYPE).size())
    parts = attempts[["clean", "rescued", "failed", "unknown"]].sum(axis=1)
    same(parts, attempts["jobs"])
    nodes = answers["bad_nodes"].set_index("node")
    same(nodes["finished"], finished.groupby("node").size())
    same(nodes["failed"], (finished["status"] == "FAILED").groupby(finished["node"]).sum())


def test_times_are_those_of_pandas(answers, history, finished):
    good = finished[finished["status"] == "COMPLETED"]
    took = seconds(good, "started", "ended").groupby([good[one] for one in TYPE])
    found = answers["durations"].set_index(["name", "version"])
    same(found["n"], took.size())
    for one in (50, 90, 99):
        same(found[f"p{one}"], took.quantile(one / 100))
    rows = history[1]
    waits = seconds(rows, "queued", "started").groupby([rows[one] for one in TYPE]).size()
    same(answers["waits"].set_index(["name", "version"])["n"], waits)


def test_what_is_open_is_counted_as_in_pandas(answers, history):
    _, rows, now = history
    drain = answers["drain_forecast"].set_index(["name", "version"])
    same(drain["queued"], rows[rows["status"] == "QUEUED"].groupby(TYPE).size())
    runs = rows[(rows["status"] == "RUNNING") & (rows["started"] < now)]
    assert answers["stuck"]["id"].nunique() == len(answers["stuck"]) <= len(runs)
    waiting = set(rows[rows["status"].isin(["QUEUED"])]["job_type"])
    reasons = answers["why_not_running"]
    assert set(reasons[reasons["reason"] == "queue_ahead"]["name"]) <= waiting
    assert not set(reasons[reasons["reason"].isin(["nothing_waiting", "not_queued"])]["name"]) & waiting


def test_limits_are_those_of_pandas(answers, history):
    store, rows, now = history
    name, version = rows.groupby(TYPE).size().idxmax()
    good = rows[(rows[TYPE] == [name, version]).all(axis=1) & (rows["status"] == "COMPLETED")]
    took = seconds(good, "started", "ended")
    limits = store.analyses.right_size(name, version, started=None, now=now).set_index("member")
    if len(took) < 100:
        assert "timeout" not in limits.index
        return
    proposed = int(np.ceil(took.quantile(0.999) * 1.5 / 60)) * 60
    assert limits.loc["timeout", "proposed"] == proposed
    assert limits.loc["timeout", "killed_share"] == pytest.approx((took > proposed).mean())


def test_an_error_that_is_new_is_its_first_failure(answers, finished):
    found = answers["changes"]
    new = found[found["kind"] == "new_error"].set_index(["name", "what"])["moment"]
    bad = finished[(finished["status"] == "FAILED") & finished["error_name"].notna()]
    same(new, bad.groupby(["job_type", "error_name"])["last_status_change"].min())
