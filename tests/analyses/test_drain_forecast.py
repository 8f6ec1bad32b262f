"""`analyses.drain_forecast`: queues with an end that a person can work out, and simulated ones."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pandas as pd
import pytest
from histories import NOW, ago, job_type, wire
from sizes import sizes

from jobtype_toolkit.analyses.forecast import empty_after, flow

pytestmark = pytest.mark.slow


def over(queued: float, ended: float) -> dict[str, object]:
    return {"queued": ago(queued), "started": ago(ended + 1), "ended": ago(ended), "last_status_change": ago(ended)}


def waiting(minutes: float) -> dict[str, object]:
    return {"status": "QUEUED", "queued": ago(minutes), "last_status_change": ago(minutes)}


@pytest.fixture
def draining() -> list[dict[str, object]]:
    """A batch of 150 jobs came six hours ago; since then one finishes every four minutes, 60 are left, and nothing comes."""
    return [over(360, 4 * n + 2) for n in range(90)] + [waiting(360 + n / 100) for n in range(60)]


def test_a_queue_that_nothing_is_added_to_is_empty_after_its_jobs_at_their_pace(history, draining):
    (row,) = history(draining).analyses.drain_forecast(now=NOW).to_dict("records")
    assert (row["verdict"], row["queued"], row["running"]) == ("draining", 60, 0)
    assert row["completions_per_hour"] == pytest.approx(15, rel=0.1)
    assert row["empty_at"] - NOW == pytest.approx(timedelta(hours=4), rel=0.3)
    assert NOW < row["low"] < row["empty_at"] < row["high"]


def test_a_queue_that_grows_is_never_empty_at_this_rate(history):
    rows = [over(1300 - 10 * n, 1200 - 10 * n) for n in range(120)] + [waiting(n * 5 + 1) for n in range(250)]
    (row,) = history(rows).analyses.drain_forecast(now=NOW).to_dict("records")
    assert row["verdict"] == "never at this rate"
    assert row["arrivals_per_hour"] > row["completions_per_hour"]
    assert pd.isna(row["empty_at"])


def test_a_queue_that_comes_and_goes_lasts_as_long_as_it_did(history):
    """Every hour three jobs come at once, and are gone within the next half hour."""
    rows = [over(60 * n + 50, 60 * n + 50 - 9 * (one + 1)) for n in range(23) for one in range(3)]
    (row,) = history([*rows, waiting(10), waiting(9)]).analyses.drain_forecast(now=NOW).to_dict("records")
    assert row["verdict"] == "draining"
    assert row["empty_at"] - NOW <= timedelta(hours=1)


def test_a_paused_type_and_one_without_a_past_have_no_forecast(store, history, write, draining):
    types = [wire(job_type(1, "fit", "1.0", is_paused=True)), wire(job_type(2, "map", "1.0"))]
    store.load(write("types.json", types), "job_types")
    found = history([*draining, waiting(5) | {"job_type": "map"}], into=store).analyses.drain_forecast(now=NOW)
    assert found[["name", "verdict"]].to_numpy().tolist() == [["fit", "paused"], ["map", "not enough data"]]
    assert found["empty_at"].isna().all()
    assert found["low"].isna().all()


def test_types_without_a_queue_have_no_row_and_filters_are_by_type(history, draining):
    store = history([*draining, {"job_type": "map", "last_status_change": ago(1)}])
    assert store.analyses.drain_forecast(now=NOW)["name"].tolist() == ["fit"]
    assert len(store.analyses.drain_forecast(version="2.0", now=NOW)) == 0


def test_columns_and_dtypes_are_the_same_without_a_row(sample, nothing):
    pd.testing.assert_series_equal(sample.analyses.drain_forecast().dtypes, nothing.analyses.drain_forecast().dtypes)


@sizes(300, 3000)
def test_about_80_of_100_intervals_hold_the_moment(size):
    """Queues whose arrivals and completions are Poisson, observed for 6 hours; what may never be empty counts as held."""
    draw = np.random.default_rng(11)
    held = 0
    for _ in range(size):
        finishing, load = draw.uniform(20, 200), draw.uniform(0, 0.8)
        queued = int(draw.integers(50, 500))
        pace = np.array([finishing, finishing * load]) / 4
        past = draw.poisson(pace[:, None], (2, 24)).astype("float64")
        _, low, high = empty_after(queued, flow(past[1]), flow(past[0]))
        fine = np.array([finishing, finishing * load]) / 60
        left = queued + np.cumsum(draw.poisson(fine[1], 20_000) - draw.poisson(fine[0], 20_000))
        hours = (int(np.argmax(left <= 0)) + 1) / 60 if (left <= 0).any() else np.inf
        held += (low or 0) <= hours <= (np.inf if high is None else high)
    assert abs(held / size - 0.8) <= 0.05 + 2 * (0.16 / size) ** 0.5, held / size
