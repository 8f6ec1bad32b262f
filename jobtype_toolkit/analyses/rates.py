"""Rates at which jobs fail: how a rate varies from day to day, and how surprising a count is.

The days of a job type differ from each other by more than chance: failures come in bursts. A count of a day is taken for
beta-binomial: the jobs of a day resemble each other by a correlation, which is 0 where each job fails on its own. One rare
burst ruins an estimate of it, so no estimate is made: each correlation of a grid counts as far as the history supports it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

CORRELATIONS = np.concatenate([[1e-6], np.geomspace(2e-4, 0.35, 12)])
"""The correlations between jobs of a day that are considered."""
_POINTS = 512
"""At how many counts a tail is summed; more counts than that are taken in equal steps."""
_PHASES = 7
_RHYTHM = 0.002
"""How rarely chance may make weekdays as uneven as they are, for the rhythm to be believed."""


@dataclass(frozen=True)
class Usual:
    """What is usual of some series of days, one series a row; the second axis is the correlation."""

    mean: np.ndarray
    """The rate at each correlation, without the weekday."""
    size: np.ndarray
    """How many independent jobs the knowledge of the rate is worth."""
    weight: np.ndarray
    """How far the history supports each correlation; each row sums to 1."""
    weekdays: np.ndarray
    """How many times the rate each day of the week has, the day of the window's start first."""

    def rows(self, which: np.ndarray) -> Usual:
        """Return some of the series."""
        return Usual(self.mean[which], self.size[which], self.weight[which], self.weekdays[which])

    def window(self, finished: np.ndarray) -> Predicted:
        """Return what is to be expected of a window, given the finished jobs of each day of it, shape (series, days)."""
        n = finished.sum(axis=1)
        factor = self.weekdays[:, np.arange(finished.shape[1]) % _PHASES]
        times = (finished * factor).sum(axis=1) / np.maximum(n, 1)
        # jobs of different days do not resemble each other
        same_day = (finished * (finished - 1.0)).sum(axis=1) / np.maximum(n * (n - 1.0), 1)
        mean = np.clip(self.mean * times[:, None], 1e-9, 1 - 1e-6)
        correlation = np.clip(CORRELATIONS * same_day[:, None] + 1 / (self.size + 1), 1e-7, 0.95)
        return Predicted(n, mean, correlation, self.weight)


