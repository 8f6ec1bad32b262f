"""Backfills from a real PostgreSQL: what comes is what a pull brings, whatever happens meanwhile."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from children import Child
from clusters import Cluster
from histories import NOW
from postgres import MISSING, PASSWORD, Server, server
from simulated import scale_of
from sizes import sizes

import jobtype_toolkit as jt
from jobtype_toolkit.errors import AuthenticationFailed, ConnectionFailed, InvalidParameter, LoadFailed, PullStopped
from jobtype_toolkit.store.temporary import temporary
from jobtype_toolkit.sync import backfill as backfills
from jobtype_toolkit.sync import sink
from jobtype_toolkit.sync.address import address
from jobtype_toolkit.sync.database import TOO_LONG, Database
from jobtype_toolkit.sync.history import History

pytestmark = [pytest.mark.slow, pytest.mark.skipif(bool(MISSING), reason=MISSING)]

JOBS = 60
SLICE = 25
TABLES = (
    "job_final",
    "job_open",
    "job_failed",
    "job_day",
    "job_type",
    "job_type_revision",
    "error",
    "job_execution",
    "coverage",
    "execution_asked",
)
DOCUMENTS = ("input_files", "manifest", "configuration", "recipe_types", "extra")
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def postgres() -> Iterator[Server]:
    """A server whose database `scale` holds the history of `Cluster(JOBS)`; nobody changes it."""
    with server() as made:
        Cluster(JOBS).save(made)
        yield made


@pytest.fixture(scope="module")
def file(postgres: Server, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a store that was filled from it in one go."""
    path = tmp_path_factory.mktemp("filled") / "whole.duckdb"
    with opened(path) as store:
        report = store.backfill(postgres.url(), source="prod", progress=False)
        assert (report.jobs, report.is_complete) == (JOBS, True)
    return path


@pytest.fixture(scope="module")
def whole(file: Path) -> dict[str, list[tuple[Any, ...]]]:
    """What is in that file."""
    with jt.open(file, read_only=True) as store:
        return held(store)


@pytest.fixture
def full(file: Path, copied: Callable[[Path], jt.Store]) -> jt.Store:
    """A store in memory with all of that."""
    return copied(file)


@pytest.fixture(scope="module")
def copies() -> Iterator[int]:
    return iter(range(1000))


@pytest.fixture
def copy(postgres: Server, copies: Iterator[int]) -> str:
    """The name of a database of the test's own, with the same history."""
    name = f"copy{next(copies)}"
    postgres.sql(f"CREATE DATABASE {name} TEMPLATE scale OWNER scale", "postgres", "postgres")
    return name


