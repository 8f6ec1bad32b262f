"""The status board: its figures are those of the history, and nothing that a target does takes them away."""

from __future__ import annotations

import itertools
import subprocess
import sys
import threading
from typing import Any

import pandas as pd
import pytest
from asking import filled
from histories import NOW, ago

import jobtype_toolkit as jt
from jobtype_toolkit import testing
from jobtype_toolkit.boards.status import StatusState

DAY = pd.Timedelta("1D")

NUMBERS = itertools.count(1)


def act(state: StatusState, do: str, of: str = "/", value: Any = None) -> dict[str, Any]:
    return state.receive({"do": do, "of": of, "value": value, "view": "test", "n": next(NUMBERS)})


def at_once(work: Any) -> None:
    work()


def board(target: Any, **given: Any) -> StatusState:
    return StatusState(target, start=at_once, **given)


def tiles(state: StatusState) -> dict[str, int]:
    return {one["label"]: int(one["value"].replace(",", "")) for one in state.nodes()["+tiles"]["tiles"]}


def texts(row: dict[str, Any]) -> list[str]:
    return [cell["text"] if isinstance(cell, dict) else cell for cell in row["cells"]]


def table(state: StatusState, key: str) -> list[dict[str, str]]:
    node = state.nodes()[key]
    labels = [column["label"] for column in node["columns"]]
    return [dict(zip(labels, texts(row), strict=True)) for row in node["rows"]]


def typed(jobs: pd.DataFrame) -> pd.Series:
    return jobs["job_type"] + " " + jobs["job_type_version"]


# The figures.


def test_the_tiles_count_the_jobs(sample, history):
    now = history["last_status_change"].max()
    failed = history[(history["status"] == "FAILED")]
    recent = failed[failed["last_status_change"] >= now - DAY]
    state = board(sample)
    assert tiles(state) == {
        "Running": (history["status"] == "RUNNING").sum(),
        "Queued": (history["status"] == "QUEUED").sum(),
        "Pending": (history["status"] == "PENDING").sum(),
        "Failed": len(recent),
        "System failures": (failed["error_category"] == "SYSTEM").sum(),
    }
    parts = {name: count for name, count, _ in state.nodes()["+tiles"]["tiles"][3]["parts"]}
    counts = recent["error_category"].value_counts()
    assert parts == {name.capitalize(): counts.get(name, 0) for name in ("SYSTEM", "ALGORITHM", "DATA")}
    assert sum(parts.values()) > 0


@pytest.mark.parametrize(("since", "span"), [("PT3H", pd.Timedelta("3h")), ("P7D", 7 * DAY), ("all", 10_000 * DAY)])
def test_each_row_counts_the_jobs_of_its_type_in_the_range(sample, history, since, span):
    now = history["last_status_change"].max()
    is_counted = (history["last_status_change"] >= now - span) | (history["status"] == "RUNNING")
    counted = history[is_counted]
    by = pd.crosstab(typed(counted), counted["status"])
    rows = table(board(sample, since=since), "+types")
    assert len(rows) == 25
    for row in rows:
        expected = by.loc[row["Job type"]] if row["Job type"] in by.index else {}
        for status in ("RUNNING", "QUEUED", "PENDING", "BLOCKED", "COMPLETED", "CANCELED", "FAILED"):
            assert row[status.capitalize()] == f"{expected.get(status, 0):,}", (row["Job type"], status)
        finished = expected.get("FAILED", 0) + expected.get("COMPLETED", 0)
        assert row["Share failed"] == (f"{expected.get('FAILED', 0) / finished:.1%}" if finished else "")
    assert [int(row["Failed"].replace(",", "")) for row in rows] == sorted(
        (int(row["Failed"].replace(",", "")) for row in rows), reverse=True
    )


def test_each_type_has_its_failures_of_the_last_two_weeks(sample, history):
    now = history["last_status_change"].max()
    days = [f"{now.floor('D') - back * DAY:%Y-%m-%d}" for back in range(13, -1, -1)]
    failed = history[history["status"] == "FAILED"]
    counts = pd.crosstab(typed(failed), failed["last_status_change"].dt.strftime("%Y-%m-%d")).reindex(columns=days)
    state = board(sample)
    at = [column["label"] for column in state.nodes()["+types"]["columns"]].index("14 days")
    for row in state.nodes()["+types"]["rows"]:
        cell = row["cells"][at]
        expected = counts.loc[row["cells"][0]["text"]].fillna(0) if row["cells"][0]["text"] in counts.index else [0]
        assert (cell["spark"] if isinstance(cell, dict) else [0]) == list(expected) or sum(expected) == 0
        assert (cell["text"] if isinstance(cell, dict) else cell) == f"{int(sum(expected)):,}"


