"""Episodes: stretches of days on which a rate was higher than on the others."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

_BLOCK = 256
"""Series that are scanned together: as many as a processor's cache holds, and memory for any number of them."""
LEAST_OTHERS = 7
"""Days with jobs outside of an episode that it needs, to tell what it is higher than."""


@dataclass(frozen=True)
class Episodes:
    """The likeliest episode of each series of days."""

    begin: np.ndarray
    """Its first day."""
    end: np.ndarray
    """The first day after it."""
    score: np.ndarray
    """The logarithm of its likelihood ratio, in units of how uneven the other days are; 0 where there is none."""


def likeliest(
    finished: np.ndarray, failed: np.ndarray, *, shortest: int, longest: int, lasting: bool = False
) -> Episodes:
    """Scan for the stretch of days whose rate is likeliest to be a higher one.

    Args:
        finished: jobs of each day, shape (series, days).
        failed: those of them that failed.
        shortest: least number of days.
        longest: greatest number of days.
        lasting: whether longer stretches are tried, too, if they last to the end.
    """
    days = finished.shape[1]
    longest = min(longest, days)
    tries = [(starts := np.arange(days - length + 1), starts + length) for length in range(shortest, longest + 1)]
    if lasting and longest < days:
        tries.append((np.arange(days - longest), np.full(days - longest, days)))
    blocks = [slice(place, place + _BLOCK) for place in range(0, len(finished), _BLOCK)] or [slice(0)]
    found = [_scanned(finished[block].astype(float), failed[block].astype(float), tries) for block in blocks]
    return Episodes(*(np.concatenate([getattr(one, name) for one in found]) for name in ("begin", "end", "score")))


def _scanned(n: np.ndarray, k: np.ndarray, tries: list[tuple[np.ndarray, np.ndarray]]) -> Episodes:
    """Return the likeliest of the stretches to try, of each series."""
    series = len(n)
    sums = [_running(one) for one in (n, k, np.divide(k**2, n, out=np.zeros_like(n), where=n > 0), n > 0)]
    best = Episodes(np.zeros(series, int), np.zeros(series, int), np.zeros(series))
    for begin, end in tries:
        score = _score(*[(one[:, end] - one[:, begin], one[:, -1:]) for one in sums])
        place = score.argmax(axis=1)
        found = score[np.arange(series), place]
        is_better = found > best.score
        best.score[is_better] = found[is_better]
        best.begin[is_better] = begin[place[is_better]]
        best.end[is_better] = end[place[is_better]]
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
    (n, total), (k, bad) = finished, failed
    other, other_bad, other_days = total - n, bad - k, days[1] - days[0]
    rate = np.divide(k, n, out=np.zeros_like(n), where=n > 0)
    usual = np.divide(other_bad, other, out=np.zeros_like(other), where=other > 0)
    score = np.zeros_like(n)
    is_higher = (rate > usual) & (other_days >= LEAST_OTHERS)  # of most stretches no logarithm is needed
    n, k, other, other_bad, other_days = (one[is_higher] for one in (n, k, other, other_bad, other_days))
    even = np.broadcast_to(_log_likelihood(bad, total, bad / np.maximum(total, 1)), is_higher.shape)[is_higher]
    gain = _log_likelihood(k, n, rate[is_higher]) + _log_likelihood(other_bad, other, usual[is_higher]) - even
    known = (other_bad + 0.5) / (other + 1)
    spread = (squares[1] - squares[0])[is_higher] - 2 * known * other_bad + known**2 * other
    uneven = spread / np.maximum(known * (1 - known), 1e-12) / np.maximum(other_days - 1, 1)
    score[is_higher] = gain / np.maximum(uneven, 1)
    return score


def _log_likelihood(failed: np.ndarray, finished: np.ndarray, rate: np.ndarray) -> np.ndarray:
    from scipy.special import xlog1py, xlogy

    return np.asarray(xlogy(failed, rate) + xlog1py(finished - failed, -rate))
