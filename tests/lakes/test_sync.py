"""An Iceberg lake: what a sync writes, what it keeps, and what earlier snapshots still answer."""

from __future__ import annotations

import json
import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest
from filelock import FileLock
from histories import NOW
from hypothesis import given
from hypothesis import strategies as st
from sizes import and_in_soak, examples
from typer.testing import CliRunner

import jobtype_toolkit as jt
from jobtype_toolkit.cli import app
from jobtype_toolkit.lakes import iceberg
from jobtype_toolkit.lakes.sync import SyncReport

pytestmark = pytest.mark.slow

pytest.importorskip("pyiceberg", reason="the extra [lake] is not installed")

HEAD = "id,job_type,job_type_version,status,error_name,error_category,last_status_change,last_modified\n"
OLD = "1,fit,1.0,COMPLETED,,,2024-02-10T10:00:00Z,2024-02-10T10:00:00Z\n"
FAILED = "2,fit,1.0,FAILED,broken,DATA,2024-02-11T10:00:00Z,2024-02-11T10:00:00Z\n"
NEW = "3,fit,1.0,COMPLETED,,,2026-02-27T10:00:00Z,2026-02-27T10:00:00Z\n"
RUNNING = "4,fit,1.0,RUNNING,,,2026-02-28T10:00:00Z,2026-02-28T10:00:00Z\n"
TIMELESS = "5,fit,1.0,PENDING,,,,2026-02-28T11:00:00Z\n"
LATE = "1,fit,1.0,FAILED,broken,DATA,2026-02-28T12:00:00Z,2026-02-28T12:00:00Z\n"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, SyncReport]:
    """A folder with the file of a store, a copy of the lake that it was synced into, and what that sync told."""
    folder = tmp_path_factory.mktemp("made")
    with jt.open(folder / "ops.duckdb", clock=lambda: NOW) as store:
        load(store, folder, OLD + FAILED + NEW + RUNNING + TIMELESS)
        report = store.sync_lake(folder / "lake")
    (folder / "lake").rename(folder / "kept")
    return folder, report


@pytest.fixture
def store(made: tuple[Path, Any], tmp_path: Path) -> Iterator[jt.Store]:
    """Five jobs, one in each state and two years apart."""
    with jt.open(shutil.copy(made[0] / "ops.duckdb", tmp_path), clock=lambda: NOW) as store:
        yield store


@pytest.fixture
def synced(made: tuple[Path, Any]) -> Iterator[Path]:
    """The lake of those jobs; always at the same place, which its files name."""
    with placed(made[0]) as lake:
        yield lake


@pytest.fixture(scope="module")
def late(
    made: tuple[Path, SyncReport], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Path, jt.Store, SyncReport]]:
    """A lake with a second state, after job 1 failed two years later; its store and what the second sync told. Only read them."""
    folder = tmp_path_factory.mktemp("late")
    with jt.open(shutil.copy(made[0] / "ops.duckdb", folder), clock=lambda: NOW) as store:
        load(store, folder, LATE)
        with placed(made[0]) as lake:
            report = store.sync_lake(lake)
            lake.rename(made[0] / "later")
        yield made[0], store, report


@pytest.fixture
def changed(late: tuple[Path, Any, Any]) -> Iterator[Path]:
    """The lake with two states."""
    with placed(late[0], "later") as lake:
        yield lake


@contextmanager
def placed(folder: Path, kept: str = "kept") -> Iterator[Path]:
    """Copy a lake to where its files say that they are."""
    try:
        yield Path(shutil.copytree(folder / kept, folder / "lake"))
    finally:
        shutil.rmtree(folder / "lake", ignore_errors=True)


def load(store: jt.Store, folder: Path, rows: str, source: str = "local") -> None:
    (folder / "jobs.csv").write_text(HEAD + rows, encoding="utf-8")
    store.load(folder / "jobs.csv", source=source, progress=False)


def asked(folder: Path, at: Any = None, **more: Any) -> jt.Lake:
    return jt.lake(folder, at=at, clock=lambda: NOW, **more)


def statuses(lake: jt.Lake, source: str = "*") -> dict[int, str]:
    frame = lake.jobs(source=source)
    return dict(zip(frame["id"].to_list(), frame["status"].to_list(), strict=True))


