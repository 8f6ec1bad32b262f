"""A reader's own SQL reads the store, and what is handed to it, and nothing else; its times are instants."""

from __future__ import annotations

import datetime as dt
import json
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from histories import NOW, RESOURCES, page

import jobtype_toolkit as jt

pytestmark = pytest.mark.slow

AWARE = dt.datetime(2026, 3, 1, 2, tzinfo=dt.timezone(dt.timedelta(hours=2)))
"""Midnight in UTC, said in another zone."""


KINDS = ("file", "read-only file", "memory")


@pytest.fixture(scope="module")
def stores(tmp_path_factory) -> Iterator[dict[str, jt.Store]]:
    """A store of each kind with the small history."""
    folder = tmp_path_factory.mktemp("guard")
    made = {"file": jt.open(folder / "ops.duckdb", clock=lambda: NOW), "memory": jt.open(clock=lambda: NOW)}
    for name, bodies in RESOURCES.items():
        (folder / f"{name}.json").write_text(json.dumps(page(bodies)))
        for store in made.values():
            store.load(folder / f"{name}.json", name)
    copy = made["file"].publish(folder / "copy.duckdb")
    made["read-only file"] = jt.open(copy, read_only=True, clock=lambda: NOW)
    yield made
    for store in made.values():
        assert store.check().is_sound, "no query changed anything"


@pytest.fixture(scope="module", params=KINDS)
def kind(request) -> str:
    return request.param


@pytest.fixture(scope="module")
def store(kind, stores) -> jt.Store:
    return stores[kind]


@pytest.fixture(scope="module")
def untouched(store) -> list[tuple]:
    """The state of a store before any query."""
    return _state(store)


