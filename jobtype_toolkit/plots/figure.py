"""A figure that knows what it says in words and in numbers, and axes that all plots begin with."""

from __future__ import annotations

import io
from base64 import b64encode
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from jobtype_toolkit.display.html import render
from jobtype_toolkit.errors import InvalidParameter, ToolkitError
from jobtype_toolkit.plots.colours import GRID, INK, QUIET

try:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
except ModuleNotFoundError as error:
    _MSG = 'Plots need matplotlib. Install it: pip install "jobtype-toolkit[plots]"'
    raise ToolkitError(_MSG) from error

if TYPE_CHECKING:
    import pandas as pd

_WIDTH, _HEIGHT = 8.0, 3.4
_BESIDE = 4
"""A legend with more entries stands beside the axes."""
_MOST_ROWS = 60
"""How many rows the table behind a plot has in a notebook; `table` has all."""


class Plot(Figure):
    """A matplotlib figure of an answer. A notebook shows it; `savefig(path)` writes it to a file.

    It belongs to nobody but the caller: matplotlib's list of open figures does not have it.
    """

    alt: str = ""
    """What the figure shows, in words."""
    table: pd.DataFrame
    """The numbers behind it."""

    def __repr__(self) -> str:
        return f"<Plot: {self.alt}>"

    def _repr_html_(self) -> str:
        file = io.BytesIO()
        self.savefig(file, format="png", metadata={"Software": None})
        table = self.table.head(_MOST_ROWS).to_html(index=False, na_rep="", border=0)
        return render(
            "plot.html",
            alt=self.alt,
            png=b64encode(file.getvalue()).decode(),
            table=table,
            rows=len(self.table),
            shown=min(len(self.table), _MOST_ROWS),
        )


def checked(frame: pd.DataFrame, plot: str, questions: Sequence[str], columns: Sequence[str]) -> pd.DataFrame:
    """Return a frame that is the answer of one of some questions.

    Raises:
        InvalidParameter: it is the answer of another question, or lacks columns.
    """
    asked = frame.attrs.get("service") if hasattr(frame, "attrs") else None
    wanted = " or ".join(f"{one}()" for one in questions)
    if asked is not None and asked not in questions:
        msg = f"plots.{plot}(frame) takes the answer of {wanted}, and this is one of {asked}(). Ask {wanted}."
        raise InvalidParameter(msg)
    lacking = [one for one in columns if one not in getattr(frame, "columns", ())]
    if lacking:
        msg = f"plots.{plot}(frame) takes the answer of {wanted}; this has no column {', '.join(lacking)}. Give that answer as it came."
        raise InvalidParameter(msg)
    return frame


def zone_of(frame: pd.DataFrame) -> str:
    """Return the zone of a frame's times."""
    return str(frame.attrs.get("zone", "UTC"))


def blank(frame: pd.DataFrame, title: str, *, height: float = _HEIGHT) -> tuple[Plot, Axes]:
    """Return an empty plot with a title."""
    figure = Plot(figsize=(_WIDTH, height), dpi=100, layout="constrained", facecolor="white")
    axes = figure.add_subplot()
    axes.set_title(title, loc="left", fontsize=11, color=INK)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(QUIET)
    axes.tick_params(colors=QUIET, labelsize=8.5)
    axes.grid(axis="y", color=GRID, linewidth=0.8)
    axes.set_axisbelow(True)
    figure.table = frame
    figure.alt = title
    return figure, axes


def nothing(frame: pd.DataFrame, title: str, why: str) -> Plot:
    """Return a plot of an empty answer: it says so."""
    figure, axes = blank(frame, title, height=1.6)
    axes.set_axis_off()
    axes.text(0.5, 0.5, why, ha="center", va="center", color=QUIET, transform=axes.transAxes)
    figure.alt = f"{title}: {why}"
    return figure


def time_axis(axes: Axes, zone: str) -> None:
    """Let the x axis tell times of a zone, which it names."""
    from matplotlib import dates

    made: Any = dates  # its classes are not typed
    locator = made.AutoDateLocator(tz=zone, minticks=4, maxticks=9)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(made.ConciseDateFormatter(locator, tz=zone))
    axes.set_xlabel(f"time ({zone})", fontsize=8.5, color=QUIET)


def rows_of(frame: pd.DataFrame) -> Iterable[Any]:
    """Return the rows of a frame, their columns as attributes."""
    return frame.itertuples(index=False)


def cut(count: int, what: str) -> str:
    """Return a sentence about buckets that the window cuts; empty if there are none."""
    return f" {count} {what}s are partial." if count > 1 else f" 1 {what} is partial." if count else ""


def told(moment: Any) -> str:
    """Return a day in words."""
    return f"{moment:%Y-%m-%d}"


def legend(figure: Plot, axes: Axes, handles: Sequence[Any] | None = None) -> None:
    """Put the legend where it hides nothing: above the axes, or beside them if it is long."""
    found = handles if handles is not None else axes.get_legend_handles_labels()[0]
    if len(found) > _BESIDE:
        figure.legend(handles=found, loc="outside right upper", frameon=False, fontsize=8.5)
    else:
        axes.legend(
            handles=found,
            loc="lower right",
            bbox_to_anchor=(1, 1),
            ncols=4,
            frameon=False,
            fontsize=8.5,
            borderaxespad=0.2,
        )