def days(lake: jt.Lake) -> dict[tuple[Any, ...], int]:
    """What the lake counts by day; it has to be what its jobs are."""
    jobs = lake.sql("SELECT source, last_status_change, job_type_id, revision_num, status, error_id FROM job")
    over = jobs[jobs["status"].isin(["COMPLETED", "FAILED", "CANCELED"])]
    by = [over["source"], over["last_status_change"].dt.floor("D"), *(over[one] for one in over.columns[2:])]
    counted = {tuple(map(str, key)): n for key, n in over.groupby(by, dropna=False).size().items()}
    told = lake.sql("FROM job_day")
    assert {tuple(map(str, key)): n for *key, n in told.itertuples(index=False)} == counted
    assert not told.duplicated(list(told.columns[:-1])).any()
    return counted


def test_a_lake_answers_what_its_store_answers(store, synced, made):
    _, report = made
    assert (report.jobs, report.places, report.sources) == (5, 5, ("local",))
    with asked(synced) as lake:
        pd.testing.assert_frame_equal(lake.jobs(), store.jobs())
        pd.testing.assert_frame_equal(lake.status(started="P9000D"), store.status(started="P9000D"))
        pd.testing.assert_frame_equal(lake.analyses.failures(), store.analyses.failures())
        assert lake.pending().attrs["snapshot"] == str(report.snapshot)
        assert lake.as_of == store.as_of


def test_a_late_change_of_an_old_job_is_right_after_one_sync_and_the_snapshot_before_answers_as_it_did(
    made, late, changed, store
):
    (_, before), (_, now, after) = made, late
    assert (after.jobs, after.places) == (1, 2)  # it left final of 2024-02, which is empty now, for failed of 2026-02
    with asked(changed) as lake:
        pd.testing.assert_frame_equal(lake.jobs(), now.jobs())
        failures = lake.analyses.failures()
        pd.testing.assert_frame_equal(failures, now.analyses.failures())
        assert failures["count"].to_list() == [2]
        assert sorted(key[4] for key in days(lake)) == ["COMPLETED", "FAILED", "FAILED"]
    with asked(changed, at=before.snapshot) as lake:
        pd.testing.assert_frame_equal(lake.jobs(), store.jobs())
        assert lake.status().attrs["snapshot"] == str(before.snapshot)
        assert lake.analyses.failures()["count"].to_list() == [1]
        assert sorted(key[4] for key in days(lake)) == ["COMPLETED", "COMPLETED", "FAILED"]


def test_what_a_store_has_pruned_stays_in_the_lake(store, synced, tmp_path):
    store.prune(before="2026-01-01T00:00:00Z")
    load(store, tmp_path, FAILED.replace("2,", "6,"))  # into a place of which the store has nothing else any more
    assert store.sync_lake(synced).places == 1
    with asked(synced) as lake:
        assert statuses(lake) == {1: "COMPLETED", 2: "FAILED", 3: "COMPLETED", 4: "RUNNING", 5: "PENDING", 6: "FAILED"}
        assert lake.jobs().attrs["jobs"] == 6
        assert sum(days(lake).values()) == 4


def test_many_stores_sync_into_one_lake_the_newest_state_of_a_job_wins_and_a_final_one_a_tie(store, synced, tmp_path):
    there = "https://there.example/api"
    with asked(synced) as lake:
        assert len(lake.running()) == 1
        with jt.open(
            clock=lambda: NOW
        ) as other:  # the same source, part of it older, part of it newer; and one of its own
            load(
                other,
                tmp_path,
                OLD.replace("COMPLETED", "RUNNING")  # of the same moment, and not over
                + NEW.replace("COMPLETED", "CANCELED").replace("2026-02-27T10", "2026-02-26T10")  # older
                + RUNNING.replace("RUNNING", "COMPLETED"),  # of the same moment, and over
            )
            load(other, tmp_path, NEW, source=there)
            assert other.sync_lake(synced).jobs == 2
        assert lake.running(source="local").empty  # a reader sees the next state with its next question
        load(store, tmp_path, TIMELESS.replace("PENDING", "QUEUED").replace("T11", "T12"))
        assert store.sync_lake(synced).jobs == 1
        assert lake.sources == [there, "local"]
        assert statuses(lake, there) == {3: "COMPLETED"}
        assert statuses(lake, "local") == {1: "COMPLETED", 2: "FAILED", 3: "COMPLETED", 4: "COMPLETED", 5: "QUEUED"}
        assert sorted(key[0] for key in days(lake)) == [there, *["local"] * 4]


