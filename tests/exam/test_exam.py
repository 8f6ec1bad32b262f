"""The exam at a small size, on seeds of its own: far from its targets only if something broke. `make exam` has the figures."""

from __future__ import annotations

import pytest

from exam.__main__ import run

pytestmark = pytest.mark.slow
SEED = 500_000


@pytest.fixture(scope="module")
def score():
    return run(SEED, worlds=1, cases=20, weeks=15, differences=12, days=116)


def test_clear_rises_are_found_and_quiet_days_are_quiet(score):
    assert score.share("worse: clear rises in the top three") >= 0.7
    assert score.share("worse: false alarms a quiet type-day") <= 0.006


def test_onsets_are_within_a_day_with_their_cause(score):
    assert score.share("onsets: within a day") >= 0.8
    assert score.share("onsets: planted cause first") >= 0.7
    assert score.share("onsets: false onsets") <= 0.05


def test_bad_nodes_are_found_and_good_ones_are_not(score):
    assert score.share("nodes: bad ones found") >= 0.8
    assert score.share("nodes: good ones called bad") <= 0.03


def test_equal_versions_are_rarely_called_different_and_real_differences_are_found(score):
    for measure in ("failure_rate", "run_time_p50", "run_time_p99", "queue_wait_p90"):
        assert score.share(f"compare: equal versions called different, {measure}") <= 0.2
    for measure in ("failure_rate", "run_time_p50", "queue_wait_p50"):
        assert score.share(f"compare: real differences right, {measure}") >= 0.8
