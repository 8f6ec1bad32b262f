"""Comparisons of two groups of jobs: how often they fail, how long they run and wait, and how sure a difference is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from jobtype_toolkit.analyses.intervals import LEVEL, rates

if TYPE_CHECKING:
    import pandas as pd

LEAST_JOBS, LEAST_DAYS = 20, 3
"""What each side of a measure needs."""
QUANTILES = (50, 90, 99)
_KNOTS = 7
_SHORTEST = 1e-3
"""Seconds; a shorter time counts as this, so that a ratio is never infinite."""
_LEAST_VARIANCE = 0.9
"""The part of the variance without days that days may lower it to."""


@dataclass(frozen=True)
class Sides:
    """The jobs of a measure: a time of each, its day, and whether it is of the side after."""

    value: np.ndarray
    day: np.ndarray
    is_after: np.ndarray

    @property
    def n(self) -> tuple[int, int]:
        """Jobs before, and after."""
        return int((~self.is_after).sum()), int(self.is_after.sum())

    @property
    def is_enough(self) -> bool:
        """Whether both sides have enough jobs and days."""
        days = [len(np.unique(self.day[side])) for side in (~self.is_after, self.is_after)]
        return min(self.n) >= LEAST_JOBS and min(days) >= LEAST_DAYS


def told(jobs: pd.DataFrame, before: str, after: str) -> Iterator[dict[str, Any]]:
    """Yield the rows of a comparison, in the order of the answer.

    Args:
        jobs: one row per finished job: `side`, `start` (its day), `failed` (0 or 1), `run_time` and `queue_wait` in seconds,
            `input_file_size` in MiB.
        before: the side to compare with.
        after: the side that is judged.
    """
    is_after = (jobs["side"] == after).to_numpy()
    day = jobs["start"].to_numpy("datetime64[us]").astype("int64")
    kept = is_after | (jobs["side"] == before).to_numpy()
    yield _rates(jobs, before, after)
    size = jobs["input_file_size"].to_numpy(float)
    for measure in ("run_time", "queue_wait"):
        value = jobs[measure].to_numpy(float)
        some = kept & ~np.isnan(value)
        sides = Sides(np.maximum(value[some], _SHORTEST), day[some], is_after[some])
        yield from _times(measure, sides, size[some] if measure == "run_time" else None)


def _rates(jobs: pd.DataFrame, before: str, after: str) -> dict[str, Any]:
    import pandas as pd

    days = jobs.groupby(["side", "start"], as_index=False).agg(finished=("failed", "size"), failed=("failed", "sum"))
    found = rates(days, ["side"]).set_index("side").reindex([before, after])
    counted = days.groupby("side").size().reindex([before, after]).fillna(0)
    n = found["finished"].fillna(0).to_numpy(int)
    made = _row("failure_rate", (int(n[0]), int(n[1])), tuple(found["rate"]))
    if n.min() < LEAST_JOBS or counted.min() < LEAST_DAYS or pd.isna(found["rate"]).any():
        return made
    (p, q), (low_p, low_q), (high_p, high_q) = (found[name].to_numpy(float) for name in ("rate", "low", "high"))
    effect = q - p
    low = effect - np.sqrt((q - low_q) ** 2 + (high_p - p) ** 2)
    high = effect + np.sqrt((high_q - q) ** 2 + (p - low_p) ** 2)
    return made | _judged(effect, low, high, nothing=0.0)


def _row(measure: str, n: tuple[int, int], measured: tuple[Any, ...]) -> dict[str, Any]:
    row = {"measure": measure, "n_before": n[0], "n_after": n[1], "before": measured[0], "after": measured[1]}
    return row | {"effect": None, "low": None, "high": None, "verdict": "not enough data"}


def _judged(effect: float, low: float, high: float, *, nothing: float) -> dict[str, Any]:
    verdict = "worse" if low > nothing else "better" if high < nothing else "no difference shown"
    return {"effect": float(effect), "low": float(low), "high": float(high), "verdict": verdict}


def _times(measure: str, sides: Sides, size: np.ndarray | None) -> Iterator[dict[str, Any]]:
    """Yield the rows of a time: the ratio of its quantiles, for inputs of the same size if sizes are given."""
    is_enough = sides.is_enough
    log = np.log(sides.value)
    mean = _Mean(sides, log, _spline(size)) if is_enough and size is not None else None
    residual = mean.same_size if mean else log
    for quantile in QUANTILES:
        groups = [sides.value[~sides.is_after], sides.value[sides.is_after]]
        measured = tuple(float(np.quantile(one, quantile / 100)) if len(one) else None for one in groups)
        made = _row(f"{measure}_p{quantile}", sides.n, measured)
        if is_enough:
            is_mean = mean is not None and quantile == 50
            found = mean.ratio() if mean and is_mean else _ratio(sides, residual, quantile / 100)
            made |= _judged(*np.exp(found), nothing=1.0)
        yield made


def _spline(size: np.ndarray) -> np.ndarray:
    """Return the columns of a piecewise linear function of the logarithm of sizes, unknown ones on a level of their own."""
    is_known = np.isfinite(size) & (size > 0)
    x = np.log(np.where(is_known, size, 1))
    columns = [np.ones_like(x)]
    if not is_known.all():
        columns.append(1.0 - is_known)
    if is_known.any():
        knots = np.unique(np.quantile(x[is_known], np.linspace(0, 1, _KNOTS)))
        if len(knots) > 1:
            columns.append(np.where(is_known, x - knots[0], 0))
            columns += [np.where(is_known, np.maximum(x - knot, 0), 0) for knot in knots[1:-1]]
    return np.stack(columns, axis=1)


class _Mean:
    """Least squares of the logarithm of run times on sizes and side, with an effect of each day of a side.

    Jobs of a day share what is special about it, so that a day does not count for as much as its jobs but for as much as it tells: a random
    effect, by quasi-demeaning (Wooldridge, Econometric Analysis of Cross Section and Panel Data, section 10.4).
    """

    def __init__(self, sides: Sides, log: np.ndarray, sizes: np.ndarray) -> None:
        side = sides.is_after.astype(int)
        design = np.column_stack([sizes, side])
        _, day = np.unique(2 * (sides.day - sides.day.min()) + side, return_inverse=True)
        order = np.argsort(day, kind="stable")
        self.first = np.flatnonzero(np.diff(day[order], prepend=-1))
        self.n = np.diff(self.first, append=len(day))
        self.side = side[order][self.first]
        rest = log - design @ np.linalg.lstsq(design, log)[0]
        within, between = self._variances(rest[order], design.shape[1])
        kept = np.sqrt(within / (within + self.n * between)) if within > 0 else np.ones_like(self.n)
        self.weight = self.n * kept**2
        """How much each day tells."""
        self.design = self._less_means(design[order], 1 - kept)
        value = self._less_means(log[order], 1 - kept)
        self.fitted = np.linalg.lstsq(self.design, value)[0]
        self.residual = value - self.design @ self.fitted
        self.same_size = log - sizes @ self.fitted[:-1]
        """What the sizes do not explain."""

    def _variances(self, residual: np.ndarray, terms: int) -> tuple[float, float]:
        """Return the variance within days and the one between them, by analysis of variance."""
        count, days = len(residual), len(self.n)
        mean = np.add.reduceat(residual, self.first) / self.n
        within = float(((residual - np.repeat(mean, self.n)) ** 2).sum() / max(count - days - terms, 1))
        spread = float((self.n * mean**2).sum()) - (days - 2) * within
        return within, max(spread / (count - float((self.n**2).sum()) / count), 0.0)

    def _less_means(self, values: np.ndarray, share: np.ndarray) -> np.ndarray:
        """Return values less a share of the mean of their day."""
        means = (np.add.reduceat(values, self.first, axis=0).T / self.n * share).T
        less: np.ndarray = values - np.repeat(means, self.n, axis=0)
        return less

    def ratio(self) -> np.ndarray:
        """Return the logarithm of the ratio of run times with its interval, from what it would be without each of the days (CR3)."""
        from scipy.special import stdtrit

        normal = self.design.T @ self.design
        pulls = np.empty(len(self.n))
        for place, (begin, n) in enumerate(zip(self.first, self.n, strict=True)):
            part, rest = self.design[begin : begin + n], self.residual[begin : begin + n]
            pulls[place] = (np.linalg.pinv(normal - part.T @ part) @ (part.T @ rest))[-1]
        days = np.bincount(self.side)
        by_days = float((np.bincount(self.side, pulls**2) * (days - 1) / days).sum())
        count, terms = self.design.shape
        plain = np.linalg.pinv(normal)[-1, -1] * (self.residual**2).sum() / max(count - terms, 1)
        # a day that tells more than others makes the rest count for fewer days
        alike = np.bincount(self.side, self.weight) ** 2 / np.bincount(self.side, self.weight**2)
        freedom = max(float(alike.sum()) - 2, 1)
        half = -stdtrit(freedom, (1 - LEVEL) / 2) * np.sqrt(max(by_days, _LEAST_VARIANCE * plain))
        return np.asarray(self.fitted[-1] + np.array([0.0, -half, half]))


def _ratio(sides: Sides, log: np.ndarray, share: float) -> np.ndarray:
    """Return the logarithm of the ratio of a quantile, after to before, with its interval.

    The interval of each side is Woodruff's: that of the share of jobs below the quantile, by days, read off in times.
    """
    (at, low, high), (at_after, low_after, high_after) = (
        _quantile(log[side], sides.day[side], share) for side in (~sides.is_after, sides.is_after)
    )
    effect = at_after - at
    down = np.hypot(at_after - low_after, high - at)
    up = np.hypot(high_after - at_after, at - low)
    return np.array([effect, effect - down, effect + up])


def _quantile(values: np.ndarray, days: np.ndarray, share: float) -> tuple[float, float, float]:
    from scipy.special import stdtrit

    n = len(values)
    at = float(np.quantile(values, share))
    _, day = np.unique(days, return_inverse=True)
    sums = np.bincount(day, (values <= at) - share)
    count = len(sums)
    variance = max(count / (count - 1) * float(sums @ sums) / n**2, _LEAST_VARIANCE * share * (1 - share) / n)
    half = -stdtrit(count - 1, (1 - LEVEL) / 2) * np.sqrt(variance)
    bounds = []
    for bound in (share - half, share + half):
        is_inside = 0.5 / n < bound < 1 - 0.5 / n
        bounds.append(float(np.quantile(values, bound)) if is_inside else np.inf * np.sign(bound - share))
    return at, bounds[0], bounds[1]
