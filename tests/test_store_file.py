"""The file behind a store: locks, copies, versions, upkeep, and what goes wrong with files."""

from __future__ import annotations

import hashlib
import json
import os
import resource
import shutil
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from asking import filled as small
from children import PATIENCE, PIPE, Child, run
from histories import (
    CHIPS,
    ERRORS,
    JOB_TYPES,
    JOBS,
    NODE_LOST,
    NOW,
    RESOURCES,
    ago,
    execution,
    flat_job,
    job,
    page,
    text,
)
from sizes import and_in_soak, sizes

import jobtype_toolkit as jt
from jobtype_toolkit.store import schema
from jobtype_toolkit.store.connection import POOL
from jobtype_toolkit.store.engine import Database
from jobtype_toolkit.sync.report import Disagreement, PullReport

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[1]


def interpreter(code: str, *arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run code in an interpreter that is started for it, with the package importable, and wait for its end."""
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
    )


class Other(Child):
    """Another process that runs code, says `ready` and waits for a line before it goes on."""

    def __init__(self, code: str, *arguments: object) -> None:
        super().__init__(code, *arguments, stdin=PIPE)
        assert self.line() == "ready"

    def line(self) -> str:
        return self.stdout.readline().strip()

    def go_on(self) -> str:
        out, _ = self.communicate("go\n")
        assert self.returncode == 0
        return out.strip()


@pytest.fixture(scope="session")
def template(tmp_path_factory) -> Path:
    """The file of a store with the small history, to be copied."""
    folder = tmp_path_factory.mktemp("template")
    path = folder / "ops.duckdb"
    records = {**RESOURCES, "job_executions": [execution(11, JOBS[0]), execution(12, JOBS[4])]}
    with jt.open(path, clock=lambda: NOW) as store:
        for resource_name, bodies in records.items():
            (folder / f"{resource_name}.json").write_text(json.dumps(page(bodies)))
            store.load(folder / f"{resource_name}.json", resource_name)
    return path


@pytest.fixture
def filled(tmp_path, template) -> Path:
    """The file of a store with the small history."""
    return Path(shutil.copy(template, tmp_path / "ops.duckdb"))


def ids(frame: pd.DataFrame) -> list[int]:
    return sorted(int(one) for one in frame["id"])


# Opening.


def test_a_missing_file_is_made_when_asked_for(tmp_path):
    path = tmp_path / "new.duckdb"
    with jt.open(path, create=True) as store:
        assert path.exists()
        assert len(store.jobs()) == 0
        assert store.path == path


@pytest.mark.parametrize(
    "write_something",
    [
        lambda store, page_: store.load(page_),
        lambda store, _: store.set_workspaces({"products": True}),
        lambda store, _: store.add(
            jt.Manifest.new("late", maintainer={"name": "Operations", "email": "ops@example.com"}),
            docker_image="late-1.0.0-seed:1.0.0",
        ).send(),
    ],
    ids=["load", "set_workspaces", "add"],
)
def test_the_first_write_makes_a_missing_file(tmp_path, write, write_something):
    path = tmp_path / "new.duckdb"
    store = jt.open(path)
    assert not path.exists()
    write_something(store, write("j.json", page(JOBS)))
    assert path.exists()
    assert store.check().is_sound


@pytest.mark.parametrize(
    "read",
    [
        lambda store: store.jobs(),
        lambda store: store.sql("FROM job"),
        lambda store: store.tables(),
        lambda store: store.check(),
        lambda store: store.sources,
        lambda store: store.publish("copy.duckdb"),
        lambda store: store.export("out"),
        lambda store: store.forget(1),
        lambda store: store.prune(before="P1D"),
        lambda store: store.edit("a", "1", is_paused=True),
    ],
)
def test_a_read_of_a_missing_file_names_the_nearest_and_makes_nothing(tmp_path, filled, monkeypatch, read):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(jt.InputNotFound, match=r"ops2\.duckdb.*Did you mean 'ops\.duckdb'"):
        read(jt.open("ops2.duckdb"))
    assert "ops2.duckdb" in repr(jt.open("ops2.duckdb"))
    assert [one.name for one in tmp_path.iterdir() if one.is_file()] == ["ops.duckdb"]


@pytest.mark.parametrize("create", [False, True])
def test_an_empty_file_is_refused_and_left_alone(tmp_path, create):
    path = tmp_path / "empty.duckdb"
    path.touch()
    with pytest.raises(jt.NotAStore, match="empty"):
        jt.open(path, create=create)
    assert path.read_bytes() == b""


def test_what_was_loaded_is_there_after_reopening(filled):
    with jt.open(filled) as store:
        assert ids(store.jobs()) == [one["id"] for one in JOBS]
        assert store.check().is_sound


def test_a_missing_file_is_not_made_to_be_read(tmp_path):
    with pytest.raises(jt.InputNotFound, match=r"no\.duckdb"):
        jt.open(tmp_path / "no.duckdb", read_only=True)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_does_not_exist_is_named(tmp_path):
    with pytest.raises(jt.StoreError, match="does not exist"):
        jt.open(tmp_path / "no" / "such.duckdb")


@pytest.mark.parametrize(
    "content", [b"id,status\n1,RUNNING\n", b"{}", b"\0" * 4096, b"x", b"SQLite format 3\0" + b"\0" * 100]
)
def test_a_file_that_is_no_duckdb_file_is_refused_and_left_alone(tmp_path, content):
    path = tmp_path / "history.csv"
    path.write_bytes(content)
    with pytest.raises(jt.NotAStore, match=r"history\.csv"):
        jt.open(path)
    assert path.read_bytes() == content


def test_a_folder_is_no_store(tmp_path):
    with pytest.raises(jt.NotAStore, match="folder"):
        jt.open(tmp_path)


def test_a_duckdb_file_that_the_toolkit_did_not_make_is_refused_and_left_alone(tmp_path):
    path = tmp_path / "theirs.duckdb"
    con = duckdb.connect(str(path))
    con.execute("CREATE TABLE sales AS SELECT 1 AS amount")
    con.close()
    with pytest.raises(jt.NotAStore, match="not a store"):
        jt.open(path).jobs()
    con = duckdb.connect(str(path), read_only=True)
    assert [name for (name,) in con.execute("SELECT table_name FROM duckdb_tables()").fetchall()] == ["sales"]
    con.close()


def test_a_store_cut_in_the_middle_is_refused_with_a_clear_error(filled):
    whole = filled.read_bytes()
    filled.write_bytes(whole[: len(whole) // 3])
    with pytest.raises(jt.StoreError, match=r"ops\.duckdb"):
        jt.open(filled).check()


def test_a_read_only_store_refuses_every_write_and_answers_every_read(filled, write, tmp_path):
    store = jt.open(filled, read_only=True)
    assert len(store.jobs()) == len(JOBS)
    for attempt in (
        lambda: store.load(write("j.json", page(JOBS))),
        lambda: store.forget(1),
        lambda: store.prune(before="P1D"),
    ):
        with pytest.raises(jt.StoreReadOnly, match="read_only"):
            attempt()
    assert store.check().is_sound
    store.publish(tmp_path / "copy.duckdb")
    store.export(tmp_path / "out")


def test_a_file_that_may_only_be_read_can_be_read(filled):
    filled.chmod(0o444)
    assert len(jt.open(filled, read_only=True).jobs()) == len(JOBS)


# Versions of the schema.


def set_version(path: Path, number: int) -> None:
    con = duckdb.connect(str(path))
    con.execute("UPDATE meta SET schema_version = ?", [number])
    con.close()


def test_a_file_of_a_newer_schema_is_refused_with_the_remedy(filled):
    set_version(filled, schema.SCHEMA_VERSION + 7)
    for read_only in (True, False):
        with pytest.raises(jt.StoreVersion, match=rf"{schema.SCHEMA_VERSION + 7}.*Upgrade"):
            jt.open(filled, read_only=read_only).jobs()


@pytest.fixture
def later_release(monkeypatch, tmp_path):
    """A release that knows one more version of the schema: errors have an owner."""
    migrations = tmp_path / "package" / "migrations"
    migrations.mkdir(parents=True)
    number = schema.SCHEMA_VERSION + 1
    (migrations / f"{number:04}.sql").write_text("ALTER TABLE error ADD COLUMN owner VARCHAR;")

    def upgrade() -> int:
        monkeypatch.setattr(schema, "SCHEMA_VERSION", number)
        monkeypatch.setattr(schema, "files", lambda _: tmp_path / "package")
        monkeypatch.setattr(schema.migrate, "__kwdefaults__", {"to": number})
        return number

    return upgrade


def test_an_older_file_is_upgraded_when_it_is_written(filled, write, later_release):
    number = later_release()
    with jt.open(filled) as store:
        store.load(write("j.json", page([job(900, CHIPS, "RUNNING", ago(1))])))
        assert int(store.sql("SELECT schema_version FROM meta")["schema_version"].iloc[0]) == number
        assert store.sql("SELECT owner FROM error")["owner"].isna().all()
        assert len(store.jobs()) == len(JOBS) + 1
        assert store.check().is_sound


def test_an_older_file_is_upgraded_when_it_is_read_by_a_store_that_may_write(filled, later_release):
    number = later_release()
    with jt.open(filled) as store:
        assert len(store.jobs()) == len(JOBS)
        assert int(store.sql("SELECT schema_version FROM meta")["schema_version"].iloc[0]) == number


def test_an_older_file_that_may_only_be_read_is_refused_with_the_remedy(filled, later_release):
    later_release()
    with pytest.raises(jt.StoreVersion, match="without read_only"):
        jt.open(filled, read_only=True).jobs()


def test_a_migration_that_fails_leaves_the_file_as_it_was(filled, later_release, tmp_path, monkeypatch):
    number = later_release()
    (tmp_path / "package" / "migrations" / f"{number:04}.sql").write_text(
        "ALTER TABLE error ADD COLUMN owner VARCHAR; ALTER TABLE no_such_table ADD COLUMN x INTEGER;"
    )
    with pytest.raises((jt.ToolkitError, duckdb.Error)):
        jt.open(filled).jobs()
    monkeypatch.undo()
    with jt.open(filled) as store:
        assert len(store.jobs()) == len(JOBS)
        assert "owner" not in set(store.tables()["column"])
        assert store.check().is_sound


def test_a_store_that_is_opened_again_is_read_in_the_duckdb_that_it_had(filled, monkeypatch):
    made, connect = [], duckdb.connect
    monkeypatch.setattr(duckdb, "connect", lambda *given, **more: made.append(given) or connect(*given, **more))
    for _ in range(3):
        with jt.open(filled) as store:
            assert len(store.jobs()) == len(JOBS)
    assert len(made) <= 1


# Locks.

HOLD_FOR_WRITING = """
import sys, duckdb
con = duckdb.connect(sys.argv[1])
print("ready", flush=True)
sys.stdin.readline()
"""
HOLD_FOR_READING = HOLD_FOR_WRITING.replace("connect(sys.argv[1])", "connect(sys.argv[1], read_only=True)")
NOTEBOOK = """
import sys, jobtype_toolkit as jt
store = jt.open(sys.argv[1], idle=0.2)
print("ready" if len(store.jobs()) else "nothing", flush=True)
sys.stdin.readline()
print(len(store.jobs()))
"""


def test_who_waits_too_long_is_told_which_process_holds_the_file(filled, write):
    store = jt.open(filled, wait=0.3)
    with Other(HOLD_FOR_WRITING, filled) as other:
        for attempt in (store.jobs, lambda: store.load(write("j.json", page(JOBS)))):
            with pytest.raises(jt.StoreLocked, match=rf"ops\.duckdb.*{other.pid}"):
                attempt()
    assert len(store.jobs()) == len(JOBS)


def test_a_reader_elsewhere_keeps_writers_out_and_readers_not(filled, write):
    store = jt.open(filled, wait=0.3)
    with Other(HOLD_FOR_READING, filled) as other:
        assert len(store.jobs()) == len(JOBS)
        store.close()
        with pytest.raises(jt.StoreLocked, match=str(other.pid)):
            store.load(write("j.json", page(JOBS)))


def test_who_waits_gets_the_file_as_soon_as_it_is_free(filled, write):
    store = jt.open(filled, wait=PATIENCE)
    with Other(HOLD_FOR_WRITING, filled) as other:
        freed = threading.Timer(0.5, other.go_on)
        freed.start()
        assert store.load(write("j.json", page([job(900, CHIPS, "RUNNING", ago(1))]))).new == 1
        freed.join()


def test_an_open_idle_notebook_does_not_shut_out_a_writer(filled, write):
    with Other(NOTEBOOK, filled) as notebook, jt.open(filled, wait=PATIENCE) as store:
        assert store.load(write("j.json", page([job(900, CHIPS, "RUNNING", ago(1))]))).new == 1
        store.close()
        assert notebook.go_on() == str(len(JOBS) + 1)


def test_the_file_is_let_go_after_some_idle_time_and_at_once_by_close(filled):
    store = jt.open(filled, idle=0.1)
    store.jobs()
    until = time.monotonic() + PATIENCE
    while store._database.is_open and time.monotonic() < until:
        time.sleep(0.02)
    assert not store._database.is_open
    keeping = jt.open(filled, idle=0.1)
    keeping.jobs()
    keeping.close()
    assert not keeping._database.is_open
    assert len(keeping.jobs()) == len(JOBS)


def test_an_idle_time_is_that_of_the_store_that_asks(filled):
    """Two stores on one file share its connection, each with its own patience."""
    slow = jt.open(filled, idle=2 * PATIENCE)
    quick = jt.open(filled, idle=0.05)
    quick.jobs()
    until = time.monotonic() + PATIENCE
    while quick._database.is_open and time.monotonic() < until:
        time.sleep(0.02)
    held = quick._database.is_open
    slow.close()
    assert not held


def test_a_wait_is_that_of_the_store_that_asks(filled, write):
    patient = jt.open(filled, wait=2 * PATIENCE)
    hasty = jt.open(filled, wait=0.2)
    with Other(HOLD_FOR_WRITING, filled):
        outcome: list[type] = []

        def attempt() -> None:
            try:
                hasty.jobs()
            except jt.StoreLocked as error:
                outcome.append(type(error))

        waiting = threading.Thread(target=attempt, daemon=True)
        waiting.start()
        waiting.join(PATIENCE)
    assert outcome == [jt.StoreLocked]
    assert len(patient.jobs()) == len(JOBS)


def test_two_stores_on_one_file_in_one_process_see_each_others_rows(filled, write):
    one, other = jt.open(filled), jt.open(filled)
    assert len(other.jobs()) == len(JOBS)
    one.load(write("j.json", page([job(900, CHIPS, "RUNNING", ago(1))])))
    assert len(other.jobs()) == len(JOBS) + 1
    other.load(write("k.json", page([job(901, CHIPS, "RUNNING", ago(1))])))
    assert len(one.jobs()) == len(JOBS) + 2


def test_the_same_file_by_another_path_is_the_same_store(filled, write, monkeypatch):
    link = filled.with_name("link.duckdb")
    link.symlink_to(filled)
    monkeypatch.chdir(filled.parent)
    stores = [jt.open(filled), jt.open(link), jt.open("ops.duckdb"), jt.open(str(filled))]
    stores[1].load(write("j.json", page([job(900, CHIPS, "RUNNING", ago(1))])))
    assert {len(store.jobs()) for store in stores} == {len(JOBS) + 1}


def test_a_read_only_and_a_writing_store_on_one_file_in_one_process_get_along(filled, write):
    reader, writer = jt.open(filled, read_only=True), jt.open(filled)
    assert len(reader.jobs()) == len(JOBS)
    writer.load(write("j.json", page([job(900, CHIPS, "RUNNING", ago(1))])))
    assert len(reader.jobs()) == len(JOBS) + 1


@pytest.mark.slow
@sizes(5, 50)
@pytest.mark.parametrize("place", ["file", "memory"])
def test_threads_ask_and_load_at_the_same_time(tmp_path, write, place, size):
    store = jt.open(tmp_path / "t.duckdb" if place == "file" else ":memory:", idle=0.05, wait=PATIENCE)
    store.load(write("t.json", page(JOB_TYPES)), "job_types")
    inputs = [write(f"{n}.json", page([job(n * 10 + k, CHIPS, "RUNNING", ago(1)) for k in range(5)])) for n in range(6)]
    faults: list[BaseException] = []
    seen: list[int] = []

    def guarded(action) -> None:
        try:
            action()
        except BaseException as error:  # noqa: BLE001 - a thread hands everything on
            faults.append(error)

    def ask() -> None:
        for _ in range(size):
            seen.append(len(store.jobs()))
            assert int(store.status()["count"].sum()) % 5 == 0

    actions = [ask, ask, ask, *(lambda path=path: store.load(path) for path in inputs)]
    threads = [threading.Thread(target=guarded, args=(action,), daemon=True) for action in actions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert not any(thread.is_alive() for thread in threads)
    assert faults == []
    assert all(count % 5 == 0 for count in seen)  # a load is seen as a whole or not at all
    assert len(store.jobs()) == 30
    assert store.check().is_sound


def test_a_failed_load_does_not_block_the_store(filled, write):
    store = jt.open(filled)
    with pytest.raises(jt.LoadFailed):
        store.load(write("bad.csv", "a,b\n1,2\n"))
    with pytest.raises(jt.InputNotFound):
        store.load("no such file")
    assert len(store.jobs()) == len(JOBS)
    assert store.load(write("j.json", page(JOBS))).unchanged == len(JOBS)


# Publish.


def test_a_published_copy_is_a_read_only_store_with_the_same_answers(filled, tmp_path):
    store = jt.open(filled)
    target = store.publish(tmp_path / "pub" / "ops.duckdb")
    assert stat.S_IMODE(target.stat().st_mode) == 0o444
    copy = jt.open(target, read_only=True)
    pd.testing.assert_frame_equal(copy.status(started="P90D"), store.status(started="P90D"))
    pd.testing.assert_frame_equal(copy.jobs(), store.jobs())
    pd.testing.assert_frame_equal(copy.tables(), store.tables())
    assert copy.check().is_sound
    assert [one.name for one in target.parent.iterdir()] == ["ops.duckdb"]


def test_a_published_copy_replaces_the_former_and_its_readers_keep_what_they_have(filled, tmp_path, write):
    store = jt.open(filled)
    target = store.publish(tmp_path / "pub.duckdb")
    with Other(HOLD_AND_COUNT, target) as reader:
        store.load(write("j.json", page([job(900, CHIPS, "RUNNING", ago(1))])))
        store.publish(target)
        assert reader.go_on() == str(len(JOBS))
    assert len(jt.open(target, read_only=True).jobs()) == len(JOBS) + 1


HOLD_AND_COUNT = """
import sys, duckdb
con = duckdb.connect(sys.argv[1], read_only=True)
print("ready", flush=True)
sys.stdin.readline()
print(con.execute("SELECT count(*) FROM job").fetchone()[0])
"""


def test_a_store_in_memory_can_be_published(store, write, tmp_path):
    store.load(write("j.json", page(JOBS)))
    copy = jt.open(store.publish(tmp_path / "copy.duckdb"), read_only=True)
    assert len(copy.jobs()) == len(JOBS)


def test_an_open_reader_in_this_process_sees_the_new_copy(filled, tmp_path, write):
    store = jt.open(filled)
    target = store.publish(tmp_path / "pub.duckdb")
    copy = jt.open(target, read_only=True, idle=0.05)
    assert len(copy.jobs()) == len(JOBS)
    store.load(write("j.json", page([job(900, CHIPS, "RUNNING", ago(1))])))
    store.publish(target)
    copy.close()
    assert len(copy.jobs()) == len(JOBS) + 1


def test_a_store_is_not_published_over_itself(filled):
    with pytest.raises(jt.InvalidParameter, match="itself"):
        jt.open(filled).publish(filled)
    assert len(jt.open(filled).jobs()) == len(JOBS)


def test_publish_to_a_path_with_a_quote_works(filled, tmp_path):
    target = jt.open(filled).publish(tmp_path / "it's here" / "o'ps.duckdb")
    assert len(jt.open(target, read_only=True).jobs()) == len(JOBS)


def test_publish_to_where_a_folder_is_fails_clearly_and_leaves_nothing_behind(filled, tmp_path):
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "file").touch()
    with pytest.raises(jt.StoreError):
        jt.open(filled).publish(tmp_path / "taken")
    with pytest.raises(jt.StoreError):
        jt.open(filled).publish(tmp_path / "taken" / "file" / "x.duckdb")
    assert [one.name for one in tmp_path.iterdir() if one.name.startswith(".")] == []


# Export.


def test_what_is_exported_loads_into_an_equal_store(filled, tmp_path):
    store = jt.open(filled)
    written = store.export(tmp_path / "out")
    assert written == {"jobs": 33, "job_types": 6, "job_type_revisions": 5, "errors": 5, "job_executions": 2}
    copy = jt.open(clock=lambda: NOW)
    for name in ("job_types", "job_type_revisions", "errors", "jobs", "job_executions"):
        report = copy.load(tmp_path / "out", name)
        assert (report.new, report.rejected) == (written[name], 0)
    for call in (
        "job_type_names",
        "job_types",
        "status",
        "pending",
        "running",
        "system_failures",
        "queue_status",
        "jobs",
        "errors",
    ):
        pd.testing.assert_frame_equal(getattr(copy, call)(), getattr(store, call)())
    assert copy.job_type("chip-maker", "1.10.0") == store.job_type("chip-maker", "1.10.0")
    assert copy.revision("chip-maker", "1.10.0", 2) == store.revision("chip-maker", "1.10.0", 2)
    columns = "id, job_id, exe_num, status, job_type_id, error_id, node, started, ended, timeout, extra"
    executions = [one.sql(f"SELECT {columns} FROM job_execution ORDER BY id") for one in (copy, store)]
    pd.testing.assert_frame_equal(*executions)
    assert copy.check().is_sound


def test_a_folder_that_export_made_loads_whole(filled, tmp_path):
    store = jt.open(filled)
    store.mute("bad-input", until="2099-01-01T00:00:00Z", why="known")
    written = store.export(tmp_path / "out")
    copy = jt.open(clock=lambda: NOW)
    assert copy.preview(tmp_path / "out").notes[-1] == (
        "without resource=…, a load of the folder also loads job_types, job_type_revisions, errors, job_executions, mutes"
    )
    report = copy.load(tmp_path / "out")
    assert {one.resource: one.new for one in (report, *report.also)} == written
    assert report.resource == "jobs"
    assert str(report).count(" read into 'local'") == len(written)
    assert copy.sql("SELECT count(*) FILTER (inferred) FROM job_type").iloc[0, 0] == 0
    assert len(copy.mutes()) == 1


def test_a_folder_with_one_resource_that_cannot_be_loaded_tells_what_was(store, write, tmp_path):
    write("in/job_types.json", page(JOB_TYPES))
    write("in/errors.csv", "number,name\n1,odd\n")
    write("in/page.json", page(JOBS))
    with pytest.raises(jt.LoadFailed, match=r"Before that, job_types of the folder were loaded"):
        store.load(tmp_path / "in")
    write("in/errors.csv", "id,name\n1,odd\n")
    report = store.load(tmp_path / "in")
    assert [(one.resource, one.new) for one in (report, *report.also)] == [
        ("jobs", len(JOBS)),
        ("job_types", 0),
        ("errors", 1),
    ]


def test_a_file_beside_those_of_resources_is_told_of_if_it_was_left_out(store, write, tmp_path):
    write("in/jobs.json", page(JOBS[:1]))
    write("in/more.json", page(JOBS[1:]))
    report = store.load(tmp_path / "in")
    assert (report.new, report.also) == (1, ())
    assert report.notes == (
        "'more' in the folder was not loaded, since a file is called jobs: load it by its own path",
    )


def test_an_export_loads_into_its_own_store_without_changing_anything(filled, tmp_path):
    store = jt.open(filled)
    store.export(tmp_path / "out")
    for name in RESOURCES:
        report = store.load(tmp_path / "out", name)
        assert (report.new, report.changed, report.rejected) == (0, 0, 0)


def test_an_export_of_an_inferred_history_keeps_its_answers(store, write, tmp_path):
    rows = [
        flat_job(1, "mosaic", "1.0.0", "FAILED", ago(1), "node-lost"),
        flat_job(2, "mosaic", "2.0.0", "FAILED", ago(2), "no-signal", error_category="DATA", colour="blue"),
        flat_job(3, "mosaic", "2.0.0", "RUNNING", ago(3)),
    ]
    store.load(write("a.json", rows))
    store.export(tmp_path / "out")
    copy = jt.open()
    for name in RESOURCES:
        copy.load(tmp_path / "out", name)
    for call in ("status", "running", "system_failures"):
        pd.testing.assert_frame_equal(getattr(copy, call)(), getattr(store, call)())
    assert json.loads(copy.sql("SELECT extra FROM job WHERE id = 2")["extra"].iloc[0]) == {"colour": "blue"}


def test_each_source_is_exported_by_itself(store, write, tmp_path):
    for name in ("a", "b"):
        store.load(write("j.json", page(JOBS)), source=name)
    with pytest.raises(jt.Ambiguous):
        store.export(tmp_path / "out")
    with pytest.raises(jt.InvalidParameter):
        store.export(tmp_path / "out", source="*")
    assert store.export(tmp_path / "out", source="a")["jobs"] == len(JOBS)


def test_an_empty_store_exports_empty_files_that_load(store, tmp_path):
    assert set(store.export(tmp_path / "out").values()) == {0}
    assert store.load(tmp_path / "out", "jobs").rows == 0


# Forget, prune, check.


def test_forget_removes_the_rows_that_came_last_from_a_load(store, write):
    store.load(write("t.json", page(JOB_TYPES)), "job_types")
    first = store.load(write("a.json", page(JOBS[:10])))
    second = store.load(write("b.json", page([*JOBS[10:20], job(101, CHIPS, "FAILED", NOW, NODE_LOST)])))
    assert store.forget(second.load_id) >= 11
    assert ids(store.jobs()) == [one["id"] for one in JOBS[1:10]]
    assert store.check().is_sound
    assert list(store.sql("FROM load ORDER BY load_id")["load_id"]) == [1, first.load_id]
    assert len(store.system_failures()) == 2


def test_forget_keeps_a_job_type_that_others_need(store, write):
    first = store.load(write("a.json", page([job(1, CHIPS, "RUNNING", ago(3))])))
    store.load(write("b.json", page([job(2, CHIPS, "FAILED", ago(2), NODE_LOST)])))
    store.forget(first.load_id)
    assert ids(store.jobs()) == [2]
    assert list(store.job_types()["id"]) == [3]
    found = store.check()
    assert found.is_sound, str(found)


def test_forget_of_everything_leaves_an_empty_sound_store(store, write):
    for resource_name, records in RESOURCES.items():
        store.load(write("x.json", page(records)), resource_name)
    for number in (4, 3, 2, 1):
        store.forget(number)
    assert len(store.jobs()) == len(store.job_types()) == len(store.errors()) == 0
    assert store.sources == []
    assert store.check().is_sound


def test_forget_of_an_unknown_load_is_not_found(store):
    with pytest.raises(jt.NotFound, match="17"):
        store.forget(17)


def test_a_forgotten_number_is_not_given_again(store, write):
    """Or a note of it would point to something else."""
    store.load(write("a.json", page(JOBS[:1])))
    second = store.load(write("b.json", page(JOBS[1:2])))
    store.forget(second.load_id)
    assert store.load(write("c.json", page(JOBS[2:3]))).load_id != second.load_id


def test_prune_drops_what_was_over_before_an_instant_and_keeps_what_is_open(store, write):
    store.load(write("a.json", page(JOBS)))
    store.load(write("x.json", page([execution(1, JOBS[0]), execution(2, JOBS[22])])), "job_executions")
    assert store.prune(before=ago(2000)) == 4  # 120, 122, 123, 124; 121 is exactly at the instant
    left = ids(store.jobs())
    assert 121 in left
    assert not {120, 122, 123, 124} & set(left)
    assert {119, 130} <= set(left)  # RUNNING for longer
    assert list(store.sql("FROM job_execution")["id"]) == [1]
    assert store.check().is_sound


def test_prune_takes_a_duration_and_one_source(store, write):
    for name in ("a", "b"):
        store.load(write("a.json", page(JOBS)), source=name)
    assert store.prune(before="P1D", source="a") == 5
    assert len(store.jobs(source="b")) == len(JOBS)
    assert store.prune(before="P1D", source="*") == 5
    assert store.check().is_sound
    with pytest.raises(jt.InvalidParameter):
        store.prune(before="yesterday", source="a")


CORRUPTIONS = {
    "unique_keys": "INSERT INTO job_final SELECT * FROM job_final WHERE id = 101",
    "failed_copy": "DELETE FROM job_failed WHERE id = 106",
    "days_counted": "UPDATE job_day SET n = n + 1 WHERE day = (SELECT max(day) FROM job_day)",
    "homes": "UPDATE job_open SET status = 'COMPLETED' WHERE id = 110",
    "job_types_known": "DELETE FROM job_type WHERE id = 3",
    "errors_known": "DELETE FROM error WHERE id = 4",
    "sources_counted": "UPDATE source SET jobs = jobs + 1",
    "loads_known": "DELETE FROM load WHERE load_id = 4",
}


def corrupt(file: Path, statement: str) -> None:
    with POOL.cursor(file) as con:
        con.execute(statement)


@pytest.mark.parametrize("rule", CORRUPTIONS)
def test_check_finds_planted_corruption_by_its_rule(filled, rule):
    corrupt(filled, CORRUPTIONS[rule])
    found = jt.open(filled).check()
    assert not found.is_sound
    assert found.violations[rule] > 0
    assert "not sound" in str(found)


@pytest.mark.parametrize(
    "corruption",
    [
        "UPDATE job_failed SET error_id = 1 WHERE id = 107",
        "UPDATE job_failed SET last_status_change = last_status_change + INTERVAL 1 SECOND WHERE id = 107",
        "INSERT INTO job_failed SELECT * FROM job_failed WHERE id = 107",
        "UPDATE job_final SET status = 'RUNNING' WHERE id = 101",
        "UPDATE source SET as_of = as_of + INTERVAL 1 SECOND",
        "DELETE FROM source",
        "DELETE FROM job_day WHERE day IS NOT NULL",
        "INSERT INTO job_day SELECT * FROM job_day LIMIT 1",
        "INSERT INTO error SELECT * FROM error WHERE id = 2",
        "INSERT INTO job_type SELECT * FROM job_type WHERE id = 2",
        "UPDATE job_final SET job_type_id = NULL WHERE id = 101",
    ],
)
def test_check_finds_other_corruption_too(filled, corruption):
    corrupt(filled, corruption)
    assert not jt.open(filled).check().is_sound


def test_every_rule_has_a_planted_corruption_here(filled):
    assert set(jt.open(filled).check().violations) == set(CORRUPTIONS)


# One's own SQL.


def test_sql_answers_with_parameters_and_times_in_utc(filled):
    found = jt.open(filled).sql(
        "SELECT id, last_modified FROM job WHERE status = $status ORDER BY id", status="RUNNING"
    )
    assert list(found["id"]) == [110, 111, 119, 130]
    assert str(found["last_modified"].dtype) == "datetime64[us, UTC]"


@pytest.fixture(scope="module")
def unchanged(request, tmp_path_factory) -> Iterator[jt.Store]:
    """The small history in a file or in memory; no test changes it."""
    folder = tmp_path_factory.mktemp("unchanged")
    with small(folder) if request.param == "file" else small(folder, jobs=JOBS) as store:
        before = store.sql("FROM job ORDER BY ALL")
        yield store
        pd.testing.assert_frame_equal(store.sql("FROM job ORDER BY ALL"), before)
        assert store.check().is_sound


@pytest.mark.few
@pytest.mark.parametrize(
    "query",
    [
        "DELETE FROM job_final",
        "DROP TABLE job_final",
        "INSERT INTO error SELECT * FROM error",
        "UPDATE job_open SET status = 'X'",
        "CREATE TABLE x AS SELECT 1",
        "SELECT 1; DELETE FROM job_final",
        "ATTACH 'x.duckdb'",
        "SELECT * FROM no_such_table",
        "SELEC 1",
        "SELECT $missing",
        "",
        "COPY job TO 'x.csv'",
        "SET TimeZone = 'America/New_York'",
        "PRAGMA database_size",
    ],
)
@pytest.mark.parametrize("unchanged", ["file", "memory"], indirect=True)
def test_sql_that_does_not_run_or_would_change_something_is_an_invalid_query(unchanged, query):
    with pytest.raises(jt.InvalidQuery):
        unchanged.sql(query)
    assert len(unchanged.jobs()) == len(JOBS)


def test_sql_cannot_see_the_callers_variables(store):
    secret_frame = pd.DataFrame({"x": [1]})
    with pytest.raises(jt.InvalidQuery):
        store.sql("SELECT * FROM secret_frame")
    assert len(secret_frame) == 1


def test_an_explain_is_a_query_too(store):
    assert len(store.sql("EXPLAIN SELECT 1"))


# How a store shows itself.


def test_the_repr_says_what_is_in_it_how_fresh_and_as_of_when(filled):
    shown = repr(jt.open(filled, clock=lambda: NOW))
    assert "ops.duckdb" in shown
    assert "33 jobs" in shown
    assert "6 job types" in shown
    assert text(NOW) in shown
    assert "empty" in repr(jt.open())


def test_the_html_escapes_what_comes_from_outside(store, write, tmp_path):
    store.load(write("a.json", page(JOBS)), source="<script>alert('x')</script>")
    shown = store._repr_html_()
    assert "<script>" not in shown
    assert "&lt;script&gt;" in shown
    assert "33" in shown
    odd = jt.open(tmp_path / "<b>bold.duckdb", create=True)
    assert "<b>bold" not in odd._repr_html_()
    assert "empty" in odd._repr_html_()


def test_reports_and_summaries_show_as_html_whatever_is_in_them(store, write, tmp_path):
    odd = "<script>alert('x')</script>"
    report = store.load(write("a.json", [*JOBS, {"id": 1}]), source=odd)
    manifest = jt.Manifest.new("late", maintainer={"name": "Operations", "email": "ops@example.com"})
    sent = store.add(manifest, docker_image="late-1.0.0-seed:1.0.0").send()
    pulled = PullReport(
        3, odd, rows=12_345, notes=(odd, "a\x1b[31m"), disagreements=(Disagreement(odd, "1", None, None, 1, 2),) * 9
    )
    expected = ((report, "34"), (sent, "late 1.0.0"), (pulled, "12,345"), (store.summary(), "33"))
    for one, wanted in expected:
        shown = one._repr_html_()
        assert wanted in shown
        assert odd not in shown
        assert "\x1b" not in shown
    for one in (report, pulled, store.summary()):
        assert "&lt;script&gt;" in one._repr_html_()
    assert "store.rejects()" in report._repr_html_()
    assert "33 jobs" in repr(store.summary())


def test_a_repr_never_raises(filled):
    store = jt.open(filled, wait=0.1)
    with Other(HOLD_FOR_WRITING, filled) as other:
        assert str(other.pid) in repr(store)
        assert str(other.pid) in store._repr_html_()
    store.close()
    filled.unlink()
    assert "ops.duckdb" in repr(store)
    assert "ops.duckdb" in store._repr_html_()


def test_a_file_that_was_deleted_under_a_store_is_a_store_error(filled):
    store = jt.open(filled, wait=0.1)
    store.close()
    filled.unlink()
    with pytest.raises(jt.StoreError, match=r"ops\.duckdb"):
        store.jobs()


def test_explain_tells_source_window_zone_and_sql(filled):
    found = str(jt.explain(jt.open(filled).status(started="PT1H")))
    for expected in ("status", "'local'", "2026-03-01T11:00:00Z", "2026-03-01T12:00:00Z", "UTC", "SELECT", "33"):
        assert expected in found
    assert "is unknown" in str(jt.explain(pd.DataFrame()))


# Full disks and odd surroundings.

SMALL_FILES = """
import resource, signal, sys
import jobtype_toolkit as jt
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
store = jt.open(sys.argv[1])
before = len(store.jobs())
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]), resource.RLIM_INFINITY))
try:
    store.load(sys.argv[2])