@pytest.fixture
def cluster() -> Cluster:
    return Cluster(JOBS)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a slice have 25 jobs, and let its file be looked through as a large one is."""
    monkeypatch.setattr(backfills, "_SLICE", SLICE)
    monkeypatch.setattr(sink, "_SMALL", 0)


def opened(path: Any = ":memory:") -> jt.Store:
    return jt.open(path, clock=lambda: NOW)


def held(store: jt.Store, *tables: str) -> dict[str, list[tuple[Any, ...]]]:
    """Return what a store holds, all columns but the number of the load; documents are compared as values."""
    found = {}
    with store._reading() as con:
        for table in tables or TABLES:
            answer = con.execute(f"SELECT COLUMNS(lambda c: c <> 'load_id') FROM {table} ORDER BY ALL")
            names = [name for name, *_ in answer.description]
            found[table] = [
                tuple(
                    json.dumps(json.loads(one), sort_keys=True) if name in DOCUMENTS and one else one
                    for name, one in zip(names, row, strict=True)
                )
                for row in answer.fetchall()
            ]
    return found


def pulled(cluster: Cluster, store: jt.Store | None = None, **more: Any) -> jt.Store:
    store = store or opened()
    store.pull(
        scale_of(cluster), **{"source": "prod", "executions": 10_000, "progress": False, "snapshot": False, **more}
    )
    return store


def filled(address: str | Path, store: jt.Store | None = None, **more: Any) -> jt.Store:
    store = store or opened()
    store.backfill(address, **{"source": "prod", "progress": False, **more})
    return store


# What comes.


def test_a_backfill_brings_what_a_pull_brings_column_for_column(whole, cluster):
    ours, theirs = whole, held(pulled(cluster))
    of_pull = {row[1] for row in theirs["job_execution"]}  # a pull asks for those of failed and repeated jobs alone
    assert of_pull
    assert [row for row in ours["job_execution"] if row[1] in of_pull] == theirs["job_execution"]
    assert len(ours["job_execution"]) == sum(map(len, cluster.executions.values()))
    for table in TABLES:
        if table != "job_execution":
            assert ours[table] == theirs[table], table
    assert len(ours["job_final"]) + len(ours["job_open"]) == JOBS


def test_a_pull_goes_on_where_a_backfill_ends_and_both_agree(postgres, cluster, copy, small, full):
    store = full
    before = held(store)
    report = store.pull(scale_of(cluster), source="prod", executions=100, progress=False)
    assert (report.new, report.changed, report.rejected, report.disagreements) == (0, 0, 0, ())
    assert report.jobs < JOBS / 2
    assert held(store) == before
    cluster.now = NOW + timedelta(minutes=5)
    changed = [1003, 1010, 2000]
    for number, id in enumerate(changed):
        cluster.happen(id, NOW + timedelta(minutes=1 + number))
    cluster.save(postgres, copy, changed=changed)
    pulled(cluster, store, executions=0)
    assert held(store, *TABLES[:3]) == held(filled(postgres.url(copy), executions=False), *TABLES[:3])


def test_a_second_backfill_reads_the_overlap_and_what_changed_since(postgres, cluster, copy, full):
    store = full
    again = store.backfill(postgres.url(copy), source="prod", progress=False)
    assert (again.new, again.changed, again.is_complete, again.complete_from) == (0, 0, True, None)
    assert again.jobs < JOBS / 2
    cluster.happen(1003, NOW + timedelta(minutes=1))
    cluster.save(postgres, copy, changed=[1003])
    last = store.backfill(postgres.url(copy), source="prod", progress=False)
    assert 1 <= last.new + last.changed <= 2 + len(cluster.executions[1003])
    changed = pulled(cluster, executions=0)
    assert held(store, *TABLES[:3]) == held(changed, *TABLES[:3])


def test_only_what_was_modified_since_comes_and_the_rest_with_a_later_call(postgres, whole):
    store = filled(postgres.url(), started=NOW - timedelta(minutes=20), executions=False)
    assert 0 < len(store.jobs()) < JOBS / 2
    assert store.jobs()["last_modified"].min() >= NOW - timedelta(minutes=20)
    filled(postgres.url(), store, executions=False)
    assert held(store, *TABLES[:3], "coverage") == {name: whole[name] for name in (*TABLES[:3], "coverage")}


def test_a_job_that_changes_while_others_are_read_is_there_as_it_is_now(postgres, cluster, copy, small, monkeypatch):
    """It moves from a slice that is still to be read behind the one that was read first."""
    real, calls = History.slice, []

    def slice(self: History, *given: Any) -> Any:
        calls.append(given)
        if len(calls) == 2:
            cluster.happen(1002, NOW + timedelta(minutes=1))
            cluster.save(postgres, copy, changed=[1002])
        return real(self, *given)

    monkeypatch.setattr(History, "slice", slice)
    store = filled(postgres.url(copy), executions=False)
    monkeypatch.undo()
    now = held(filled(postgres.url(copy), executions=False), *TABLES[:3])
    assert held(store, *TABLES[:3]) == now
    assert store.sql("SELECT count(*) AS n FROM job WHERE id = 1002")["n"].tolist() == [1]


def test_pruned_jobs_do_not_come_back(postgres, full):
    store = full
    store.prune(before=NOW - timedelta(minutes=30))
    left = held(store, *TABLES[:3], "job_execution")
    filled(postgres.url(), store)
    assert held(store, *TABLES[:3], "job_execution") == left


# Which database.


def test_another_clusters_rows_never_mix_in(postgres, cluster, full):
    other = Cluster(JOBS, seed=9)
    for one in other.jobs.values():
        one["created"] = "2025-01-01T00:00:00Z"
    store = pulled(other)
    before = held(store)
    with pytest.raises(InvalidParameter, match=r"another server.* job \d+ was made at .* in the store"):
        filled(postgres.url(), store)
    assert held(store) == before
    store = full
    with pytest.raises(InvalidParameter, match=r"another server.* job \d+ was made at "):
        pulled(other, store)
    cluster.job_types[2]["name"] = "renamed"
    with pytest.raises(InvalidParameter, match=r"job type 2 is renamed 1\.9\.0 there and chips 1\.9\.0 in the store"):
        pulled(cluster, store)


def test_wide_ids_and_the_columns_of_scale_6_are_read(postgres, cluster, copy):
    one, two = sorted(cluster.files)[:2]
    postgres.sql(
        "ALTER TABLE job ALTER id TYPE BIGINT; ALTER TABLE job_exe ALTER job_id TYPE BIGINT, ALTER id TYPE BIGINT;"
        "ALTER TABLE job_type ADD title VARCHAR(50), ADD description VARCHAR(500), ADD is_operational BOOLEAN;"
        "UPDATE job_type SET title = 'Old title', description = 'Of 2017', manifest = '{\"version\": \"1.4\"}' WHERE id = 1;"
        """UPDATE job SET input = '{"version": "1.0", "input_data": [{"name": "B", "file_id": ONE}, {"name": "A", "file_ids":
        [TWO, ONE, ONE]}, {"name": "C", "value": "x"}]}' WHERE id = 1005;""".replace("ONE", str(one)).replace(
            "TWO", str(two)
        ),
        copy,
    )
    store = filled(postgres.url(copy), executions=False)
    with store._reading() as con:
        assert con.execute("SELECT title, description FROM job_type WHERE id = 1").fetchall() == [
            ("Old title", "Of 2017")
        ]
        ((files,),) = con.execute("SELECT input_files FROM job WHERE id = 1005").fetchall()
    names = [cluster.files[one], cluster.files[two]]
    assert json.loads(files) == {"A": names, "B": names[:1]}


