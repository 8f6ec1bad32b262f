"""A picture as nodes: tiles that one reads from two metres away, and tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from jobtype_toolkit.api.resources import CATEGORIES, STATUSES
from jobtype_toolkit.boards.picture import DAYS_SHOWN, Picture, Row, TypeCounts, key_of, records, spoken
from jobtype_toolkit.hints import counted
from jobtype_toolkit.widgets.nodes import Node, Nodes, Tone

if TYPE_CHECKING:
    import pandas as pd

MOST_TYPES = 200
"""How many job types the table of status has at most: the worst."""
MOST_ROWS = 50
"""How many rows the smaller tables have at most."""


def board(picture: Picture, wanted: str) -> Nodes:
    """Return the tiles and the tables of a picture.

    Args:
        picture: the answers.
        wanted: only job types with this in their name, version or title, in any case.
    """

    def is_wanted(key: str) -> bool:
        one = picture.types[key]
        return wanted.strip().casefold() in f"{one.name} {one.version} {one.title}".casefold()

    nodes: Nodes = {"+tiles": _tiles(picture)}
    nodes["+filter"] = Node(
        kind="field", input="search", label="Filter job types", value=wanted, placeholder="part of a name or title"
    )
    nodes["+types"] = _types(picture, is_wanted, is_filtered=bool(wanted.strip()))
    told = f"Jobs that entered a status {spoken(picture.since)}; running: all that run now."
    nodes["+status"] = Node(kind="section", label="Status by job type", help=told, children=["+filter", "+types"])
    small = {
        "running": ("Running", "Longest first.", _longest(picture, "running", is_wanted)),
        "queue": ("Queue", "Unpaused first, then the most urgent.", _queue(picture, is_wanted)),
        "pending": ("Pending", "Longest first.", _longest(picture, "pending", is_wanted)),
        "failures": (
            "System failures",
            "Jobs failed now, of all history; last seen first.",
            _failures(picture, is_wanted),
        ),
    }
    for name, (label, help, table) in small.items():
        nodes[f"+{name}"] = table
        nodes[f"+{name}-section"] = Node(kind="section", label=label, help=help, children=[f"+{name}"])
    nodes["+columns"] = Node(kind="columns", children=[f"+{name}-section" for name in small])
    return nodes


# The tiles.


def _tiles(picture: Picture) -> Node:
    running, queue, pending = (_total(picture.rows[name]) for name in ("running", "queue", "pending"))
    finished = picture.failed + picture.completed
    share = f"{picture.failed / finished:.1%} of {finished:,} finished" if finished else "no job finished"
    failures = picture.rows["failures"]
    types = len({key_of(row) for row in failures})
    seen = picture.age(max((row["last_error"] for row in failures if row["last_error"] is not None), default=None))
    paused = sum(row["is_paused"] is True for row in picture.rows["queue"])
    tiles = [
        _tile("Running", running, _oldest(picture, "running", "longest_running"), "good" if running else "plain"),
        _tile("Queued", queue, _oldest(picture, "queue", "longest_queued") + _paused(paused)),
        _tile("Pending", pending, _oldest(picture, "pending", "longest_pending")),
        {
            **_tile("Failed", picture.failed, f"{spoken(picture.since)}: {share}", "bad" if picture.failed else "good"),
            "parts": [
                [(category or "no category").capitalize(), count, category or "plain"]
                for category, count in picture.categories.items()
            ],
        },
        _tile(
            "System failures", _total(failures),
            f"in all of history: {types:,} {_plural('type', types)}, last seen {seen} ago" if seen else "none in all of history",
            "bad" if failures else "good",
        ),
    ]  # fmt: skip
    return Node(kind="tiles", label="At a glance", tiles=tiles)


def _tile(label: str, count: int, text: str, tone: Tone = "plain") -> Row:
    return {"label": label, "value": f"{count:,}", "text": text, "tone": tone}


def _total(rows: Sequence[Row]) -> int:
    return sum(row["count"] for row in rows)


def _oldest(picture: Picture, name: str, column: str) -> str:
    rows = picture.rows[name]
    past = picture.age(min((row[column] for row in rows if row[column] is not None), default=None))
    return f"longest: {past}" if past else "" if rows else "none"


def _paused(count: int) -> str:
    return f", {count:,} {_plural('type', count)} paused" if count else ""


def _plural(noun: str, count: int) -> str:
    return noun if count == 1 else f"{noun}s"


# The tables.


def _types(picture: Picture, is_wanted: Callable[[str], bool], *, is_filtered: bool) -> Node:
    every = list(picture.types.values())
    wanted = [one for one in every if is_wanted(one.key)]
    shown = wanted[:MOST_TYPES]
    others = sorted({status for one in every for status in one.statuses} - set(STATUSES))
    statuses = [*_LIFE, *others]
    columns = [
        _column("Job type"),
        _column("Failed", "right"),
        _column("Share failed"),
        *([_column(f"{DAYS_SHOWN} days", "right")] if picture.days is not None else []),
        *(_column(name.capitalize(), "right") for name in (*CATEGORIES, *statuses)),
    ]
    found = "match the filter" if is_filtered else "are known"
    more = f"{len(shown):,} of {len(wanted):,} job types, the most failures first. Use the filter to see others."
    return Node(
        kind="table", label="", columns=columns, rows=[_type_row(one, statuses, _days(picture, one)) for one in shown], act="pick", of="+types",
        state="scroll", help=more if len(wanted) > len(shown) else "", text=f"No job types {found}.",
    )  # fmt: skip


_LIFE = ("RUNNING", "QUEUED", "PENDING", "BLOCKED", "COMPLETED", "CANCELED")
"""The statuses in the order in which an operator asks for them; FAILED stands first, with its categories."""


def _days(picture: Picture, one: TypeCounts) -> list[Any]:
    """Return the cell with the failures of the last days; none of a target that cannot tell them."""
    if picture.days is None:
        return []
    counts = picture.failed_by_day.get(one.key)
    if counts is None:
        return ["0"]
    told = f"Failed per day of the last {DAYS_SHOWN}, the newest last: {', '.join(map(str, counts))}"
    return [{"text": f"{sum(counts):,}", "spark": counts, "title": told}]


def _type_row(one: TypeCounts, statuses: Sequence[str], days: list[Any]) -> Row:
    counts = [f"{one.statuses[status]:,}" for status in statuses]
    kinds = [f"{one.categories[category]:,}" for category in CATEGORIES]
    failed = {"text": f"{one.failed:,}", "tone": "bad"} if one.failed else "0"
    share = {"text": f"{one.share:.1%}", "bar": one.share, "shade": "bad"} if one.share is not None else ""
    return {"key": one.key, "cells": [_named(one), failed, share, *days, *kinds, *counts]}


def _named(one: TypeCounts) -> Any:
    tags = [*one.tags]
    return {"text": f"{one.name} {one.version}", "title": one.title, **({"tags": tags} if tags else {})}


def _column(label: str, align: str = "left") -> Row:
    return {"label": label, "align": align}


def _small(columns: Sequence[str], rows: list[Row], name: str, none: str) -> Node:
    shown = rows[:MOST_ROWS]
    more = f"{len(shown):,} of {len(rows):,} job types. Use the filter to see others." if len(rows) > len(shown) else ""
    made = [_column(label, "right" if label in _NUMBERS else "left") for label in columns]
    return Node(
        kind="table",
        label="",
        columns=made,
        rows=shown,
        act="pick",
        of=f"+{name}",
        state="scroll",
        help=more,
        text=none,
    )


_NUMBERS = frozenset({"Jobs", "Errors", "Priority"})


def _longest(picture: Picture, name: str, is_wanted: Callable[[str], bool]) -> Node:
    found = [row for row in picture.rows[name] if is_wanted(key_of(row))]
    ages = _ages(picture, [row[f"longest_{name}"] for row in found])
    rows = [
        {"key": key_of(row), "cells": [_named(picture.types[key_of(row)]), f"{row['count']:,}", past]}
        for row, past in zip(found, ages, strict=True)
    ]
    return _small(["Job type", "Jobs", "Longest"], rows, name, f"No jobs are {name}.")


def _ages(picture: Picture, stamps: Sequence[Any]) -> list[Any]:
    """Return cells with the ages of instants, each with a bar against the oldest."""
    most = max(map(picture.seconds, stamps), default=0.0) or 1.0
    return [
        "unknown"
        if stamp is None
        else {"text": picture.age(stamp), "bar": picture.seconds(stamp) / most, "title": _stamp(stamp)}
        for stamp in stamps
    ]


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _queue(picture: Picture, is_wanted: Callable[[str], bool]) -> Node:
    found = [row for row in picture.rows["queue"] if is_wanted(key_of(row))]
    ages = _ages(picture, [row["longest_queued"] for row in found])
    rows = [
        {"key": key_of(row), "cells": [_named(picture.types[key_of(row)]), f"{row['count']:,}", _text(row["highest_priority"]), past]}
        for row, past in zip(found, ages, strict=True)
    ]  # fmt: skip
    return _small(["Job type", "Jobs", "Priority", "Longest"], rows, "queue", "No jobs are queued.")


def _failures(picture: Picture, is_wanted: Callable[[str], bool]) -> Node:
    """Return the system failures by job type: v6 has a row per error."""
    jobs: Counter[str] = Counter()
    errors: dict[str, list[str]] = {}
    seen: dict[str, Any] = {}
    for row in picture.rows["failures"]:
        key = key_of(row)
        jobs[key] += row["count"]
        errors.setdefault(key, []).append(row["error_name"] or "unknown")
        seen.setdefault(key, row["last_error"])  # newest first
    rows = [
        {
            "key": key,
            "cells": [
                _named(picture.types[key]), f"{jobs[key]:,}",
                {"text": _some(errors[key]), "title": ", ".join(errors[key])},
                {"text": f"{picture.age(seen[key])} ago" if picture.age(seen[key]) else "", "title": _stamp(seen[key])},
            ],
        }
        for key in jobs if is_wanted(key)
    ]  # fmt: skip
    return _small(
        ["Job type", "Jobs", "Newest error", "Last seen"], rows, "failures", "No jobs failed with a system error."
    )


def _some(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"


def _stamp(stamp: Any) -> str:
    return "" if stamp is None else f"{stamp:%Y-%m-%d %H:%M:%S} UTC"


# The jobs of a job type.


def jobs(frame: pd.DataFrame, picture: Picture, span: str) -> Nodes:
    """Return the jobs of a type as a table, and a table of the errors among them."""
    rows = records(frame)
    whole = frame.attrs["count"]
    made: Nodes = {"+job-rows": _job_rows(rows, whole, picture, span)}
    if any(row["status"] == "FAILED" for row in rows):
        made["+errors"] = _errors(rows, whole, picture)
    return made


def _job_rows(rows: list[Row], whole: int, picture: Picture, span: str) -> Node:
    columns = [*map(_column, ("Job", "Status", "Error", "Changed", "Node")), _column("Tries", "right")]
    shown = [
        {
            "key": str(row["id"]),
            "cells": [
                str(row["id"]), {"text": row["status"] or "", "tone": _TONES.get(row["status"], "plain")},
                _error(row),
                {"text": _ago(picture, row["last_status_change"]), "title": _stamp(row["last_status_change"])},
                row["node"] or "", _text(row["num_exes"]),
            ],
        }
        for row in rows
    ]  # fmt: skip
    told = f"{len(rows):,} of {counted(whole, 'job')}, the last modified first{f'; {span}' if span else ''}."
    return Node(
        kind="table",
        label="Jobs",
        columns=columns,
        rows=shown,
        state="scroll",
        help=told,
        text="There are no such jobs.",
    )


_TONES: dict[str, Tone] = {"FAILED": "bad", "RUNNING": "good", "COMPLETED": "plain"}


def _error(row: Row) -> Any:
    text = f"{row['error_name']} ({row['error_category']})" if row["error_name"] else ""
    return {"text": text, "title": text} if text else ""


def _ago(picture: Picture, stamp: Any) -> str:
    past = picture.age(stamp)
    return f"{past} ago" if past else ""


def _errors(rows: list[Row], whole: int, picture: Picture) -> Node:
    failed = [row for row in rows if row["status"] == "FAILED"]
    counts = Counter((row["error_name"] or "unknown", row["error_category"] or "") for row in failed)
    newest: dict[Any, Any] = {}
    for row in failed:
        newest.setdefault((row["error_name"] or "unknown", row["error_category"] or ""), row["last_status_change"])
    shown = [
        {
            "cells": [
                name, category.capitalize(), {"text": f"{count:,}", "bar": count / len(failed), "shade": "bad"},
                _ago(picture, newest[name, category]),
            ]
        }
        for (name, category), count in counts.most_common()
    ]  # fmt: skip
    columns = [*map(_column, ("Error", "Category", "Jobs", "Last seen"))]
    among = f"Among the {len(rows):,} jobs below." if whole > len(rows) else ""
    return Node(kind="table", label="Errors", columns=columns, rows=shown, help=among)
