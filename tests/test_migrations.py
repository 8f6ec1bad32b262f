"""Files of older schema versions: each is made as its release made it, and brought up to date by this one."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path

import duckdb
import pytest
from asking import small_file
from children import run
from histories import JOB_TYPES, JOBS, NOW, page
from simulated import Simulated, here, scale_of, there
from sizes import and_in_soak

import jobtype_toolkit as jt
from jobtype_toolkit.store import engine, schema
from jobtype_toolkit.store.connection import POOL

pytestmark = pytest.mark.slow

SCHEMAS = Path(__file__).parent / "schemas"
"""What each version made in an empty file, as DuckDB tells it."""


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Callable[[int], Path]:
    """(version) → its file with the small history, made once; to be copied."""
    folder = tmp_path_factory.mktemp("made")
    new = small_file(folder, "local")

    @cache
    def of(version: int) -> Path:
        path = folder / f"{version}" / "old.duckdb"
        path.parent.mkdir()
        _make(path, version, new)
        return path

    return of


@pytest.fixture(params=range(1, schema.SCHEMA_VERSION))
def old(request, made, tmp_path) -> Path:
    """A file of each older version with the small history in it."""
    return Path(shutil.copy(made(request.param), tmp_path))


def _make(path: Path, version: int, new: Path) -> None:
    con = duckdb.connect(str(path))
    con.execute("SET TimeZone = 'UTC'")
    con.execute((SCHEMAS / f"{version:04}.sql").read_text(encoding="utf-8"))
    con.execute(f"ATTACH '{new}' AS new (READ_ONLY)")
    for (name,) in con.execute("SELECT table_name FROM duckdb_tables() WHERE database_name = 'old'").fetchall():
        columns = con.execute(
            "SELECT string_agg('\"' || column_name || '\"', ', ' ORDER BY column_index) FROM duckdb_columns() "
            "WHERE database_name = 'old' AND table_name = ?",
            [name],
        ).fetchone()[0]
        con.execute(f'INSERT INTO old."{name}" ({columns}) SELECT {columns} FROM new."{name}"')
    con.execute("UPDATE old.meta SET schema_version = ?", [version])
    con.close()


oldest = pytest.mark.parametrize("old", and_in_soak([1], range(2, schema.SCHEMA_VERSION)), indirect=True)
"""For what is the same whatever version a file had, once its tables are those of a new one."""


@pytest.fixture(scope="module")
def answered(tmp_path_factory) -> dict[str, list[dict]]:
    """What a new store answers."""
    with jt.open(small_file(tmp_path_factory.mktemp("new"), "local"), clock=lambda: NOW) as new:
        return answers(new)


def answers(store: jt.Store) -> dict[str, list[dict]]:
    calls = {"types": store.job_types(), "errors": store.errors(), "jobs": store.jobs(), "status": store.status("P30D")}
    return {name: frame.astype(object).where(frame.notna(), None).to_dict("records") for name, frame in calls.items()}


def test_a_file_of_an_older_version_has_new_tables_and_answers_as_before_once_it_is_upgraded(old, answered):
    with jt.open(old, clock=lambda: NOW) as store:
        assert answers(store) == answered
        assert store.sql("SELECT schema_version FROM meta")["schema_version"][0] == schema.SCHEMA_VERSION
        assert store.check().is_sound
        assert not store.sql("FROM job_type WHERE is_local IS DISTINCT FROM false").size
        assert tables(store) == tables_of_a_new_one()


def tables(store: jt.Store) -> list[list[dict]]:
    """Tell the tables of a store: a column that came later stands last in its table, and nothing reads columns by their places."""
    listing = """
        SELECT table_name, column_name, data_type, comment FROM duckdb_columns()
        WHERE NOT internal ORDER BY table_name, column_name
    """
    told = store.sql(listing), store.tables().sort_values(["table", "column"])
    return [frame.to_dict("records") for frame in told]


@cache
def tables_of_a_new_one() -> list[list[dict]]:
    with jt.open() as new:
        return tables(new)


@oldest
def test_an_upgraded_file_takes_what_the_new_version_is_for(old, write):
    with jt.open(old, clock=lambda: NOW) as store:
        store.set_workspaces({"products": True})
        manifest = jt.Manifest.new("late", maintainer={"name": "Operations", "email": "ops@example.com"})
        store.add(manifest, docker_image="late-1.0.0-seed:1.0.0").send()
        assert store.sql("SELECT is_local FROM job_type WHERE name = 'late'")["is_local"].tolist() == [True]
        report = store.load(write("again.json", page(JOB_TYPES)), "job_types")
        assert report.unchanged == report.rows
        assert store.check().is_sound


@oldest
def test_a_file_of_an_older_version_is_not_upgraded_by_a_reader(old):
    before = old.read_bytes()
    with pytest.raises(jt.StoreVersion, match="without read_only"):
        jt.open(old, read_only=True).jobs()
    assert old.read_bytes() == before


@oldest
def test_an_upgraded_file_can_be_pulled_into(old):
    """A loaded source becomes a live one; what was loaded says nothing about what is complete."""
    server = Simulated(NOW)
    server.jobs = {one["id"]: one for one in JOBS[:20]}
    server.change(101, "FAILED")
    with jt.open(old, clock=lambda: NOW) as store:
        source = store.sql("SELECT source FROM source")["source"][0]
        before = len(store.jobs())
        assert "coverage" not in store.jobs().attrs
        report = store.pull(scale_of(server), source=source, progress=False)
        assert report.is_complete
        assert len(store.jobs()) == before
        assert here(store)[0] == there(server.jobs.values())[0]
        assert store.jobs().attrs["coverage"]
        assert store.check().is_sound


def test_each_version_has_its_migration():
    folder = Path(schema.__file__).parent / "migrations"
    found = sorted(path.name for path in folder.glob("*.sql"))
    assert found == [f"{number:04}.sql" for number in range(2, schema.SCHEMA_VERSION + 1)]


KILLED = """
import os, signal, sys
import jobtype_toolkit as jt
from jobtype_toolkit.store import engine, schema

