"""`analyses.changes`: each kind of fact from a small record of it, and what the sample was planted with."""

from __future__ import annotations

from datetime import timedelta

import pandas as pd
import pytest
from histories import NOW, ago, job_type, revision, wire

import jobtype_toolkit as jt

pytestmark = pytest.mark.slow

DAY = 60 * 24


@pytest.fixture
def made(write):
    """Load records of job types, seen at an instant."""

    def into(store: jt.Store, *records: dict[str, object], at: object = NOW) -> jt.Store:
        rows = [wire({"created": ago(99 * DAY), "last_modified": ago(99 * DAY), **one}) for one in records]
        store.load(write("types.json", rows), "job_types")
        return store

    return into


def told(store: jt.Store, since: object = "P1D", **more: object) -> list[tuple[str, str, str, str]]:
    frame = store.analyses.changes(since, **{"now": NOW + timedelta(seconds=1), **more})
    return list(frame[["kind", "name", "what", "seen"]].itertuples(index=False, name=None))


def test_new_types_versions_and_revisions(store, made, write):
    old = job_type(1, "fit", "1.0")
    made(store, {**old, "created": ago(99 * DAY), "last_modified": ago(99 * DAY)})
    made(store, {**job_type(2, "fit", "2.0"), "created": ago(90), "last_modified": ago(90)})
    made(store, {**job_type(3, "map", "1.0"), "created": ago(80), "last_modified": ago(80)})
    rows = [wire(revision(10 + n, old, n, created=ago(99 * DAY if n == 1 else 70))) for n in (1, 2)]
    store.load(write("revisions.json", rows), "job_type_revisions")
    assert told(store) == [
        ("new_version", "fit", "2.0", "told"),
        ("new_type", "map", "1.0", "told"),
        ("new_revision", "fit", "2", "told"),
    ]
    assert told(store, name="map") == [("new_type", "map", "1.0", "told")]


def test_a_pause_that_the_record_tells_is_told_once(store, made):
    made(store, {**job_type(1, "fit", "1.0"), "last_modified": ago(99 * DAY)})
    made(store, {**job_type(1, "fit", "1.0", is_paused=True, paused=ago(30)), "last_modified": ago(30)})
    assert told(store) == [("paused", "fit", "1.0", "told")]


def test_a_resumption_is_observed(store, made):
    made(store, {**job_type(1, "fit", "1.0", is_paused=True, paused=ago(3 * DAY)), "last_modified": ago(3 * DAY)})
    made(store, {**job_type(1, "fit", "1.0"), "last_modified": ago(30)})
    assert told(store) == [("resumed", "fit", "1.0", "observed")]


def test_edits_and_deprecations(store, made):
    made(store, {**job_type(1, "fit", "1.0", max_tries=3), "last_modified": ago(99 * DAY)})
    made(store, {**job_type(1, "fit", "1.0", max_tries=5), "last_modified": ago(60)})
    made(store, {**job_type(2, "map", "1.0"), "last_modified": ago(50)})
    made(store, {**job_type(3, "axe", "1.0", is_active=False, deprecated=ago(40)), "last_modified": ago(40)})
    assert sorted(told(store)) == [
        ("deprecated", "axe", "1.0", "told"),
        ("edited", "fit", "1.0", "observed"),
        ("edited", "map", "1.0", "told"),
    ]
    edited = store.analyses.changes("P1D", name="fit", now=NOW + timedelta(seconds=1))
    assert edited["detail"].tolist() == ["max_tries: 3 → 5"]


def test_pauses_edits_and_unmet_resources_of_the_past_are_known_from_files_of_then(store, write):
    def at(minutes: float, **more: object) -> None:
        rows = [wire({**job_type(1, "fit", "1.0", **more), "created": ago(99 * DAY), "last_modified": ago(99 * DAY)})]
        store.load(write("types.json", rows), "job_types", observed=ago(minutes))

    at(9 * DAY)
    at(5 * DAY, max_tries=5)
    at(4 * DAY, max_tries=5, is_paused=True, unmet_resources="gpus")
    at(3 * DAY, max_tries=5)
    found = store.analyses.changes("P10D", now=NOW)
    assert found[["kind", "moment"]].to_numpy().tolist() == [
        ["edited", pd.Timestamp(ago(5 * DAY))],
        ["paused", pd.Timestamp(ago(4 * DAY))],
        ["resumed", pd.Timestamp(ago(3 * DAY))],
    ]
    assert store.analyses.why_not_running("fit", now=ago(3.5 * DAY))["reason"].tolist() == ["nothing_waiting"]


def failed(minutes: float, error: str, **more: object) -> dict[str, object]:
    return {
        "status": "FAILED",
        "error_name": error,
        "error_category": "DATA",
        "last_status_change": ago(minutes),
        **more,
    }


def test_errors_that_are_new_and_errors_that_are_gone(history):
    rows = [failed(60, "new-one"), failed(50, "new-one"), failed(40, "old-one"), failed(9 * DAY, "old-one")]
    rows += [failed(DAY + 60 + n, "gone-one") for n in range(6)]
    rows += [{"last_status_change": ago(n)} for n in range(1, 100)]
    store = history(rows)
    assert told(store) == [("gone_error", "fit", "gone-one", "told"), ("new_error", "fit", "new-one", "told")]
    found = store.analyses.changes("P1D", now=NOW)
    assert found["moment"].tolist() == [pd.Timestamp(ago(DAY + 60)), pd.Timestamp(ago(60))]


def test_an_error_is_not_gone_where_its_type_hardly_ran(history):
    rows = [failed(DAY + 60 + n, "bad-input") for n in range(6)] + [
        {"last_status_change": ago(DAY + n)} for n in range(1, 100)
    ]
    assert told(history([*rows, {"last_status_change": ago(1)}])) == []


def test_an_error_is_new_for_a_name_that_never_had_it(history):
    rows = [
        failed(9 * DAY, "bad-input"),
        failed(10, "bad-input", job_type="map"),
        failed(5, "bad-input", job_type_version="2.0"),
    ]
    assert told(history(rows)) == [("new_error", "map", "bad-input", "told")]


def test_later_rows_change_nothing(history):
    rows = [failed(DAY, "bad-input"), failed(10, "no-disk")]
    early = history(rows[:1]).analyses.changes("P2D", now=ago(60))
    pd.testing.assert_frame_equal(history(rows).analyses.changes("P2D", now=ago(60)), early)
    assert len(early) == 1


@pytest.mark.parametrize("wrong", [None, "yesterday", NOW + timedelta(days=1)])
def test_since_is_needed_and_is_before_now(store, wrong):
    with pytest.raises(jt.InvalidParameter):
        store.analyses.changes(wrong, now=NOW)


def test_all_of_history_can_be_asked_for(sample):
    kinds = set(sample.analyses.changes("0001-01-01T00:00:00Z")["kind"])
    assert {"new_type", "new_version", "new_revision", "deprecated", "paused", "new_error"} <= kinds


def test_the_new_error_and_the_revision_before_it_that_the_sample_was_planted_with(sample):
    found = sample.analyses.changes("2026-09-24T00:00:00Z", now="2026-09-27T00:00:00Z", name="pan-sharpen")
    facts = found[found["kind"].isin(["new_revision", "new_error"])]
    assert facts[["kind", "what"]].to_numpy().tolist() == [["new_revision", "3"], ["new_error", "calibration-stale"]]


def test_columns_and_dtypes_are_the_same_without_a_row(sample, nothing):
    pd.testing.assert_series_equal(sample.analyses.changes("P7D").dtypes, nothing.analyses.changes("P7D").dtypes)
