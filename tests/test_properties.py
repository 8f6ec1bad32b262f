"""Any small history, in any order, in any pieces, in any shape, gives the answers of a recount in plain Python."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import recount
from histories import (
    BAD_INPUT,
    CHIPS,
    CHIPS_OLD,
    ERRORS,
    GAUGE,
    JOB_TYPES,
    NO_CONVERGENCE,
    NODE_LOST,
    NOW,
    TIMEOUT,
    UNKNOWN,
    ago,
    job,
    wire,
)
from hypothesis import Phase, given
from hypothesis import strategies as st
from recount import of_status, of_system_failures, of_waiting
from shapes import FLAT_SHAPES, JSON_SHAPES
from sizes import examples

import jobtype_toolkit as jt
from jobtype_toolkit.api.resources import STATUSES

pytestmark = pytest.mark.slow

TYPES = {(one["name"], one["version"]): one for one in (CHIPS, CHIPS_OLD, GAUGE)}
ERRORS_OF = {
    "chip-maker": [None, UNKNOWN, NODE_LOST, TIMEOUT, BAD_INPUT],
    "Tide-Gauge": [None, UNKNOWN, NODE_LOST, TIMEOUT, NO_CONVERGENCE],
}
MOMENTS = [None, *(ago(minutes, micro) for minutes in (0, 30, 179, 180, 181, 5000) for micro in (0, 1))]
"""Few, so that they often meet the ends of a window."""

SLOW = examples(2, 300, phases=[phase for phase in Phase if phase is not Phase.explain])


@st.composite
def versions_of_jobs(draw) -> list[dict[str, Any]]:
    """Some states of a few jobs: several may be of one job, each with a last_modified of its own."""
    states = []
    for id in draw(st.lists(st.integers(1, 9), max_size=14)):
        key = draw(st.sampled_from(sorted(TYPES)))
        status = draw(st.sampled_from(STATUSES))
        states.append(
            {
                "id": id,
                "type": key,
                "status": status,
                "changed": draw(st.sampled_from(MOMENTS)),
                "queued": draw(st.sampled_from(MOMENTS)),
                "error": draw(st.sampled_from(ERRORS_OF[key[0]])) if status == "FAILED" else None,
                "modified": NOW - timedelta(seconds=len(states) * 7 + draw(st.integers(0, 6))),
            }
        )
    return draw(st.permutations(states))


def newest(states: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the jobs as they are in the end, as `recount` takes them."""
    last: dict[int, Mapping[str, Any]] = {}
    for one in states:
        if one["id"] not in last or one["modified"] > last[one["id"]]["modified"]:
            last[one["id"]] = one
    return [
        {
            **one,
            "error": one["error"] and one["error"]["name"],
            "category": one["error"] and one["error"]["category"],
        }
        for one in last.values()
    ]


def as_nested(one: Mapping[str, Any]) -> dict[str, Any]:
    times = {"created": ago(9000), "queued": one["queued"], "last_modified": one["modified"]}
    return job(one["id"], TYPES[one["type"]], one["status"], one["changed"], one["error"], **times)


def as_flat(one: Mapping[str, Any]) -> dict[str, Any]:
    row = {
        "id": one["id"],
        "job_type": one["type"][0],
        "job_type_version": one["type"][1],
        "status": one["status"],
        "last_status_change": one["changed"],
        "queued": one["queued"],
        "last_modified": one["modified"],
        "error_name": one["error"] and one["error"]["name"],
        "error_category": one["error"] and one["error"]["category"],
    }
    return wire(row)


def cut(draw, items: Sequence[Any]) -> list[Sequence[Any]]:
    """Cut a sequence into pieces, some perhaps empty."""
    places = sorted(draw(st.lists(st.integers(0, len(items)), max_size=3)))
    return [items[start:end] for start, end in zip([0, *places], [*places, len(items)], strict=True)]


def load(
    store: jt.Store, folder: Path, stem: str, shape: str, states: Sequence[Mapping[str, Any]], *, is_nested: bool
) -> jt.store.LoadReport:
    if is_nested:
        return store.load(JSON_SHAPES[shape](folder, stem, [as_nested(one) for one in states]))
    rows = [as_flat(one) for one in states] or []
    return store.load({**JSON_SHAPES, **FLAT_SHAPES}[shape](folder, stem, rows))


@cache
def _template() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="jobtype-toolkit-tests-"))
    atexit.register(shutil.rmtree, folder)
    with jt.open(folder / "template.duckdb", clock=lambda: NOW) as store:
        for name, records in {"job_types": JOB_TYPES, "errors": ERRORS}.items():
            store.load(JSON_SHAPES["page"](folder, name, records), name)
    return folder / "template.duckdb"


def prepared(folder: Path, name: str = "store") -> jt.Store:
    """A store that knows the job types and the errors."""
    return jt.open(shutil.copy(_template(), folder / f"{name}.duckdb"), clock=lambda: NOW, idle=0.5)


