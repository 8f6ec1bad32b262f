"""What an input looks like: which files, and how to get the rows out of each, whatever the shape.

JSON of every shape becomes rows of the temporary table `json_row` (seq, file, position, j): v6 list pages, arrays and single
objects from documents, and one row per line from NDJSON. CSV and Parquet keep their columns and are read in place.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Literal

import duckdb

from jobtype_toolkit import hints
from jobtype_toolkit.api.resources import LOADABLE
from jobtype_toolkit.errors import InputNotFound, LoadFailed
from jobtype_toolkit.sqlfiles import literal
from jobtype_toolkit.store.engine import script
from jobtype_toolkit.store.ingest.texts import (
    CUT,
    DOCUMENT_BYTES,
    HALF,
    PACKED,
    TEXT_KEPT,
    Broken,
    Lines,
    RowFile,
    copied,
    encoding,
    json_lines,
    kept,
    packing,
    unpacked,
)

Shape = Literal["documents", "lines", "csv", "parquet"]
_SHAPES: dict[str, Shape] = {
    ".json": "documents",
    ".ndjson": "lines",
    ".jsonl": "lines",
    ".csv": "csv",
    ".tsv": "csv",
    ".parquet": "parquet",
    ".pq": "parquet",
}
_BATCH_BYTES = 64 * 2**20
_HEAD_BYTES = 4096
_FOREIGN = "._"
"""How the files begin that macOS puts beside others."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Files of one shape that are read together; `names` are what the caller calls them."""

    shape: Shape
    files: tuple[str, ...]
    names: tuple[str, ...]
    is_only: bool = False
    """Whether nothing else is read in the same load."""
    packing: str | None = None
    """What a file of lines or of CSV is packed with."""
    is_empty: bool = False


def expand(path: str | Path, resource: str) -> list[Path]:
    """Return the files that a path, a folder or a glob means, in the order of their names.

    In a folder, files named after a resource (`job_types.json`) are taken for that resource only; and where there are any
    for the one asked for, nothing else is.

    Raises:
        InputNotFound: there are none.
    """
    place = Path(path).expanduser()
    if place.is_file():
        return [place]
    if place.is_dir():
        found = _readable(place)
        named = [one for one in found if _stem(one) == resource]
        files = named or [one for one in found if _stem(one) not in LOADABLE]
    else:
        pattern = str(place)
        files = sorted(
            one
            for one in Path(place.anchor or ".").glob(_relative(place))
            if one.is_file() and not one.name.startswith(_FOREIGN)
        )
        if not files:
            msg = f"{hints.on('load', pattern)} found no file: nothing there has this name or matches this pattern."
            raise InputNotFound(msg)
    if not files:
        kinds = ", ".join(sorted(_SHAPES))
        msg = f"{hints.on('load', str(path))} found no {resource} in the folder. It reads files ending in {kinds}, also with .gz."
        raise InputNotFound(msg)
    return files


def names_in(path: str | Path) -> set[str]:
    """Return the names, up to the first dot, of the files in a folder that a load reads; none if it is no folder."""
    place = Path(path).expanduser()
    return {_stem(one) for one in _readable(place)} if place.is_dir() else set()


def _readable(folder: Path) -> list[Path]:
    return sorted(
        one
        for one in folder.iterdir()
        if one.is_file() and shape_of(one) is not None and not one.name.startswith(_FOREIGN)
    )


def _relative(place: Path) -> str:
    return str(place.relative_to(place.anchor)) if place.anchor else str(place)


def _stem(file: Path) -> str:
    return file.name.split(".")[0]


def shape_of(file: Path) -> Shape | None:
    """Return the shape that a file's name promises, or None for a name that promises none."""
    suffixes = [suffix.lower() for suffix in file.suffixes]
    if suffixes and suffixes[-1] in PACKED:
        suffixes.pop()
    return _SHAPES.get(suffixes[-1]) if suffixes else None


@dataclass(frozen=True, slots=True)
class _Input:
    """A file, looked at: its shape, and a copy that DuckDB can read where it cannot read the file itself."""

    name: str
    path: Path
    shape: Shape
    packing: str | None = None
    is_empty: bool = False


def batches(files: Sequence[Path], scratch: Path) -> Iterator[Batch]:
    """Group files into batches; what DuckDB cannot read as it is, is copied into `scratch`.

    Raises:
        LoadFailed: a file is packed with something that is not read, or is neither JSON nor a table.
    """
    looked = (_looked_at(file, scratch) for file in files)
    for shape, group in groupby(looked, key=lambda one: one.shape):
        if shape != "documents":
            for one in group:
                yield Batch(shape, (str(one.path),), (one.name,), len(files) == 1, one.packing, one.is_empty)
            continue
        held: list[tuple[str, str]] = []
        size = 0
        for one in group:
            held.append((str(one.path), one.name))
            size += one.path.stat().st_size
            if size >= _BATCH_BYTES:
                yield _documents(held, len(files))
                held, size = [], 0
        if held:
            yield _documents(held, len(files))