def test_a_type_that_gets_its_own_id_keeps_its_jobs_also_those_that_the_store_has_pruned(store, synced, write):
    store.prune(before="2026-01-01T00:00:00Z")
    store.load(write("types.json", [{"id": 7, "name": "fit", "version": "1.0"}]), "job_types")
    store.sync_lake(synced)
    with asked(synced) as lake:
        assert lake.job_types()["id"].to_list() == [7]
        assert lake.jobs()["job_type_id"].to_list() == [7] * 5
        assert {key[2] for key in days(lake)} == {"7"}


def test_an_earlier_state_is_named_by_its_number_or_a_time(made, changed):
    first = made[1].snapshot
    with closing(iceberg.Catalogue(changed)) as catalogue:
        (one, two) = catalogue.states()
    for at in (first, str(first), one.written, two.written - timedelta(milliseconds=1)):
        with asked(changed, at=at) as lake:
            assert lake.listing.signature() == first
    with pytest.raises(jt.NotFound, match=f"has no snapshot for at='2020-01-01T00:00:00Z'.*{first}"):
        asked(changed, at="2020-01-01T00:00:00Z")
    with pytest.raises(jt.NotFound, match="has no snapshot for at=7"):
        asked(changed, at=7)


def test_a_lake_that_is_closed_or_was_refused_holds_no_file(synced):
    lake = asked(synced)
    for _ in range(2):  # it can be asked again
        assert len(lake.running()) == 1
        lake.close()
        assert not held(synced)
    with pytest.raises(jt.NotFound, match="has no snapshot for at=7") as refused:
        asked(synced, at=7)
    assert refused.tb  # which keeps all that the call had
    assert not held(synced)


def held(folder: Path) -> list[str]:
    """The files under a folder that this process has open."""
    found = [str(one.readlink()) for one in Path("/proc/self/fd").iterdir() if one.exists()]
    return [one for one in found if one.startswith(str(folder))]


def test_a_second_writer_is_told_that_one_is_at_work_and_its_sync_changes_nothing(store, synced, made):
    with (
        FileLock(synced / "sync.lock"),
        pytest.raises(jt.StoreLocked, match=r"Another sync into .* is going on"),
    ):
        store.sync_lake(synced, wait=0)
    second = store.sync_lake(synced, wait=0)
    assert second.is_unchanged
    assert (second.jobs, second.places, second.files, second.snapshot) == (0, 0, 0, made[1].snapshot)
    with closing(iceberg.Catalogue(synced)) as catalogue:
        assert len(catalogue.states()) == 1


def test_files_of_one_place_are_joined_and_the_lake_says_the_same(store, synced):
    catalogue = iceberg.Catalogue(synced)
    (last,) = catalogue.states()
    (file,) = (one.path for one in catalogue.files("job_history") if one.place.state == "failed")
    another = Path(file).with_name("another.parquet")
    duckdb.sql(
        f"COPY (SELECT * REPLACE (9 AS id) FROM read_parquet('{file}', hive_partitioning = false)) TO '{another}'"
    )
    catalogue.commit([], [str(another)], last.marks)
    catalogue.close()
    with asked(synced) as lake:
        before = lake.jobs()
        assert before["id"].to_list() == [1, 2, 9, 3, 4, 5]
        assert (lake.compact().places, lake.compact().places) == (1, 0)
        pd.testing.assert_frame_equal(lake.jobs(), before)
        assert lake.states()["files"].to_list() == [5, 6, 5]
    assert store.sync_lake(synced).places == 0


