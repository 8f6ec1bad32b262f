"""Delimited text after RFC 4180: its dialect from its header, never from a sample, and its rows in two ways.

DuckDB reads a file quickly as long as every row of it is sound. If one is not, the rows are split here, one by one: those
that are no row are told apart, with their numbers, and the others are written anew for DuckDB.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from jobtype_toolkit.store.ingest.texts import NOT_UTF8, ROW_BYTES, Broken, Lines, is_utf8, kept

_SEPARATORS = ",\t;|"
_MOST_SECOND_LOOKS = 50
_SAID = re.compile(r"sep=(.)\s*\Z")


@dataclass(frozen=True, slots=True)
class Header:
    """The first record of a file: its separator, and the names of its columns, no two the same."""

    separator: str
    names: tuple[str, ...]
    is_plain: bool
    """Whether it is the first line, so that DuckDB can pass over it."""
    has_twins: tuple[str, ...] = ()
    """Names that came twice; the first of them is the column."""


def header(lines: Lines, known: Mapping[str, str] | frozenset[str]) -> Header | None:
    """Read the header of a file; None if the file has no row.

    The separator is the one that gives the most of the known names, and of those that do the one that gives the most columns.
    """
    skipped = 0
    while (line := lines.next()) and not line.strip():
        skipped += 1
    if not line:
        return None
    said = _SAID.match(line)
    if said:
        return _named(Record.of(lines, lines.next(), said[1]), said[1], is_plain=False)
    found = []
    for separator in _SEPARATORS:
        record = Record.of(lines, line, separator)
        lines.back(record.more)
        names = [_folded(one or "") for one in record.fields]
        found.append((sum(one in known for one in names), len(names), separator))
    best = max(found, key=lambda one: one[:2])[2]
    return _named(Record.of(lines, line, best), best, is_plain=skipped == 0)


def _named(record: Record, separator: str, *, is_plain: bool) -> Header:
    names: list[str] = []
    twins = []
    for number, text in enumerate(record.fields):
        name = (text or "").strip() or f"column{number}"
        if name in names:
            twins.append(name)
            name = next(f"{name}_{n}" for n in range(1, len(record.fields) + 1) if f"{name}_{n}" not in names)
        names.append(name)
    return Header(separator, tuple(names), is_plain and not record.more, tuple(twins))


def _folded(name: str) -> str:
    return name.strip().casefold()


@cache
def _patterns(separator: str) -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    """Return what opens a quoted field, what may follow one, and a plain field."""
    blanks = "[ ]*"
    return (
        re.compile(rf'{blanks}"'),
        re.compile(rf"{blanks}(?={re.escape(separator)}|[\r\n]|\Z)"),
        re.compile(rf"[^{re.escape(separator)}\r\n]*"),
    )


@dataclass(slots=True)
class Record:
    """A record of delimited text, perhaps over several lines."""

    fields: list[str | None]
    """A field without a value is None; one in quotes may be empty."""
    reason: str = ""
    more: tuple[str, ...] = ()
    """The lines behind its first that it takes."""

    @classmethod
    def of(cls, lines: Lines, line: str, separator: str) -> Record:
        """Split the record that begins with a line."""
        if '"' not in line:
            return cls([one or None for one in line.rstrip("\r\n").split(separator)])
        opens, closes, plain = _patterns(separator)
        fields: list[str | None] = []
        more: list[str] = []
        text, at = line, 0
        while True:
            opening = opens.match(text, at)
            if opening:
                value, text, at = _quoted(lines, text, opening.end(), more)
                if value is None:
                    return cls(fields, "a quote that opens here is never closed", tuple(more))
                end = closes.match(text, at)
                if end is None:
                    return cls(fields, "there is text behind a closing quote", tuple(more))
                at = end.end()
            else:
                end = plain.match(text, at)
                value, at = (text[at : end.end()] or None, end.end()) if end else (None, at)
            fields.append(value)
            if text[at : at + 1] != separator:
                return cls(fields, "", tuple(more))
            at += 1


def _quoted(lines: Lines, text: str, start: int, more: list[str]) -> tuple[str | None, str, int]:
    """Return a quoted field, the line in which it ends, and where; None for one that does not end."""
    parts = []
    size = 0
    while True:
        end = text.find('"', start)
        if end < 0:
            parts.append(text[start:])
            size += len(text)
            text, start = lines.next(), 0
            if not text or size > ROW_BYTES:
                if text:
                    lines.back([text])
                return None, "", 0
            more.append(text)
        elif text[end + 1 : end + 2] == '"':
            parts.append(text[start : end + 1])
            start = end + 2
        else:
            parts.append(text[start:end])
            return "".join(parts), text, end + 1


def rows(lines: Lines, found: Header, name: str, broken: list[Broken]) -> Iterator[tuple[int, Sequence[str | None]]]:
    """Yield the rows behind the header, with their numbers from 1; what is no row goes to `broken`."""
    width, position, second_looks = len(found.names), 0, 0
    while line := lines.next():
        if width > 1 and not line.strip(" \r\n"):
            continue
        position += 1
        if len(line) >= ROW_BYTES and line[-1] not in "\r\n":
            broken.append(Broken(name, position, f"the row is longer than {ROW_BYTES // 2**20} MiB", kept(line)))
            lines.skip(line)
            continue
        record = Record.of(lines, line, found.separator)
        reason = record.reason or _objection(record.fields, width)
        if not reason:
            yield position, record.fields
            continue
        if record.reason and record.more and second_looks < _MOST_SECOND_LOOKS:
            second_looks += 1  # the lines behind a stray quote are rows of their own
            lines.back(record.more)
        broken.append(
            Broken(
                name,
                position,
                f"not a row of this CSV file: {reason}" if reason != NOT_UTF8 else reason,
                kept(line.strip("\r\n")),
            )
        )
    if lines.is_cut:
        broken.append(Broken(name, position + 1, "the archive is cut here", ""))


def _objection(fields: Sequence[str | None], width: int) -> str:
    if len(fields) != width:
        return f"{len(fields)} fields instead of {width}"
    return "" if all(one is None or is_utf8(one) for one in fields) else NOT_UTF8
