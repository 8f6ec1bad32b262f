"""What a pull brings, what it asks for, what it reports, and what it leaves behind in the store."""

from __future__ import annotations

import json
import re
import shutil
import sys
from collections.abc import Container
from datetime import datetime, timedelta
from pathlib import Path
from types import ModuleType

import pandas as pd
import pytest
from histories import CHIPS, CHIPS_BEFORE, CHIPS_OLD, GAUGE, NOW, ago, error, job, page, text
from simulated import Simulated, here, scale_of, there
from sizes import and_in_soak
from tqdm import tqdm

import jobtype_toolkit as jt
from jobtype_toolkit.errors import InvalidParameter, ServerFailed
from jobtype_toolkit.sync import jobs

pytestmark = pytest.mark.slow


def asked(server: Simulated, start: str) -> list[str]:
    return [path for path, _ in server.asked if path.startswith(start)]


def job_pages(server: Simulated) -> list[dict[str, str]]:
    """The questions for jobs that are no look at the newest or the oldest one."""
    return [dict(query) for path, query in server.asked if path == "jobs/" and ("page_size", "1") not in query]


def leave(server: Simulated, ids: Container[int]) -> None:
    """Leave only some of the jobs on a server."""
    for id in [id for id in server.jobs if id not in ids]:
        server.purge(id)


# Rows.


@pytest.mark.usefixtures("empty")
def test_a_first_pull_brings_every_job_and_a_second_one_nothing_new(server, store, pull):
    first = pull()
    assert here(store) == there(server.jobs.values())
    second = pull()
    assert (second.new, second.changed, second.rejected) == (0, 0, 0)
    assert here(store) == there(server.jobs.values())
    assert first.is_complete
    assert first.complete_from is None
    assert store.check().is_sound


@pytest.mark.few
@pytest.mark.parametrize("workers", [1, 2, 5])
@pytest.mark.parametrize("page_size", and_in_soak([3, 7, 60, 61, 1000], [1, 2]))
def test_no_row_is_missing_whatever_the_pages_and_the_workers(server, store, pull, workers, page_size):
    report = pull(workers=workers, page_size=page_size)
    assert here(store) == there(server.jobs.values())
    assert report.notes == ()  # nothing had to be read again


@pytest.mark.parametrize(
    ("crowd", "slice"), [(20, 8), *(pytest.param(one, 32, marks=pytest.mark.soak) for one in (80, 400))]
)
def test_a_stretch_that_holds_far_more_jobs_than_the_others_is_shared_and_nothing_of_it_is_lost(
    server, store, pull, monkeypatch, crowd, slice
):
    monkeypatch.setattr(jobs, "SLICE", slice)
    shared = []
    give_back = jobs.Ranges.give_back
    monkeypatch.setattr(jobs.Ranges, "give_back", lambda *given: (shared.append(given[1]), give_back(*given)))
    for number in range(crowd):
        server.add("COMPLETED", ago(300) + timedelta(seconds=number))
    report = pull(page_size=1, workers=3)
    assert shared
    assert here(store) == there(server.jobs.values())
    assert report.notes == ()


@pytest.mark.few
@pytest.mark.parametrize("size", [1, 3, 10])
@pytest.mark.parametrize("place", ["newest", "oldest", "middle"])
def test_more_jobs_than_a_page_holds_can_share_one_stamp(server, store, pull, size, place):
    """Also the last one, for which a page would have to end at the instant at which it begins."""
    leave(server, range(26, 36))
    stamp = {"newest": NOW, "oldest": ago(5000), "middle": ago(295)}[place]
    for _ in range(23):
        server.add("COMPLETED", stamp)
    pull(page_size=size)
    assert here(store) == there(server.jobs.values())


def test_jobs_of_one_instant_that_change_while_they_are_walked_hide_no_other(server, store, pull):
    leave(server, range(51, 61))
    for _ in range(23):
        server.add("COMPLETED", NOW - timedelta(minutes=5))
    tied = [id for id, row in server.jobs.items() if row["last_modified"] == server.jobs[61]["last_modified"]][:6]

    def move() -> None:
        if tied and len(job_pages(server)) > 4:
            server.now += timedelta(seconds=1)
            server.change(tied.pop(0), "FAILED")

    server.before_count = move
    pull(page_size=4, workers=1)
    server.before_count = lambda: None
    assert not [one for one in there(server.jobs.values()) if one not in here(store)]


