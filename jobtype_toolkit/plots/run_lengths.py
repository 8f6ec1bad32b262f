"""How long jobs run, by version."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jobtype_toolkit.errors import InvalidParameter
from jobtype_toolkit.plots.colours import GRID, INK, LINES, QUIET
from jobtype_toolkit.plots.figure import Plot, blank, checked, legend, nothing

if TYPE_CHECKING:
    import pandas as pd

_MOST = 40
_ROW, _REST = 0.3, 1.0
_TICKS = (1, 3, 10, 30, 60, 180, 600, 1800, 3600, 10800, 36000, 86400, 259200, 864000)
_UNITS = ((86400, "d"), (3600, "h"), (60, "min"), (1, "s"))


def run_times(frame: pd.DataFrame) -> Plot:
    """Draw how long jobs run, a row per job type and version: the median with its interval, the 90th and the 99th percentile.

    Args:
        frame: the answer of `durations`, or COMPLETED jobs, the answer of `jobs`, of which the percentiles are taken here.

    Raises:
        InvalidParameter: the frame is the answer of another question, or has more than forty rows.
    """
    title = "Run times of completed jobs"
    checked(frame, "run_times", ["durations", "jobs"], ())
    timed: Any = (
        _of_jobs(frame) if "p50" not in frame else checked(frame, "run_times", ["durations"], ("n", "p90", "p99"))
    )
    if timed.empty:
        return nothing(timed, title, "no job with a start and an end completed in this window")
    if len(timed) > _MOST:
        msg = f"plots.run_times(frame) draws {_MOST} groups at most, and this has {len(timed)}. Choose some with name=."
        raise InvalidParameter(msg)
    from matplotlib.ticker import FixedLocator, NullLocator

    keys = timed.columns[: list(timed.columns).index("n")]
    figure, axes = blank(timed, title, height=_REST + _ROW * len(timed))
    places = range(len(timed))
    axes.hlines(places, timed["p50"], timed["p99"], color=QUIET, linewidth=1)
    if "low" in timed:
        axes.hlines(places, timed["low"], timed["high"], color=LINES[0], alpha=0.35, linewidth=7)
    axes.plot(timed["p50"], places, "o", color=LINES[0], markersize=5, label="median")
    axes.plot(timed["p90"], places, "|", color=INK, markersize=10, label="90 % are shorter")
    axes.plot(timed["p99"], places, ">", color=LINES[1], markersize=5, label="99 % are shorter")
    axes.set_yticks(places, [" ".join(map(str, row)) for row in timed[list(keys)].itertuples(index=False)])
    axes.set_ylim(len(timed) - 0.5, -0.5)
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(FixedLocator(_TICKS))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(lambda seconds, _: length(seconds))
    axes.grid(visible=True, axis="x", color=GRID)
    legend(figure, axes)
    longest = timed.sort_values("p50").iloc[-1]
    name = " ".join(str(longest[one]) for one in keys)
    figure.alt = f"{title}: {len(timed)} rows, medians from {length(timed['p50'].min())} to {length(timed['p50'].max())} ({name})."
    return figure


def length(seconds: float) -> str:
    """Return a length of time in words, such as 2.5 h."""
    size, unit = next(((size, unit) for size, unit in _UNITS if seconds >= size), _UNITS[-1])
    return f"{seconds / size:.3g} {unit}"


def _of_jobs(jobs: pd.DataFrame) -> pd.DataFrame:
    """Return the percentiles of run times by job type and version, as `durations` has them."""
    checked(jobs, "run_times", ["durations", "jobs"], ("job_type", "job_type_version", "status", "started", "ended"))
    done = jobs[(jobs["status"] == "COMPLETED") & (jobs["ended"] >= jobs["started"])]
    took: Any = (done["ended"] - done["started"]).dt.total_seconds()
    by_type = took.groupby([done["job_type"].rename("name"), done["job_type_version"].rename("version")])
    shares = {"p50": 0.5, "p90": 0.9, "p99": 0.99}
    made: pd.DataFrame = by_type.agg(
        n="size", **{name: lambda some, share=share: some.quantile(share) for name, share in shares.items()}
    )
    return made.reset_index()
