"""Episodes: stretches of days on which a rate was higher than on the others."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Episodes:
    """The likeliest episode of each series of days."""

    begin: np.ndarray
    """Its first day."""
    end: np.ndarray
    """The first day after it."""
    score: np.ndarray
    """The logarithm of its likelihood ratio, in units of how uneven the other days are; 0 where there is none."""


def likeliest(finished: np.ndarray, failed: np.ndarray, *, shortest: int, longest: int, last: int = 0) -> Episodes:
    """Scan for the stretch of days whose rate is likeliest to be a higher one.

    Args:
        finished: jobs of each day, shape (series, days).
        failed: those of them that failed.
        shortest: least number of days.
        longest: greatest number of days.
        last: if not 0, the episode must end within this many days of the end.
    """
    n, k = finished.astype(float), failed.astype(float)
    series, days = n.shape
    sums = [_running(one) for one in (n, k, np.divide(k**2, n, out=np.zeros_like(n), where=n > 0), n > 0)]
    best = Episodes(np.zeros(series, int), np.zeros(series, int), np.zeros(series))
    for length in range(shortest, min(longest, days) + 1):
        starts = np.arange(max(0, days - last - length + 1) if last else 0, days - length + 1)
        score = _score(*[(one[:, starts + length] - one[:, starts], one[:, -1:]) for one in sums])
        place = score.argmax(axis=1)
        found = score[np.arange(series), place]
        is_better = found > best.score
        best.score[is_better] = found[is_better]
        best.begin[is_better] = starts[place[is_better]]
        best.end[is_better] = starts[place[is_better]] + length
    return best


def _running(values: np.ndarray) -> np.ndarray:
    return np.concatenate([np.zeros((len(values), 1)), np.cumsum(values, axis=1)], axis=1)


def _score(
    finished: tuple[np.ndarray, np.ndarray],
    failed: tuple[np.ndarray, np.ndarray],
    squares: tuple[np.ndarray, np.ndarray],
    days: tuple[np.ndarray, np.ndarray],
) -> np.ndarray:
    """Return the score of stretches, given what is inside of them and what is in all."""
    from scipy.special import xlog1py, xlogy

    (n, total), (k, bad) = finished, failed
    other, other_bad, other_days = total - n, bad - k, days[1] - days[0]
    rate = np.divide(k, n, out=np.zeros_like(n), where=n > 0)
    usual = np.clip((other_bad + 0.5) / (other + 1), 0, 1)
    gain = xlogy(k, rate) + xlog1py(n - k, -rate) - xlogy(k, usual) - xlog1py(n - k, -usual)
    spread = squares[1] - squares[0] - 2 * usual * other_bad + usual**2 * other
    uneven = spread / np.maximum(usual * (1 - usual), 1e-12) / np.maximum(other_days - 1, 1)
    return np.where((rate > usual) & (other_days >= 3), gain / np.maximum(uneven, 1), 0.0)