def test_a_job_from_the_future_does_not_stop_what_comes_after(server, store, pull):
    """A host whose clock was wrong for a moment."""
    server.add("COMPLETED", datetime(2099, 1, 1, tzinfo=NOW.tzinfo))
    pull()
    server.now += timedelta(hours=2)
    server.change(5, "RUNNING")
    pull()
    assert here(store) == there(server.jobs.values())


def test_the_last_instant_there_is_can_be_a_stamp(server, store, pull):
    server.add("COMPLETED", datetime.max.replace(tzinfo=NOW.tzinfo))
    pull()
    pull()
    assert here(store) == there(server.jobs.values())


def test_a_next_that_is_missing_at_the_end_of_a_full_page_loses_nothing(server, store, pull):
    """Rows are counted before they are read: what becomes visible in between is not in `next`."""
    server.before_rows = lambda: [server.add("COMPLETED", ago(30)) for _ in range(3) if len(server.jobs) < 75]
    pull(page_size=5)
    server.before_rows = lambda: None
    pull(page_size=5)
    assert here(store) == there(server.jobs.values())


@pytest.mark.usefixtures("pulled")
def test_a_job_that_becomes_visible_late_is_found_within_the_overlap(server, store, pull):
    """A server stamps `last_modified` before it commits."""
    late = server.add("COMPLETED", ago(15))  # 14 minutes before the newest
    pull()
    assert late in [row[0] for row in here(store)]


@pytest.mark.usefixtures("pulled")
def test_a_job_that_became_visible_later_than_the_overlap_is_found_by_the_count(server, store, pull):
    server.add("COMPLETED", ago(200))
    report = pull()
    assert here(store) == there(server.jobs.values())
    assert any("1 job had been left out" in one for one in report.notes)


@pytest.mark.usefixtures("pulled")
def test_a_stamp_that_goes_back_within_the_overlap_is_followed(server, store, pull):
    """A completion stamps now, then the earlier time at which its output began to be copied (point 3)."""
    server.change(60, "COMPLETED", ago(3))
    pull()
    assert here(store) == there(server.jobs.values())


@pytest.mark.usefixtures("empty")
def test_an_empty_server_gives_an_empty_store_and_later_its_jobs(store, pull, server):
    rows = dict(server.jobs)
    server.jobs.clear()
    report = pull()
    assert report.is_complete
    assert here(store) == []
    server.jobs.update(rows)
    pull()
    assert here(store) == there(rows.values())


# What is asked for.


def test_the_newest_jobs_are_asked_for_first(server, pull):
    pull(workers=1)
    ends = [one["ended"] for one in job_pages(server) if "ended" in one]
    assert ends == sorted(ends, reverse=True)
    assert len(set(ends)) > 1 or len(ends) < 8


@pytest.mark.usefixtures("pulled")
def test_a_second_pull_asks_only_for_what_is_new_and_the_overlap(server, pull):
    pull(page_size=5, overlap="PT5M")
    assert len(job_pages(server)) <= 2
    assert all(one["started"] >= "2026-03-01T11:54" for one in job_pages(server))


@pytest.mark.usefixtures("empty")
def test_job_types_are_asked_for_their_details_only_where_they_moved(server, pull):
    pull()
    assert len(asked(server, "job-types/chip-maker/1.10.0/")) == 1 + 1 + 3  # details, revisions, three manifests
    server.asked.clear()
    pull()
    assert asked(server, "job-types/chip-maker/") == []
    server.asked.clear()
    server.job_types[3] = CHIPS | {"revision_num": 4, "last_modified": "2026-02-01T00:00:00Z"}
    pull()
    assert asked(server, "job-types/chip-maker/1.9.0/") == []
    assert asked(server, "job-types/chip-maker/1.10.0/") == [
        "job-types/chip-maker/1.10.0/",
        "job-types/chip-maker/1.10.0/revisions/",
        "job-types/chip-maker/1.10.0/revisions/4/",
    ]


@pytest.mark.usefixtures("empty")
def test_each_revision_has_the_manifest_of_the_revision_service(server, store, pull):
    """A server normalises the manifest in the details, and stores that of a revision as it came."""
    pull()
    numbers = store.revisions("chip-maker", "1.10.0")["revision_num"]
    manifests = {number: store.revision("chip-maker", "1.10.0", int(number)).manifest for number in numbers}
    assert {number: one["revision"] for number, one in manifests.items()} == {1: 1, 2: 2, 3: 3}
    assert "revision" not in store.job_type("chip-maker", "1.10.0").manifest


@pytest.mark.usefixtures("pulled")
def test_a_reconciling_pull_reads_the_revisions_again(server, store, pull):
    with store._writing("test") as con:
        con.execute("UPDATE job_type_revision SET manifest = '{}'")
    pull(reconcile=True)
    assert store.revision("chip-maker", "1.10.0", 3).manifest["revision"] == 3


