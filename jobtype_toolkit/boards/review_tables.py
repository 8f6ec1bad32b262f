"""A shift as nodes: its verdict, the list of job types, the trend, what began, what is stuck or waits, nodes, jobs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from jobtype_toolkit.boards.picture import spoken
from jobtype_toolkit.boards.shift import FINISHED, JOBS_SHOWN, REVIEW_SPANS, WAITING, Bucket, Point, Row, Shift
from jobtype_toolkit.hints import counted
from jobtype_toolkit.widgets.nodes import Node, Nodes, Tone, button, note

if TYPE_CHECKING:
    import pandas as pd

_TONES: dict[str, Tone] = {"worse": "bad", "better": "good"}
_CAUSES = {
    "version": "version", "revision": "revision", "configuration": "edit of the job type", "pause": "pause", "node": "node",
}  # fmt: skip
_MOST = 100
"""How many rows a table has at most."""


def span(since: str) -> str:
    """Return a range as the end of a sentence."""
    return REVIEW_SPANS[since][1] if since in REVIEW_SPANS else spoken(since)


def board(shift: Shift, name: str) -> tuple[Nodes, dict[str, Point]]:
    """Return the sections of a shift, of one job type or of all for "", and the point that each bar and row stands for."""
    when, named = span(shift.since), f" of {name}" if name else ""
    points = _bucket_points(shift, name)
    told = f"Failures {when} against the 13 weeks before. Choose a type to see its trend; again for all."
    bars = "Click a bar, or move with the arrow keys and press Enter, to see its jobs."
    lists: dict[str, tuple[str, str, Listed]] = {
        "onsets": ("Errors", f"Failures{named} {when} by error, the newest onset first.", onsets(shift, name)),
        "nodes": ("Nodes", "Failures against what the job types that ran there explain.", nodes(shift)),
        "stuck": ("Stuck", "Jobs that run longer than they may, the furthest beyond it first.", stuck(shift, name)),
        "waiting": ("Waiting", "Job types with jobs that do not run, and the decisive reason.", waiting(shift, name)),
    }
    made: Nodes = {
        "+verdict": verdict(shift),
        "+types": types(shift),
        "+types-section": Node(kind="section", label="Worse than usual", help=told, children=["+types"]),
        "+trend": trend(shift, name),
        "+trend-section": Node(
            kind="section", label=f"Trend: {name or 'all job types'}", help=bars, children=["+trend"]
        ),
        "+columns": Node(kind="columns", children=["+nodes-section", "+stuck-section"]),
    }
    for key, (label, help, (table, more)) in lists.items():
        points |= more
        made[f"+{key}"] = table
        made[f"+{key}-section"] = Node(kind="section", label=label, help=help, children=[f"+{key}"])
    return made, points


def verdict(shift: Shift) -> Node:
    """Return the shift in a sentence."""
    text, is_quiet = shift.verdict
    return note(text, "good" if is_quiet else "bad", state="verdict")


def types(shift: Shift) -> Node:
    """Return the job types with their verdicts, worse ones first."""
    rows = [
        {
            "key": row["name"],
            "cells": [
                row["name"],
                {"text": row["verdict"], "tone": _TONES.get(row["verdict"], "plain")},
                f"{row['failed']:,} of {row['finished']:,}",
                {"text": percent(row["rate"]), "bar": row["rate"], "shade": "bad"},
                _usual(row),
                _where(row),
            ],
        }
        for row in shift.rows["worse"]
    ]
    return _table(
        ("Job type", "Verdict", "Failed", "Rate", "Usual", "Mostly"), rows, "type", "No job finished in this range."
    )


def percent(share: float | None) -> str:
    """Return a share of 1 as a text."""
    return "" if share is None else f"{share:.1%}"


def _usual(row: Row) -> str:
    if row["usual_rate"] is None:
        return ""
    return f"{percent(row['usual_rate'])} ({percent(row['usual_low'])} to {percent(row['usual_high'])})"


def _where(row: Row) -> str:
    """Return the version, node and error that a verdict is mostly about."""
    told = [("version", row["version"]), ("on", row["node"]), ("", row["error_name"])]
    return ", ".join(f"{word} {value}".strip() for word, value in told if value)


def trend(shift: Shift, name: str) -> Node:
    """Return the trend of a job type, of all for "": a bar per hour, day or week, and the same as rows."""
    found = shift.buckets(name)
    made = _table(
        (shift.per.capitalize(), "Failed", "Finished", "Rate"), [], "bucket", "No job finished in this range."
    )
    made["kind"] = "trend"
    made["label"] = f"{name or 'All job types'}: failed and finished jobs per {shift.per}, UTC"
    made["rows"] = [_bar(shift, one) for one in found]
    return made


def _bar(shift: Shift, one: Bucket) -> Row:
    when = _moment(one.start, shift.per) + (" (partial)" if one.is_partial else "")
    return {
        "key": bucket_key(one),
        "cells": [when, f"{one.failed:,}", f"{one.finished:,}", percent(one.rate) or "no job"],
        "failed": one.failed,
        "finished": one.finished,
        "rate": one.rate,
        "partial": one.is_partial,
        "tick": _tick(one.start, shift.per),
    }


def bucket_key(one: Bucket) -> str:
    """Return the key of the point that a bar stands for."""
    return f"bucket/{one.start.isoformat()}"


def _moment(start: datetime, per: str) -> str:
    if per == "hour":
        return f"{start:%Y-%m-%d %H:%M}"
    return f"{'week of ' if per == 'week' else ''}{start:%Y-%m-%d}"


def _tick(start: datetime, per: str) -> str:
    return f"{start:%H:%M}" if per == "hour" else f"{start.day} {start:%b}"


def _bucket_points(shift: Shift, name: str) -> dict[str, Point]:
    """Return what each bar of the trend stands for."""
    return {
        bucket_key(one): Point(
            bucket_key(one), f"{name or 'All job types'}, {_moment(one.start, shift.per)}", FINISHED,
            name=name or None, category=shift.category or None, started=one.started, ended=one.ended,
        )
        for one in shift.buckets(name)
    }  # fmt: skip


# What began, what is stuck, what waits, nodes: a table each, and what a row of it stands for.

Listed = tuple[Node, dict[str, Point]]


def onsets(shift: Shift, name: str) -> Listed:
    """Return the errors of the window, those that began first."""
    began, end = shift.window
    rows, points = [], {}
    for row in (one for one in shift.rows["onsets"] if name in ("", one["name"])):
        key = "onset/" + json.dumps([row["name"], row["error_name"]])
        label = f"{row['name']}, {row['error_name'] or 'no error'}"
        points[key] = Point(
            key, label, name=row["name"], error_name=row["error_name"], is_without_error=row["error_name"] is None, category=row["error_category"],
            started=began, ended=end,
        )  # fmt: skip
        since = "" if row["onset"] is None else f"{row['onset']:%Y-%m-%d}"
        until = "" if row["until"] is None else f" until {row['until']:%Y-%m-%d}"
        tone = "plain" if row["kind"] == "steady" else "bad"
        cells = [
            row["error_name"] or "no error",
            row["name"],
            {"text": row["kind"], "tone": tone},
            since + until,
            _cause(row),
            f"{row['count']:,}",
        ]
        rows.append({"key": key, "cells": cells})
    none = "No job failed in this range."
    return _table(("Error", "Job type", "Kind", "Since", "Likely cause", "Jobs"), rows, "point", none), points


def _cause(row: Row) -> Any:
    if not row["cause"]:
        return "" if row["kind"] == "steady" else "none found"
    text = f"{_CAUSES.get(row['cause'], row['cause'])} {row['cause_value'] or ''}".strip()
    return {"text": text, "title": "; ".join(str(one.get("evidence", "")) for one in row["candidates"] or [])}


def stuck(shift: Shift, name: str) -> Listed:
    """Return the jobs that run longer than they may."""
    rows, points = [], {}
    for row in (one for one in shift.rows["stuck"] if name in ("", one["name"])):
        key = f"stuck/{row['id']}"
        points[key] = Point(key, f"Job {row['id']}", ("RUNNING",), id=row["id"])
        times = f"{_length(row['running_for'])} of {_length(row['allowed'])}"
        rows.append(
            {
                "key": key,
                "cells": [
                    str(row["id"]),
                    f"{row['name']} {row['version']}",
                    times,
                    row["node"] or "",
                    _words(row["reason"]),
                ],
            }
        )
    return _table(
        ("Job", "Job type", "Runs for", "Node", "Limit"), rows, "point", "No job runs longer than it may."
    ), points


def waiting(shift: Shift, name: str) -> Listed:
    """Return the job types with jobs that wait, and what holds them."""
    rows, points = [], {}
    for row in (one for one in shift.held if name in ("", one["name"])):
        key = "waiting/" + json.dumps([row["name"], row["version"]])
        label = f"{row['name']} {row['version']}"
        points[key] = Point(key, f"{label}, waiting", WAITING, name=row["name"], version=row["version"])
        rows.append(
            {"key": key, "cells": [label, _words(row["reason"]), {"text": row["evidence"], "title": row["evidence"]}]}
        )
    made = _table(("Job type", "Held by", "Why"), rows, "point", "No job waits.")
    made["state"] = ""  # sentences, which wrap
    return made, points


def nodes(shift: Shift) -> Listed:
    """Return the nodes, those on which failures concentrate first."""
    began, end = shift.window
    rows, points = [], {}
    for row in shift.rows["nodes"]:
        key = f"node/{row['node']}"
        points[key] = Point(
            key, f"Failed on {row['node']}", node=row["node"], category=shift.category or None, started=began, ended=end
        )
        tone = "bad" if row["verdict"] == "bad" else "plain"
        cells = [
            row["node"],
            {"text": row["verdict"], "tone": tone},
            f"{row['failed']:,} of {row['finished']:,}",
            "" if row["expected"] is None else f"{row['expected']:,.0f}",
        ]
        rows.append({"key": key, "cells": cells})
    return _table(("Node", "Verdict", "Failed", "Expected"), rows, "point", "Nothing finished in this range."), points


def _words(code: str) -> str:
    return code.replace("_", " ")


def _length(seconds: float | None) -> str:
    if seconds is None:
        return "no limit"
    for unit, length in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:,.0f} {unit}"
    return f"{seconds:.0f} s"


# The jobs behind a point.


def jobs(point: Point, found: pd.DataFrame) -> Nodes:
    """Return the jobs behind a point, and a button that copies their ids."""
    rows = found.astype(object).where(found.notna(), None).to_dict("records")
    shown = [
        {
            "key": str(row["id"]),
            "cells": [
                str(row["id"]), {"text": row["status"] or "", "tone": "bad" if row["status"] == "FAILED" else "plain"},
                f"{row['job_type']} {row['job_type_version']}",
                f"{row['error_name']} ({row['error_category']})" if row["error_name"] else "",
                f"{row['last_status_change']:%Y-%m-%d %H:%M:%S}" if row["last_status_change"] is not None else "",
                row["node"] or "",
            ],
        }
        for row in rows
    ]  # fmt: skip
    table = _table(
        ("Job", "Status", "Job type", "Error", "Changed, UTC", "Node"),
        shown,
        "",
        "There are no such jobs.",
        most=JOBS_SHOWN,
    )
    whole = found.attrs["count"]
    table["help"] = (
        f"{len(rows):,} of {counted(whole, 'job')}{', failed ones first' if len(point.statuses) > 1 else ''}, the newest first."
    )
    ids = ", ".join(str(row["id"]) for row in rows)
    return {
        "+job-rows": table,
        "+copy": button("Copy the ids", "copy-text", argument=ids, icon="copy", disabled=not rows),
        "+done": button("Close", "close", icon="close"),
        "+jobs-bar": Node(kind="bar", label="Jobs", children=["+copy", "+done"]),
    }


_NUMBERS = frozenset({"Failed", "Finished", "Jobs", "Expected"})


def _table(labels: Sequence[str], rows: list[Row], act: str, none: str, most: int = _MOST) -> Node:
    columns = [{"label": label, "align": "right" if label in _NUMBERS else "left"} for label in labels]
    made = Node(kind="table", label="", columns=columns, rows=rows[:most], state="scroll", text=none)
    if act:
        made["act"] = act
    if len(rows) > most:
        made["help"] = f"{most:,} of {len(rows):,} rows. Choose a job type to see fewer."
    return made
