"""The exam at a small size, on seeds of its own: far from its targets only if something broke. `make exam` has the figures."""

from __future__ import annotations

import pytest
from sizes import and_in_soak

from exam.__main__ import run

pytestmark = pytest.mark.slow
SEED = 500_000


FEW = (
    {"worse": 1, "onsets": 10, "nodes": 8, "compare": 6, "rates": 60, "stuck": 1, "why": 1},
    {"days": 104, "types": 20},
)
MORE = {"worse": 1, "onsets": 20, "nodes": 15, "compare": 6, "rates": 60, "stuck": 1, "why": 1}, {"days": 116}
"""How many cases of each part, and the size of a world."""


@pytest.fixture(scope="module", params=and_in_soak([FEW], [MORE]), ids=["few", "more"])
def score(request):
    cases, world = request.param
    return run(SEED, cases, **world)


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


def test_intervals_cover_the_rate(score):
    for kind in ("even", "uneven"):
        assert score.share(f"rates: intervals that cover, {kind} days") >= 0.88


def test_stuck_jobs_and_reasons_are_as_planted(score):
    assert score.share("stuck: hung jobs found") >= 0.95
    assert score.share("stuck: others called stuck") <= 0.02
    assert score.share("why: first reason") >= 0.95


@pytest.mark.soak
def test_the_parts_that_need_a_store_each_are_as_planted():
    score = run(SEED, {"changes": 1, "attempts": 2, "families": 1, "limits": 1, "drain": 1})
    assert score.share("changes: facts told") == 1
    assert score.share("changes: facts that did not happen") == 0
    assert score.share("nodes: good ones called bad, by executions") <= 0.1
    assert score.share("families: adjusted Rand of 0.8 or more, by errors and exit codes") == 1
    assert score.share("limits: killed share within 0.2 points of a later month") >= 0.8
    assert score.share("limits: memory proposed where inputs have no part") == 0
    assert score.share("drain: 80 % intervals that hold the moment") >= 0.6