except jt.StoreError as error:
    print("StoreError", error)
except jt.ToolkitError as error:
    print("other", type(error).__name__, error)
else:
    print("loaded")
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
assert len(store.jobs()) == before
"""


def many(path: Path, count: int) -> Path:
    with path.open("w") as file:
        for number in range(count):
            noise = hashlib.sha256(str(number).encode()).hexdigest()  # nothing that a file could make smaller
            row = flat_job(10_000 + number, "m", "1", "COMPLETED", ago(number % 5000), node=noise)
            file.write(json.dumps(row) + "\n")
    return path


@pytest.mark.slow
def test_a_disk_that_is_full_in_the_middle_of_a_load_changes_nothing(filled, tmp_path):
    source = many(tmp_path / "many.ndjson", 30_000)
    size = filled.stat().st_size
    done = run(SMALL_FILES, filled, source, size + 300_000)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("StoreError"), done.stdout
    with jt.open(filled) as store:
        assert ids(store.jobs()) == [one["id"] for one in JOBS]
        assert store.check().is_sound
        assert store.load(source).new == 30_000


def mount(folder: Path, size: str) -> bool:
    folder.mkdir()
    if os.geteuid() != 0:
        return False
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)], capture_output=True, check=False
    )
    return done.returncode == 0


@pytest.fixture
def small_disk(tmp_path):
    folder = tmp_path / "small"
    if not mount(folder, "5m"):
        pytest.skip("mounting a small tmpfs takes root and the right to mount")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.mark.slow
def test_a_really_full_disk_stops_load_publish_and_export_and_loses_nothing(small_disk, tmp_path, write):
    path = small_disk / "ops.duckdb"
    store = jt.open(path, clock=lambda: NOW)
    store.load(write("j.json", page(JOBS)))
    big = many(tmp_path / "many.ndjson", 60_000)
    with pytest.raises(jt.StoreError):
        store.load(big)
    assert ids(store.jobs()) == [one["id"] for one in JOBS]
    assert store.check().is_sound
    (small_disk / "ballast").write_bytes(b"x" * max(0, _free(small_disk) - 20_000))
    for attempt in (lambda: store.publish(small_disk / "copy.duckdb"), lambda: store.export(small_disk / "out")):
        with pytest.raises(jt.StoreError):
            attempt()
    assert not (small_disk / "copy.duckdb").exists()
    assert list((small_disk / "out").glob("*")) == [] or not (small_disk / "out").exists()
    subprocess.run(["mount", "-o", "remount,size=40m", str(small_disk)], check=True)
    assert store.check().is_sound
    assert store.load(write("k.json", page([job(900, CHIPS, "RUNNING", ago(1))]))).new == 1


def _free(folder: Path) -> int:
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize


ANSWERS = """
import sys, json
import jobtype_toolkit as jt
store = jt.open(sys.argv[1])
store.load(sys.argv[2], source="again")
store.load(sys.argv[3], source="csv")
for source in ("local", "again", "csv"):
    print(store.status(started="P90D", source=source).to_json())
    print(store.jobs(source=source).to_json())
