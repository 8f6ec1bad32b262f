"""Everything that can go wrong in the middle of a pull, and what one more pull makes of it (`pull_faults.py` does it at length)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pandas as pd
import pull_faults
import pytest
from histories import CHIPS, CHIPS_OLD, NOW, ago, base, job
from simulated import Simulated, here, scale_of, there
from sizes import and_in_soak, sizes

import jobtype_toolkit as jt

pytest.importorskip("starlette")
pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Size:
    """How large a history is, and how often a client is killed."""

    jobs: int
    types: int | None
    kills: int


SIZES = [
    pytest.param(Size(120, 3, 1), id="small"),
    pytest.param(Size(1500, None, 3), id="full", marks=pytest.mark.soak),
]


@pytest.fixture(scope="module", params=SIZES)
def size(request: pytest.FixtureRequest) -> Size:
    return request.param


@pytest.fixture(scope="module")
def home(size: Size, tmp_path_factory: pytest.TempPathFactory) -> Iterator[pull_faults.Home]:
    made = pull_faults.make_home(tmp_path_factory.mktemp("faults"), size.jobs, types=size.types)
    yield made
    made.store.close()


@pytest.mark.parametrize(
    "fault",
    [pytest.param(one, marks=[pytest.mark.soak] * (one in pull_faults.PASSING)) for one in pull_faults.ALL],
    ids=lambda fault: fault.__name__,
)
def test_after_a_fault_one_more_pull_ends_with_exactly_the_rows_of_the_server(home, size, fault):
    outcome = fault(home, size.kills) if fault is pull_faults.killed_client else fault(home)
    assert outcome.wrong == []


def test_the_comparison_of_the_script_finds_a_job_that_differs(home, tmp_path):
    with home.serving() as server, home.mine() as mine:
        home.pull(mine, server, snapshot=False)
        assert pull_faults.differences(home.store, mine, home.resources) == []
        changed = job(
            int(mine.sql("SELECT min(id) AS id FROM job")["id"][0]), CHIPS_OLD, "CANCELED", NOW + timedelta(days=900)
        )
        (tmp_path / "one.json").write_text(json.dumps([changed]))
        mine.load(tmp_path / "one.json", "jobs", source=pull_faults.SOURCE)
        assert pull_faults.differences(home.store, mine, home.resources) != []


def test_stretches_that_a_cache_answered_with_nothing_are_found_by_their_count_and_read_again(server, store, pull):
    real = server.answer
    forgotten = {"ended"}

    def cached(path: str, params: object = ()) -> object:
        asked = dict(params)
        if path == "jobs/" and forgotten and asked.get("page_size") == "10" and "ended" in asked:
            forgotten.pop()
            return {"count": 0, "next": None, "previous": None, "results": []}
        return real(path, params)

    server.answer = cached
    report = pull()
    assert here(store) == there(server.jobs.values())
    assert any("left out by earlier answers" in one for one in report.notes)


def test_a_count_that_is_too_large_for_ever_costs_one_stretch_and_is_told(server, store, pull):
    real = server.answer

    def lying(path: str, params: object = ()) -> object:
        found = real(path, params)
        return {**found, "count": found["count"] + 7} if path == "jobs/" else found

    server.answer = lying
    report = pull()
    assert here(store) == there(server.jobs.values())
    assert any("counts 7 more jobs" in one for one in report.notes)
    server.asked.clear()
    pull()
    assert len([path for path, _ in server.asked if path == "jobs/"]) < 30


@sizes(17_000_000, 70_000_000)
def test_a_line_of_many_megabytes_breaks_nothing_and_what_becomes_of_it_is_told(size):
    """The title of a job type; a job has it inside. DuckDB's own limit for an object is 16 MiB."""
    server = Simulated(NOW)
    huge = {**CHIPS_OLD, "title": "x" * size}
    server.job_types = {2: huge}
    server.add("COMPLETED", ago(1))
    server.jobs[9] = {**job(9, CHIPS_OLD, "FAILED", ago(9)), "job_type": base(huge)}

    with jt.open(clock=lambda: NOW) as store:
        for _ in range(2):
            report = store.pull(scale_of(server), source="it", snapshot=False, progress=False)
            assert report.is_complete
            assert here(store) == there(server.jobs.values())
        assert store.check().is_sound
        assert len(str(report)) < 5000
        assert len(repr(store)) < 5000
        assert [len(one) for one in store.job_types()["title"]] == [size]


HOSTILE = [
    "<script>alert(1)</script>",
    "\x1b[31mred\x1b[0m",
    "nul \x00 in the middle",
    "lone surrogate \ud800",
    "'); DROP TABLE job_final; --",
    "\u202eright to left",
    "x" * 100_000,
]


@pytest.mark.usefixtures("empty")
@pytest.mark.parametrize(
    "texts", and_in_soak([HOSTILE], [*([one] for one in HOSTILE), ["x" * 1_000_000]]), ids=range(2 + len(HOSTILE))
)
def test_hostile_text_neither_breaks_a_pull_nor_the_next_one(server, store, pull, texts):
    for number, text in enumerate(texts, 70):
        more = {"node": text, "input_files": {text: [text]}, "surprise": text}
        server.jobs[number] = job(number, CHIPS_OLD, "COMPLETED", ago(5), **more)
        server.job_types[number] = {**CHIPS, "id": number, "name": f"a{number}", "title": text, "description": text}
    server.jobs[90] = {**job(90, CHIPS_OLD, "RUNNING", ago(4)), "__proto__": {"polluted": True}}
    first = pull()
    second = pull()
    assert first.is_complete
    assert second.is_complete
    assert here(store) == there(server.jobs.values())
    assert store.check().is_sound


