"""Looking after an Iceberg lake: its states, small files joined, and earlier states given up."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from jobtype_toolkit.api.fields import Field
from jobtype_toolkit.lakes import layout
from jobtype_toolkit.lakes.iceberg import Catalogue, LakeFile, State
from jobtype_toolkit.lakes.layout import Place
from jobtype_toolkit.lakes.parquet import write_places
from jobtype_toolkit.lakes.sync import data, reading, writing
from jobtype_toolkit.sqlfiles import sql
from jobtype_toolkit.store.connection import CONFIG

if TYPE_CHECKING:
    from pyiceberg.table import Table

STATE_FIELDS = (
    Field("snapshot", "int", "The number of the state; `jt.lake(…, at=)` takes it.", required=True),
    Field("written", "time", "When it was written."),
    Field("jobs", "int", "How many jobs it has.", required=True),
    Field("files", "int", "How many files they are in.", required=True),
    Field("bytes", "int", "The size of these files.", unit="bytes", required=True),
)
"""The columns of `Lake.states`."""


@dataclass(frozen=True, slots=True)
class Compacted:
    """What joining small files did."""

    places: int
    files_before: int
    files_after: int
    snapshot: int

    def __str__(self) -> str:
        if not self.places:
            return "Nothing was to be joined: no place has several small files."
        return f"{self.files_before:,} files of {self.places:,} places became {self.files_after:,}; snapshot {self.snapshot}."


@dataclass(frozen=True, slots=True)
class Expired:
    """What giving up earlier states did."""

    states: int
    files: int
    bytes: int

    def __str__(self) -> str:
        return f"{self.states:,} earlier states were given up; {self.files:,} files with {self.bytes:,} bytes were removed."


def states(catalogue: Catalogue) -> list[dict[str, object]]:
    """Return the states that are kept, oldest first, with the columns of `STATE_FIELDS`."""
    found = []
    for one in catalogue.states():
        files = catalogue.files(layout.HISTORY, one.snapshot)
        found.append(
            {
                "snapshot": one.snapshot,
                "written": one.written,
                "jobs": sum(file.rows for file in files),
                "files": len(files),
                "bytes": sum(file.bytes for file in files),
            }
        )
    return found


def compact(catalogue: Catalogue, *, wait: float) -> Compacted:
    """Join the files of places that have several which are not half full; what the lake says stays the same.

    Raises:
        StoreLocked: a sync is going on.
    """
    with writing(catalogue, wait) as token:
        last: State = catalogue.states()[-1]
        small = {name: _small(catalogue.files(name)) for name in layout.PARTED}
        if not any(small.values()):
            return Compacted(0, 0, 0, last.snapshot)
        written = {name: _joined(catalogue, name, files, token) for name, files in small.items()}
        if small[layout.EXECUTIONS]:
            catalogue.replace(layout.EXECUTIONS, small[layout.EXECUTIONS], written[layout.EXECUTIONS])
        state = catalogue.commit(small[layout.HISTORY], written[layout.HISTORY], last.marks)
    places = sum(len({one.place for one in files}) for files in small.values())
    return Compacted(places, sum(map(len, small.values())), sum(map(len, written.values())), state.snapshot)


def _small(files: Sequence[LakeFile]) -> list[LakeFile]:
    """Return the files that are not half full, of each place that has several of these."""
    small: dict[Place, list[LakeFile]] = {}
    for one in files:
        if one.rows < layout.FILE_ROWS / 2:
            small.setdefault(one.place, []).append(one)
    return [one for some in small.values() if len(some) > 1 for one in some]


def _joined(catalogue: Catalogue, name: str, files: Sequence[LakeFile], token: str) -> list[str]:
    """Write the rows of some files by place, one source after the other, and return the new files."""
    parted, written = layout.PARTED[name], []
    with duckdb.connect(config=CONFIG) as con:
        for source in sorted({one.place.source for one in files}):
            rows = reading([one.path for one in files if one.place.source == source], parted.table)
            con.execute(sql("lakes/sync.existing", lake=rows, placed=parted.placed))
            written += write_places(con, parted, data(catalogue, name, token))
    return [catalogue.placed(one.path) for one in written]


def expire(catalogue: Catalogue, before: datetime, *, wait: float) -> Expired:
    """Give up the states that were written before an instant, and remove the files that only they have.

    The newest state is kept. Files of a warehouse that is no folder stay; its own means remove them.

    Raises:
        StoreLocked: a sync is going on.
    """
    with writing(catalogue, wait):
        every = catalogue.states()
        kept = [one for one in every if one.written >= before] or every[-1:]
        history = catalogue.table(layout.HISTORY)
        if history is None or len(kept) == len(every):
            return Expired(0, 0, 0)
        first = kept[0].written.timestamp() * 1000
        _give_up(history, {one.snapshot_id for one in history.snapshots() if one.timestamp_ms < first})
        for name in layout.BESIDE:
            table = catalogue.table(name)
            if table is not None:
                needed = {one.tables.get(name) for one in kept}
                _give_up(table, {one.snapshot_id for one in table.snapshots()} - needed)
        files, size = _swept(catalogue)
    return Expired(len(every) - len(kept), files, size)


def _give_up(table: Table, snapshots: set[int]) -> None:
    current = table.current_snapshot()
    old = snapshots - ({current.snapshot_id} if current else set())
    if old:
        table.maintenance.expire_snapshots().by_ids(sorted(old)).commit()


def _swept(catalogue: Catalogue) -> tuple[int, int]:
    """Remove the files of the lake that no state has; return how many, and their size."""
    removed = size = 0
    for name in (layout.HISTORY, *layout.BESIDE):
        table = catalogue.table(name)
        folder = catalogue.folder(name)
        if table is None or catalogue.is_remote:
            continue
        kept = _kept(table)
        for file in (*folder.rglob("data/**/*.parquet"), *folder.glob("metadata/*.avro")):
            if str(file) not in kept:
                size += file.stat().st_size
                removed += 1
                file.unlink()
        for one in sorted((folder / "data").rglob("*"), reverse=True):
            with suppress(OSError):  # a folder that is not empty, or a file
                one.rmdir()
    return removed, size


def _kept(table: Table) -> set[str]:
    """Return the files that the snapshots of a table consist of."""
    kept = set()
    for snapshot in table.snapshots():
        kept.add(snapshot.manifest_list)
        for manifest in snapshot.manifests(table.io):
            kept.add(manifest.manifest_path)
            kept |= {entry.data_file.file_path for entry in manifest.fetch_manifest_entry(table.io)}
    return {str(Path(one.removeprefix("file://"))) for one in kept}