print(store.sql("SELECT max(last_modified) AS m, strftime(max(last_modified), '%c') AS t FROM job").to_json())
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    "zones", and_in_soak([["UTC", ":nonsense"]], [["UTC", "Asia/Kathmandu", "America/New_York", ":nonsense"]])
)
def test_the_machines_zone_and_locale_change_nothing(filled, write, tmp_path, zones):
    nested_page = write("j.json", page(JOBS))
    table = write("c.csv", f"id,job_type,job_type_version,status,last_status_change\n1,m,1,COMPLETED,{text(ago(1))}\n")
    answers = set()
    started = (
        *((run, {"TZ": one}) for one in zones),
        (interpreter, {"TZ": "America/St_Johns", "LC_ALL": "C"}),
    )
    for number, (start, environment) in enumerate(started):
        copy = tmp_path / f"{number}.duckdb"
        copy.write_bytes(filled.read_bytes())
        done = start(ANSWERS, copy, nested_page, table, **environment)
        assert done.returncode == 0, done.stderr
        answers.add(done.stdout)
    assert len(answers) == 1


def test_closing_at_exit_says_nothing(filled):
    code = "import sys, jobtype_toolkit as jt; s = jt.open(sys.argv[1]); s.jobs(); m = jt.open(); m.jobs()"
    done = run(code, filled)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


