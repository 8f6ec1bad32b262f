"""From a frame to the terminal: a table for people, JSON and CSV for programs. Nothing else in the package prints."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, TextIO

from jobtype_toolkit.api.fields import Field
from jobtype_toolkit.display.views import VIEWS

if TYPE_CHECKING:
    import pandas as pd
    from rich.table import Table

Format = Literal["table", "json", "csv"]

TABLE_ROWS = 50
"""How many rows a table shows where `--limit` says nothing."""
_CELL = 120
"""How many characters of a text a table shows; JSON and CSV have all of it."""
_UNBOUNDED = 10_000
"""The width of a table that goes into a file or a pipe: nothing is folded or left out there."""
_FEWEST_COLUMNS = 3
_CHUNK = 2**16
_STYLES = {
    "FAILED": "red",
    "RUNNING": "cyan",
    "COMPLETED": "green",
    "PENDING": "yellow",
    "BLOCKED": "yellow",
    "QUEUED": "yellow",
    "CANCELED": "bright_black",
}


def write(text: str, *, to: TextIO | None = None) -> None:
    """Write to standard output, or to another stream."""
    stream = to or sys.stdout
    for start in range(0, len(text), _CHUNK):  # one huge write does not notice that its reader is gone
        stream.write(text[start : start + _CHUNK])
    stream.flush()


def safe(text: str) -> str:
    """Return a text in which whatever could steer a terminal or turn its writing direction is spelled out."""
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)


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
            view = VIEWS[frame.attrs["service"]]
            fields = view.row.fields if all_columns else view.row.pick(*view.columns)
            columns = [plain(shown[field.name]) for field in fields]
            left_out = draw(view.title, fields, columns, drop=not all_columns)
            write(f"\n{told(frame, len(shown), left_out)}\n")


def draw(title: str, fields: Sequence[Field], columns: Sequence[Sequence[Any]], *, drop: bool = True) -> list[str]:
    """Write a table; where the terminal is too narrow, leave the last columns out and return their names."""
    from rich.console import Console

    width = Console().width if sys.stdout.isatty() and drop else _UNBOUNDED
    console = Console(width=width, highlight=False, markup=False, emoji=False)
    kept = len(fields)
    while True:
        made = rows(title, fields[:kept], columns[:kept])
        wanted = console.measure(made, options=console.options.update(max_width=_UNBOUNDED)).maximum
        if wanted <= width or kept <= _FEWEST_COLUMNS:
            break
        kept -= 1
    with console.capture() as captured:
        console.print(made)
    write("".join(f"{line.rstrip()}\n" for line in captured.get().splitlines()))
    return [field.name for field in fields[kept:]]


def plain(column: pd.Series) -> list[Any]:
    """Return a column as values of JSON: times as ISO-8601 with Z, what is missing as None."""
    if column.dtype.kind == "M":
        import numpy as np

        stamps = column.dt.tz_convert(None).to_numpy().astype("datetime64[us]")
        texts = np.datetime_as_string(stamps).tolist()
        return [None if text == "NaT" else text.removesuffix(".000000") + "Z" for text in texts]
    return [None if gone else value for value, gone in zip(column.tolist(), column.isna(), strict=True)]


def as_json(frame: pd.DataFrame) -> str:
    """Return an array of records, one a line."""
    names = list(frame.columns)
    records = (
        json.dumps(dict(zip(names, row, strict=True)), allow_nan=False)
        for row in zip(*(plain(frame[name]) for name in names), strict=True)
    )
    return "[" + ",".join(f"\n  {record}" for record in records) + ("\n]\n" if len(frame) else "]\n")


def as_csv(frame: pd.DataFrame) -> str:
    """Return CSV that `load` reads back: what is missing is empty, lists and objects are JSON."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(frame.columns)
    columns = ([_csv_value(value) for value in plain(frame[name])] for name in frame.columns)
    writer.writerows(zip(*columns, strict=True))
    return out.getvalue()


def _csv_value(value: Any) -> Any:
    if isinstance(value, (bool, list, dict)):
        return json.dumps(value)
    return value


def rows(title: str, fields: Sequence[Field], columns: Sequence[Sequence[Any]]) -> Table:
    """Return columns of plain values as a table, whatever stands in the values."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    made = Table(
        title=title,
        title_justify="left",
        title_style="bold",
        box=box.SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
        show_edge=False,
    )
    for field in fields:
        is_number = field.type in ("int", "float")
        made.add_column(
            Text(_header(field)),
            justify="right" if is_number else "left",
            no_wrap=is_number or field.type in ("time", "bool"),
            overflow="fold",
        )
    for row in zip(*columns, strict=True):
        made.add_row(
            *(Text(_cell(field, value), _style(field, value)) for field, value in zip(fields, row, strict=True))
        )
    return made


def _header(field: Field) -> str:
    unit = "UTC" if field.type == "time" else field.unit
    return f"{field.name} ({unit})" if unit else field.name


def _cell(field: Field, value: Any) -> str:
    if value is None:
        return ""
    match field.type:
        case "time":
            return str(value)[:19].replace("T", " ")
        case "bool":
            return "yes" if value else "no"
        case "float":
            return f"{value:.4g}"
        case "int":
            return f"{value:,}" if field.name == "count" else str(value)
        case "texts":
            value = ", ".join(map(str, value))
        case "json":
            value = json.dumps(value)
    text = safe(value if len(value) <= _CELL else value[: _CELL - 1] + "…")
    return text if len(text) <= 2 * _CELL else text[:_CELL] + "…"


def _style(field: Field, value: Any) -> str:
    return _STYLES.get(value, "") if field.name == "status" else ""


def told(frame: pd.DataFrame, shown: int, left_out: Sequence[str] = ()) -> str:
    """Return the lines under a table: how much of what, from where, how fresh, over which window."""
    known = frame.attrs
    count = known["count"]
    more = "; --limit 0 shows all" if shown < count else ""
    lines = [f"{shown:,} of {count:,} rows{more}. {_origin(known)} Times in UTC."]
    span = known.get("window")
    if span and any(span.values()):
        start, end = _stamp(span["started"], "the beginning"), _stamp(span["ended"], "open end")
        lines.append(f"Window: {start} to {end}. Now is {_stamp(known['now'])}, {known['now_is']}.")
    lines += [f"Note: {note}." for note in known["notes"] if "as limit= asks" not in note]
    if left_out:
        lines.append(f"Left out for want of width: {', '.join(left_out)}. --all-columns, --json and --csv have all.")
    return "".join(f"{safe(line)}\n" for line in lines)


def _origin(known: Mapping[Any, Any]) -> str:
    if "url" in known:
        return f"Server {known['source']}, asked {_stamp(known['observed'])}."
    came = "pulled" if "coverage" in known else "loaded"
    as_of, observed = _stamp(known["as_of"]), _stamp(known["observed"])
    return f"Source {known['source']!r}: {known['jobs']:,} jobs as of {as_of}, {came} {observed}."


def _stamp(text: str | None, missing: str = "unknown") -> str:
    return text[:19].replace("T", " ") if text else missing