@pytest.mark.usefixtures("empty")
def test_details_that_could_not_be_read_are_asked_for_again(server, store, pull):
    def fail(path: str) -> None:
        if path == "job-types/chip-maker/1.10.0/":
            raise ServerFailed("HTML 500", status=500)

    server.trouble = fail
    report = pull()
    (note,) = [one for one in report.notes if one.startswith("The details of chip-maker 1.10.0 could not be read: ")]
    assert "HTML 500" in note
    assert here(store) == there(server.jobs.values())
    server.trouble = lambda path: None
    pull()
    assert store.job_type("chip-maker", "1.10.0").manifest["seedVersion"] == "1.0.0"


@pytest.mark.usefixtures("empty")
def test_a_version_that_no_server_tells_of_is_kept_as_the_list_has_it(server, store, pull):
    server.job_types[4] = CHIPS_BEFORE
    report = pull()
    assert any("chip-maker 1.10.0-rc.1" in one and "D14" in one for one in report.notes)
    assert asked(server, "job-types/chip-maker/1.10.0-rc.1") == []
    assert "1.10.0-rc.1" in set(store.job_types()["version"])


@pytest.mark.usefixtures("empty")
def test_jobs_bring_along_the_job_types_and_errors_that_lists_no_longer_have(server, store, pull):
    gone = error(77, "gone", "DATA", "Tide-Gauge")
    server.jobs[500] = job(500, GAUGE, "FAILED", ago(3), gone)
    pull()
    assert "Tide-Gauge" in set(store.job_types(is_active=None)["name"])
    assert "gone" in set(store.errors()["name"])
    assert store.check().is_sound


# Limits and resuming.


def test_a_budget_of_pages_is_kept_exactly_and_the_next_pull_goes_on(server, store, pull):
    total = 0
    for _ in range(20):
        server.asked.clear()
        report = pull(pages=2, page_size=15)
        assert len(job_pages(server)) <= 2
        total += len(job_pages(server))
        if report.is_complete:
            break
        assert "The 2 pages that were allowed are used up." in report.notes
        assert "NOT complete" in str(report)
    assert report.is_complete
    assert here(store) == there(server.jobs.values())
    assert total <= 20


def test_since_brings_only_what_was_modified_since_and_a_later_pull_the_rest(server, store, pull):
    report = pull(since=ago(65))
    assert here(store) == there(one for one in server.jobs.values() if one["last_modified"] >= "2026-03-01T10:55")
    assert report.complete_from == ago(65)
    pull()
    assert here(store) == there(server.jobs.values())


@pytest.mark.usefixtures("pulled")
def test_a_since_after_the_watermark_leaves_a_gap_that_is_told_and_filled_later(server, store, pull):
    server.now += timedelta(hours=5)
    old = server.add("COMPLETED", server.now - timedelta(hours=3))
    server.add("COMPLETED", server.now - timedelta(minutes=1))
    pull(since=server.now - timedelta(hours=1))
    assert old not in [row[0] for row in here(store)]
    assert any("complete only" in one for one in store.status("PT4H").attrs["notes"])
    assert not any(
        "complete only" in one for one in store.jobs(started=server.now - timedelta(minutes=30)).attrs["notes"]
    )
    pull()
    assert here(store) == there(server.jobs.values())


def test_a_pull_that_stops_keeps_what_it_has_and_says_so(server, store, pull):
    def fail(path: str) -> None:
        if len(job_pages(server)) >= 3:
            raise BrokenPipeError

    server.trouble = fail
    with pytest.raises(jt.PullStopped, match=r"no complete answer \(BrokenPipeError\..*pull again") as caught:
        pull()
    server.trouble = lambda path: None
    report = caught.value.report
    assert not report.is_complete
    assert 0 < len(here(store)) < 60
    assert len(here(store)) == len(store.jobs())
    assert report.rows == report.new + report.changed + report.unchanged + report.rejected
    assert pull().is_complete
    assert here(store) == there(server.jobs.values())


def begun(files: dict[str, Path], path: Path) -> jt.Store:
    """A store in a file that has job types, revisions and errors, and no job."""
    return jt.open(shutil.copy(files["types"], path), clock=lambda: NOW)


