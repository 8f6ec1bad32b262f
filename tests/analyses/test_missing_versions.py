"""A version or a revision that is not there is refused by each question that names one: no jobs would pass for too few."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from asking import filled
from histories import NOW
from typer.testing import CliRunner

import jobtype_toolkit as jt
from jobtype_toolkit.cli import app

pytestmark = pytest.mark.slow

KNOWN = ("chip-maker", "1.9.0", "1.10.0")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one history as a store, as plain folders and as a lake."""
    folder = tmp_path_factory.mktemp("missing")
    with filled(folder) as store:
        store.publish(folder / "ops.duckdb")
        store.export(folder / "plain", partitioned=True)
        store.sync_lake(folder / "lake")
    return folder


@pytest.fixture(scope="module", params=["store", "plain", "lake"])
def history(request: pytest.FixtureRequest, folder: Path) -> Any:
    if request.param == "store":
        return jt.open(folder / "ops.duckdb", clock=lambda: NOW)
    return jt.lake(folder / request.param, clock=lambda: NOW)


def test_a_version_is_refused_and_the_one_that_was_meant_is_told(history):
    name, old, new = KNOWN
    for ask in (
        lambda: history.analyses.compare_versions(name, old, "1.11.0"),
        lambda: history.analyses.compare_versions(name, "1.11.0", new),
        lambda: history.analyses.compare_revisions(name, "1.11.0", 1, 2),
        lambda: history.analyses.right_size(name, "1.11.0"),
    ):
        with pytest.raises(
            jt.NotFound, match=r"no version '1\.11\.0' of the job type 'chip-maker'.* Did you mean '1\.10\.0'"
        ):
            ask()
    with pytest.raises(jt.NotFound, match=r"It has 1\.10\.0, .*1\.9\.0"):
        history.analyses.compare_versions(name, old, "x")


def test_a_revision_is_refused_and_those_that_are_there_are_told(history):
    name, old, _ = KNOWN
    newest = history.job_type(name, old).revision_num
    for before, after in ((1, newest + 1), (0, 1)):
        with pytest.raises(
            jt.NotFound, match=f"no revision {newest + 1 if before else 0} .*It has revision.* {newest}"
        ):
            history.analyses.compare_revisions(name, old, before, after)


def test_what_is_there_and_has_no_jobs_in_the_window_is_answered(history):
    name, old, new = KNOWN
    window = {"started": "2001-01-01T00:00:00Z", "ended": "2001-01-02T00:00:00Z"}
    for found in (
        history.analyses.compare_versions(name, old, new, **window),
        history.analyses.compare_revisions(name, old, 1, 1, **window),
    ):
        assert (found["verdict"] == "not enough data").all()


def test_the_terminal_ends_with_an_error(folder):
    file = str(folder / "ops.duckdb")
    for command in (["compare", KNOWN[0], KNOWN[1], "1.11.0"], ["compare-revisions", *KNOWN[:2], "1", "9"]):
        done = CliRunner().invoke(app, [*command, "--store", file])
        assert done.exit_code != 0
        assert "There is no " in done.stderr
        assert not done.stdout
