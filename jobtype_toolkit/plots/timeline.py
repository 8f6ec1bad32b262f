"""When errors began, and whether they have ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from jobtype_toolkit.hints import counted
from jobtype_toolkit.plots.colours import CATEGORIES, GRID, QUIET, UNKNOWN
from jobtype_toolkit.plots.figure import Plot, blank, checked, legend, nothing, rows_of, time_axis, told, zone_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MOST = 30
_ROW, _REST = 0.26, 1.2


def onsets(frame: pd.DataFrame) -> Plot:
    """Draw when each error of a job type began and ended, newest first, in the colour of its category.

    An error that goes on has an arrow; one that was always there has no row. Thirty rows at most; the title says how many there are.

    Args:
        frame: the answer of `error_onsets`.

    Raises:
        InvalidParameter: the frame is the answer of another question.
    """
    columns = ("name", "error_name", "error_category", "onset", "until", "last_seen", "count", "cause", "cause_value")
    checked(frame, "onsets", ["error_onsets"], columns)
    title = "Since when errors have come"
    begun = frame.dropna(subset=["onset"])
    if begun.empty:
        return nothing(frame, title, "no error began in this window")
    zone = zone_of(frame)
    shown = begun.sort_values("onset", ascending=False, kind="stable").head(_MOST)
    rest = f", {len(shown)} of {len(begun)}" if len(begun) > len(shown) else ""
    figure, axes = blank(frame, f"{title}{rest}", height=_REST + _ROW * len(shown))
    end: Any = _end(frame)
    for place, row in enumerate(rows_of(shown)):
        _spell(axes, place, row, end)
    axes.set_yticks(range(len(shown)), [f"{row.name}: {row.error_name}" for row in rows_of(shown)])
    axes.invert_yaxis()
    axes.grid(visible=False, axis="y")
    axes.grid(visible=True, axis="x", color=GRID)
    time_axis(axes, zone)
    legend(figure, axes, _categories(shown))
    newest = shown.iloc[0]
    going_on = int(begun["until"].isna().sum())
    figure.alt = (
        f"{title}: {counted(len(begun), 'error')}, {going_on} {'goes' if going_on == 1 else 'go'} on. The newest is {newest['error_name']} of {newest['name']}, "
        f"since {told(newest['onset'])} ({zone})."
    )
    return figure


def _end(frame: pd.DataFrame) -> pd.Timestamp:
    said = (frame.attrs.get("window") or {}).get("ended")
    return pd.Timestamp(said) if said else max(frame["last_seen"].max(), frame["onset"].max())


def _spell(axes: Axes, place: int, row: Any, end: Any) -> None:
    """Draw from when to when an error came."""
    colour = CATEGORIES.get(str(row.error_category), UNKNOWN)
    is_over = not pd.isna(row.until)
    axes.hlines(place, row.onset, row.until if is_over else end, color=colour, linewidth=5, alpha=0.9)
    axes.plot([row.onset], [place], "o", color=colour, markersize=5)
    if not is_over:
        axes.plot([end], [place], ">", color=colour, markersize=8)
    cause = f", {row.cause} {row.cause_value if not pd.isna(row.cause_value) else ''}" if not pd.isna(row.cause) else ""
    axes.annotate(f"{row.count:,}{cause}", (row.until if is_over else end, place), xytext=(7, 0), textcoords="offset points",
                  va="center", fontsize=7.5, color=QUIET)  # fmt: skip


def _categories(shown: pd.DataFrame) -> list[Any]:
    from matplotlib.patches import Patch

    present = [one for one in CATEGORIES if (shown["error_category"] == one).any()]
    handles = [Patch(color=CATEGORIES[one], label=one) for one in present]
    if not shown["error_category"].isin([*CATEGORIES]).all():
        handles.append(Patch(color=UNKNOWN, label="unknown"))
    return handles