@dataclass(frozen=True)
class Predicted:
    """The counts of failures to be expected, one series a row: a mixture of beta-binomials."""

    finished: np.ndarray
    mean: np.ndarray
    correlation: np.ndarray
    weight: np.ndarray

    def rows(self, which: np.ndarray) -> Predicted:
        """Return some of the series."""
        return Predicted(self.finished[which], self.mean[which], self.correlation[which], self.weight[which])

    @property
    def rate(self) -> np.ndarray:
        """The expected rate."""
        return np.asarray((self.mean * self.weight).sum(axis=1))

    def log_at_least(self, failed: np.ndarray) -> np.ndarray:
        """Return the logarithm of the chance of so many failures or more; it stays right where the chance is 1e-300."""
        return self._log_tail(failed, self.mean)

    def log_at_most(self, failed: np.ndarray) -> np.ndarray:
        """Return the logarithm of the chance of so many failures or fewer."""
        return self._log_tail(self.finished - failed, 1 - self.mean)

    def _log_tail(self, counts: np.ndarray, mean: np.ndarray) -> np.ndarray:
        from scipy.special import logsumexp

        n, k = self.finished[:, None].astype(float), counts[:, None].astype(float)
        last = np.minimum(n, np.maximum(k, n * mean) + 40 * self._deviation() + 40)
        step = np.maximum(1.0, np.ceil((last - k + 1) / _POINTS))
        logs = np.full(mean.shape, -np.inf)
        for row in range(len(n)):  # a row at a time: the points of all would not fit a cache
            width = int(((last[row] - k[row] + 1) / step[row]).max()) + 1
            at = k[row, 0] + step[row][:, None] * np.arange(min(width, _POINTS)) + (step[row][:, None] - 1) / 2
            terms = _log_mass(np.minimum(at, n[row, 0]), n[row, 0], mean[row][:, None], self.correlation[row][:, None])
            terms = np.where(at <= n[row, 0], terms, -np.inf)
            logs[row] = logsumexp(terms, axis=1) + np.log(step[row])
        with np.errstate(divide="ignore"):
            return np.asarray(np.minimum(logsumexp(logs + np.log(self.weight), axis=1), 0.0))

    def _deviation(self) -> np.ndarray:
        n = self.finished[:, None].astype(float)
        return np.asarray(np.sqrt(n * self.mean * (1 - self.mean) * (1 + (n - 1) * self.correlation)))

    def between(self, share: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
        """Return the rates between which that share of the windows lies."""
        low, high = np.zeros(len(self.finished)), np.zeros(len(self.finished))
        most = (self.finished[:, None] * self.mean + 12 * self._deviation() + 12).max(axis=1)
        for row, n in enumerate(self.finished):
            last = min(float(n), most[row])
            step = max(1.0, np.ceil((last + 1) / _POINTS))
            at = np.minimum(step * np.arange(int(last / step) + 1) + (step - 1) / 2, n)
            mass = np.exp(_log_mass(at, float(n), self.mean[row][:, None], self.correlation[row][:, None]))
            below = np.cumsum((mass * self.weight[row][:, None]).sum(axis=0))
            edges = np.searchsorted(below / below[-1], [(1 - share) / 2, (1 + share) / 2])
            low[row], high[row] = at[np.minimum(edges, len(at) - 1)] / max(n, 1)
        return low, high


def _log_mass(k: np.ndarray, n: float, mean: np.ndarray, correlation: np.ndarray) -> np.ndarray:
    """Return the logarithm of the beta-binomial chance of k of n."""
    from scipy.special import betaln

    a, b = _shapes(mean, correlation)
    return np.asarray(betaln(k + a, n - k + b) - betaln(a, b) - betaln(k + 1, n - k + 1) - np.log(n + 1))


def _shapes(mean: np.ndarray, correlation: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    total = (1 - correlation) / correlation
    return mean * total, (1 - mean) * total


def usual(finished: np.ndarray, failed: np.ndarray) -> Usual:
    """Return what is usual, given the days of each series, shape (series, days), the latest day last; 0 finished: no such day.

    The latest day is the one before the window.
    """
    even = np.ones((len(finished), _PHASES))
    first = _fitted(finished, failed, even)
    weekdays = _weekdays(finished, failed, first)
    has_rhythm = (weekdays != 1).any(axis=1)
    if not has_rhythm.any():
        return first
    again = _fitted(finished[has_rhythm], failed[has_rhythm], weekdays[has_rhythm])
    for whole, part in zip(
        (first.mean, first.size, first.weight, first.weekdays), (again.mean, again.size, again.weight, again.weekdays),
        strict=True,
    ):  # fmt: skip
        whole[has_rhythm] = part
    return first


def _phases(days: int) -> np.ndarray:
    """Return the weekday of each day before a window, 0 being that on which the window starts."""
    return np.arange(-days, 0) % _PHASES


def _fitted(finished: np.ndarray, failed: np.ndarray, weekdays: np.ndarray) -> Usual:
    from scipy.special import betaln

    n, k = finished.astype(float), failed.astype(float)
    row, day = np.nonzero(n)
    count, bad, factor = n[row, day], k[row, day], weekdays[row, _phases(n.shape[1])[day]]
    shape = (len(n), len(CORRELATIONS))
    mean, size, likely = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    for place, correlation in enumerate(CORRELATIONS):
        worth = count / (1 + (count - 1) * correlation)
        size[:, place] = np.bincount(row, worth * factor, len(n))
        mean[:, place] = (np.bincount(row, worth * bad / count, len(n)) + 0.5) / (size[:, place] + 1)
        a, b = _shapes(np.clip(mean[row, place] * factor, 1e-9, 1 - 1e-6), correlation)
        likely[:, place] = np.bincount(row, betaln(bad + a, count - bad + b) - betaln(a, b), len(n))
    weight = np.exp(likely - likely.max(axis=1, keepdims=True))
    return Usual(mean, size, weight / weight.sum(axis=1, keepdims=True), weekdays)


def _weekdays(finished: np.ndarray, failed: np.ndarray, fitted: Usual) -> np.ndarray:
    """Return how many times the usual rate each weekday has: 1 unless the days show a rhythm, and nearer to 1 than measured."""
    from scipy.special import chdtrc

    n, k = finished.astype(float), failed.astype(float)
    rate = (fitted.mean * fitted.weight).sum(axis=1)
    correlation = (CORRELATIONS * fitted.weight).sum(axis=1)
    phase = _phases(n.shape[1])
    sums = [np.stack([one[:, phase == p].sum(axis=1) for p in range(_PHASES)], axis=1) for one in (n, k)]
    spread = 1 + np.maximum(n - 1, 0) * correlation[:, None]
    noise = n * (rate * (1 - rate))[:, None] * spread
    noise = np.stack([noise[:, phase == p].sum(axis=1) for p in range(_PHASES)], axis=1)
    expected = sums[0] * rate[:, None]
    known = (expected > 0) & (noise > 0)
    excess = np.where(known, sums[1] - expected, 0)
    safe = np.where(known, noise, 1)
    statistic = (excess**2 / safe).sum(axis=1)
    freedom = np.maximum(known.sum(axis=1) - 1, 1)
    is_shown = (chdtrc(freedom, statistic) < _RHYTHM) & ((n > 0).sum(axis=1) >= 3 * _PHASES)
    kept = np.clip(1 - freedom / np.maximum(statistic, 1e-9), 0, 1)[:, None]
    factor = np.where(known, 1 + kept * excess / np.where(known, expected, 1), 1)
    return np.where(is_shown[:, None], np.clip(factor, 0.1, 10), 1.0)


def false_discovery(log_chance: np.ndarray) -> np.ndarray:
    """Return the q values of Benjamini and Hochberg, given the logarithms of chances."""
    count = len(log_chance)
    order = np.argsort(log_chance, kind="stable")
    raised = log_chance[order] + np.log(count / np.arange(1, count + 1))
    result = np.empty(count)
    result[order] = np.minimum.accumulate(raised[::-1])[::-1]
    return np.asarray(np.exp(np.minimum(result, 0.0)))
