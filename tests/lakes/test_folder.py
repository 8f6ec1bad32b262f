"""A lake of plain Parquet folders: what `export(partitioned=True)` writes, and what `jt.lake` answers from it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest
from histories import NOW
from typer.testing import CliRunner, Result

import jobtype_toolkit as jt
from jobtype_toolkit.cli import app

JOBS = """id,job_type,job_type_version,status,error_name,error_category,last_status_change
1,fit,1.0,COMPLETED,,,2024-02-10T10:00:00Z
2,fit,1.0,FAILED,broken,DATA,2024-02-11T10:00:00Z
3,fit,1.0,COMPLETED,,,2026-02-27T10:00:00Z
4,fit,1.0,RUNNING,,,2026-02-28T10:00:00Z
5,fit,1.0,PENDING,,,
"""


@pytest.fixture
def store(tmp_path: Path) -> Iterator[jt.Store]:
    """Five jobs of one source in each state."""
    (tmp_path / "jobs.csv").write_text(JOBS, encoding="utf-8")
    with jt.open(clock=lambda: NOW) as store:
        store.load(tmp_path / "jobs.csv")
        yield store


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Iterator[jt.Store]:
    """The same, for tests that only read it."""
    file = tmp_path_factory.mktemp("known") / "jobs.csv"
    file.write_text(JOBS, encoding="utf-8")
    with jt.open(clock=lambda: NOW) as store:
        store.load(file)
        yield store


@pytest.fixture(scope="module")
def folder(known: jt.Store, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The lake of those jobs, for tests that only read it."""
    place = tmp_path_factory.mktemp("read")
    known.export(place / "lake", partitioned=True)
    return place / "lake"


@pytest.fixture
def own(folder: Path, tmp_path: Path) -> Path:
    """The lake of those jobs, for a test that changes it."""
    return Path(shutil.copytree(folder, tmp_path / "lake"))


@pytest.fixture
def run() -> Callable[..., Result]:
    """Run the command line."""
    return lambda *arguments: CliRunner().invoke(app, [str(one) for one in arguments])


def places(folder: Path) -> dict[str, list[int]]:
    """Read the ids in each place with DuckDB alone."""
    return {
        "/".join(file.relative_to(folder / "job_history").parts[:-1]): [
            id for (id,) in duckdb.sql(f"SELECT id FROM read_parquet('{file}') ORDER BY ALL").fetchall()
        ]
        for file in sorted((folder / "job_history").rglob("*.parquet"))
    }


def test_jobs_lie_by_source_state_and_month_of_their_last_change(folder):
    assert places(folder) == {
        "source=local/state=failed/month=2024-02": [2],
        "source=local/state=final/month=2024-02": [1],
        "source=local/state=final/month=2026-02": [3],
        "source=local/state=open/month=2026-02": [4],
        "source=local/state=open/month=none": [5],
    }


def test_each_table_of_an_empty_store_is_there_with_its_columns(tmp_path):
    with jt.open() as store:
        assert set(store.export(tmp_path / "lake", partitioned=True).values()) == {0}
        told = store.tables()
    for table in ("job_type", "error", "job_execution", "coverage", "source"):
        (file,) = (tmp_path / "lake" / table).rglob("*.parquet")
        columns = [
            row[0] for row in duckdb.sql(f"DESCRIBE FROM read_parquet('{file}', hive_partitioning = false)").fetchall()
        ]
        assert columns == told.loc[told["table"].eq(table), "column"].to_list()
    assert list(places(tmp_path / "lake").values()) == [[]]
    with jt.lake(tmp_path / "lake") as lake:
        assert lake.status().empty
        assert lake.sources == []


def test_files_hold_no_type_that_other_engines_do_not_read(folder):
    types = {
        row[1]
        for file in folder.rglob("*.parquet")
        for row in duckdb.sql(f"DESCRIBE FROM read_parquet('{file}', hive_partitioning = false)").fetchall()
    }
    assert types <= {"VARCHAR", "BIGINT", "DOUBLE", "BOOLEAN", "TIMESTAMP", "VARCHAR[]"}


