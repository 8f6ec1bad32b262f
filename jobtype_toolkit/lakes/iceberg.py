"""A lake in an Iceberg catalogue: its snapshots, the files of each, and the commit that makes the next one.

A state of the lake is a snapshot of the job history whose summary names the snapshots of the other tables that belong to it,
so that one commit changes all of them. Only snapshots with such a summary are read.
"""

from __future__ import annotations

import hashlib
import json
import logging
import tempfile
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote, urlsplit

from jobtype_toolkit import hints
from jobtype_toolkit.api.fields import Type
from jobtype_toolkit.api.times import Clock, Time, instant, v6_text
from jobtype_toolkit.errors import InputNotFound, InvalidParameter, NotFound, StoreError, StoreLocked, StoreVersion
from jobtype_toolkit.lakes import layout
from jobtype_toolkit.lakes.layout import Place
from jobtype_toolkit.lakes.listing import Files, by_place
from jobtype_toolkit.store.connection import Connection
from jobtype_toolkit.store.schema import Table

if TYPE_CHECKING:
    from pyiceberg.catalog.sql import SqlCatalog
    from pyiceberg.table import Table as IcebergTable
    from pyiceberg.table import Transaction
    from pyiceberg.table.snapshots import Snapshot

CATALOGUE = "catalog.db"
"""The SQLite file of a catalogue that has none elsewhere."""
NAMESPACE = "scale"
_TABLES = "jobtype-toolkit.tables"
"""The property of a whole snapshot that names the snapshots of the other tables, as JSON."""
_MARKS = "jobtype-toolkit.marks"
"""The property that says how far each source is synced, as JSON."""
_LAYOUT = "jobtype-toolkit.layout"
"""The property of the job history that says how the lake is laid out."""
_SETTINGS = {"commit.retry.num-retries": "0"}
"""What a table has set: files are made of what was read, so that to commit them again on top of others would lose rows."""
_EPOCH_YEAR = 1970
_FILE_IO = "jobtype_toolkit.lakes.file_io.AnyFileIO"
_DRIVER = "pip install psycopg2-binary for postgresql://, or take another driver, as in postgresql+pg8000://"


@dataclass(frozen=True, slots=True)
class LakeFile:
    """A file of a lake, and the place that it belongs to, which is only a source for tables that are written whole."""

    path: str
    place: Place
    rows: int
    bytes: int
    entry: Any = field(repr=False, compare=False)
    """What Iceberg says of it."""

    @property
    def is_small(self) -> bool:
        """Whether it is not half full, so that others are joined with it."""
        return self.rows < layout.FILE_ROWS / 2


@dataclass(frozen=True, slots=True)
class State:
    """A whole snapshot of a lake."""

    snapshot: int
    written: datetime
    tables: Mapping[str, int] = field(default_factory=dict)
    marks: Mapping[str, Any] = field(default_factory=dict)


def needed(address: str) -> Any:
    """Import a part of pyiceberg.

    Raises:
        InvalidParameter: it is not installed.
    """
    import importlib

    logging.getLogger("pyiceberg").setLevel(logging.ERROR)  # what it warns of is expected here
    try:
        return importlib.import_module(address)
    except ImportError as error:
        msg = f"An Iceberg lake needs pyiceberg, which is not installed: {error}. Run pip install 'jobtype-toolkit[lake]'."
        raise InvalidParameter(msg) from error