def answers_equal_the_recount(store: jt.Store, states: Sequence[Mapping[str, Any]], types: Sequence[Any]) -> None:
    jobs = newest(states)
    for started, ended in (
        (ago(180), None),
        (ago(180), ago(30)),
        (ago(30), ago(30)),
        (ago(10), ago(20)),
        (ago(9999), ago(0, 1)),
    ):
        assert of_status(store.status(started=started, ended=ended)) == recount.status(jobs, types, started, ended)
    assert of_waiting(store.pending(), "longest_pending") == recount.waiting(jobs, "PENDING")
    assert of_waiting(store.running(), "longest_running") == recount.waiting(jobs, "RUNNING")
    assert of_waiting(store.queue_status(), "longest_queued") == recount.waiting(jobs, "QUEUED", "queued")
    assert of_system_failures(store.system_failures()) == recount.system_failures(jobs)
    assert {int(id) for id in store.jobs()["id"]} == {one["id"] for one in jobs}
    found = store.check()
    assert found.is_sound, str(found)


ALL_TYPES = [(one["name"], one["version"]) for one in JOB_TYPES]


@SLOW
@given(versions_of_jobs(), st.data())
def test_any_history_in_any_pieces_and_shapes_gives_the_answers_of_a_recount(states, data):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        store = prepared(folder)
        for place, piece in enumerate(cut(data.draw, states)):
            is_nested = data.draw(st.booleans())
            # a table without a row has no columns either, so an empty piece is a JSON one
            shape = data.draw(
                st.sampled_from(sorted(JSON_SHAPES if is_nested or not piece else {**JSON_SHAPES, **FLAT_SHAPES}))
            )
            if not piece and "array" not in shape and "page" not in shape:
                continue
            report = load(store, folder, f"piece-{place}", shape, piece, is_nested=is_nested)
            assert report.rows == report.new + report.changed + report.unchanged + report.rejected == len(piece)
            assert report.rejected == 0
        answers_equal_the_recount(store, states, ALL_TYPES)


@SLOW
@given(versions_of_jobs().filter(bool), st.sampled_from(sorted({**JSON_SHAPES, **FLAT_SHAPES})))
def test_the_same_holds_where_job_types_and_errors_are_inferred(states, shape):
    with tempfile.TemporaryDirectory() as name:
        store = jt.open(clock=lambda: NOW)
        load(store, Path(name), "flat", shape, states, is_nested=False)
        spoken_of = {one["type"] for one in states}
        answers_equal_the_recount(store, states, sorted(spoken_of))


@SLOW
@given(versions_of_jobs().filter(bool), st.data())
def test_loading_again_changes_nothing_and_halves_equal_the_whole(states, data):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        whole, halves = prepared(folder), prepared(folder, "halves")
        first = load(whole, folder, "whole", "page", states, is_nested=True)
        again = load(whole, folder, "whole", "page", states, is_nested=True)
        assert first.new == len({one["id"] for one in states})
        assert (again.new, again.changed, again.unchanged, again.rejected) == (0, 0, len(states), 0)
        middle = data.draw(st.integers(0, len(states)))
        for stem, piece in (("second", states[middle:]), ("first", states[:middle])):
            load(halves, folder, stem, "page", piece, is_nested=True)
        pd.testing.assert_frame_equal(whole.jobs(), halves.jobs())
        pd.testing.assert_frame_equal(whole.status(started="P90D"), halves.status(started="P90D"))
        pd.testing.assert_frame_equal(whole.system_failures(), halves.system_failures())


BAD = st.sampled_from(
    [
        {"id": None},
        {"id": "x"},
        {"status": None},
        {"created": "no time"},
        {"last_modified": "2026-02-31T00:00:00Z"},
        {"num_exes": "three"},
        {"is_superseded": "perhaps"},
    ]
)


@SLOW
@given(versions_of_jobs().filter(bool), st.data())
def test_bad_rows_are_counted_and_the_good_ones_answer_as_if_they_were_alone(states, data):
    bad = data.draw(st.sets(st.integers(0, len(states) - 1)))
    is_nested = data.draw(st.booleans())
    shape = data.draw(st.sampled_from(["page", "array", "ndjson"] + ([] if is_nested else ["csv"])))
    form = as_nested if is_nested else as_flat
    rows = [form(one) | (data.draw(BAD) if place in bad else {}) for place, one in enumerate(states)]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        store = prepared(folder)
        report = store.load({**JSON_SHAPES, **FLAT_SHAPES}[shape](folder, "rows", rows))
        assert (report.rows, report.rejected) == (len(states), len(bad))
        assert report.rows == report.new + report.changed + report.unchanged + report.rejected
        assert sorted(store.rejects()["position"]) == [place + 1 for place in sorted(bad)]
        answers_equal_the_recount(store, [one for place, one in enumerate(states) if place not in bad], ALL_TYPES)


@SLOW
@given(versions_of_jobs().filter(bool))
def test_an_export_answers_like_its_store(states):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        store = prepared(folder)
        load(store, folder, "whole", "page", states, is_nested=True)
        store.export(folder / "out")
        copy = jt.open(clock=lambda: NOW)
        for resource in ("job_types", "errors", "jobs"):
            copy.load(folder / "out", resource)
        pd.testing.assert_frame_equal(copy.jobs(), store.jobs())
        answers_equal_the_recount(copy, states, ALL_TYPES)