def test_the_frames_say_which_lake_answered_and_which_state_of_it(folder):
    with jt.lake(folder, clock=lambda: NOW) as lake:
        for frame in (lake.status(started="P30D"), lake.jobs(started="P30D"), lake.analyses.failures()):
            assert frame.attrs["lake"] == str(folder)
            assert frame.attrs["snapshot"] == "2026-03-01T12:00:00Z"
        assert "snapshot 2026-03-01T12:00:00Z" in repr(lake)
        assert f"lake     {folder}" in jt.explain(lake.pending())


def test_jobs_without_a_window_say_that_all_of_the_lake_was_read(folder, monkeypatch):
    with jt.lake(folder, clock=lambda: NOW) as lake:
        assert lake.jobs().attrs["notes"] == ["without a window all 5 jobs of the lake were read"]
        assert lake.jobs(started="P9000D").attrs["notes"] == []
        monkeypatch.setattr("jobtype_toolkit.lakes.backend.MOST_JOBS", 4)
        with pytest.raises(jt.InvalidParameter, match=r"would read all 5 jobs of .*lake. Give started="):
            lake.jobs(status="FAILED")
        assert lake.jobs(status="FAILED", started="P9000D")["id"].to_list() == [2]


def test_a_lake_that_is_written_anew_is_seen_by_the_next_question(store, own, tmp_path):
    with jt.lake(own, clock=lambda: NOW) as lake:
        assert lake.running()["count"].to_list() == [1]
        (tmp_path / "later.csv").write_text(JOBS.replace("4,fit,1.0,RUNNING", "4,fit,1.0,COMPLETED"), encoding="utf-8")
        store.load(tmp_path / "later.csv")
        store.export(own, partitioned=True)
        assert lake.running().empty
        assert len(lake.jobs()) == 5
    assert sorted(one.name for one in tmp_path.iterdir() if one.is_dir()) == ["lake"]


def test_every_source_goes_into_the_lake_unless_one_is_named(store, tmp_path):
    store.load(tmp_path / "jobs.csv", source="https://other.example/api?a=b")
    assert store.export(tmp_path / "both", partitioned=True)["job_history"] == 10
    assert store.export(tmp_path / "one", partitioned=True, source="local")["job_history"] == 5
    with jt.lake(tmp_path / "both", clock=lambda: NOW) as lake:
        with pytest.raises(jt.Ambiguous):
            lake.status()
        pd.testing.assert_frame_equal(lake.jobs(source="*"), store.jobs(source="*"))
        assert len(lake.jobs(source="https://other.example/api?a=b")) == 5
    with jt.lake(tmp_path / "one") as lake:
        assert lake.sources == ["local"]


@pytest.mark.parametrize(
    "change",
    [
        lambda lake: lake.add(Path("nothing is read here.json"), docker_image="a:1"),
        lambda lake: lake.edit("fit", "1.0", is_paused=True),
    ],
    ids=["add", "edit"],
)
def test_a_change_is_refused_before_anything_is_read(folder, change: Callable[[jt.Lake], Any]):
    with jt.lake(folder) as lake, pytest.raises(jt.ReadOnly, match="which is a lake and only read"):
        change(lake)


def test_a_query_of_your_own_reads_the_lake_and_nothing_else(known, folder, tmp_path):
    (tmp_path / "jobs.csv").write_text(JOBS, encoding="utf-8")
    with jt.lake(folder) as lake:
        query = "SELECT job_type, count(*) AS n, max(last_status_change) AS newest FROM job GROUP BY ALL"
        pd.testing.assert_frame_equal(lake.sql(query), known.sql(query))
        mine = pd.DataFrame({"id": [2, 3]})
        assert lake.sql("SELECT count(*) AS n FROM job JOIN mine USING (id)", tables={"mine": mine})["n"].to_list() == [
            2
        ]
        for refused in (
            f"FROM '{tmp_path / 'jobs.csv'}'",
            f"COPY (SELECT 1) TO '{folder / 'x.csv'}'",
            "CREATE TABLE x (i INT)",
        ):
            with pytest.raises(jt.InvalidQuery):
                lake.sql(refused)
        assert set(lake.tables()["table"]) >= {"job", "job_final", "job_open", "job_failed", "job_type", "error"}
        assert lake.tables()["meaning"].notna().all()