def test_states_that_are_given_up_take_their_files_with_them(made, late, changed):
    first, (_, now, last) = made[1].snapshot, late
    with asked(changed) as lake:
        assert lake.states()["snapshot"].to_list() == [first, last.snapshot]
        assert lake.expire(before="2026-01-01T00:00:00Z").states == 0
        done = lake.expire(before=lake.states()["written"][1].to_pydatetime())
        assert (done.states, lake.states()["snapshot"].to_list()) == (1, [last.snapshot])
        assert done.files > 0
        pd.testing.assert_frame_equal(lake.jobs(), now.jobs())
    assert files_of(changed) == referenced(changed)
    with pytest.raises(jt.NotFound, match="has no snapshot for"):
        asked(changed, at=first)


def test_a_lake_of_folders_is_neither_synced_nor_asked_at_an_earlier_state(store, tmp_path):
    store.export(tmp_path / "lake", partitioned=True)
    with asked(tmp_path / "lake") as lake:
        with pytest.raises(jt.InvalidParameter, match="written as a whole"):
            store.sync_lake(lake)
        with pytest.raises(jt.InvalidParameter, match="has one state"):
            lake.compact()
    with pytest.raises(jt.InvalidParameter, match="has no earlier states"):
        asked(tmp_path / "lake", at=1)


def test_the_commands_keep_a_lake(made, tmp_path):
    def run(*arguments: object) -> str:
        done = CliRunner().invoke(app, [str(one) for one in arguments])
        assert done.exit_code == 0, done.output
        return done.stdout

    file = shutil.copy(made[0] / "ops.duckdb", tmp_path)
    assert "5 jobs came or changed, in 5 places" in run("lake", "sync", tmp_path / "lake", "--store", file)
    assert json.loads(run("lake", "sync", tmp_path / "lake", "--store", file, "--json"))["jobs"] == 0
    (state,) = json.loads(run("lake", "status", tmp_path / "lake", "--json"))
    assert (state["jobs"], state["files"]) == (5, 5)
    assert "5 jobs as of" in run("lake", "status", tmp_path / "lake")
    assert "no place has several small files" in run("lake", "compact", tmp_path / "lake")
    assert "0 earlier states" in run("lake", "expire", tmp_path / "lake", "--before", "P30D")
    assert json.loads(run("failures", "--store", tmp_path / "lake", "--json"))[0]["count"] == 1


def test_the_files_can_be_on_a_file_system_of_fsspec(store, tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path / "scratch"))
    monkeypatch.setattr("tempfile.tempdir", None)
    (tmp_path / "scratch").mkdir()
    there = f"file://{tmp_path}/bucket"
    store.sync_lake(tmp_path / "lake", warehouse=there)
    assert len(files_of(tmp_path / "bucket")) == 9  # five places, and four other tables
    assert not [*tmp_path.glob("scratch/**/*.parquet")]
    with asked(tmp_path / "lake", warehouse=there) as lake:
        pd.testing.assert_frame_equal(lake.jobs(), store.jobs())
        with pytest.raises(jt.InvalidQuery, match="file system operations are disabled"):
            lake.sql(f"FROM 'file://{tmp_path}/jobs.csv'")


STEPS = {"files": "write_places", "tables": "replace", "before the commit": "commit", "after the commit": "commit"}


@pytest.fixture(scope="module")
def dying(made: tuple[Path, Any], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, pd.DataFrame, pd.DataFrame]:
    """A file of a store that has more than the lake, with its jobs before and now; a killed sync does not change it."""
    folder = tmp_path_factory.mktemp("dying")
    with jt.open(shutil.copy(made[0] / "ops.duckdb", folder), clock=lambda: NOW) as store:
        was = store.jobs()
        load(store, folder, RUNNING.replace("4,fit", "6,other") + OLD.replace("2024-02-10", "2026-02-10"))
        return folder / "ops.duckdb", was, store.jobs()


