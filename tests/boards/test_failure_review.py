"""The failure review: its figures are those of the history, a point leads to its jobs, and trouble takes nothing away."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest
from histories import NOW

import jobtype_toolkit as jt
from jobtype_toolkit.boards import FailureReview
from jobtype_toolkit.boards.review import REPORT, ReviewState
from jobtype_toolkit.display.html import render
from jobtype_toolkit.widgets.nodes import ROOT, texts

pytestmark = pytest.mark.slow

END = pd.Timestamp("2026-10-20T06:00:00Z")
BEGAN = END - pd.Timedelta("7D")
NUMBERS = itertools.count(1)
HOSTILE = "<img src=x onerror=alert(1)>"


def act(state: ReviewState, do: str, of: str = "/", value: Any = None) -> dict[str, Any]:
    return state.receive({"do": do, "of": of, "value": value, "view": "test", "n": next(NUMBERS)})


def review(store: Any, **given: Any) -> ReviewState:
    return ReviewState(store, start=lambda work: work(), clock=lambda: 0.0, **given)


@pytest.fixture(scope="module")
def of_sample(sample: jt.Store) -> ReviewState:
    made = review(sample, now=END.isoformat())
    act(made, "hello")
    return made


@pytest.fixture
def state(of_sample: ReviewState) -> Iterator[ReviewState]:
    """The review of a bad week of the sample, with nothing chosen."""
    yield of_sample
    act(of_sample, "edit", "+type", "")


@pytest.fixture(scope="module")
def present(sample: jt.Store) -> ReviewState:
    """The review of the newest day of the sample."""
    return review(sample, since="P1D")


@pytest.fixture(scope="module")
def week(history: pd.DataFrame) -> pd.DataFrame:
    """The jobs of the sample that finished in that week."""
    moment = history["last_status_change"]
    return history[history["status"].isin(["FAILED", "COMPLETED"]) & (moment >= BEGAN) & (moment < END)]


def table(state: ReviewState, key: str) -> list[dict[str, str]]:
    node = state.nodes()[key]
    labels = [column["label"] for column in node["columns"]]
    rows = [[cell["text"] if isinstance(cell, dict) else cell for cell in row["cells"]] for row in node["rows"]]
    return [dict(zip(labels, row, strict=True)) for row in rows]


def failed(jobs: pd.DataFrame) -> pd.DataFrame:
    return jobs[jobs["status"] == "FAILED"]


def ids(frame: pd.DataFrame | None) -> set[int]:
    assert frame is not None
    return set(frame["id"])


# The figures.


def test_each_job_type_has_its_verdict_and_the_counts_of_the_range(state, week):
    rows = table(state, "+types")
    counts = pd.crosstab(week["job_type"], week["status"])
    assert {row["Job type"] for row in rows} == set(counts.index)
    for row in rows:
        count = counts.loc[row["Job type"]]
        assert row["Failed"] == f"{count['FAILED']:,} of {count.sum():,}"
        assert row["Rate"] == f"{count['FAILED'] / count.sum():.1%}"
    verdicts = [row["Verdict"] for row in rows]
    assert verdicts == sorted(verdicts, key=["worse", "better", "as usual", "not enough data"].index)
    worse = [row["Job type"] for row in rows if row["Verdict"] == "worse"]
    told = state.nodes()["+verdict"]
    assert told["tone"] == "bad"
    (node,) = [row["Node"] for row in table(state, "+nodes") if row["Verdict"] == "bad"]
    first = rows[0]["Rate"].replace("%", " %"), rows[0]["Usual"].partition(" (")[0].replace("%", " %")
    assert told["text"].startswith(
        f"Failures concentrate on {node}; {len(worse)} job types fail more than usual, {worse[0]} above all "
        f"({first[0]} instead of {first[1]}); "
    )


@pytest.mark.parametrize("name", ["", "tile-press"])
def test_the_trend_counts_the_days_and_marks_the_partial_ones(state, week, name):
    act(state, "edit", "+type", name)
    jobs = week if not name else week[week["job_type"] == name]
    counts = pd.crosstab(jobs["last_status_change"].dt.floor("D"), jobs["status"]).resample("D").sum()
    bars = state.nodes()["+trend"]["rows"]
    assert [(bar["failed"], bar["finished"]) for bar in bars] == list(
        zip(counts["FAILED"], counts.sum(axis=1), strict=True)
    )
    assert [bar["cells"][0] for bar in bars] == [
        f"{day:%Y-%m-%d}" + (" (partial)" if day in (BEGAN.floor("D"), END.floor("D")) else "") for day in counts.index
    ]
    assert [bar["partial"] for bar in bars] == [True, *[False] * 6, True]


def test_a_short_range_has_hours_and_a_long_one_weeks(sample):
    from jobtype_toolkit.boards.shift import _per

    day = pd.Timedelta("1D").to_pytimedelta()
    end = END.to_pydatetime()
    assert [_per(end - days * day, end) for days in (1, 2, 7, 90, 365)] == ["hour", "hour", "day", "day", "week"]


# Points.


def test_a_bar_leads_to_the_jobs_of_its_day_failed_ones_first(state, week):
    act(state, "type", "+types", "tile-press")
    assert state.selected == "tile-press"
    bar = state.nodes()["+trend"]["rows"][3]
    answer = act(state, "bucket", "+trend", bar["key"])
    day = BEGAN.floor("D") + pd.Timedelta("3D")
    expected = week[(week["job_type"] == "tile-press") & (week["last_status_change"].dt.floor("D") == day)]
    assert answer["focus"] == "+jobs"
    assert ids(state.selection) == set(expected["id"])
    assert list(state.selection["status"]) == sorted(state.selection["status"], key=["FAILED", "COMPLETED"].index)
    assert state.selection.attrs["count"] == len(expected) == bar["finished"]
    assert [row["Job"] for row in table(state, "+job-rows")] == [str(id) for id in state.selection["id"]]
    assert state.nodes()["+copy"]["argument"] == ", ".join(str(id) for id in state.selection["id"])
    assert state.nodes()["+trend"]["selected"] == bar["key"]


def test_the_first_and_the_last_bar_end_with_the_range(state, week):
    act(state, "type", "+types", "tile-press")
    of_type = week[week["job_type"] == "tile-press"]
    for bar, day in ((0, BEGAN.floor("D")), (-1, END.floor("D"))):
        act(state, "bucket", "+trend", state.nodes()["+trend"]["rows"][bar]["key"])
        assert ids(state.selection) == set(of_type[of_type["last_status_change"].dt.floor("D") == day]["id"])


def test_an_error_leads_to_its_failed_jobs(state, week):
    rows = state.nodes()["+onsets"]["rows"]
    for row in (rows[0], rows[-1]):
        act(state, "point", "+onsets", row["key"])
        error, name, *_, count = [cell["text"] if isinstance(cell, dict) else cell for cell in row["cells"]]
        expected = failed(week)[(failed(week)["job_type"] == name) & (failed(week)["error_name"] == error)]
        assert ids(state.selection) == set(expected["id"])
        assert count == f"{len(expected):,}"


def test_a_node_leads_to_its_failed_jobs(state, week):
    (row,) = [one for one in table(state, "+nodes") if one["Verdict"] == "bad"]
    act(state, "point", "+nodes", f"node/{row['Node']}")
    assert ids(state.selection) == set(failed(week)[failed(week)["node"] == row["Node"]]["id"])
    assert row["Node"] in state.nodes()["+verdict"]["text"]


def test_what_waits_leads_to_its_jobs(present, history):
    state = present
    (row,) = [one for one in state.nodes()["+waiting"]["rows"] if one["cells"][0].startswith("archive-audit 1.0.1")]
    act(state, "point", "+waiting", row["key"])
    waiting = history["status"].isin(["PENDING", "BLOCKED", "QUEUED"]) & (history["job_type"] == "archive-audit")
    assert ids(state.selection) == set(history[waiting & (history["job_type_version"] == "1.0.1")]["id"])
    assert row["cells"][1] == "paused"


def test_a_stuck_job_leads_to_itself(present, sample):
    state = present
    rows = state.nodes()["+stuck"]["rows"]
    assert [row["cells"][0] for row in rows] == [str(id) for id in sample.analyses.stuck()["id"]]
    act(state, "point", "+stuck", rows[0]["key"])
    assert ids(state.selection) == {int(rows[0]["cells"][0])}


# Filters.


def test_a_type_filters_errors_and_what_waits(state):
    act(state, "edit", "+type", "coast-outline")
    assert {row["Job type"] for row in table(state, "+onsets")} == {"coast-outline"}
    assert {row["Job type"].split()[0] for row in table(state, "+waiting")} == {"coast-outline"}
    assert len(table(state, "+types")) > 1  # the list to choose from stays whole
    act(state, "type", "+types", "coast-outline")
    assert state.selected is None  # chosen again is chosen no more


def test_a_category_counts_only_its_failures(small):
    state = review(small)
    for category in ("SYSTEM", "NONSENSE"):  # the latter is none, and changes nothing
        act(state, "edit", "+category", category)
    bars = state.nodes()["+trend"]["rows"]
    assert (sum(bar["failed"] for bar in bars), sum(bar["finished"] for bar in bars)) == (2, 4)
    assert state.nodes()["+category"]["value"] == "SYSTEM"
    act(state, "point", "+nodes", f"node/{HOSTILE}")
    assert ids(state.selection) == {0, 1}


def test_another_range_forgets_what_was_clicked(small):
    state = review(small)
    act(state, "bucket", "+trend", bad_day(state))
    assert len(state.nodes()["+trend"]["rows"]) == 8
    answer = act(state, "since", value="P1D")
    assert state.selection is None
    assert "+jobs" in answer["gone"]
    assert 24 <= len(state.nodes()["+trend"]["rows"]) <= 25  # a bar per hour
    with pytest.raises(jt.InvalidParameter):
        review(small, since="yesterday")


@pytest.mark.parametrize(
    ("do", "of", "value"), [("bucket", "+trend", "x"), ("point", "+nodes", None), ("nothing", "/", 1)]
)
def test_what_is_not_there_cannot_be_clicked(state, do, of, value):
    assert act(state, do, of, value)["nodes"] == {}


# Trouble.


class Stubborn:
    """A store whose questions fail when it is told to."""

    def __init__(self, store: jt.Store) -> None:
        self.store, self.error = store, None

    def __getattr__(self, name: str) -> Any:
        if self.error is not None:
            raise self.error
        return getattr(self.store, name)


def bad_day(state: ReviewState) -> str:
    return next(bar["key"] for bar in state.nodes()["+trend"]["rows"] if bar["failed"])


@pytest.fixture(scope="module")
def small(remembering: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A type with a hostile name, of which three of four jobs failed, one without an error. Nobody writes it."""
    head = "id,job_type,job_type_version,status,error_name,error_category,node,last_status_change\n"
    rows = [
        f"{n},{HOSTILE},1.0,{status},{error},{category},{HOSTILE},2026-02-2{7 + n // 3}T10:00:00Z"
        for n, (status, error, category) in enumerate(
            [("FAILED", HOSTILE, "SYSTEM"), ("FAILED", HOSTILE, "SYSTEM"), ("COMPLETED", "", ""), ("FAILED", "", "")]
        )
    ]
    path = tmp_path_factory.mktemp("small") / "jobs.csv"
    path.write_text(head + "\n".join(rows) + "\n", encoding="utf-8")
    store = jt.open(clock=lambda: NOW)
    store.load(path)
    return remembering(store)


