"""What the terminal says to somebody who uses it for the first time: refusals in time, names of options, plain English."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner, Result, _get_command

import jobtype_toolkit as jt
from jobtype_toolkit import hints
from jobtype_toolkit.cli import app

ROWS = "id,job_type,job_type_version,status,last_status_change\n1,fit,1.0.0,COMPLETED,2026-03-01T23:30:00Z\n"
PRUNE = ("prune", "--before", "2026-03-02T00:00:00Z", "--yes")


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Run the command line in an empty folder, 80 characters wide."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.delenv("JOBTYPE_TOOLKIT_STORE", raising=False)
    return lambda *arguments, answer=None: CliRunner().invoke(app, arguments, input=answer)


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a store with one job of the source 'local', to be copied."""
    folder = tmp_path_factory.mktemp("loaded")
    (folder / "jobs.csv").write_text(ROWS, encoding="utf-8")
    with jt.open(folder / "ops.duckdb") as store:
        store.load(folder / "jobs.csv")
    return folder / "ops.duckdb"


@pytest.fixture
def ask(run: Callable[..., Result], loaded: Path) -> Callable[..., Result]:
    """Run the command line on a store with one job."""
    shutil.copy(loaded, ".")
    return lambda command, *arguments, **more: run(command, *arguments, "--store", "ops.duckdb", **more)


def options(command: str) -> set[str]:
    """Return the names of a command's options."""
    return {name for one in _get_command(app).commands[command].params for name in one.opts}


@pytest.mark.usefixtures("ask")
def test_the_sample_does_not_go_into_a_store_with_other_sources(run):
    result = run("demo", "ops.duckdb")
    assert result.exit_code == 2
    assert "'local'" in result.stderr
    assert "a file of its own" in result.stderr
    with jt.open("ops.duckdb", read_only=True) as store:
        assert (store.sources, len(store.sql("FROM load"))) == (["local"], 1)


def test_the_sample_may_be_loaded_again_into_its_own_file(tmp_path, monkeypatch):
    types = pd.DataFrame({"id": [1], "name": "fit", "version": "1.0.0"})
    with jt.open(tmp_path / "demo.duckdb") as store:
        store.load(types, "job_types", source="sample")
    taken: list[str] = []
    monkeypatch.setattr(jt.Store, "load", lambda _, __, resource, **___: taken.append(resource))
    jt.sample(tmp_path / "demo.duckdb").close()
    assert "jobs" in taken


def test_errors_of_sql_stand_in_lines_that_quote_what_was_written(ask):
    query = "SELECT 1,\n  nonsense FROM job"
    told = ask("sql", query).stderr.splitlines()
    place = told.index("LINE 2:   nonsense FROM job")
    assert set(told[place + 1].strip()) == {"^"}
    assert told[place + 1].index("^") == told[place].index("nonsense")
    with pytest.raises(jt.InvalidQuery) as caught:  # a store in memory is planned elsewhere first
        jt.open().sql("SELECT nonsense FROM job")
    assert "LINE 1: SELECT nonsense FROM job\n" in str(caught.value)


def test_lines_of_a_message_cannot_steer_the_terminal(ask):
    assert "\x1b" not in ask("sql", "SELECT \x1b[31m\nFROM job").stderr


@pytest.mark.parametrize(("given", "wrong"), [(("--before", "yesterday"), "yesterday"), (("--source", "x"), "'x'")])
def test_prune_asks_nothing_about_arguments_that_make_no_sense(ask, given, wrong):
    result = ask("prune", *(given if "--before" in given else ("--before", "P1D", *given)), answer="y\n")
    assert result.exit_code != 0
    assert "?" not in result.output
    assert wrong in result.stderr


def test_prune_asks_with_the_source_and_the_time_that_it_will_take(ask):
    asked = ask("prune", "--before", "P1D", answer="n\n").stderr  # counted back from the newest job
    assert "the source 'local' that were over before 2026-02-28 23:30:00 UTC" in asked


def test_one_revision_is_not_enough_for_diff(ask):
    result = ask("diff", "fit", "1.0.0", "--revisions", "1")
    assert result.exit_code == 2
    assert "'1 --store' is not two numbers" in result.stderr
    assert "--revisions 1 2" in result.stderr


@pytest.mark.parametrize(
    ("command", "given", "meant"),
    [
        ("review", "--started", "--since"),
        ("failures", "--since", "--started"),
        ("jobs", "--name", "--job-type-name"),
        ("status", "--job-type-name", "--name"),
        ("jobs", "--category=DATA", "--error-category"),
        ("trend", "--timezone", "--zone"),
    ],
)
def test_an_option_of_another_command_is_answered_with_the_one_that_says_the_same(run, command, given, meant):
    result = run(command, given, "P7D")
    assert result.exit_code == 2
    assert re.search(rf"No such option:? '?{given.partition('=')[0]}\W.*{meant}\b", result.stderr)


def test_options_that_say_the_same_exist_and_are_not_both_in_one_command():
    offered = {command: options(command) for command in _get_command(app).commands if command != "lake"}
    for same in hints._SAME:
        assert set(same) <= set().union(*offered.values())
        assert all(len(names & set(same)) <= 1 for names in offered.values())


def test_options_are_whole_in_a_help_of_80_characters(run):
    told = set(re.findall(r"--[\w\[\]-]+", run("jobs", "--help").output))
    assert "--[no-]is-superseded" in told
    assert options("jobs") - {"--is-superseded"} <= told


def test_a_trend_shows_its_days_in_the_zone_that_was_asked_for(ask):
    shown = ask("trend", "--zone", "Europe/Berlin").stdout  # half past eleven in UTC is the next day in Berlin
    assert "start (Europe/Berlin)" in shown
    assert "2026-03-02 00:00:00" in shown
    assert "Times in the table in Europe/Berlin, others in UTC." in shown
    assert "2026-03-01T23:00:00Z" in ask("trend", "--zone", "Europe/Berlin", "--csv").stdout
    assert "start (UTC)" in ask("trend").stdout


def test_one_is_counted_in_the_singular(run):
    Path("jobs.csv").write_text(ROWS, encoding="utf-8")
    assert run("load", "jobs.csv", "--store", "ops.duckdb").stdout.startswith("1 job read into ")
    assert "1 of 1 row. Source 'local': 1 job as of " in run("jobs", "--store", "ops.duckdb").stdout
    assert "1 of 1 row.\n" in run("sql", "SELECT 1", "--store", "ops.duckdb").stdout
    assert run(*PRUNE, "--store", "ops.duckdb").stdout.startswith("1 job was removed.")


@pytest.mark.parametrize(
    ("given", "told"),
    [(("a", "b"), "from a to b"), (("a", None), "from a on"), ((None, "b"), "until b")],
)
def test_a_window_says_where_it_is_open(given, told):
    assert hints.span(*given) == told


def test_an_empty_store_says_so(run):
    jt.open("empty.duckdb", create=True).close()
    assert "0 of 0 rows. Source 'local': empty." in run("jobs", "--store", "empty.duckdb").stdout


@pytest.mark.usefixtures("ask")
def test_a_sync_that_lacks_a_package_leaves_no_folder(run, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyiceberg.catalog.sql", None)
    result = run("lake", "sync", "shared", "--store", "ops.duckdb")
    assert result.exit_code == 2
    assert "pyiceberg" in result.stderr
    assert not Path("shared").exists()
