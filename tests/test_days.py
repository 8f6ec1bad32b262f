"""The rollup `job_day` is the jobs that are over, counted by UTC day, whatever is loaded, changed or taken out."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
from histories import JOB_TYPES, NOW, page
from hypothesis import given
from hypothesis import strategies as st
from sizes import examples, sizes

import jobtype_toolkit as jt

pytestmark = pytest.mark.slow

KEYS = ["source", "day", "job_type_id", "revision_num", "status", "error_id"]
OPEN = {"PENDING", "BLOCKED", "QUEUED", "RUNNING"}


def counted(store: jt.Store) -> Counter:
    """The table, as it is."""
    frame = store.sql("FROM job_day").astype(object)
    rows = frame.where(frame.notna(), None).to_dict("records")
    assert all(row["n"] > 0 for row in rows)
    found = Counter({tuple(row[key] for key in KEYS): int(row["n"]) for row in rows})
    assert len(found) == len(rows)
    return found


def recounted(store: jt.Store) -> Counter:
    """The same from the jobs, in plain Python."""
    frame = store.sql("FROM job").astype(object)
    found: Counter = Counter()
    for row in frame.where(frame.notna(), None).to_dict("records"):
        if row["status"] not in OPEN:
            moment = row["last_status_change"]
            row["day"] = moment and moment.replace(hour=0, minute=0, second=0, microsecond=0)
            found[tuple(row[key] for key in KEYS)] += 1
    return found


def row(id: int, status: str, hours: float | None, modified: int, error: str | None = None, type: str = "fit") -> str:
    moment = "" if hours is None else (NOW - timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%SZ")
    changed = (NOW + timedelta(seconds=modified) - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    return f"{id},{type},1.0,{id % 2 or ''},{status},{error or ''},{moment},{changed}"


HEAD = "id,job_type,job_type_version,revision_num,status,error_name,last_status_change,last_modified"

jobs = st.builds(
    row,
    st.integers(1, 6),
    st.sampled_from(["COMPLETED", "FAILED", "CANCELED", "RUNNING"]),
    st.sampled_from([None, 0, 15, 30, 31, 80]),
    st.integers(0, 50),
    st.sampled_from([None, "broken", "late"]),
    st.sampled_from(["fit", "cut"]),
)
acts = st.lists(
    st.one_of(
        st.tuples(st.just("load"), st.sampled_from(["a", "b"]), st.lists(jobs, max_size=6)),
        st.tuples(st.just("prune"), st.sampled_from(["a", "*"]), st.sampled_from([0, 20, 31, 48, 90])),
        st.tuples(st.just("forget"), st.integers(1, 4), st.none()),
    ),
    min_size=1,
    max_size=5,
)


@given(acts)
@examples(3, 300)
def test_days_are_what_the_jobs_are_after_any_loads_changes_and_removals(tmp_path_factory, acts):
    folder = tmp_path_factory.mktemp("days")
    with jt.open(clock=lambda: NOW) as store:
        for act, which, what in acts:
            if act == "load" and what:
                (folder / "jobs.csv").write_text("\n".join([HEAD, *what]) + "\n", encoding="utf-8")
                store.load(folder / "jobs.csv", "jobs", source=which)
            elif act == "prune" and store.sources:
                store.prune(before=NOW - timedelta(hours=what), source=which if which in store.sources else "*")
            elif act == "forget" and which in list(store.sql("FROM load")["load_id"]):
                store.forget(which)
            assert counted(store) == recounted(store)
        assert store.check().is_sound


def test_a_change_moves_a_job_from_its_day_to_another_and_leaves_the_others_alone(store, write):
    day = "2026-03-0{}T10:00:00Z"
    rows = [f"{n},fit,1.0,,COMPLETED,,{day.format(n)},{day.format(n)}" for n in (1, 2)]
    store.load(write("jobs.csv", "\n".join([HEAD, *rows]) + "\n"), "jobs")
    later = f"1,fit,1.0,,FAILED,broken,{day.format(3)},{day.format(3)}"
    assert store.load(write("later.csv", f"{HEAD}\n{later}\n"), "jobs").changed == 1
    found = store.sql("SELECT day, status, n FROM job_day ORDER BY day")
    assert [(str(one.day)[:10], one.status, one.n) for one in found.itertuples()] == [
        ("2026-03-02", "COMPLETED", 1),
        ("2026-03-03", "FAILED", 1),
    ]


def test_days_follow_a_job_type_that_gets_its_own_id(store, write):
    store.load(write("jobs.csv", f"{HEAD}\n{row(1, 'COMPLETED', 5, 0, type=JOB_TYPES[0]['name'])}\n"), "jobs")
    assert (store.sql("FROM job_day")["job_type_id"] < 0).all()
    types = [{**JOB_TYPES[0], "version": "1.0"}]
    store.load(write("types.json", page(types)), "job_types")
    assert store.sql("FROM job_day")["job_type_id"].tolist() == [JOB_TYPES[0]["id"]]
    assert store.check().is_sound


@pytest.mark.parametrize("before", ["2026-03-02T10:00:00Z", "2026-03-03T00:00:00Z"])
def test_pruned_jobs_leave_their_days_also_the_one_that_is_cut(store, write, before):
    times = ["2026-03-01T10:00:00Z", "2026-03-02T09:59:59Z", "2026-03-02T10:00:00Z", "2026-03-03T00:00:00Z"]
    rows = [f"{n},fit,1.0,,COMPLETED,,{one},{one}" for n, one in enumerate(times)]
    store.load(write("jobs.csv", "\n".join([HEAD, *rows]) + "\n"), "jobs", source="a")
    store.prune(before=before, source="a")
    left = Counter(one[:10] for one in times if one >= before)
    found = store.sql("SELECT day, n FROM job_day")
    assert {str(one.day)[:10]: one.n for one in found.itertuples()} == left


WINDOWS = [
    ("2026-02-01T06:00:00Z", "2026-02-03T18:00:00Z"),
    ("2026-02-02T12:00:00Z", "2026-02-03T12:00:00Z"),
    (None, "2026-02-02T12:00:00Z"),
    ("2026-02-01T00:00:00Z", "2026-02-03T00:00:00Z"),
    ("2026-02-02T06:00:00Z", "2026-02-02T18:00:00Z"),
    ("2026-02-02T00:00:01Z", "2026-02-03T23:59:59Z"),
    (None, None),
    ("2026-02-04T12:00:00Z", None),
]
"""With both ends at midnight, cut, within a day, and with less than a whole day in a day's length."""


