"""Many job types, each with a history of its own: the questions count what is there."""

from __future__ import annotations

from pathlib import Path

import duckdb
from sizes import sizes

import jobtype_toolkit as jt

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
