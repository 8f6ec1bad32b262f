"""What a server says that the store holds already is not merged again; whatever is not certainly the same is."""

from __future__ import annotations

import copy
import json
from datetime import timedelta
from typing import Any

import pytest
from histories import CHIPS_OLD, ERRORS, JOB_TYPES, JOBS, NOW, REVISIONS, ago, error, execution, job, page
from simulated import here, there

import jobtype_toolkit as jt
from jobtype_toolkit.api.resources import LOADABLE
from jobtype_toolkit.sync.sink import Sink, rows_of
from jobtype_toolkit.sync.unchanged import Comparison

pytestmark = pytest.mark.slow

BODIES: dict[str, list[Any]] = {
    "job_types": [*JOB_TYPES],
    "job_type_revisions": [*REVISIONS],
    "errors": [*ERRORS],
    "jobs": [*JOBS],
    "job_executions": [execution(900 + number, JOBS[number]) for number in range(3)],
}


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    """Every resource's rows as a store holds them once they were loaded."""
    store = jt.open(clock=lambda: NOW)
    for name, bodies in BODIES.items():
        path = tmp_path_factory.mktemp("bodies") / f"{name}.json"
        path.write_text(json.dumps(page(bodies)), encoding="utf-8")
        store.load(path, name)
    with store._writing("look") as con:
        return {name: rows_of(con, name, "true", {"source": "local"}) for name in BODIES}


@pytest.mark.parametrize("name", BODIES)
def test_the_rows_that_were_loaded_are_the_same(stored, name):
    comparison = Comparison(LOADABLE[name])
    assert [one["id"] for one in BODIES[name] if not comparison.is_same(one, stored[name])] == []


@pytest.mark.parametrize("name", BODIES)
def test_another_value_of_any_field_is_noticed(stored, name):
    comparison = Comparison(LOADABLE[name])
    for field in LOADABLE[name].stored:
        for body in BODIES[name][:3]:
            for value in ("another", 77, True, [1], None):
                changed = _with(body, field.json_path, value)
                is_silent = value is None and (field.kept or stored[name][body["id"]][field.name] is None)
                if changed is not None and not is_silent:
                    assert not comparison.is_same(changed, stored[name]), (field.name, value)


@pytest.mark.parametrize("name", BODIES)
def test_a_key_that_is_unknown_is_noticed(stored, name):
    assert not Comparison(LOADABLE[name]).is_same({**BODIES[name][0], "surprise": 1}, stored[name])


def test_a_key_that_is_unknown_inside_an_object_is_noticed_but_not_in_what_other_resources_are_made_of(stored):
    comparison = Comparison(LOADABLE["jobs"])
    body = JOBS[0]
    assert not comparison.is_same({**body, "node": {**body["node"], "surprise": 1}}, stored["jobs"])
    assert comparison.is_same({**body, "job_type": {**body["job_type"], "surprise": 1}}, stored["jobs"])


@pytest.mark.parametrize(
    "body", [None, 5, "text", [], {}, {"id": "101"}, {"id": True}, {"id": 10**30}, {"id": 999_999}]
)
def test_what_is_no_row_of_the_store_is_not_the_same(stored, body):
    assert not Comparison(LOADABLE["jobs"]).is_same(body, stored["jobs"])


def test_numbers_and_documents_are_the_same_only_where_their_json_is(stored):
    comparison = Comparison(LOADABLE["job_types"])
    chips = next(one for one in JOB_TYPES if one["configuration"] and "settings" in one["configuration"])
    turned = dict(reversed(list(chips["configuration"].items())))
    assert comparison.is_same({**chips, "configuration": turned}, stored["job_types"])
    for priority in (50.0, "50", True):
        other = {**chips, "configuration": {**chips["configuration"], "priority": priority}}
        assert not comparison.is_same(other, stored["job_types"])


def _with(body: Any, path: tuple[str, ...], value: Any) -> Any:
    """Return a body with another value at a place; None where the place is in nothing, or the value is there already."""
    made = place = copy.deepcopy(body)
    for key in path[:-1]:
        place = place.get(key)
        if not isinstance(place, dict):
            return None
    if place.get(path[-1]) == value and type(place.get(path[-1])) is type(value):
        return None
    place[path[-1]] = value
    return made


# In a pull.


