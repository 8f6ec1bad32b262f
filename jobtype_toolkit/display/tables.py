"""Frames as tables for people: which columns come first, and what the lines below a table say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from jobtype_toolkit import hints
from jobtype_toolkit.analyses.questions import QUESTIONS
from jobtype_toolkit.api.arguments import limited
from jobtype_toolkit.api.fields import Field, Type
from jobtype_toolkit.api.resources import SOURCE
from jobtype_toolkit.api.services import LIVE_SERVICES, SERVICES, Service
from jobtype_toolkit.display.cells import age, bar, cell, header, is_share, plain_columns, safe, style
from jobtype_toolkit.display.html import render
from jobtype_toolkit.display.palette import EITHER

if TYPE_CHECKING:
    import pandas as pd
    from rich.table import Table

_DTYPES: Mapping[str, Type] = {"i": "int", "u": "int", "f": "float", "b": "bool", "M": "time"}
_ROWS = 50
_KEY = "external_id"
_DECLARED: Mapping[str, Service] = {one.name: one for one in (*SERVICES, *LIVE_SERVICES, *QUESTIONS)}


def declaration(frame: pd.DataFrame) -> Service | None:
    """Return the service or the question that a frame answers; None of a frame of the reader's own SQL."""
    return _DECLARED.get(frame.attrs.get("service", ""))


def fields_of(frame: pd.DataFrame, *, all_columns: bool = False) -> tuple[Field, ...]:
    """Return the columns to show: those that people need first, or all; of the reader's own SQL all, by their dtypes."""
    asked = declaration(frame)
    if asked is None:
        return tuple(Field(str(name), _DTYPES.get(dtype.kind, "text"), "") for name, dtype in frame.dtypes.items())
    first = asked.row.pick(*_first(frame, asked)) if asked.first and not all_columns else asked.row.fields
    return tuple(field for field in (SOURCE, *first) if field.name in frame.columns)


def _first(frame: pd.DataFrame, asked: Service) -> list[str]:
    """Return the columns that people need first; the key in another system stands beside the number that was handed out for it."""
    names = list(asked.first)
    if "id" in names and _KEY in asked.row.names and _KEY in frame.columns and frame[_KEY].notna().any():
        names.insert(names.index("id") + 1, _KEY)
    return names


def title_of(frame: pd.DataFrame) -> str:
    """Return the heading of a frame's table."""
    asked = declaration(frame)
    if asked is None:
        return hints.counted(len(frame), "row")
    return asked.title or asked.name.replace("_", " ").capitalize()


def aligned(fields: Sequence[Field], rows: Sequence[Sequence[str]]) -> list[str]:
    """Return the lines of a plain table: headings, a rule, the rows; numbers to the right."""
    headings = [header(field) for field in fields]
    widths = [max(map(len, column)) for column in zip(headings, *rows, strict=True)]
    is_number = [field.type in ("int", "float") for field in fields]

    def line(texts: Sequence[str]) -> str:
        return "  ".join(
            text.rjust(width) if right else text.ljust(width)
            for text, width, right in zip(texts, widths, is_number, strict=True)
        ).rstrip()

    return [line(headings), "  ".join("─" * width for width in widths), *map(line, rows)]


