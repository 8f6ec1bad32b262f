"""Looking after an Iceberg lake: its states, small files joined, and earlier states given up."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from jobtype_toolkit.api.fields import Field
from jobtype_toolkit.hints import counted
from jobtype_toolkit.lakes import layout
from jobtype_toolkit.lakes.iceberg import NAMESPACE, Catalogue, LakeFile, State
from jobtype_toolkit.lakes.layout import Place
from jobtype_toolkit.lakes.parquet import write_places
from jobtype_toolkit.lakes.sync import data, reading, writing
from jobtype_toolkit.sqlfiles import sql
from jobtype_toolkit.store.connection import POOL

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
            return "There is nothing to join: no place has several small files."
        return f"{self.files_before:,} files of {counted(self.places, 'place')} became {self.files_after:,}; snapshot {self.snapshot}."


@dataclass(frozen=True, slots=True)
class Expired:
    """What giving up earlier states did."""

    states: int
    files: int
    bytes: int

    def __str__(self) -> str:
        given_up = counted(self.states, "earlier state was", "earlier states were")
        return f"{given_up} given up; {counted(self.files, 'file')} with {self.bytes:,} bytes {'was' if self.files == 1 else 'were'} removed."


def states(catalogue: Catalogue) -> list[dict[str, object]]:
    """Return the states that are kept, oldest first, with the columns of `STATE_FIELDS`."""
    found, look = [], catalogue.look()
    for one in look.states():
        files = look.files(layout.HISTORY, one.snapshot)
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
    with writing(catalogue, wait) as (look, token):
        last: State = look.states()[-1]
        small = {name: _small(look.files(name)) for name in layout.PARTED}
        if not any(small.values()):
            return Compacted(0, 0, 0, last.snapshot)
        written = {name: _joined(look, name, files, token) for name, files in small.items()}
        if small[layout.EXECUTIONS]:
            look.replace(layout.EXECUTIONS, small[layout.EXECUTIONS], written[layout.EXECUTIONS])
        state = look.commit(small[layout.HISTORY], written[layout.HISTORY], last.marks)
    places = sum(len({one.place for one in files}) for files in small.values())
    return Compacted(places, sum(map(len, small.values())), sum(map(len, written.values())), state.snapshot)


def _small(files: Sequence[LakeFile]) -> list[LakeFile]:
    """Return the files that are not half full, of each place that has several of these."""
    small: dict[Place, list[LakeFile]] = {}
    for one in files:
        if one.is_small:
            small.setdefault(one.place, []).append(one)
    return [one for some in small.values() if len(some) > 1 for one in some]


def _joined(catalogue: Catalogue, name: str, files: Sequence[LakeFile], token: str) -> list[str]:
    """Write the rows of some files by place, one source after the other, and return the new files."""
    parted, written = layout.PARTED[name], []
    with POOL.cursor() as con, catalogue.readable(con):
        for source in sorted({one.place.source for one in files}):
            rows = reading([one.path for one in files if one.place.source == source], parted.table)
            con.execute(sql("lakes/sync.existing", lake=rows, placed=parted.placed))
            written += write_places(con, parted, data(catalogue, name, token))
    return [catalogue.placed(one.path) for one in written]


def expire(catalogue: Catalogue, before: datetime, orphans: datetime, *, wait: float) -> Expired:
    """Give up the states that were written before an instant, and remove the files that only they have; the newest is kept.

    Files that no state ever had, which a killed sync has left, are removed too if they are from before `orphans`.

    Raises:
        StoreLocked: a sync is going on.
    """
    with writing(catalogue, wait) as (look, _):
        every = look.states()
        kept = [one for one in every if one.written >= before] or every[-1:]
        removed = size = 0
        for name in (layout.HISTORY, *layout.BESIDE):
            table = look.table(name)
            if table is None:
                continue
            known = needed = _known(table, catalogue)
            old = _old(table, name, kept) if len(kept) < len(every) else set()
            if old:
                table.maintenance.expire_snapshots().by_ids(sorted(old)).commit()
                needed = _known(table, catalogue)
            for file, bytes_of in _let_go(catalogue, name, needed, known, orphans):
                catalogue.system.rm_file(file)
                removed, size = removed + 1, size + bytes_of
    return Expired(len(every) - len(kept), removed, size)


def _old(table: Table, name: str, kept: Sequence[State]) -> set[int]:
    """Return the snapshots of a table that none of the states to keep needs; the newest stays."""
    current = table.current_snapshot()
    newest = {current.snapshot_id} if current else set()
    if name == layout.HISTORY:
        first = kept[0].written.timestamp() * 1000
        return {one.snapshot_id for one in table.snapshots() if one.timestamp_ms < first} - newest
    return {one.snapshot_id for one in table.snapshots()} - {one.tables.get(name, 0) for one in kept} - newest


def _let_go(
    catalogue: Catalogue, name: str, needed: set[str], known: set[str], orphans: datetime
) -> Iterator[tuple[str, int]]:
    """Yield the files of a table that no snapshot has, with their size: those that one had, and old ones that none had."""
    system, folder = catalogue.system, f"{catalogue.location}/{NAMESPACE}/{name}"
    for part, ending in (("data", ".parquet"), ("metadata", ".avro")):
        found = system.find(f"{folder}/{part}", detail=True) if system.exists(f"{folder}/{part}") else {}
        for file, told in found.items():
            if file.endswith(ending) and file not in needed:
                written = system.modified(file)
                if file in known or written.replace(tzinfo=written.tzinfo or UTC) < orphans:
                    yield file, told["size"]


def _known(table: Table, catalogue: Catalogue) -> set[str]:
    """Return the files that the snapshots of a table consist of, as the warehouse's file system calls them."""
    known = set()
    for snapshot in table.snapshots():
        known.add(snapshot.manifest_list)
        for manifest in snapshot.manifests(table.io):
            known.add(manifest.manifest_path)
            known |= {entry.data_file.file_path for entry in manifest.fetch_manifest_entry(table.io)}
    return {catalogue.system._strip_protocol(one) for one in known}  # noqa: SLF001 - fsspec has no other name for it