ENDS = """
import sys, threading, time
import jobtype_toolkit as jt
idle, moment = float(sys.argv[2]), float(sys.argv[3])
store = jt.open(sys.argv[1], idle=idle)
store.jobs()
time.sleep(max(0.0, idle + moment))
sys.exit(7)
"""


@pytest.mark.parametrize("moment", and_in_soak([0.0, 0.0003], [-0.002, -0.0005, 0.001, 0.003]))
def test_a_process_that_ends_when_the_idle_time_does_ends_with_its_own_code(filled, moment):
    done = run(ENDS, filled, 0.05, moment)
    assert (done.returncode, done.stdout, done.stderr) == (7, "", "")


ENDS_WHILE_CLOSING = """
import sys, threading, time
import jobtype_toolkit as jt
store = jt.open(sys.argv[1], idle=0.01)
closing = threading.Event()
class Slow:
    def __init__(self, con):
        self.con = con
        print("opened", flush=True)
    def cursor(self):
        return self.con.cursor()
    def close(self):
        closing.set()
        time.sleep(0.5)
        self.con.close()
        print("closed", flush=True)
connect = store._database._connect
store._database._connect = lambda *given, **more: Slow(connect(*given, **more))
store.jobs()
closing.wait()
sys.exit(7)
"""


def test_the_end_of_a_process_waits_for_the_timer_that_closes_the_file(filled):
    """Where the timer is inside `close` while the interpreter ends, it is taken down in the middle of DuckDB."""
    done = run(ENDS_WHILE_CLOSING, filled)
    assert (done.returncode, done.stderr) == (7, "")
    assert done.stdout.split() == ["opened", "closed"] * done.stdout.count("opened")  # twice where asking took long
    assert done.stdout


