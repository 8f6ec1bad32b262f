"""What a lake costs beside the file of its store: `python -m tests.bench.lakes --jobs 1000000`.

CPU seconds of this process, the least of five runs, of questions whose answers are equal; bytes a job; and a nightly sync after
a two-hundredth of the jobs changed, in the last days and on one day long ago. `--spark` measures how the cost of a question grows
on Spark (`tests/bench/on_spark.py`).
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

import jobtype_toolkit as jt
from jobtype_toolkit.generator import generate
from jobtype_toolkit.store.store import LOAD_ORDER

QUESTIONS: dict[str, Callable[[Any], pd.DataFrame]] = {
    "status, 3 hours": lambda one: one.status(),
    "status, 30 days": lambda one: one.status(started="P30D"),
    "status, all of history": lambda one: one.status(started="2000-01-01T00:00:00Z"),
    "running": lambda one: one.running(),
    "system_failures": lambda one: one.system_failures(),
    "failures, all of history": lambda one: one.analyses.failures(),
    "failure_trend, a year": lambda one: one.analyses.failure_trend(started="P365D"),
    "jobs, FAILED in a day": lambda one: one.jobs(started="P1D", status="FAILED"),
    "jobs, by five ids": lambda one: one.jobs(job_id=[5, 6, 7, 8, 9], started="P9000D"),
}
LATE = """
SELECT
    id, job_type, job_type_version, 'FAILED' AS status, 'late' AS error_name, 'DATA' AS error_category,
    last_status_change + INTERVAL 1 HOUR AS last_status_change, last_modified + INTERVAL 1 HOUR AS last_modified
FROM job
WHERE status = 'COMPLETED' AND (
    last_status_change > $newest::TIMESTAMPTZ - INTERVAL 5 DAY
    OR last_status_change BETWEEN $newest::TIMESTAMPTZ - INTERVAL 80 DAY AND $newest::TIMESTAMPTZ - INTERVAL 79 DAY
)
ORDER BY hash(id)
LIMIT $rows
"""


def cpu(call: Callable[[], Any]) -> tuple[float, Any]:
    """Return the CPU seconds of a call, and what it gave."""
    began = time.process_time()
    made = call()
    return time.process_time() - began, made


SYNC = r"""
import re, resource, sys, jobtype_toolkit as jt
from pathlib import Path
with jt.open(sys.argv[1], read_only=True) as store:
    report = store.sync_lake(sys.argv[2])
used = resource.getrusage(resource.RUSAGE_SELF)
most = int(re.search(r"VmHWM:\s*(\d+)", Path("/proc/self/status").read_text())[1])  # ru_maxrss is the parent's, too
print(f"{used.ru_utime + used.ru_stime:.1f} CPU-s with imports, {most / 1024:,.0f} MB at most. {report}")
"""


def synced(folder: Path) -> str:
    """Sync in a process of its own, and return what it took."""
    command = [sys.executable, "-c", SYNC, str(folder / "ops.duckdb"), str(folder / "lake")]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def filled(folder: Path, jobs: int, days: int) -> Path:
    """Make a history and load it; return the file of the store."""
    generate(folder / "rows", jobs=jobs, days=days)
    with jt.open(folder / "ops.duckdb", create=True) as store:
        for resource_name in LOAD_ORDER:
            store.load(folder / "rows", resource_name, source="sample", progress=False)
    return folder / "ops.duckdb"


def measure(folder: Path, jobs: int, days: int) -> None:
    """Make a store and its lakes, and print what they cost."""
    with jt.open(filled(folder, jobs, days)) as store:
        took, _ = cpu(lambda: store.export(folder / "folders", partitioned=True))
        size = sum(one.stat().st_size for one in (folder / "folders" / "job_history").rglob("*.parquet"))
        native = (folder / "ops.duckdb").stat().st_size
        print(f"export: {took:.1f} CPU-s; {size / jobs:.1f} bytes a job, the store's file {native / jobs:.1f}")
        for what in ("first", "with nothing new"):
            store.close()
            print(f"sync, {what}: {synced(folder)}", flush=True)
        newest = store.as_of
        places = {
            "store": store,
            "folders": jt.lake(folder / "folders", clock=lambda: newest),
            "Iceberg": jt.lake(folder / "lake", clock=lambda: newest),
        }
        for what, ask in QUESTIONS.items():
            took_by = {name: min(cpu(partial(ask, one))[0] for _ in range(5)) for name, one in places.items()}
            for one in list(places.values())[1:]:
                pd.testing.assert_frame_equal(ask(one), ask(store))
            print(f"{what:26}", *(f"{name} {took:6.3f}" for name, took in took_by.items()))
        late = store.sql(LATE, newest=newest, rows=jobs // 200)
        store.load(late, source="sample", progress=False)
        store.close()
        print(f"sync after {len(late):,} late changes: {synced(folder)}")


def main() -> None:
    """Measure in a folder that is removed afterwards."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--jobs", type=int, default=1_000_000)
    options.add_argument("--days", type=int, default=365)
    options.add_argument(
        "--spark",
        action="store_true",
        help="how the cost of a question grows on Spark, instead; needs pyspark and Java",
    )
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if given.spark:
            from tests.bench import on_spark

            sizes = (given.jobs, on_spark.LONGER * given.jobs)
            on_spark.measure({jobs: filled(folder / str(jobs), jobs, given.days) for jobs in sizes}, folder)
        else:
            measure(folder, given.jobs, given.days)


if __name__ == "__main__":
    main()