@dataclass(frozen=True, slots=True)
class TableView:
    """A frame as a table for people, in a notebook and as text; `jt.show` makes it."""

    title: str
    fields: tuple[Field, ...]
    columns: tuple[tuple[Any, ...], ...]
    """Plain values, by column."""
    notes: tuple[str, ...]
    below: str
    now: datetime | None
    """What ages count back from."""

    def cells(self) -> list[list[str]]:
        """Return the texts of the rows, ages beside instants and bars beside shares."""
        return [
            [self._text(field, value) for field, value in zip(self.fields, row, strict=True)]
            for row in zip(*self.columns, strict=True)
        ]

    def rows(self) -> list[list[dict[str, Any]]]:
        """Return the cells of the rows for the template: text, age, share, status."""
        return [
            [self._cell(field, value) for field, value in zip(self.fields, row, strict=True)]
            for row in zip(*self.columns, strict=True)
        ]

    def headers(self) -> list[tuple[str, bool]]:
        """Return the headings, and whether each is of numbers."""
        return [(header(field), field.type in ("int", "float")) for field in self.fields]

    def _age(self, field: Field, value: Any) -> str:
        return age(value, self.now) if self.now and field.type == "time" and value is not None else ""

    def _text(self, field: Field, value: Any) -> str:
        text = cell(field, value)
        if past := self._age(field, value):
            return f"{text} ({past})"
        return f"{text:>6} {bar(value):10}" if is_share(field) and value is not None else text

    def _cell(self, field: Field, value: Any) -> dict[str, Any]:
        share = None if value is None or not is_share(field) else round(min(max(value, 0.0), 1.0) * 100, 1)
        status = value.lower() if field.name == "status" and isinstance(value, str) and value.isalpha() else ""
        return {
            "text": cell(field, value),
            "age": self._age(field, value),
            "share": share,
            "status": status,
            "is_number": field.type in ("int", "float"),
        }

    def __repr__(self) -> str:
        above = [self.title, *(f"Note: {safe(note)}." for note in self.notes), ""]
        return "\n".join([*above, *aligned(self.fields, self.cells()), "", self.below]).rstrip()

    def _repr_html_(self) -> str:
        return render("table.html", view=self, colours=EITHER)


def show(frame: pd.DataFrame, *, rows: int = _ROWS, all_columns: bool = False) -> TableView:
    """Return a frame as the table that a person likes to look at, in a notebook and as text.

    The columns that matter come first, ages stand beside instants and bars beside shares, what is missing is an empty cell,
    and what must be known about the answer stands above it.

    Args:
        frame: what a method of a backend or a question returned, or any other frame.
        rows: how many rows at most, from the first.
        all_columns: show every column.

    Raises:
        InvalidParameter: `rows` is not a whole number from 1.
    """
    limited(rows)
    known, asked = frame.attrs, declaration(frame)
    shown = frame.head(rows)
    fields = fields_of(frame, all_columns=all_columns)
    now = known.get("now") or known.get("as_of") or known.get("observed")
    return TableView(
        title=title_of(frame),
        fields=fields,
        columns=tuple(map(tuple, plain_columns(shown, [field.name for field in fields]))),
        notes=tuple(known.get("notes", ())),
        below=_counted(frame, len(shown)) if asked else "",
        now=datetime.fromisoformat(now) if now else None,
    )


def table(fields: Sequence[Field], columns: Sequence[Sequence[Any]]) -> Table:
    """Return columns of plain values as a table, whatever stands in the values."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    made = Table(
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


def footer(frame: pd.DataFrame, shown: int, left_out: Sequence[str] = (), *, zone: str = "UTC") -> str:
    """Return the lines under a table whose times are in a zone: how much of what, from where, how fresh, over which window."""
    known = frame.attrs
    lines = _counted(frame, shown, "; --limit 0 shows all", zone).splitlines()
    lines += [f"Note: {note}." for note in known["notes"] if "as limit= asks" not in note]
    if left_out:
        lines.append(f"Columns hidden to fit the terminal: {', '.join(left_out)}. Use --all-columns, --json or --csv.")
    return "".join(f"{safe(line)}\n" for line in lines)


def _counted(frame: pd.DataFrame, shown: int, more: str = "", zone: str = "UTC") -> str:
    """Return how much of what is shown, from where, and over which window."""
    known = frame.attrs
    count, window = known["count"], known.get("window")
    times = "UTC" if zone == "UTC" else f"the table in {zone}, others in UTC"
    text = (
        f"{shown:,} of {hints.counted(count, 'row')}{more if shown < count else ''}. {_origin(known)} Times in {times}."
    )
    if window and any(window.values()):
        text += f"\nWindow: {hints.span(_stamp(window['started']), _stamp(window['ended']))}. Now is {_stamp(known['now'])}, {known['now_is']}."
    return text


def _origin(known: Mapping[Any, Any]) -> str:
    if "url" in known:
        return f"Server {known['source']}, asked {_stamp(known['observed'])}."
    came = "pulled" if "coverage" in known else "loaded"
    return f"Source {known['source']!r}: {hints.held(known['jobs'], _stamp(known['as_of']), came, _stamp(known['observed']))}."


def _stamp(text: str | None) -> str | None:
    return text[:19].replace("T", " ") if text else None