BUSY = {
    "a long query": "store.sql('SELECT sum(hash(range)) FROM range(1000000000000)')",
    "question after question": "[store.jobs() for _ in iter(int, 1)]",
    "write after write": "[store.prune(before='P900D') for _ in iter(int, 1)]",
    "stores that come and go": "[jt.open().sql('FROM job') for _ in iter(int, 1)]",
    "a wait for another thread": "store._database.writing(store._patience).__enter__() and store.jobs()",
}
ENDS_BUSY = """
import sys, threading, time
import jobtype_toolkit as jt
store = jt.open(sys.argv[1] if sys.argv[3] == "file" else ":memory:", wait=600, idle=0.01)
store.load(sys.argv[2])
started = threading.Event()
def work(code):
    started.set()
    eval(code)
for code in sys.argv[4:]:
    threading.Thread(target=work, args=(code,), daemon=True).start()
started.wait()
time.sleep(0.05)
sys.exit(7)
"""


@pytest.mark.few
@pytest.mark.parametrize("place", ["file", "memory"])
@pytest.mark.parametrize("what", [*BUSY, "all"])
def test_a_process_ends_with_its_own_code_whatever_its_threads_do(filled, write, what, place):
    codes, start = ([BUSY[what]], run) if what != "all" else (list(BUSY.values()), interpreter)
    done = start(ENDS_BUSY, filled, write("j.json", page(JOBS)), place, *codes)
    assert (done.returncode, done.stdout, done.stderr) == (7, "", "")


