"""Frames as tables for people: which columns come first, and what the lines below a table say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from jobtype_toolkit.analyses.questions import QUESTIONS
from jobtype_toolkit.api.fields import Field
from jobtype_toolkit.api.services import LIVE_SERVICES, SERVICES, Service
from jobtype_toolkit.display.cells import cell, header, safe, style

if TYPE_CHECKING:
    import pandas as pd
    from rich.table import Table

_DECLARED: Mapping[str, Service] = {one.name: one for one in (*SERVICES, *LIVE_SERVICES, *QUESTIONS)}


def declaration(frame: pd.DataFrame) -> Service:
    """Return the service or the question that a frame answers."""
    return _DECLARED[frame.attrs["service"]]


def table(title: str, fields: Sequence[Field], columns: Sequence[Sequence[Any]]) -> Table:
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
            Text(header(field)),
            justify="right" if is_number else "left",
            no_wrap=is_number or field.type in ("time", "bool"),
            overflow="fold",
        )
    for row in zip(*columns, strict=True):
        made.add_row(*(Text(cell(field, value), style(field, value)) for field, value in zip(fields, row, strict=True)))
    return made


def footer(frame: pd.DataFrame, shown: int, left_out: Sequence[str] = ()) -> str:
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
        lines.append(f"Columns hidden to fit the terminal: {', '.join(left_out)}. Use --all-columns, --json or --csv.")
    return "".join(f"{safe(line)}\n" for line in lines)


def _origin(known: Mapping[Any, Any]) -> str:
    if "url" in known:
        return f"Server {known['source']}, asked {_stamp(known['observed'])}."
    came = "pulled" if "coverage" in known else "loaded"
    as_of, observed = _stamp(known["as_of"]), _stamp(known["observed"])
    return f"Source {known['source']!r}: {known['jobs']:,} jobs as of {as_of}, {came} {observed}."


def _stamp(text: str | None, missing: str = "unknown") -> str:
    return text[:19].replace("T", " ") if text else missing