def test_the_smaller_tables_are_the_answers_of_v6_in_their_order(sample):
    state = board(sample)
    for key, frame in (
        ("+running", sample.running()),
        ("+queue", sample.queue_status()),
        ("+pending", sample.pending()),
    ):
        rows = table(state, key)
        assert [row["Job type"] for row in rows] == list(frame["name"] + " " + frame["version"])
        assert [row["Jobs"] for row in rows] == [f"{count:,}" for count in frame["count"]]
    failures = sample.system_failures()
    by = failures.groupby(failures["name"] + " " + failures["version"])
    rows = table(state, "+failures")
    assert {row["Job type"]: int(row["Jobs"]) for row in rows} == dict(by["count"].sum())
    assert [row["Job type"] for row in rows] == list(by["last_error"].max().sort_values(ascending=False).index)


def test_an_age_counts_back_from_the_present_of_the_answer(sample, history):
    longest = history[history["status"] == "RUNNING"]["started"].min()
    days = (history["last_status_change"].max() - longest) / DAY
    assert table(board(sample), "+running")[0]["Longest"] == f"{days:.0f} d"


def test_another_range_is_asked_for_when_it_is_chosen(sample):
    state = board(sample)
    before = tiles(state)
    act(state, "since", "+since/P30D", "P30D")
    assert tiles(state)["Failed"] == sample.status(started="P30D").query("status == 'FAILED'")["count"].sum()
    assert tiles(state)["Failed"] > before["Failed"]
    nodes = state.nodes()
    assert [key for key, node in nodes.items() if key.startswith("+since/") and node["state"] == "on"] == [
        "+since/P30D"
    ]
    assert "in the last 30 days" in nodes["+status"]["help"]


@pytest.mark.slow
def test_a_live_server_gives_the_same_board_as_its_store(tmp_path):
    store = filled(tmp_path, source="local")
    with testing.serve(store, clock=lambda: NOW) as server, jt.connect(server.url, clock=lambda: NOW) as scale:
        here, there = board(store), board(scale)
        assert (here.trouble, there.trouble) == ("", "")
        assert tiles(there) == tiles(here)
        for key in ("+types", "+running", "+queue", "+pending", "+failures"):
            with_sql = [{label: text for label, text in row.items() if label != "14 days"} for row in table(here, key)]
            assert table(there, key) == with_sql
        assert there.nodes()["+age"]["value"] == "Answered by the server: 2026-03-01 12:00:00 UTC."
        key = here.nodes()["+types"]["rows"][0]["key"]
        for state in (here, there):
            act(state, "pick", "+types", key)
        assert list(there.selection["id"]) == list(here.selection["id"]) != []


# What it shows of odd histories.


def test_an_empty_store_has_a_board(store):
    state = board(store)
    assert state.trouble == ""
    assert set(tiles(state).values()) == {0}
    assert state.nodes()["+types"]["text"] == "No job types are known."
    assert state.nodes()["+age"]["value"] == "There are no jobs."


def test_of_a_thousand_types_the_worst_200_are_shown(store, write):
    head = "id,job_type,job_type_version,status,last_status_change\n"
    rows = [
        f"{n},type-{n:04},1.0,{'FAILED' if n % 4 == 0 else 'COMPLETED'},2026-03-01T10:00:00Z\n" for n in range(1, 1001)
    ]
    store.load(write("jobs.csv", head + "".join(rows)))
    state = board(store)
    node = state.nodes()["+types"]
    assert len(node["rows"]) == 200
    assert node["help"].startswith("200 of 1,000 job types, the most failures first.")
    assert {row["Failed"] for row in table(state, "+types")} == {"1"}
    act(state, "edit", "+filter", "TYPE-0999")
    assert [row["Job type"] for row in table(state, "+types")] == ["type-0999 1.0"]
    act(state, "edit", "+filter", "nothing like it")
    assert (table(state, "+types"), state.nodes()["+types"]["text"]) == ([], "No job types match the filter.")
    assert tiles(state)["Failed"] == 250  # the tiles are of all types