@pytest.mark.usefixtures("empty")
def test_pages_that_another_process_left_are_taken_first(server, tmp_path, monkeypatch, pull, files):
    store = begun(files, tmp_path / "ops.duckdb")

    class Killed(BaseException):
        pass

    def die(fetch: object, held: object) -> None:
        raise Killed

    monkeypatch.setattr(jobs, "take", die)
    with pytest.raises(Killed):
        pull(store=store, pages=4)
    monkeypatch.undo()
    left = list((tmp_path / "ops.duckdb.pull").rglob("*.json"))
    assert left
    assert len(here(store)) == 0
    server.asked.clear()
    pull(store=store)
    assert here(store) == there(server.jobs.values())
    assert not (tmp_path / "ops.duckdb.pull").exists()


@pytest.mark.usefixtures("empty")
def test_a_folder_with_a_pattern_in_its_name_is_no_pattern(server, tmp_path, pull, files):
    folder = tmp_path / "a[1]*"
    folder.mkdir()
    server.add("COMPLETED", NOW, surprise={"of": "a newer release"})  # not read the quick way
    store = begun(files, folder / "ops.duckdb")
    pull(store=store)
    assert here(store) == there(server.jobs.values())


@pytest.mark.usefixtures("empty")
@pytest.mark.parametrize(
    "wrong",
    [
        {"workers": 0},
        {"workers": 17},
        {"workers": True},
        {"executions": -1},
        {"page_size": 0},
        {"page_size": 1001},
        {"pages": 0},
        {"overlap": "15 minutes"},
        {"overlap": timedelta(minutes=-1)},
        {"since": "yesterday"},
        {"since": "2026-01-01T00:00:00"},
        {"source": "*"},
        {"source": ""},
    ],
)
def test_a_value_that_makes_no_sense_is_refused_before_anything_is_asked(server, pull, wrong):
    with pytest.raises(InvalidParameter):
        pull(**wrong)
    assert server.asked == []


# Reports, notes, snapshots.


@pytest.mark.usefixtures("empty")
def test_a_report_adds_up_and_is_also_plain_values(server, store, pull):
    import json

    server.jobs[900] = {**job(900, CHIPS_OLD, "COMPLETED", ago(2)), "status": None}  # v6 never does this
    report = pull()
    told = report.as_dict()
    assert json.loads(json.dumps(told)) == told
    assert told["rows"] == told["new"] + told["changed"] + told["unchanged"] + told["rejected"]
    assert told["rejected"] >= 1
    assert told["requests"] == len(server.asked)
    assert f"{told['rows']:,} rows pulled into 'it'" in str(report)
    assert "store.rejects() shows the rejected rows." in str(report)
    found = store.sql("SELECT rows, new, changed, unchanged, rejected FROM load WHERE resource = 'pull'").to_dict(
        "records"
    )
    assert found == [{name: told[name] for name in ("rows", "new", "changed", "unchanged", "rejected")}]
    assert set(store.rejects()["reason"]) == {"no status"}


@pytest.mark.usefixtures("pulled")
def test_a_report_tells_where_store_and_server_disagree(server, pull):
    server.views["job-types/status/"] = []
    report = pull(snapshot=True)
    running = [one for one in report.disagreements if one.status == "RUNNING"]
    assert [(one.name, one.version, one.here, one.there) for one in running] == [("chip-maker", "1.9.0", 1, 0)]
    assert "Store and server disagree: chip-maker 1.9.0 RUNNING: 1 here, 0 on the server." in str(report)


@pytest.mark.usefixtures("pulled")
def test_a_store_that_agrees_with_its_server_has_nothing_to_tell(pull):
    assert pull(snapshot=True).disagreements == ()
    assert pull(snapshot=True).notes == ()


@pytest.mark.few
@pytest.mark.parametrize(
    "path", ["job-types/", "errors/", "workspaces/", "job-types/pending/", "queue/status/", "job-types/status/"]
)
@pytest.mark.parametrize("trouble", [ServerFailed("HTML 500", status=500), jt.AuthenticationFailed("403: not for you")])
def test_a_side_read_that_fails_is_noted_and_stops_nothing(server, store, pull, path, trouble):
    def fail(asked: str) -> None:
        if asked == path:
            raise trouble

    server.trouble = fail
    report = pull(snapshot=True)
    assert report.is_complete
    assert any(str(trouble) in one for one in report.notes)
    assert here(store) == there(server.jobs.values())


@pytest.mark.usefixtures("pulled")
def test_a_live_view_of_another_shape_is_noted_and_stops_nothing(server, store, pull):
    server.add("COMPLETED")
    server.views["job-types/pending/"] = [{"surprise": 1}]
    report = pull(snapshot=True)
    assert any("live view pending" in one for one in report.notes)
    assert here(store) == there(server.jobs.values())


