"""Loading: every shape, every mapping, every fault. Nothing is lost, nothing is dropped in silence."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from histories import (
    CHIPS,
    CHIPS_OLD,
    ERRORS,
    GAUGE,
    JOB_TYPES,
    JOBS,
    NODE_LOST,
    NOW,
    RESOURCES,
    REVISIONS,
    ago,
    error,
    execution,
    flat_job,
    job,
    job_type,
    listed,
    manifest,
    page,
    revision,
    text,
)
from shapes import FLAT_SHAPES, JSON_SHAPES, csv_text, ndjson, write_parquet
from sizes import and_in_soak

import jobtype_toolkit as jt
from jobtype_toolkit.store.ingest import staging

pytestmark = pytest.mark.slow

ROWS = [
    flat_job(1, "mosaic", "1.0.0", "COMPLETED", ago(10), num_exes=2, exit_code=0, input_file_size=3.5, node="n1"),
    flat_job(2, "mosaic", "1.0.0", "FAILED", ago(9), "node-lost", exit_code=137, created=ago(60)),
    flat_job(3, "mosaic", "2.0.0", "RUNNING", ago(8), is_superseded=False),
    flat_job(4, "despeckle", "0.1.0", "FAILED", ago(7, 123), "no-signal", error_category="DATA"),
]
"""A flat history as one exports it from somewhere else."""


def counts(report: jt.store.LoadReport) -> tuple[int, int, int, int, int]:
    assert report.rows == report.new + report.changed + report.unchanged + report.rejected
    return report.rows, report.new, report.changed, report.unchanged, report.rejected


def ids(frame: pd.DataFrame) -> list[int]:
    return sorted(int(one) for one in frame["id"])


def nothing_loads(store: jt.Store, path) -> None:
    """The load is refused by the name of the file, or says of every row that it is rejected."""
    before = store.sql("SELECT count(*) FROM job").iloc[0, 0]
    try:
        report = store.load(path)
    except jt.LoadFailed as refused:
        assert path.name in str(refused)
    else:
        assert report.rows == report.rejected >= 1
        assert path.name in str(store.rejects(report.load_id)["file"].iloc[0])
    assert store.sql("SELECT count(*) FROM job").iloc[0, 0] == before


def sound(store: jt.Store) -> None:
    found = store.check()
    assert found.is_sound, str(found)


@pytest.fixture(scope="module")
def common() -> jt.Store:
    """A store for loads that keep apart what they load by a source of their own."""
    return jt.open(clock=lambda: NOW)


class Loaded:
    """One file with a row per case between two usual rows: what came of each is asked for by the case's number."""

    def __init__(self, folder: Path, shape: str, cases: Sequence[Mapping[str, Any]], **more: Any) -> None:
        rows = [
            ROWS[0],
            *(ROWS[1] | {"id": 100 + n, "node": f"MARK {n}"} | one for n, one in enumerate(cases)),
            ROWS[2],
        ]
        self.file = {**JSON_SHAPES, **FLAT_SHAPES}[shape](folder, "cases", rows)
        self.store = jt.open(clock=lambda: NOW)
        self.report = self.store.load(self.file, **more)
        self._jobs, self._rejects = self.store.jobs(), self.store.rejects()
        assert counts(self.report) == (len(rows), len(self._jobs), 0, 0, len(self._rejects))
        assert {1, 3} <= set(ids(self._jobs)), "the rows around them load"

    def job(self, case: int) -> pd.Series | None:
        """The job that a case became, or None if its row was rejected."""
        found = self._jobs[self._jobs["node"] == f"MARK {case}"]
        return None if found.empty else found.iloc[0]

    def reject(self, case: int) -> pd.Series | None:
        """What is told of the case's row, or None if it was loaded."""
        found = self._rejects[self._rejects["position"] == case + 2]
        assert len(found) == (self.job(case) is None), "it loads, or it is rejected once"
        return None if found.empty else found.iloc[0]


# Shapes.


SHAPES = {**JSON_SHAPES, **FLAT_SHAPES}
ALONE = ("csv", "parquet")
"""A table that is the only file of a load is read in place."""


@pytest.fixture(scope="module")
def shapes(tmp_path_factory) -> pd.DataFrame:
    """The jobs of the flat history in every shape: from the second shape on, the ids are ten greater with each."""
    folder = tmp_path_factory.mktemp("shapes")
    (folder / "in").mkdir()
    store = jt.open()
    for place, shape in enumerate(SHAPES):
        rows = [one | {"id": one["id"] + 10 * place} for one in ROWS]
        path = SHAPES[shape](folder if shape in ALONE else folder / "in", f"history {shape}", rows)
        if shape in ALONE:
            assert counts(store.load(path)) == (4, 4, 0, 0, 0)
    several = 4 * (len(SHAPES) - len(ALONE))
    assert counts(store.load(folder / "in")) == (several, several, 0, 0, 0)
    sound(store)
    return store.jobs()


@pytest.mark.parametrize("shape", SHAPES)
def test_a_flat_history_loads_from_every_shape_with_the_same_rows(shapes, shape):
    first = 10 * list(SHAPES).index(shape)
    found = shapes.assign(id=shapes["id"] - first).query("1 <= id <= 9").set_index("id")
    assert list(found["job_type"].sort_index()) == ["mosaic", "mosaic", "mosaic", "despeckle"]
    assert list(found["job_type_version"].sort_index()) == ["1.0.0", "1.0.0", "2.0.0", "0.1.0"]
    assert list(found["status"].sort_index()) == ["COMPLETED", "FAILED", "RUNNING", "FAILED"]
    assert found.loc[4, "last_status_change"] == ago(7, 123)
    assert found.loc[2, "error_name"] == "node-lost"
    assert found.loc[4, "error_category"] == "DATA"
    assert (found.loc[1, "num_exes"], found.loc[1, "exit_code"], found.loc[1, "node"]) == (2, 0, "n1")
    assert found.loc[1, "input_file_size"] == 3.5
    assert pd.isna(found.loc[2, "num_exes"])
    assert found.loc[2, "created"] == ago(60)


@pytest.mark.few
@pytest.mark.parametrize("shape", JSON_SHAPES)
@pytest.mark.parametrize("resource", RESOURCES)
def test_v6_records_load_from_every_json_shape(store, tmp_path, shape, resource):
    records = RESOURCES[resource]
    path = JSON_SHAPES[shape](tmp_path, "answer", records)
    assert counts(store.load(path, resource)) == (len(records), len(records), 0, 0, 0)
    table = {"jobs": "job", "job_types": "job_type", "job_type_revisions": "job_type_revision", "errors": "error"}[
        resource
    ]
    found = store.sql(f"SELECT id FROM {table}" + (" WHERE NOT inferred" if table in ("job_type", "error") else ""))
    assert ids(found) == sorted(one["id"] for one in records)
    sound(store)


@pytest.mark.parametrize(
    ("resource", "record"),
    [("jobs", JOBS[0]), ("job_types", CHIPS), ("job_type_revisions", REVISIONS[0]), ("errors", NODE_LOST)],
)
def test_a_single_object_loads(store, write, resource, record):
    assert counts(store.load(write("details.json", record), resource)) == (1, 1, 0, 0, 0)


def test_executions_load_nested_and_flat(store, write):
    store.load(write("jobs.json", page(JOBS)))
    records = [execution(11, JOBS[0]), execution(12, JOBS[4], 2, "FAILED", timeout=60)]
    assert counts(store.load(write("exes.json", page(records)), "job_executions")) == (2, 2, 0, 0, 0)
    flat = csv_text(
        [{"id": 13, "job_id": 101, "exe_num": 2, "status": "RUNNING", "started": text(ago(3)), "node": "n9"}]
    )
    assert counts(store.load(write("exes.csv", flat), "job_executions")) == (1, 1, 0, 0, 0)
    found = store.sql("SELECT * FROM job_execution ORDER BY id")
    assert list(found["job_id"]) == [101, 105, 101]
    assert list(found["job_type_id"].fillna(0)) == [2, 2, 0]
    assert list(found["error_id"].fillna(0)) == [0, 3, 0]
    assert list(found["node"]) == ["node-a", "node-a", "n9"]
    assert found["ended"].iloc[0] == ago(5)
    sound(store)


def test_a_byte_order_mark_is_no_part_of_the_data(store, write):
    for name, content in {
        "a.json": json.dumps(ROWS[:1]),
        "b.ndjson": ndjson(ROWS[1:2]),
        "c.csv": csv_text(ROWS[2:3]),
    }.items():
        store.load(write(name, b"\xef\xbb\xbf" + content.encode()))
    assert ids(store.jobs()) == [1, 2, 3]
    assert len(store.rejects()) == 0