def test_a_hostile_name_is_text(store, write):
    name = "<img src=x onerror=alert(1)>"
    head = "id,job_type,job_type_version,status,last_status_change\n"
    store.load(write("jobs.csv", head + f"1,{name},1.0,RUNNING,2026-03-01T10:00:00Z\n"))
    shown = jt.boards.StatusBoard(store)
    assert table(shown.state, "+running")[0]["Job type"] == f"{name} 1.0"
    assert "<img" not in shown.static_html
    assert "&lt;img" in shown.static_html
    shown.close()


def test_two_sources_with_one_id_are_two_types(store, write):
    head = "id,job_type_id,job_type,job_type_version,status,last_status_change\n"
    for source, count in (("east", 1), ("west", 2)):
        rows = "".join(f"{n},7,fit,1.0,FAILED,2026-03-01T10:00:00Z\n" for n in range(count))
        store.load(write(f"{source}.csv", head + rows), source=source)
    assert "several sources" in board(store).trouble
    store.source = "*"
    state = board(store)
    rows = state.nodes()["+types"]["rows"]
    assert [row["key"] for row in rows] == ["west/7", "east/7"]
    act(state, "pick", "+types", "east/7")
    assert (state.selection.attrs["source"], len(state.selection)) == ("east", 1)


# Clicking a type.


def test_a_type_that_is_clicked_shows_its_failed_jobs_of_the_range(sample, history):
    state = board(sample)
    first = state.nodes()["+types"]["rows"][0]
    answer = act(state, "pick", "+types", first["key"])
    assert answer["focus"] == "+jobs"
    now = history["last_status_change"].max()
    name, version = state.selected
    wanted = history[
        (history["job_type"] == name) & (history["job_type_version"] == version) & (history["status"] == "FAILED")
        & (history["last_modified"] >= now - DAY)
    ]  # fmt: skip
    assert sorted(state.selection["id"]) == sorted(wanted["id"])
    assert list(state.selection.columns) == list(history.columns)
    errors = wanted["error_name"].value_counts()
    assert {row["Error"]: int(row["Jobs"]) for row in table(state, "+errors")} == dict(errors)
    assert [row["Job"] for row in table(state, "+job-rows")] == [str(id) for id in state.selection["id"]]
    assert state.nodes()["+types"]["selected"] == first["key"]


@pytest.mark.parametrize(
    ("key", "filters"),
    [
        ("+running", {"status": "RUNNING"}),
        ("+queue", {"status": "QUEUED"}),
        ("+pending", {"status": "PENDING"}),
        ("+failures", {"status": "FAILED", "error_category": "SYSTEM"}),
    ],
)
def test_a_table_leads_to_the_jobs_that_it_counts(sample, key, filters):
    state = board(sample)
    row = state.nodes()[key]["rows"][0]
    act(state, "pick", key, row["key"])
    expected = sample.jobs(job_type_id=int(row["key"]), **filters)
    assert set(state.selection["id"]) == set(expected["id"])
    assert len(expected) == int(texts(row)[1])


def test_at_most_a_hundred_jobs_are_shown_the_last_modified_first(sample, history):
    state = board(sample, since="all")
    act(state, "pick", "+types", state.nodes()["+types"]["rows"][0]["key"])
    name, version = state.selected
    wanted = history[
        (history["job_type"] == name) & (history["job_type_version"] == version) & (history["status"] == "FAILED")
    ]
    newest = wanted.sort_values("last_modified", ascending=False).head(100)
    assert set(state.selection["id"]) == set(newest["id"])
    assert state.nodes()["+job-rows"]["help"].startswith(f"100 of {len(wanted):,} jobs, the last modified first")


def test_another_view_and_closing(sample):
    state = board(sample)
    act(state, "pick", "+types", state.nodes()["+types"]["rows"][0]["key"])
    act(state, "view", "+view/changed", "changed")
    assert {"COMPLETED", "FAILED"} <= set(state.selection["status"])
    answer = act(state, "close", "/")
    assert answer["focus"] == "+types"
    assert (state.selected, state.selection) == (None, None)
    assert "+jobs" in answer["gone"]