@pytest.mark.usefixtures("empty")
def test_who_is_not_let_in_is_told_so(server, store, pull):
    def refuse(path: str) -> None:
        if path != "version/":
            raise jt.AuthenticationFailed("403: Invalid token.")

    server.trouble = refuse
    with pytest.raises(jt.AuthenticationFailed, match="Invalid token"):
        pull()


@pytest.mark.usefixtures("pulled")
def test_each_pull_keeps_what_the_live_views_said(server, store, pull):
    server.views["queue/status/"] = [
        {"job_type": {"id": 2, "name": "chip-maker", "version": "1.9.0"}, "count": 7, "longest_queued": "2026-03-01T11:00:00Z",
         "highest_priority": 3}
    ]  # fmt: skip
    pull(snapshot=True)
    server.now += timedelta(hours=1)
    server.views["queue/status/"][0]["count"] = 9
    pull(snapshot=True)
    found = store.snapshots()
    queued = found[found["view"] == "queue_status"]
    assert list(queued["count"]) == [7, 9]
    assert list(queued["highest_priority"]) == [3, 3]
    assert queued["oldest"].iloc[0] == pd.Timestamp("2026-03-01T11:00:00Z")
    early = store.snapshots(at=NOW + timedelta(minutes=59))
    assert list(early[early["view"] == "queue_status"]["count"]) == [7]
    assert store.snapshots(at=NOW - timedelta(days=1)).empty
    assert "status" in set(found["view"])


def test_attrs_and_repr_tell_which_part_of_the_history_is_complete(server, store, pull):
    pull(since=ago(120))
    frame = store.status("PT6H")
    assert any("complete only from 2026-03-01T10:00:00" in one for one in frame.attrs["notes"])
    assert frame.attrs["coverage"][-1][0] == "2026-03-01T10:00:00Z"
    assert "complete only from 2026-03-01T10:00:00Z" in repr(store)
    assert "complete only from 2026-03-01T10:00:00Z" in store._repr_html_()
    assert store.jobs(started=ago(60)).attrs["notes"] == []
    pull()
    assert store.status("PT6H").attrs["notes"] == []
    assert ", complete" in repr(store)
    assert "complete only" not in repr(store)


@pytest.mark.usefixtures("empty")
def test_a_loaded_history_says_nothing_of_completeness(store, write):
    store.load(write("jobs.json", page([job(1, CHIPS_OLD, "RUNNING", ago(1))])), "jobs")
    assert "coverage" not in store.status().attrs
    assert "complete" not in repr(store)


@pytest.mark.usefixtures("pulled")
def test_a_bar_is_shown_only_where_it_is_wanted(pull, capsys, monkeypatch):
    from jobtype_toolkit.sync import progress

    monkeypatch.setitem(sys.modules, "ipykernel", ModuleType("ipykernel"))  # as in a notebook, where somebody sees it
    made = []
    real = progress.tqdm
    monkeypatch.setattr(progress, "tqdm", lambda **given: made.append(given) or real(**given))
    pull(progress=False)
    assert [one["disable"] for one in made] == [True]
    pull(progress=True)
    assert made[-1]["disable"] is False
    assert made[-1]["unit"] == "job"
    assert capsys.readouterr().out == ""


# Executions.


@pytest.mark.usefixtures("pulled")
def test_executions_are_spent_on_the_newest_failures_and_not_asked_for_twice(server, store, pull):
    failed = sorted((id for id, one in server.jobs.items() if one["status"] == "FAILED"), reverse=True)
    report = pull(executions=3)
    assert asked(server, "jobs/")[-3:] == [f"jobs/{id}/executions/" for id in failed[:3]]
    assert report.executions == 3
    server.asked.clear()
    pull(executions=2)
    executions = [one for one in asked(server, "jobs/") if "executions" in one]
    assert executions == [f"jobs/{id}/executions/" for id in failed[3:5]]
    server.asked.clear()
    server.now += timedelta(minutes=1)
    server.change(failed[0], "FAILED")
    pull(executions=1)
    executions = [one for one in asked(server, "jobs/") if "executions" in one]
    assert executions == [f"jobs/{failed[0]}/executions/"]


@pytest.mark.usefixtures("pulled")
def test_no_executions_are_asked_for_where_none_are_wanted(server, pull):
    assert not [one for one in asked(server, "jobs/") if "executions" in one]