file, last, moment = sys.argv[1], int(sys.argv[2]), sys.argv[3]
migrate = schema.migrate

def killed(con, found, *, to):
    if moment == "before" and to == last:
        os.kill(os.getpid(), signal.SIGKILL)
    migrate(con, found, to=to)
    if moment == "within" and to == last:
        os.kill(os.getpid(), signal.SIGKILL)

schema.migrate = killed
with jt.open(file) as store:
    store.jobs()
"""


def upgraded_to(file: Path) -> int:
    with POOL.cursor(file) as con:
        return con.execute("SELECT schema_version FROM meta").fetchone()[0]


STEPS = range(2, schema.SCHEMA_VERSION + 1)


EACH = [*((1, step, "within") for step in STEPS), *((step - 1, step, "before") for step in STEPS)]
"""Each step of the oldest file and of the one just before it, and each moment of each step."""
EVERY = [(old, step, moment) for step in STEPS for old in range(1, step) for moment in ("within", "before")]


@pytest.mark.parametrize(
    ("old", "step", "moment"),
    [pytest.param(*one, marks=[] if one in EACH else pytest.mark.soak) for one in EVERY],
    indirect=["old"],
)
def test_an_upgrade_that_is_killed_at_any_step_goes_on_with_the_next_opening(old, step, moment):
    done = run(KILLED, old, step, moment)
    assert done.returncode == -9, done.stderr
    assert f"step {step} of {schema.SCHEMA_VERSION}" in done.stderr
    assert upgraded_to(old) == step - 1
    with jt.open(old, clock=lambda: NOW) as store:
        assert len(store.jobs()) == len(JOBS)
        assert store.check().is_sound
    assert upgraded_to(old) == schema.SCHEMA_VERSION


@oldest
def test_an_upgrade_says_how_far_it_is(old, capfd):
    first = upgraded_to(old) + 1
    with jt.open(old) as store:
        store.jobs()
    told = capfd.readouterr().err.splitlines()
    wanted = [f"step {step} of {schema.SCHEMA_VERSION}" for step in range(first, schema.SCHEMA_VERSION + 1)]
    assert len(told) == len(wanted)
    assert all(step in line for step, line in zip(wanted, told, strict=True))


@oldest
def test_an_old_file_that_cannot_be_written_names_the_remedy(old, monkeypatch):
    connect = engine.connect

    def refusing(path, patience, *, read_only, **pool):
        if not read_only:
            raise jt.StoreError("Read-only file system")
        return connect(path, patience, read_only=read_only, **pool)

    monkeypatch.setattr(engine, "connect", refusing)
    with pytest.raises(jt.StoreVersion, match=r"jobtype-toolkit types --store .* where the file may be written"):
        jt.open(old).jobs()
