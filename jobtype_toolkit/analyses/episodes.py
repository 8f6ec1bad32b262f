"""Episodes: stretches of days on which a rate was higher than on the others."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

_BLOCK = 256
"""Series that are scanned together: as many as a processor's cache holds, and memory for any number of them."""
_JOBS, _BAD, _SQUARES, _DAYS = range(4)
"""The sums over days: jobs, failures, squares of failures per job, days with jobs."""
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
    blocks = [slice(place, place + _BLOCK) for place in range(0, len(finished), _BLOCK)] or [slice(0)]
    found = [
        _scanned(_Working.of(finished[block].astype(float), failed[block].astype(float)), shortest, longest, lasting)
        for block in blocks
    ]
    return Episodes(*(np.concatenate([getattr(one, name) for one in found]) for name in ("begin", "end", "score")))


@dataclass(frozen=True)
class _Working:
    """The days with jobs of some series, in their order: stretches between them are all that there is to try."""

    shape: tuple[int, int]
    series: np.ndarray
    day: np.ndarray
    before: tuple[np.ndarray, ...]
    """Sums over all days of the series before each."""
    until: tuple[np.ndarray, ...]
    """The same with the day itself."""
    whole: tuple[np.ndarray, ...]
    """The same of whole series."""
    even: np.ndarray
    """The logarithm of the likelihood that whole series have one rate each."""
    free: np.ndarray
    """The first day after the one with jobs before."""
    following: np.ndarray
    """The next day with jobs, or the end."""

    @classmethod
    def of(cls, n: np.ndarray, k: np.ndarray) -> _Working:
        """Return those of dense counts."""
        series, day = np.nonzero(n)
        sums = [_running(one) for one in (n, k, np.divide(k**2, n, out=np.zeros_like(n), where=n > 0), n > 0)]
        is_first = np.diff(series, prepend=-1) > 0
        is_last = np.append(is_first[1:], True)[: len(day)]
        return cls(
            (len(n), n.shape[1]),
            series,
            day,
            tuple(one[series, day] for one in sums),
            tuple(one[series, day + 1] for one in sums),
            (whole := tuple(one[:, -1] for one in sums)),
            _log_likelihood(whole[_BAD], whole[_JOBS], whole[_BAD] / np.maximum(whole[_JOBS], 1)),
            np.where(is_first, 0, np.roll(day, 1) + 1),
            np.where(is_last, n.shape[1], np.roll(day, -1)),
        )

    def score(self, first: np.ndarray, last: np.ndarray) -> np.ndarray:
        """Return the scores of stretches from one of the days to another, by their places."""
        n, k, days = (self.until[one][last] - self.before[one][first] for one in (_JOBS, _BAD, _DAYS))
        total, bad, all_days = (self.whole[one][self.series[first]] for one in (_JOBS, _BAD, _DAYS))
        # of most stretches no logarithm is needed
        is_higher = (k * (total - n) > (bad - k) * n) & (all_days - days >= LEAST_OTHERS)
        score = np.zeros(len(first))
        if is_higher.any():
            first, last, series = first[is_higher], last[is_higher], self.series[first[is_higher]]
            squares = self.whole[_SQUARES][series] - (self.until[_SQUARES][last] - self.before[_SQUARES][first])
            other, rest, left = (one[is_higher] for one in (total - n, bad - k, all_days - days))
            score[is_higher] = _score(n[is_higher], k[is_higher], other, rest, left, squares, self.even[series])
        return score


def _scanned(days: _Working, shortest: int, longest: int, lasting: bool) -> Episodes:
    """Return the likeliest stretch of each series: of equal ones the shortest, then the earliest."""
    best = np.zeros(days.shape[0])
    tried = []
    for first, last, begin, end in _tries(days, shortest, min(longest, days.shape[1]), lasting):
        score = days.score(first, last)
        series = days.series[first]
        is_good = (score > 0) & (score >= best[series])
        np.maximum.at(best, series[is_good], score[is_good])
        tried.append([one[is_good] for one in (series, score, begin, end)])
    made = Episodes(np.zeros(len(best), int), np.zeros(len(best), int), best)
    if tried:
        series, score, begin, end = (np.concatenate(one) for one in zip(*tried, strict=True))
        series, begin, end = (one[score == best[series]] for one in (series, begin, end))
        for place in np.lexsort((begin, np.minimum(end - begin, longest + 1)))[::-1]:
            made.begin[series[place]], made.end[series[place]] = begin[place], end[place]
    return made


def _tries(
    days: _Working, shortest: int, longest: int, lasting: bool
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]]:
    """Yield stretches: the places of their first and last day with jobs, their first day, and the first day after them."""
    count = days.shape[1]
    first, more = np.arange(len(days.day)), 0
    while len(first := first[first + more < len(days.day)]):
        last = first + more
        first = first[(days.series[first] == days.series[last]) & (days.day[last] - days.day[first] < longest)]
        last = first + more
        begin, end = days.day[first], days.day[last] + 1
        if shortest > more + 1:  # a day without jobs beside them makes a stretch longer
            begin = np.minimum(begin, np.maximum(days.free[first], end - shortest))
            end = np.maximum(end, begin + shortest)
        fits = end <= days.following[last]
        yield first[fits], last[fits], begin[fits], end[fits]
        more += 1
    if lasting and longest < count:
        first = np.flatnonzero(days.free < count - longest)
        last = np.searchsorted(days.series, days.series[first], "right") - 1
        yield first, last, days.free[first], np.full(len(first), count)


def _running(values: np.ndarray) -> np.ndarray:
    return np.concatenate([np.zeros((len(values), 1)), np.cumsum(values, axis=1)], axis=1)


def _score(
    n: np.ndarray,
    k: np.ndarray,
    other: np.ndarray,
    bad: np.ndarray,
    days: np.ndarray,
    squares: np.ndarray,
    even: np.ndarray,
) -> np.ndarray:
    """Return the score of stretches: of the jobs and failures inside, and of those of the other days, with their squares.

    `even` is the logarithm of the likelihood of one rate for all days.
    """
    usual = np.divide(bad, other, out=np.zeros_like(other), where=other > 0)
    gain = _log_likelihood(k, n, k / n) + _log_likelihood(bad, other, usual) - even
    known = (bad + 0.5) / (other + 1)
    spread = squares - 2 * known * bad + known**2 * other
    uneven = spread / np.maximum(known * (1 - known), 1e-12) / np.maximum(days - 1, 1)
    return np.asarray(gain / np.maximum(uneven, 1))


def _log_likelihood(failed: np.ndarray, finished: np.ndarray, rate: np.ndarray) -> np.ndarray:
    from scipy.special import xlog1py, xlogy

    return np.asarray(xlogy(failed, rate) + xlog1py(finished - failed, -rate))
