"""Loading: one transaction from a path to rows in the store, all or nothing."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb
import pandas as pd
from tqdm.auto import tqdm

from jobtype_toolkit import hints
from jobtype_toolkit.api.resources import LOADABLE, STATUSES
from jobtype_toolkit.api.times import naive_utc, v6_text
from jobtype_toolkit.display.reports import report
from jobtype_toolkit.errors import LoadFailed, StoreError, ToolkitError
from jobtype_toolkit.sqlfiles import quoted, sql
from jobtype_toolkit.store.engine import number, script, transaction
from jobtype_toolkit.store.ingest import remedies
from jobtype_toolkit.store.ingest.casts import Options
from jobtype_toolkit.store.ingest.files import batches, expand
from jobtype_toolkit.store.ingest.merge import Merge
from jobtype_toolkit.store.ingest.profile import RESOURCES, Profile, Section
from jobtype_toolkit.store.ingest.remedies import FRAME
from jobtype_toolkit.store.ingest.staging import Incoming
from jobtype_toolkit.store.ingest.survey import Survey, survey
from jobtype_toolkit.store.ingest.texts import SCRATCH, folder_of_scratch, sweep

_MOST_NOTES = 12
_MOST_NAMED = 5


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
    """What somebody should know who loads this for the first time: the worst first, at most a dozen."""
    more_notes: tuple[str, ...] = ()
    """The notes for which there was no room."""
    also: tuple[LoadReport, ...] = ()
    """The loads of the other resources, if a folder was loaded without naming one."""

    def __str__(self) -> str:
        text = (
            f"{hints.rows_of(self.resource, self.rows)} read into {self.source!r}: {self.new:,} new, {self.changed:,} changed, "
            f"{self.unchanged:,} unchanged, {self.rejected:,} rejected (load {self.load_id})"
        )
        more = (
            [f"{hints.counted(len(self.more_notes), 'more note is', 'more notes are')} in more_notes"]
            if self.more_notes
            else []
        )
        hint = [f"{hints.call('store.rejects()')} shows the rejected rows"] if self.rejected else []
        return "\n".join([". ".join([text, *self.notes, *more, *hint]), *map(str, self.also)])

    def _repr_html_(self) -> str:
        counts = {name: getattr(self, name) for name in ("rows", "new", "changed", "unchanged", "rejected")}
        hint = [f"{hints.call('store.rejects()')} shows the rejected rows."] if self.rejected else []
        shown = report(
            f"Load {self.load_id}", counts, [*self.notes, *hint], summary=f"{self.resource} into {self.source!r}"
        )
        return "".join([shown, *(one._repr_html_() for one in self.also)])


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked of a load."""

    path: str | Path | pd.DataFrame
    resource: str
    source: str
    options: Options
    strict: bool
    observed: datetime
    """When what it says was so."""
    progress: bool | None = None
    """Whether to show a bar after a second; None only on a terminal."""

    @property
    def named(self) -> str:
        """The call, as messages name it."""
        return f"load({FRAME})" if isinstance(self.path, pd.DataFrame) else f"{hints.on('load', str(self.path))}"


