"""All questions on all kinds of histories: what must hold whatever a history is. A new question is asked as soon as it is declared."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
import pytest
from analyses.every import Asker
from histories import NOW
from hypothesis import given
from hypothesis import strategies as st
from sizes import and_in_soak, examples

import jobtype_toolkit as jt
from jobtype_toolkit.analyses.questions import QUESTIONS
from jobtype_toolkit.errors import ToolkitError

pytestmark = pytest.mark.slow

Rows = list[dict[str, Any]]


def made(rows: Rows) -> jt.Store:
    store = jt.open(clock=lambda: NOW)
    if rows:
        store.load(pd.DataFrame([{"id": place, **one} for place, one in enumerate(rows, 1)]), "jobs")
    return store


def job(
    hours: float, *, failed: bool = False, name: str = "fit", version: str = "1.0.0", **more: Any
) -> dict[str, Any]:
    """Return a job that ended so many hours before NOW, after half an hour on the queue and half an hour of work."""
    end = NOW - timedelta(hours=hours)
    half = timedelta(minutes=30)
    error = {"error_name": "e", "error_category": "DATA"} if failed else {"error_name": None, "error_category": None}
    return {
        "job_type": name,
        "job_type_version": version,
        "revision_num": 1,
        "status": "FAILED" if failed else "COMPLETED",
        "created": end - 2 * half,
        "queued": end - 2 * half,
        "started": end - half,
        "ended": end,
        "last_status_change": end,
        "node": "a",
        "num_exes": 1,
        "input_file_size": 10.0,
        **error,
        **more,
    }


def _backwards() -> Rows:
    return [
        job(n, failed=n % 5 == 0, started=NOW, queued=NOW + timedelta(hours=1), node="ab"[n % 2]) for n in range(1, 60)
    ]


HISTORIES: dict[str, Rows] = {
    "empty": [],
    "one job": [job(5)],
    "one failure": [job(5, failed=True)],
    "one day": [job(n / 4, failed=n % 7 == 0, node="abc"[n % 3], num_exes=1 + n % 3) for n in range(1, 90)],
    "all failed": [job(9 * n, failed=True, node="abc"[n % 3]) for n in range(1, 120)],
    "none failed": [job(9 * n, node="abc"[n % 3]) for n in range(1, 120)],
    "clocks that step backwards": _backwards(),
    "gaps": [job(n + 2000 * (n > 60), failed=n % 9 == 0, version="12"[n > 60]) for n in range(1, 120)],
    "nothing known of jobs but their status": [
        {"job_type": "fit", "job_type_version": "1.0.0", "status": one}
        for one in ("PENDING", "FAILED", "COMPLETED", "RUNNING")
    ],
}


def answers(asker: Asker) -> dict[str, pd.DataFrame]:
    """Ask all questions: an answer has the declared columns, and a refusal is one of ours."""
    found = {}
    for question in QUESTIONS:
        try:
            frame = found[question.name] = asker(question)
        except ToolkitError as refused:
            assert str(refused), question.name
        else:
            assert [one for one in question.row.names if one in frame] == list(frame)
    return found


def check_identities(store: jt.Store, found: dict[str, pd.DataFrame]) -> None:
    """Check that parts sum up to the whole, which is counted in pandas."""
    jobs = store.jobs()
    jobs = jobs[jobs["status"].isin(["COMPLETED", "FAILED"]) & (jobs["last_status_change"] < NOW)]
    finished, failed = len(jobs), int((jobs["status"] == "FAILED").sum())
    attempts = found["attempts"]
    parts = attempts["clean"] + attempts["rescued"] + attempts["failed"] + attempts["unknown"]
    assert (parts == attempts["jobs"]).all()
    assert (attempts["jobs"].sum(), attempts["failed"].sum()) == (finished, failed)
    for one in ("failure_rates", "failure_trend"):
        assert (found[one]["finished"].sum(), found[one]["failed"].sum()) == (finished, failed), one
    on_nodes = jobs[jobs["node"].notna()]
    assert found["bad_nodes"]["finished"].sum() == len(on_nodes)
    assert found["failure_families"]["count"].sum() == failed
    assert found["error_onsets"]["count"].sum() == failed
    for name in ("failure_rates", "failure_trend", "worse_than_usual"):
        rate, low, high = (
            found[name][one] for one in ("rate", *(("usual_low", "usual_high") if name[0] == "w" else ("low", "high")))
        )
        assert rate.dropna().between(0, 1).all()
        assert (low.dropna() <= high.dropna()).all()
    good = jobs[(jobs["status"] == "COMPLETED") & (jobs["ended"] >= jobs["started"])]
    assert found["durations"]["n"].sum() == len(good)


DAILY = ["empty", "one failure", "clocks that step backwards"]


@pytest.mark.parametrize("kind", and_in_soak(DAILY, sorted(set(HISTORIES) - set(DAILY))))
def test_every_question_answers_or_refuses_clearly(kind):
    store = made(HISTORIES[kind])
    found = answers(Asker(store, NOW))
    check_identities(store, found)
    refused = {one.name for one in QUESTIONS} - set(found)
    assert refused <= ({"compare_versions", "compare_revisions", "right_size"} if kind == "empty" else set())


@pytest.mark.soak
def test_ten_thousand_job_types_are_no_trouble():
    store = made([job(1 + n % 20, failed=n % 10 == 0, name=f"type-{n}") for n in range(10_000)])
    found = answers(Asker(store, NOW))
    check_identities(store, found)
    assert len(found["worse_than_usual"]) == len(found["failure_rates"]) == 10_000
    assert set(found["worse_than_usual"]["verdict"]) == {"not enough data"}


TIMES = st.datetimes(datetime(2026, 1, 1), datetime(2026, 2, 20), timezones=st.just(UTC))  # noqa: DTZ001 - aware by `timezones`
EARLIER = datetime(2026, 2, 21, tzinfo=UTC)


@st.composite
def histories(draw: Any) -> Rows:
    """Draw jobs in any status with any times, in any order."""
    rows = []
    for _ in range(draw(st.integers(1, 25))):
        status = draw(st.sampled_from(["COMPLETED", "FAILED", "CANCELED", "QUEUED", "RUNNING", "PENDING"]))
        one = {name: draw(TIMES) for name in ("created", "queued", "started", "ended", "last_status_change")}
        if status in ("QUEUED", "PENDING"):
            one["started"] = None
        error = draw(st.sampled_from(["e", "oom", None])) if status == "FAILED" else None
        rows.append(
            {
                **one,
                "job_type": draw(st.sampled_from("ab")),
                "job_type_version": draw(st.sampled_from(["1.0.0", "1.10.0"])),
                "revision_num": draw(st.integers(1, 2)),
                "status": status,
                "error_name": error,
                "error_category": "DATA" if error else None,
                "exit_code": draw(st.sampled_from([0, 1, 137])),
                "node": draw(st.sampled_from(["x", "y", None])),
                "num_exes": draw(st.sampled_from([1, 2, 3, None])),
                "input_file_size": draw(st.sampled_from([0.0, 1.5, 900.0, None])),
            }
        )
    return rows


@pytest.mark.hypothesis
@given(histories())
@examples(1, 60, deadline=None)
def test_parts_sum_up_and_later_rows_change_no_earlier_answer(rows):
    store = made(rows)
    asker = Asker(store, EARLIER)
    earlier = answers(asker)
    check_identities(store, earlier)
    late = [
        job(n, failed=n % 2 == 0, name=rows[0]["job_type"], version=rows[0]["job_type_version"]) for n in range(1, 9)
    ]
    store.load(pd.DataFrame([{"id": 1000 + place, **one} for place, one in enumerate(late)]), "jobs")
    for question in QUESTIONS:
        if question.is_half_open and question.name in earlier:
            pd.testing.assert_frame_equal(earlier[question.name], asker(question), obj=question.name)