def test_what_is_asked_at_the_very_end_is_answered(filled):
    """By a function that was registered before the toolkit's own, and so runs after it."""
    code = """
import atexit, sys
atexit.register(lambda: print(len(store.jobs()), store.prune(before="P900D")))
import jobtype_toolkit as jt
store = jt.open(sys.argv[1])
store.jobs()
"""
    done = interpreter(code, filled)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{len(JOBS)} 0\n", "")


TERMINATED = """
import os, signal, sys
from pathlib import Path
import jobtype_toolkit as jt
import importlib
app = importlib.import_module("jobtype_toolkit.cli.app")
replace = Path.replace
def strike(one, other):
    if one.name != "new":
        os.kill(os.getpid(), signal.SIGTERM)
    return replace(one, other)
Path.replace = strike
app.app = lambda: jt.open(sys.argv[1]).export(sys.argv[2])
app.main()
"""


def test_a_command_that_is_told_to_end_leaves_nothing_half_made(filled, tmp_path):
    done = run(TERMINATED, filled, tmp_path / "out")
    assert (done.returncode, done.stderr) == (143, "")
    assert list((tmp_path / "out").iterdir()) == []


# Forks.

FORKS = """
import os, sys, warnings
import jobtype_toolkit as jt
warnings.simplefilter("ignore", DeprecationWarning)  # Python from 3.12 on warns of every fork beside threads
store = jt.open(sys.argv[1], idle=600)
memory = jt.open()
memory.load(sys.argv[2])
store.jobs(), memory.sql("FROM job")
child = os.fork()
if not child:
    try:
        memory.jobs()
    except jt.StoreError as error:
        assert "forked" in str(error)
    else:
        os._exit(1)
    try:
        assert len(jt.open().sql("FROM job")) == 0
        before = len(store.jobs())
        store.load(sys.argv[2])
        assert len(store.jobs()) == before + 1
    except BaseException as error:
        print(repr(error), file=sys.stderr)
        sys.exit(2)
    sys.exit(7)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
assert len(memory.jobs()) == 1
print(len(store.jobs()))
"""


