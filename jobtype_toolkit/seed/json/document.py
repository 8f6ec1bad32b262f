"""A JSON document that is written back as it was read.

Values are plain `int, float, str, bool, None, list, dict`. How and where they were spelled stays with the text: what
was not changed is written letter by letter as it stood, what was changed follows the layout around it.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import takewhile
from numbers import Integral
from os import PathLike, fspath
from pathlib import Path as FilePath
from typing import Any, Protocol, runtime_checkable

from jobtype_toolkit.errors import UnreadableInput
from jobtype_toolkit.seed.json import paths
from jobtype_toolkit.seed.json.nodes import Duplicate, Fault, Node
from jobtype_toolkit.seed.json.paths import Path, show
from jobtype_toolkit.seed.json.reader import DEPTH, DIGITS, Reader
from jobtype_toolkit.seed.json.writer import Writer, escaped
from jobtype_toolkit.seed.schema import Schema


@dataclass
class Document:
    """A value and the text it came from, if it came from text."""

    value: Any
    text: str = ""
    faults: list[Fault] = field(default_factory=list)
    duplicates: list[Duplicate] = field(default_factory=list)
    broken: bool = False
    given_as_text: bool = False
    nodes: dict[int, Node] = field(default_factory=dict, repr=False)
    start: int = 0
    file: str = ""
    """The file that it was read from, if it was."""
    _lines: list[int] = field(default_factory=list, repr=False)
    _orders: dict[int, dict[str, int]] = field(default_factory=dict, repr=False)

    def node(self, value: Any) -> Node | None:
        """Return how an object or a list of this document stood in the text, None if it did not."""
        node = self.nodes.get(id(value))
        return node if node and node.value is value else None

    def place(self, path: Path, *, key: bool = False, part: str = "") -> tuple[int, int] | None:
        """Return line and column (both from 1) of the value at the path, of its key, or of a part; None without text.

        If the text does not hold what the path leads to, the place is that of the nearest parent.
        """
        if not self.text:
            return None
        at, value = self.start, self.value
        for step in path:
            node = self.node(value)
            item = node.items.get(step) if node else None
            if item is None:
                break
            at, value = (item.key if key and step is path[-1] else item.start), item.value
            if part and step is path[-1]:
                found = re.search(
                    rf"(?<![A-Za-z0-9_]){re.escape(part)}(?![A-Za-z0-9_])", self.text[item.start : item.end]
                )
                at += found.start() if found else 0
        return self.position(at)

    def position(self, at: int) -> tuple[int, int]:
        """Return line and column, both from 1, of a character of the text."""
        if not self._lines:
            self._lines = [0, *(match.end() for match in re.finditer("\n", self.text))]
        line = bisect_right(self._lines, at)
        return line, at - self._lines[line - 1] + 1

    def rank(self, path: Path) -> tuple[int, ...]:
        """Return where the path stands among all paths of the document; for sorting."""
        ranks, value = [], self.value
        for step in path:
            if isinstance(value, dict) and step in value:
                ranks.append(self._order(value)[str(step)])
                value = value[step]
            elif isinstance(value, list) and isinstance(step, int) and step < len(value):
                ranks.append(step)
                value = value[step]
        return tuple(ranks)

    def _order(self, value: dict[str, Any]) -> dict[str, int]:
        if id(value) not in self._orders:
            self._orders[id(value)] = {key: at for at, key in enumerate(value)}
        return self._orders[id(value)]

    def spelling(self, path: Path) -> str | None:
        """Return how the value at the path is written, None without text."""
        node = self.node(paths.get(self.value, path[:-1]))
        item = node.items.get(path[-1]) if node and path else None
        return self.text[item.start : item.end] if item else None

    def part(self, path: Path) -> Document:
        """Return what is at the path as a document of its own, moved to the left margin."""
        written = self.spelling(path)
        if written is None:
            return plain(paths.get(self.value, path))
        parent = self.node(paths.get(self.value, path[:-1]))
        start = parent.items[path[-1]].start if parent else 0
        line = self.text.rfind("\n", 0, start) + 1
        margin = "".join(takewhile(" \t".__contains__, self.text[line:]))
        return parse(re.sub(f"\n{margin}", "\n", written) if margin else written)

    def repaired(self) -> str | None:
        """Return the text with all faults repaired, None if one of them has no obvious repair."""
        if self.broken or any(fault.repair is None for fault in self.faults):
            return None
        pieces, at = [], 0
        for fault in sorted(self.faults, key=lambda fault: fault.start):
            pieces += [self.text[at : fault.start], str(fault.repair)]
            at = fault.end
        return "".join([*pieces, self.text[at:]])

    def sound(self) -> Document:
        """Return the document without its faults: with the text repaired if it can be, otherwise its value alone."""
        if self.broken or all(fault.harmless for fault in self.faults):
            return self
        repaired = self.repaired()
        return plain(self.value) if repaired is None else parse(repaired)

    def as_document(self) -> Document:
        """Return the document itself: whatever reads a manifest takes one that is read already."""
        return self

    def written(self, schema: Schema | None = None) -> str:
        """Return the document as text: unchanged parts as they stood, new members in the schema's order.

        Raises:
            InvalidManifest: a value that JSON cannot hold (NaN, a date, a key that is not text).
        """
        return Writer(self.value, self.text, list(self.nodes.values()), self.node).document(schema)


def parse(source: str | bytes | bytearray) -> Document:
    """Read text or bytes: what is wrong with it is in `faults`, and it is `broken` if no value could be made of it."""
    faults: list[Fault] = []
    # Half a character cannot be saved; as an escape, which means the same, it can.
    text = escaped(source) if isinstance(source, str) else _decode(bytes(source), faults)
    if text.startswith("\ufeff"):
        faults.append(
            Fault(
                0,
                "The document begins with a byte order mark, which every JSON reader of Scale and Seed refuses.",
                "Save it as UTF-8 without a mark.",
                repair="",
                harmless=True,
            ),
        )
        text = text[1:]
    reader = Reader(text, faults)
    reader.read()
    return Document(
        reader.value,
        text,
        faults,
        reader.duplicates,
        reader.broken,
        True,
        reader.nodes,
        reader.start,
    )


def _decode(data: bytes, faults: list[Fault]) -> str:
    if data[:2] in {b"\xff\xfe", b"\xfe\xff"} or b"\x00" in data[:2]:
        faults.append(Fault(0, "The document is not UTF-8; it looks like UTF-16.", "Save it as UTF-8."))
        encoding = (
            "utf-16" if data[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-16-le" if data[1:2] == b"\x00" else "utf-16-be"
        )
        return data.decode(encoding, "replace").removeprefix("\ufeff")
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        at = len(data[: error.start].decode().removeprefix("\ufeff"))
        faults.append(Fault(at, "The text is not UTF-8 from here on.", "Save it as UTF-8.", tolerated=True))
        return data.decode(errors="replace")


def plain(value: Any) -> Document:
    """Return a document of Python values; numpy's, tuples and other mappings become plain ones, the rest is a fault."""
    faults: list[Fault] = []
    return Document(_plain(value, (), faults), faults=faults, broken=bool(faults))


