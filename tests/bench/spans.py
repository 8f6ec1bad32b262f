"""The questions over one year and over one week, and the same counts the way people make them in pandas."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import duckdb
import pandas as pd

import jobtype_toolkit as jt
from jobtype_toolkit.store.store import LOAD_ORDER

COLUMNS = [
    "job_type_id", "status", "error_id", "node", "num_exes", "queued", "started", "ended",
    "last_status_change",
]  # fmt: skip
PAST = pd.Timedelta(days=91)
"""What `worse_than_usual` compares with."""
YEAR, WEEK = "P365D", "P7D"

TREND = """
    SELECT job_type_id, date_trunc('day', last_status_change) AS day, count(*), count(*) FILTER (WHERE status = 'FAILED')
    FROM naive WHERE status IN ('COMPLETED', 'FAILED') GROUP BY 1, 2
"""
"""A trend over all of the history by UTC day, on the table as it was sent."""

Counted = Callable[[pd.DataFrame, pd.Timestamp], object]


def questions(store: jt.Store) -> Mapping[str, Callable[[str], object]]:
    """Return the questions over a span that ends with the history, by name."""
    ask = store.analyses
    type_, error = ask.failures(started=YEAR).iloc[0][["name", "error_name"]]
    versions = sorted(ask.failure_rates(by=["name", "version"], name=[type_])["version"])
    return {
        "failure_rates": lambda span: ask.failure_rates(started=span),
        "failure_rates by node": lambda span: ask.failure_rates(by=["name", "node"], started=span),
        "failure_trend": lambda span: ask.failure_trend(started=span),
        "failure_trend of one error": lambda span: ask.failure_trend(by="error_name", error_name=[error], started=span),
        "failures": lambda span: ask.failures(started=span),
        "failure_families": lambda span: ask.failure_families(started=span),
        "worse_than_usual": lambda span: ask.worse_than_usual(started=span),
        "error_onsets": lambda span: ask.error_onsets(started=span),
        "bad_nodes": lambda span: ask.bad_nodes(started=span),
        "durations": lambda span: ask.durations(started=span),
        "waits": lambda span: ask.waits(started=span),
        "attempts": lambda span: ask.attempts(started=span),
        "backlog": lambda span: ask.backlog(started=span),
        "changes": ask.changes,
        "compare_versions": lambda span: ask.compare_versions(type_, versions[0], versions[-1], started=span),
    }


def pandas_frame(jobs: Path) -> pd.DataFrame:
    """Return the columns that these questions need, in memory."""
    return pd.read_parquet(jobs, columns=COLUMNS)


def _finished(frame: pd.DataFrame, started: pd.Timestamp) -> pd.DataFrame:
    return frame[(frame["last_status_change"] >= started) & frame["status"].isin(["COMPLETED", "FAILED"])]


def _rates(*keys: str) -> Counted:
    def counted(frame: pd.DataFrame, started: pd.Timestamp) -> object:
        found = _finished(frame, started)
        found = found.assign(failed=found["status"] == "FAILED", day=found["last_status_change"].dt.floor("D"))
        return found.groupby([*keys, "day"], dropna=False)["failed"].agg(["size", "sum"])

    return counted


def _failures(*keys: str) -> Counted:
    def counted(frame: pd.DataFrame, started: pd.Timestamp) -> object:
        found = frame[(frame["last_status_change"] >= started) & (frame["status"] == "FAILED")]
        return found.groupby(list(keys), dropna=False)["last_status_change"].agg(["size", "min", "max"])

    return counted


def _onsets(frame: pd.DataFrame, started: pd.Timestamp) -> object:
    return (
        _rates("job_type_id", "node")(frame, started - pd.Timedelta(days=60)),
        _failures("job_type_id", "error_id")(frame, frame["last_status_change"].min()),
    )


def _took(end: str, begin: str) -> Counted:
    def counted(frame: pd.DataFrame, started: pd.Timestamp) -> object:
        found = _finished(frame, started)
        took = (found[end] - found[begin]).dt.total_seconds()
        return took.groupby(found["job_type_id"]).quantile([0.5, 0.9, 0.99])

    return counted


def _attempts(frame: pd.DataFrame, started: pd.Timestamp) -> object:
    return _finished(frame, started).groupby(["job_type_id", "status", "num_exes"], dropna=False).size()


def _backlog(frame: pd.DataFrame, started: pd.Timestamp) -> object:
    waited = frame[(frame["started"] >= started) & frame["queued"].notna()]
    events = [
        pd.DataFrame({"type": waited["job_type_id"], "hour": waited[name].dt.ceil("h"), "step": step})
        for name, step in (("queued", 1), ("started", -1))
    ]
    return pd.concat(events).groupby(["type", "hour"])["step"].sum().groupby(level="type").cumsum()


PANDAS: Mapping[str, Counted] = {
    "failure_rates": _rates("job_type_id"),
    "failure_rates by node": _rates("job_type_id", "node"),
    "failure_trend": _rates("job_type_id"),
    "failures": _failures("job_type_id", "error_id"),
    "failure_families": _failures("error_id", "node"),
    "worse_than_usual": lambda frame, started: _rates("job_type_id", "node")(frame, started - PAST),
    "error_onsets": _onsets,
    "bad_nodes": _rates("job_type_id", "node"),
    "durations": _took("ended", "started"),
    "waits": _took("started", "queued"),
    "attempts": _attempts,
    "backlog": _backlog,
}
"""The counts that a question starts from, without its statistics; those that nobody makes in one step have none."""


def small_store(place: Path, file: Path) -> jt.Store:
    """Return a store with a history of its own, to see what grows with the history."""
    file.unlink(missing_ok=True)
    store = jt.open(file, idle=60)
    for resource in LOAD_ORDER:
        store.load(place, resource)
    return store


def trend_of_raw(naive: duckdb.DuckDBPyConnection) -> object:
    """Return the trend by UTC day of the unsorted table."""
    return naive.execute(TREND).df()