def test_a_schema_that_lacks_something_is_refused_with_what_is_missing(postgres, copy):
    postgres.sql("ALTER TABLE job DROP source_task CASCADE; ALTER TABLE batch RENAME TO batches;", copy)
    store = opened()
    with pytest.raises(LoadFailed, match=r"Missing: the table batch, job\.source_task\. Nothing was changed"):
        filled(postgres.url(copy), store)
    assert store.sources == []


def test_a_role_with_the_documented_grants_is_enough_and_reads_no_credentials(postgres, copy):
    """The statements stand in docs/live.md."""
    page = (ROOT / "docs" / "live.md").read_text(encoding="utf-8")
    (grants,) = re.findall(r"```sql\n(CREATE ROLE .*?)```", page, re.DOTALL)
    postgres.sql("REVOKE ALL ON SCHEMA public FROM public; GRANT USAGE ON SCHEMA public TO public;", copy, "postgres")
    postgres.sql("CREATE ROLE nobody LOGIN", copy, "postgres")
    with pytest.raises(AuthenticationFailed, match=r"may not read job\.id, .*docs/live\.md"):
        filled(postgres.url(copy).replace("user=scale", "user=nobody"))
    postgres.sql(grants, copy, "postgres")
    url = postgres.url(copy).replace("user=scale", "user=toolkit")
    assert len(filled(url).jobs()) == JOBS  # with executions: all columns are asked for
    with pytest.raises(AssertionError, match="permission denied"):
        postgres.sql("SELECT definition FROM batch", copy, "toolkit")


