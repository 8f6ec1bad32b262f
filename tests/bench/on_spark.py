"""What a question over all of history costs on Spark, by the length of the history: `python -m tests.bench.lakes --spark`.

CPU seconds of this process and of the JVM below it, by what Linux counts for each of them. Two lakes, the second ten times as
long, are asked in turn in one session with two threads, so that both meet the same JVM; the first rounds warm it up.
"""

from __future__ import annotations

import os
import statistics
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

import jobtype_toolkit as jt
from tests.spark.spark_session import started

WARM_UP, ROUNDS = 20, 20
LONGER = 10
MEMORY = "8g"
"""What an executor of a site has; with two gigabytes the JVM spends a tenth more, as it has to clean up."""
MILLION = 1_000_000
_TICKS = os.sysconf("SC_CLK_TCK")


def processes() -> Iterator[tuple[int, float]]:
    """Yield the CPU seconds so far of this process and all that it started, each with its number."""
    parents, used = {}, {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:  # it ended meanwhile
            continue
        number = int(stat.parent.name)
        parents[number], used[number] = int(fields[1]), sum(map(int, fields[11:13])) / _TICKS
    ours = [os.getpid()]
    for one in ours:
        ours += [number for number, parent in parents.items() if parent == one]
        yield one, used[one]


def cpu() -> float:
    """Return the CPU seconds of the whole tree of processes so far."""
    return sum(used for _, used in processes())


def status(lake: jt.Lake) -> pd.DataFrame:
    """Ask for the status over all of history."""
    return lake.status(started="2000-01-01T00:00:00Z")


def measure(stores: dict[int, Path], folder: Path) -> None:
    """Print what the question costs on the lakes of some stores, by how many jobs they have, and how it grows."""
    spark = started("local[2]", memory=MEMORY)
    lakes, expected = {}, {}
    for jobs, file in stores.items():
        with jt.open(file, read_only=True) as store:
            store.export(folder / f"lake-{jobs}", partitioned=True)
            newest = store.as_of
        lakes[jobs] = jt.lake(folder / f"lake-{jobs}", session=spark, clock=lambda newest=newest: newest)
        with jt.lake(folder / f"lake-{jobs}", clock=lambda newest=newest: newest) as by_duckdb:
            expected[jobs] = status(by_duckdb)
    took: dict[int, list[float]] = {jobs: [] for jobs in lakes}
    for _ in range(WARM_UP + ROUNDS):
        for jobs, lake in lakes.items():
            began = cpu()
            found = status(lake)
            took[jobs].append(cpu() - began)
            pd.testing.assert_frame_equal(found, expected[jobs])
    warm = {jobs: some[WARM_UP:] for jobs, some in took.items()}
    for jobs, some in warm.items():
        print(f"status, all of history, on Spark, {jobs:,} jobs: {spread(some)} CPU-s")
    (few, of_few), (many, of_many) = warm.items()
    slopes = [(more - less) / ((many - few) / MILLION) for less, more in zip(of_few, of_many, strict=True)]
    print(f"growth per million jobs: {spread(slopes)} CPU-s")
    spark.stop()


def spread(some: list[float]) -> str:
    """Return the median of some figures, with their quartiles."""
    low, middle, high = statistics.quantiles(some, n=4)
    return f"{middle:.3f} ({low:.3f} to {high:.3f})"
