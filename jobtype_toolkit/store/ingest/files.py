"""What an input looks like: which files, and how to get the rows out of each, whatever the shape.

JSON of every shape becomes rows of the temporary table `json_row` (seq, file, position, j): v6 list pages, arrays and single
objects from documents, and one row a line from NDJSON. CSV and Parquet keep their columns and are read in place.
"""

from __future__ import annotations

import gzip
import json
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Literal

import duckdb

from jobtype_toolkit.api.resources import LOADABLE
from jobtype_toolkit.errors import InputNotFound
from jobtype_toolkit.store.engine import script

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
_DOCUMENT_BYTES = 512 * 2**20
"""A JSON document above this size is only read as lines: it would have to fit into memory several times."""
TEXT_KEPT = 2000
"""How much of a rejected row is kept, in characters."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Files of one shape that are read together; `names` are what the caller calls them."""

    shape: Shape
    files: tuple[str, ...]
    names: tuple[str, ...]
    is_only: bool = False
    """Whether nothing else is read in the same load."""


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
        found = sorted(one for one in place.iterdir() if one.is_file() and shape_of(one) is not None)
        named = [one for one in found if _stem(one) == resource]
        files = named or [one for one in found if _stem(one) not in LOADABLE]
    else:
        pattern = str(place)
        files = sorted(one for one in Path(place.anchor or ".").glob(_relative(place)) if one.is_file())
        if not files:
            msg = f"load({pattern!r}) found no file: nothing there has this name or matches this pattern."
            raise InputNotFound(msg)
    if not files:
        kinds = ", ".join(sorted(_SHAPES))
        msg = f"load({str(path)!r}) found no {resource} in the folder. It reads files ending in {kinds}, also with .gz."
        raise InputNotFound(msg)
    return files


def _relative(place: Path) -> str:
    return str(place.relative_to(place.anchor)) if place.anchor else str(place)


def _stem(file: Path) -> str:
    return file.name.split(".")[0]


def shape_of(file: Path) -> Shape | None:
    """Return the shape that a file's name promises, or None for a name that promises none."""
    suffixes = [suffix.lower() for suffix in file.suffixes]
    if suffixes and suffixes[-1] == ".gz":
        suffixes.pop()
    return _SHAPES.get(suffixes[-1]) if suffixes else None


def batches(files: Sequence[Path], scratch: Path) -> Iterator[Batch]:
    """Group files into batches; gzipped JSON documents are unpacked into `scratch`, the others DuckDB unpacks itself."""
    for shape, group in groupby(files, key=_true_shape):
        if shape != "documents":
            for file in group:
                yield Batch(shape, (str(_named_plainly(file, scratch)),), (str(file),), is_only=len(files) == 1)
            continue
        held: list[tuple[str, str]] = []
        size = 0
        for file in group:
            readable = _unpacked(file, scratch) if file.suffix == ".gz" else _named_plainly(file, scratch)
            held.append((str(readable), str(file)))
            size += readable.stat().st_size
            if size >= _BATCH_BYTES:
                yield _documents(held)
                held, size = [], 0
        if held:
            yield _documents(held)


def _documents(held: list[tuple[str, str]]) -> Batch:
    return Batch("documents", tuple(readable for readable, _ in held), tuple(name for _, name in held))


def _true_shape(file: Path) -> Shape:
    shape = shape_of(file) or "documents"
    return "lines" if shape == "documents" and file.stat().st_size > _DOCUMENT_BYTES else shape


def _named_plainly(file: Path, scratch: Path) -> Path:
    """Return a name of the file that DuckDB does not take for a pattern."""
    if not set(str(file)) & set("*?[]"):
        return file
    link = _fresh(file, scratch)
    link.symlink_to(file.resolve())
    return link


def _fresh(file: Path, scratch: Path) -> Path:
    return scratch / f"{sum(1 for _ in scratch.iterdir())}{file.suffix}"


def _unpacked(file: Path, scratch: Path) -> Path:
    target = _fresh(file, scratch)
    with gzip.open(file) as packed, target.open("wb") as out:
        try:
            shutil.copyfileobj(packed, out)
        except (EOFError, gzip.BadGzipFile):
            out.write(b"\0")  # a cut archive must not look like a whole document
    return target


def read_json(con: duckdb.DuckDBPyConnection, batch: Batch) -> list[Broken]:
    """Fill the temporary table `json_row` from a batch of JSON; return what is no JSON.

    Whole elements in front of the place where a document breaks off are kept.
    """
    if batch.shape == "lines":
        script(con, "store/ingest/files.raw_lines", {"file": batch.files[0], "name": batch.names[0]})
        bad = script(con, "store/ingest/files.raw_bad_lines", {"most": TEXT_KEPT}).fetchall()
        con.execute("DELETE FROM json_row WHERE NOT json_valid(j)")
        if not bad and con.execute("SELECT count(*) FROM json_row").fetchone() == (0,):
            return [Broken(batch.names[0], 0, "the file is empty", "")]
        return [Broken(file, position, _why(text), text) for file, position, text in bad]
    names = dict(zip(batch.files, batch.names, strict=True))
    broken = [
        Broken(names[file], 0, f"not UTF-8 text at byte {at}", "") for file, at in _read_documents(con, batch.files)
    ]
    script(con, "store/ingest/files.raw_documents")
    for file, content in con.execute("SELECT file, content FROM json_document WHERE kind = 'broken'").fetchall():
        broken += _salvage(con, names[file], content)
    con.execute(
        "CREATE OR REPLACE TEMP TABLE file_name AS SELECT unnest($files) AS file, unnest($names) AS name",
        {"files": list(batch.files), "names": list(batch.names)},
    )
    con.execute(
        "UPDATE json_row SET file = file_name.name FROM file_name WHERE file_name.file = json_row.file AND file_name.file <> file_name.name"
    )
    return broken


@dataclass(frozen=True, slots=True)
class Broken:
    """A place in an input that is no JSON."""

    file: str
    position: int
    reason: str
    text: str


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


def _salvage(con: duckdb.DuckDBPyConnection, file: str, content: str) -> list[Broken]:
    """Keep the whole elements of a document that breaks off, and of NDJSON under a `.json` name; return the rest."""
    text = content.removeprefix("\ufeff")
    if not text.strip():
        return [Broken(file, 0, "the file is empty", "")]
    decoder = json.JSONDecoder()
    start = _elements(text)
    rows: list[str] = []
    rest: list[Broken] = []
    while start < len(text):
        try:
            value, end = decoder.raw_decode(text, start)
        except (ValueError, RecursionError) as error:
            rest.append(Broken(file, len(rows) + 1, _broken_off(error), text[start : start + TEXT_KEPT]))
            break
        rows.append(text[start:end] if isinstance(value, dict) else json.dumps(value))
        start = _skip(text, end)
        if text[start : start + 1] == "]":
            tail = text[start + 1 :].strip()
            if tail not in ("", "}"):
                rest.append(Broken(file, len(rows) + 1, "there is text after the last element", tail[:TEXT_KEPT]))
            break
    if rows:
        con.executemany(
            "INSERT INTO json_row SELECT coalesce((SELECT max(seq) FROM json_row), 0) + 1, ?, ?, ?",
            [(file, position, row) for position, row in enumerate(rows, 1)],
        )
    return rest


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
        json.loads(line)
    except (ValueError, RecursionError) as error:
        return _broken_off(error)
    return "not valid JSON"


def _broken_off(error: Exception) -> str:
    return (
        f"not valid JSON: {error.msg} at character {error.pos}"
        if isinstance(error, json.JSONDecodeError)
        else "not valid JSON"
    )