def test_blank_lines_between_ndjson_rows_are_none(store, write):
    assert counts(store.load(write("a.ndjson", "\n" + ndjson(ROWS[:2]) + "\n  \n" + ndjson(ROWS[2:])))) == (
        4,
        4,
        0,
        0,
        0,
    )


def test_windows_line_ends_load(store, write):
    store.load(write("a.ndjson", ndjson(ROWS[:2]).replace("\n", "\r\n")))
    store.load(write("b.csv", csv_text(ROWS[2:])))
    assert ids(store.jobs()) == [1, 2, 3, 4]
    assert len(store.rejects()) == 0


def test_a_csv_with_quotes_commas_and_line_breaks_inside_a_field_loads(store, write):
    row = flat_job(1, 'a "quoted", name', "1.0.0", "COMPLETED", ago(1), node="line\nbreak")
    store.load(write("a.csv", csv_text([row, ROWS[1]])))
    found = store.jobs().set_index("id")
    assert found.loc[1, "job_type"] == 'a "quoted", name'
    assert found.loc[1, "node"] == "line\nbreak"
    assert len(found) == 2


@pytest.mark.parametrize("separator", [";", "\t", "|"])
def test_csv_with_another_separator_loads(store, write, separator):
    lines = [
        ["id", "job_type", "job_type_version", "status"],
        ["1", "mosaic", "1.0.0", "COMPLETED"],
        ["2", "mosaic", "1.0.0", "FAILED"],
    ]
    store.load(write("a.csv", "\n".join(separator.join(line) for line in lines) + "\n"))
    assert ids(store.jobs()) == [1, 2]


# Files, folders, patterns.


def test_a_folder_and_a_pattern_load_all_their_files_in_one_load(store, write, tmp_path):
    write("in/p1.json", page(ROWS[:1]))
    write("in/p2.ndjson", ndjson(ROWS[1:2]))
    write("in/p3.csv", csv_text(ROWS[2:3]))
    write_parquet(tmp_path / "in" / "p4.parquet", ROWS[3:])
    write("in/notes.txt", "not history")
    assert counts(store.load(tmp_path / "in")) == (4, 4, 0, 0, 0)
    assert counts(store.load(str(tmp_path / "in" / "p[12].*"))) == (2, 0, 0, 2, 0)
    assert len(store.sql("FROM load")) == 2


def test_in_a_folder_files_named_after_a_resource_are_for_that_resource_only(store, write, tmp_path):
    write("in/jobs.json", page(JOBS))
    write("in/job_types.json", page(JOB_TYPES))
    write("in/errors.json", page(ERRORS))
    assert store.load(tmp_path / "in", "job_types").new == len(JOB_TYPES)
    assert store.load(tmp_path / "in", "errors").new == len(ERRORS)
    assert store.load(tmp_path / "in", "jobs").new == len(JOBS)
    with pytest.raises(jt.InputNotFound, match="job_executions"):
        store.load(tmp_path / "in", "job_executions")


def test_what_is_not_there_is_said_and_is_a_file_not_found_error(store, tmp_path):
    for path in (tmp_path / "no.json", tmp_path / "*.json", tmp_path):
        with pytest.raises(jt.InputNotFound) as caught:
            store.load(path)
        assert isinstance(caught.value, FileNotFoundError)
        assert str(path) in str(caught.value)
    assert store.sources == []


def test_an_input_name_with_quotes_brackets_and_blanks_loads(store, write):
    path = write('it\'s a; "name" [1].json', page(ROWS[:1]))
    assert store.load(path).new == 1
    path = write("it's; drop table job.csv", csv_text(ROWS[1:2]))
    assert store.load(path).new == 1
    path = write("it's [2].ndjson", ndjson(ROWS[2:3]))
    assert store.load(path).new == 1
    assert ids(store.jobs()) == [1, 2, 3]


# Mappings.


def test_columns_statuses_and_a_zone_map_a_foreign_export(store, write):
    export = (
        "job,app,rel,state,finished\n7,mosaic,1.0.0,OK,2026-01-15 12:00:00\n8,mosaic,1.0.0,Error,2026-07-15 12:00:00\n"
    )
    report = store.load(
        write("theirs.csv", export),
        columns={
            "job": "id",
            "app": "job_type",
            "rel": "job_type_version",
            "state": "status",
            "finished": "last_status_change",
        },
        statuses={"OK": "COMPLETED", "Error": "FAILED"},
        timezone="America/New_York",
    )
    assert counts(report) == (2, 2, 0, 0, 0)
    found = store.jobs().set_index("id")
    assert list(found["status"]) == ["COMPLETED", "FAILED"]
    assert found.loc[7, "last_status_change"] == pd.Timestamp("2026-01-15 17:00", tz="UTC")
    assert found.loc[8, "last_status_change"] == pd.Timestamp("2026-07-15 16:00", tz="UTC")


@pytest.mark.parametrize("shape", ["page", "ndjson", "csv", "parquet"])
def test_mappings_work_in_every_shape(store, tmp_path, shape):
    rows = [{"key": 7, "app": "mosaic", "rel": "1", "state": "OK", "at": "2026-01-15 12:00:00"}]
    path = {**JSON_SHAPES, **FLAT_SHAPES}[shape](tmp_path, "theirs", rows)
    store.load(
        path,
        columns={
            "key": "id",
            "app": "job_type",
            "rel": "job_type_version",
            "state": "status",
            "at": "last_status_change",
        },
        statuses={"OK": "COMPLETED"},
        timezone="Europe/Berlin",
    )
    row = store.jobs().iloc[0]
    assert (row["id"], row["job_type"], row["job_type_version"], row["status"]) == (7, "mosaic", "1", "COMPLETED")
    assert row["last_status_change"] == pd.Timestamp("2026-01-15 11:00", tz="UTC")


def test_a_parquet_column_of_plain_timestamps_is_read_in_the_given_zone(store, tmp_path):
    path = write_parquet(
        tmp_path / "a.parquet",
        [flat_job(1, "m", "1", "COMPLETED", None) | {"last_status_change": "2026-07-15 12:00:00"}],
        {"last_status_change": "TIMESTAMP"},
    )
    with pytest.raises(jt.LoadFailed, match="zone"):
        store.load(path)
    store.load(path, timezone="America/New_York")
    assert store.jobs()["last_status_change"].iloc[0] == pd.Timestamp("2026-07-15 16:00", tz="UTC")


def test_a_zone_is_for_times_that_have_none_only(store, write):
    store.load(write("a.json", ROWS[:1]), timezone="America/New_York")
    assert store.jobs()["last_status_change"].iloc[0] == ago(10)


def test_naive_times_around_a_change_of_the_clocks(store, write):
    meant = {
        "2026-03-08T01:59:59": "2026-03-08T06:59:59Z",  # the last second of winter time in New York
        "2026-03-08T03:00:00": "2026-03-08T07:00:00Z",  # the first of summer time
        "2026-11-01T00:59:59": "2026-11-01T04:59:59Z",  # summer time, before the hour that comes twice
        "2026-11-01T02:00:00": "2026-11-01T07:00:00Z",  # winter time, after it
        "2026-11-01T01:30:00": None,  # in the hour that comes twice
    }
    rows = [ROWS[0] | {"id": id, "last_status_change": local} for id, local in enumerate(meant)]
    store.load(write("a.json", rows), timezone="America/New_York")
    *found, one_of_two = store.jobs(order="id")["last_status_change"]
    assert found == [pd.Timestamp(moment) for moment in meant.values() if moment]
    assert one_of_two in (pd.Timestamp("2026-11-01T05:30:00Z"), pd.Timestamp("2026-11-01T06:30:00Z"))


def test_naive_times_without_a_zone_are_refused_with_the_remedy_and_nothing_changes(store, write):
    for name, content in {
        "a.json": json.dumps([ROWS[0] | {"created": "2026-01-15T12:00:00"}]),
        "a.ndjson": ndjson([ROWS[0] | {"created": "2026-01-15 12:00:00.5"}]),
        "a.csv": csv_text([ROWS[0] | {"created": "2026-01-15 12:00:00"}]),
        "nested.json": json.dumps(page([job(5, CHIPS, "COMPLETED", ago(1)) | {"created": "2026-01-15T12:00:00"}])),
    }.items():
        with pytest.raises(jt.LoadFailed, match="timezone="):
            store.load(write(name, content))
    assert store.sources == []
    assert len(store.jobs()) == 0


@pytest.mark.parametrize("shape", ["page", "csv"])
def test_times_with_any_offset_become_the_same_instant(tmp_path, shape):
    written = [
        "2026-03-01T11:50:00Z",
        "2026-03-01T11:50:00.000000Z",
        "2026-03-01 11:50:00+00:00",
        "2026-03-01T12:50:00+01:00",
        "2026-03-01T06:50:00-05:00",
        "2026-03-01T06:50:00-0500",
        "2026-03-01T06:50:00-05",
    ]
    loaded = Loaded(tmp_path, shape, [{"last_status_change": one} for one in written])
    assert {one: loaded.job(case)["last_status_change"] for case, one in enumerate(written)} == dict.fromkeys(
        written, ago(10)
    )