def test_a_failed_refresh_keeps_the_picture_and_says_why(small, by_hand):
    stubborn = Stubborn(small)
    state = ReviewState(stubborn, start=by_hand)
    assert state.nodes()["+first"]["text"] == "Asking for the figures …"
    by_hand.run()
    before = state.nodes()["+types"]
    stubborn.error = jt.StoreError("The disk is gone.")
    act(state, "refresh")
    act(state, "bucket", "+trend", bad_day(state))
    by_hand.run()
    nodes = state.nodes()
    assert nodes["+types"] == before
    assert nodes["+trouble"]["text"].startswith("The refresh failed: The disk is gone. The figures are those")
    assert nodes["+jobs-trouble"]["text"] == "The jobs could not be read: The disk is gone."
    stubborn.error = None
    act(state, "refresh")
    by_hand.run()
    assert "+trouble" not in state.nodes()
    assert len(state.selection) == 3


def test_an_empty_store_has_a_review(store):
    state = review(store)
    nodes = state.nodes()
    assert nodes["+verdict"]["text"] == "No job finished in this shift."
    assert [nodes[key]["text"] for key in ("+types", "+trend", "+stuck", "+waiting")] == [
        "No job finished in this range.", "No job finished in this range.", "No job runs longer than it may.", "No job waits.",
    ]  # fmt: skip
    assert nodes["+age"]["value"] == "There are no jobs."


