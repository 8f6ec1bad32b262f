"""What a pull costs us, how near it comes to what its server could give, and how much memory it takes.

    python -m tests.bench.pulling [--rows 100000] [--memory 1000000] [--profile]

The pull is in this process, its server in another one.
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import jobtype_toolkit as jt
from jobtype_toolkit.generator import generate
from jobtype_toolkit.store.store import LOAD_ORDER

PAGE = 250
LATENCY = 0.2
WORKERS = 4
IN_BOX = """
import sys, jobtype_toolkit as jt
from jobtype_toolkit import testing
with testing.serve(jt.open(sys.argv[1], read_only=True, idle=600)) as server:
    print(server.url, flush=True)
    sys.stdin.read()
"""


@dataclass(frozen=True)
class Pulled:
    """What a pull took."""

    rows: int
    seconds: float
    cpu: float

    @property
    def micros_a_row(self) -> float:
        return self.cpu / self.rows * 1e6


@contextmanager
def _running(*command: str) -> Iterator[str]:
    process = subprocess.Popen([sys.executable, *command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield process.stdout.readline().strip()
    finally:
        process.communicate()


@contextmanager
def in_box(folder: Path, jobs: int) -> Iterator[str]:
    """Serve a generated history with the local server, in another process."""
    file = folder / f"served-{jobs}.duckdb"
    if not file.exists():
        place = generate(folder / f"history-{jobs}", jobs=jobs, days=30)
        with jt.open(file) as store:
            for name in LOAD_ORDER:
                store.load(place, name, source="there")
    with _running("-c", IN_BOX, str(file)) as url:
        yield url


@contextmanager
def flat(jobs: int, latency: float = 0.0) -> Iterator[str]:
    """Serve jobs that cost their server next to nothing, in another process."""
    with _running("-m", "tests.bench.flat_server", "--jobs", str(jobs), "--latency", str(latency)) as url:
        yield url


def pull(url: str, folder: Path, *, page_size: int = PAGE, workers: int = 2) -> Pulled:
    """Pull everything into a new store."""
    with (
        tempfile.TemporaryDirectory(dir=folder) as scratch,
        jt.open(Path(scratch) / "mine.duckdb") as store,
        jt.connect(url) as scale,
    ):
        began, spent = time.perf_counter(), time.process_time()
        report = store.pull(scale, page_size=page_size, workers=workers, progress=False)
        return Pulled(report.jobs, time.perf_counter() - began, time.process_time() - spent)


class Memory:
    """Watches the memory of this process; the first figure is that of the imports."""

    def __init__(self) -> None:
        self.before = self.most = self._now()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    @staticmethod
    def _now() -> int:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        return pages * resource.getpagesize()

    def _watch(self) -> None:
        while not self._stop.wait(0.05):
            self.most = max(self.most, self._now())

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._stop.set()
        self._thread.join()

    @property
    def megabytes(self) -> float:
        return (self.most - self.before) / 1e6


def warmed(folder: Path) -> None:
    """Import and set up what a first pull does."""
    with flat(10) as url:
        pull(url, folder)


def share_of_ideal(found: Pulled) -> float:
    """Return the rows a second that some workers get if each page takes the latency and nothing else."""
    return found.rows / found.seconds / (WORKERS * PAGE / LATENCY)


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(prog="python -m tests.bench.pulling")
    options.add_argument("--rows", type=int, default=100_000)
    options.add_argument("--boxed", type=int, default=20_000)
    options.add_argument("--memory", type=int, default=0)
    options.add_argument("--profile", action="store_true")
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        warmed(folder)
        with in_box(folder, given.boxed) as url:
            profile = cProfile.Profile()
            if given.profile:
                profile.enable()
            found = pull(url, folder)
            profile.disable()
            print(f"local server: {found.rows:,} rows, {found.seconds:.1f} s, {found.micros_a_row:.0f} us of CPU a row")
            if given.profile:
                pstats.Stats(profile).sort_stats("tottime").print_stats(25)
        with flat(given.rows) as url:
            found = pull(url, folder, workers=WORKERS)
            print(f"flat server: {found.rows:,} rows, {found.seconds:.1f} s, {found.micros_a_row:.0f} us of CPU a row")
        with flat(given.rows, LATENCY) as url:
            found = pull(url, folder, workers=WORKERS)
            print(f"flat server with latency: {found.seconds:.1f} s, {share_of_ideal(found):.0%} of the ideal, "
                  f"{found.micros_a_row:.0f} us of CPU a row")  # fmt: skip
        if given.memory:
            with flat(given.memory) as url, Memory() as memory:
                found = pull(url, folder, workers=WORKERS)
            print(f"memory: {found.rows:,} rows, {found.seconds:.0f} s, {memory.megabytes:.0f} MB above what was there")


if __name__ == "__main__":
    main()
