"""`analyses.why_not_running`: one small type per reason, several reasons at once, and the state as of an earlier instant."""

from __future__ import annotations

import json

import pandas as pd
import pytest
from histories import NOW, ago, job_type, wire

import jobtype_toolkit as jt

pytestmark = pytest.mark.slow


def waiting(name: str, status: str = "QUEUED", minutes: float = 10) -> dict[str, object]:
    queued = {"queued": ago(minutes), "started": ago(minutes)} if status == "RUNNING" else {"queued": ago(minutes)}
    times = {} if status == "PENDING" else {"last_status_change": ago(minutes)}
    return {
        "job_type": name,
        "status": status,
        "created": ago(minutes),
        **times,
        **({} if status in ("PENDING", "BLOCKED") else queued),
    }


@pytest.fixture
def made(history, write):
    """Load job types, given what is special of each, and then jobs."""

    def of(types: dict[str, dict[str, object]], jobs: list[dict[str, object]], **load: object) -> jt.Store:
        store = jt.open(clock=lambda: NOW)
        configured = {"configuration": {"priority": 100}}
        rows = [
            wire(job_type(place, name, "1.0", **{**configured, **more}))
            for place, (name, more) in enumerate(types.items(), 1)
        ]
        store.load(write("types.json", rows), "job_types", **load)
        return history(jobs, into=store)

    return of


def told(store: jt.Store, *names: str, **more: object) -> list[tuple[str, int, str]]:
    frame = store.analyses.why_not_running(list(names) or None, **{"now": NOW, **more})
    return list(frame[["name", "position", "reason"]].itertuples(index=False, name=None))


@pytest.fixture(scope="module")
def kept(history, tmp_path_factory) -> jt.Store:
    """Types that something keeps from running, each with a job on the queue and one that runs."""
    types = {
        "paused": {"is_paused": True, "paused": ago(60)},
        "unmet_resources": {"unmet_resources": "gpus"},
        "max_scheduled": {"max_scheduled": 1},
    }
    rows = [
        wire(job_type(place, name, "1.0", **{"configuration": {"priority": 100}, **more}))
        for place, (name, more) in enumerate(types.items(), 1)
    ]
    store = jt.open(clock=lambda: NOW)
    path = tmp_path_factory.mktemp("kept") / "types.json"
    path.write_text(json.dumps(rows))
    store.load(path, "job_types")
    return history([waiting(name, status) for name in types for status in ("QUEUED", "RUNNING")], into=store)


@pytest.mark.parametrize("reason", ["paused", "unmet_resources", "max_scheduled"])
def test_what_keeps_queued_jobs_from_running(kept, reason):
    assert told(kept, reason) == [(reason, 1, reason)]


def test_jobs_of_a_smaller_priority_or_queued_earlier_come_first(made):
    types = {"fit": {}, "axe": {"configuration": {"priority": 5}}, "map": {}}
    store = made(types, [waiting("fit", minutes=20), waiting("axe", minutes=1), waiting("map", minutes=10)])
    assert told(store) == [("fit", 1, "queue_ahead"), ("map", 1, "queue_ahead")]
    found = store.analyses.why_not_running("map", now=NOW)
    assert found["evidence"][0].startswith("jobs of axe 1.0 (priority 5), fit 1.0 (priority 100) come first")
    assert any("axe 1.0" in note for note in store.analyses.why_not_running("axe", now=NOW).attrs["notes"])


def test_types_that_do_not_run_are_in_nobodys_way(made):
    store = made({"fit": {}, "axe": {"is_paused": True}}, [waiting("fit", minutes=1), waiting("axe", minutes=99)])
    assert told(store) == [("axe", 1, "paused")]


def test_all_reasons_come_in_order(made):
    types = {"axe": {}, "fit": {"is_paused": True, "unmet_resources": "cpus", "max_scheduled": 1, "is_active": False}}
    store = made(types, [waiting("axe", minutes=30), waiting("fit"), waiting("fit", "RUNNING")])
    assert told(store, "fit") == [
        ("fit", 1, "paused"),
        ("fit", 2, "unmet_resources"),
        ("fit", 3, "max_scheduled"),
        ("fit", 4, "queue_ahead"),
    ]


def test_without_jobs_on_the_queue(made):
    types = {"fit": {}, "old": {"is_active": False, "deprecated": ago(600)}, "map": {}}
    store = made(types, [waiting("fit", "PENDING"), waiting("fit", "BLOCKED"), waiting("map", "RUNNING")])
    assert told(store) == [
        ("fit", 1, "not_queued"),
        ("map", 1, "nothing_waiting"),
        ("old", 1, "deprecated"),
        ("old", 2, "nothing_waiting"),
    ]


def test_what_could_not_be_read_is_said(made, history):
    store = made({"fit": {"configuration": None, "is_paused": True}}, [waiting("fit")])
    (row,) = store.analyses.why_not_running(now=NOW).to_dict("records")
    assert "configuration" in row["unreadable"]
    (row,) = history([waiting("map", "BLOCKED")]).analyses.why_not_running(now=NOW).to_dict("records")
    assert "never loaded" in row["unreadable"]


def test_the_state_is_that_of_the_instant(made, write):
    store = made({"fit": {"is_paused": False}}, [waiting("fit", minutes=30)])
    later = wire(job_type(1, "fit", "1.0", configuration={"priority": 100}, unmet_resources="gpus", last_modified=NOW))
    store.load(write("later.json", [later]), "job_types")
    seen = pd.Timestamp(NOW)
    assert told(store, now=seen + pd.Timedelta(seconds=1)) == [("fit", 1, "unmet_resources")]
    assert told(store, now=seen) == []
    assert told(store, now=ago(40)) == [("fit", 1, "nothing_waiting")]


def test_a_pause_after_the_instant_was_none_then(made):
    store = made({"fit": {"is_paused": True, "paused": ago(5)}}, [waiting("fit", minutes=30)])
    assert told(store) == [("fit", 1, "paused")]
    assert told(store, now=ago(6)) == []


def test_an_unknown_name_is_refused(kept):
    with pytest.raises(jt.InvalidParameter, match="puased"):
        kept.analyses.why_not_running("puased")


def test_columns_and_dtypes_are_the_same_without_a_row(sample, nothing):
    full, none = sample.analyses.why_not_running(), nothing.analyses.why_not_running()
    pd.testing.assert_series_equal(full.dtypes, none.dtypes)
    assert {"paused", "unmet_resources", "queue_ahead", "deprecated", "not_queued", "nothing_waiting"} == set(
        full["reason"]
    )


def test_each_reason_has_the_number_of_jobs_that_wait_and_since_when(made):
    jobs = [
        waiting("fit", minutes=30),
        waiting("fit", minutes=20),
        waiting("fit", "BLOCKED", 90),
        waiting("map", "BLOCKED", 40),
    ]
    store = made({"fit": {"is_paused": True}, "map": {}, "ink": {}}, jobs)
    found = store.analyses.why_not_running(now=NOW)
    told = dict(zip(found["name"], zip(found["jobs"], found["since"], strict=True), strict=True))
    assert told["fit"] == (2, pd.Timestamp(ago(30)))
    assert told["map"] == (1, pd.Timestamp(ago(40)))
    assert told["ink"][0] == 0
    assert pd.isna(told["ink"][1])