def test_jobs_that_cannot_be_read_are_said_and_the_figures_stay(sample, moody, by_hand):
    state = StatusState(moody, start=by_hand)
    by_hand.run()
    moody.jobs = lambda **_: (_ for _ in ()).throw(jt.ServerFailed("The server failed.", status=500))
    act(state, "pick", "+types", state.nodes()["+types"]["rows"][0]["key"])
    assert state.nodes()["+jobs-busy"]["text"] == "Asking for the jobs …"
    by_hand.run()
    assert state.nodes()["+jobs-trouble"]["text"] == "The jobs could not be read: The server failed."
    assert tiles(state)["Running"] > 0


# Refreshing.


def test_no_act_waits_for_the_target(moody):
    moody.gate.clear()
    state = StatusState(moody)
    assert moody.entered.wait(30)
    for do, value in (("hello", None), ("tick", None), ("refresh", None), ("since", "P7D"), ("pause", None)):
        act(state, do, value=value)  # would hang here
    assert state.nodes()["+first"]["text"] == "Asking for the figures …"
    assert moody.asked == 1
    moody.gate.set()
    assert state.wait(30)
    assert moody.most_inside == 1
    assert state.picture.since == "P7D"
    state.close()


def test_a_failed_refresh_keeps_the_figures_and_says_why_until_one_works(moody, by_hand):
    state = StatusState(moody, start=by_hand)
    by_hand.run()
    before = tiles(state)
    for error, told in (
        (jt.ConnectionFailed("Nobody answers."), "Nobody answers."),
        (ValueError("odd"), "ValueError: odd"),
    ):
        moody.error = error
        act(state, "refresh")
        by_hand.run()
        assert tiles(state) == before
        text = state.nodes()["+trouble"]["text"]
        assert text == f"The refresh failed: {told} The figures are those of the last refresh that worked."
    moody.error = None
    act(state, "refresh")
    by_hand.run()
    assert "+trouble" not in state.nodes()


def test_a_board_whose_first_refresh_fails_says_so_and_tries_again(moody, by_hand):
    moody.error = jt.ConnectionFailed("Nobody answers.")
    state = StatusState(moody, start=by_hand)
    by_hand.run()
    assert state.nodes()["+trouble"]["text"] == "The refresh failed: Nobody answers."
    assert "+tiles" not in state.nodes()
    moody.error = None
    act(state, "refresh")
    by_hand.run()
    assert "+tiles" in state.nodes()


def test_a_hanging_refresh_is_told_after_the_limit_and_keeps_the_figures(moody, by_hand, ticking):
    state = StatusState(moody, every=5, limit=60, start=by_hand, clock=ticking)
    by_hand.run()
    act(state, "tick")
    ticking.now += 60
    assert "+hanging" not in state.nodes()
    ticking.now += 15
    act(state, "tick")
    nodes = state.nodes()
    assert nodes["+hanging"]["text"].startswith("No answer for 75 s. The board goes on waiting.")
    assert nodes["+age"]["at"] == 75.0
    assert "+tiles" in nodes
    assert len(by_hand.work) == 1
    by_hand.run()
    assert "+hanging" not in state.nodes()


def test_a_tick_asks_only_if_the_board_refreshes_by_itself(moody, by_hand):
    state = StatusState(moody, start=by_hand)
    assert state.nodes()["/"]["every"] == 2  # looks after what is under way
    by_hand.run()
    assert state.nodes()["/"]["every"] == 0
    act(state, "tick")
    assert by_hand.work == []
    act(state, "edit", "+every", "15")
    assert state.nodes()["/"]["every"] == 15
    act(state, "tick")
    by_hand.run()
    assert moody.asked == 2
    act(state, "pause")
    assert state.nodes()["/"]["every"] == 0
    act(state, "tick")
    assert by_hand.work == []
    act(state, "pause")
    act(state, "tick")
    assert len(by_hand.work) == 1


def test_the_age_is_counted_from_the_answer(sample, by_hand, ticking):
    state = StatusState(sample, start=by_hand, clock=ticking)
    by_hand.run()
    ticking.now += 3
    node = state.nodes()["+age"]
    assert (node["at"], node["text"]) == (3.0, "Newest change of a job: 2026-10-28 14:59:39 UTC. Read {age} ago.")


