"""What a sync of an Iceberg lake rewrites: the files of the places that rows leave or enter, and no others."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from histories import NOW

import jobtype_toolkit as jt
from jobtype_toolkit.lakes import iceberg, layout

pytestmark = pytest.mark.slow

pytest.importorskip("pyiceberg", reason="the extra [lake] is not installed")

HEAD = "id,job_type,job_type_version,status,last_status_change,last_modified\n"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the file of a store, and a copy of the lake that it was synced into."""
    folder = tmp_path_factory.mktemp("made")
    with jt.open(folder / "ops.duckdb", clock=lambda: NOW) as store:
        jobs(store, folder, {1: "2026-01-03", 2: "2026-01-04", 3: "2026-02-03", 4: "2026-02-04"})
        executions(store, folder, {1: "2026-01-03", 2: "2026-01-04", 3: "2026-02-03", 4: "2026-02-04"})
        store.sync_lake(folder / "lake")
    (folder / "lake").rename(folder / "kept")
    return folder


@pytest.fixture
def store(made: Path, tmp_path: Path) -> Iterator[jt.Store]:
    """A store of two months, two jobs in each, and an execution of each."""
    with jt.open(shutil.copy(made / "ops.duckdb", tmp_path), clock=lambda: NOW) as store:
        yield store


@pytest.fixture
def lake(made: Path) -> Iterator[Path]:
    """The lake that it was synced into; always at the same place, which its files name."""
    yield Path(shutil.copytree(made / "kept", made / "lake"))
    shutil.rmtree(made / "lake")


def jobs(store: jt.Store, folder: Path, changed: dict[int, str], status: str = "COMPLETED") -> None:
    """Load jobs with the days of their last change."""
    rows = "".join(f"{id},fit,1.0,{status},{day}T10:00:00Z,{day}T10:00:00Z\n" for id, day in changed.items())
    (folder / "jobs.csv").write_text(HEAD + rows, encoding="utf-8")
    store.load(folder / "jobs.csv", progress=False)


def executions(store: jt.Store, folder: Path, made: dict[int, str], status: str = "COMPLETED") -> None:
    """Load an execution of each job, with the days on which they were made."""
    rows = [{"id": 10 * job, "job": {"id": job}, "exe_num": 1, "status": status, "job_type": {"id": -1},
             "created": f"{day}T09:00:00Z"} for job, day in made.items()]  # fmt: skip
    (folder / "executions.json").write_text(json.dumps(rows), encoding="utf-8")
    store.load(folder / "executions.json", "job_executions", progress=False)


def files(lake: Path) -> dict[str, set[str]]:
    """The files of the tables by place, by their places' names."""
    with closing(iceberg.Catalogue(lake)) as catalogue:
        return {
            name: {f"{one.place.state}{one.place.month} {Path(one.path).name}" for one in catalogue.files(name)}
            for name in layout.PARTED
        }


def places(some: set[str]) -> set[str]:
    return {one.partition(" ")[0] for one in some}


def agree(lake: Path, store: jt.Store) -> None:
    with jt.lake(lake, clock=lambda: NOW) as asked:
        pd.testing.assert_frame_equal(asked.jobs(), store.jobs())
        query = "FROM job_execution ORDER BY id"
        pd.testing.assert_frame_equal(asked.sql(query), store.sql(query))


def test_a_change_of_one_job_rewrites_the_places_that_it_leaves_and_enters_in_one_snapshot_which_is_whole(
    store, lake, tmp_path
):
    before = files(lake)
    assert places(before["job_history"]) == {"final2026-01", "final2026-02"}
    assert places(before["job_execution"]) == {"2026-01", "2026-02"}
    jobs(store, tmp_path, {1: "2026-03-01"}, "FAILED")
    report = store.sync_lake(lake)
    after = files(lake)
    assert (report.jobs, report.places, report.files) == (1, 2, 2)
    assert places(before["job_history"] - after["job_history"]) == {"final2026-01"}
    assert places(after["job_history"] - before["job_history"]) == {"final2026-01", "failed2026-03"}
    assert after["job_execution"] == before["job_execution"]
    agree(lake, store)
    with closing(iceberg.Catalogue(lake)) as catalogue:
        history, states = catalogue.table("job_history"), [one.snapshot for one in catalogue.states()]
        assert [one.snapshot_id for one in history.snapshots()] == states
        assert [len(history.scan(snapshot_id=one).to_arrow()) for one in states] == [4, 4]


