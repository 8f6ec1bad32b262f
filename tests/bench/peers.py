"""The same questions answered the way people answer them without the toolkit."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import duckdb
import pandas as pd
import polars as pl

GROUP = ["job_type_id", "status", "error_category"]


def pandas_frame(jobs: Path) -> pd.DataFrame:
    """Return the columns that a status needs, in memory."""
    return pd.read_parquet(jobs, columns=[*GROUP, "last_status_change"])


def pandas_status(frame: pd.DataFrame, started: datetime) -> pd.DataFrame:
    counted = frame[(frame["status"] == "RUNNING") | (frame["last_status_change"] >= started)]
    grouped = counted.groupby(GROUP, dropna=False, observed=True)["last_status_change"]
    return grouped.agg(["size", "max"]).reset_index()


def polars_status(jobs: Path, started: datetime) -> pd.DataFrame:
    counted = pl.scan_parquet(jobs).filter((pl.col("status") == "RUNNING") | (pl.col("last_status_change") >= started))
    return counted.group_by(GROUP).agg(pl.len(), pl.col("last_status_change").max()).collect().to_pandas()


NAIVE_SYSTEM_FAILURES = """
    SELECT job_type_id, error_id, count(*) AS n, min(last_status_change), max(last_status_change)
    FROM naive WHERE status = 'FAILED' AND error_category = 'SYSTEM'
    GROUP BY 1, 2 ORDER BY 5 DESC
"""


def naive_table(file: Path, jobs: Path) -> duckdb.DuckDBPyConnection:
    """Return a file with the history in one table, in no order."""
    file.unlink(missing_ok=True)
    con = duckdb.connect(str(file))
    con.execute(f"CREATE TABLE naive AS FROM '{jobs}' ORDER BY hash(id)")
    con.execute("CHECKPOINT")
    return con


def bare_load(file: Path, jobs: Path) -> None:
    """Load a Parquet file without looking at it."""
    file.unlink(missing_ok=True)
    with duckdb.connect(str(file)) as con:
        con.execute(f"CREATE TABLE jobs AS FROM '{jobs}'")


def json_normalize_load(file: Path, pages: list[Path]) -> None:
    """Load v6 pages as most people do."""
    file.unlink(missing_ok=True)
    frames = [pd.json_normalize(json.loads(page.read_bytes())["results"]) for page in pages]
    with duckdb.connect(str(file)) as con:
        con.register("frame", pd.concat(frames, ignore_index=True))
        con.execute("CREATE TABLE jobs AS FROM frame")


def rewrite(file: Path, changed: Path) -> None:
    """Put changed rows into a table by writing it anew, in order."""
    with duckdb.connect(str(file)) as con:
        con.execute(
            f"CREATE TABLE fresh AS FROM (FROM jobs ANTI JOIN '{changed}' USING (id) UNION ALL FROM '{changed}') "
            "ORDER BY last_status_change"
        )
        con.execute("DROP TABLE jobs")
        con.execute("ALTER TABLE fresh RENAME TO jobs")