@pytest.mark.parametrize("id", [-5, 2**63 - 1])
def test_ids_at_the_edge_of_what_is_possible_are_kept(server, store, pull, id):
    server.add("COMPLETED", NOW, id=id)
    pull()
    assert here(store) == there(server.jobs.values())


def test_an_id_that_no_store_holds_is_rejected_and_told(server, store, pull):
    server.add("COMPLETED", NOW, id=2**70)
    report = pull()
    assert report.rejected >= 1
    assert here(store) == there([one for id, one in server.jobs.items() if id < 2**63])
    assert pull().is_complete


# Rows that are none.

ODD = (..., None, True, -1, 2**63, "", "\ud800", [], {"id": {"id": 1}})
VIEW = {"job_type": base(CHIPS_OLD), "count": 1, "longest_pending": "2026-01-01T00:00:00Z"}
SNAPSHOT = {"snapshot": True}
LISTS = {
    "jobs/58/executions/": ({"executions": 1}, None),
    "workspaces/": ({}, None),
    "nodes/": ({}, {"id": 1, "hostname": "a"}),
    "batches/": ({}, {"id": 1, "title": "a"}),
    "job-types/status/": (SNAPSHOT, None),
    "job-types/pending/": (SNAPSHOT, VIEW),
}
"""The lists that a pull reads besides jobs: when it does, and a row where the server has none."""
FIRST = ("job-types/", "job-types/chip-maker/1.9.0/revisions/", "errors/")
"""Those that an empty store lacks."""


def put(row: dict[str, Any], name: str, value: Any) -> dict[str, Any]:
    return {key: one for key, one in row.items() if key != name} | ({} if value is ... else {name: value})


def odd(server: Simulated, path: str, row: Any = None) -> None:
    """Let a list have rows in which every field in turn is missing, or something that it cannot be."""
    real = server.answer

    def answer(asked: str, params: Any = ()) -> Any:
        found = real(asked, params)
        if asked == path:
            rows = found["results"] or [row]
            more = [put(rows[0], name, value) for name in rows[0] for value in ODD]
            found |= {"results": [*rows, {}, *more], "count": found["count"] + 1 + len(more)}
        return found

    server.answer = answer


@pytest.mark.parametrize("path", LISTS)
def test_no_row_of_another_list_keeps_a_job_from_being_pulled(server, store, pull, path):
    given, row = LISTS[path]
    odd(server, path, row)
    report = pull(reconcile=True, **given)
    assert path in {asked for asked, _ in server.asked}
    assert report.is_complete
    assert here(store) == there(server.jobs.values())
    assert report.rejected or report.notes or path in ("workspaces/", "nodes/", "batches/")
    assert store.check().is_sound


@pytest.mark.usefixtures("empty")
@pytest.mark.parametrize("path", FIRST)
def test_no_row_of_a_list_that_comes_before_the_jobs_keeps_one_from_being_pulled(server, store, pull, path):
    odd(server, path)
    report = pull(reconcile=True)
    assert report.is_complete
    assert here(store) == there(server.jobs.values())
    assert report.rejected or report.notes
    assert store.check().is_sound


BODIES = (None, 5, '"x"', [], {}, {"id": [1]}, {"id": 99, "manifest": {}})


@pytest.mark.parametrize("path", ["job-types/a{}/1.9.0/", "job-types/a{}/1.9.0/revisions/1/"])
def test_details_that_are_something_else_are_noted_and_asked_for_again(server, store, pull, path):
    """A job type for each malformed body."""
    for number in range(len(BODIES)):
        server.job_types[70 + number] = {**CHIPS_OLD, "id": 70 + number, "name": f"a{number}"}
    bodies = {path.format(number): body for number, body in enumerate(BODIES)}
    real = server.answer
    server.answer = lambda asked, params=(): bodies[asked] if asked in bodies else real(asked, params)
    report = pull()
    for one in bodies:
        assert any(f"{one} is answered with something else" in note for note in report.notes), one
    assert here(store) == there(server.jobs.values())
    server.answer = real
    pull()
    for number in range(len(BODIES)):
        assert store.job_type(f"a{number}", "1.9.0").manifest["seedVersion"] == "1.0.0"
        assert store.revision(f"a{number}", "1.9.0", 1).manifest["revision"] == 1


# Exactness.


@pytest.mark.parametrize(("jobs", "types"), [pytest.param(400, 5), pytest.param(20_000, None, marks=pytest.mark.soak)])
def test_a_pull_reproduces_a_generated_history_row_for_row(tmp_path, jobs, types):
    """Job types, revisions, errors, jobs, and all executions where they are asked for."""
    home = pull_faults.make_home(tmp_path, jobs, types=types)
    with home.serving() as server, home.mine() as mine:
        report = home.pull(mine, server, page_size=min(jobs // 4, 1000), executions=100_000)
        assert report.is_complete
        assert report.disagreements == ()
        asked = home.store.sql(
            "SELECT count(*) AS n FROM job WHERE (status = 'FAILED' OR num_exes > 1) AND coalesce(num_exes, 1) > 0"
        )
        assert report.requests > int(asked["n"][0])
        assert pull_faults.differences(home.store, mine, (*home.resources, "job_executions")) == []
        pd.testing.assert_frame_equal(mine.status(now=home.store.as_of), home.store.status(now=home.store.as_of))
        for name in ("pending", "running", "system_failures"):
            pd.testing.assert_frame_equal(getattr(mine, name)(), getattr(home.store, name)())
    home.store.close()


def test_several_workers_bring_the_same_as_one(home):
    with home.serving() as server:
        for workers in (1, 4):
            with home.mine() as mine:
                home.pull(mine, server, workers=workers, overlap=timedelta(minutes=1), snapshot=False)
                assert pull_faults.differences(home.store, mine, home.resources) == []