@pytest.mark.usefixtures("pulled")
def test_executions_that_cannot_be_read_are_noted_once_and_asked_for_again(server, store, pull):
    def fail(path: str) -> None:
        if "executions" in path:
            raise ServerFailed("HTML 500", status=500)

    server.trouble = fail
    report = pull(executions=5)
    (note,) = [one for one in report.notes if "executions" in one]
    assert note.startswith("The executions of 5 jobs could not be read. The first time: GET http://simulated.example/")
    assert "HTML 500" in note
    server.trouble = lambda path: None
    assert pull(executions=5).executions == 5


# Purged jobs.


@pytest.mark.usefixtures("pulled")
def test_reconcile_takes_out_the_open_jobs_that_were_purged_and_keeps_those_that_are_over(server, store, pull):
    server.purge(60)  # RUNNING
    server.purge(59)  # COMPLETED
    report = pull(reconcile=True)
    assert report.purged == 1
    assert "1 open job is gone from the server" in str(report)
    assert 60 not in [row[0] for row in here(store)]
    assert 59 in [row[0] for row in here(store)]
    assert store.check().is_sound


@pytest.mark.usefixtures("pulled")
def test_without_reconcile_nothing_is_taken_out(server, store, pull):
    server.purge(60)
    assert pull().purged == 0
    assert 60 in [row[0] for row in here(store)]


def test_reconcile_brings_open_jobs_that_changed_without_a_newer_stamp(server, store, pull):
    server.add("RUNNING", ago(3000))
    pull()
    server.change(61, "COMPLETED", ago(2999))
    pull(reconcile=True)
    assert here(store) == there(server.jobs.values())


@pytest.mark.parametrize("answer", ["everything", "nothing"])
def test_a_server_that_does_not_answer_the_question_purges_nothing(server, store, pull, answer):
    for _ in range(5):
        server.add("RUNNING", ago(3000))
    pull()
    before = here(store)
    real = server.answer

    def ignoring(path: str, params: object = ()) -> object:
        query = [(name, value) for name, value in params if name != "job_id"]
        if answer == "nothing" and len(query) < len(params):
            return {"count": 0, "next": None, "previous": None, "results": []}
        return real(path, query)

    server.answer = ignoring
    report = pull(reconcile=True)
    assert report.purged == 0
    assert any("does not filter jobs by their ids" in one for one in report.notes)
    assert here(store) == before


# Several clusters, and other ways to change the store.


@pytest.mark.usefixtures("pulled")
def test_several_clusters_with_the_same_ids_live_in_one_store(server, store, pull):
    other = Simulated(NOW)
    for number in range(30):
        other.add("CANCELED", ago(number))
    pull(scale=scale_of(other), source="there")
    assert here(store, "it") == there(server.jobs.values())
    assert here(store, "there") == there(other.jobs.values())
    other.change(3, "RUNNING")
    pull(scale=scale_of(other), source="there")
    assert here(store, "it") == there(server.jobs.values())
    assert here(store, "there") == there(other.jobs.values())
    assert store.check().is_sound


@pytest.mark.usefixtures("empty")
def test_a_server_is_called_by_its_url_where_nothing_else_is_said(server, store):
    report = store.pull(scale_of(server), progress=False, snapshot=False)
    assert report.source == "http://simulated.example/api"
    assert set(store.sql("SELECT DISTINCT source FROM job")["source"]) == {report.source}


@pytest.mark.usefixtures("pulled")
def test_forgetting_a_pull_lets_the_next_one_bring_everything_again(server, store, pull):
    store.forget(1)
    assert here(store) == []
    assert pull().is_complete
    assert here(store) == there(server.jobs.values())


@pytest.mark.usefixtures("pulled")
def test_forgetting_a_file_that_had_replaced_pulled_jobs_lets_them_be_pulled_again(server, store, pull, write):
    newer = job(3, CHIPS_OLD, "CANCELED", NOW)
    loaded = store.load(write("jobs.json", page([newer])), "jobs", source="it")
    store.forget(loaded.load_id)
    pull()
    assert here(store) == there(server.jobs.values())


@pytest.mark.usefixtures("pulled")
def test_what_was_pruned_does_not_come_back(server, store, pull):
    assert store.prune(before=ago(300), source="it") > 0
    kept = here(store)
    assert pull().is_complete
    assert here(store) == kept
    assert any("complete only" in one for one in store.status("P30D").attrs["notes"])
    assert not store.status("PT4H").attrs["notes"] or "RUNNING" in store.status("PT4H").attrs["notes"][0]


