"""A calendar of failing days."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from jobtype_toolkit.errors import InvalidParameter
from jobtype_toolkit.plots.colours import GRID, INK, QUIET
from jobtype_toolkit.plots.figure import Plot, blank, checked, cut, nothing, rows_of, told, zone_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MOST_LABELS = 8
_DARK = 0.45
"""From this part of the scale on, what stands on a colour is white below it and black above."""


def failing_days(frame: pd.DataFrame) -> Plot:
    """Draw a calendar in which each day has the colour of its failure rate; all groups of the frame are one.

    A column is a week, a row a day of it. Days that the window cuts are hatched, days without finished jobs are empty.

    Args:
        frame: the answer of `failure_trend` by day.

    Raises:
        InvalidParameter: the frame is the answer of another question, or not by day.
    """
    checked(frame, "failing_days", ["failure_trend"], ("start", "is_partial", "finished", "failed"))
    title = "Failing days"
    zone = zone_of(frame)
    local = frame["start"].dt.tz_convert(zone).dt.tz_localize(None)
    gaps = local.drop_duplicates().sort_values().diff()
    if (local != local.dt.normalize()).any() or gaps.min() > pd.Timedelta(days=1):
        msg = "plots.failing_days(frame) draws days, and this answer is by hour or week. Ask failure_trend(per='day')."
        raise InvalidParameter(msg)
    days = frame.assign(day=local).groupby("day")
    table: Any = days.agg({"finished": "sum", "failed": "sum", "is_partial": "max"}).reset_index()
    if not table["finished"].any():
        return nothing(table, title, "no job finished in this window")
    table["rate"] = (table["failed"] / table["finished"]).where(table["finished"] > 0)
    monday = table["day"].min() - pd.Timedelta(days=table["day"].min().weekday())
    weeks = int((table["day"].max() - monday).days) // 7 + 1
    figure, axes = blank(table, f"{title} ({zone})", height=2.7)
    _squares(axes, table, monday)
    axes.set_xlim(-0.5, max(weeks, 12) - 0.5)
    axes.set_ylim(6.5, -0.5)
    axes.set_aspect("equal", anchor="W")
    axes.set_yticks(range(7), _WEEKDAYS)
    every = -(-weeks // _MOST_LABELS)
    mondays = [monday + pd.Timedelta(weeks=week) for week in range(0, weeks, every)]
    axes.set_xticks(range(0, weeks, every), [f"{one:%d %b}" for one in mondays])
    axes.spines[:].set_visible(False)
    axes.grid(visible=False)
    axes.tick_params(length=0)
    worst = table.loc[table["rate"].idxmax()]
    partial = int(table["is_partial"].astype(bool).sum())
    figure.alt = (
        f"Calendar of failing days, {told(table['day'].min())} to {told(table['day'].max())} ({zone}): "
        f"the worst is {told(worst['day'])} with {worst['rate']:.1%} failed of {int(worst['finished']):,}.{cut(partial, 'day')}"
    )
    return figure


def _squares(axes: Axes, table: pd.DataFrame, monday: pd.Timestamp) -> None:
    from matplotlib import colormaps
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize
    from matplotlib.patches import Rectangle

    top = max(float(table["rate"].max()), 0.01)
    scale = ScalarMappable(Normalize(0, top), colormaps["Blues"])
    for row in rows_of(table):
        ago = (row.day - monday).days
        has_rate = row.finished > 0
        colour = scale.to_rgba(row.rate) if has_rate else "white"
        hatch = "////" if row.is_partial else None
        square = Rectangle(
            (ago // 7 - 0.45, ago % 7 - 0.45), 0.9, 0.9, facecolor=colour, edgecolor=GRID, hatch=hatch, linewidth=0.8
        )
        square.set_gid(told(row.day))
        axes.add_patch(square)
        ink = "white" if has_rate and row.rate > (1 - _DARK) * top else INK if has_rate else QUIET
        axes.text(ago // 7, ago % 7, f"{row.day.day}", ha="center", va="center", fontsize=6.5, color=ink)
    bar = axes.figure.colorbar(scale, ax=axes, shrink=0.9, pad=0.02, format=lambda share, _: f"{share:.0%}")
    bar.set_label("failed of finished", fontsize=8.5, color=QUIET)
    bar.outline.set_visible(False)
    bar.ax.tick_params(labelsize=8, colors=QUIET)