def _documents(held: list[tuple[str, str]], files: int) -> Batch:
    readable, names = zip(*held, strict=True)
    return Batch("documents", readable, names, len(held) == files)


def _looked_at(file: Path, scratch: Path) -> _Input:
    """Look at the beginning of a file, whatever its name."""
    shape, name = shape_of(file), str(file)
    if shape == "parquet":
        return _Input(name, _named_plainly(file, scratch), shape, is_empty=file.stat().st_size == 0)
    packed = packing(file)
    head = _head(file, packed)
    written = encoding(head)
    if shape is None:
        shape = _guessed(name, head if written == "utf-8" else head.decode(written, "replace").encode())
        if shape == "parquet":
            return _Input(name, _named_plainly(file, scratch), shape)
    if written not in ("utf-8", "utf-8-sig"):
        copy = _fresh(file, scratch)
        limit = DOCUMENT_BYTES if shape == "documents" else None
        with unpacked(file, packed) as source:
            if not copied(source, copy, name=written, limit=limit):
                msg = f"{hints.on('load', name)}: the document is longer than {DOCUMENT_BYTES // 2**20} MiB. Save it as UTF-8, a row per line."
                raise LoadFailed(msg)
        return _Input(name, copy, shape, is_empty=not head.strip())
    if shape != "documents":
        return _Input(name, _named_plainly(file, scratch), shape, packed, not head.strip() and len(head) < _HEAD_BYTES)
    if packed is None:
        is_large = file.stat().st_size > DOCUMENT_BYTES
        return _Input(name, _named_plainly(file, scratch), "lines" if is_large else shape)
    copy = _fresh(file, scratch)
    with unpacked(file, packed) as source:
        if copied(source, copy, limit=DOCUMENT_BYTES):
            return _Input(name, copy, shape)
    copy.unlink()
    return _Input(name, _named_plainly(file, scratch), "lines", packed)


def _head(file: Path, packed: str | None) -> bytes:
    with unpacked(file, packed) as source:
        try:
            return source.read(_HEAD_BYTES)
        except CUT:
            return b""


def _guessed(name: str, head: bytes) -> Shape:
    """Return what a file is whose name does not tell."""
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if head.startswith(b"PAR1"):
        return "parquet"
    if text[:1] in (b"{", b"[", b""):
        return "documents"
    first = text.splitlines()[0]
    if b"\0" not in first and any(mark in first for mark in (b",", b"\t", b";", b"|")):
        return "csv"
    msg = f"{hints.on('load', name)}: the file is neither JSON nor a table with a header. Tables end in .csv, .tsv or .parquet."
    raise LoadFailed(msg)


def _named_plainly(file: Path, scratch: Path) -> Path:
    """Return a name of the file that DuckDB does not take for a pattern."""
    if not set(str(file)) & set("*?[]"):
        return file
    link = _fresh(file, scratch)
    link.symlink_to(file.resolve())
    return link


def _fresh(file: Path, scratch: Path) -> Path:
    return scratch / f"{sum(1 for _ in scratch.iterdir())}{file.suffix}"


def read_json(con: duckdb.DuckDBPyConnection, batch: Batch, scratch: Path) -> list[Broken]:
    """Fill the temporary table `json_row` from a batch of JSON; return what is no JSON.

    Whole elements in front of the place where a document breaks off are kept.
    """
    broken: list[Broken] = []
    con.execute("CREATE OR REPLACE TEMP TABLE json_row (seq BIGINT, file VARCHAR, position BIGINT, j VARCHAR)")
    if batch.shape == "lines":
        with Lines(unpacked(Path(batch.files[0]), batch.packing)) as lines:
            _add_rows(con, batch.names[0], json_lines(lines, batch.names[0], broken), scratch)
        broken += _invalid(con)
        if not broken and con.execute("SELECT count(*) FROM json_row").fetchone() == (0,):
            return [Broken(batch.names[0], 0, "the file is empty", "")]
        return broken
    names = dict(zip(batch.files, batch.names, strict=True))
    broken += [
        Broken(names[file], 0, f"not UTF-8 text at byte {at}; it looks like Latin-1. Save the file as UTF-8", "")
        for file, at in _read_documents(con, batch.files)
    ]
    script(con, "store/ingest/files.raw_documents")
    con.execute(
        "CREATE OR REPLACE TEMP TABLE file_name AS SELECT unnest($files) AS file, unnest($names) AS name",
        {"files": list(batch.files), "names": list(batch.names)},
    )
    con.execute(
        "UPDATE json_row SET file = file_name.name FROM file_name WHERE file_name.file = json_row.file AND file_name.file <> file_name.name"
    )
    for file, content in con.execute("SELECT file, content FROM json_document WHERE kind = 'broken'").fetchall():
        _add_rows(con, names[file], _salvage(names[file], content, broken), scratch)
    return broken + _invalid(con)