def test_the_shift_report_of_a_lake_is_that_of_its_store(known, folder):
    expected = known.report(since="P30D")
    with jt.lake(folder, clock=lambda: NOW) as lake:
        told = lake.report(since="P30D")
    assert told.verdict == expected.verdict
    assert [one.entries for one in told.sections] == [one.entries for one in expected.sections]


def test_a_folder_is_no_store_and_the_message_says_what_reads_it(folder):
    with pytest.raises(jt.NotAStore, match=r"is a folder, not a store\. If it is a lake, it is read by jt\.lake\("):
        jt.open(folder)


def test_what_is_no_lake_is_refused(tmp_path):
    with pytest.raises(jt.InputNotFound, match="There is no lake at"):
        jt.lake(tmp_path / "missing")
    with pytest.raises(jt.NotAStore, match=r"is no lake: it has no lake\.json"):
        jt.lake(tmp_path)


def test_only_a_lake_is_replaced(known, tmp_path):
    (tmp_path / "file").write_text("mine")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "thesis.txt").write_text("mine")
    for name in ("file", "folder"):
        with pytest.raises(jt.StoreError, match="would replace"):
            known.export(tmp_path / name, partitioned=True)
    assert (tmp_path / "file").read_text() == (tmp_path / "folder" / "thesis.txt").read_text() == "mine"


def test_an_export_that_fails_leaves_the_lake_that_was_there(known, own, monkeypatch):
    before = places(own)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("jobtype_toolkit.lakes.folder.write_parted", full)
    with pytest.raises(jt.StoreError, match="what was there before is unchanged"):
        known.export(own, partitioned=True)
    assert places(own) == before
    assert [one.name for one in own.parent.iterdir() if one.is_dir()] == ["lake"]


def test_the_commands_that_ask_take_the_folder_of_a_lake(folder, run):
    asked = run("running", "--store", str(folder), "--json")
    assert [row["count"] for row in json.loads(asked.stdout)] == [1]
    counted = run("sql", "SELECT count(*) AS n FROM job", "--store", str(folder), "--json")
    assert json.loads(counted.stdout) == [{"n": 5}]
    alarm = run("report", "--fail-on", "worse", "--store", str(folder))
    assert (alarm.exit_code, "Give a file with --state" in alarm.stderr) == (2, True)
    refused = run("forget", "1", "--store", str(folder), "--yes")
    assert refused.exit_code == 1
    assert "the commands that ask" in refused.stderr


def test_export_partitioned_is_a_command(tmp_path, run):
    (tmp_path / "jobs.csv").write_text(JOBS, encoding="utf-8")
    with jt.open(tmp_path / "ops.duckdb") as store:
        store.load(tmp_path / "jobs.csv")
    done = run("export", str(tmp_path / "made"), "--partitioned", "--store", str(tmp_path / "ops.duckdb"))
    assert done.exit_code == 0, done.stderr
    assert "5 job_history" in done.stdout
    assert len(places(tmp_path / "made")) == 5


@pytest.mark.parametrize(
    ("module", "version", "words"),
    [("pyspark.sql.session", "3.5.6", "Spark 3.5.6"), ("pyspark.sql.connect.session", "4.1.0", "Spark Connect")],
)
def test_a_session_that_cannot_answer_is_refused(module, version, words):
    session = type("SparkSession", (), {"__module__": module, "version": version})()
    with pytest.raises(jt.InvalidParameter, match=words):
        jt.lake(session=session, namespace="ice.scale")