def test_an_answer_after_closing_is_dropped(moody, by_hand):
    state = StatusState(moody, start=by_hand)
    heard: list[str] = []
    state.watch(lambda: heard.append("told"))
    state.close()
    by_hand.run()
    state.refresh()
    assert (by_hand.work, state.picture, heard) == ([], None, [])


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"since": "soon"}, "since='soon' is not a time"),
        ({"every": 7}, "every=7 is not an interval"),
        ({"every": True}, "every=True"),
    ],
)
def test_what_is_no_range_or_interval_is_refused(sample, given, told):
    with pytest.raises(jt.InvalidParameter, match=told):
        StatusState(sample, **given)
    state = board(sample)
    answer = act(state, "since", value="soon") if "since" in given else act(state, "edit", "+every", "7")
    assert "is not" in answer["say"]
    assert state.nodes()["/"]["every"] == 0


# The widget.


def ours() -> list[threading.Thread]:
    return [one for one in threading.enumerate() if one.name == "jobtype_toolkit-board"]


def test_no_thread_is_left_by_boards_whether_closed_or_not(sample):
    boards = [jt.boards.StatusBoard(sample) for _ in range(3)]  # a cell that is run three times
    for one in boards:
        assert one.state.wait(30)
        one.refresh()
    for one in boards:
        one.close()
        assert one.state.wait(30)
    for thread in ours():
        thread.join(30)
    assert ours() == []


def test_a_refresh_sends_the_pages_only_what_changed(sample):
    shown = jt.boards.StatusBoard(sample)
    assert shown.state.wait(30)
    sent: list[dict[str, Any]] = []
    shown._on_page_message(shown, {"do": "hello", "view": "a"}, None)
    shown.send = sent.append
    shown.refresh()
    assert shown.state.wait(30)
    assert {key for message in sent for key in message["nodes"]} <= {"+age", "/"}
    left = {key: node for message in sent for key, node in message["nodes"].items()}
    assert "Refreshing" not in left["+age"]["text"]  # the last message speaks of the board at rest
    assert left.get("/", {"every": 0})["every"] == 0
    shown.close()


def test_the_selection_can_be_observed(sample):
    shown = jt.boards.StatusBoard(sample)
    assert shown.state.wait(30)
    seen: list[Any] = []
    shown.observe(lambda change: seen.append(change["new"]), "selection")
    assert shown.selection is None
    key = shown.state.nodes()["+running"]["rows"][0]["key"]
    shown._on_page_message(shown, {"do": "pick", "of": "+running", "value": key}, None)
    assert shown.state.wait(30)
    assert shown.selected == shown.state.selected
    assert shown.selection is shown.state.selection is seen[-1]
    assert set(shown.selection["status"]) == {"RUNNING"}
    shown.close()


def test_the_static_copy_and_the_text_have_the_figures(sample):
    shown = jt.boards.StatusBoard(sample)
    assert shown.state.wait(30)
    running = int(sample.running()["count"].sum())
    assert f"Running: {running} (longest: 5 d)" in shown.plain_text
    assert f"Running: <strong>{running}</strong>" in shown.static_html
    assert "Refresh" not in shown.static_html
    shown.close()


@pytest.mark.slow
def test_importing_skins_loads_no_library_for_data():
    skins = "jobtype_toolkit.boards.widget, jobtype_toolkit.forms.job_type_browser"
    program = f"import sys, {skins}; sys.exit(' '.join({{'pandas', 'duckdb', 'requests'}} & {{*sys.modules}}) or 0)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_incomplete_history_is_said(store, write):
    head = "id,job_type,job_type_version,status,last_status_change\n"
    rows = f"1,fit,1.0,COMPLETED,{ago(5):%Y-%m-%dT%H:%M:%SZ}\n2,fit,1.0,COMPLETED,\n3,fit,1.0,PENDING,\n"
    store.load(write("jobs.csv", head + rows))
    notes = store.status(started="P1D").attrs["notes"]
    assert len(notes) == 2
    told = board(store).nodes()["+notes"]["text"]
    assert (
        told == f"Note: {'; '.join(notes)}."
    )  # what several answers tell, such as of PENDING jobs (D29), is told once
