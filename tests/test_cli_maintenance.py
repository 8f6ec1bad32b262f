"""The commands that keep a store small: what they remove, whom they ask, what they tell of the file."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

import jobtype_toolkit as jt
from jobtype_toolkit.cli import app

pytestmark = pytest.mark.slow

HEAD = "id,job_type,job_type_version,status,last_status_change\n"
OLD = HEAD + "".join(f"{n},fit,1.0.0,COMPLETED,2026-01-01T00:00:00Z\n" for n in range(1, 6))
NEW = HEAD + "6,fit,1.0.0,COMPLETED,2026-03-01T00:00:00Z\n7,fit,1.0.0,RUNNING,2026-01-01T00:00:00Z\n"


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a store with two loads, to be copied."""
    folder = tmp_path_factory.mktemp("loaded")
    with jt.open(folder / "ops.duckdb", create=True) as store:
        for name, rows in (("old.csv", OLD), ("new.csv", NEW)):
            (folder / name).write_text(rows, encoding="utf-8")
            store.load(folder / name)
    return folder / "ops.duckdb"


@pytest.fixture
def run(loaded: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Run the command line on a store with two loads; `answer` is what somebody types."""
    shutil.copy(loaded, tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("JOBTYPE_TOOLKIT_STORE", "ops.duckdb")
    return lambda *arguments, answer=None: CliRunner().invoke(app, arguments, input=answer)


def ids() -> list[int]:
    with jt.open("ops.duckdb", read_only=True) as store:
        return sorted(store.jobs()["id"])


def test_loads_are_listed_newest_first_with_the_numbers_that_forget_takes(run):
    told = json.loads(run("loads", "--json").stdout)
    assert [(one["load_id"], one["resource"], one["rows"]) for one in told] == [(2, "jobs", 2), (1, "jobs", 5)]
    assert "old.csv" in run("loads").stdout


@pytest.mark.parametrize(
    ("command", "removed", "left"),
    [
        (("forget", "1"), "5 rows", [6, 7]),
        (("prune", "--before", "2026-02-01T00:00:00Z"), "5 jobs", [6, 7]),
        (("prune", "--before", "2027-01-01T00:00:00Z", "--source", "local"), "6 jobs", [7]),
    ],
)
def test_what_removes_rows_asks_first_and_tells_the_size_of_the_file(run, command, removed, left):
    refused = run(*command, answer="n\n")
    assert (refused.exit_code, refused.stdout.strip()[-20:]) == (0, "Nothing was removed.")
    assert ids() == [1, 2, 3, 4, 5, 6, 7]
    agreed = run(*command, answer="y\n")
    assert agreed.exit_code == 0
    assert f"{removed} were removed. The file" in agreed.stdout
    assert "bytes" in agreed.stdout
    assert ids() == left


def test_yes_removes_without_asking_and_json_is_an_object(run):
    told = json.loads(run("forget", "1", "--yes", "--json").stdout)
    assert told["removed"] == 5
    assert told["bytes_after"] == Path("ops.duckdb").stat().st_size
    assert json.loads(run("prune", "--before", "2027-01-01T00:00:00Z", "--yes", "--json").stdout)["removed"] == 1


@pytest.mark.parametrize("command", [("forget", "1"), ("prune", "--before", "P1D")])
def test_nothing_is_removed_if_nobody_is_there_to_answer(run, command):
    result = run(*command, answer="")
    assert (result.exit_code, "--yes" in result.stderr) == (2, True)
    assert ids() == [1, 2, 3, 4, 5, 6, 7]


def test_compact_tells_both_sizes(run):
    before = Path("ops.duckdb").stat().st_size
    run("forget", "1", "--yes")
    sizes = re.findall(r"[\d,]+(?= bytes|(?= now))", run("compact").stdout)
    assert int(sizes[1].replace(",", "")) == Path("ops.duckdb").stat().st_size <= before
    told = json.loads(run("compact", "--json").stdout)
    assert told["bytes_before"] - told["bytes_after"] == told["freed"]


@pytest.mark.parametrize(
    ("command", "exit_code", "words"),
    [
        (("forget", "9", "--yes"), 1, "`jobtype-toolkit loads` lists them"),
        (("forget", "x"), 2, "LOAD_ID"),
        (("prune", "--before", "yesterday", "--yes"), 2, "--before yesterday is not a time"),
        (("prune", "--before", "P1D", "--source", "nobody", "--yes"), 1, "There is no source 'nobody'"),
        (("prune", "--yes"), 2, "--before"),
        (("compact", "--store", "op.duckdb"), 1, "Did you mean 'ops.duckdb'?"),
        (("forget", "1", "--store", "op.duckdb", "--yes"), 1, "Did you mean 'ops.duckdb'?"),
    ],
)
def test_what_cannot_be_done_is_refused_in_the_words_of_the_terminal(run, command, exit_code, words):
    result = run(*command)
    assert (result.exit_code, words in result.stderr) == (exit_code, True), result.stderr
    assert not Path("op.duckdb").exists()