class Catalogue:
    """The tables of one lake in a catalogue: a SQLite file in its folder, or a PostgreSQL database by URL."""

    def __init__(self, where: str | Path, warehouse: str | Path | None = None) -> None:
        """Take a folder, or the URL of a database and the folder or URL of the warehouse with the files."""
        text = str(where)
        self.is_local = "://" not in text
        if self.is_local:
            folder = Path(where).expanduser().resolve()
            self.file: Path | None = folder / CATALOGUE
            self.name = str(folder)
            self._uri = f"sqlite:///{self.file}"
            self.warehouse = str(warehouse or folder)
        else:
            self.file = None
            self.name = _without_password(text)
            self._uri = text.replace("postgresql://", "postgresql+psycopg2://", 1)
            if warehouse is None:
                msg = (
                    f"{self.name} is a catalogue without its files. Say where they are: {hints.argument('warehouse')}."
                )
                raise InvalidParameter(msg)
            self.warehouse = str(warehouse)
        if "://" not in self.warehouse:
            self.warehouse = str(Path(self.warehouse).expanduser().resolve())
        self.is_remote = "://" in self.warehouse
        """Whether the files are on a file system of fsspec, and not in a folder."""
        self.base = _scratch(self.warehouse) if self.is_remote else Path(self.warehouse)
        """Where files are written: the folder of the warehouse, or one from which they are carried there."""
        self._catalog: SqlCatalog | None = None
        self._seen: dict[str, IcebergTable | None] | None = None

    def look(self) -> Catalogue:
        """Return the catalogue as one look at it: a table is loaded once, and then changes only by what the look itself commits."""
        _ = self.catalog  # is opened once for all looks
        look = copy(self)
        look._seen = {}  # noqa: SLF001 - a copy of its own
        return look

    @property
    def exists(self) -> bool:
        """Whether there is a lake in it."""
        return (self.file is None or self.file.is_file()) and self.table(layout.HISTORY) is not None

    @property
    def catalog(self) -> SqlCatalog:
        """What pyiceberg makes of it; opened when it is asked for."""
        if self._catalog is None:
            made = needed("pyiceberg.catalog.sql").SqlCatalog
            try:
                files = {"py-io-impl": _FILE_IO} if self.is_remote else {}
                self._catalog = made(NAMESPACE, uri=self._uri, warehouse=self.location, **files)
            except ImportError as error:
                msg = f"The catalogue {self.name} needs {error.name}, which is not installed: {_DRIVER}."
                raise InvalidParameter(msg) from error
            except Exception as error:  # noqa: BLE001 - what fails is the driver, which may be any
                said = str(error.__cause__ or error).splitlines()[0].replace(_password(self._uri) or "\n", "…")
                msg = f"The catalogue {self.name} cannot be opened: {said.rstrip('.')}."
                raise StoreError(msg) from None  # what was raised may show the password
        return self._catalog

    def probe(self) -> None:
        """Raise what keeps the catalogue from being opened, before a folder is made for it.

        Raises:
            InvalidParameter: a package is not installed.
            StoreError: the database cannot be reached.
        """
        needed("pyiceberg.catalog.sql")
        if self.file is None:
            _ = self.catalog
            self.close()

    def close(self) -> None:
        """Let go of the connections to the catalogue; the next call opens them again."""
        catalog, self._catalog = self._catalog, None
        if catalog is not None:
            catalog.engine.dispose()

    def table(self, name: str) -> IcebergTable | None:
        """Return a table of the lake as it is now; None if it was never written."""
        if self._seen is not None and name in self._seen:
            return self._seen[name]
        missing = needed("pyiceberg.exceptions").NoSuchTableError
        try:
            found: IcebergTable | None = self.catalog.load_table((NAMESPACE, name))
        except missing:
            found = None
        if self._seen is not None:
            self._seen[name] = found
        return found

    def _changing(self, name: str) -> Transaction:
        """Return a transaction on a table that has the columns of the vocabulary then; it makes a table that is missing."""
        table, found = layout.written(name), self.table(name)
        if found is None:
            if self._seen is not None:
                del self._seen[name]  # it is loaded again once it is made
            self.catalog.create_namespace_if_not_exists(NAMESPACE)
            said = {_LAYOUT: str(layout.VERSION)}
            return self.catalog.create_table_transaction(
                (NAMESPACE, name), _schema(table), partition_spec=_spec(table), properties=said
            )
        transaction: Transaction = needed("jobtype_toolkit.lakes.transaction").Change(found)
        if not {one.name for one in table.fields} <= set(found.schema().column_names):
            with transaction.update_schema() as update:
                update.union_by_name(_schema(table))
        return transaction

    def folder(self, name: str) -> Path:
        """Return the folder of a table in `base`."""
        return self.base / NAMESPACE / name

    @property
    def system(self) -> Any:
        """The file system of the warehouse; its credentials come from where fsspec finds them."""
        return needed("fsspec").filesystem(self.location.partition("://")[0])

    @contextmanager
    def readable(self, con: Connection) -> Iterator[None]:
        """Let a connection read the files of the lake meanwhile, wherever they are."""
        if not self.is_remote:
            yield
            return
        others = con.list_filesystems()
        con.register_filesystem(self.system)
        try:
            yield
        finally:
            for name in set(con.list_filesystems()).difference(others):
                con.unregister_filesystem(name)

    @property
    def location(self) -> str:
        """The URL of the warehouse."""
        return self.warehouse.rstrip("/") if self.is_remote else f"file://{self.warehouse}"

    def placed(self, file: str) -> str:
        """Return where a file of `base` is for all who read the lake; it is carried there first if that is elsewhere."""
        if not self.is_remote:
            return file
        target = f"{self.warehouse.rstrip('/')}/{Path(file).relative_to(self.base)}"
        self.system.makedirs(target.rpartition("/")[0], exist_ok=True)
        self.system.put_file(file, target)
        Path(file).unlink()
        return target

    def signature(self) -> Hashable:
        """Return what changes with every commit; OSError if there is nothing any more."""
        if self.file is not None:
            found = self.file.stat()
            return found.st_dev, found.st_ino, found.st_mtime_ns, found.st_size
        return self.catalog.load_table((NAMESPACE, layout.HISTORY)).metadata_location

    def states(self) -> list[State]:
        """Return the whole snapshots that are kept, oldest first."""
        history = self.table(layout.HISTORY)
        found = [] if history is None else [_state(one) for one in history.snapshots()]
        return sorted((one for one in found if one is not None), key=lambda one: one.written)

    def last(self) -> State | None:
        """Return the newest whole snapshot; None of a lake that was never synced."""
        states = self.states()
        return states[-1] if states else None

    def check(self) -> None:
        """See to it that the lake is laid out as this release knows it.

        Raises:
            StoreVersion: it is not.
        """
        history = self.table(layout.HISTORY)
        if history is not None and history.properties.get(_LAYOUT) != str(layout.VERSION):
            raise StoreVersion(layout.other(self.name, hints.call("store.sync_lake(lake)")))

    def files(self, name: str, snapshot: int | None = None, *, source: str | None = None) -> list[LakeFile]:
        """Return the files of a table: of a snapshot or the newest, of all sources or one.

        Raises:
            NotFound: the table has no such snapshot, or not any more.
        """
        table = self.table(name)
        if table is None:
            return []
        of = table.current_snapshot() if snapshot is None else table.snapshot_by_id(snapshot)
        if of is None:
            if snapshot is None:
                return []
            msg = f"{self.name} has no snapshot {snapshot} of {name}, or not any more. Ask for another state."
            raise NotFound(msg)
        entries = (one for part in of.manifests(table.io) for one in part.fetch_manifest_entry(table.io))
        found = (_file(name, one.data_file) for one in entries)
        return [one for one in found if source in (None, one.place.source)]

    def replace(
        self, name: str, removed: Sequence[LakeFile], files: Sequence[str], said: Mapping[str, str] | None = None
    ) -> None:
        """Let files of a table take the place of others, in one snapshot that says something in its summary."""
        described = needed("pyiceberg.io.pyarrow").parquet_file_to_data_file
        with self._committing(), self._changing(name) as transaction:
            metadata, io = transaction.table_metadata, transaction._table.io  # noqa: SLF001 - of a table that is made, nobody else has it
            settings = _SETTINGS | {"schema.name-mapping.default": metadata.schema().name_mapping.model_dump_json()}
            if not settings.items() <= metadata.properties.items():
                transaction.set_properties(settings)
            with transaction.update_snapshot(dict(said or {})).overwrite() as snapshot:
                for one in removed:
                    snapshot.delete_data_file(one.entry)
                for file in files:
                    snapshot.append_data_file(described(io, metadata, file))

    def commit(self, removed: Sequence[LakeFile], files: Sequence[str], marks: Mapping[str, Any]) -> State:
        """Let files of the job history take the place of others, and return the new state, to which all tables belong."""
        heads = {name: self._head(name) for name in layout.BESIDE}
        said = {
            _TABLES: json.dumps({name: head for name, head in heads.items() if head is not None}),
            _MARKS: json.dumps(marks),
        }
        self.replace(layout.HISTORY, removed, files, said)
        return self.states()[-1]

    def _head(self, name: str) -> int | None:
        table = self.table(name)
        snapshot = table.current_snapshot() if table is not None else None
        return snapshot.snapshot_id if snapshot is not None else None

    def _committing(self) -> _Committing:
        return _Committing(self.name)