def test_a_pruned_job_that_was_touched_after_it_was_over_does_not_come_back_either(server, store, pull):
    server.jobs[500] = job(500, CHIPS_OLD, "COMPLETED", ago(3000), last_modified=ago(5), is_superseded=True)
    pull()
    store.prune(before=ago(300), source="it")
    kept = here(store)
    assert 500 not in [row[0] for row in kept]
    report = pull()
    assert here(store) == kept
    assert report.rows == report.new + report.changed + report.unchanged + report.rejected


def test_a_published_copy_and_an_export_hold_what_was_pulled(server, store, pull, tmp_path):
    pull(since=ago(300))
    with jt.open(store.publish(tmp_path / "copy.duckdb"), read_only=True, clock=lambda: NOW) as copy:
        assert here(copy) == here(store)
        assert copy.status("PT9H").attrs["notes"] == store.status("PT9H").attrs["notes"]
        with pytest.raises(jt.StoreReadOnly):
            pull(store=copy)
    store.export(tmp_path / "out")
    with jt.open() as again:
        for resource in ("job_types", "job_type_revisions", "errors", "jobs"):
            again.load(tmp_path / "out", resource)
        assert here(again) == here(store)


def test_a_store_that_may_not_be_written_is_not_pulled_into(server, tmp_path, pull):
    jt.open(tmp_path / "ops.duckdb", create=True).close()
    with jt.open(tmp_path / "ops.duckdb", read_only=True) as store, pytest.raises(jt.StoreReadOnly):
        pull(store=store)
    assert not (tmp_path / "ops.duckdb.pull").exists()


@pytest.mark.usefixtures("pulled")
def test_a_source_belongs_to_the_server_that_it_was_pulled_from(server, store, pull):
    """Ids mean nothing across servers: rows of two must not mix."""
    before = here(store)
    elsewhere = scale_of(server)
    elsewhere.http.base = "https://other.example/api"
    with pytest.raises(jt.InvalidParameter, match=r"moved=True"):
        store.pull(elsewhere, source="it", progress=False)
    assert here(store) == before
    assert store.pull(elsewhere, source="it", moved=True, snapshot=False, progress=False).is_complete


@pytest.mark.usefixtures("pulled")
def test_a_server_that_was_pulled_under_a_name_keeps_it(server, store, pull):
    assert store.pull(scale_of(server), snapshot=False, progress=False).source == "it"
    assert store.sources == ["it"]


@pytest.mark.usefixtures("pulled")
def test_what_is_loaded_into_a_pulled_source_makes_it_no_fresher(server, store, pull, write):
    before = store.sql("SELECT observed FROM source")["observed"][0]
    row = {"id": 900_001, "job_type_id": 3, "status": "COMPLETED", "last_status_change": text(ago(9000))}
    assert store.load(write("more.json", [row]), source="it").new == 1
    assert store.sql("SELECT observed FROM source")["observed"][0] == before


def test_only_a_server_can_be_pulled_from(store):
    with pytest.raises(jt.InvalidParameter, match=r"jt\.connect"):
        store.pull("https://scale.example/api")


def test_with_few_pages_the_newest_jobs_come_first(server, store, pull):
    pull(pages=3, page_size=10, workers=1)
    ids = store.sql("SELECT id FROM job ORDER BY id DESC LIMIT 10")["id"].tolist()
    assert ids == list(range(60, 50, -1))


def test_jobs_of_one_stamp_are_read_once_if_nothing_moves(server, store, pull):
    for _ in range(95):
        server.add("COMPLETED", ago(295))
    report = pull(page_size=10)
    assert report.jobs <= len(server.jobs) + 20
    assert here(store) == there(server.jobs.values())


def fails_on(server: Simulated, ids: set[int]) -> None:
    """Let the server fail on each page with one of these jobs."""
    real = server.answer

    def answer(path: str, params: object = ()) -> object:
        found = real(path, params)
        if path == "jobs/" and ids & {one["id"] for one in found["results"]}:
            msg = "GET jobs/ failed with 500 on the server."
            raise ServerFailed(msg, status=500)
        return found

    server.answer = answer


@pytest.mark.parametrize(
    "ids",
    and_in_soak(
        [{20, 22, 40, 59, 60}, {1, *range(15, 45)}],
        [{1}, {60}, {59, 60}, {30}, {20, 21, 22, 40}, set(range(15, 45))],
    ),
)
def test_jobs_that_the_server_fails_on_are_left_out_and_named_and_all_others_come(server, store, pull, ids):
    answer = server.answer
    fails_on(server, ids)
    report = pull()
    assert here(store) == there([row for id, row in server.jobs.items() if id not in ids])
    told = " ".join(report.notes)
    assert "were left out because the server fails on them" in told
    assert "failed with 500" in told
    server.answer = answer  # the manifest was mended
    pull()
    assert here(store) == there(server.jobs.values())


