"""One history as Slurm exports it, and as a plain CSV in the names of the vocabulary."""

from __future__ import annotations

from pathlib import Path

import duckdb

_ROWS = """
    SELECT
        1000 + i AS id, 'type' || i % 40 AS job_type, CASE i % 10 WHEN 0 THEN 'FAILED' WHEN 1 THEN 'CANCELED' ELSE 'COMPLETED' END AS status,
        'n' || lpad(CAST(i % 90 AS VARCHAR), 2, '0') AS node,
        strftime(TIMESTAMP '2026-01-01' + to_seconds(20 * i), '%Y-%m-%dT%H:%M:%S') AS created,
        strftime(TIMESTAMP '2026-01-01' + to_seconds(20 * i + i % 7919), '%Y-%m-%dT%H:%M:%S') AS ended
    FROM range(?) AS r(i)
"""
_PLAIN = """
    SELECT id, job_type, 1 AS job_type_version, status, node, 0 AS exit_code, created, created AS queued, created AS started, ended,
        ended AS last_status_change, 'long' AS partition
"""
_SACCT = """
    SELECT id AS JobID, job_type AS JobName, 'long' AS Partition, replace(status, 'CANCELED', 'CANCELLED by 1001') AS State,
        '0:0' AS ExitCode, created AS Submit, created AS Eligible, created AS Start, ended AS "End", '00:10:00' AS Elapsed,
        node || '[1-4]' AS NodeList
"""


def written(folder: Path, jobs: int) -> tuple[Path, Path]:
    """Return the export of `sacct -P` and the plain CSV of so many jobs."""
    sacct, plain = folder / "sacct.txt", folder / "plain.csv"
    with duckdb.connect() as con:
        con.execute(f"CREATE TABLE jobs AS {_ROWS}", [jobs])
        con.execute(f"COPY ({_SACCT} FROM jobs) TO '{sacct}' (HEADER, DELIMITER '|')")
        con.execute(f"COPY ({_PLAIN} FROM jobs) TO '{plain}' (HEADER)")
    return sacct, plain