def test_statuses_in_small_letters_are_v6_ones_and_unknown_ones_are_kept_and_noted(store, write):
    report = store.load(write("a.json", [ROWS[0] | {"status": "completed"}, ROWS[1] | {"status": "Vanished"}]))
    assert list(store.jobs(order="id")["status"]) == ["COMPLETED", "Vanished"]
    assert "Vanished" in str(report)
    assert counts(report) == (2, 2, 0, 0, 0)


@pytest.mark.parametrize(
    "arguments",
    [
        {"resource": "job"},
        {"columns": {"a": "no_such_column"}},
        {"timezone": "Mars/Olympus"},
        {"source": ""},
        {"source": "*"},
        {"source": " "},
    ],
)
def test_a_wrong_argument_is_refused_before_anything_is_read(store, tmp_path, arguments):
    with pytest.raises(jt.InvalidParameter):
        store.load(tmp_path / "not-there.json", **arguments)


# Fields.


def test_unknown_fields_are_kept_as_json_and_come_back(store, write):
    record = job(5, CHIPS, "COMPLETED", ago(1), colour="blue", depth={"a": [1, None]})
    record["node"]["rack"] = "r7"
    store.load(write("a.json", page([record])))
    found = json.loads(store.sql("SELECT extra FROM job")["extra"].iloc[0])
    assert found["colour"] == "blue"
    assert found["depth"]["a"] == [1, None]
    assert found["node.rack"] == "r7"
    store.load(write("t.json", job_type(3, "chip-maker", "1.10.0", colour="red")), "job_types")
    assert store.job_type("chip-maker", "1.10.0").extra == {"colour": "red"}


def test_unknown_columns_of_a_table_are_kept(store, tmp_path, write):
    store.load(write("a.csv", csv_text([ROWS[0] | {"queue name": "night", "it's": "x"}])))
    store.load(write_parquet(tmp_path / "b.parquet", [ROWS[1] | {"owner": "ops"}]))
    found = {row["id"]: json.loads(row["extra"]) for row in store.sql("SELECT id, extra FROM job").to_dict("records")}
    assert found == {1: {"queue name": "night", "it's": "x"}, 2: {"owner": "ops"}}


def test_absent_fields_are_missing(store, write):
    store.load(write("a.json", [{"id": 1, "job_type": "mosaic", "job_type_version": "1.0.0", "status": "PENDING"}]))
    row = store.jobs().iloc[0]
    silent = [
        name
        for name in store.jobs().columns
        if name not in ("id", "job_type_id", "job_type", "job_type_version", "status")
    ]
    assert row[silent].isna().all()


def test_last_modified_equals_last_status_change_where_it_is_absent(store, write):
    store.load(write("a.json", ROWS))
    found = store.jobs()
    assert (found["last_modified"] == found["last_status_change"]).all()


def test_huge_numbers_keep_every_digit_and_too_huge_ones_are_rejected(store, write):
    most = 2**63 - 1
    store.load(
        write("a.json", json.dumps([ROWS[0] | {"id": most}, ROWS[1] | {"id": most + 1}, ROWS[2] | {"id": 10**40}]))
    )
    assert ids(store.jobs()) == [most]
    assert len(store.rejects()) == 2
    assert ids(store.jobs(job_id=most)) == [most]
    assert len(store.jobs(job_id=10**40)) == 0


def test_names_with_quotes_semicolons_and_sql_are_just_names(store, write):
    name = "x'; DROP TABLE job_final; --\"\\ $source <b>é🛰</b>"
    row = flat_job(1, name, "1.0'0", "FAILED", ago(1), 'it\'s; "bad"', error_category="SYSTEM")
    store.load(write("a.json", [row]), source=name)
    assert store.sources == [name]
    assert store.jobs(job_type_name=name)["job_type"].iloc[0] == name
    assert store.versions(name)["version"].iloc[0] == "1.0'0"
    assert store.job_type(name, "1.0'0").name == name
    assert store.system_failures()["error_name"].iloc[0] == 'it\'s; "bad"'
    assert list(store.job_types(keyword="'; drop")["name"]) == [name]
    assert store.sql("SELECT id FROM job WHERE job_type = $name", name=name)["id"].iloc[0] == 1
    sound(store)


def test_a_document_inside_a_flat_row_is_read_as_json(store, write):
    store.load(write("a.csv", csv_text([ROWS[0] | {"input_files": '{"SCENE": ["a.tif"]}'}])))
    assert store.jobs()["input_files"].iloc[0] == {"SCENE": ["a.tif"]}


def test_a_manifest_that_came_as_a_json_string_is_an_object(store, write):
    """The documentation calls it a String (D6)."""
    record = {**CHIPS, "manifest": json.dumps(CHIPS["manifest"])}
    store.load(write("a.json", record), "job_types")
    assert store.job_type("chip-maker", "1.10.0").manifest == CHIPS["manifest"]
    assert list(store.job_types(keyword="raster")["id"]) == [3]


# Job types and errors that nobody loaded.


def test_job_types_are_inferred_by_name_and_version(store, write):
    store.load(write("a.json", ROWS))
    found = store.sql("SELECT name, version, inferred, id FROM job_type ORDER BY name, version")
    assert list(zip(found["name"], found["version"], strict=True)) == [
        ("despeckle", "0.1.0"),
        ("mosaic", "1.0.0"),
        ("mosaic", "2.0.0"),
    ]
    assert found["inferred"].all()
    assert (found["id"] < 0).all()
    assert store.job_types()["title"].isna().all()


def test_job_types_known_by_id_only_are_inferred_too(store, write):
    store.load(write("a.json", [{"id": 1, "job_type_id": 77, "status": "RUNNING"}]))
    assert list(store.running()["job_type_id"]) == [77]
    assert store.running()["name"].isna().all()
    sound(store)


def test_job_types_inside_v6_jobs_are_inferred_with_all_they_say(store, write):
    store.load(write("a.json", page([job(1, GAUGE, "RUNNING", ago(1))])))
    row = store.running().iloc[0]
    assert (row["job_type_id"], row["name"], row["unmet_resources"]) == (5, "Tide-Gauge", "gpus")
    assert row["title"] == GAUGE["title"]
    assert bool(row["is_active"]) is True
    assert store.sql("SELECT inferred FROM job_type")["inferred"].all()


def test_a_built_in_error_is_inferred_without_a_job_type_and_with_its_nature(store, write):
    store.load(write("a.json", ROWS))
    found = store.errors().set_index("name")
    assert pd.isna(found.loc["node-lost", "job_type_name"])
    assert found.loc["node-lost", "category"] == "SYSTEM"
    assert bool(found.loc["node-lost", "is_builtin"]) is True
    assert bool(found.loc["node-lost", "should_be_retried"]) is True
    assert list(store.system_failures()["error_name"]) == ["node-lost"]


def test_another_error_is_inferred_for_the_name_of_its_job_type(store, write):
    rows = [
        flat_job(1, "mosaic", "1.0.0", "FAILED", ago(1), "no-signal", error_category="DATA"),
        flat_job(2, "mosaic", "2.0.0", "FAILED", ago(1), "no-signal", error_category="DATA"),
        flat_job(3, "despeckle", "1.0.0", "FAILED", ago(1), "no-signal", error_category="DATA"),
    ]
    store.load(write("a.json", rows))
    found = store.errors(name="no-signal")
    assert sorted(found["job_type_name"]) == ["despeckle", "mosaic"]
    assert not found["is_builtin"].fillna(False).any()
    assert store.jobs(order="id")["error_id"].nunique() == 2


def test_errors_inside_v6_jobs_are_inferred_with_all_they_say(store, write):
    store.load(write("a.json", page([job(1, CHIPS, "FAILED", ago(1), NODE_LOST)])))
    row = store.system_failures().iloc[0]
    assert (row["error_id"], row["error_name"], row["error_title"]) == (2, "node-lost", "Node Lost")
    assert bool(row["error_is_builtin"]) is True


def test_a_category_without_a_name_still_counts_as_that_category(store, write):
    store.load(write("a.json", [ROWS[1] | {"error_name": None, "error_category": "SYSTEM"}]))
    assert list(store.system_failures()["count"]) == [1]


def test_an_inferred_job_type_is_adopted_by_its_own_record(store, write):
    store.load(write("a.json", ROWS))
    record = job_type(40, "mosaic", "1.0.0")
    store.load(write("t.json", page([record])), "job_types")
    assert sorted(store.job_types()["id"] > 0) == [False, False, True]
    assert list(store.jobs(job_type_id=40, order="id")["id"]) == [1, 2]
    assert list(store.system_failures()["job_type_id"]) == [40]
    assert len(store.versions("mosaic")) == 2
    sound(store)
    assert store.load(write("a.json", ROWS)).unchanged == 4
    assert len(store.job_types()) == 3