def test_where_jobs_are_left_out_is_told_by_their_neighbours(server, pull):
    fails_on(server, {30})
    assert any("1 after job 29 of " in one and " and before job 31 of " in one for one in pull().notes)


def test_a_server_that_fails_on_every_job_stops_a_pull(server, pull):
    fails_on(server, set(range(100)))
    with pytest.raises(jt.PullStopped, match="failed with 500"):
        pull()


def test_a_status_that_v6_does_not_know_is_told(server, pull):
    server.add("WEIRD", ago(300))  # of the stretch that is read twice, for the server counts one job more than it gives
    server.add("WEIRD")
    server.jobs[2**70] = {**server.jobs[5], "id": 2**70}
    assert any("2 jobs have the status 'WEIRD', which v6 does not know" in one for one in pull().notes)


@pytest.mark.parametrize("since", ["PT10M", "PT35M", "P1D"])
def test_what_since_leaves_out_is_no_disagreement(server, store, pull, since):
    server.add("RUNNING", ago(3000))
    assert pull(since=since, snapshot=True).disagreements == ()


def test_a_disagreement_within_what_since_covers_is_told(server, pull):
    server.views["job-types/status/"] = []
    assert {one.status for one in pull(since="PT1H", snapshot=True).disagreements} == {"COMPLETED", "FAILED"}


def test_a_history_that_was_loaded_and_declared_complete_is_not_pulled_again(server, store, pull, tmp_path):
    old = [row for id, row in server.jobs.items() if id <= 40]
    (tmp_path / "old.json").write_text(json.dumps(page(old)), encoding="utf-8")
    store.load(tmp_path / "old.json", source="it")
    border = server.jobs[41]["last_modified"]
    store.cover(None, border, source="it")
    report = pull(overlap="PT15M")
    assert report.jobs <= 20 + 4
    assert report.complete_from is None
    assert here(store) == there(server.jobs.values())
    assert min(one["started"] for one in job_pages(server)) >= text(ago(10 * 20 + 15))


@pytest.mark.usefixtures("pulled")
def test_what_is_declared_complete_is_one_stretch_of_the_past_of_one_source(server, store, pull):
    for since, until, source in [("P1D", "P2D", "it"), (None, "2099-01-01T00:00:00Z", "it"), (None, "P1D", "*")]:
        with pytest.raises(InvalidParameter, match=r"cover\("):
            store.cover(since, until, source=source)
    with pytest.raises(jt.NotFound):
        store.cover(None, "P1D", source="else")


def test_names_that_a_server_changes_without_touching_the_jobs_are_refreshed_by_reconcile(server, store, pull):
    for number in range(3):
        status = ("FAILED", "COMPLETED", "RUNNING")[number]
        server.add(status, ago(20 + number), node="old", node_id=7, batch_title="old", batch_id=5)
    pull()
    server.named = {"nodes": [{"id": 7, "hostname": "new"}], "batches": [{"id": 5, "title": "new"}]}
    pull()
    query = "SELECT DISTINCT node, batch_title FROM job WHERE node_id = 7"
    assert store.sql(query).to_numpy().tolist() == [["old", "old"]]
    pull(reconcile=True)
    assert store.sql(query).to_numpy().tolist() == [["new", "new"]]
    assert store.check().is_sound


def test_a_pull_that_is_stopped_by_hand_says_what_was_kept(server, store, pull):
    real, left = server.answer, [8]

    def answer(path: str, params: object = ()) -> object:
        left[0] -= path == "jobs/"
        if not left[0]:
            raise KeyboardInterrupt
        return real(path, params)

    server.answer = answer
    with pytest.raises(KeyboardInterrupt) as stopped:
        pull(workers=1)
    (told,) = stopped.value.__notes__
    assert re.fullmatch(r"Stopped\. [\d,]+ rows are in the store, [\d,]+ of them jobs.*; pull again to go on\.", told)
    server.answer = real
    pull()
    assert here(store) == there(server.jobs.values())


@pytest.mark.usefixtures("pulled")
def test_no_bar_goes_into_a_log(server, pull, capsys, monkeypatch):
    at_once = {"delay": 0, "mininterval": 0, "miniters": 1}
    monkeypatch.setattr("jobtype_toolkit.sync.progress.tqdm", lambda **given: tqdm(**(given | at_once)))
    monkeypatch.delitem(sys.modules, "ipykernel", raising=False)  # the sign of a notebook; nbval has imported it
    pull(progress=True)
    assert capsys.readouterr().err == ""