def _add_rows(
    con: duckdb.DuckDBPyConnection, name: str, rows: Iterator[tuple[int, Sequence[str]]], scratch: Path
) -> None:
    """Add texts to `json_row`, each with its position."""
    written = RowFile(_fresh(Path("rows.csv"), scratch), 1)
    written.write(rows)
    reader = written.reader(literal(str(written.path)), ["j"])
    script(con, "store/ingest/files.add_rows", {"name": name}, reader=reader)
    written.path.unlink()


def _invalid(con: duckdb.DuckDBPyConnection) -> list[Broken]:
    """Take rows that are no JSON out of `json_row`, and return them."""
    bad = script(con, "store/ingest/files.invalid_rows", {"most": TEXT_KEPT}).fetchall()
    if bad:
        con.execute("DELETE FROM json_row WHERE NOT json_valid(j)")
    return [Broken(file, position, _why(text), kept(text[:TEXT_KEPT])) for file, position, text in bad]


def _read_documents(con: duckdb.DuckDBPyConnection, files: Sequence[str]) -> list[tuple[str, int]]:
    """Fill the temporary table `json_document`; return the files that are not UTF-8, each with the first byte that is not."""
    try:
        script(con, "store/ingest/files.documents", {"files": list(files)})
    except duckdb.InvalidInputException:
        faults = {file: at for file in files if (at := _undecodable(file)) is not None}
        if not faults:
            raise
        good = [file for file in files if file not in faults]
        if good:
            script(con, "store/ingest/files.documents", {"files": good})
        else:
            con.execute("CREATE OR REPLACE TEMP TABLE json_document (file VARCHAR, content VARCHAR, kind VARCHAR)")
        return list(faults.items())
    return []


def _undecodable(file: str) -> int | None:
    try:
        Path(file).read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        return error.start
    return None


def _salvage(file: str, content: str, broken: list[Broken]) -> Iterator[tuple[int, Sequence[str]]]:
    """Yield the whole elements of a document that breaks off, or of NDJSON under a `.json` name; the rest goes to `broken`."""
    text = content.removeprefix("\ufeff")
    if not text.strip():
        broken.append(Broken(file, 0, "the file is empty", ""))
        return
    decoder = json.JSONDecoder()
    start = _elements(text)
    position = 0
    while start < len(text):
        position += 1
        try:
            value, end = decoder.raw_decode(text, start)
        except (ValueError, RecursionError) as error:
            broken.append(Broken(file, position, _broken_off(error), kept(text[start : start + TEXT_KEPT])))
            return
        yield position, (text[start:end] if isinstance(value, dict) else json.dumps(value),)
        start = _skip(text, end)
        if text[start : start + 1] == "]":
            rest = text[start + 1 :].strip()
            if rest not in ("", "}"):
                broken.append(
                    Broken(file, position + 1, "there is text after the last element", kept(rest[:TEXT_KEPT]))
                )
            return


def _elements(text: str) -> int:
    """Return where the first element starts: behind `"results":[` of a page, behind `[` of an array, or at the start."""
    start = _skip(text, 0)
    if text[start : start + 1] == "[":
        return _skip(text, start + 1)
    key = text.find('"results"', start)
    opening = text.find("[", key)
    between = text[key + len('"results"') : opening] if key >= 0 and opening >= 0 else "no page"
    return _skip(text, opening + 1) if between.strip() == ":" else start


def _skip(text: str, place: int) -> int:
    while place < len(text) and text[place] in " \t\r\n,":
        place += 1
    return place


def _why(line: str) -> str:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError) as error:
        return _broken_off(error)
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return f"not valid JSON: {HALF}"
    except RecursionError:
        pass
    return "not valid JSON"


def _broken_off(error: Exception) -> str:
    return (
        f"not valid JSON: {error.msg} at character {error.pos}"
        if isinstance(error, json.JSONDecodeError)
        else "not valid JSON"
    )
