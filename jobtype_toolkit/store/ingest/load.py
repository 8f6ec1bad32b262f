"""Loading: one transaction from a path to rows in the store, all or nothing."""

from __future__ import annotations

import sys
import tempfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb
from tqdm.auto import tqdm

from jobtype_toolkit.api.resources import LOADABLE, STATUSES
from jobtype_toolkit.api.times import naive_utc
from jobtype_toolkit.display.reports import report
from jobtype_toolkit.errors import LoadFailed
from jobtype_toolkit.store.engine import number, script, transaction
from jobtype_toolkit.store.ingest.casts import Options
from jobtype_toolkit.store.ingest.files import batches, expand
from jobtype_toolkit.store.ingest.merge import Merge
from jobtype_toolkit.store.ingest.staging import Incoming


@dataclass(frozen=True, slots=True)
class LoadReport:
    """What a load did: `rows == new + changed + unchanged + rejected`."""

    load_id: int
    source: str
    resource: str
    rows: int
    new: int
    changed: int
    unchanged: int
    """Rows that said nothing new: the same as in the store, older than it, or copies within the input."""
    rejected: int
    notes: tuple[str, ...] = ()

    def __str__(self) -> str:
        text = (
            f"{self.rows:,} {self.resource} read into {self.source!r}: {self.new:,} new, {self.changed:,} changed, "
            f"{self.unchanged:,} unchanged, {self.rejected:,} rejected (load {self.load_id})"
        )
        hint = ["store.rejects() shows the rejected rows"] if self.rejected else []
        return ". ".join([text, *self.notes, *hint])

    def _repr_html_(self) -> str:
        counts = {name: getattr(self, name) for name in ("rows", "new", "changed", "unchanged", "rejected")}
        hint = ["store.rejects() shows the rejected rows."] if self.rejected else []
        return report(
            f"Load {self.load_id}", counts, [*self.notes, *hint], summary=f"{self.resource} into {self.source!r}"
        )


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked of a load."""

    path: str | Path
    resource: str
    source: str
    options: Options
    strict: bool
    observed: datetime
    progress: bool | None = None
    """Whether to show a bar after a second; None only on a terminal."""


def run(con: duckdb.DuckDBPyConnection, request: Request) -> LoadReport:
    """Load a path: read it into temporary tables, then write it in one transaction.

    Raises:
        InputNotFound: there is no such file.
        LoadFailed: the input cannot be loaded at all, or `strict` and some row of it.
    """
    files = expand(request.path, request.resource)
    with (
        tempfile.TemporaryDirectory(prefix="jobtype_toolkit-") as folder,
        tqdm(
            total=len(files) + 1,
            desc=f"load {request.resource}",
            unit="file",
            delay=1,
            leave=False,
            disable=not _shows_progress(request.progress),
        ) as bar,
    ):
        scratch = Path(folder)
        incoming = Incoming(con, request.resource, LOADABLE[request.resource], request.options, scratch)
        for batch in batches(files, scratch):
            incoming.add(batch)
            bar.update(len(batch.names))
        with transaction(con):
            report = _merge(con, request)
        bar.update(1)
        return report


def _shows_progress(asked: bool | None) -> bool:
    """Whether a bar is shown: as asked for, and by default only to somebody at a terminal."""
    return sys.stderr.isatty() if asked is None else asked


def _merge(con: duckdb.DuckDBPyConnection, request: Request) -> LoadReport:
    good, rejected = number(con, "SELECT count(*) FROM incoming"), number(con, "SELECT count(*) FROM rejected")
    _refuse(con, request, good, rejected)
    load_id = number(con, "UPDATE meta SET last_load_id = last_load_id + 1 RETURNING last_load_id")
    merge = Merge(con, request.resource, request.source, load_id, naive_utc(request.observed))
    new, changed = merge.run()
    report = LoadReport(
        load_id,
        request.source,
        request.resource,
        good + rejected,
        new,
        changed,
        good - new - changed,
        rejected,
        _notes(con, request, merge.copies),
    )
    _record(con, request, report)
    return report


def _refuse(con: duckdb.DuckDBPyConnection, request: Request, good: int, rejected: int) -> None:
    """Refuse an input that is no input, and under `strict` one with any bad row."""
    if not rejected or (good and not request.strict):
        return
    worst = con.execute("SELECT file, position, reason FROM rejected ORDER BY file, position LIMIT 3").fetchall()
    places = "; ".join(
        f"{file}, row {position}: {reason}" if position else f"{file}: {reason}" for file, position, reason in worst
    )
    asked = f"load({str(request.path)!r}"
    if request.strict:
        msg = (
            f"{asked}, strict=True) refused: {rejected} of {good + rejected} rows are bad, and nothing was loaded. {places}. "
            "Mend them, or load without strict=True and look at store.rejects()."
        )
        raise LoadFailed(msg)
    if number(con, "SELECT count(*) FROM rejected WHERE position > 0") == 0:
        msg = f"{asked}) found nothing to load, and nothing was changed. {places}. Give a file with rows."
        raise LoadFailed(msg)


def _notes(con: duckdb.DuckDBPyConnection, request: Request, copies: int) -> tuple[str, ...]:
    """Return what somebody should know who loads this for the first time."""
    notes = [f"{copies:,} rows were copies of an id within the input; the newest of each was taken"] if copies else []
    if request.resource != "jobs":
        return tuple(notes)
    unknown = con.execute(
        "SELECT status, count(*) FROM incoming WHERE status NOT IN (SELECT unnest($known)) GROUP BY 1 ORDER BY 2 DESC, 1",
        {"known": list(STATUSES)},
    ).fetchall()
    notes += [
        f"{rows:,} rows have the status {status!r}, which v6 does not know; map it with statuses={{{status!r}: …}}"
        for status, rows in unknown
    ]
    timeless = number(con, "SELECT count(*) FROM incoming WHERE last_status_change IS NULL AND status <> 'PENDING'")
    if timeless:
        notes.append(
            f"{timeless:,} rows have no last_status_change, so that no window of status or failures counts them; "
            "map the column that tells when they ended, if there is one"
        )
    return tuple(notes)


def _record(con: duckdb.DuckDBPyConnection, request: Request, report: LoadReport) -> None:
    observed = naive_utc(request.observed)
    con.execute(
        "INSERT INTO load VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            report.load_id,
            report.source,
            report.resource,
            str(request.path),
            observed,
            report.rows,
            report.new,
            report.changed,
            report.unchanged,
            report.rejected,
        ],
    )
    if report.rejected:
        con.execute(
            "INSERT INTO reject SELECT $load_id, $source, $resource, file, position, reason, text FROM rejected",
            {"load_id": report.load_id, "source": report.source, "resource": report.resource},
        )
    refresh_source(con, request.source, observed)


def refresh_source(
    con: duckdb.DuckDBPyConnection, source: str, observed: datetime | None, *, is_pull: bool = False
) -> None:
    """Count a source anew after its rows changed; `observed` None keeps what is known.

    What is loaded into a pulled source does not make what was pulled any fresher.
    """
    found = con.execute("SELECT observed, pulled, watermark, pruned FROM source WHERE source = ?", [source])
    known = found.fetchone() or (None, False, None, None)
    bound = {
        "source": source,
        "observed": known[0] if known[1] and not is_pull else observed or known[0],
        "pulled": bool(known[1]),
        "watermark": known[2],
        "pruned": known[3],
    }
    script(con, "store/ingest/load.take_source", bound)
