"""`analyses.error_onsets`: hand-made histories with a known day and cause."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest
from histories import NOW, job_type

import jobtype_toolkit as jt

pytestmark = pytest.mark.slow

TODAY = NOW.replace(hour=0)


def day(back: int, finished: int, failed: int, error: str = "bad-input", **more: object) -> list[dict[str, object]]:
    """Return the jobs of the UTC day so many days before that of NOW."""
    made = []
    for place in range(finished):
        at = TODAY - timedelta(days=back) + timedelta(minutes=place + 1)
        status = {"status": "FAILED", "error_name": error, "error_category": "DATA"} if place < failed else {}
        made.append(
            {"last_status_change": at, "last_modified": at, "started": at, "node": f"n{place % 4}", **status, **more}
        )
    return made


def numbered(*parts: list[dict[str, object]]) -> list[dict[str, object]]:
    return [{**one, "id": place} for place, one in enumerate((one for part in parts for one in part), 1)]


def asked(store: jt.Store, **given: object) -> dict[str, dict[str, object]]:
    frame = store.analyses.error_onsets(now=NOW, **given)
    return {row["error_name"]: row for row in frame.to_dict("records")}


def quiet(days: int = 50, **more: object) -> list[dict[str, object]]:
    return [one for back in range(days) for one in day(back, 40, 1 + back % 2, **more)]


def test_an_error_that_was_never_before_is_new_since_the_day_of_its_first_failure(history):
    found = asked(history(numbered(quiet(), *[day(back, 10, 5, "no-disk") for back in (3, 2, 1)])))
    assert found["no-disk"]["kind"] == "new"
    assert found["no-disk"]["onset"] == pd.Timestamp(TODAY - timedelta(days=3))
    assert found["no-disk"]["count"] == 15
    assert pd.isna(found["no-disk"]["until"])
    assert found["no-disk"]["first_seen"] == pd.Timestamp(TODAY - timedelta(days=3) + timedelta(minutes=1))
    assert found["bad-input"]["kind"] == "steady"
    assert pd.isna(found["bad-input"]["onset"])


def test_an_error_that_comes_more_often_has_jumped_until_it_is_usual_again(history):
    before = [one for back in range(9, 50) for one in day(back, 40, 1 + back % 2)]
    bad, after = [day(back, 40, 15) for back in (8, 7, 6)], [day(back, 40, 1) for back in range(6)]
    found = asked(history(numbered(before, *bad, *after)))["bad-input"]
    assert found["kind"] == "jumped"
    assert (found["onset"], found["until"]) == (
        pd.Timestamp(TODAY - timedelta(days=8)),
        pd.Timestamp(TODAY - timedelta(days=5)),
    )


def test_nothing_is_blamed_where_nothing_changed(history):
    found = asked(history(numbered(quiet(), *[day(back, 10, 5, "no-disk") for back in (3, 2, 1)])))["no-disk"]
    assert pd.isna(found["cause"])
    assert found["candidates"] == []


def test_a_new_version_in_which_the_failures_sit_is_the_cause(history):
    new = [day(back, 20, 8, "no-disk", job_type_version="2.0") for back in (3, 2, 1, 0)]
    found = asked(history(numbered(quiet(), *new)))["no-disk"]
    assert (found["cause"], found["cause_value"]) == ("version", "2.0")
    assert "32 of 32 failures are of version 2.0" in found["candidates"][0]["evidence"]


def test_an_old_version_is_not_blamed_for_being_a_part(history):
    old = [one for back in range(4, 50) for one in day(back, 20, 0, job_type_version="2.0")]
    bad = [day(back, 20, 8, "no-disk", job_type_version="2.0") for back in (3, 2, 1, 0)]
    assert pd.isna(asked(history(numbered(quiet(), old, *bad)))["no-disk"]["cause"])


def test_a_node_on_which_the_failures_sit_is_the_cause(history):
    bad = [day(back, 12, 8, "no-disk", node="n9") for back in (3, 2, 1, 0)]
    usual = [one for back in range(4, 50) for one in day(back, 12, 0, node="n9")]
    found = asked(history(numbered(quiet(), usual, *bad)))["no-disk"]
    assert (found["cause"], found["cause_value"]) == ("node", "n9")


def test_a_revision_within_a_day_before_is_the_cause_and_one_of_last_week_is_not(history):
    store = history(numbered(quiet(), *[day(back, 40, 12, "no-disk") for back in (3, 2, 1)]))
    type_ = int(store.job_types()["id"].iloc[0])
    made = [
        {"id": number, "job_type_id": type_, "revision_num": number, "created": TODAY - timedelta(days=back)}
        for number, back in ((4, 10), (5, 3.4))
    ]
    store = history(made, "job_type_revisions", into=store)
    found = asked(store)["no-disk"]
    assert (found["cause"], found["cause_value"]) == ("revision", "5")
    assert [one["value"] for one in found["candidates"]] == ["5"]


def test_the_newest_onset_is_first_and_what_has_none_last(history):
    rows = numbered(quiet(), *[day(3, 10, 5, "a-error")], *[day(1, 10, 5, "b-error")], quiet(job_type="map"))
    frame = history(rows).analyses.error_onsets(now=NOW)
    assert list(frame["error_name"]) == ["b-error", "a-error", "bad-input", "bad-input"]
    assert list(frame["name"])[2:] == ["fit", "map"]


def test_name_cuts_after_judging_and_later_rows_change_nothing(history):
    rows = numbered(quiet(), *[day(2, 10, 5, "no-disk")], quiet(job_type="map"))
    store = history(rows)
    whole = store.analyses.error_onsets(now=NOW)
    alone = store.analyses.error_onsets(now=NOW, name="fit")
    pd.testing.assert_frame_equal(alone, whole[whole["name"] == "fit"].reset_index(drop=True))
    later = [{**one, "id": 90_000 + place} for place, one in enumerate(day(-2, 20, 20, "no-disk"))]
    pd.testing.assert_frame_equal(history(rows + later).analyses.error_onsets(now=NOW), whole)


@pytest.mark.parametrize(
    "rows",
    [[], day(0, 1, 0), day(0, 1, 1), day(1, 30, 30), day(1, 30, 0)],
    ids=["none", "one good", "one bad", "all failed", "none failed"],
)
def test_small_histories_have_an_answer_with_the_same_dtypes(history, rows):
    store = history(numbered(rows)) if rows else jt.open()
    found = store.analyses.error_onsets(now=datetime(2026, 3, 1, 12, tzinfo=UTC))
    assert len(found) == any(one.get("status") == "FAILED" for one in rows)
    pd.testing.assert_series_equal(found.dtypes, jt.open().analyses.error_onsets().dtypes)


def test_a_window_of_all_history_is_one_too(history):
    found = asked(history(numbered(quiet(), *[day(back, 10, 5, "no-disk") for back in (3, 2, 1)])), started=None)
    assert found["no-disk"]["onset"] == pd.Timestamp(TODAY - timedelta(days=3))


def test_an_edit_of_the_past_that_a_file_of_then_tells_is_a_cause(history, write):
    store = history(numbered(quiet(), *[day(back, 10, 5, "no-disk") for back in (3, 2, 1)]))
    (id_,) = store.job_types()["id"]
    for back, priority in ((30, 100), (3, 7)):
        body = job_type(int(id_), "fit", "1.0", configuration={"priority": priority})
        store.load(write("types.json", [body]), "job_types", observed=TODAY - timedelta(days=back))
    found = asked(store)["no-disk"]
    assert (found["cause"], found["onset"]) == ("configuration", pd.Timestamp(TODAY - timedelta(days=3)))
