"""The rollup `job_day`: jobs that are over, counted by UTC day, in step with `job_final`.

Counts add up, so that a merge adds the rows that come and takes off those that give way, and reads no other job of their days.
"""

from __future__ import annotations

import duckdb

from jobtype_toolkit.store.engine import script
from jobtype_toolkit.store.schema import days_of

_OF_SOURCE = "job_final WHERE source = $source"
_REPLACED = "job_final WHERE rowid IN (SELECT place FROM replaced WHERE home = 'job_final')"
_COUNTED_BY = "last_status_change, job_type_id, revision_num, status, error_id"


def fill(con: duckdb.DuckDBPyConnection, source: str) -> None:
    """Count the jobs of a source that has no days yet."""
    script(con, "store/job_day.fill", {"source": source}, rows=days_of(_OF_SOURCE))


def count_again(con: duckdb.DuckDBPyConnection, source: str) -> None:
    """Count the jobs of a source anew."""
    script(con, "store/job_day.forget", {"source": source})
    fill(con, source)


def change(con: duckdb.DuckDBPyConnection, source: str, come: str) -> None:
    """Count on from what the days of a source were, before a merge takes out what is `replaced`.

    Args:
        con: the connection of the merge.
        source: whose rows they are.
        come: SQL of the rows that are written into `job_final`, from FROM on; they have no source.
    """
    coming = days_of(f"(SELECT $source AS source, {_COUNTED_BY} {come})")
    script(con, "store/job_day.change", {"source": source}, come=coming, gone=days_of(_REPLACED))
