"""`analyses.bad_nodes`: nodes against the others that ran the same types, the same days."""

from __future__ import annotations

from datetime import timedelta

import pandas as pd
import pytest
from histories import NOW

import jobtype_toolkit as jt

pytestmark = pytest.mark.slow


def jobs(node: str, each: int, failed: int, **more: object) -> list[dict[str, object]]:
    """Return jobs of a node on each of five days."""
    made = []
    for back in range(1, 6):
        for place in range(each):
            at = NOW - timedelta(days=back) + timedelta(minutes=place)
            status = {"status": "FAILED", "error_name": "e", "error_category": "DATA"} if place < failed else {}
            made.append({"node": node, "last_status_change": at, "last_modified": at, **status, **more})
    return made


def numbered(*parts: list[dict[str, object]]) -> list[dict[str, object]]:
    return [{**one, "id": place} for place, one in enumerate((one for part in parts for one in part), 1)]


def asked(store: jt.Store, **given: object) -> pd.DataFrame:
    return store.analyses.bad_nodes(now=NOW, **given)


@pytest.fixture(scope="module")
def one_bad(history) -> jt.Store:
    """Four nodes with a hundred jobs each, of which one fails more than the others."""
    return history(numbered(jobs("a", 20, 8), *[jobs(one, 20, 1) for one in "bcd"]))


def test_a_node_that_fails_more_than_the_others_of_its_types_is_bad(one_bad):
    found = asked(one_bad)
    first = found.iloc[0]
    assert (first["node"], first["verdict"], first["finished"], first["failed"]) == ("a", "bad", 100, 40)
    assert first["expected"] == pytest.approx(5)
    assert first["counts"] == "jobs"
    assert list(found["node"]) == ["a", "b", "c", "d"]
    assert set(found["verdict"][1:]) == {"as others"}
    assert found["expected"].iloc[1] == pytest.approx(5), (
        "the bad node is left out of what the others are compared with"
    )


def test_a_node_that_runs_what_fails_everywhere_is_as_others(history):
    mix = [jobs(one, 4, 2, job_type="bad") for one in "abc"] + [jobs(one, 20, 0) for one in "abc"]
    found = asked(history(numbered(jobs("d", 30, 15, job_type="bad"), *mix)))
    assert set(found["verdict"]) == {"as others"}


def test_a_day_that_is_bad_on_all_nodes_is_no_bad_node(history):
    rows = [
        one
        for node in "abcd"
        for back in (1, 2, 3)
        for one in jobs(node, 10, 9 if back == 2 else 0)[:10]
        if one.update(last_status_change=NOW - timedelta(days=back)) is None
    ]
    assert set(asked(history(numbered(rows)))["verdict"]) == {"as others"}


def test_the_one_type_is_named_if_it_is_only_one(history):
    others = [part for one in "bcd" for part in (jobs(one, 20, 1), jobs(one, 20, 1, job_type="map"))]
    one = asked(history(numbered(jobs("a", 20, 9), jobs("a", 20, 1, job_type="map"), *others))).iloc[0]
    assert (one["verdict"], one["name"]) == ("bad", "fit")
    both = asked(history(numbered(jobs("a", 20, 9), jobs("a", 20, 9, job_type="map"), *others))).iloc[0]
    assert both["verdict"] == "bad"
    assert pd.isna(both["name"])


def test_executions_are_counted_where_they_are_loaded(history):
    """Each job of node a fails first and a retry elsewhere saves it: its jobs all end well."""
    rows = numbered(*[jobs(one, 20, 0) for one in "bcd"])
    store = history(rows)
    tries = []
    for one in rows:
        at = one["last_status_change"]
        first = "a" if one["id"] % 4 == 0 else one["node"]
        saved = first == "a" and one["id"] % 8 == 0
        ran = {"job_id": one["id"], "started": at - timedelta(minutes=9), "ended": at - timedelta(minutes=8)}
        tries.append(
            {**ran, "exe_num": 1, "node": first, "status": "FAILED" if saved else "COMPLETED", "job_type_id": 1}
        )
        if saved:
            tries.append(
                {**ran, "exe_num": 2, "node": one["node"], "status": "COMPLETED", "ended": at, "job_type_id": 1}
            )
    type_ = int(store.job_types()["id"].iloc[0])
    store = history(
        [{**one, "job_type_id": type_, "id": place} for place, one in enumerate(tries, 1)], "job_executions", into=store
    )
    first = asked(store).iloc[0]
    assert (first["node"], first["verdict"], first["counts"]) == ("a", "bad", "executions")
    assert (first["finished"], first["failed"]) == (75, 37)


def test_one_node_alone_or_with_few_jobs_has_not_enough_data(history):
    assert list(asked(history(numbered(jobs("a", 20, 9))))["verdict"]) == ["not enough data"]
    found = asked(history(numbered(jobs("a", 3, 3), *[jobs(one, 20, 1) for one in "bcd"])))
    assert dict(zip(found["node"], found["verdict"], strict=True))["a"] == "not enough data"
    assert found["q_value"].isna().sum() == 1


def test_the_same_call_gives_the_same_frame_and_an_empty_store_the_same_dtypes(one_bad, nothing):
    found = asked(one_bad)
    pd.testing.assert_frame_equal(asked(one_bad), found)
    pd.testing.assert_series_equal(found.dtypes, nothing.analyses.bad_nodes().dtypes)


def test_later_rows_do_not_change_an_earlier_answer(history, one_bad):
    rows = numbered(jobs("a", 20, 8), *[jobs(one, 20, 1) for one in "bcd"])
    later = [
        {**one, "id": 5000 + place, "last_status_change": NOW + timedelta(hours=1)}
        for place, one in enumerate(jobs("b", 20, 20))
    ]
    pd.testing.assert_frame_equal(asked(history(rows + later)), asked(one_bad))


def test_a_name_cuts_the_answer_after_it_is_judged_and_nodes_are_compared_with_each_other(history):
    others = [jobs(one, 20, 1) for one in "bcd"]
    store = history(
        numbered(jobs("a", 20, 8), *others, jobs("a", 4, 0, job_type="map"), jobs("e", 20, 2, job_type="map"))
    )
    whole = asked(store)
    of_map = asked(store, name="map")
    assert of_map["node"].tolist() == ["a", "e"]
    pd.testing.assert_frame_equal(of_map, whole[whole["node"].isin(["a", "e"])].reset_index(drop=True))
    alike = asked(store, node=["b", "c", "d"])
    assert alike["node"].tolist() == ["b", "c", "d"]
    assert set(alike["verdict"]) == {"as others"}
    with pytest.raises(jt.InvalidParameter, match="mpa"):
        asked(store, name="mpa")
