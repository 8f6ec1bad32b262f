"""Plots of the answers of the failure review, for notebooks and reports: each takes the frame of its question."""

from typing import TYPE_CHECKING

from jobtype_toolkit.lazy import loader

if TYPE_CHECKING:
    from jobtype_toolkit.plots.days import failing_days
    from jobtype_toolkit.plots.figure import Plot
    from jobtype_toolkit.plots.queues import backlog
    from jobtype_toolkit.plots.run_lengths import run_times
    from jobtype_toolkit.plots.statuses import status_bars
    from jobtype_toolkit.plots.timeline import onsets
    from jobtype_toolkit.plots.trend import failure_trend

_TABLE = {
    "days": ["failing_days"],
    "figure": ["Plot"],
    "queues": ["backlog"],
    "run_lengths": ["run_times"],
    "statuses": ["status_bars"],
    "timeline": ["onsets"],
    "trend": ["failure_trend"],
}
__all__ = ["Plot", "backlog", "failing_days", "failure_trend", "onsets", "run_times", "status_bars"]
__getattr__ = loader(__name__, _TABLE)


def __dir__() -> list[str]:
    return __all__