def test_an_inferred_job_type_known_by_id_is_completed_by_its_own_record(store, write):
    store.load(write("a.json", page([job(1, CHIPS, "RUNNING", ago(1))])))
    report = store.load(write("t.json", CHIPS), "job_types")
    assert report.new + report.changed == 1
    assert store.job_type("chip-maker", "1.10.0").manifest == CHIPS["manifest"]
    assert not store.sql("SELECT inferred FROM job_type")["inferred"].any()
    assert len(store.sql("FROM job_type_change")) == 0
    sound(store)


def test_an_inferred_error_is_adopted_by_its_own_record(store, write):
    store.load(write("a.json", ROWS))
    store.load(write("e.json", page([NODE_LOST, error(60, "no-signal", "DATA", "despeckle")])), "errors")
    assert sorted(store.errors()["id"]) == [2, 60]
    found = store.jobs().set_index("id")
    assert found.loc[2, "error_id"] == 2
    assert found.loc[4, "error_id"] == 60
    assert list(store.system_failures()["error_id"]) == [2]
    assert store.status(started="P1D").set_index("category").loc["DATA", "count"] == 1
    sound(store)


def test_a_category_that_its_record_corrects_changes_past_counts(store, write):
    """The category is read from the error, at the time of the question."""
    store.load(write("a.json", page([job(1, CHIPS, "FAILED", ago(1), NODE_LOST)])))
    store.load(write("e.json", NODE_LOST | {"category": "DATA"}), "errors")
    assert len(store.system_failures()) == 0
    assert list(store.status()["category"]) == ["DATA"]


def test_the_same_job_type_from_a_flat_and_a_nested_history_is_one(store, write):
    """First one's own export with names, then a server's pages with ids."""
    store.load(write("a.json", [flat_job(1, "chip-maker", "1.10.0", "RUNNING", ago(5))]))
    store.load(write("b.json", page([job(2, CHIPS, "RUNNING", ago(4))])))
    assert list(store.running()["count"]) == [2]
    assert len(store.job_types()) == 1


def test_the_same_job_type_from_a_nested_and_then_a_flat_history_is_one(store, write):
    store.load(write("b.json", page([job(2, CHIPS, "RUNNING", ago(4))])))
    store.load(write("a.json", [flat_job(1, "chip-maker", "1.10.0", "RUNNING", ago(5))]))
    assert list(store.running()["count"]) == [2]
    assert list(store.running()["job_type_id"]) == [3]


def test_flat_and_nested_rows_in_one_file_are_both_read(store, write):
    store.load(
        write(
            "a.ndjson",
            ndjson([job(2, CHIPS, "RUNNING", ago(4)), flat_job(1, "chip-maker", "1.10.0", "RUNNING", ago(5))]),
        )
    )
    assert ids(store.jobs()) == [1, 2]
    assert list(store.running()["count"]) == [2]


def test_a_null_error_category_by_name_is_that_of_the_known_error(store, write):
    store.load(write("e.json", page(ERRORS)), "errors")
    store.load(write("a.json", [flat_job(1, "chip-maker", "1.10.0", "FAILED", ago(5), "bad-input")]))
    assert store.jobs()["error_id"].iloc[0] == 3
    assert store.jobs()["error_category"].iloc[0] == "DATA"


# Loading again, newer and older rows.


@pytest.mark.parametrize("resource", RESOURCES)
def test_loading_twice_changes_nothing(store, write, resource):
    path = write("a.json", page(RESOURCES[resource]))
    first = store.load(path, resource)
    before = store.sql(f"FROM {'job' if resource == 'jobs' else resource.removesuffix('s')} ORDER BY id")
    second = store.load(path, resource)
    assert counts(second) == (first.rows, 0, 0, first.rows, 0)
    assert second.load_id == first.load_id + 1
    after = store.sql(f"FROM {'job' if resource == 'jobs' else resource.removesuffix('s')} ORDER BY id")
    pd.testing.assert_frame_equal(before, after)
    assert len(store.sql("FROM job_type_change")) == 0
    sound(store)


def test_a_newer_row_replaces_and_moves_between_open_final_and_failed(store, write):
    for place, (status, failed_with) in enumerate(
        [("QUEUED", None), ("RUNNING", None), ("FAILED", NODE_LOST), ("QUEUED", None), ("COMPLETED", None)]
    ):
        report = store.load(write("a.json", page([job(1, CHIPS, status, ago(50 - place), failed_with)])))
        assert counts(report) == (1, int(place == 0), int(place > 0), 0, 0)
        assert list(store.jobs()["status"]) == [status]
        assert len(store.system_failures()) == int(status == "FAILED")
        sound(store)


def test_an_older_row_does_not_replace_a_newer_one(store, write):
    store.load(write("new.json", page([job(1, CHIPS, "COMPLETED", ago(5))])))
    report = store.load(write("old.json", page([job(1, CHIPS, "RUNNING", ago(50))])))
    assert counts(report) == (1, 0, 0, 1, 0)
    assert list(store.jobs()["status"]) == ["COMPLETED"]
    assert len(store.running()) == 0


def test_a_row_of_the_same_age_that_says_something_else_replaces(store, write):
    store.load(write("a.json", page([job(1, CHIPS, "COMPLETED", ago(5), num_exes=1)])))
    report = store.load(write("b.json", page([job(1, CHIPS, "COMPLETED", ago(5), num_exes=2)])))
    assert counts(report) == (1, 0, 1, 0, 0)
    assert list(store.jobs()["num_exes"]) == [2]


def test_of_two_copies_in_one_input_the_greater_last_modified_is_taken(store, write):
    copies = [job(1, CHIPS, "COMPLETED", ago(5)), job(1, CHIPS, "RUNNING", ago(50))]
    for place, order in enumerate((copies, copies[::-1])):
        fresh = jt.open()
        report = fresh.load(write(f"{place}.json", page(order)))
        assert counts(report) == (2, 1, 0, 1, 0)
        assert list(fresh.jobs()["status"]) == ["COMPLETED"]


def test_of_two_copies_without_last_modified_the_later_row_is_taken(store, write):
    plain = [{"id": 1, "job_type": "m", "job_type_version": "1", "status": status} for status in ("RUNNING", "QUEUED")]
    assert counts(store.load(write("a.json", plain))) == (2, 1, 0, 1, 0)
    assert list(store.jobs()["status"]) == ["QUEUED"]


def test_copies_in_several_files_of_one_load_resolve_too(store, write, tmp_path):
    write("in/1.json", page([job(1, CHIPS, "COMPLETED", ago(5))]))
    write("in/2.csv", csv_text([flat_job(1, "chip-maker", "1.10.0", "RUNNING", ago(50))]))
    write("in/3.ndjson", ndjson([flat_job(1, "chip-maker", "1.10.0", "QUEUED", ago(60))]))
    assert counts(store.load(tmp_path / "in")) == (3, 1, 0, 2, 0)
    assert list(store.jobs()["status"]) == ["COMPLETED"]


def test_a_list_that_comes_after_the_details_keeps_the_manifest(store, write):
    store.load(write("d.json", CHIPS), "job_types")
    report = store.load(write("l.json", page([listed(CHIPS)])), "job_types")
    assert counts(report) == (1, 0, 0, 1, 0)
    newer = listed(CHIPS) | {"is_paused": False, "paused": None, "last_modified": text(NOW)}
    assert counts(store.load(write("n.json", page([newer])), "job_types")) == (1, 0, 1, 0, 0)
    found = store.job_type("chip-maker", "1.10.0")
    assert found.manifest == CHIPS["manifest"]
    assert found.configuration == CHIPS["configuration"]
    assert found.recipe_types == CHIPS["recipe_types"]
    assert found.is_paused is False


def test_a_revision_list_after_its_details_keeps_the_manifest(store, write):
    store.load(write("d.json", REVISIONS[0]), "job_type_revisions")
    short = {key: value for key, value in REVISIONS[0].items() if key != "manifest"}
    store.load(write("l.json", page([short])), "job_type_revisions")
    assert store.revision("chip-maker", "1.10.0", 1).manifest == REVISIONS[0]["manifest"]


def test_two_sources_never_overwrite_each_other(store, write):
    store.load(write("a.json", page([job(1, CHIPS, "COMPLETED", ago(5))])), source="a")
    store.load(write("b.json", page([job(1, GAUGE, "FAILED", ago(3), NODE_LOST)])), source="b")
    store.load(write("c.json", [flat_job(1, "mosaic", "1", "RUNNING", ago(1))]), source="c")
    assert store.sources == ["a", "b", "c"]
    assert [list(store.jobs(source=name)["status"]) for name in "abc"] == [["COMPLETED"], ["FAILED"], ["RUNNING"]]
    assert len(store.jobs(source="*")) == 3
    assert len(store.system_failures(source="a")) == 0
    assert len(store.status(source="*", started="P1D")) == 3
    sound(store)


