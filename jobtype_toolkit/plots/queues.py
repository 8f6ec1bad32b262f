"""How deep the queue was."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobtype_toolkit.plots.colours import LINES, QUIET
from jobtype_toolkit.plots.figure import Plot, blank, checked, legend, nothing, time_axis, told, zone_of

if TYPE_CHECKING:
    import pandas as pd

_MOST = 8


def backlog(frame: pd.DataFrame) -> Plot:
    """Draw how many jobs waited on the queue over time, a line per job type.

    Eight types at most, the deepest first; the others are one line together. A moment that the answer does not have is 0.

    Args:
        frame: the answer of `backlog`.

    Raises:
        InvalidParameter: the frame is the answer of another question.
    """
    checked(frame, "backlog", ["backlog"], ("moment", "name", "queued"))
    title = "Jobs on the queue"
    if frame.empty:
        return nothing(frame, title, "no job waited on the queue in this window")
    depths = frame.pivot_table("queued", "moment", "name", "sum", fill_value=0).sort_index()
    from matplotlib.ticker import MaxNLocator

    step = depths.index.to_series().diff().min() if len(depths) > 1 else None
    if step is not None:
        depths = depths.asfreq(step, fill_value=0)
    order = depths.max().sort_values(ascending=False, kind="stable").index
    shown, others = depths[order[:_MOST]], depths[order[_MOST:]]
    figure, axes = blank(frame, title)
    for place, name in enumerate(shown):
        style = "-" if place < len(LINES) else "--"
        axes.plot(
            shown.index,
            shown[name],
            style,
            color=LINES[place % len(LINES)],
            drawstyle="steps-post",
            linewidth=1.4,
            label=name,
        )
    if len(others.columns):
        label = f"{len(others.columns)} others"
        axes.plot(
            others.index, others.sum(axis=1), ":", color=QUIET, drawstyle="steps-post", linewidth=1.4, label=label
        )
    axes.set_ylim(bottom=0)
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_ylabel("queued jobs", fontsize=8.5, color=QUIET)
    zone = zone_of(frame)
    time_axis(axes, zone)
    legend(figure, axes)
    deepest = depths[order[0]]
    when = f"{told(depths.index.min())} to {told(depths.index.max())} ({zone})"
    figure.alt = f"{title}, {when}: deepest is {order[0]} with {int(deepest.max()):,} on {told(deepest.idxmax())}."
    return figure