def test_a_change_of_one_execution_rewrites_its_month(store, lake, tmp_path):
    before = files(lake)
    executions(store, tmp_path, {3: "2026-02-03"}, "FAILED")
    report = store.sync_lake(lake)
    after = files(lake)
    assert (report.jobs, report.places, report.files) == (0, 1, 1)
    assert report.tables == ("job_execution",) or set(report.tables) == {"job_execution", "source"}
    assert after["job_history"] == before["job_history"]
    assert places(after["job_execution"] - before["job_execution"]) == {"2026-02"}
    agree(lake, store)
    with jt.lake(lake, clock=lambda: NOW) as asked:
        pd.testing.assert_frame_equal(asked.analyses.attempts(), store.analyses.attempts())


def test_a_long_place_has_several_files_and_those_that_no_row_leaves_stay(store, lake, tmp_path, monkeypatch):
    monkeypatch.setattr(layout, "FILE_ROWS", 4)
    jobs(store, tmp_path, {id: f"2026-01-{id:02}" for id in range(10, 22)})
    store.sync_lake(lake)
    before = files(lake)["job_history"]
    assert len(before) == 5  # 14 jobs of January in four, 2 of February in one
    jobs(store, tmp_path, {20: "2026-01-20", 21: "2026-01-21"}, "FAILED")
    assert store.sync_lake(lake).jobs == 2
    after = files(lake)["job_history"]
    assert len(before - after) == 1
    jobs(store, tmp_path, {30: "2026-01-30"})  # joins what is not half full, and nothing else
    store.sync_lake(lake)
    assert len(after - files(lake)["job_history"]) <= 1
    agree(lake, store)


def test_rows_that_come_in_the_load_that_was_the_last_one_are_synced(store, lake):
    with store._writing("add") as con:  # as a pull does that goes on
        con.execute("UPDATE job_execution SET status = 'FAILED' WHERE id = 40")
        con.execute("UPDATE job_final SET node = 'n7', load_id = (SELECT max(load_id) FROM load) WHERE id = 4")
    report = store.sync_lake(lake)
    assert (report.jobs, report.places) == (1, 2)
    agree(lake, store)


@pytest.mark.parametrize("window", [("2026-01", "2026-01-31"), ("2026-02", "2026-02-28")])
def test_a_lake_of_a_release_that_knew_fewer_columns_goes_on_with_all(store, tmp_path, monkeypatch, window):
    now = layout.PARTED["job_history"]
    fewer = tuple(one for one in now.table.fields if one.name != "queued")
    with monkeypatch.context() as older:
        older.setitem(layout.PARTED, "job_history", replace(now, table=replace(now.table, fields=fewer)))
        store.sync_lake(tmp_path / "lake")
    jobs(store, tmp_path, {5: "2026-02-05"}, "FAILED")
    store.sync_lake(tmp_path / "lake")
    started, ended = f"{window[0]}-01T00:00:00Z", f"{window[1]}T23:59:59Z"
    with jt.lake(tmp_path / "lake", clock=lambda: NOW) as asked:
        pd.testing.assert_frame_equal(asked.jobs(), store.jobs())
        for one in ("waits", "failures"):
            found = [getattr(of.analyses, one)(started=started, ended=ended) for of in (asked, store)]
            pd.testing.assert_frame_equal(*found)


def test_a_sync_that_another_one_overtakes_is_refused_and_loses_nothing(store, lake, tmp_path, monkeypatch):
    commit = iceberg.Catalogue.commit

    def overtaken(self: iceberg.Catalogue, *arguments: Any) -> iceberg.State:
        with closing(iceberg.Catalogue(lake)) as other:  # on another machine, which sees no lock file of this one
            commit(other, [], [], other.last().marks)
        return commit(self, *arguments)

    jobs(store, tmp_path, {1: "2026-03-01"}, "FAILED")
    with (
        monkeypatch.context() as patched,
        pytest.raises(jt.StoreLocked, match="was changed by somebody else meanwhile"),
    ):
        patched.setattr(iceberg.Catalogue, "commit", overtaken)
        store.sync_lake(lake)
    assert store.sync_lake(lake).jobs == 1
    with jt.lake(lake, clock=lambda: NOW) as asked:
        pd.testing.assert_frame_equal(asked.jobs(), store.jobs())


def test_a_lake_of_another_layout_is_refused(store, lake, tmp_path, monkeypatch):
    store.export(tmp_path / "folders", partitioned=True)
    monkeypatch.setattr(layout, "VERSION", 99)
    with pytest.raises(jt.StoreVersion, match=r"it reads layout 99\. Write it anew into another folder"):
        jt.lake(lake)
    with pytest.raises(jt.StoreVersion, match="it reads layout 99"):
        store.sync_lake(lake)
    with pytest.raises(jt.StoreVersion, match="it reads layout 99"), jt.lake(tmp_path / "folders") as folders:
        folders.running()
