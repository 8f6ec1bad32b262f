"""What a backfill from PostgreSQL costs us and the server, and how much memory it takes.

    python -m tests.bench.backfill [--rows 1000000]

The database is one of the tests' own. Jobs alone, and then jobs with their executions, each into a store of its own.
"""

from __future__ import annotations

import argparse
import os
import resource
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from clusters import Cluster, fill  # noqa: E402
from postgres import Server, server  # noqa: E402

import jobtype_toolkit as jt  # noqa: E402

TICK = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Cost:
    """What one backfill took."""

    rows: int
    jobs: int
    wall: float
    ours: float
    theirs: float
    memory: float

    def __str__(self) -> str:
        return (
            f"{self.rows:,} rows, {self.jobs:,} of them jobs: {self.wall:.1f} s; ours {self.ours:.2f} CPU-s, "
            f"{self.jobs / self.ours:,.0f} jobs/s a core; the server's {self.theirs:.2f} CPU-s, "
            f"{self.theirs / self.jobs * 1e6:.1f} µs a job; at most {self.memory:.0f} MB"
        )


def many(made: Server, rows: int) -> None:
    """Make a history of so many jobs by SQL, with an execution each and one input file."""
    tables = Cluster(12).tables()
    for name in ("job", "job_exe", "job_exe_end", "scale_file"):
        tables[name] = []
    fill(made, tables)
    made.sql((Path(__file__).parent / "backfill.sql").read_text(encoding="utf-8").replace("/*rows*/", str(rows)))


@contextmanager
def watched(found: list[float]) -> Iterator[None]:
    """Watch how much memory is in use meanwhile, in MB."""
    done = threading.Event()
    peak = [0.0]

    def look() -> None:
        while not done.wait(0.2):
            pages = int(Path("/proc/self/statm").read_text().split()[1])
            peak[0] = max(peak[0], pages * resource.getpagesize() / 2**20)

    watcher = threading.Thread(target=look, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()
        found.append(peak[0])


def of_server(made: Server) -> float:
    """Return the CPU seconds of the server's sessions that have ended."""
    process = int((made.folder / "data" / "postmaster.pid").read_text().split()[0])
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[13]) + int(fields[14])) / TICK


def cost(made: Server, *, executions: bool) -> Cost:
    """Fill a store, and return what that took."""
    with tempfile.TemporaryDirectory() as folder:
        store = jt.open(Path(folder) / "ops.duckdb")
        peak: list[float] = []
        began, ours, theirs = time.perf_counter(), time.process_time(), of_server(made)
        with watched(peak):
            report = store.backfill(made.url(), source="it", executions=executions, progress=False)
        wall, ours = time.perf_counter() - began, time.process_time() - ours
        store.close()
        time.sleep(1)  # until the session is reaped
        return Cost(report.rows, report.jobs, wall, ours, of_server(made) - theirs, peak[0])


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    given = parser.parse_args()
    with server() as made:
        many(made, given.rows)
        for executions in (False, True):
            print("with executions:" if executions else "jobs alone:", cost(made, executions=executions), flush=True)


if __name__ == "__main__":
    main()