@pytest.fixture
def place(tmp_path, monkeypatch) -> Path:
    """A folder with files that no query may see, and in which none may appear."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "secret.csv").write_text("a\n1\n")
    (tmp_path / "secret.json").write_text('{"a": 1}')
    return tmp_path


CHANGES = [
    "WITH d AS (DELETE FROM job_final RETURNING id) SELECT count(*) FROM d",
    "WITH d AS (INSERT INTO meta VALUES (1, 1) RETURNING *) FROM d",
    "WITH d AS (UPDATE meta SET last_load_id = 0 RETURNING *) FROM d",
    "EXPLAIN ANALYZE DELETE FROM job_final",
    "EXPLAIN ANALYZE WITH d AS (DELETE FROM job_final RETURNING id) FROM d",
    "EXPLAIN (ANALYZE, FORMAT json) DELETE FROM job_final",
    "/* a */ EXPLAIN /* b */ ANALYZE -- c\n DELETE FROM job_final",
    "EXPLAIN DELETE FROM job_final",
    "EXPLAIN ANALYZE COPY job TO 'out.csv'",
    "EXPLAIN ANALYZE CREATE TABLE x AS SELECT 1",
    "EXPLAIN ANALYZE SET GLOBAL TimeZone = 'America/New_York'",
    "EXPLAIN ANALYZE SET GLOBAL memory_limit = '1MB'",
    "EXPLAIN ANALYZE RESET GLOBAL TimeZone",
    "EXPLAIN ANALYZE PRAGMA disable_optimizer",
    "EXPLAIN ANALYZE INSTALL httpfs",
    "EXPLAIN ANALYZE LOAD 'x.duckdb_extension'",
    "EXPLAIN ANALYZE CREATE SECRET (TYPE s3)",
    "EXPLAIN ANALYZE ATTACH 'other.duckdb'",
    "EXPLAIN ANALYZE CALL enable_logging()",
    "UPDATE EXTENSIONS",
    "CREATE TEMP TABLE x AS SELECT 1",
    "CREATE MACRO f() AS 1",
    "CREATE SECRET (TYPE s3)",
    "SET VARIABLE x = 1",
    "EXPORT DATABASE 'out'",
    "IMPORT DATABASE 'in'",
    "CHECKPOINT",
    "BEGIN",
    "COMMIT",
    "ROLLBACK; DELETE FROM job_final",
    "USE memory",
    "DETACH ops",
    "VACUUM",
    "ANALYZE",
    "PREPARE p AS DELETE FROM job_final",
    "EXECUTE p",
    "CALL checkpoint()",
    "FROM checkpoint()",
    "FROM force_checkpoint()",
    "FROM enable_logging('QueryLog')",
    "FROM enable_logging(storage = 'file', storage_path = 'out')",
    'FROM "enable_logging"()',
    'FROM system.main."ENABLE_LOGGING" /* x */ ()',
    "FROM disable_optimizer()",
    "FROM enable_profiling()",
    "SELECT write_log('x')",
    "FROM query('DELETE FROM job_final')",
    "FROM json_execute_serialized_sql('{}')",
    "SELECT 1; SELECT 2",
]

REACHES = [
    "FROM 'secret.csv'",
    'FROM "secret.csv"',
    "FROM secret.csv",
    "FROM job_open, 'secret.json'",
    "FROM read_csv('secret.csv')",
    "FROM read_text('/proc/self/environ')",
    "FROM READ_BLOB('/proc/self/environ')",
    "FROM \"read_text\"('/proc/self/environ')",
    "FROM system.main.read_text ('/proc/self/environ')",
    "SELECT (SELECT content FROM read_text('/proc/self/environ'))",
    "EXPLAIN ANALYZE FROM read_text('/proc/self/environ')",
    "WITH x AS (FROM read_json('secret.json')) FROM x",
    "FROM glob('*')",
    "FROM sniff_csv('secret.csv')",
    "FROM query('FROM read_text(''/proc/self/environ'')')",
    "FROM query_table('secret.csv')",
    "SELECT getenv('HOME')",
    "FROM read_csv('https://127.0.0.1:1/x.csv')",
    "FROM 'https://127.0.0.1:1/x.parquet'",
    "FROM duckdb_secrets()",
    "FROM which_secret('s3://x', 's3')",
    "FROM duckdb_logs()",
    "FROM pandas_scan(1, 1, 1)",
    "FROM arrow_scan(1, 1, 1)",
    "PIVOT 'secret.csv' ON a USING count(*)",
    "PIVOT (FROM read_csv('secret.csv')) ON a USING count(*)",
    "FROM (PIVOT job ON status USING count(*)), 'secret.csv'",
    "SUMMARIZE 'secret.csv'",
    "DESCRIBE 'secret.csv'",
    "FROM read_text($path)",
]


@pytest.mark.few
@pytest.mark.parametrize("query", [*CHANGES, *REACHES])
def test_a_query_changes_nothing_and_reaches_nothing(store, untouched, place, query):
    files = sorted(one.name for one in place.iterdir())
    with pytest.raises(jt.InvalidQuery):
        store.sql(query, **({"path": "secret.csv"} if "$path" in query else {}))
    assert _state(store) == untouched
    assert sorted(one.name for one in place.iterdir()) == files


def _state(store: jt.Store) -> list[tuple]:
    """All settings of DuckDB, and how many rows each table has."""
    with store._reading() as con:  # `sql` takes ten times as long
        tables = [name for (name,) in con.execute("SELECT table_name FROM duckdb_tables() ORDER BY ALL").fetchall()]
        counts = " UNION ALL ".join(f"SELECT '{name}', count(*)::VARCHAR FROM {name}" for name in tables)
        settings = "SELECT name, value FROM duckdb_settings()"
        return con.execute(f"FROM ({settings} UNION ALL {counts}) ORDER BY ALL").fetchall()


ANSWERS = {
    "FROM job LIMIT 3": 3,
    "(SELECT 1)": 1,
    "VALUES (1), (2)": 2,
    "TABLE meta": 1,
    "WITH x AS (SELECT 1 AS a) FROM x": 1,
    "WITH RECURSIVE x(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM x WHERE n < 4) FROM x": 4,
    "DESCRIBE job_open": 40,
    "SUMMARIZE meta": 2,
    "SELECT count(*) FROM job GROUP BY status": 7,
    "PIVOT meta ON last_load_id IN (4) USING count(*)": 1,
    "PIVOT (SELECT status, 1 AS one FROM job) ON status USING sum(one)": 1,
    "FROM (PIVOT (SELECT status, 1 AS one FROM job) ON status USING sum(one)) WHERE RUNNING = 4": 1,
    "UNPIVOT meta ON schema_version, last_load_id::INTEGER AS l": 2,
    "EXPLAIN SELECT 1": 1,
    "EXPLAIN ANALYZE FROM job": 1,
    "explain (analyze, format json) SELECT count(*) FROM job": 1,
    "FROM range(5)": 5,
    "SELECT unnest([1, 2])": 2,
    "FROM duckdb_tables() WHERE table_name = 'job_final' AND NOT internal": 1,
    "SELECT 'read_text(1); DELETE' AS glob, 1 -- FROM read_text('x')\n": 1,
    "SELECT 1;": 1,
}


@pytest.mark.few
@pytest.mark.parametrize("query", ANSWERS)
def test_what_reads_answers(store, query):
    assert len(store.sql(query)) == ANSWERS[query]


def test_whatever_duckdb_says_is_an_error_of_the_toolkit(store):
    for query in (
        "SELECT 1/0::INTEGER + 'x'",
        "SELECT error('x')",
        "SELECT CAST('x' AS INTEGER)",
        "\0",
        "SELECT '",
        "é",
        "'",
    ):
        with pytest.raises(jt.ToolkitError):
            store.sql(query)


# Instants.


@pytest.mark.few
@pytest.mark.parametrize(
    "since",
    [
        AWARE,
        AWARE.isoformat(),
        "2026-03-01T00:00:00Z",
        "2026-02-28 19:00:00-05",
        pd.Timestamp(AWARE),
        pd.Timestamp("2026-03-01"),
        np.datetime64("2026-03-01T00:00"),
        "2026-03-01",
    ],
    ids=repr,
)
@pytest.mark.parametrize("table", ["job", "job_final", '"JOB"'])
def test_a_parameter_is_compared_as_the_instant_that_it_is(store, since, table):
    wanted = store.jobs()["created"]
    found = store.sql(f"SELECT id FROM {table} WHERE created >= $since", since=since)
    expected = int((wanted >= pd.Timestamp("2026-03-01T00:00Z")).sum())
    if table != "job_final":
        assert len(found) == expected > 0
    assert len(found) == len(store.sql(f"SELECT id FROM {table} WHERE created >= '2026-03-01T00:00:00Z'"))


def test_a_literal_is_compared_as_the_instant_that_it_is(store):
    texts = ("2026-03-01T02:00:00+02:00", "2026-03-01T00:00:00Z", "2026-02-28T18:15:00-05:45")
    queries = [
        f"SELECT count(*) AS n FROM job WHERE last_modified >= {kind} '{one}'"
        for one in texts
        for kind in ("", "TIMESTAMPTZ")
    ]
    assert len({int(store.sql(query)["n"][0]) for query in queries}) == 1


def test_times_of_the_store_are_instants_and_those_of_a_query_stay_as_they_are(store):
    found = store.sql("SELECT created, TIMESTAMP '2026-03-01' AS plain, created::TIMESTAMP AS cut FROM job")
    assert [str(one) for one in found.dtypes] == ["datetime64[us, UTC]", "datetime64[us]", "datetime64[us]"]
    described = store.tables().set_index(["table", "column"])["type"]
    assert described["job", "created"] == described["job_final", "created"] == "TIMESTAMP WITH TIME ZONE"


def test_two_columns_of_one_name_answer(store):
    found = store.sql("SELECT j.*, e.* FROM job AS j JOIN error AS e ON e.id = j.error_id")
    assert len(found)
    assert {str(found[one].dtype) for one in found if one.startswith("created")} == {"datetime64[us, UTC]"}
    pair = store.sql('SELECT created AS a, created AS "A" FROM job LIMIT 1')
    assert [str(one) for one in pair.dtypes] == ["datetime64[us, UTC]"] * 2


def test_the_names_of_tables_as_words_of_another_kind_do_no_harm(store):
    assert len(store.sql("WITH job AS (SELECT 1 AS error) SELECT error AS load, 'source' AS job FROM job")) == 1


# Parameters.

ONE = 101


@pytest.mark.parametrize(
    "value",
    [np.int64(ONE), np.int32(ONE), np.uint8(ONE), np.array(ONE), pd.Series([ONE])[0], pd.array([ONE], "Int64")[0]],
    ids=lambda one: type(one).__name__,
)
def test_a_number_of_numpy_is_a_number(store, value):
    assert list(store.sql("SELECT id FROM job WHERE id = $id", id=value)["id"]) == [ONE]


@pytest.mark.few
@pytest.mark.parametrize(
    "values",
    [
        [ONE, np.int64(102)],
        (ONE, 102),
        {ONE, 102},
        np.array([ONE, 102]),
        pd.Series([ONE, 102], index=[7, 9]),
        pd.Index([ONE, 102]),
        pd.array([ONE, 102], "Int64"),
        pd.Series([ONE, 102, None], dtype="Int64"),
        range(ONE, 103),
    ],
    ids=lambda one: type(one).__name__,
)
def test_several_values_are_a_list(store, values):
    assert sorted(store.sql("SELECT id FROM job WHERE list_contains($ids, id)", ids=values)["id"]) == [ONE, 102]


def test_other_plain_values_arrive_as_they_are(store):
    for value, said in (
        (np.bool_(True), "true"),
        (np.float32(1.5), "1.5"),
        (np.str_("x"), "x"),
        (np.timedelta64(1, "h"), "01:00:00"),
    ):
        assert store.sql("SELECT $v::VARCHAR AS v", v=value)["v"][0] == said
    for value in (pd.NA, pd.NaT, None, np.datetime64("NaT")):
        assert store.sql("SELECT $v IS NULL AS v", v=value)["v"][0]


@pytest.mark.parametrize(
    "value", [object(), pd.DataFrame({"a": [1]}), [object()], len], ids=lambda one: type(one).__name__
)
def test_what_sql_has_no_type_for_is_an_invalid_parameter(store, value):
    with pytest.raises(jt.InvalidParameter, match="v="):
        store.sql("SELECT $v", v=value)


# The reader's own tables.


def test_a_frame_of_ones_own_is_joined(store):
    mine = pd.DataFrame({"id": [ONE, 102], "team": ["a", "b"], "seen": pd.to_datetime(["2026-03-01", None])})
    found = store.sql("SELECT team, seen FROM job JOIN mine USING (id) ORDER BY id", tables={"mine": mine})
    assert list(found["team"]) == ["a", "b"]
    assert str(found["seen"].dtype) == "datetime64[us]"
    with pytest.raises(jt.InvalidQuery):
        store.sql("FROM mine")
    pivot = store.sql("PIVOT mine ON team USING count(*)", tables={"mine": mine})
    assert {"a", "b"} <= set(pivot.columns)


@pytest.mark.few
@pytest.mark.parametrize("name", ["mine.csv", "mine.tsv", "mine.csv.gz", "mine.parquet", "mine.json", "mine.ndjson"])
def test_a_file_of_ones_own_is_opened_by_the_toolkit(store, tmp_path, name):
    path = tmp_path / name
    mine = pd.DataFrame({"id": [ONE], "team": ["a"]})
    if ".json" in name or "ndjson" in name:
        path.write_text('{"id": 101, "team": "a"}')
    elif "parquet" in name:
        store.sql("SELECT 1")
        import duckdb

        duckdb.connect().execute(f"COPY (SELECT 101 AS id, 'a' AS team) TO '{path}'")
    else:
        mine.to_csv(path, index=False, sep="\t" if "tsv" in name else ",")
    for given in (path, str(path)):
        assert list(store.sql("SELECT team FROM job JOIN mine USING (id)", tables={"mine": given})["team"]) == ["a"]


def test_a_table_that_cannot_be_one_is_refused(store, tmp_path):
    frame = pd.DataFrame({"a": [1]})
    with pytest.raises(jt.InputNotFound, match="no such file"):
        store.sql("FROM mine", tables={"mine": tmp_path / "no.csv"})
    (tmp_path / "bad.parquet").write_text("x")
    (tmp_path / "odd.xyz").write_text("x")
    for tables in (
        {"mine": tmp_path / "bad.parquet"},
        {"mine": tmp_path / "odd.xyz"},
        {"mine": 5},
        {"JOB": frame},
        {"": frame},
    ):
        with pytest.raises(jt.InvalidParameter, match="tables="):
            store.sql("SELECT 1", tables=tables)


def test_the_callers_variables_stay_unseen(store):
    secret_frame = pd.DataFrame({"x": [1]})
    for query in ("FROM secret_frame", "FROM os"):
        with pytest.raises(jt.InvalidQuery):
            store.sql(query)
    assert len(secret_frame) == 1
    assert os.sep


# Filters of the services.


def test_filters_take_what_numpy_and_pandas_have(store):
    wanted = store.jobs(job_id=[ONE, 102])
    for given in (np.array([ONE, 102]), pd.Series([ONE, 102]), pd.Index([ONE, 102]), [np.int64(ONE), np.int32(102)]):
        pd.testing.assert_frame_equal(store.jobs(job_id=given), wanted)
    pd.testing.assert_frame_equal(store.jobs(job_id=np.int64(ONE)), store.jobs(job_id=ONE))
    pd.testing.assert_frame_equal(store.jobs(job_id=np.array(ONE)), store.jobs(job_id=ONE))
    pd.testing.assert_frame_equal(store.jobs(status=pd.Series(["RUNNING"])), store.jobs(status="RUNNING"))
    pd.testing.assert_frame_equal(store.job_types(is_active=np.bool_(True)), store.job_types(is_active=True))
    pd.testing.assert_frame_equal(store.jobs(limit=np.int64(2)), store.jobs(limit=2))
    pd.testing.assert_frame_equal(store.jobs(page=np.int64(1), page_size=np.int32(3)), store.jobs(page=1, page_size=3))
    started = pd.Timestamp("2026-02-01", tz="UTC")
    pd.testing.assert_frame_equal(store.jobs(started=started), store.jobs(started="2026-02-01T00:00:00Z"))


@pytest.mark.few
@pytest.mark.parametrize(
    "given",
    [
        {"job_id": pd.NA},
        {"job_id": [ONE, pd.NA]},
        {"job_id": np.float64(1.5)},
        {"status": pd.NA},
        {"is_superseded": pd.NA},
        {"started": pd.NaT},
        {"started": np.datetime64("2026-02-01")},
        {"limit": pd.NA},
        {"page": np.float64(1)},
        {"job_id": np.array([[ONE]])},
        {"job_id": pd.DataFrame({"a": [1]})},
    ],
    ids=repr,
)
def test_filters_that_say_nothing_definite_are_refused(store, given):
    with pytest.raises(jt.InvalidParameter):
        store.jobs(**given)
