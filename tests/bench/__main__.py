"""Measure, and print a table of ratios: `python -m tests.bench --jobs 10000000`."""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

import jobtype_toolkit as jt
from jobtype_toolkit import frames
from jobtype_toolkit.api.resources import JOB
from jobtype_toolkit.api.times import duration
from jobtype_toolkit.store.store import LOAD_ORDER
from tests.bench import exports, histories, manifests, peers, pulling, spans


def seconds(call: Callable[[], Any], runs: int = 5) -> float:
    """Return the median time of some runs after one to warm up."""
    call()
    return statistics.median(_timed(call) for _ in range(runs))


def _timed(call: Callable[[], Any]) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


class Table:
    """The printed result: what, ours, theirs, their ratio, what was asked for."""

    def __init__(self) -> None:
        self.rows: list[tuple[str, str, str, str, str]] = []

    def faster(self, what: str, ours: float, theirs: float, target: float) -> None:
        self._add(what, ours, theirs, f"{theirs / ours:.1f}x faster", f">= {target:g}x")

    def slower(self, what: str, ours: float, theirs: float, target: str) -> None:
        self._add(what, ours, theirs, f"{ours / theirs:.2f}x", f"<= {target}")

    def figure(self, what: str, value: str, target: str) -> None:
        self.rows.append((what, value, "", "", target))

    def _add(self, what: str, ours: float, theirs: float, ratio: str, target: str) -> None:
        self.rows.append((what, f"{ours * 1000:,.1f} ms", f"{theirs * 1000:,.1f} ms", ratio, target))

    def __str__(self) -> str:
        head = ("what", "toolkit", "peer", "ratio", "target")
        widths = [max(len(row[place]) for row in [head, *self.rows]) for place in range(5)]
        lines = [
            "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |"
            for row in [head, *self.rows]
        ]
        lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
        return "\n".join(lines)


def questions(table: Table, store: jt.Store, place: Path, folder: Path) -> None:
    """The analyses against pandas in memory, polars over the Parquet, a naive table, and their own SQL by hand."""
    jobs = place / "jobs.parquet"
    as_of = store.as_of or datetime.now(UTC)
    frame = peers.pandas_frame(jobs)
    for text, against_pandas, against_polars in (("PT3H", 8, 5), ("P30D", 5, 0)):
        started = as_of - (duration(text) or duration("PT3H"))  # type: ignore[operator]
        ours = seconds(lambda text=text: store.status(text))
        table.faster(
            f"status {text} vs pandas in memory",
            ours,
            seconds(lambda s=started: peers.pandas_status(frame, s)),
            against_pandas,
        )
        if against_polars:
            table.faster(
                f"status {text} vs polars over the Parquet",
                ours,
                seconds(lambda s=started: peers.polars_status(jobs, s)),
                against_polars,
            )
    naive = peers.naive_table(folder / "naive.duckdb", jobs)
    table.faster(
        "system_failures vs one unsorted table",
        seconds(store.system_failures),
        seconds(lambda: naive.execute(peers.NAIVE_SYSTEM_FAILURES).df()),
        3,
    )
    naive.close()
    store.close()
    calls: dict[str, Callable[[], Any]] = {
        "status PT3H": store.status,
        "status P30D": lambda: store.status("P30D"),
        "status P365D": lambda: store.status("P365D"),
        "pending": store.pending,
        "running": store.running,
        "system_failures": store.system_failures,
        "failures P7D": lambda: store.analyses.failures("P7D"),
    }
    for name, call in calls.items():
        known = call().attrs
        ours = seconds(call, 15)
        store.close()
        with duckdb.connect(str(store.path), read_only=True) as con:
            by_hand = seconds(lambda known=known: con.execute(known["sql"], known["parameters"]).df(), 15)
        table.slower(f"{name} vs its own SQL by hand", ours, by_hand, "1.15x or 2 ms more")