@pytest.fixture
def merged(monkeypatch):
    """The resources that are merged."""
    names: list[str] = []
    real = Sink._take

    def take(self: Sink, resource: str, *given: Any) -> None:
        names.append(resource)
        real(self, resource, *given)

    monkeypatch.setattr(Sink, "_take", take)
    return names


def test_a_pull_without_news_merges_nothing_and_counts_all_the_same(server, store, pull, merged):
    first = pull(snapshot=True)
    merged.clear()
    second = pull(snapshot=True)
    assert merged == []
    assert second.unchanged == second.rows >= len(server.job_types) + len(server.errors) + 2
    assert second.complete_from == first.complete_from
    found = store.sql("SELECT rows, unchanged FROM load ORDER BY load_id").to_dict("records")
    assert found[-1] == {"rows": second.rows, "unchanged": second.unchanged}


@pytest.mark.usefixtures("pulled")
def test_a_pull_without_news_holds_the_file_only_a_few_times(server, store, pull, monkeypatch):
    visits = []
    real = store._database.writing
    monkeypatch.setattr(store._database, "writing", lambda *given: (visits.append(given), real(*given))[1])
    pull(snapshot=True)
    assert len(visits) <= 3  # what is known, the count, and what was found


@pytest.mark.usefixtures("pulled")
def test_a_pull_without_news_makes_the_source_fresher(server, store, pull):
    before = store.sql("SELECT observed FROM source")["observed"][0]
    server.now += timedelta(hours=1)
    store._clock = lambda: server.now
    pull()
    assert store.sql("SELECT observed FROM source")["observed"][0] - before == timedelta(hours=1)


@pytest.mark.parametrize("field", ["is_paused", "unmet_resources", "title"])
@pytest.mark.usefixtures("pulled")
def test_what_changes_of_a_job_type_without_its_stamp_is_brought(server, store, pull, merged, field):
    merged.clear()
    value = {"is_paused": True, "unmet_resources": "gpus", "title": "Another"}[field]
    server.job_types[2] = {**server.job_types[2], field: value}
    pull()
    assert merged == ["job_types"]
    assert store.job_type(CHIPS_OLD["name"], CHIPS_OLD["version"])[field] == value


@pytest.mark.usefixtures("pulled")
def test_an_error_that_is_new_is_brought_alone(server, store, pull, merged):
    merged.clear()
    server.errors.append(error(88, "fresh", "DATA", "chip-maker"))
    report = pull()
    assert merged == ["errors"]
    assert report.new == 1
    assert "fresh" in set(store.errors()["name"])


@pytest.mark.usefixtures("pulled")
def test_a_job_of_the_overlap_that_changes_without_its_stamp_is_brought(server, store, pull):
    server.jobs[60] = {**server.jobs[60], "num_exes": 7}
    assert pull().changed == 1
    assert here(store) == there(server.jobs.values())


@pytest.mark.usefixtures("pulled")
def test_a_job_that_was_inferred_from_a_file_is_replaced_by_the_servers_own(server, store, pull, write):
    """A load into a pulled source changes what the next pull compares with."""
    store.load(write("jobs.json", page([job(60, CHIPS_OLD, "CANCELED", ago(0))])), "jobs", source="it")
    assert here(store) != there(server.jobs.values())
    pull()
    assert here(store) == there(server.jobs.values())


@pytest.mark.usefixtures("pulled")
@pytest.mark.parametrize("has_news", [False, True])
def test_rows_that_are_forgotten_in_the_middle_of_a_pull_are_not_taken_for_complete(server, store, pull, has_news):
    """What was read at its beginning is not what the store holds any more; the next pull brings it again."""
    if has_news:
        server.now += timedelta(minutes=1)
        server.change(60, "COMPLETED")
    forgotten = []

    def forget() -> None:
        if not forgotten and server.asked[-1][0] == "jobs/":
            forgotten.append(store.forget(1))

    server.before_count = forget
    pull()
    server.before_count = lambda: None
    assert forgotten
    pull()
    assert here(store) == there(server.jobs.values())


def test_snapshots_are_kept_also_where_nothing_else_is_new(server, store, pull):
    pull(snapshot=True)
    server.now += timedelta(hours=1)
    pull(snapshot=True)
    assert store.snapshots()["taken"].nunique() == 2
    assert NOW in set(store.snapshots()["taken"])
