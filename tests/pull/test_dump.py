"""Backfills from a dump: scripts as pg_dump writes them, folders of CSV files, and what is refused."""

from __future__ import annotations

import gzip
import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest
from clusters import Cluster
from histories import NOW
from simulated import scale_of
from typer.testing import CliRunner

import jobtype_toolkit as jt
from jobtype_toolkit.cli.app import app
from jobtype_toolkit.errors import InputNotFound, InvalidParameter, LoadFailed
from jobtype_toolkit.sync.address import address, is_address
from jobtype_toolkit.sync.tables import TABLES

pytestmark = pytest.mark.slow

JOBS = 30
HISTORY = ("job_final", "job_open", "job_failed", "job_type", "job_type_revision", "error")
ESCAPES = {"\\": "\\\\", "\b": "\\b", "\t": "\\t", "\n": "\\n", "\v": "\\v", "\f": "\\f", "\r": "\\r"}


def value(one: Any) -> str | None:
    """Return a value as PostgreSQL writes it."""
    return one if one is None or isinstance(one, str) else json.dumps(one)


def columns(table: str) -> list[str]:
    """The columns of a table, with one that nobody reads in front."""
    return ["unread", *TABLES[table]]


def script(cluster: Cluster) -> str:
    """Return a history as pg_dump writes it."""
    text = io.StringIO()
    text.write(
        "--\n-- PostgreSQL database dump\n--\nSET client_encoding = 'UTF8';\nCOPY public.queue (id, job_id) FROM stdin;\n1\t2\n\\.\n\n"
    )
    for table, rows in cluster.tables().items():
        if table in TABLES:
            text.write(f"COPY public.{table} ({', '.join(columns(table))}) FROM stdin;\n")
            for row in rows:
                values = [value(row.get(one)) for one in columns(table)]
                text.write(
                    "\t".join("\\N" if one is None else "".join(ESCAPES.get(c, c) for c in one) for one in values)
                    + "\n"
                )
            text.write("\\.\n\n\n")
    return text.getvalue()


def tables(cluster: Cluster, folder: Path) -> Path:
    """Write a folder of CSV files as COPY writes them: what is missing has no quotes, a text always."""
    for table, rows in cluster.tables().items():
        if table in TABLES:
            with (folder / f"{table}.csv").open("w", encoding="utf-8", newline="") as file:
                file.write(",".join(columns(table)) + "\n")
                for row in rows:
                    values = [value(row.get(one)) for one in columns(table)]
                    file.write(
                        ",".join("" if one is None else '"' + one.replace('"', '""') + '"' for one in values) + "\n"
                    )
    return folder


def rows(store: jt.Store, *tables: str) -> list[Any]:
    with store._reading() as con:
        return [
            con.execute(f"SELECT COLUMNS(lambda c: c <> 'load_id') FROM {one} ORDER BY ALL").fetchall()
            for one in tables
        ]


@pytest.fixture
def cluster() -> Cluster:
    return Cluster(JOBS)


@pytest.fixture
def dump(cluster: Cluster, tmp_path: Path) -> Path:
    file = tmp_path / "scale.sql"
    file.write_text(script(cluster), encoding="utf-8", newline="")
    return file


def filled(path: Any, store: jt.Store | None = None) -> jt.Store:
    store = store or jt.open(clock=lambda: NOW)
    store.backfill(path, source="prod", progress=False)
    return store


def facts(store: jt.Store) -> list[Any]:
    """What is compared with a pull: documents as values, for their keys have another order."""
    query = """
    SELECT id, status, node, error_id, num_exes, input_file_size, created, last_status_change, last_modified, recipe_type,
        batch_title, source_sensor, source_task, source_started, superseded, superseded_job_id, ingest_event_id, input_files
    FROM job ORDER BY id
    """
    with store._reading() as con:
        return [(*row[:-1], json.loads(row[-1])) for row in con.execute(query).fetchall()]


def test_a_dump_of_any_form_brings_what_a_pull_brings(cluster, dump, tmp_path):
    packed, folder = tmp_path / "scale.sql.gz", tmp_path / "tables"
    packed.write_bytes(gzip.compress(script(cluster).encode()))
    folder.mkdir()
    store = filled(dump)
    with store._reading() as con:  # it is as fresh as its newest job
        ((observed,),) = con.execute("SELECT observed FROM source WHERE pulled").fetchall()
    assert observed.isoformat() + "Z" == max(one["last_modified"] for one in cluster.jobs.values())
    assert rows(filled(packed), *HISTORY) == rows(filled(tables(cluster, folder)), *HISTORY) == rows(store, *HISTORY)
    pulled = jt.open(clock=lambda: NOW)
    pulled.pull(scale_of(cluster), source="prod", progress=False, snapshot=False)
    assert facts(store) == facts(pulled)
    assert rows(store, "error", "job_failed", "coverage") == rows(pulled, "error", "job_failed", "coverage")
    assert store.check().is_sound
    again = store.pull(scale_of(cluster), source="prod", progress=False)
    assert (again.new, again.changed, again.disagreements) == (0, 0, ())