def over_spans(table: Table, store: jt.Store, place: Path, folder: Path, jobs: int) -> None:
    """The questions over a year, against pandas in memory, and over a week, against the same week of a tenth of the history."""
    naive = peers.naive_table(folder / "naive.duckdb", place / "jobs.parquet")
    table.faster(
        "failure_trend by UTC day, all history, vs date_trunc on the raw table",
        seconds(store.analyses.failure_trend),
        seconds(lambda: spans.trend_of_raw(naive), 3),
        10,
    )
    naive.close()
    frame = spans.pandas_frame(place / "jobs.parquet")
    tenth = spans.small_store(histories.history(folder, jobs // 10), folder / "tenth.duckdb")
    small = spans.questions(tenth)
    for name, ask in spans.questions(store).items():
        year = seconds(lambda ask=ask: ask(spans.YEAR), 3)
        counted = spans.PANDAS.get(name)
        if counted:
            started = pd.Timestamp(store.as_of) - pd.Timedelta(spans.YEAR)
            theirs = seconds(lambda counted=counted, started=started: counted(frame, started), 1)
            table.faster(f"{name} of a year vs its counts in pandas in memory, or < 3 s", year, theirs, 3)
        else:
            table.figure(f"{name} of a year", f"{year * 1000:,.0f} ms", "< 3 s")
        week, least = seconds(lambda ask=ask: ask(spans.WEEK)), seconds(lambda name=name: small[name](spans.WEEK))
        table.slower(f"{name} of a week vs the same with a tenth of the jobs", week, least, "2x")
    tenth.close()


def loading(table: Table, place: Path, folder: Path, page_jobs: int) -> jt.Store:
    """Loading against a bare CREATE TABLE AS, json_normalize, and rewriting the table."""
    file = folder / "store.duckdb"
    file.unlink(missing_ok=True)
    store = jt.open(file, idle=60)
    for resource in LOAD_ORDER[:3]:
        store.load(place, resource)
    ours = _timed(lambda: store.load(place, "jobs"))
    bare = folder / "bare.duckdb"
    theirs = _timed(lambda: peers.bare_load(bare, place / "jobs.parquet"))
    table.slower("load Parquet vs bare CREATE TABLE AS", ours, theirs, "1.75x")
    count = store.sql("SELECT count(*) AS n FROM job")["n"][0]
    store.close()
    table.figure("bytes a job in the file", f"{file.stat().st_size / count:.1f}", "<= 45")
    changed = histories.one_percent(place)
    ours = _timed(lambda: store.load(changed, "jobs"))
    theirs = _timed(lambda: peers.rewrite(bare, changed))
    table.faster("upsert 1 % vs rewriting the table", ours, theirs, 20)
    bare.unlink()
    _pages(table, place, folder, page_jobs)
    store.load(place, "job_executions")
    return store


def _pages(table: Table, place: Path, folder: Path, jobs: int) -> None:
    pages = histories.pages(place, jobs)
    few = pages[: max(len(pages) // 5, 1)]
    theirs = _timed(lambda: peers.json_normalize_load(folder / "normalized.duckdb", few)) * len(pages) / len(few)
    file = folder / "pages.duckdb"
    file.unlink(missing_ok=True)
    ours = _timed(lambda: jt.open(file).load(pages[0].parent, "jobs"))
    table.faster(f"load {jobs:,} jobs in v6 pages vs json_normalize", ours, theirs, 3.5)
    lines = histories.lines(place, jobs)
    file.unlink()
    ours = _timed(lambda: jt.open(file).load(lines, "jobs"))
    table.faster(f"load {jobs:,} jobs in NDJSON vs json_normalize of the pages", ours, theirs, 3.5)


def by_profile(table: Table, folder: Path, jobs: int) -> None:
    """Loading an export of Slurm by its profile against a plain CSV of the same history."""
    sacct, plain = exports.written(folder, jobs)
    ours = _timed(lambda: jt.open().load(sacct, profile="slurm", timezone="UTC"))
    theirs = _timed(lambda: jt.open().load(plain, timezone="UTC"))
    table.slower(f"load {jobs:,} jobs by a profile vs a plain CSV", ours, theirs, "2x")


def validation(table: Table) -> None:
    """All findings of a manifest, on one core, against the first mistake that jsonschema finds."""
    texts = manifests.texts()
    ours = seconds(lambda: manifests.with_findings(texts), 3)
    few = texts[:50]
    theirs = seconds(lambda: manifests.with_jsonschema(few), 3) * len(texts) / len(few)
    table.faster(f"validate {len(texts)} manifests vs jsonschema.validate()", ours, theirs, 10)
    table.figure("manifests a second, all findings, one core", f"{len(texts) / ours:,.0f}", ">= 500")
    first = statistics.median(manifests.first_seconds(texts[1]) for _ in range(5))
    table.figure("first validation in a new process, with imports", f"{first * 1000:.0f} ms", "< 500 ms")
    kernel = manifests.kernel_seconds(texts[1])
    if kernel is not None:
        table.figure("first validation in a new notebook kernel", f"{kernel * 1000:.0f} ms", "< 500 ms")


def pulls(table: Table, folder: Path) -> None:
    """Our CPU for each row pulled, and how near we come to what a slow server could give at most."""
    pulling.warmed(folder)
    with pulling.in_box(folder, 20_000) as url:
        found = pulling.pull(url, folder)
        table.figure("our CPU per row pulled, local server, 20,000 jobs", f"{found.micros_a_row:.0f} us", "<= 100 us")
    with pulling.flat(100_000, pulling.LATENCY) as url:
        found = pulling.pull(url, folder, workers=pulling.WORKERS)
        table.figure("our CPU a row pulled, 100,000 jobs", f"{found.micros_a_row:.0f} us", "<= 100 us")
        table.figure(
            "100,000 jobs in pages of 250 that take 200 ms, 4 workers: of the ideal rate",
            f"{pulling.share_of_ideal(found):.0%}",
            ">= 80 %",
        )


def conforming(table: Table, place: Path, page_jobs: int) -> None:
    """From a page of a server to a frame of the declared columns and dtypes."""
    (page, *_) = histories.pages(place, page_jobs)
    bodies = json.loads(page.read_text(encoding="utf-8"))["results"]
    ours = seconds(lambda: frames.from_bodies(bodies, JOB.fields), 15)
    theirs = seconds(lambda: pd.json_normalize(bodies), 15)
    table.faster(f"a frame of {len(bodies):,} jobs vs json_normalize, < 15 ms", ours, theirs, 1)


def imports(table: Table) -> None:
    """What `import jobtype_toolkit` adds to a bare start of Python."""

    def start(code: str) -> float:
        return seconds(lambda: subprocess.run([sys.executable, "-c", code], check=True), 9)

    added = start("import jobtype_toolkit") - start("pass")
    table.figure("import jobtype_toolkit, over bare Python", f"{added * 1000:.0f} ms", "< 50 ms")


def main() -> None:
    """Run everything."""
    options = argparse.ArgumentParser(prog="python -m tests.bench")
    options.add_argument("--jobs", type=int, default=10_000_000)
    options.add_argument("--page-jobs", type=int, default=200_000)
    options.add_argument("--folder", type=Path, default=Path("bench-data"))
    given = options.parse_args()
    warnings.simplefilter("ignore")
    given.folder.mkdir(exist_ok=True)
    place = histories.history(given.folder, given.jobs)
    table = Table()
    store = loading(table, place, given.folder, min(given.page_jobs, given.jobs))
    by_profile(table, given.folder, min(1_000_000, given.jobs))
    questions(table, store, place, given.folder)
    over_spans(table, store, place, given.folder, given.jobs)
    conforming(table, place, min(given.page_jobs, given.jobs))
    imports(table)
    validation(table)
    pulls(table, given.folder)
    print(f"{given.jobs:,} jobs, {datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores, Python {platform.python_version()}, "
          f"DuckDB {duckdb.__version__}")  # fmt: skip
    print(table)


if __name__ == "__main__":
    main()