def test_what_pg_dump_writes_is_read_and_its_other_forms_are_refused(postgres, whole, tmp_path):
    where = ["-h", postgres.folder, "-p", postgres.port, "-U", "scale", "scale"]
    (tmp_path / "real.sql").write_text(postgres.run(["pg_dump", *where]), encoding="utf-8", newline="")
    (tmp_path / "inserts.sql").write_text(postgres.run(["pg_dump", "--inserts", *where]), encoding="utf-8")
    assert held(filled(tmp_path / "real.sql")) == whole
    with pytest.raises(LoadFailed, match="--inserts"):
        filled(tmp_path / "inserts.sql")
    for form in ("c", "d"):
        archive = postgres.folder / f"archive-{form}"
        postgres.run(["pg_dump", f"-F{form}", "-f", archive, *where])
        with pytest.raises(LoadFailed, match=r"pg_restore --data-only --file scale\.sql"):
            filled(archive)


# How it is asked.


def test_the_session_only_reads_and_says_who_it_is(postgres, tmp_path):
    names = ("transaction_read_only", "transaction_isolation", "jit", "statement_timeout", "application_name")
    asked = ", ".join(f"current_setting('{one}')" for one in names)
    with temporary(tmp_path) as con:
        database = Database(address(postgres.url()), con, 1500)
        with database.snapshot():
            ((*found,),) = database.fetch(f"SELECT {asked}")
        assert database.fetch("SELECT current_setting('transaction_read_only')") == [("on",)]
        database.close()
    assert found == ["on", "repeatable read", "off", "1500ms", "jobtype-toolkit backfill"]