def test_a_forked_child_reads_and_writes_by_itself(filled, write):
    done = run(FORKS, filled, write("j.json", page([job(900, CHIPS, "RUNNING", ago(1))])))
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{len(JOBS) + 1}\n", "")


# Who polls.


@pytest.fixture
def moments(monkeypatch):
    """A clock of the engine that stands still until it is moved."""
    from jobtype_toolkit.store import engine

    class Clock:
        def __init__(self) -> None:
            self.now = 1000.0
            self.slept: list[float] = []

        def monotonic(self) -> float:
            return self.now

        def sleep(self, seconds: float) -> None:
            self.slept.append(seconds)
            self.now += seconds

    clock = Clock()
    monkeypatch.setattr(engine, "time", clock)
    return clock


def test_a_file_is_let_go_however_closely_questions_follow_each_other(filled, moments):
    store = jt.open(filled, idle=2)
    store.jobs()
    before = store._database.state
    for _ in range(9):
        moments.now += 0.6
        store.jobs()
    assert store._database.state == before + 1
    store.close()


def test_who_asks_without_a_pause_leaves_a_gap_for_others(filled, moments):
    store = jt.open(filled, idle=2)
    for _ in range(4):
        moments.now += 5
        store.jobs()
        store.jobs()
    assert max(moments.slept) >= 0.2
    store.close()


def test_a_load_elsewhere_gets_the_file_of_a_store_that_is_asked_all_the_time(filled, write):
    store = jt.open(filled, idle=0.05, wait=600)
    stop = threading.Event()
    faults: list[BaseException] = []

    def poll() -> None:
        try:
            while not stop.is_set():
                store.sql("SELECT count(*) FROM job")
        except BaseException as error:  # noqa: BLE001 - a thread hands everything on
            faults.append(error)

    polling = [threading.Thread(target=poll, daemon=True) for _ in range(2)]
    for one in polling:
        one.start()
    code = "import sys, jobtype_toolkit as jt; jt.open(sys.argv[1], wait=100).load(sys.argv[2])"
    done = run(code, filled, write("j.json", page([job(900, CHIPS, "RUNNING", ago(1))])))
    stop.set()
    for one in polling:
        one.join(600)
    assert (done.returncode, done.stderr, faults) == (0, "", [])
    assert len(store.jobs()) == len(JOBS) + 1


def test_a_reader_that_never_pauses_sees_a_new_copy(filled, tmp_path, write):
    store = jt.open(filled)
    target = store.publish(tmp_path / "pub.duckdb")
    copy = jt.open(target, read_only=True, idle=600)
    assert len(copy.jobs()) == len(JOBS)
    store.load(write("j.json", page([job(900, CHIPS, "RUNNING", ago(1))])))
    store.publish(target)
    assert len(copy.jobs()) == len(JOBS) + 1
    copy.close()


def test_a_file_that_is_deleted_under_an_open_store_is_told_and_not_made_anew(filled, write):
    store = jt.open(filled, idle=600)
    assert len(store.jobs()) == len(JOBS)
    filled.unlink()
    for attempt in (store.jobs, lambda: store.load(write("j.json", page(JOBS))), lambda: store.sql("FROM job")):
        with pytest.raises(jt.StoreError, match=r"ops\.duckdb was deleted"):
            attempt()
    assert not filled.exists()
    jt.open(filled, create=True)
    assert len(store.jobs()) == 0


# Publishing with care.


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o664])
def test_a_copy_has_the_mode_of_the_store_without_the_right_to_write(filled, tmp_path, mode):
    filled.chmod(mode)
    target = jt.open(filled).publish(tmp_path / "pub.duckdb")
    assert stat.S_IMODE(target.stat().st_mode) == mode & 0o444
    assert jt.open(filled).publish(target) == target


def test_publish_replaces_nothing_but_a_store(filled, tmp_path):
    store = jt.open(filled)
    (tmp_path / "thesis.txt").write_text("precious")
    (tmp_path / "link.duckdb").symlink_to("thesis.txt")
    (tmp_path / "dangling.duckdb").symlink_to("nowhere")
    (tmp_path / "empty.duckdb").touch()
    shutil.copy(store.publish(tmp_path / "pub.duckdb"), tmp_path / "real.duckdb")
    (tmp_path / "to-store.duckdb").symlink_to("real.duckdb")
    con = duckdb.connect(str(tmp_path / "theirs.duckdb"))
    con.execute("CREATE TABLE sales AS SELECT 1 AS amount")
    con.close()
    before = {one.name: one.read_bytes() for one in tmp_path.iterdir() if one.is_file()}
    for name in ("thesis.txt", "link.duckdb", "dangling.duckdb", "empty.duckdb", "to-store.duckdb", "theirs.duckdb"):
        with pytest.raises(jt.StoreError, match=name):
            store.publish(tmp_path / name)
    assert {one.name: one.read_bytes() for one in tmp_path.iterdir() if one.is_file()} == before
    assert len(store.jobs()) == len(JOBS)