def test_a_hostile_name_is_text_and_a_failure_without_an_error_is_counted(small):
    state = review(small)
    act(state, "type", "+types", HOSTILE)
    rows = state.nodes()["+onsets"]["rows"]
    for row in rows:
        act(state, "point", "+onsets", row["key"])
        assert state.selection.attrs["count"] == int(row["cells"][-1])
    page = render("screen.html", nodes=state.nodes(), root=ROOT, label="FailureReview")
    assert HOSTILE not in page
    assert any(HOSTILE in line for line in texts(state.nodes(), [ROOT]))


# The export, and the widget.


def test_an_export_writes_the_range_that_is_seen(small, by_hand):
    written: list[Any] = []
    stubborn = SimpleNamespace(
        report=lambda path, **given: written.append((path, given)), analyses=small.analyses, sql=small.sql
    )
    state = ReviewState(stubborn, since="P1D", now="2026-03-01T12:00:00Z", start=by_hand)
    by_hand.run()
    act(state, "export")
    by_hand.run()
    assert written == [(REPORT, {"since": "P1D", "now": "2026-03-01T12:00:00Z", "source": "local"})]
    assert state.nodes()["+written"]["text"] == f"The report is in {REPORT.resolve()}."


def test_what_an_export_is_of_stands_beside_its_button_whatever_is_filtered(by_hand):
    state = ReviewState(SimpleNamespace(), start=by_hand)
    for act_of in (("edit", "+type", HOSTILE), ("edit", "+category", "SYSTEM"), ("since", "/", "P1D")):
        act(state, *act_of)
    nodes = state.nodes()
    assert nodes["+exporting"]["children"] == ["+export", "+exported"]
    assert nodes["+exported"]["text"] == "of all job types and categories, in the last day"


@pytest.mark.soak
def test_the_report_is_written_beside_the_notebook(small, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    act(review(small), "export")
    assert "<html" in (tmp_path / REPORT).read_text(encoding="utf-8")


def test_an_export_that_fails_says_why(small):
    state = review(small)
    state._store = SimpleNamespace(report=lambda *_, **__: (_ for _ in ()).throw(jt.StoreError("The disk is full.")))
    act(state, "export")
    assert state.nodes()["+written"]["text"] == "The report was not written: The disk is full."
    assert state.nodes()["+written"]["tone"] == "bad"


def test_the_widget_has_the_jobs_behind_a_point_as_a_trait(small):
    board = FailureReview(small)
    seen: list[Any] = []
    board.observe(lambda change: seen.append(change["new"]), "selection")
    act(board.state, "bucket", "+trend", bad_day(board.state))
    assert board.state.wait(30)
    assert seen[-1] is board.selection
    assert (board.selected, len(board.selection)) == (None, 3)
    assert "Failure review" not in board.static_html  # the board's own name is its label
    assert "3 of 4" in board.plain_text
    board.close()