def test_a_slice_that_takes_too_long_is_halved(postgres, monkeypatch):
    monkeypatch.setattr(backfills, "_LEAST", 5)
    real, tried = History.jobs, []

    def jobs(self: History, span: Any) -> Path:
        tried.append(self.origin.fetch(f"SELECT count(*) FROM job WHERE last_modified >= '{span[0]}'")[0][0])
        if tried[-1] > JOBS / 3 and len(tried) < 3:
            self.origin.fetch("SELECT pg_sleep(60)")
        return real(self, span)

    monkeypatch.setattr(backfills, "_SLICE", JOBS)
    monkeypatch.setattr(History, "jobs", jobs)
    store = filled(postgres.url(), statement_timeout="PT0.05S", executions=False)
    assert tried[:3] == [JOBS, JOBS // 2, JOBS // 4]
    assert len(store.jobs()) == JOBS


def test_what_takes_too_long_in_the_smallest_slice_stops_the_backfill(postgres, monkeypatch):
    monkeypatch.setattr(backfills, "_SLICE", 20)
    monkeypatch.setattr(backfills, "_LEAST", 20)
    monkeypatch.setattr(History, "executions", lambda self, _: self.origin.fetch("SELECT pg_sleep(60)"))
    with pytest.raises(PullStopped, match="statement timeout") as stopped:
        filled(postgres.url(), statement_timeout="PT0.05S")
    assert stopped.value.__cause__.status == TOO_LONG


def test_the_pace_leaves_the_database_alone():
    slept: list[float] = []
    now = [100.0]
    pace = backfills.Pace(2.0, 500, sleep=slept.append, clock=lambda: now[0])
    assert pace.most == 5000
    now[0] = 103.0
    pace.rest(5000, 100.0)  # ten seconds' worth took three
    pace.rest(500, 100.0)  # one second's worth took three: the pause is left
    assert slept == [7.0, 2.0]
    assert backfills.Pace().most == backfills._SLICE
    assert backfills.Pace(rows_per_second=1).most == 1000


@pytest.mark.parametrize(
    "given",
    [
        {"pause": -1},
        {"pause": "1"},
        {"rows_per_second": 0},
        {"statement_timeout": "5 minutes"},
        {"overlap": "-PT1M"},
        {"source": ""},
    ],
    ids=str,
)
def test_values_that_make_no_sense_are_refused(given):
    with pytest.raises(InvalidParameter, match=next(iter(given))):
        filled("postgresql:///nowhere", **given)


# Secrets.


def test_the_password_is_in_nothing_that_is_shown_or_kept(postgres, copy, monkeypatch, tmp_path):
    spelt = "s3cret%2Fof:the%40database"
    store = opened(tmp_path / "ops.duckdb")
    url = postgres.address(copy, spelt)
    report = store.backfill(url, source="prod", executions=False, progress=False)
    shown = [repr(report), json.dumps(report.as_dict()), repr(store), repr(address(url)), str(store.status().attrs)]
    shown += [str(held(store, "load", "source")), repr(jt.explain(store.status()))]
    for wrong in (
        postgres.address(copy, "wr0ng%2Fpass"),
        f"postgresql://scale:{spelt}@127.0.0.1:1/scale",
        f"postgresql://scale:{PASSWORD}@127.0.0.1/scale",
    ):
        with pytest.raises((AuthenticationFailed, ConnectionFailed, InvalidParameter)) as refused:
            filled(wrong, store)
        shown += [
            str(refused.value),
            repr(refused.value.__cause__),
            str(refused.value.__context__ if not refused.value.__suppress_context__ else ""),
        ]
    for one in shown:
        assert not re.search("s3cret|of:the|wr0ng", one), one
    assert f"postgresql://scale@127.0.0.1:{postgres.port}/{copy}" in shown[5]


def test_the_password_comes_from_a_file_that_libpq_knows(postgres, copy, monkeypatch, tmp_path):
    file = tmp_path / "pgpass"
    file.write_text("127.0.0.1:*:*:scale:" + PASSWORD.replace(":", "\\:") + "\n")
    file.chmod(0o600)
    monkeypatch.setenv("PGPASSFILE", str(file))
    filled(postgres.address(copy), executions=False, started=NOW)
    file.write_text("")
    with pytest.raises(AuthenticationFailed, match="password"):
        filled(postgres.address(copy))


# Faults.


def test_a_backfill_goes_on_where_it_was_stopped(postgres, copy, small, monkeypatch, whole):
    real, calls = History.jobs, []

    def jobs(self: History, span: Any) -> Path:
        calls.append(span)
        if len(calls) == 2:
            postgres.sql(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'jobtype%'",
                copy,
                "postgres",
            )
        return real(self, span)

    monkeypatch.setattr(History, "jobs", jobs)
    store = opened()
    with pytest.raises(PullStopped, match="backfill again to go on") as stopped:
        filled(postgres.url(copy), store)
    assert stopped.value.report.jobs == len(store.jobs()) == SLICE
    assert not stopped.value.report.is_complete
    assert stopped.value.report.complete_from == store.jobs()["last_modified"].min()
    last = store.backfill(postgres.url(copy), source="prod", progress=False, overlap="PT0S")
    assert last.jobs <= JOBS - SLICE + 2
    assert last.is_complete
    assert store.check().is_sound
    assert held(store) == whole  # which came in one slice


KILLED = """
import sys
import jobtype_toolkit as jt
from jobtype_toolkit.sync import backfill
backfill._SLICE = 30
real = backfill.Backfill._slice
def told(*given):
    found = real(*given)
    print("slice", flush=True)
    return found
backfill.Backfill._slice = told
jt.open(sys.argv[1]).backfill(sys.argv[2], source="prod", progress=False)
"""
"""Tells of each slice that it has read."""


@sizes(3, 20)
def test_a_killed_backfill_leaves_a_sound_store_and_the_next_one_completes_it(postgres, tmp_path, size, whole):
    path = tmp_path / "ops.duckdb"
    counts = []
    for number in range(size):
        with Child(KILLED, path, postgres.url()) as child:
            for _ in range(1 + number // 3 % 3):
                child.stdout.readline()
        with opened(path) as store:
            counts.append(len(store.jobs()))
            assert store.check().is_sound
    assert counts == sorted(counts)
    assert 0 < counts[0] < JOBS
    store = filled(postgres.url(), opened(path))
    assert held(store) == whole