class _Committing:
    """Says in the toolkit's words that a commit failed."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if error is not None and isinstance(error, needed("pyiceberg.exceptions").CommitFailedException):
            msg = f"{self._name} was changed by somebody else meanwhile, and is as they left it. Sync again."
            raise StoreLocked(msg) from error


class Snapshots:
    """Where DuckDB finds the files of an Iceberg lake: of its newest state, or of an earlier one."""

    def __init__(self, catalogue: Catalogue, at: Time | int | None, clock: Clock) -> None:
        """Take the catalogue, and which state: the number of a snapshot, or a time.

        Raises:
            InputNotFound: there is no lake.
            NotFound: there was no such state.
            StoreVersion: it is laid out in another way.
        """
        self.catalogue = catalogue
        self.name = catalogue.name
        try:
            self._pinned = self._found(at, clock)
        except BaseException:
            catalogue.close()
            raise

    def _found(self, at: Time | int | None, clock: Clock) -> State | None:
        is_there = self.catalogue.file is None or self.catalogue.file.is_file()
        look = self.catalogue.look() if is_there else self.catalogue
        if not look.exists:
            msg = f"There is no lake at {self.name}. {hints.call('store.sync_lake(lake)')} makes one."
            raise InputNotFound(msg)
        look.check()
        if at is None:
            return None
        states = look.states()
        if isinstance(at, int) or (isinstance(at, str) and at.isdigit()):
            found = [one for one in states if one.snapshot == int(at)]
        else:
            moment = instant(at, name="at", now=clock())
            found = [one for one in states if one.written <= moment]
        if not found:
            kept = ", ".join(f"{one.snapshot} of {v6_text(one.written)}" for one in states[-5:]) or "none"
            msg = f"{self.name} has no snapshot for {hints.argument('at', at)}. The last ones are: {kept}."
            raise NotFound(msg)
        return found[-1]

    def close(self) -> None:
        """Let go of the connections to the catalogue."""
        self.catalogue.close()

    def signature(self) -> Hashable:
        """Return what changes with every commit."""
        if self._pinned is not None:
            return self._pinned.snapshot
        try:
            return self.catalogue.signature()
        except OSError:
            msg = f"There is no lake at {self.name} any more."
            raise InputNotFound(msg) from None

    def files(self) -> Files:
        """Return the files of the state that is asked."""
        look = self.catalogue.look()
        state = self._pinned or look.last()
        if state is None:
            return Files("none", {}, {}, self._folders())
        found = look.files(layout.HISTORY, state.snapshot)
        history = by_place((one.place, one.path) for one in found)
        tables = {
            name: tuple(one.path for one in look.files(name, snapshot)) for name, snapshot in state.tables.items()
        }
        size = (len(found), sum(one.bytes for one in found))
        systems = (self.catalogue.system,) if self.catalogue.is_remote else ()
        read = [look.table(name) for name in (layout.HISTORY, *state.tables)]
        are_alike = all(len(one.schemas()) == 1 for one in read if one is not None)  # no table ever got another column
        return Files(str(state.snapshot), tables, history, self._folders(), systems, are_alike, size)

    def _folders(self) -> tuple[str, ...]:
        """Return the warehouse, under each of the names that DuckDB may know it by."""
        place = self.catalogue.warehouse.rstrip("/")
        if not self.catalogue.is_remote:
            return (f"{place}/",)
        system = self.catalogue.system
        plain = system._strip_protocol(place)  # noqa: SLF001 - fsspec has no other name for it
        return f"{place}/", f"{system.unstrip_protocol(plain)}/", f"{plain}/"


def _state(snapshot: Snapshot) -> State | None:
    said = snapshot.summary.additional_properties if snapshot.summary else {}
    if _TABLES not in said:
        return None
    written = datetime.fromtimestamp(snapshot.timestamp_ms / 1000, UTC)
    return State(snapshot.snapshot_id, written, json.loads(said[_TABLES]), json.loads(said[_MARKS]))


def _file(name: str, file: Any) -> LakeFile:
    parted = layout.PARTED.get(name)
    source, *by = file.partition
    month = layout.NO_MONTH
    if parted and by[-1] is not None:
        month = f"{_EPOCH_YEAR + by[-1] // 12:04}-{by[-1] % 12 + 1:02}"
    place = Place(source, by[0] if parted and parted.has_states else "", month)
    return LakeFile(_path(file.file_path), place, file.record_count, file.file_size_in_bytes, file)


def _path(location: str) -> str:
    return location.removeprefix("file://")


def _schema(table: Table) -> Any:
    """Return the Iceberg schema of a table, numbered in the order of its columns."""
    types, schemas = needed("pyiceberg.types"), needed("pyiceberg.schema")
    plain: Mapping[Type, Callable[[], Any]] = {
        "int": types.LongType,
        "float": types.DoubleType,
        "bool": types.BooleanType,
        "text": types.StringType,
        "time": types.TimestampType,
        "json": types.StringType,
    }

    def fields() -> Iterator[Any]:
        for number, one in enumerate(table.fields, 1):
            kind = (
                types.ListType(1000 + number, types.StringType(), element_required=False)
                if one.type == "texts"
                else plain[one.type]()
            )
            yield types.NestedField(number, one.name, kind, required=False)

    return schemas.Schema(*fields())


def _spec(table: Table) -> Any:
    """Return how a table is partitioned: by source, one in files by place also by state and month."""
    parts, turns = needed("pyiceberg.partitioning"), needed("pyiceberg.transforms")
    numbers = {one.name: number for number, one in enumerate(table.fields, 1)}
    made = [parts.PartitionField(numbers["source"], 1000, turns.IdentityTransform(), "source")]
    parted = layout.PARTED.get(table.name)
    if parted and parted.has_states:
        made.append(parts.PartitionField(numbers["state"], 1001, turns.IdentityTransform(), "state"))
    if parted:
        made.append(parts.PartitionField(numbers[parted.time], 1002, turns.MonthTransform(), "month"))
    return parts.PartitionSpec(*made)


def _scratch(warehouse: str) -> Path:
    key = hashlib.sha256(warehouse.encode()).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"jobtype_toolkit-lake-{key}"


def _password(uri: str) -> str | None:
    parts = urlsplit(uri)
    return unquote(parts.password) if parts.password else parse_qs(parts.query).get("password", [None])[0]


def _without_password(url: str) -> str:
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}{parts.path}"
