"""Many job types, each with a history of its own: the questions count what is there."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from inspect import CO_GENERATOR
from os import sep
from pathlib import Path
from types import FrameType

import duckdb
import pytest
from sizes import sizes

import jobtype_toolkit as jt
from jobtype_toolkit.queries.reader import Reader

pytestmark = pytest.mark.slow

DAYS = 60
MADE = """
    SELECT
        row_number() OVER () AS id, 'type-' || type AS job_type, '1.0' AS job_type_version,
        CASE WHEN dice % 20 = 0 THEN 'FAILED' ELSE 'COMPLETED' END AS status,
        CASE WHEN dice % 20 = 0 THEN 'error-' || dice // 20 % 3 END AS error_name,
        'node-' || dice // 60 % 20 AS node, 1 AS num_exes, moment - INTERVAL 9 MINUTE AS queued,
        moment - INTERVAL 5 MINUTE AS started, moment AS ended, moment AS last_status_change, moment AS last_modified
    FROM (
        SELECT
            type, hash(type * 1009 + day * 101 + n) AS dice,
            TIMESTAMPTZ '2026-01-01 00:00:00Z' + day * INTERVAL 1 DAY + n * INTERVAL 5 HOUR AS moment
        FROM range($types) AS t(type), range($days) AS d(day), range(3) AS j(n)
    )
"""


@sizes(20, 10_000)
def test_questions_about_many_types_with_long_histories_count_all_of_them(tmp_path: Path, size: int):
    file = tmp_path / "jobs.parquet"
    duckdb.execute(f"COPY ({MADE}) TO '{file}'", {"types": size, "days": DAYS})
    (jobs, failed, errors), *_ = duckdb.execute(
        "SELECT count(*), count(error_name), count(DISTINCT (job_type, error_name)) FILTER (WHERE error_name IS NOT NULL) "
        f"FROM '{file}'"
    ).fetchall()
    with jt.open(tmp_path / "store.duckdb") as store:
        store.load(file, "jobs")
        ask = store.analyses
        rates, trend = ask.failure_rates(), ask.failure_trend(per="week", by="name")
        assert (len(rates), rates["finished"].sum(), rates["failed"].sum()) == (size, jobs, failed)
        assert (trend["name"].nunique(), trend["finished"].sum(), trend["failed"].sum()) == (size, jobs, failed)
        worse = ask.worse_than_usual()
        assert len(worse) == size
        assert "not enough data" not in set(worse["verdict"])
        onsets = ask.error_onsets(started=f"P{DAYS}D")
        assert (len(onsets), onsets["count"].sum()) == (errors, failed)
        assert ask.bad_nodes(started=f"P{DAYS}D")["finished"].sum() == jobs
        assert ask.durations()["n"].sum() == jobs - failed


RISEN = """
    SELECT
        row_number() OVER () AS id, 'type-' || type AS job_type, '1.' || n % 2 AS job_type_version,
        CASE WHEN is_last AND n % 2 = 0 THEN 'QUEUED' WHEN is_last OR (type + day + n) % 19 = 0 THEN 'FAILED' ELSE 'COMPLETED' END AS status,
        CASE WHEN status = 'FAILED' THEN 'error-' || n % 3 END AS error_name, 'node-' || n % 4 AS node, 1 AS num_exes,
        moment - INTERVAL 9 MINUTE AS queued, CASE WHEN status <> 'QUEUED' THEN moment - INTERVAL 5 MINUTE END AS started,
        CASE WHEN status <> 'QUEUED' THEN moment END AS ended, moment AS last_status_change, moment AS last_modified
    FROM (
        SELECT type, day, n, day = 19 AS is_last,
            TIMESTAMPTZ '2026-01-01 00:00:00Z' + day * INTERVAL 1 DAY + n * INTERVAL 1 HOUR AS moment
        FROM range($types) AS t(type), range(20) AS d(day), range(8) AS j(n)
    )
"""
"""Job types of which each fails more than usual on the last day, and has jobs on the queue."""


def is_pandas(frame: FrameType) -> bool:
    """Say whether a function of pandas is called by the toolkit; a generator of pandas goes on with each row."""
    caller = frame.f_back
    is_step = f"{sep}pandas{sep}" in frame.f_code.co_filename and not frame.f_code.co_flags & CO_GENERATOR
    return bool(is_step and caller and f"{sep}jobtype_toolkit{sep}" in caller.f_code.co_filename)


def steps(do: Callable[[], object], statements: Callable[[], int]) -> tuple[int, int]:
    """Return how often some work calls pandas, and how many SQL statements it runs."""
    calls, before = 0, statements()

    def seen(frame: FrameType, event: str, _of: object) -> None:
        nonlocal calls
        calls += event == "call" and is_pandas(frame)

    profiler = sys.getprofile()
    sys.setprofile(seen)
    try:
        do()
    finally:
        sys.setprofile(profiler)
    return calls, statements() - before


def test_more_job_types_take_no_more_steps_of_pandas_and_of_sql(tmp_path, monkeypatch):
    """What is done once per type by pandas takes a millisecond each, and looks through the rows of all types again."""
    run, fetch = [], Reader.fetch
    monkeypatch.setattr(Reader, "fetch", lambda *given: run.append(given) or fetch(*given))
    found = {}
    for types in (5, 15):
        file = tmp_path / f"{types}.parquet"
        duckdb.execute(f"COPY ({RISEN}) TO '{file}'", {"types": types})
        with jt.open(tmp_path / f"{types}.duckdb") as store:
            store.load(file, "jobs")
            ask = store.analyses
            assert list(ask.worse_than_usual()["verdict"]) == ["worse"] * types
            asked = {
                one: getattr(ask, one) for one in ("worse_than_usual", "error_onsets", "drain_forecast", "bad_nodes")
            }
            asked |= {
                "why_not_running": ask.why_not_running,
                "changes": partial(ask.changes, "P7D"),
                "report": store.report,
            }
            found[types] = {name: steps(do, lambda: len(run)) for name, do in asked.items()}
    for name, (calls, statements) in found[15].items():
        assert 0 < calls <= found[5][name][0], name
        assert statements == found[5][name][1], name