KILLED_IN_THE_MIDDLE = """
import os, signal, sys
import jobtype_toolkit as jt
from jobtype_toolkit.store import maintenance
from pathlib import Path
Path.replace, replace = lambda one, other: replace(one, other) if one.name == "new" else os.kill(os.getpid(), signal.SIGKILL), Path.replace
store = jt.open(sys.argv[1])
getattr(store, sys.argv[2])(sys.argv[3])
"""


@pytest.mark.parametrize(("call", "name"), [("publish", "pub/p.duckdb"), ("export", "pub")])
def test_what_a_killed_process_left_is_swept_by_the_next(filled, tmp_path, call, name):
    folder = tmp_path / "pub"
    assert run(KILLED_IN_THE_MIDDLE, filled, call, tmp_path / name).returncode == -9
    assert [one for one in folder.iterdir() if one.name.startswith(".")]
    (folder / ".export-of-mine").mkdir()
    getattr(jt.open(filled), call)(tmp_path / name)
    assert [one.name for one in folder.iterdir() if one.name.startswith(".")] == [".export-of-mine"]


# Damage.


@pytest.mark.parametrize("seed", and_in_soak(range(2), range(2, 6)))
def test_a_damaged_file_answers_or_is_an_error_of_the_toolkit(filled, seed):
    import random

    chance = random.Random(seed)
    content = bytearray(filled.read_bytes())
    for _ in range(1 + 40 * seed):
        content[chance.randrange(4096 if seed % 2 else 0, len(content))] = chance.randrange(256)
    filled.write_bytes(content)
    calls = ("jobs", "status", "check", "tables", "system_failures")
    code = """
import sys, jobtype_toolkit as jt
for call in sys.argv[2:]:
    try:
        getattr(jt.open(sys.argv[1]), call)()
    except jt.ToolkitError as error:
        assert sys.argv[1] in str(error), error
    repr(jt.open(sys.argv[1], create=True)) if "jobs" == call else None
try:
    jt.open(sys.argv[1]).sql("SELECT * FROM job, error")
except jt.ToolkitError:
    pass
"""
    done = run(code, filled, *calls)
    assert done.returncode == 0, done.stderr


# Several sources.


def test_a_store_with_two_sources_can_name_the_one_that_is_meant(filled, write):
    with jt.open(filled) as store:
        store.load(write("j.json", page(JOBS[:3])), source="other")
        with pytest.raises(jt.Ambiguous, match=r"store\.source"):
            store.jobs()
        store.source = "other"
        assert len(store.jobs()) == 3
        assert store.jobs().attrs["source"] == "other"
        assert len(store.jobs(source="local")) == len(JOBS)
        assert store.analyses.failures().attrs["source"] == "other"
        assert repr(store).endswith("\n  calls that name no source mean 'other'>")
        assert "Calls that name no source mean &#39;other&#39;." in store._repr_html_()
        store.source = "*"
        assert len(store.jobs()) == len(JOBS) + 3
        assert repr(store).endswith("\n  calls that name no source mean all of them>")
        store.source = "nobody"
        with pytest.raises(jt.NotFound, match="nobody"):
            store.jobs()
        store.source = None
        assert "mean" not in repr(store)
        with pytest.raises(jt.Ambiguous):
            store.jobs()
    assert len(jt.open(filled, source="other").jobs()) == 3


def test_no_temporary_file_is_left_behind(filled, write, tmp_path):
    with jt.open(filled) as store:
        store.load(write("j.json", page([job(900, CHIPS, "RUNNING", ago(1))])))
        store.publish(tmp_path / "pub" / "p.duckdb")
    assert [one.name for one in filled.parent.glob("*.wal")] == []
    assert [one.name for one in (tmp_path / "pub").iterdir()] == ["p.duckdb"]


def test_the_limits_of_this_process_are_as_they_were():
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY
    assert len(ERRORS) == 5


# New stores.


def test_the_template_of_new_stores_is_that_of_this_vocabulary():
    """After a change of the vocabulary: python -c "from jobtype_toolkit.store.schema import write_template; write_template()"."""
    assert schema.template() is not None, test_the_template_of_new_stores_is_that_of_this_vocabulary.__doc__
    assert len(list((Path(schema.__file__).parent / "empty").iterdir())) == 1


@pytest.mark.parametrize("is_in_memory", [False, True])
@pytest.mark.parametrize("has_template", [False, True])
def test_a_new_store_is_the_same_from_the_template_and_without(tmp_path, monkeypatch, has_template, is_in_memory):
    if not has_template:
        monkeypatch.setattr(schema, "template", lambda: None)
    described, views, wanted = empty_store()
    store = jt.open() if is_in_memory else jt.open(tmp_path / "new.duckdb", create=True)
    for query, frame in zip((described, views), wanted, strict=True):
        pd.testing.assert_frame_equal(store.sql(query), frame, check_dtype=False)
    assert store.sql("FROM meta").to_dict("records") == [{"schema_version": schema.SCHEMA_VERSION, "last_load_id": 0}]


@cache
def empty_store() -> tuple[str, str, list[pd.DataFrame]]:
    """Two queries for columns and views, and what they answer of what the schema's statements make."""
    described = "SELECT COLUMNS('table_name|column_|data_type|comment|is_nullable') FROM duckdb_columns() WHERE schema_name = 'main' AND NOT internal ORDER BY ALL"
    views = "SELECT view_name, sql, comment FROM duckdb_views() WHERE NOT internal UNION ALL SELECT table_name, sql, comment FROM duckdb_tables() ORDER BY ALL"
    with duckdb.connect() as con:
        schema.create(con)
        return described, views, [con.execute(query).df() for query in (described, views)]


def test_a_new_store_where_no_link_can_be_made_is_made_all_the_same(tmp_path, monkeypatch):
    def refuse(self, target) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    store = jt.open(tmp_path / "new.duckdb", create=True)
    assert len(store.tables())
    assert [file.name for file in tmp_path.iterdir()] == ["new.duckdb"]


def test_a_new_store_never_replaces_one_that_another_process_made_meanwhile(tmp_path, filled):
    place = tmp_path / "same.duckdb"
    copied = Database._copy_template
    shutil.copy(filled, place)
    assert copied(place)
    assert len(jt.open(place).jobs())


# What is printed.


BARS = """
import sys, jobtype_toolkit as jt
asked = "SELECT current_setting('enable_progress_bar') AS is_shown"
with jt.open(sys.argv[1]) as store:
    store.export(sys.argv[2], partitioned=True)
    with jt.lake(sys.argv[2]) as lake, store._copying() as copying:
        print(copying.execute(asked).fetchone()[0])
    print(*(one.reader.fetch(asked, {})["is_shown"][0] for one in (store, lake, jt.open())))
"""


def test_duckdb_shows_no_bar_where_it_takes_python_for_interactive(filled, tmp_path):
    program = [sys.executable, "-c", BARS, filled, tmp_path / "lake"]
    done = subprocess.run(program, capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["False"] * 4, done.stderr
