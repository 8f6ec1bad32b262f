"""`analyses.error_onsets`: hand-made histories with a known day and cause."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest
from histories import NOW, job_type

import jobtype_toolkit as jt

pytestmark = pytest.mark.slow

TODAY = NOW.replace(hour=0)


Jobs = list[dict[str, object]]


def day(back: int, finished: int, failed: int, error: str = "bad-input", **more: object) -> Jobs:
    """Return the jobs of the UTC day so many days before that of NOW."""
    made = []
    for place in range(finished):
        at = TODAY - timedelta(days=back) + timedelta(minutes=place + 1)
        status = {"status": "FAILED", "error_name": error, "error_category": "DATA"} if place < failed else {}
        made.append(
            {"last_status_change": at, "last_modified": at, "started": at, "node": f"n{place % 4}", **status, **more}
        )
    return made


def numbered(*parts: Jobs) -> Jobs:
    return [{**one, "id": place} for place, one in enumerate((one for part in parts for one in part), 1)]


def quiet(days: int = 50, **more: object) -> Jobs:
    return [one for back in range(days) for one in day(back, 40, 1 + back % 2, **more)]


def lately(finished: int, failed: int, error: str = "no-disk", backs: range = range(3), **more: object) -> Jobs:
    return [one for back in reversed(backs) for one in day(back, finished, failed, error, **more)]


OLD, NINTH = {"job_type_version": "2.0"}, {"node": "n9"}
TYPES = {
    "new error": [*quiet(), *lately(10, 5, backs=range(1, 4))],
    "jumped": [
        *(one for back in range(9, 50) for one in day(back, 40, 1 + back % 2)),
        *lately(40, 15, "bad-input", range(6, 9)),
        *lately(40, 1, "bad-input", range(6)),
    ],
    "new version": [*quiet(), *lately(20, 8, backs=range(4), **OLD)],
    "old version": [*quiet(), *lately(20, 0, backs=range(4, 50), **OLD), *lately(20, 8, backs=range(4), **OLD)],
    "one node": [*quiet(), *lately(12, 0, backs=range(4, 50), **NINTH), *lately(12, 8, backs=range(4), **NINTH)],
    "revised": [*quiet(), *lately(40, 12, backs=range(1, 4))],
    "edited": [*quiet(), *lately(10, 5, backs=range(1, 4))],
    "order": [*quiet(), *day(3, 10, 5, "a-error"), *day(1, 10, 5, "b-error")],
    "order too": quiet(),
}


@pytest.fixture(scope="module")
def types(history, tmp_path_factory) -> jt.Store:
    """A job type for each of the facts that is seen in one type; all are judged together."""
    store = history(numbered(*([{**one, "job_type": name} for one in jobs] for name, jobs in TYPES.items())))
    known = {row["name"]: int(row["id"]) for row in store.job_types().to_dict("records") if row["version"] == "1.0"}
    revisions = [
        {
            "id": number,
            "job_type_id": known["revised"],
            "revision_num": number,
            "created": TODAY - timedelta(days=back),
        }
        for number, back in ((4, 10), (5, 3.4))
    ]
    history(revisions, "job_type_revisions", into=store)
    path = tmp_path_factory.mktemp("edited") / "types.json"
    for back, priority in ((30, 100), (3, 7)):
        path.write_text(json.dumps([job_type(known["edited"], "edited", "1.0", configuration={"priority": priority})]))
        store.load(path, "job_types", observed=TODAY - timedelta(days=back))
    return store


@pytest.fixture(scope="module")
def answer(types) -> pd.DataFrame:
    return types.analyses.error_onsets(now=NOW)


def row(frame: pd.DataFrame, name: str, error: str = "no-disk") -> dict[str, object]:
    (found,) = frame[(frame["name"] == name) & (frame["error_name"] == error)].to_dict("records")
    return found


def test_an_error_that_was_never_before_is_new_since_the_day_of_its_first_failure(answer):
    found = row(answer, "new error")
    assert found["kind"] == "new"
    assert found["onset"] == pd.Timestamp(TODAY - timedelta(days=3))
    assert found["count"] == 15
    assert pd.isna(found["until"])
    assert found["first_seen"] == pd.Timestamp(TODAY - timedelta(days=3) + timedelta(minutes=1))
    usual = row(answer, "new error", "bad-input")
    assert usual["kind"] == "steady"
    assert pd.isna(usual["onset"])


def test_an_error_that_comes_more_often_has_jumped_until_it_is_usual_again(answer):
    found = row(answer, "jumped", "bad-input")
    assert found["kind"] == "jumped"
    assert (found["onset"], found["until"]) == (
        pd.Timestamp(TODAY - timedelta(days=8)),
        pd.Timestamp(TODAY - timedelta(days=5)),
    )


def test_nothing_is_blamed_where_nothing_changed(answer):
    found = row(answer, "new error")
    assert pd.isna(found["cause"])
    assert found["candidates"] == []


def test_a_new_version_in_which_the_failures_sit_is_the_cause(answer):
    found = row(answer, "new version")
    assert (found["cause"], found["cause_value"]) == ("version", "2.0")
    assert "32 of 32 failures are of version 2.0" in found["candidates"][0]["evidence"]


def test_an_old_version_is_not_blamed_for_being_a_part(answer):
    assert pd.isna(row(answer, "old version")["cause"])


def test_a_node_on_which_the_failures_sit_is_the_cause(answer):
    found = row(answer, "one node")
    assert (found["cause"], found["cause_value"]) == ("node", "n9")


def test_a_revision_within_a_day_before_is_the_cause_and_one_of_last_week_is_not(answer):
    found = row(answer, "revised")
    assert (found["cause"], found["cause_value"]) == ("revision", "5")
    assert [one["value"] for one in found["candidates"]] == ["5"]


def test_an_edit_of_the_past_that_a_file_of_then_tells_is_a_cause(answer):
    found = row(answer, "edited")
    assert (found["cause"], found["onset"]) == ("configuration", pd.Timestamp(TODAY - timedelta(days=3)))


def test_the_newest_onset_is_first_and_what_has_none_last(answer):
    frame = answer[answer["name"].str.startswith("order")]
    assert list(frame["error_name"]) == ["b-error", "a-error", "bad-input", "bad-input"]
    assert list(frame["name"])[2:] == ["order", "order too"]


def test_name_cuts_after_judging(types, answer):
    alone = types.analyses.error_onsets(now=NOW, name="new version")
    pd.testing.assert_frame_equal(alone, answer[answer["name"] == "new version"].reset_index(drop=True))


def test_later_rows_change_nothing(history):
    rows = numbered(quiet(15), day(2, 10, 5, "no-disk"))
    later = [{**one, "id": 90_000 + place} for place, one in enumerate(day(-2, 20, 20, "no-disk"))]
    early, whole = (history(some).analyses.error_onsets(now=NOW) for some in (rows, rows + later))
    assert set(early["error_name"]) == {"bad-input", "no-disk"}
    pd.testing.assert_frame_equal(whole, early)


@pytest.mark.parametrize(
    "rows",
    [[], day(0, 1, 0), day(0, 1, 1), day(1, 30, 30), day(1, 30, 0)],
    ids=["none", "one good", "one bad", "all failed", "none failed"],
)
def test_small_histories_have_an_answer_with_the_same_dtypes(history, rows, nothing):
    store = history(numbered(rows)) if rows else nothing
    found = store.analyses.error_onsets(now=datetime(2026, 3, 1, 12, tzinfo=UTC))
    assert len(found) == any(one.get("status") == "FAILED" for one in rows)
    pd.testing.assert_series_equal(found.dtypes, nothing.analyses.error_onsets().dtypes)


def test_a_window_of_all_history_is_one_too(types):
    found = row(types.analyses.error_onsets(started=None, now=NOW, name="new error"), "new error")
    assert found["onset"] == pd.Timestamp(TODAY - timedelta(days=3))
