"""Files as bytes: what they are packed with, how they are encoded, and their rows one by one, whatever is wrong with some of them.

Nothing here reads a file whole: rows and documents have a largest size, and what is packed is measured while it is unpacked.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import re
import shutil
import tempfile
import time
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Self, cast

from jobtype_toolkit import hints
from jobtype_toolkit.errors import LoadFailed

ROW_BYTES = 128 * 2**20
"""The longest row that is read, in bytes; a longer one is rejected without being kept."""
DOCUMENT_BYTES = 256 * 2**20
"""A JSON document above this size is only read as lines: it would have to fit into memory several times."""
TEXT_KEPT = 2000
"""How much of a rejected row is kept, in characters."""
CUT = (EOFError, zlib.error, gzip.BadGzipFile, lzma.LZMAError)
"""What reading an archive raises that is cut, or is none."""
HALF = "half a character (a surrogate without its partner), which no text has"
SCRATCH = "jobtype_toolkit-load-"
"""How the folders begin that a load works in; the number of its process follows."""
_LEFT_ALONE = 3600.0
"""Seconds for which nobody sweeps a folder: in another container the process may live."""
_CHUNK = 2**20
_READABLE = {b"\x1f\x8b": "gzip", b"BZh": "bzip2", b"\xfd7zXZ\0": "xz"}
_UNREADABLE = {
    b"\x28\xb5\x2f\xfd": "zstd",
    b"PK\x03\x04": "zip",
    b"PK\x05\x06": "zip",
    b"7z\xbc\xaf": "7z",
    b"\x04\x22\x4d\x18": "lz4",
}
PACKED = {".gz": "gzip", ".bz2": "bzip2", ".xz": "xz", ".zst": "zstd", ".zip": "zip", ".7z": "7z", ".lz4": "lz4"}
"""What the endings of packed files say."""
_MARKS = {
    b"\xef\xbb\xbf": "utf-8",
    b"\xff\xfe\0\0": "utf-32",
    b"\0\0\xfe\xff": "utf-32",
    b"\xff\xfe": "utf-16",
    b"\xfe\xff": "utf-16",
}
_NUL_SHARE = 0.3
_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Broken:
    """A place in an input that is no row."""

    file: str
    position: int
    reason: str
    text: str


def packing(file: Path) -> str | None:
    """Return what a file is packed with, by its first bytes; None if it is not packed.

    Raises:
        LoadFailed: with something that is not read here, or not with what its name says.
    """
    with file.open("rb") as opened:
        head = opened.read(8)
    for mark, kind in _READABLE.items():
        if head.startswith(mark):
            return kind
    said = PACKED.get(file.suffix.lower())
    for mark, kind in _UNREADABLE.items():
        if head.startswith(mark):
            said = kind
    if said is None or not head:
        return None
    if said in _READABLE.values():
        msg = (
            f"{hints.on('load', str(file))}: the name says {said}, but the file is not. Give it the name of what it is."
        )
    else:
        msg = f"{hints.on('load', str(file))}: the file is packed with {said}, which is not read. Unpack it, or pack it with gzip."
    raise LoadFailed(msg)


def unpacked(file: Path, kind: str | None) -> IO[bytes]:
    """Open a file for reading its bytes, unpacked on the way."""
    match kind:
        case "gzip":
            return cast(IO[bytes], gzip.open(file))
        case "bzip2":
            return bz2.open(file)
        case "xz":
            return lzma.open(file)
        case _:
            return file.open("rb")


def encoding(head: bytes) -> str:
    """Return the encoding that the first bytes of a text speak for: by their mark, or by where their NULs are."""
    for mark, name in _MARKS.items():
        if head.startswith(mark):
            return name
    nul = [head[place::2].count(0) / max(1, len(head[place::2])) for place in (0, 1)]
    if max(nul) > _NUL_SHARE and min(nul) < _NUL_SHARE / 3:
        return "utf-16-be" if nul[0] > nul[1] else "utf-16-le"
    return "utf-8"


def copied(source: IO[bytes], target: Path, *, name: str = "utf-8", limit: int | None = None) -> bool:
    """Copy bytes into a file as UTF-8; return whether they stay below a limit, and stop there if not.

    An archive that is cut, and text that cannot be decoded, end in a byte that is no text.
    """
    size = 0
    with target.open("wb") as out:
        text = None if name == "utf-8" else io.TextIOWrapper(source, name, newline="")
        try:
            # read1 gives what is there of an archive that is cut
            while piece := text.read(_CHUNK) if text else source.read1(_CHUNK):  # type: ignore[attr-defined]
                data = piece.encode("utf-8", "surrogatepass") if isinstance(piece, str) else piece
                size += len(data)
                if limit is not None and size > limit:
                    return False
                out.write(data)
        except (*CUT, UnicodeDecodeError):
            out.write(b"\0")  # it must not look like a whole document
        finally:
            if text:
                text.detach()
    return True


class Lines:
    """The lines of a text, whatever they end in; what is not UTF-8 stands in them as surrogates."""

    def __init__(self, source: IO[bytes]) -> None:
        """Take the bytes."""
        self._text = io.TextIOWrapper(source, "utf-8", "surrogateescape", newline="")
        self._again: list[str] = []
        self.is_cut = False
        """Whether the archive ended in the middle."""
        self._is_first = True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._text.close()

    def next(self) -> str:
        """Return the next line with its end; "" behind the last, and no more than `ROW_BYTES` of it."""
        if self._again:
            return self._again.pop()
        try:
            line = self._text.readline(ROW_BYTES)
        except CUT:
            self.is_cut = True
            return ""
        if self._is_first:
            self._is_first = False
            line = line.removeprefix("\ufeff")
        return line

    def skip(self, line: str) -> None:
        """Read to the end of a line of which more is to come."""
        while line and line[-1] not in "\r\n":
            line = self.next()

    def back(self, lines: Sequence[str]) -> None:
        """Give lines back, to be read again."""
        self._again += reversed(lines)


def is_utf8(text: str) -> bool:
    """Return whether all of a line was UTF-8."""
    return text.isascii() or _SURROGATE.search(text) is None


NOT_UTF8 = "not UTF-8 text; it looks like Latin-1. Save the file as UTF-8"


def kept(text: str) -> str:
    """Return what is kept of a rejected row, fit for every store."""
    return text[:TEXT_KEPT].encode("utf-8", "surrogateescape").decode("utf-8", "replace")


class RowFile:
    """A file of rows that DuckDB reads back without a doubt: position and fields, each quoted, a missing one left empty."""

    def __init__(self, target: Path, width: int) -> None:
        """Take where to write, and how many fields a row has."""
        self.path = target
        self.width = width
        self.rows = 0
        self.longest = 0
        """The length of the longest row in bytes, at most."""

    def write(self, rows: Iterable[tuple[int, Sequence[str | None]]]) -> None:
        """Write rows."""
        with self.path.open("w", encoding="utf-8", newline="") as out:
            for position, fields in rows:
                line = (
                    f"{position},"
                    + ",".join(["" if one is None else '"' + one.replace('"', '""') + '"' for one in fields])
                    + "\n"
                )
                out.write(line)
                self.rows += 1
                self.longest = max(self.longest, len(line) if line.isascii() else 4 * len(line))

    def reader(self, path: str, names: Sequence[str]) -> str:
        """Return SQL that reads the rows; `path` is the file as SQL."""
        columns = ", ".join(["'__position': 'BIGINT'", *(f"'{name}': 'VARCHAR'" for name in names)])
        longest = max(self.longest + 1, 2**21)
        return (
            f"read_csv({path}, columns = {{{columns}}}, header = false, auto_detect = false, delim = ',', quote = '\"', "
            f"escape = '\"', nullstr = '', allow_quoted_nulls = false, parallel = false, max_line_size = {longest}, "
            f"buffer_size = {max(2 * longest, 2**25)})"
        )


def json_lines(lines: Lines, name: str, broken: list[Broken]) -> Iterator[tuple[int, Sequence[str]]]:
    """Yield the lines of NDJSON that may be JSON, with their numbers; what cannot be goes to `broken`."""
    position = 0
    while line := lines.next():
        position += 1
        if len(line) >= ROW_BYTES and line[-1] not in "\r\n":
            broken.append(Broken(name, position, f"the line is longer than {ROW_BYTES // 2**20} MiB", kept(line)))
            lines.skip(line)
        elif not is_utf8(line):
            broken.append(Broken(name, position, NOT_UTF8, kept(line)))
        elif text := line.strip("\ufeff \t\r\n"):
            yield position, (text,)
    if lines.is_cut:
        broken.append(Broken(name, position + 1, "the archive is cut here", ""))


def folder_of_scratch() -> Path:
    """Return the folder in which the folders of loads are made."""
    return Path(tempfile.gettempdir())


def sweep() -> None:
    """Remove the folders of loads whose process was killed: it is gone, and they are older than an hour."""
    for folder in _scratches():
        number = folder.name.removeprefix(SCRATCH).split("-", maxsplit=1)[0]
        with suppress(OSError):
            if number.isdigit() and folder.stat().st_mtime < time.time() - _LEFT_ALONE and not _is_alive(int(number)):
                shutil.rmtree(folder, ignore_errors=True)


def _scratches() -> list[Path]:
    """Return the folders of loads; to list the folder takes a tenth of the time of a pattern, and it may hold much else."""
    with suppress(OSError), os.scandir(folder_of_scratch()) as found:
        return [Path(one) for one in found if one.name.startswith(SCRATCH)]
    return []


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