def test_one_load_of_a_source_leaves_the_others_rows_of_the_same_id_alone(store, write):
    for name in ("a", "b"):
        store.load(write("t.json", page(JOB_TYPES)), "job_types", source=name)
        store.load(write("e.json", page(ERRORS)), "errors", source=name)
        store.load(write("j.json", page(JOBS)), source=name)
    store.load(write("n.json", page([job(106, CHIPS_OLD, "COMPLETED", ago(-1))])), source="b")
    assert store.system_failures(source="a")["count"].sum() == 5
    assert store.system_failures(source="b")["count"].sum() == 4
    assert store.system_failures(source="*")["count"].sum() == 9
    sound(store)


def test_several_sources_must_be_named(store, write):
    for name in ("a", "b"):
        store.load(write("j.json", ROWS), source=name)
    for call in (store.jobs, store.status, store.pending, store.job_types, store.job_type_names, store.errors):
        with pytest.raises(jt.Ambiguous, match=r"'a', 'b'.*source="):
            call()
    with pytest.raises(jt.Ambiguous):
        store.job_type("mosaic", "1.0.0")
    with pytest.raises(jt.NotFound, match="'c'"):
        store.jobs(source="c")


def test_names_of_all_sources_together_keep_each_sources_versions_apart(store, write):
    store.load(write("a.json", [flat_job(1, "mosaic", "1.0.0", "RUNNING", ago(1))]), source="a")
    store.load(write("b.json", [flat_job(1, "mosaic", "2.0.0", "RUNNING", ago(1))]), source="b")
    found = store.job_type_names(source="*")
    assert list(found["versions"]) == [["1.0.0"], ["2.0.0"]]


# What changes of a job type is kept.


def test_every_observed_change_of_a_job_type_is_kept(write):
    moments = iter([ago(30), ago(20), ago(10)])
    store = jt.open(clock=lambda: next(moments))
    store.load(write("1.json", CHIPS), "job_types")
    changed = CHIPS | {
        "is_paused": False,
        "is_active": False,
        "docker_image": "other:2",
        "configuration": {"priority": 7},
        "unmet_resources": "gpus",
        "revision_num": 4,
        "last_modified": text(ago(25)),
    }
    store.load(write("2.json", changed), "job_types")
    found = store.sql("FROM job_type_change ORDER BY field")
    told = {row["field"]: (row["before"], row["after"]) for row in found.to_dict("records")}
    assert told["is_paused"] == ("true", "false")
    assert told["is_active"] == ("true", "false")
    assert told["docker_image"][1] == "other:2"
    assert json.loads(told["configuration"][1]) == {"priority": 7}
    assert told["revision_num"] == ("3", "4")
    assert pd.isna(told["unmet_resources"][0])
    assert told["unmet_resources"][1] == "gpus"
    assert set(found["name"]) == {"chip-maker"}
    assert set(found["version"]) == {"1.10.0"}
    assert set(found["observed"]) == {pd.Timestamp(ago(25))}


DATED = [
    (ago(25), None, ago(25)),  # the record tells
    (None, None, NOW),  # nothing tells but the clock
    (None, ago(40), ago(40)),  # who loads it does
    (None, "PT2H", ago(120)),
    (ago(25), ago(15), ago(25)),
    (ago(5), ago(15), ago(15)),  # later than it was observed: not believed
]
"""When the record says that it was edited, when it was observed, and when the change was."""


@pytest.fixture(scope="module")
def dated(tmp_path_factory) -> jt.Store:
    """Job types, one of each case of `DATED`, that changed between two loads."""
    file = tmp_path_factory.mktemp("dated") / "types.json"
    store = jt.open(clock=lambda: NOW)
    types = [CHIPS | {"id": id, "name": f"type-{id}"} for id in range(len(DATED))]
    file.write_text(json.dumps(types))
    store.load(file, "job_types", observed=ago(500))
    for observed in dict.fromkeys(one for _, one, _ in DATED):
        later = [
            types[id] | {"unmet_resources": "gpus"} | ({"last_modified": text(edited)} if edited else {})
            for id, (edited, when, _) in enumerate(DATED)
            if when == observed
        ]
        file.write_text(json.dumps(later))
        store.load(file, "job_types", observed=observed)
    return store


@pytest.mark.parametrize("case", range(len(DATED)))
def test_a_change_is_dated_by_the_record_or_by_when_it_was_observed(dated, case):
    found = dated.sql("SELECT observed FROM job_type_change WHERE name = $name", name=f"type-{case}")
    assert list(found["observed"]) == [pd.Timestamp(DATED[case][2])]
    assert dated.sql("SELECT observed FROM load ORDER BY load_id")["observed"][0] == pd.Timestamp(ago(500))


def test_a_file_of_the_past_does_not_make_the_store_older(store, write):
    store.load(write("1.json", CHIPS), "job_types")
    store.load(write("2.json", CHIPS_OLD), "job_types", observed=ago(500))
    assert list(store.sql("SELECT observed FROM source")["observed"]) == [pd.Timestamp(NOW)]


@pytest.mark.parametrize("wrong", ["2027-01-01T00:00:00Z", "yesterday", "2026-01-01T00:00:00"])
def test_a_time_after_now_or_that_is_none_is_refused(store, write, wrong):
    with pytest.raises(jt.InvalidParameter, match="observed"):
        store.load(write("1.json", CHIPS), "job_types", observed=wrong)


def test_a_change_of_what_the_server_does_not_date_is_seen_too(store, write):
    """The scheduler sets unmet_resources without touching last_modified."""
    store.load(write("1.json", CHIPS), "job_types")
    report = store.load(write("2.json", CHIPS | {"unmet_resources": "gpus"}), "job_types")
    assert report.changed == 1
    assert list(store.sql("FROM job_type_change")["field"]) == ["unmet_resources"]


def test_an_older_answer_is_no_change(store, write):
    store.load(write("1.json", CHIPS), "job_types")
    store.load(write("2.json", CHIPS | {"is_active": False, "last_modified": "2020-01-01T00:00:00Z"}), "job_types")
    assert len(store.sql("FROM job_type_change")) == 0
    assert store.job_type("chip-maker", "1.10.0").is_active is True


def test_a_configuration_that_differs_only_in_the_order_of_its_keys_is_no_change(store, write):
    first = CHIPS | {"configuration": {"priority": 5, "settings": {"A": "1", "B": "2"}}}
    second = CHIPS | {"configuration": {"settings": {"B": "2", "A": "1"}, "priority": 5}}
    store.load(write("1.json", first), "job_types")
    store.load(write("2.json", second), "job_types")
    assert len(store.sql("FROM job_type_change")) == 0


# Faults.


def rejects(store: jt.Store) -> list[tuple[str, int]]:
    return [(row["file"].rsplit("/", 1)[-1], int(row["position"])) for row in store.rejects().to_dict("records")]


WRONG = [
    ({"id": None}, "id"),
    ({"id": "x"}, "id"),
    ({"id": ""}, "id"),
    ({"id": "1.5"}, "id"),
    ({"status": None}, "status"),
    ({"status": ""}, "status"),
    ({"last_status_change": "yesterday"}, "last_status_change"),
    ({"created": "2026-13-45T00:00:00Z"}, "created"),
    ({"num_exes": "many"}, "num_exes"),
    ({"is_superseded": "perhaps"}, "is_superseded"),
    ({"input_file_size": "big"}, "input_file_size"),
    ({"job_type": None}, "job type"),
    ({"job_type_version": None}, "job type"),
]
"""What is wrong in a row, and what the reason names."""


@pytest.fixture(scope="module", params=["page", "ndjson", "csv"])
def wrong(request, tmp_path_factory) -> Loaded:
    return Loaded(tmp_path_factory.mktemp("wrong"), request.param, [one for one, _ in WRONG])


@pytest.mark.parametrize(
    ("case", "reason"), [pytest.param(case, reason, id=f"{one}") for case, (one, reason) in enumerate(WRONG)]
)
def test_a_bad_row_is_rejected_with_file_position_reason_and_text_and_the_others_load(wrong, case, reason):
    told = wrong.reject(case)
    assert (told["file"], told["position"], told["load_id"]) == (str(wrong.file), case + 2, wrong.report.load_id)
    assert reason in told["reason"]
    assert f"MARK {case}" in told["text"]
    assert (told["source"], told["resource"]) == ("local", "jobs")
    assert (wrong.report.new, wrong.report.rejected) == (2, len(WRONG))
    assert "rejects()" in str(wrong.report)