def test_an_old_dump_sets_nothing_back(cluster, dump):
    """The jobs went on since, and one that ran is over."""
    running = next(id for id, one in cluster.jobs.items() if one["status"] == "RUNNING")
    cluster.now = NOW.replace(hour=13)
    cluster.add("COMPLETED", NOW.replace(minute=30), id=running, created=cluster.jobs[running]["created"], num_exes=2)
    for one in cluster.executions[running]:
        one |= {"status": "COMPLETED", "ended": "2026-03-01T12:30:00Z"}
    store = jt.open(clock=lambda: cluster.now)
    store.pull(scale_of(cluster), source="prod", executions=1000, progress=False, snapshot=False)
    before = facts(store)
    filled(dump, store)
    assert facts(store) == before
    assert (
        store.sql("SELECT count(*) AS n FROM job_execution WHERE status = 'RUNNING' AND job_id = $id", id=running)["n"][
            0
        ]
        == 0
    )


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda text: text[: len(text) // 2], "breaks off"),
        (lambda text: text.replace("COPY public.node", "COPY public.nodes"), "the table node"),
        (lambda text: text.replace("source_task", "source_job"), r"job\.source_task"),
        (lambda text: "no dump at all\n", "the table job"),
        (lambda text: "PGDMP" + text, "pg_restore"),
    ],
    ids=["cut", "a table", "a column", "no dump", "an archive"],
)
def test_what_is_no_whole_dump_is_refused_and_changes_nothing(cluster, dump, change, said):
    dump.write_text(change(script(cluster)), encoding="utf-8")
    store = jt.open(clock=lambda: NOW)
    with pytest.raises(LoadFailed, match=said):
        filled(dump, store)
    assert store.sources == []


def test_a_path_without_anything_is_told(tmp_path):
    with pytest.raises(InputNotFound, match="no such file or folder"):
        filled(tmp_path / "nothing.sql")
    with pytest.raises(LoadFailed, match=r"such as job\.csv"):
        filled(tmp_path)


def test_a_backfill_without_the_driver_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "adbc_driver_postgresql", None)
    with pytest.raises(InvalidParameter, match=r"jobtype-toolkit\[postgres\]"):
        filled("postgresql:///scale")


# The command.


def test_the_command_fills_a_store_and_tells_what_came(cluster, dump, tmp_path):
    store = str(tmp_path / "ops.duckdb")
    done = CliRunner().invoke(app, ["backfill", str(dump), "--store", store, "--source", "prod", "--json"])
    assert done.exit_code == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["kind"], told["jobs"], told["is_complete"], told["requests"]) == ("backfill", JOBS, True, 0)


@pytest.mark.parametrize(
    "given", ["postgresql://me:hush@db/scale", "host=db password=hush", "postgresql://db/x?password=hush"]
)
def test_a_password_on_the_command_line_is_refused_and_not_repeated(tmp_path, given):
    store = tmp_path / "ops.duckdb"
    done = CliRunner().invoke(app, ["backfill", given, "--store", str(store), "--source", "prod"])
    assert done.exit_code == 2
    assert "PGPASSWORD" in done.stderr
    assert "hush" not in done.output
    assert not store.exists()


# Addresses.


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        (
            "postgresql://me:hush@db.example:5433/scale?sslmode=require&password=hush",
            "postgresql://me@db.example:5433/scale",
        ),
        ("postgres://db/scale", "postgresql://db/scale"),
        ("postgresql:///scale?host=/run/pg&port=5433", "postgresql:///scale?host=/run/pg&port=5433"),
        ("postgresql://me:h%2Fush@[::1]:5432,other/scale", "postgresql://me@[::1]:5432,other/scale"),
        ("host=db dbname='my db' password='hu\\'sh' sslmode=require", "postgresql: host=db dbname=my db"),
        ("service=scale", "postgresql: service=scale"),
    ],
)
def test_of_an_address_no_password_is_shown(given, shown):
    assert is_address(given)
    found = address(given)
    assert found.shown == shown
    assert "hush" not in repr(found)
    assert not any(one in found.hide(f"could not connect to {given}") for one in ("hush", "h%2Fush", "h/ush", "hu'sh"))


@pytest.mark.parametrize(
    "given",
    ["postgresql://me:hu/sh@db/scale", "postgresql://me:hu#sh@db/scale", "postgresql://me:hu?sh@db/scale", "postgresql://me:hu@sh@db/x",
     "postgresql://me:hush@[db/scale", "postgresql://me:hu sh@db/scale", "host=db hush"],
)  # fmt: skip
def test_an_address_that_cannot_be_understood_is_not_repeated(given):
    with pytest.raises(InvalidParameter) as refused:
        address(given)
    assert not {"hu", "hush", "sh@db"} & set(str(refused.value).split())
    assert "hush" not in str(refused.value)
    assert refused.value.__cause__ is None


def test_a_file_is_no_address(tmp_path):
    assert not is_address(str(tmp_path / "a=b.sql"))
    assert not is_address("scale.sql.gz")