@pytest.mark.parametrize("step", and_in_soak(("files", "tables", "after the commit"), ("before the commit",)))
def test_a_sync_that_is_killed_leaves_the_last_snapshot_whole_and_the_next_one_completes_it(step, dying, synced, made):
    path, was, now = dying
    killed(lambda: sync_and_die(path, synced, step))
    with asked(synced) as lake:
        pd.testing.assert_frame_equal(lake.jobs(), now if step == "after the commit" else was)
        assert (lake.snapshot == str(made[1].snapshot)) == (step != "after the commit")
        with jt.open(path, clock=lambda: NOW) as again:
            again.sync_lake(synced)
        pd.testing.assert_frame_equal(lake.jobs(), now)
        assert lake.job_types()["name"].to_list() == ["fit", "other"]
        assert sum(days(lake).values()) == 3
    assert files_of(synced) == referenced(synced)


def test_days_that_a_killed_sync_counted_are_not_those_of_a_store_that_knows_less(dying, store, synced):
    killed(lambda: sync_and_die(dying[0], synced, "tables"))
    store.sync_lake(synced)
    with asked(synced) as lake:
        assert sum(days(lake).values()) == 3
        assert statuses(lake)[1] == "COMPLETED"


def killed(work: Any) -> None:
    """Run something in a process of its own that kills itself."""
    child = os.fork()
    if not child:
        try:
            work()
        finally:
            os._exit(7)
    _, status = os.waitpid(child, 0)
    assert os.WTERMSIG(status) == signal.SIGKILL


def sync_and_die(path: Path, lake: Path, step: str) -> None:
    from jobtype_toolkit.lakes import sync

    holder: Any = sync if step == "files" else iceberg.Catalogue
    does = getattr(holder, STEPS[step])

    def die(*arguments: Any, **named: Any) -> None:
        if step != "before the commit":
            does(*arguments, **named)
        os.kill(os.getpid(), signal.SIGKILL)

    setattr(holder, STEPS[step], die)
    with jt.open(path, clock=lambda: NOW) as store:
        store.sync_lake(lake)


def files_of(lake: Path) -> set[str]:
    return {str(one) for one in lake.rglob("data/**/*.parquet")}


def referenced(lake: Path) -> set[str]:
    """The files that some snapshot of some table names, by pyiceberg alone."""
    with closing(iceberg.Catalogue(lake)) as catalogue:
        tables = [catalogue.catalog.load_table(name) for name in catalogue.catalog.list_tables("scale")]
    return {
        one.file.file_path
        for table in tables
        for of in table.snapshots()
        for one in table.scan(snapshot_id=of.snapshot_id).plan_files()
    }


STATUSES = ("RUNNING", "COMPLETED", "FAILED")
MOMENTS = [datetime(2026, month, 10, tzinfo=UTC) for month in (1, 2, 3)]
loads = st.tuples(st.just("load"), st.integers(1, 4), st.sampled_from(STATUSES), st.sampled_from(MOMENTS))
prunes = st.tuples(st.just("prune"), st.sampled_from(MOMENTS))
syncs = st.tuples(st.just("sync"))


@given(
    st.lists(
        st.lists(loads, min_size=1, max_size=3).map(lambda some: ("loads", some)) | prunes | syncs,
        min_size=3,
        max_size=7,
    )
)
@examples(2, 60)
def test_any_sequence_of_loads_prunes_and_syncs_leaves_all_that_was_ever_known(tmp_path_factory, steps):
    folder = tmp_path_factory.mktemp("any")
    known: dict[int, tuple[datetime, bool, str]] = {}
    with jt.open(clock=lambda: NOW) as store:
        for step in [*steps, ("sync",)]:
            if step[0] == "loads":
                rows = "".join(
                    f"{id},fit,1.0,{status},,,{moment:%Y-%m-%dT%H:%M:%SZ},{moment:%Y-%m-%dT%H:%M:%SZ}\n"
                    for _, id, status, moment in step[1]
                )
                load(store, folder, rows)
            elif step[0] == "prune":
                if store.sources:
                    store.prune(before=step[1])
            else:
                store.sync_lake(folder / "lake")
                for row in store.jobs().itertuples() if store.sources else ():
                    state = (row.last_modified, row.status != "RUNNING", row.status)
                    if state[:2] >= known.get(row.id, state)[:2]:
                        known[row.id] = state
        with asked(folder / "lake") as lake:
            assert statuses(lake) == {id: status for id, (_, _, status) in known.items()}
            assert sum(days(lake).values()) == len([one for one in known.values() if one[1]])