def _plain(value: Any, path: Path, faults: list[Fault]) -> Any:
    if callable(getattr(value, "tolist", None)):  # scalars and arrays of numpy, columns of pandas
        value = value.tolist()
    if isinstance(value, Integral) and not isinstance(value, bool):
        if value.__index__().bit_length() > 3 * DIGITS:
            faults.append(
                Fault(0, f"The number at {show(path)} has more than {DIGITS} digits.", "Use a smaller number.")
            )
            return None
        return value.__index__()
    if value is None or isinstance(value, str | bool):
        return str(value) if isinstance(value, str) else value
    if len(path) >= DEPTH:
        faults.append(Fault(0, f"The value is nested more than {DEPTH} levels deep.", "A manifest needs 8 levels."))
        return None
    if isinstance(value, float):
        if not math.isfinite(value):
            faults.append(Fault(0, f"JSON has no NaN and no Infinity, which stands at {show(path)}.", "Use a number."))
        return float(value)
    if isinstance(value, Mapping):
        return {_text(key, path, faults): _plain(member, (*path, str(key)), faults) for key, member in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(element, (*path, index), faults) for index, element in enumerate(value)]
    faults.append(
        Fault(
            0,
            f"JSON has no value of the kind {type(value).__name__}, which stands at {show(path)}.",
            "Use plain values.",
        )
    )
    return None


def _text(key: Any, path: Path, faults: list[Fault]) -> str:
    if not isinstance(key, str):
        faults.append(Fault(0, f"A key of {show(path)} is not text.", "Use text for keys."))
    return str(key)


@runtime_checkable
class Editable(Protocol):
    """A value with a document behind it that it may have changed, such as a `Manifest`."""

    def as_document(self) -> Document:
        """Return the document as it is now."""


def load(source: Any) -> Document:
    """Read a dict, JSON text as `str` or `bytes`, a path or an open file.

    A `str` that does not start with `{` or `[` and names an existing file is read from there.

    Raises:
        UnreadableInput: the path cannot be read.
    """
    if isinstance(source, Editable):
        return source.as_document()
    if isinstance(source, str):
        path = _existing(source)
        return _file(path) if path else parse(source)
    if isinstance(source, PathLike):
        return _file(FilePath(fspath(source)))
    if isinstance(source, bytes | bytearray):
        return parse(source)
    if hasattr(source, "read"):
        # The bytes behind an open text file, so that what is not UTF-8 becomes a finding.
        return parse(getattr(source, "buffer", source).read())
    return plain(source)


def _file(path: FilePath) -> Document:
    if path.is_dir():
        msg = f"{path} is a folder; name the file in it, such as {path / 'seed.manifest.json'}"
        raise UnreadableInput(msg)
    try:
        return replace(parse(path.read_bytes()), file=str(path))
    except OSError as error:
        msg = f"{path} cannot be read: {error.strerror or error}"
        raise UnreadableInput(msg) from error


def _existing(text: str) -> FilePath | None:
    """Return the path that the text is, if it is one rather than JSON."""
    if text.lstrip()[:1] in {"{", "[", ""} or "\n" in text or "\x00" in text or len(text) > 4096:
        return None
    path = FilePath(text)
    try:
        return path if path.exists() or path.suffix == ".json" else None
    except (OSError, ValueError):  # too long for a file name, or not encodable
        return None
