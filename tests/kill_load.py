"""Kill a process that loads, again and again, and look whether the store lost or invented anything.

    python tests/kill_load.py --rounds 50 [--seed 1] [--batches 12] [--rows 4000]

A round: a child loads numbered batches into one store, and says after each `load` that it is acknowledged. It is killed by
SIGKILL at a random moment. Then the store must open, `check()` must be sound, and it must hold exactly the acknowledged
batches, or these and the one that was being acknowledged when the child died. A second child then loads everything again,
and the store must hold exactly everything.
"""

from __future__ import annotations

import argparse
import json
import random
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from children import Child

ROOT = Path(__file__).resolve().parents[1]
CHILD = """
import sys
import jobtype_toolkit as jt
store = jt.open(sys.argv[1], idle=600)
print("open", flush=True)
for path in sys.argv[2:]:
    store.load(path)
    print(path, flush=True)
store.close()
"""


@dataclass
class Figures:
    """What was seen over all rounds."""

    rounds: int = 0
    killed: int = 0
    killed_within_a_load: int = 0
    acknowledged: int = 0
    unacknowledged_but_whole: int = 0
    reopening_s: list[float] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        slowest = max(self.reopening_s, default=0.0)
        return (
            f"{self.rounds} rounds, {self.killed} killed before they were done, {self.killed_within_a_load} of them with a load "
            f"under way; {self.acknowledged} batches acknowledged, {self.unacknowledged_but_whole} whole without having been "
            f"acknowledged; opening and counting took at most {slowest:.2f} s; {len(self.faults)} faults"
        )


def make_batches(folder: Path, count: int, rows: int) -> list[Path]:
    """Write batches of v6-like flat jobs; each also moves some jobs of the one before from RUNNING to FAILED."""
    paths = []
    for batch in range(count):
        path = folder / f"{batch:03}.ndjson"
        with path.open("w") as file:
            for number in range(rows):
                file.write(
                    json.dumps(_row(batch, batch * rows + number, "RUNNING" if number % 4 == 0 else "COMPLETED")) + "\n"
                )
            for number in range(0, rows if batch else 0, 8):
                file.write(json.dumps(_row(batch, (batch - 1) * rows + number, "FAILED")) + "\n")
        paths.append(path)
    return paths


def _row(batch: int, id: int, status: str) -> dict[str, object]:
    moment = f"2026-02-{batch + 1:02}T{id % 24:02}:{id % 60:02}:00Z"
    row = {
        "id": id,
        "job_type": f"type-{id % 20}",
        "job_type_version": "1.0.0",
        "status": status,
        "last_status_change": moment,
    }
    return row | ({"error_name": "node-lost"} if status == "FAILED" else {})


def expected(count: int, rows: int) -> dict[str, int]:
    """Count by status what a store holds after the first `count` batches."""
    if not count:
        return {}
    failed = (count - 1) * len(range(0, rows, 8))
    running = count * len(range(0, rows, 4)) - failed
    found = {"RUNNING": running, "FAILED": failed, "COMPLETED": count * rows - running - failed}
    return {status: number for status, number in found.items() if number}


def one_round(
    folder: Path, batches: Sequence[Path], rows: int, chance: random.Random, figures: Figures, longest: float
) -> None:
    """Load, kill, look; load again, look."""
    import jobtype_toolkit as jt

    store = folder / "ops.duckdb"
    child = _child(store, batches)
    assert child.stdout is not None
    assert child.stdout.readline() == "open\n"
    time.sleep(chance.uniform(0, longest))
    is_over = child.poll() is not None
    child.send_signal(signal.SIGKILL)
    acknowledged = len(child.stdout.read().splitlines())
    child.stdout.close()
    child.wait()
    figures.rounds += 1
    figures.killed += not is_over
    figures.acknowledged += acknowledged
    began = time.monotonic()
    with jt.open(store) as opened:
        held = _held(opened)
        figures.reopening_s.append(time.monotonic() - began)
        report = opened.check()
        wal = len(opened.sql("FROM load"))
    figures.killed_within_a_load += not is_over and acknowledged < len(batches)
    if not report.is_sound:
        figures.faults.append(f"check after {acknowledged} batches: {report}")
    if held == expected(acknowledged, rows):
        if wal != acknowledged:
            figures.faults.append(f"{acknowledged} batches, but {wal} loads in the table")
    elif held == expected(acknowledged + 1, rows):
        figures.unacknowledged_but_whole += 1
    else:
        figures.faults.append(f"after {acknowledged} batches the store holds {held}")
    again = _child(store, batches)
    out, _ = again.communicate(timeout=3600)
    if again.returncode or len(out.splitlines()) != len(batches) + 1:
        figures.faults.append(f"loading again ended with {again.returncode}: {out!r}")
    with jt.open(store) as opened:
        if _held(opened) != expected(len(batches), rows) or not opened.check().is_sound:
            figures.faults.append(f"loading again gave {_held(opened)}: {opened.check()}")
    store.unlink()


def _child(store: Path, batches: Sequence[Path]) -> Child:
    return Child(CHILD, store, *batches)


def _held(store: object) -> dict[str, int]:
    found = store.sql("SELECT status, count(*) AS n FROM job GROUP BY 1")  # type: ignore[attr-defined]
    return {row["status"]: int(row["n"]) for row in found.to_dict("records")}


def duration(folder: Path, batches: Sequence[Path]) -> float:
    """Return how long a child takes to load everything, once it is open."""
    child = _child(folder / "first.duckdb", batches)
    assert child.stdout is not None
    assert child.stdout.readline() == "open\n"
    began = time.monotonic()
    child.communicate(timeout=3600)
    (folder / "first.duckdb").unlink()
    return time.monotonic() - began


def run(rounds: int, *, seed: int, batches: int, rows: int) -> Figures:
    """Run some rounds and return what was seen."""
    figures = Figures()
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory(prefix="kill-load-") as name:
        folder = Path(name)
        paths = make_batches(folder, batches, rows)
        longest = duration(folder, paths)
        for _ in range(rounds):
            one_round(folder, paths, rows, chance, figures, longest)
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--batches", type=int, default=8)
    parser.add_argument("--rows", type=int, default=4000)
    given = parser.parse_args()
    figures = run(given.rounds, seed=given.seed, batches=given.batches, rows=given.rows)
    print(figures)
    for fault in figures.faults:
        print("fault:", fault)
    raise SystemExit(bool(figures.faults))


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    main()