def run(con: duckdb.DuckDBPyConnection, request: Request) -> LoadReport:
    """Load a path: read it into temporary tables, then write it in one transaction.

    Raises:
        InputNotFound: there is no such file.
        LoadFailed: the input cannot be loaded at all, or `strict` and some row of it.
    """
    sweep()
    frame = request.path if isinstance(request.path, pd.DataFrame) else None
    files = [] if frame is not None else expand(request.path, request.resource)  # type: ignore[arg-type]
    try:
        with (
            tempfile.TemporaryDirectory(prefix=f"{SCRATCH}{os.getpid()}-") as folder,
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
            incoming = Incoming(
                con, request.resource, LOADABLE[request.resource], request.options, scratch, request.source
            )
            if frame is not None:
                incoming.add_frame(frame)
            for batch in batches(files, scratch):
                incoming.add(batch)
                bar.update(len(batch.names))
            incoming.finish()
            with transaction(con):
                report = _merge(con, request, incoming)
            bar.update(1)
            return report
    except OSError as error:
        if isinstance(error, ToolkitError):
            raise
        msg = f"{request.named} failed, and the store is as it was before: {error.strerror or error} ({error.filename or folder_of_scratch()})."
        raise StoreError(msg) from error


def _shows_progress(asked: bool | None) -> bool:
    """Whether a bar is shown: as asked for, and by default only to somebody at a terminal."""
    return sys.stderr.isatty() if asked is None else asked


def _merge(con: duckdb.DuckDBPyConnection, request: Request, incoming: Incoming) -> LoadReport:
    load_id = number(con, "UPDATE meta SET last_load_id = last_load_id + 1 RETURNING last_load_id")
    observed = naive_utc(request.observed)
    staged = incoming.staged
    seen = survey(con, request.resource, request.source, observed, staged.columns)
    _refuse(con, request, seen.rows, staged.rejected)
    if incoming.foreign and incoming.foreign.has_numbers:
        script(con, "store/ingest/profile.keep_numbers", {"source": request.source})
    known = _known(con, request.source)
    is_first = known is None or (request.resource == "jobs" and not known.jobs)
    merge = Merge(con, request.resource, request.source, load_id, observed, seen, staged, is_first=is_first)
    merge.run()
    report = LoadReport(
        load_id,
        request.source,
        request.resource,
        seen.rows + staged.rejected,
        merge.new,
        merge.changed,
        seen.rows - merge.new - merge.changed,
        staged.rejected,
        *told(_notes(con, request, incoming, seen, merge.copies)),
    )
    _record(con, request, report, merge, known)
    return report


def _refuse(con: duckdb.DuckDBPyConnection, request: Request, good: int, rejected: int) -> None:
    """Refuse an input that is no input, and under `strict` one with any bad row."""
    if not rejected or (good and not request.strict):
        return
    worst = con.execute("SELECT file, position, reason FROM rejected ORDER BY file, position LIMIT 3").fetchall()
    places = "; ".join(
        f"{file}, row {position}: {reason}" if position else f"{file}: {reason}" for file, position, reason in worst
    )
    if request.strict:
        strict = hints.argument("strict", True)
        msg = (
            f"{request.named} with {strict} was refused: {rejected:,} of {hints.counted(good + rejected, 'row')} {'is' if rejected == 1 else 'are'} bad, and nothing was "
            f"loaded. {places}. Mend them, or load without {strict} and look at {hints.call('store.rejects()')}."
        )
        raise LoadFailed(msg)
    if number(con, "SELECT count(*) FROM rejected WHERE position > 0") == 0:
        msg = f"{request.named} found nothing to load, and nothing was changed. {places}. Give a file with rows."
        raise LoadFailed(msg)


def told(notes: Sequence[tuple[int, str]]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the notes in the order of how bad they are, a dozen of them and the rest; each comes as (gravity, text)."""
    texts = [text for _, text in sorted(notes, key=lambda one: -one[0])]
    return tuple(texts[:_MOST_NOTES]), tuple(texts[_MOST_NOTES:])


def _notes(
    con: duckdb.DuckDBPyConnection, request: Request, incoming: Incoming, seen: Survey, copies: int
) -> list[tuple[int, str]]:
    """Return what somebody should know who loads this for the first time, each note with its gravity."""
    notes: list[tuple[int, str]] = []
    if copies:
        which = _rows(copies, "was a copy", "were copies")
        notes.append((1, f"{which} of an id within the input; the newest of each was taken"))
    notes += [
        (3, f"the column {theirs!r} is kept in extra: {ours!r} is there as well and was read")
        for theirs, ours in incoming.twins
    ]
    notes += _of_profile(con, request, incoming)
    if incoming.staged.rejected:
        notes += remedies.of_times(con, request.resource, request.options)
        if not seen.rows and request.resource in RESOURCES and not request.options.profile:
            notes += remedies.without_rows(con, str(request.path))
    if seen.timeless:
        notes.append((9, _timeless(seen.timeless, request.options.profile)))
    if seen.odd:
        unknown = script(con, "store/ingest/load.unknown_statuses", {"known": list(STATUSES)}).fetchall()
        listed = ", ".join(f"{status!r} ({rows:,})" for status, rows in unknown[:_MOST_NAMED])
        listed += f" and {len(unknown) - _MOST_NAMED:,} more" if len(unknown) > _MOST_NAMED else ""
        kinds = "a status" if len(unknown) == 1 else f"{len(unknown):,} statuses"
        rows = _rows(seen.odd, "has", "have")
        if request.options.profile:
            how = f"say in `words` of the profile's status which they are: {', '.join(STATUSES)}"
        else:
            how = f"map them, as in {hints.argument('statuses', {unknown[0][0]: '…'})}"
        notes.append((7, f"{rows} {kinds} that v6 does not know: {listed}; {how}"))
    if seen.late:
        (latest,) = script(con, "store/ingest/load.latest").fetchone() or (None,)
        notes.append(
            (
                5,
                (
                    f"{_rows(seen.late, 'has', 'have')} times later than now, up to {v6_text(latest)}: they do not count for the time up to "
                    "which the store knows its history"
                ),
            )
        )
    return notes


def _timeless(count: int, profile: Profile | None) -> str:
    """Return what is to be said of jobs that do not tell when they entered their status."""
    if profile:
        how = "in the profile, `ended` (of a job that is over), `started` (of one that runs) or `queued` tells it"
    else:
        mapping = hints.argument("columns", {"theirs": "last_status_change"})
        how = f"map the column that tells when they ended, if there is one: {mapping}"
    them = "it" if count == 1 else "them"
    return f"{_rows(count, 'has', 'have')} no last_status_change, so that no window of status or failures counts {them}; {how}"


def _of_profile(con: duckdb.DuckDBPyConnection, request: Request, incoming: Incoming) -> list[tuple[int, str]]:
    """Return what is to be said of how a profile read the input, or that one would help."""
    notes: list[tuple[int, str]] = []
    profile, foreign = request.options.profile, incoming.foreign
    keys = number(con, sql("store/ingest/load.text_keys")) if incoming.staged.rejected else 0
    if keys:
        how = 'id = { from = "…", as = "id" }' if profile else "a profile with " + 'id = { from = "…", as = "id" }'
        notes.append((8, f"{_rows(keys, 'has', 'have')} a key that is a text: {'say' if profile else 'give'} {how}"))
    if profile and foreign and foreign.skipped:
        which = _rows(foreign.skipped, "is none", "are none")
        notes.append((2, f"{which} of the {request.resource} by the profile {profile.name}, and left out"))
    if profile:
        notes += _of_zeros(con, profile, request.resource, incoming.staged.columns)
    if profile and foreign and foreign.absent:
        named = ", ".join(map(repr, foreign.absent))
        notes.append((2, f"the profile {profile.name} also reads {named}, which the input does not have"))
    return notes


def _of_zeros(
    con: duckdb.DuckDBPyConnection, profile: Profile, resource: str, columns: Collection[str]
) -> list[tuple[int, str]]:
    """Return what is to be said of a time of 0, which is 1970, and of an exit code of 0, which is one."""
    values = profile.sections.get(resource, Section()).values
    notes = []
    times = [one for one in values if one in columns and LOADABLE[resource][one].type == "time"]
    counts = ", ".join(f"count(*) FILTER ({quoted(one)} = TIMESTAMP '1970-01-01')" for one in times)
    found = script(con, "store/ingest/load.epochs", counts=counts).fetchone() if times else ()
    for one, rows in zip(times, found or (), strict=True):
        if rows:
            nothing = f'if that stands for nothing, say {one} = {{ …, missing = ["0"] }}'
            notes.append((6, f"{_rows(rows, 'has', 'have')} {one} at 1970-01-01 00:00: {nothing}"))
    if "0" in profile.missing and "exit_code" in values:
        notes.append(
            (6, 'missing = ["0"] for the whole profile takes the exit code 0 away: say it at the times that need it')
        )
    return notes


def _rows(count: int, one: str, several: str) -> str:
    """Return so many rows as the subject of a sentence, with the verb for one or for several."""
    return f"{count:,} row {one}" if count == 1 else f"{count:,} rows {several}"


def _record(
    con: duckdb.DuckDBPyConnection, request: Request, report: LoadReport, merge: Merge, known: _Known | None
) -> None:
    observed = naive_utc(request.observed)
    bound = {
        "load_id": report.load_id,
        "source": report.source,
        "resource": report.resource,
        "path": FRAME if isinstance(request.path, pd.DataFrame) else str(request.path),
        "observed": observed,
        "rows": report.rows,
        "new": report.new,
        "changed": report.changed,
        "unchanged": report.unchanged,
        "rejected": report.rejected,
    }
    script(con, "store/ingest/load.record", bound)
    if report.rejected:
        script(con, "store/ingest/load.keep_rejects", bound)
    _refresh(con, request.source, observed, known, merge=merge)


def refresh_source(
    con: duckdb.DuckDBPyConnection,
    source: str,
    observed: datetime | None,
    *,
    merge: Merge | None = None,
    is_pull: bool = False,
) -> None:
    """Write down how many jobs a source has and how far they go after its rows changed; `observed` None keeps what is known.

    A time that is later than the clock of the load that brought it says nothing about how far the history is known.
    What is loaded into a pulled source does not make what was pulled any fresher. After a merge it counts on from what was
    known before; after anything else the jobs are counted anew.
    """
    _refresh(con, source, observed, _known(con, source), merge=merge, is_pull=is_pull)


def _refresh(
    con: duckdb.DuckDBPyConnection,
    source: str,
    observed: datetime | None,
    known: _Known | None,
    *,
    merge: Merge | None,
    is_pull: bool = False,
) -> None:
    counted = _counted_on(con, merge, known, observed, is_pull=is_pull) if merge else None
    jobs, as_of = counted or _counted_anew(con, source, observed)
    before = known or _Known()
    is_fresher = is_pull or not before.pulled
    bound = {
        "source": source,
        "jobs": jobs,
        "as_of": as_of,
        "observed": max(filter(None, (observed, before.observed)), default=None) if is_fresher else before.observed,
        "pulled": bool(before.pulled),
        "watermark": before.watermark,
        "pruned": before.pruned,
    }
    if known:
        con.execute("DELETE FROM source WHERE source = $source", {"source": source})
    script(con, "store/ingest/load.take_source", bound)


@dataclass(frozen=True, slots=True)
class _Known:
    """What the store says of a source."""

    observed: datetime | None = None
    pulled: bool | None = False
    watermark: datetime | None = None
    pruned: datetime | None = None
    jobs: int = 0
    as_of: datetime | None = None


def _known(con: duckdb.DuckDBPyConnection, source: str) -> _Known | None:
    """Return what the store says of a source; None if it has nothing of it."""
    found = script(con, "store/ingest/load.known", {"source": source}).fetchone()
    return _Known(*found) if found else None


def _counted_on(
    con: duckdb.DuckDBPyConnection, merge: Merge, known: _Known | None, observed: datetime | None, *, is_pull: bool
) -> tuple[int, datetime | None] | None:
    """Return the jobs of a source and their newest time after a merge; None if the newest job before gave way to an older state."""
    jobs, as_of = (known.jobs, known.as_of) if known else (0, None)
    if merge.name != "jobs" or not merge.new + merge.changed:
        return jobs, as_of
    newest = merge.newest
    if newest is None or is_pull:
        bound = merge.bound | {"observed": observed}
        (newest,) = script(con, "store/ingest/load.newest_of_load", bound).fetchone() or (None,)
    if as_of is None or (newest is not None and newest >= as_of):
        return jobs + merge.new, newest
    if merge.newest_gone is not None and merge.newest_gone >= as_of:
        return None
    return jobs + merge.new, as_of


def _counted_anew(
    con: duckdb.DuckDBPyConnection, source: str, observed: datetime | None
) -> tuple[int, datetime | None]:
    """Return the jobs of a source and their newest time."""
    counted = script(con, "store/ingest/load.counted", {"source": source, "observed": observed}).fetchall()
    newest = [moment for _, _, moment, _ in counted if moment is not None]
    for load_id, _, moment, clock in counted:
        if moment is not None and clock is not None and moment > clock:
            newest.remove(moment)
            bound = {"source": source, "load_id": load_id, "clock": clock}
            newest += [one for (one,) in script(con, "store/ingest/load.newest", bound).fetchall() if one is not None]
    return sum(jobs for _, jobs, _, _ in counted), max(newest, default=None)
