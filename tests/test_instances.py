"""A process keeps a DuckDB for the next database: what the next one sees is what it would see in a DuckDB of its own."""

from __future__ import annotations

import duckdb
import pytest

import jobtype_toolkit as jt
from jobtype_toolkit.store.connection import Pool, limited

NAMES = [
    "ops.duckdb",
    "ops.2026.duckdb",
    "a b'c.duckdb",
    ".hidden.duckdb",
    "memory.db",
    "main.duckdb",
    "Temp.duckdb",
    "ops",
]


@pytest.fixture
def made(monkeypatch):
    """Every DuckDB that is made from now on, by what it is made for."""
    seen = []
    connect = duckdb.connect

    def counted(*arguments, **options):
        seen.append(arguments or ":memory:")
        return connect(*arguments, **options)

    monkeypatch.setattr(duckdb, "connect", counted)
    return seen


@pytest.fixture
def pool():
    pool = Pool(1)
    yield pool
    pool.empty()


def answer(con, query):
    return con.execute(query).fetchall()


def test_a_file_that_is_read_and_written_in_turn_is_opened_in_two_instances(tmp_path, made, write):
    store = jt.open(tmp_path / "ops.duckdb", create=True, idle=0)
    for number in range(3):
        store.load(write(f"{number}.json", {"results": []}), resource="errors")
        assert len(store.errors()) == 0
    assert len(made) <= 2


def test_another_store_in_memory_takes_the_instance_of_one_that_is_gone(made, pool):
    with pool.cursor() as con:
        con.execute("CREATE TABLE mine (i INTEGER)")
        con.execute("CREATE TEMP TABLE scratch (i INTEGER)")
        con.execute("SET VARIABLE mark = 1")
    with pool.cursor() as con:
        assert answer(con, "FROM duckdb_tables()") == []
        assert answer(con, "SELECT getvariable('mark')") == [(None,)]
    assert len(made) == 1


@pytest.mark.parametrize("name", NAMES)
def test_a_file_has_the_name_and_the_place_to_spill_that_duckdb_gives_it(tmp_path, name, pool):
    asked = "SELECT current_database(), current_schema(), current_setting('temp_directory')"
    path = tmp_path / name
    jt.open(path, create=True).close()
    with duckdb.connect(str(path), read_only=True) as alone:
        wanted = answer(alone, asked)
    with jt.open(path) as store:
        assert [tuple(row) for row in store.sql(asked).itertuples(index=False)] == wanted
    with pool.cursor(path) as con:
        assert answer(con, asked) == wanted


def test_a_file_that_is_read_reaches_the_files_that_duckdb_lets_it_reach_alone_and_no_others(tmp_path):
    asked = """
        SELECT array_to_string(list_sort(current_setting('allowed_paths')), '|'),
            array_to_string(current_setting('allowed_directories'), '|'), current_setting('enable_external_access')
    """
    path = tmp_path / "it's.duckdb"
    jt.open(path, create=True).close()
    with duckdb.connect(str(path), read_only=True, config={"enable_external_access": False}) as alone:
        wanted = answer(alone, asked)
    with jt.open(path) as store:
        assert [tuple(row) for row in store.sql(asked).itertuples(index=False)] == wanted


@pytest.mark.parametrize("given", ["ATTACH ':memory:' AS other", "SET GLOBAL lock_configuration = true", "detached"])
def test_an_instance_in_which_something_was_left_serves_no_other_database(pool, made, given):
    instance = pool.take(None)
    instance.open(None, read_only=False)
    if given == "detached":
        instance.connection.close()
    else:
        instance.connection.execute(given)
    instance.close()
    with pool.cursor() as con:
        assert answer(con, "SELECT count(*) FROM duckdb_databases() WHERE NOT internal") == [
            (2,)
        ]  # this one, and the empty one
    assert len(made) == 2


def test_an_instance_that_has_spilled_serves_no_other_database(pool, made, tmp_path):
    with pool.cursor(tmp_path / "large.duckdb") as con, limited(con, "20MB"):
        con.execute(
            "SELECT max(hash(i, j)) FROM (SELECT i, row_number() OVER (ORDER BY hash(i)) AS j FROM range(400000) r(i))"
        )
    with pool.cursor(tmp_path / "small.duckdb") as con:
        assert answer(con, "SELECT current_setting('temp_directory')") == [(f"{tmp_path / 'small.duckdb'}.tmp",)]
    assert len(made) == 2


def test_an_instance_that_held_much_is_let_go_so_that_the_machine_has_its_memory_back(pool, made):
    with pool.cursor() as con:
        con.execute("CREATE TABLE large AS SELECT hash(i) AS value FROM range(6_000_000) AS r(i)")  # 48 MB
    with pool.cursor(), pool.cursor():
        pass
    assert len(made) == 3


def test_a_limit_of_memory_ends_with_its_block(pool):
    asked = "SELECT current_setting('memory_limit')"
    with pool.cursor() as con:
        usual = answer(con, asked)
        with pytest.raises(ZeroDivisionError), limited(con, "50MB"):
            assert answer(con, asked) == [("47.6 MiB",)]
            raise ZeroDivisionError
        assert answer(con, asked) == usual


def test_more_instances_than_a_pool_keeps_are_let_go(pool, made):
    with pool.cursor(), pool.cursor():
        pass
    with pool.cursor(), pool.cursor():
        pass
    assert len(made) == 3  # two, of which one was kept, and one
