"""`analyses.failure_rates`: counts by hand and recounted in pandas, and how often the intervals hold."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import pandas as pd
import pytest
import scipy
from histories import NOW, ago
from sizes import sizes

import jobtype_toolkit as jt
from jobtype_toolkit.analyses import intervals

pytestmark = pytest.mark.slow

DAY = timedelta(days=1)


def failed(at: datetime, error: str | None = None, category: str | None = None, **more: object) -> dict[str, object]:
    return {"status": "FAILED", "error_name": error, "error_category": category, "last_status_change": at, **more}


def done(at: datetime, **more: object) -> dict[str, object]:
    return {"last_status_change": at, **more}


@pytest.fixture(scope="module")
def small(history) -> jt.Store:
    """Of `fit` 1.0 two of three failed, of 2.0 none of one; of `map` one of two. CANCELED and open jobs do not count."""
    return history(
        [
            failed(ago(10), "bad-input", "DATA", node="a"),
            failed(ago(20), "no-disk", "SYSTEM", node="b"),
            done(ago(30), node="a"),
            done(ago(40), node="a", job_type_version="2.0"),
            failed(ago(50), job_type="map", node="b"),
            done(ago(60), job_type="map", node="b"),
            {"status": "CANCELED", "last_status_change": ago(5)},
            {"status": "RUNNING", "last_status_change": ago(5)},
        ]
    )


def counts(frame: pd.DataFrame) -> list[tuple[object, ...]]:
    groups = [name for name in frame.columns if name not in ("rate", "low", "high")]
    return [tuple(None if pd.isna(one) else one for one in row) for row in frame[groups].itertuples(index=False)]


def test_one_row_per_name_most_failures_first(small):
    assert counts(small.analyses.failure_rates()) == [("fit", 4, 2), ("map", 2, 1)]


def test_groups_come_in_the_order_asked_for(small):
    assert counts(small.analyses.failure_rates(by=["version", "name"])) == [
        ("1.0", "fit", 3, 2),
        ("1.0", "map", 2, 1),
        ("2.0", "fit", 1, 0),
    ]
    assert counts(small.analyses.failure_rates(by="node")) == [("b", 3, 2), ("a", 3, 1)]


def test_with_an_error_the_finished_jobs_are_those_of_the_group_without_it(small):
    assert counts(small.analyses.failure_rates(by=["name", "error_name"])) == [
        ("fit", "bad-input", 4, 1),
        ("fit", "no-disk", 4, 1),
        ("map", None, 2, 1),
    ]
    assert counts(small.analyses.failure_rates(by="category")) == [("DATA", 6, 1), ("SYSTEM", 6, 1), (None, 6, 1)]


def test_filters_are_by_type_node_and_error(small):
    rates = small.analyses.failure_rates
    assert counts(rates(name="map")) == [("map", 2, 1)]
    assert counts(rates(version="2.0")) == [("fit", 1, 0)]
    assert counts(rates(node=["a"])) == [("fit", 3, 1)]
    assert counts(rates(category="DATA")) == [("fit", 4, 1), ("map", 2, 0)]
    assert counts(rates(error_name="no-disk")) == [("fit", 4, 1), ("map", 2, 0)]
    with pytest.raises(jt.InvalidParameter, match="unknown"):
        rates(name="fti")


def test_a_row_is_the_same_with_and_without_name(small):
    every = small.analyses.failure_rates()
    pd.testing.assert_frame_equal(small.analyses.failure_rates(name="fit"), every[every["name"] == "fit"])


def test_neighbouring_windows_share_no_job_and_later_rows_change_nothing(small):
    rates = small.analyses.failure_rates
    earlier, later = rates(ended=ago(30), by="version"), rates(started=ago(30), by="version")
    assert int(earlier["finished"].sum()) + int(later["finished"].sum()) == 6
    assert counts(rates(now=ago(30))) == counts(rates(ended=ago(30))) == [("map", 2, 1), ("fit", 1, 0)]
    assert counts(rates(ended=NOW + DAY, now=ago(30))) == counts(rates(now=ago(30)))
    window = rates(started="PT1H", now=NOW).attrs["window"]
    assert window == {"started": "2026-03-01T11:00:00Z", "ended": "2026-03-01T12:00:00Z"}


def test_a_history_of_one_job_has_it(history):
    (row,) = history([failed(NOW)]).analyses.failure_rates().to_dict("records")
    assert (row["finished"], row["failed"], row["rate"], row["high"]) == (1, 1, 1.0, 1.0)
    assert row["low"] == pytest.approx(scipy.stats.binomtest(1, 1).proportion_ci(method="wilson").low)


def test_none_failed_and_all_failed_have_intervals_that_end_at_0_and_1(history):
    store = history([*[done(ago(one)) for one in range(9)], *[failed(ago(one), job_type="map") for one in range(9)]])
    rows = store.analyses.failure_rates().set_index("name")
    assert (rows.loc["fit", "rate"], rows.loc["fit", "low"]) == (0, 0)
    assert (rows.loc["map", "rate"], rows.loc["map", "high"]) == (1, 1)
    wilson = scipy.stats.binomtest(0, 9).proportion_ci(method="wilson")
    assert rows.loc["fit", "high"] == pytest.approx(wilson.high)
    assert rows.loc["map", "low"] == pytest.approx(1 - wilson.high)


def test_columns_and_dtypes_are_the_same_without_a_row(small, nothing):
    for by in ("name", ["revision_num", "node", "category"]):
        full, none = small.analyses.failure_rates(by=by), nothing.analyses.failure_rates(by=by)
        assert len(none) == 0
        pd.testing.assert_series_equal(full.dtypes, none.dtypes)


@pytest.mark.parametrize(
    "wrong", [{"by": "job"}, {"by": []}, {"started": "PT1H", "ended": "PT2H"}, {"started": "2026-01-01"}]
)
def test_unknown_groups_and_reversed_windows_are_refused(small, wrong):
    with pytest.raises(jt.InvalidParameter):
        small.analyses.failure_rates(**wrong)


def test_all_sources_come_apart(small, history):
    assert counts(small.analyses.failure_rates(source="*", by="name")) == [
        ("local", "fit", 4, 2),
        ("local", "map", 2, 1),
    ]


@pytest.mark.parametrize(
    "by", [["name"], ["name", "version"], ["node"], ["revision_num"], ["name", "node", "revision_num"]]
)
def test_the_sample_is_recounted_in_pandas(sample, sample_jobs, by):
    started, ended = pd.Timestamp("2026-09-01T06:00:00Z"), pd.Timestamp("2026-10-01T00:00:00Z")
    inside = sample_jobs[sample_jobs["last_status_change"].between(started, ended, inclusive="left")]
    finished = inside[inside["status"].isin(["COMPLETED", "FAILED"])]
    keys = [{"name": "job_type", "version": "job_type_version"}.get(one, one) for one in by]
    groups = finished.assign(failed=finished["status"] == "FAILED").groupby(keys, dropna=False)["failed"]
    expected = {key if isinstance(key, tuple) else (key,): (len(it), int(it.sum())) for key, it in groups}
    found = sample.analyses.failure_rates(by=by, started=started, ended=ended)
    assert {row[: len(by)]: row[len(by) :] for row in counts(found)} == {
        tuple(None if pd.isna(one) else one for one in key): value for key, value in expected.items()
    }
    assert list(found["failed"]) == sorted(found["failed"], reverse=True)
    assert ((found["low"] <= found["rate"]) & (found["rate"] <= found["high"])).all()


# How often the intervals hold.


def covered(n: int, days: int, correlation: float, seed: int) -> float:
    """Return how many of `n` intervals hold the long-run rate of jobs whose days are as correlated as given."""
    draw = np.random.default_rng(seed)
    rate = draw.uniform(0.03, 0.4, size=n)
    jobs = draw.poisson(draw.uniform(20, 200, size=(n, 1)), size=(n, days))
    shape = (1 - correlation) / correlation if correlation else None
    daily = draw.beta(rate[:, None] * shape, (1 - rate)[:, None] * shape, (n, days)) if shape else rate[:, None]
    frame = pd.DataFrame(
        {
            "group": np.repeat(np.arange(n), days),
            "finished": jobs.ravel(),
            "failed": draw.binomial(jobs, daily).ravel(),
        }
    )
    found = intervals.rates(frame, ["group"]).sort_values("group")
    return float(((found["low"] <= rate) & (rate <= found["high"])).mean())


@sizes(400, 5000)
def test_on_even_days_95_of_100_intervals_hold_the_rate(size):
    share = covered(size, 28, 0, seed=41)
    slack = 2 * (0.05 * 0.95 / size) ** 0.5
    assert 0.93 - slack <= share <= 0.97 + slack, share


@sizes(400, 5000)
def test_on_uneven_days_the_intervals_are_wider_and_hold_the_rate(size):
    share = covered(size, 28, 0.03, seed=42)
    slack = 2 * (0.05 * 0.95 / size) ** 0.5
    assert 0.92 - slack <= share <= 0.98 + slack, share