def test_a_bad_row_of_a_parquet_file_is_rejected_too(store, tmp_path):
    path = write_parquet(
        tmp_path / "a.parquet", [ROWS[0], ROWS[1] | {"id": None, "node": "MARK"}, ROWS[2] | {"status": None}]
    )
    assert counts(store.load(path)) == (3, 1, 0, 0, 2)
    assert rejects(store) == [("a.parquet", 2), ("a.parquet", 3)]
    assert "MARK" in store.rejects()["text"].iloc[0]


def test_a_bad_row_of_v6_pages_is_rejected_and_what_is_inside_it_makes_no_job_type(store, write):
    bad = job(2, GAUGE, "RUNNING", ago(1)) | {"id": None}
    report = store.load(write("a.json", page([job(1, CHIPS, "RUNNING", ago(1)), bad])))
    assert counts(report) == (2, 1, 0, 0, 1)
    assert list(store.job_types()["name"]) == ["chip-maker"]


def test_elements_that_are_no_objects_are_rejected(store, write):
    report = store.load(write("a.json", json.dumps([ROWS[0], 5, "text", None, [1], ROWS[1]])))
    assert counts(report) == (6, 2, 0, 0, 4)
    assert rejects(store) == [("a.json", 2), ("a.json", 3), ("a.json", 4), ("a.json", 5)]


@pytest.mark.parametrize("form", ["page", "array"])
def test_a_document_cut_in_the_middle_gives_its_whole_elements_and_a_reject_for_the_rest(store, write, form):
    whole = json.dumps(page(ROWS) if form == "page" else ROWS)
    cut = whole[: whole.index('"despeckle"')]
    report = store.load(write("a.json", cut))
    assert counts(report) == (4, 3, 0, 0, 1)
    assert ids(store.jobs()) == [1, 2, 3]
    assert rejects(store) == [("a.json", 4)]
    assert "JSON" in store.rejects()["reason"].iloc[0]


@pytest.mark.parametrize("length", and_in_soak(range(0, 240, 39), [one for one in range(0, 240, 13) if one % 39]))
def test_a_page_cut_anywhere_never_loads_half_a_row_and_never_hides_the_cut(write, length):
    whole = json.dumps(page([ROWS[0], ROWS[1]]))
    store = jt.open()
    path = write("a.json", whole[:length])
    try:
        report = store.load(path)
    except jt.LoadFailed:
        assert len(store.jobs()) == 0
        return
    assert report.rejected >= 1
    assert {int(one) for one in store.jobs()["id"]} <= {1, 2}


def test_one_broken_document_of_a_folder_does_not_stop_the_others(store, write, tmp_path):
    write("in/1.json", page(ROWS[:1]))
    write("in/2.json", '{"results": [ {"id": ')
    write("in/3.json", b"\xff\xfe\x00broken")
    write("in/4.json", page(ROWS[1:2]))
    write("in/5.ndjson", ndjson(ROWS[2:3]))
    report = store.load(tmp_path / "in")
    assert ids(store.jobs()) == [1, 2, 3]
    assert report.rejected == 2
    assert {file for file, _ in rejects(store)} == {"2.json", "3.json"}


def test_a_bad_line_of_ndjson_is_rejected_with_its_number(store, write):
    lines = ndjson(ROWS[:2]).splitlines()
    report = store.load(write("a.ndjson", "\n".join([lines[0], "", "{not json", lines[1], '"text"', ""])))
    assert ids(store.jobs()) == [1, 2]
    assert counts(report) == (4, 2, 0, 0, 2)
    assert rejects(store) == [("a.ndjson", 3), ("a.ndjson", 5)]


def test_ndjson_cut_in_the_middle_of_its_last_line_loses_only_that_line(store, write):
    assert counts(store.load(write("a.ndjson", ndjson(ROWS)[:-20]))) == (4, 3, 0, 0, 1)
    assert rejects(store) == [("a.ndjson", 4)]


def test_a_bad_line_of_csv_is_rejected_with_its_number_and_text(store, write):
    content = "id,job_type,job_type_version,status\n1,m,1,RUNNING\n2,m,1,RUNNING,too,many\n3,m,1,RUNNING\n4,m\n"
    report = store.load(write("a.csv", content))
    assert ids(store.jobs()) == [1, 3]
    assert report.rejected == 2
    assert report.rows == 4
    assert {row["text"].strip() for row in store.rejects().to_dict("records")} == {"2,m,1,RUNNING,too,many", "4,m"}
    assert rejects(store) == [("a.csv", 2), ("a.csv", 4)]


def test_strict_refuses_the_whole_load_and_changes_nothing(store, write):
    store.load(write("good.json", ROWS[:1]))
    before = store.sql("FROM job")
    with pytest.raises(jt.LoadFailed, match=r"row 2.*id"):
        store.load(write("bad.json", [ROWS[1], ROWS[2] | {"id": "x"}, ROWS[3]]), strict=True)
    pd.testing.assert_frame_equal(store.sql("FROM job"), before)
    assert len(store.rejects()) == 0
    assert len(store.sql("FROM load")) == 1
    assert store.load(write("ok.json", ROWS), strict=True).new == 3


@pytest.mark.parametrize(
    ("resource", "columns", "missing"),
    [
        ("jobs", ["job_type", "job_type_version", "status"], "id"),
        ("jobs", ["id", "job_type", "job_type_version"], "status"),
        ("jobs", ["id", "status"], "job_type"),
        ("jobs", ["id", "status", "job_type"], "job_type_version"),
        ("job_types", ["id", "name"], "version"),
        ("errors", ["id"], "name"),
        ("job_type_revisions", ["id", "name", "version"], "revision_num"),
        ("job_executions", ["id"], "job_id"),
    ],
)
def test_a_table_without_a_required_column_is_refused_with_the_remedy(
    store, write, tmp_path, resource, columns, missing
):
    row = dict.fromkeys(columns, "1")
    for path in (write("a.csv", csv_text([row])), write_parquet(tmp_path / "a.parquet", [row])):
        with pytest.raises(jt.LoadFailed, match=rf"{missing}.*missing.*columns="):
            store.load(path, resource)
    assert store.sources == []


def test_a_json_input_where_every_row_lacks_something_required_is_not_silent(store, write):
    report = store.load(write("a.json", [{"identifier": 1}, {"identifier": 2}]))
    assert counts(report) == (2, 0, 0, 0, 2)
    assert "id" in store.rejects()["reason"].iloc[0]


@pytest.mark.parametrize("name", ["a.json", "a.csv", "a.parquet", "a.json.gz", "a.ndjson", "a.csv.gz"])
def test_an_empty_file_is_refused_or_says_that_it_is_empty(common, write, name):
    nothing_loads(common, write(name, b""))


@pytest.mark.parametrize("content", ["[]", '{"count": 0, "next": null, "previous": null, "results": []}'])
def test_an_empty_list_is_an_answer_without_rows(store, write, content):
    assert counts(store.load(write("a.json", content))) == (0, 0, 0, 0, 0)
    assert len(store.jobs()) == 0


def test_a_csv_with_a_header_only_has_no_rows(store, write):
    assert counts(store.load(write("a.csv", "id,job_type,job_type_version,status\n"))) == (0, 0, 0, 0, 0)


def test_nul_bytes_are_never_silent(store, write):
    """In JSON a NUL byte is no JSON; escaped it is text."""
    nothing_loads(store, write("a.json", b"\0" * 64))
    nothing_loads(store, write("a.csv", b"\0" * 64))
    lines = ndjson(ROWS[:3]).encode().splitlines()
    report = store.load(
        write("b.ndjson", b"\n".join([lines[0], lines[1].replace(b"mosaic", b"mo\0saic"), lines[2], b""]))
    )
    assert report.rows == 3
    assert report.rejected == 1
    assert ids(store.jobs()) == [1, 3]


def test_an_escaped_nul_inside_a_text_does_not_stop_the_load(store, write):
    rows = [ROWS[0], ROWS[1] | {"node": "a\u0000b"}, ROWS[2]]
    report = store.load(write("a.json", rows))
    assert report.rows == 3
    assert {1, 3} <= set(ids(store.jobs()))


@pytest.mark.parametrize("name", ["a.json", "a.ndjson", "a.csv"])
def test_what_is_not_utf_8_is_never_silent(store, write, name):
    rows = [ROWS[0] | {"node": "z"}, ROWS[1] | {"node": "Zürich"}, ROWS[2] | {"node": "z"}]
    content = {
        "a.json": json.dumps(rows, ensure_ascii=False),
        "a.ndjson": "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in rows),
        "a.csv": csv_text(rows),
    }[name]
    path = write(name, content.encode("latin-1"))
    try:
        report = store.load(path)
    except jt.LoadFailed as refused:
        assert name in str(refused)
        assert len(store.jobs()) == 0
    else:
        assert report.rejected >= 1
        assert report.rows == len(rows)
        assert 2 not in ids(store.jobs())


