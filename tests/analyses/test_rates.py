"""`analyses.rates`: chances against scipy and against simulated days."""

from __future__ import annotations

import numpy as np
import pytest
import scipy

from jobtype_toolkit.analyses import rates


def predicted(n: int, mean: float, correlation: float) -> rates.Predicted:
    return rates.Predicted(np.array([n]), np.array([[mean]]), np.array([[correlation]]), np.array([[1.0]]))


def shapes(mean: float, correlation: float) -> tuple[float, float]:
    total = (1 - correlation) / correlation
    return mean * total, (1 - mean) * total


@pytest.mark.parametrize(("n", "mean", "correlation"), [(40, 0.1, 0.02), (1500, 0.01, 0.001), (20000, 0.2, 0.01)])
def test_a_tail_is_that_of_the_beta_binomial(n, mean, correlation):
    for k in (int(n * mean * 1.3) + 1, int(n * mean * 2) + 2):
        found = np.exp(predicted(n, mean, correlation).log_at_least(np.array([k])))[0]
        assert found == pytest.approx(scipy.stats.betabinom.sf(k - 1, n, *shapes(mean, correlation)), rel=0.01)


def test_both_tails_together_are_all_and_the_count_itself():
    one = predicted(200, 0.1, 0.01)
    for k in (0, 5, 20, 60, 200):
        both = np.exp(one.log_at_least(np.array([k]))) + np.exp(one.log_at_most(np.array([k])))
        assert both[0] == pytest.approx(1 + scipy.stats.betabinom.pmf(k, 200, *shapes(0.1, 0.01)), rel=1e-6)


def test_a_chance_far_below_what_a_float_of_one_less_it_can_say_still_ranks():
    one = predicted(2000, 0.001, 1e-5)
    half, all_ = (one.log_at_least(np.array([k]))[0] for k in (1000, 2000))
    assert all_ < half < np.log(1e-300)


def test_a_mixture_is_as_simulated():
    draw = np.random.default_rng(7)
    weight = np.array([[0.7, 0.3]])
    one = rates.Predicted(np.array([300]), np.array([[0.05, 0.06]]), np.array([[0.001, 0.05]]), weight)
    kind = draw.random(200_000) < 0.7
    level = np.where(kind, draw.beta(*shapes(0.05, 0.001), 200_000), draw.beta(*shapes(0.06, 0.05), 200_000))
    failed = draw.binomial(300, level)
    for k in (10, 25, 45):
        assert np.exp(one.log_at_least(np.array([k])))[0] == pytest.approx((failed >= k).mean(), rel=0.05)
    low, high = (bound[0] for bound in one.between())
    assert ((failed >= 300 * low) & (failed <= 300 * high)).mean() == pytest.approx(0.95, abs=0.02)


def days(
    draw: np.random.Generator, correlation: float, series: int = 300, mean: float = 0.05, n: int = 200
) -> tuple[np.ndarray, np.ndarray]:
    finished = draw.poisson(n, (series, 92))
    level = draw.beta(*shapes(mean, correlation), finished.shape)
    return finished, draw.binomial(finished, level)


@pytest.mark.parametrize("correlation", [1e-5, 0.003, 0.03])
def test_a_quiet_day_is_as_rare_as_it_is_said_to_be(correlation):
    """Of 300 series that never change, so many have a last day that rare."""
    finished, failed = days(np.random.default_rng(3), correlation)
    usual = rates.usual(finished[:, :91], failed[:, :91])
    chance = np.exp(usual.window(finished[:, 91:]).log_at_least(failed[:, 91]))
    for level in (0.5, 0.1, 0.01):
        assert (chance <= level).mean() <= level + 3 * np.sqrt(level * (1 - level) / 300)


def test_a_weekday_that_fails_more_is_expected_to_and_even_weeks_have_no_rhythm():
    draw = np.random.default_rng(5)
    finished = np.full((2, 91), 500)
    rate = np.full((2, 91), 0.05)
    rate[0, 0::7] = 0.15  # day 91, the first of the window, is such a day
    usual = rates.usual(finished, draw.binomial(finished, rate))
    assert usual.window(np.full((2, 1), 500)).rate == pytest.approx([0.15, 0.05], rel=0.15)
    assert (usual.weekdays[1] == 1).all()


def test_q_values_are_those_of_benjamini_and_hochberg():
    chances = np.random.default_rng(1).random(50) ** 3
    assert rates.false_discovery(np.log(chances)) == pytest.approx(scipy.stats.false_discovery_control(chances))
    assert len(rates.false_discovery(np.zeros(0))) == 0
