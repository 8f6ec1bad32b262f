"""From a frame to the terminal: a table for people, JSON and CSV for programs. Nothing else in the package prints."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, TextIO
from zoneinfo import ZoneInfo

from jobtype_toolkit.api.fields import Field
from jobtype_toolkit.display.cells import cell, plain_columns, safe
from jobtype_toolkit.display.sparklines import sparklines
from jobtype_toolkit.display.tables import aligned, fields_of, footer, table, title_of

if TYPE_CHECKING:
    import pandas as pd

Format = Literal["table", "json", "csv"]

TABLE_ROWS = 50
"""How many rows a table shows without `--limit`."""
_CELL = 120
"""How many characters of a text a table shows; JSON and CSV have all of it."""
_UNBOUNDED = 10_000
"""The width of a table that goes into a file or a pipe: nothing is folded or left out there."""
_FEWEST_COLUMNS = 3
_MANY = 2_000
"""With more rows a table is only aligned: folding each of them takes far longer than reading them."""
_ANSWERS = frozenset(
    {"name", "version", "status", "error_name", "count", "share", "rate", "usual_rate", "verdict", "reason", "evidence"}
    | {"kind", "what", "detail", "onset", "cause", "cause_value", "effect"}
    | {"error_id", "last_job_id", "job_id", "external_id"}  # what the next command needs
)
"""What a narrow terminal hides last, besides the first column and counts."""
_SENTENCES = frozenset({"evidence", "detail", "unreadable"})
"""Columns of sentences, which are folded in a narrow terminal before any other is hidden."""
_SENTENCE = 16
"""The least width of such a column."""
_CHUNK = 2**16


def write(text: str, *, to: TextIO | None = None) -> None:
    """Write to standard output, or to another stream."""
    stream = to or sys.stdout
    for start in range(0, len(text), _CHUNK):  # one huge write does not notice that its reader is gone
        stream.write(text[start : start + _CHUNK])
    stream.flush()


def write_lines(text: str, *, to: TextIO | None = None) -> None:
    """Write lines of text, in which nothing else can steer the terminal."""
    write("".join(f"{safe(line)}\n" for line in text.removesuffix("\n").split("\n")), to=to)


def show(frame: pd.DataFrame, format: Format = "table", *, limit: int | None = None, all_columns: bool = False) -> None:
    """Write an answer of the toolkit in a format; `limit` None is 50 rows of a table and everything else whole."""
    if limit is None and format == "table":
        limit = TABLE_ROWS
    shown = frame.head(limit) if limit else frame
    match format:
        case "json":
            write(as_json(shown))
        case "csv":
            text = as_csv(shown)
            write("\n".join(map(safe, text.split("\n"))) if sys.stdout.isatty() else text)
        case "table":
            if frame.attrs.get("service") == "failure_trend" and len(frame):
                write("".join(f"{line}\n" for line in [*sparklines(frame), ""]))
            asked, zone = fields_of(frame, all_columns=all_columns), frame.attrs.get("zone", "UTC")
            fields, columns = _in_zone(asked, plain_columns(shown, [field.name for field in asked]), zone)
            left_out = draw(title_of(frame), fields, columns, drop=not all_columns)
            write(f"\n{footer(frame, len(shown), left_out, zone=zone)}\n")
            if difference := frame.attrs.get("diff"):
                write_lines(difference)


def _in_zone(
    fields: Sequence[Field], columns: Sequence[Sequence[Any]], zone: str
) -> tuple[Sequence[Field], Sequence[Sequence[Any]]]:
    """Return the columns of a table with their times in the zone that the question named, each with the zone as its unit."""
    if zone == "UTC":
        return fields, columns
    local = ZoneInfo(zone)
    shown = [replace(one, unit=zone) if one.type == "time" else one for one in fields]
    return shown, [
        [text and datetime.fromisoformat(text).astimezone(local).isoformat() for text in column]
        if one.type == "time"
        else column
        for one, column in zip(fields, columns, strict=True)
    ]


def draw(title: str, fields: Sequence[Field], columns: Sequence[Sequence[Any]], *, drop: bool = True) -> list[str]:
    """Write a table; if the terminal is too narrow, hide columns and return their names, counts last of all."""
    if columns and len(columns[0]) > _MANY:
        cells = [[cell(field, value) for value in column] for field, column in zip(fields, columns, strict=True)]
        write("\n".join([title, *aligned(fields, list(zip(*cells, strict=True))), ""]))
        return []
    from rich.console import Console

    width = Console().width if sys.stdout.isatty() and drop else _UNBOUNDED
    console = Console(width=width, highlight=False, markup=False, emoji=False)
    hidden: list[int] = []
    while True:
        kept = [place for place in range(len(fields)) if place not in hidden]
        made = table([fields[place] for place in kept], [columns[place] for place in kept])
        folded = table([fields[place] for place in kept], [_folded(fields[place], columns[place]) for place in kept])
        wanted = console.measure(folded, options=console.options.update(max_width=_UNBOUNDED)).maximum
        if wanted <= width or len(kept) <= _FEWEST_COLUMNS:
            break
        hidden.append(max(kept[1:], key=lambda place: (not _is_answer(fields[place]), place)))
    with console.capture() as captured:
        console.print(title, style="bold")
        console.print(made)
    write("".join(f"{line.rstrip()}\n" for line in captured.get().splitlines()))
    return [fields[place].name for place in sorted(hidden)]


def _folded(field: Field, column: Sequence[Any]) -> Sequence[Any]:
    """Return what of a column a terminal must have room for."""
    return [one and one[:_SENTENCE] for one in column] if field.name in _SENTENCES else column


def _is_answer(field: Field) -> bool:
    """Return whether a column is what the question is about: one of the answers, or a count, which is never missing."""
    return field.name in _ANSWERS or (field.type == "int" and field.required)


def as_json(frame: pd.DataFrame) -> str:
    """Return an array of records, one per line."""
    names = list(frame.columns)
    records = (
        json.dumps(dict(zip(names, row, strict=True)), allow_nan=False)
        for row in zip(*plain_columns(frame, names), strict=True)
    )
    return "[" + ",".join(f"\n  {record}" for record in records) + ("\n]\n" if len(frame) else "]\n")


def as_csv(frame: pd.DataFrame) -> str:
    """Return CSV that `load` reads back: what is missing is empty, lists and objects are JSON."""
    columns = ([_csv_value(value) for value in column] for column in plain_columns(frame, frame.columns))
    rows = [map(_csv_value, frame.columns), *zip(*columns, strict=True)]
    return "".join(",".join(row) + "\n" for row in rows)


_QUOTED = re.compile(r'[",\r\n]|^$|^\s|\s$')


def _csv_value(value: Any) -> str:
    """Return a value as RFC 4180 writes it; an empty text is in quotes, which tells it from a missing one."""
    if value is None:
        return ""
    text = (
        value if isinstance(value, str) else json.dumps(value) if isinstance(value, (bool, list, dict)) else str(value)
    )
    return '"' + text.replace('"', '""') + '"' if _QUOTED.search(text) else text