@pytest.mark.parametrize("name", ["a.json.gz", "a.ndjson.gz", "a.csv.gz"])
def test_an_archive_cut_in_the_middle_is_never_silent(store, write, name):
    rows = [
        flat_job(number, "m", "1", "COMPLETED", ago(number), node=f"n{number * 7919 % 10007}")
        for number in range(1, 2000)
    ]
    content = {"a.json.gz": json.dumps(rows), "a.ndjson.gz": ndjson(rows), "a.csv.gz": csv_text(rows)}[name]
    packed = gzip.compress(content.encode())
    path = write(name, packed[: len(packed) // 2])
    try:
        report = store.load(path)
    except jt.LoadFailed:
        assert len(store.sql("FROM load")) == 0
        assert len(store.jobs()) == 0
    else:
        assert report.rejected >= 1
        assert 0 < report.new < len(rows)


def test_a_parquet_file_that_is_none_is_refused_by_name(store, write):
    for content in (b"PAR1 but not really PAR1", b"hello"):
        with pytest.raises(jt.LoadFailed, match=r"a\.parquet"):
            store.load(write("a.parquet", content))
    assert store.sources == []


def test_an_archive_that_is_none_is_never_silent(store, write):
    for name, content in {
        "a.json.gz": json.dumps(ROWS),
        "a.csv.gz": csv_text(ROWS),
        "a.ndjson.gz": ndjson(ROWS),
    }.items():
        nothing_loads(store, write(name, content))


def test_deeply_nested_json_does_not_break_the_load(store, write):
    deep = "[" * 3000 + "]" * 3000
    content = f'[{json.dumps(ROWS[0])}, {json.dumps(ROWS[1])[:-1]}, "deep": {deep}}}, {json.dumps(ROWS[2])}]'
    try:
        report = store.load(write("a.json", content))
    except jt.LoadFailed:
        assert len(store.jobs()) == 0
    else:
        assert report.rows == 3
        assert {1} <= set(ids(store.jobs()))


def test_a_file_of_unknown_kind_is_tried_as_json(store, write):
    assert store.load(write("history.dump", page(ROWS))).new == 4
    nothing_loads(store, write("readme.md", "# Not a history\n"))


def test_a_failed_load_leaves_no_trace(store, write):
    store.load(write("a.json", page(JOBS)))
    before = {
        name: store.sql(f"SELECT count(*) AS n FROM {name}")["n"].iloc[0] for name in set(store.tables()["table"])
    }
    for name, content in {"b.json": b"", "c.csv": b"a,b\n1,2\n", "d.parquet": b"x"}.items():
        with pytest.raises(jt.LoadFailed):
            store.load(write(name, content))
    after = {name: store.sql(f"SELECT count(*) AS n FROM {name}")["n"].iloc[0] for name in set(store.tables()["table"])}
    assert after == before
    assert not [name for name in before if name.startswith(("incoming", "raw", "document"))]


def test_duplicate_column_names_of_a_csv_do_not_mix_up_values(store, write):
    content = "id,status,job_type,job_type_version,status\n1,RUNNING,m,1,COMPLETED\n"
    try:
        store.load(write("a.csv", content))
    except jt.LoadFailed:
        assert len(store.jobs()) == 0
    else:
        assert list(store.jobs()["status"]) == ["RUNNING"]


def test_keys_that_differ_only_in_case_are_no_error(store, write):
    """JSON tells `ID` from `id`; a table of DuckDB does not."""
    report = store.load(write("a.json", [ROWS[0] | {"ID": "other", "Status": "other"}]))
    assert counts(report) == (1, 1, 0, 0, 0)
    assert list(store.jobs()["status"]) == ["COMPLETED"]


def test_the_report_and_the_table_of_loads_agree(store, write):
    report = store.load(write("a.json", [*ROWS, {"id": "x"}]), source="mine")
    row = store.sql("FROM load").iloc[0]
    assert (row["load_id"], row["source"], row["resource"]) == (report.load_id, "mine", "jobs")
    assert tuple(int(row[name]) for name in ("rows", "new", "changed", "unchanged", "rejected")) == counts(report)
    assert row["observed"] == pd.Timestamp(NOW)
    for number in ("5", "4", "1"):
        assert number in str(report)


def test_rejects_can_be_had_of_one_load(store, write):
    first = store.load(write("a.json", [ROWS[0], {"id": "x"}]))
    second = store.load(write("b.json", [ROWS[1], {"id": "y"}, {"id": "z"}]))
    assert len(store.rejects()) == 3
    assert len(store.rejects(first.load_id)) == 1
    assert len(store.rejects(second.load_id)) == 2
    assert len(jt.open().rejects()) == 0
    assert list(jt.open().rejects().dtypes.astype(str)) == list(store.rejects().dtypes.astype(str))


def test_where_each_row_came_from_is_kept(store, write):
    store.load(write("a.json", ROWS[:2]))
    second = store.load(write("b.json", ROWS))
    found = store.sql("SELECT id, load_id FROM job ORDER BY id")
    assert list(found["load_id"]) == [1, 1, second.load_id, second.load_id]


def test_revisions_by_name_and_version_find_their_job_type(store, write):
    store.load(write("t.json", page(JOB_TYPES)), "job_types")
    flat = [
        {
            "id": 500,
            "name": "chip-maker",
            "version": "1.10.0",
            "revision_num": 9,
            "docker_image": "x",
            "created": text(ago(1)),
        }
    ]
    assert store.load(write("r.csv", csv_text(flat)), "job_type_revisions").new == 1
    assert list(store.revisions("chip-maker", "1.10.0")["revision_num"]) == [9]
    assert revision(1, CHIPS, 1)["job_type"]["id"] == 3
    sound(store)


def test_tags_that_are_no_texts_do_not_break_a_keyword(store, write):
    odd = [
        job_type(1, "a", "1", manifest={**manifest("a", "1"), "job": {"tags": "one text"}}),
        job_type(2, "b", "1", manifest={"job": {"tags": [1, None, {"x": 1}]}}),
        job_type(3, "c", "1", manifest=[]),
        job_type(4, "d", "1", manifest=None),
        job_type(5, "e", "1", manifest={"job": {"tags": ["sea"]}}),
    ]
    store.load(write("t.json", page(odd)), "job_types")
    found = store.job_types(keyword="sea")
    assert list(found["id"]) == [5]
    assert any("1 job type" in note and "manifest" in note for note in found.attrs["notes"])


def test_observed_is_the_clock_and_now_is_the_newest_job(write):
    store = jt.open(clock=lambda: datetime(2030, 1, 1, tzinfo=UTC))
    store.load(write("a.json", ROWS))
    assert store.as_of == ago(7, 123)
    found = store.status()
    assert found.attrs["now"] == text(ago(7, 123))
    assert found.attrs["observed"] == "2030-01-01T00:00:00Z"


def test_rejected_rows_of_csv_keep_their_numbers_also_behind_a_line_that_is_no_row(store, write):
    content = (
        "id,job_type,job_type_version,status\n1,m,1,RUNNING\n2,m,1,RUNNING,too,many\n3,m,1,RUNNING\nx,m,1,RUNNING\n"
    )
    store.load(write("a.csv", content))
    assert rejects(store) == [("a.csv", 2), ("a.csv", 4)]


def test_rejected_lines_of_csv_keep_their_numbers_also_behind_a_row_of_several_lines(store, write):
    content = 'id,job_type,job_type_version,status\n1,"m\nn",1,RUNNING\n2,m,1,RUNNING,too,many\n3,m,1,RUNNING\n'
    store.load(write("a.csv", content))
    assert ids(store.jobs()) == [1, 3]
    assert rejects(store) == [("a.csv", 2)]


@pytest.mark.parametrize("shape", ["page", "csv", "parquet"])
def test_a_mapped_column_wins_over_one_that_has_our_name_already(store, tmp_path, shape):
    rows = [{"job": 7, "id": 1, "job_type": "m", "job_type_version": "1", "status": "RUNNING"}]
    path = {**JSON_SHAPES, **FLAT_SHAPES}[shape](tmp_path, "a", rows)
    store.load(path, columns={"job": "id"})
    assert ids(store.jobs()) == [7]


def test_two_columns_for_one_of_ours_are_refused(store, write):
    with pytest.raises((jt.InvalidParameter, jt.LoadFailed), match="id"):
        store.load(
            write("a.csv", "a,b,job_type,job_type_version,status\n1,2,m,1,RUNNING\n"), columns={"a": "id", "b": "id"}
        )


def test_a_mapping_of_a_column_that_is_not_there_is_not_silent(store, write):
    """A typing error in `columns=` would leave a column unread."""
    path = write("a.csv", csv_text(ROWS))
    try:
        report = store.load(path, columns={"no_such_column": "node"})
    except (jt.InvalidParameter, jt.LoadFailed) as refused:
        assert "no_such_column" in str(refused)
    else:
        assert "no_such_column" in str(report)


def test_nulls_inside_unknown_objects_are_kept(store, write):
    store.load(write("a.json", [ROWS[0] | {"place": {"room": None, "floor": 3}}]))
    assert json.loads(store.sql("SELECT extra FROM job")["extra"].iloc[0]) == {"place": {"room": None, "floor": 3}}


def test_a_status_is_mapped_to_one_of_v6_whatever_its_case(store, write):
    store.load(write("a.json", [ROWS[0] | {"status": "OK"}]), statuses={"OK": "completed"})
    assert list(store.jobs()["status"]) == ["COMPLETED"]


def test_blanks_around_a_value_of_a_table_do_not_reject_it(store, write):
    store.load(write("a.csv", "id,job_type,job_type_version,status,num_exes\n 1 ,m,1, RUNNING , 2 \n"))
    row = store.jobs().iloc[0]
    assert (row["id"], row["status"], row["num_exes"]) == (1, "RUNNING", 2)


NUMBERS = ["1e3", "1.0", " 12 ", "1_000", "12abc", "9" * 30, "-5", "+7", "1,000", "٣"]
FRACTIONS = [1.5, -0.5, 1e300, 2.0**63]


@pytest.fixture(scope="module")
def numbers(tmp_path_factory) -> Loaded:
    return Loaded(tmp_path_factory.mktemp("numbers"), "ndjson", [{"id": one} for one in [*NUMBERS, *FRACTIONS]])


@pytest.mark.parametrize("written", NUMBERS)
def test_a_number_as_text_is_that_number_or_a_reject_and_never_another_number(numbers, written):
    case = NUMBERS.index(written)
    if numbers.reject(case) is None:
        assert numbers.job(case)["id"] == int(float(written.strip()))


@pytest.mark.parametrize("number", FRACTIONS)
def test_a_number_with_a_fraction_is_no_id(numbers, number):
    assert "id" in numbers.reject(len(NUMBERS) + FRACTIONS.index(number))["reason"]


MOMENTS = [
    "infinity",
    "-infinity",
    "epoch",
    "now",
    "today",
    "2026-03-01T24:00:00Z",
    "2026-03-01T11:50:60Z",
    "20260301T115000Z",
    "1772365800",
    "2026-03-01T11:50:00 UTC",
    "2026-060T00:00:00Z",
]


@pytest.fixture(scope="module")
def moments(tmp_path_factory) -> Loaded:
    cases = [{"last_status_change": one} for one in MOMENTS]
    return Loaded(tmp_path_factory.mktemp("moments"), "ndjson", cases)


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_time_that_v6_does_not_know_is_rejected_and_never_another_time(moments, moment):
    case = MOMENTS.index(moment)
    if moments.reject(case) is None:
        meant = {"2026-03-01T24:00:00Z": "2026-03-02T00:00:00Z", "2026-03-01T11:50:60Z": "2026-03-01T11:51:00Z"}
        expected = pd.Timestamp(meant.get(moment, "2026-03-01T11:50:00Z"))
        assert moments.job(case)["last_status_change"] == expected


FAR = ["290000-01-01T00:00:00Z", "10000-01-01T00:00:00Z", "0044-03-15 (BC) 12:00:00Z", "-0044-03-15T12:00:00Z"]
OF_PARQUET = ["infinity", "-infinity", "290000-01-01T00:00:00Z"]


@pytest.fixture(scope="module", params=["page", "csv", "parquet"])
def far(request, tmp_path_factory) -> Loaded:
    moments = OF_PARQUET if request.param == "parquet" else FAR
    return Loaded(tmp_path_factory.mktemp("far"), request.param, [{"last_status_change": one} for one in moments])


def test_a_time_outside_the_years_1_to_9999_is_rejected_and_does_not_spoil_the_store(far):
    for case in range(far.report.rejected):
        assert "last_status_change" in far.reject(case)["reason"]
    assert far.report.rejected >= len(OF_PARQUET)
    assert ids(far.store.jobs()) == [1, 3]
    assert far.store.as_of == ago(8)
    assert "2 jobs" in repr(far.store)


def test_a_store_with_strange_times_answers(moments):
    assert moments.store.as_of is not None
    assert len(moments.store.status(started="P1D"))


def test_one_error_name_under_several_categories_loads_twice_without_a_change(store, write):
    rows = [
        flat_job(id, "m", "1", "FAILED", ago(id), "odd", **({"error_category": category} if category else {}))
        for id, category in enumerate(["SYSTEM", "DATA", None], 1)
    ]
    store.load(write("a.json", rows))
    before = store.jobs(order="id")["error_id"]
    assert counts(store.load(write("a.json", rows))) == (3, 0, 0, 3, 0)
    assert list(store.jobs(order="id")["error_id"]) == list(before)


@pytest.mark.parametrize("name", ["a[1].csv", "a*b.ndjson", "what?.json", "[x].json.gz"])
def test_a_file_whose_name_looks_like_a_pattern_is_that_file(common, tmp_path, name):
    text = csv_text(ROWS) if name.endswith("csv") else "".join(json.dumps(one) + "\n" for one in ROWS)
    if ".json" in name:
        text = json.dumps(ROWS)
    data = text.encode()
    (tmp_path / name).write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    (tmp_path / "a1.csv").write_bytes(b"not this one")
    assert common.load(tmp_path / name, source=name).new == len(ROWS)


# A bar.


@pytest.mark.parametrize(
    ("progress", "is_terminal", "shown"),
    [(None, False, False), (None, True, True), (True, False, True), (False, True, False)],
)
def test_a_bar_is_shown_if_asked_for_and_else_only_on_a_terminal(
    common, write, monkeypatch, progress, is_terminal, shown
):
    made = []
    monkeypatch.setattr(
        "jobtype_toolkit.store.ingest.load.tqdm", lambda **given: made.append(given) or nullcontext(Bar())
    )
    monkeypatch.setattr("sys.stderr.isatty", lambda: is_terminal)
    common.load(write("a.json", []), source="nothing", progress=progress)
    assert [not given["disable"] for given in made] == [shown]


class Bar:
    def update(self, steps: int) -> None:
        """Move on."""


# Parquet whose statistics tell that nothing is wrong in it is not looked through for bad rows.


FIRST_ROWS: list[tuple[dict[str, object], bool]] = [
    ({}, True),
    ({"created": None}, True),
    ({"status": " "}, False),
    ({"status": ""}, False),
    ({"status": None}, False),
    ({"status": " RUNNING"}, False),
    ({"id": None}, False),
    ({"job_type_id": None}, False),
    ({"created": "infinity"}, False),
    ({"created": "290000-01-01 00:00:00+00"}, False),
    ({"created": "0001-01-01 00:00:00+00"}, True),
    ({"created": "9999-12-31 23:59:59.999999+00"}, True),
]
"""What the first of three rows says, and whether it is sound."""


@pytest.fixture(scope="module")
def looked_through(tmp_path_factory) -> tuple[Path, jt.Store]:
    """A folder with a file per case of `FIRST_ROWS`, and a store that has looked through all of them."""
    folder = tmp_path_factory.mktemp("statistics")
    usual = {"job_type_id": 1, "status": "RUNNING", "created": "2026-01-01 00:00:00+00"}
    for case, (first, _) in enumerate(FIRST_ROWS):
        rows = [{"id": 10 * case + place} | usual for place in range(3)]
        write_parquet(folder / f"{case:02}.parquet", [rows[0] | first, *rows[1:]])
    store = jt.open()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(staging, "are_sound", lambda *given: False)
        store.load(folder, source="looked through")
    return folder, store


@pytest.mark.parametrize("case", range(len(FIRST_ROWS)), ids=[f"{one}" for one, _ in FIRST_ROWS])
def test_statistics_of_a_parquet_file_never_hide_a_bad_row(looked_through, monkeypatch, case):
    folder, store = looked_through
    file, judged = folder / f"{case:02}.parquet", []
    judge = staging.are_sound
    monkeypatch.setattr(staging, "are_sound", lambda *given: judged.append(judge(*given)) or judged[-1])
    report = store.load(file, source=f"case {case}")
    assert judged == [FIRST_ROWS[case][1]]
    kept = [
        store.sql(
            "SELECT * EXCLUDE (source, load_id) FROM job WHERE source = $source AND id // 10 = $case ORDER BY id",
            source=source,
            case=case,
        )
        for source in (f"case {case}", "looked through")
    ]
    pd.testing.assert_frame_equal(*kept)
    assert (report.new, report.rejected) == (len(kept[1]), 3 - len(kept[1]))
    told = store.rejects().query(f"file == {str(file)!r}").groupby("source")["reason"].agg(list)
    assert told.get(f"case {case}", []) == told.get("looked through", [])
