"""`analyses.failure_families` and `family_jobs`: what shares error and exit code, by hand and recounted in the sample."""

from __future__ import annotations

import pandas as pd
import pytest
from histories import NOW, ago

import jobtype_toolkit as jt

DAY = 60 * 24


def failed(minutes: float, error: str | None, exit_code: int | None = None, **more: object) -> dict[str, object]:
    category = None if error is None else "SYSTEM"
    times = {"last_status_change": ago(minutes)}
    return {
        "status": "FAILED",
        "error_name": error,
        "error_category": category,
        "exit_code": exit_code,
        **times,
        **more,
    }


@pytest.fixture(scope="module")
def small(history) -> jt.Store:
    """`no-disk` in two types and mostly on node b, one of them long ago; `killed` with two exit codes; one without an error."""
    return history(
        [
            failed(10, "no-disk", node="b"),
            failed(20, "no-disk", node="b", job_type="map"),
            failed(30, "no-disk", node="a"),
            failed(60 * DAY, "no-disk", node="a", job_type="axe"),
            failed(40, "killed", 137, node="a"),
            failed(50, "killed", 137, node="b"),
            failed(60, "killed", 1),
            failed(70, None),
            {"last_status_change": ago(1), "node": "b"},
        ]
    )


def test_a_family_shares_error_and_exit_code_and_crosses_types(small):
    found = small.analyses.failure_families(now=NOW).sort_values(["count", "title"], ascending=[False, True])
    assert found[["title", "count", "job_id", "new"]].to_numpy().tolist() == [
        ["no-disk (SYSTEM) of 2 job types, mostly on b", 3, 1, False],
        ["killed, exit code 137 (SYSTEM) of fit", 2, 5, True],
        ["killed, exit code 1 (SYSTEM) of fit", 1, 7, True],
        ["no error recorded of fit", 1, 8, True],
    ]
    first = found.iloc[0]
    assert (first["names"], first["error_names"], first["node"]) == (["fit", "map"], ["no-disk"], "b")
    assert (first["first_seen"], first["last_seen"]) == (ago(60 * DAY), ago(10))


def test_the_largest_comes_first_and_ties_go_by_family(small):
    found = small.analyses.failure_families(now=NOW)
    assert list(found["count"]) == [3, 2, 1, 1]
    assert list(found["family"])[2:] == sorted(found["family"][2:])


def test_a_family_has_the_same_key_in_every_window_and_history(small, history):
    week, ever = (small.analyses.failure_families(started, now=NOW) for started in ("P7D", None))
    assert set(week["family"]) == set(ever["family"])
    assert not ever["new"].any()
    (other,) = history([failed(1, "no-disk", job_type="other")]).analyses.failure_families()["family"]
    assert other in set(ever["family"])


def test_a_family_leads_to_its_jobs(small):
    for row in small.analyses.failure_families(None, now=NOW).to_dict("records"):
        jobs = small.analyses.family_jobs(row["family"], now=NOW)
        assert len(jobs) == row["count"]
        assert jobs["id"][0] == row["job_id"]
        assert jobs["last_status_change"].is_monotonic_decreasing
    with pytest.raises(jt.InvalidParameter):
        small.analyses.family_jobs(None)


def test_filters_and_windows(small):
    families = small.analyses.failure_families
    assert list(families(now=NOW, node="b", error_name="killed")["count"]) == [1]
    assert list(families(now=NOW, name="map")["count"]) == [3]  # a family is cut after it is put together
    assert list(families("PT1H", ended=ago(35), now=NOW)["count"]) == [2, 1]
    assert len(families("P30D", now=ago(DAY))) == 0


def test_columns_and_dtypes_are_the_same_without_a_row(small, nothing):
    for full, none in (
        (small.analyses.failure_families(now=NOW), nothing.analyses.failure_families()),
        (small.analyses.family_jobs("x"), nothing.analyses.family_jobs("x")),
    ):
        pd.testing.assert_series_equal(full.dtypes, none.dtypes)


def test_the_sample_is_recounted_in_pandas(sample, sample_jobs):
    rows = sample_jobs[sample_jobs["status"] == "FAILED"]
    expected = rows.groupby(["error_name", "exit_code"], dropna=False).size()
    found = sample.analyses.failure_families(None)
    assert sorted(found["count"]) == sorted(expected)
    (planted,) = found[found["title"].str.startswith("missing-mount")].to_dict("records")
    assert planted["count"] == int((rows["error_name"] == "missing-mount").sum())


MESSAGES = {
    "cannot read *": ["cannot read /data/a/scene-12.tif", 'cannot read "a b.tif"', "cannot read 's3://bucket/x'"],
    "band * of * is missing in *": ["band 3 of 7 is missing in C:\\in\\x.img", "band 12 of 12 is missing in ./y"],
    "checksum * is not *": ["checksum 9f86d081884c7d65 is not e3b0c442", "checksum 0a1 is not 1b2\nat line 7"],
    "worker * lost: *": ["worker 10.0.0.7:8080 lost: 2026-03-01T10:00:00Z", "worker node-7 lost: 17, 18, 19"],
    "ValueError: no footprint": [
        'Traceback (most recent call last):\n  File "a.py", line 3\nValueError: no footprint\n'
    ],
    "ledger *: no entry.": ["ledger 7: no entry.", 'ledger "a b": no entry.', "ledger /x/y.tif: no entry."],
    "zoom out of range": ["zoom out of range", "  zoom out of range\r\nsecond line"],
}


def test_where_jobs_have_a_message_its_template_tells_families_apart(history):
    told = [(template, one) for template, several in MESSAGES.items() for one in several]
    store = history([failed(n, "unknown", 1, message=message) for n, (_, message) in enumerate(told, 1)])
    found = store.analyses.failure_families(now=NOW)
    assert dict(zip(found["template"], found["count"], strict=True)) == {
        template: len(several) for template, several in MESSAGES.items()
    }
    assert not any("message" in note for note in found.attrs["notes"])
    for row in found.to_dict("records"):
        jobs = store.analyses.family_jobs(row["family"], now=NOW)
        assert {told[id_ - 1][0] for id_ in jobs["id"]} == {row["template"]}
        assert f"unknown, exit code 1 (SYSTEM): {row['template']} of fit" == row["title"]


def test_where_none_has_a_message_a_note_says_so(small):
    found = small.analyses.failure_families(now=NOW)
    assert found["template"].isna().all()
    assert "no job here has a message" in found.attrs["notes"][-1]
