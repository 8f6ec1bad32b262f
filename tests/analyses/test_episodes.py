"""`analyses.episodes`: the scan against trying all stretches one by one, and against days without an episode."""

from __future__ import annotations

import numpy as np
import pytest
import scipy

from jobtype_toolkit.analyses.episodes import likeliest


def one_by_one(n: np.ndarray, k: np.ndarray, shortest: int, longest: int) -> tuple[int, int, float]:
    """Return the likeliest stretch, by the formula of the binomial and of Pearson's dispersion, for one series."""
    best = (0, 0, 0.0)
    for begin in range(len(n)):
        for end in range(begin + shortest, min(begin + longest, len(n)) + 1):
            inside = np.zeros(len(n), bool)
            inside[begin:end] = True
            (bad, jobs), (others, other) = ((k[one].sum(), n[one].sum()) for one in (inside, ~inside))
            if (~inside).sum() < 7 or bad / jobs <= others / other:
                continue
            gain = sum(scipy.stats.binom.logpmf(a, b, a / b) for a, b in ((bad, jobs), (others, other)))
            gain -= sum(scipy.stats.binom.logpmf(a, b, k.sum() / n.sum()) for a, b in ((bad, jobs), (others, other)))
            usual = (others + 0.5) / (other + 1)
            pearson = ((k[~inside] - n[~inside] * usual) ** 2 / (n[~inside] * usual * (1 - usual))).sum()
            score = gain / max(pearson / max((~inside).sum() - 1, 1), 1)
            if score > best[2]:
                best = (begin, end, score)
    return best


@pytest.mark.parametrize("seed", range(4))
def test_the_scan_finds_what_trying_one_by_one_finds(seed):
    draw = np.random.default_rng(seed)
    n = draw.integers(5, 60, 24)
    k = draw.binomial(n, np.where((np.arange(24) >= 10) & (np.arange(24) < 14), 0.3, 0.05))
    found = likeliest(n[None], k[None], shortest=1, longest=8)
    begin, end, score = one_by_one(n, k, 1, 8)
    assert (found.begin[0], found.end[0]) == (begin, end)
    assert found.score[0] == pytest.approx(score, rel=1e-6)


def test_an_episode_longer_than_the_longest_is_found_if_it_lasts():
    n = np.full((1, 60), 50)
    k = np.where(np.arange(60) >= 25, 15, 2)[None]
    found = likeliest(n, k, shortest=1, longest=10, lasting=True)
    assert (found.begin[0], found.end[0]) == (25, 60)


def test_quiet_days_rarely_have_an_episode_of_twelve_however_bursty_they_are():
    draw = np.random.default_rng(9)
    n = draw.poisson(80, (400, 90))
    level = draw.beta(0.05 * 50, 0.95 * 50, n.shape)
    level[:200] = 0.05
    found = likeliest(n, draw.binomial(n, level), shortest=1, longest=45, lasting=True)
    assert (found.score > 12).mean() <= 0.01


def test_no_jobs_and_no_failures_are_no_episode():
    for n in (0, 10):
        found = likeliest(np.full((2, 30), n), np.zeros((2, 30)), shortest=1, longest=30)
        assert (found.score == 0).all()
        assert (found.end == found.begin).all()