@sizes(3, len(WINDOWS))
def test_rates_over_whole_days_and_what_a_window_cuts_off_them_are_those_of_the_jobs(store, write, size):
    moments = [f"2026-02-0{day}T{hour:02}:00:00Z" for day in (1, 2, 3, 4) for hour in (0, 6, 12, 18)]
    some = [
        (id, f"type-{id % 3}", moments[id % 16], ("", "late", "broken")[id // 16 % 3], f"node{id % 2}")
        for id in range(96)
    ]
    rows = [
        f"{id},{name},1.0,{'FAILED' if error else 'COMPLETED'},{error},{node},{moment},{moment}"
        for id, name, moment, error, node in some
    ]
    head = "id,job_type,job_type_version,status,error_name,node,last_status_change,last_modified"
    store.load(write("jobs.csv", "\n".join([head, *rows]) + "\n"), "jobs")
    ask = {"now": "2026-02-05T00:00:00Z"}
    for started, ended in WINDOWS[:size]:
        inside = [one for one in some if (started or "") <= one[2] < (ended or "9999")]
        finished = Counter(name for _, name, *_ in inside)
        failed = Counter(name for _, name, _, error, _ in inside if error)
        found = store.analyses.failure_rates(started=started, ended=ended, **ask)
        assert dict(zip(found["name"], found["finished"], strict=True)) == finished
        assert dict(zip(found["name"], found["failed"], strict=True)) == {name: failed[name] for name in finished}
        late = store.analyses.failure_rates(by="error_name", started=started, ended=ended, error_name=["late"], **ask)
        assert list(late["failed"]) == [count for count in [sum(one[3] == "late" for one in inside)] if count]
        node = store.analyses.failure_rates(by="name", started=started, ended=ended, node=["node0"], **ask)
        assert node["finished"].sum() == sum(one[4] == "node0" for one in inside)
        trend = store.analyses.failure_trend(by="name", started=started, ended=ended, **ask)
        days = Counter((name, moment[:10]) for _, name, moment, *_ in inside)
        told = {(row.name, str(row.start)[:10]): row.finished for row in trend.itertuples(index=False) if row.finished}
        assert told == days
