"""Failed jobs by job type, in the three categories of errors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jobtype_toolkit.plots.colours import CATEGORIES, QUIET, UNKNOWN
from jobtype_toolkit.plots.figure import Plot, blank, checked, legend, nothing

if TYPE_CHECKING:
    import pandas as pd

_MOST = 20
_SMALL = 0.01
_ROW, _REST = 0.3, 1.1
"""Inches for a bar, and for what is around them."""


def status_bars(frame: pd.DataFrame) -> Plot:
    """Draw the FAILED jobs of each job type as a bar in the three categories of errors, most failures first.

    Twenty types at most; the title says how many there are. The number behind a bar is the share of the finished jobs, FAILED
    and COMPLETED.

    Args:
        frame: the answer of `status`.

    Raises:
        InvalidParameter: the frame is the answer of another question.
    """
    checked(frame, "status_bars", ["status"], ("name", "version", "status", "category", "count"))
    finished: Any = frame[frame["status"].isin(["FAILED", "COMPLETED"])].groupby(["name", "version"])["count"].sum()
    failed = frame[frame["status"] == "FAILED"]
    title = "Failed jobs by category"
    if failed.empty:
        return nothing(failed, title, "no job failed in this window")
    category = failed["category"].where(failed["category"].isin([*CATEGORIES]), "unknown")
    counts = failed.assign(category=category).pivot_table("count", ["name", "version"], "category", "sum", fill_value=0)
    order = counts.sum(axis=1).sort_values(ascending=False, kind="stable").index
    table = counts.reindex(columns=[*CATEGORIES, "unknown"], fill_value=0).loc[order]
    shown: Any = table.head(_MOST)
    rest = f", {len(shown)} of {len(table)} job types" if len(table) > len(shown) else ""
    figure, axes = blank(table.reset_index(), f"{title}{rest}", height=_REST + _ROW * len(shown))
    left = shown.iloc[:, 0] * 0
    for one, colour in {**CATEGORIES, "unknown": UNKNOWN}.items():
        if shown[one].any():
            axes.barh(
                range(len(shown)), shown[one], left=left, color=colour, label=one, edgecolor="white", linewidth=0.8
            )
            left = left + shown[one]
    axes.set_yticks(range(len(shown)), [" ".join(key) for key in shown.index])
    axes.invert_yaxis()
    for row, (key, total) in enumerate(shown.sum(axis=1).items()):
        axes.annotate(f"{total:,} ({_share(total / finished[key])})", (total, row), xytext=(4, 0), textcoords="offset points",
                      va="center", fontsize=8, color=QUIET)  # fmt: skip
    axes.margins(x=0.12)
    axes.grid(visible=False, axis="y")
    axes.set_xlabel("failed jobs (share of the finished)", fontsize=8.5, color=QUIET)
    legend(figure, axes)
    worst = " ".join(shown.index[0])
    sums = ", ".join(f"{int(table[one].sum()):,} {one}" for one in table if table[one].any())
    figure.alt = f"{title} of {len(table)} job types: {sums}. Most are of {worst}: {int(shown.iloc[0].sum()):,}."
    return figure


def _share(share: float) -> str:
    return f"{share:.0%}" if share >= _SMALL else f"{share:.1%}"
