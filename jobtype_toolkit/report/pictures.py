"""The picture of a trend: where its bars, its band and its marks are; a template draws them as SVG, stretched to the page, with its labels as text."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from jobtype_toolkit.display.html import render
from jobtype_toolkit.hints import counted
from jobtype_toolkit.report.phrases import day, percent
from jobtype_toolkit.report.shift import Day, Trend

WIDTH, HEIGHT = 640, 120
_STEPS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
"""Where the axis may end."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A day: a bar as high as its rate, and what it says to whoever points at it."""

    x: float
    y: float
    width: float
    height: float
    kind: str
    """`above` the usual, `usual`, or `none` if nothing finished."""
    is_partial: bool
    says: str


@dataclass(frozen=True, slots=True)
class Picture:
    """A trend as shapes."""

    id: str
    title: str
    says: str
    bars: tuple[Bar, ...]
    band: tuple[float, float] | None
    """The upper edge and the height of what is usual."""
    onset: float | None
    """Where the failures set in."""
    onset_says: str
    ticks: tuple[tuple[float, str], ...]
    dates: tuple[str, str]
    """The first and the last day."""


def drawn(title: str, trend: Trend, id: str) -> Markup:
    """Return a trend as an SVG with a title and a description, and its labels."""
    html = render("trend.html", picture=picture(title, trend, id), width=WIDTH, height=HEIGHT, percent=_css_percent)
    return Markup(html)  # noqa: S704 - the template escapes


def picture(title: str, trend: Trend, id: str) -> Picture:
    """Return the shapes of a trend."""
    rates = [one.rate for one in trend.days if one.rate is not None]
    highest = max([*rates, trend.usual_high or 0.0])
    top = next((step for step in _STEPS if step >= highest), 1.0)
    step = WIDTH / len(trend.days)
    bars = tuple(_bar(one, place * step, step, top, trend.usual_high) for place, one in enumerate(trend.days))
    band = None
    if trend.usual_low is not None and trend.usual_high is not None:
        band = (_y(trend.usual_high, top), max(_y(trend.usual_low, top) - _y(trend.usual_high, top), 1.0))
    onset = next(
        (bar.x for bar, one in zip(bars, trend.days, strict=True) if trend.onset and one.start >= trend.onset), None
    )
    first, last = trend.days[0].start, trend.days[-1].start
    return Picture(
        id,
        f"Failure rate of {title} by day",
        _described(trend),
        bars,
        band,
        None if trend.onset is None or trend.onset < first else onset,
        f"since {day(trend.onset)}" if trend.onset else "",
        tuple((_y(value, top), percent(value)) for value in (0.0, top / 2, top)),
        (day(first), day(last)),
    )


def _y(rate: float, top: float) -> float:
    return round(HEIGHT * (1 - rate / top), 1)


def _css_percent(share: float) -> str:
    return f"{share:.1%}"


def _bar(one: Day, x: float, step: float, top: float, usual_high: float | None) -> Bar:
    y = _y(one.rate or 0.0, top)
    kind = "none" if one.rate is None else "above" if usual_high is not None and one.rate > usual_high else "usual"
    says = f"{day(one.start)}: {one.failed:,} of {counted(one.finished, 'job')} failed" + (
        f" ({percent(one.rate)})" if one.rate is not None else ""
    )
    return Bar(round(x + 1, 1), y, round(step - 2, 1), round(HEIGHT - y, 1), kind, one.is_partial, says)


def _described(trend: Trend) -> str:
    """Return what the picture shows, for whoever does not see it."""
    last = [one for one in trend.days if one.rate is not None][-1:]
    text = f"A bar per UTC day from {day(trend.days[0].start)} to {day(trend.days[-1].start)}, as high as the part of the finished jobs that failed."
    if trend.usual_low is not None and trend.usual_high is not None:
        text += f" Usual is {percent(trend.usual_low)} to {percent(trend.usual_high)}."
    if last and last[0].rate is not None:
        text += f" The last day with jobs has {percent(last[0].rate)}."
    return text
