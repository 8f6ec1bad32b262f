"""The failure rate over time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jobtype_toolkit.errors import InvalidParameter
from jobtype_toolkit.plots.colours import BAND, LINES, QUIET
from jobtype_toolkit.plots.figure import Plot, blank, checked, cut, legend, nothing, rows_of, time_axis, told, zone_of

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

_COLUMNS = ("start", "is_partial", "finished", "failed", "rate", "low", "high")
_KEYS = ("name", "version", "revision_num", "node", "error_category", "error_name")
_MOST_GROUPS = 10
_NEAR = 1 / 60
"""Marks that are nearer than this part of the axis have one text."""
_MARKS = {
    "new_revision": "revision",
    "new_version": "version",
    "paused": "paused",
    "resumed": "resumed",
    "edited": "edited",
    "deprecated": "deprecated",
}


def failure_trend(frame: pd.DataFrame, *, usual: pd.DataFrame | None = None, marks: pd.DataFrame | None = None) -> Plot:
    """Draw the failure rate over time, one line per group, with its 95 % interval if there is one group.

    Buckets that the window cuts are hatched. A bucket without finished jobs has no rate, and the line has a gap there.

    Args:
        frame: the answer of `failure_trend`.
        usual: the answer of `worse_than_usual`; a band shows where the rate of the one job type usually lies.
        marks: the answer of `changes`; a line each for revisions, versions, pauses and edits of the job types of the frame.

    Raises:
        InvalidParameter: a frame is the answer of another question, or there are more than ten groups.
    """
    checked(frame, "failure_trend", ["failure_trend"], _COLUMNS)
    keys = [one for one in _KEYS if one in frame]
    title = "Failure rate"
    if frame.empty:
        return nothing(frame, title, "no job finished in this window")
    groups = (
        [(_named(key), rows) for key, rows in frame.groupby(keys, dropna=False, sort=True)]
        if keys
        else [("all", frame)]
    )
    if len(groups) > _MOST_GROUPS:
        msg = f"plots.failure_trend(frame) draws {_MOST_GROUPS} groups at most, and this has {len(groups)}. Choose some with name= or version=."
        raise InvalidParameter(msg)
    zone = zone_of(frame)
    figure, axes = blank(frame, f"{title} of {groups[0][0]}" if len(groups) == 1 else title)
    if usual is not None:
        _band(axes, frame, checked(usual, "failure_trend", ["worse_than_usual"], ("name", "usual_low", "usual_high")))
    for place, (name, rows) in enumerate(groups):
        _line(axes, rows, name, place, has_interval=len(groups) == 1)
    _hatched(axes, frame)
    if marks is not None:
        _marked(axes, frame, checked(marks, "failure_trend", ["changes"], ("kind", "name", "what", "moment")))
    axes.set_ylim(bottom=0)
    axes.yaxis.set_major_formatter(lambda share, _: f"{share:.0%}")
    axes.set_ylabel("failed of finished", fontsize=8.5, color=QUIET)
    time_axis(axes, zone)
    if len(axes.get_legend_handles_labels()[0]) > 1:
        legend(figure, axes)
    figure.alt = _in_words(frame, groups[0][0] if len(groups) == 1 else f"{len(groups)} groups", zone)
    return figure


def _named(key: tuple[object, ...]) -> str:
    return " ".join("none" if one is None else str(one) for one in key)


def _line(axes: Axes, rows: pd.DataFrame, name: str, place: int, *, has_interval: bool) -> None:
    colour, style = LINES[place % len(LINES)], "-" if place < len(LINES) else "--"
    if has_interval:
        axes.fill_between(
            rows["start"], rows["low"], rows["high"], color=colour, alpha=0.18, linewidth=0, label="95 % interval"
        )
    axes.plot(rows["start"], rows["rate"], style, color=colour, marker="o", markersize=3.2, linewidth=1.5, label=name)


def _band(axes: Axes, frame: pd.DataFrame, usual: pd.DataFrame) -> None:
    names = [*frame["name"].unique()] if "name" in frame else []
    if len(names) != 1:
        msg = f"usual= is of one job type, and the frame has {len(names)}. Ask failure_trend(name=…) of one."
        raise InvalidParameter(msg)
    own = usual[usual["name"] == names[0]]
    if own.empty or own[["usual_low", "usual_high"]].isna().any(axis=None):
        return
    row = next(iter(rows_of(own)))
    axes.axhspan(row.usual_low, row.usual_high, color=BAND, alpha=0.7, linewidth=0, zorder=0, label="usual")


def _hatched(axes: Axes, frame: pd.DataFrame) -> None:
    """Hatch the buckets that the window cuts."""
    starts = frame["start"].drop_duplicates().sort_values().reset_index(drop=True)
    width = starts.diff().median() if len(starts) > 1 else None
    if width is None:
        return
    partial = frame.loc[frame["is_partial"].astype(bool), "start"].drop_duplicates()
    for number, start in enumerate(partial):
        axes.axvspan(
            start - width / 2, start + width / 2, facecolor="none", edgecolor=QUIET, alpha=0.35, hatch="///", linewidth=0,
            label="partial" if not number else None,
        )  # fmt: skip


def _marked(axes: Axes, frame: pd.DataFrame, marks: pd.DataFrame) -> None:
    first, last = frame["start"].min(), frame["start"].max()
    own = marks[marks["kind"].isin([*_MARKS]) & marks["moment"].between(first, last)]
    if "name" in frame:
        own = own[own["name"].isin(frame["name"])]
    near = (last - first) * _NEAR
    own = own.sort_values("moment")
    for _, together in own.groupby((own["moment"].diff() > near).cumsum()):
        said = ", ".join(f"{_MARKS[row.kind]} {row.what}" for row in rows_of(together))
        for row in rows_of(together):
            axes.axvline(row.moment, color=QUIET, linewidth=1, linestyle=":")
        axes.annotate(said, (row.moment, 1), xycoords=("data", "axes fraction"), xytext=(2, -2), textcoords="offset points",
                      rotation=90, va="top", fontsize=7.5, color=QUIET)  # fmt: skip


def _in_words(frame: pd.DataFrame, name: str, zone: str) -> str:
    starts = frame["start"]
    said = f"Failure rate of {name}, {told(starts.min())} to {told(starts.max())} ({zone})"
    rated: Any = frame.dropna(subset=["rate"]).reset_index(drop=True)
    if rated.empty:
        return f"{said}: no job finished."
    top = rated.loc[rated["rate"].idxmax()]
    partial = frame.loc[frame["is_partial"].astype(bool), "start"].nunique()
    return f"{said}: from {rated['rate'].min():.1%} to {top['rate']:.1%}, the highest in the bucket of {told(top['start'])}.{cut(partial, 'bucket')}"
