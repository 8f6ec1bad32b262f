"""Pulling from a server in a box in another process: our CPU a row, our share of the rate it allows, our memory.

`python -m tests.bench.pulling URL STORE PAGE_SIZE WORKERS` is the process that is measured; it prints what it took.
"""

from __future__ import annotations

import json
import re
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import jobtype_toolkit as jt

LATENCY = 0.2
PAGE_SIZE = 250
WORKERS = 4


@contextmanager
def served(store: Path, *, latency: float = 0.0) -> Iterator[str]:
    """Serve a store in a process of its own, and give its address."""
    program = "from jobtype_toolkit.cli import main; main()"
    faults = ["--faults", f"latency={latency}"] if latency else []
    command = [sys.executable, "-c", program, "serve", "--store", str(store), "--port", "0", "--read-only", *faults]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        found = re.search(r"http://[\d.:]+/api", process.stdout.readline() if process.stdout else "")
        if found is None:
            msg = "the server did not tell its address"
            raise RuntimeError(msg)
        yield found[0]
    finally:
        process.terminate()
        process.communicate(timeout=30)


def pulled(url: str, store: Path, page_size: int, workers: int) -> dict[str, Any]:
    """Pull in a process of its own, and return what it took."""
    command = [sys.executable, "-m", "tests.bench.pulling", url, str(store), str(page_size), str(workers)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _measure(url: str, store: Path, page_size: int, workers: int) -> dict[str, Any]:
    """Pull, after a first contact that brings the imports and what job types are."""
    scale = jt.connect(url)
    with jt.open(store) as target:
        target.pull(scale, pages=1, page_size=1, snapshot=False, progress=False)
        began, cpu = time.perf_counter(), time.process_time()
        with _watched() as memory:
            report = target.pull(scale, page_size=page_size, workers=workers, snapshot=False, progress=False)
        return {
            "rows": report.jobs,
            "requests": report.requests,
            "seconds": time.perf_counter() - began,
            "cpu": time.process_time() - cpu,
            "memory": max(memory) - memory[0],
            "is_complete": report.is_complete,
            "jobs": len(target.sql("SELECT id FROM job")),
        }


@contextmanager
def _watched() -> Iterator[list[int]]:
    """Give the resident memory, in bytes, as it was at the beginning and twenty times a second since."""
    seen, done = [_resident()], threading.Event()

    def watch() -> None:
        while not done.wait(0.05):
            seen.append(_resident())

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield seen
    finally:
        done.set()
        watcher.join()


def _resident() -> int:
    """Return the resident memory, where Linux tells it; the greatest one is no help, for it outlives an exec."""
    pages = Path("/proc/self/statm")
    return int(pages.read_text().split()[1]) * resource.getpagesize() if pages.exists() else 0


if __name__ == "__main__":
    _, address, file, size, hands = sys.argv
    print(json.dumps(_measure(address, Path(file), int(size), int(hands))))
