"""`store.mute`, `mutes` and `unmute`: what they keep, refuse and survive."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from histories import NOW
from mornings import job
from typer.testing import CliRunner

import jobtype_toolkit as jt
from jobtype_toolkit.cli.app import app
from jobtype_toolkit.report.alarms import Alarm

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def made(stored, tmp_path_factory):
    jobs = [job("FAILED", 60, error="boom"), job("FAILED", 61, error="bang", name="map")]
    path = tmp_path_factory.mktemp("made") / "ops.duckdb"
    with stored(jobs, path=path):
        return path


@pytest.fixture
def path(made, tmp_path):
    return Path(shutil.copy(made, tmp_path / "ops.duckdb"))


@pytest.fixture
def store(path):
    with jt.open(path, clock=lambda: NOW) as store:
        yield store


def test_the_columns_are_the_same_with_and_without_rows(store):
    empty = store.mutes()
    store.mute("boom", until="P1D", why="known")
    full = store.mutes()
    assert list(empty.columns) == list(full.columns) == ["error_name", "name", "until", "why", "muted"]
    assert (empty.dtypes == full.dtypes).all()
    assert full["until"][0] == NOW + timedelta(days=1)
    assert full["name"].isna().all()


def test_a_mute_replaces_the_one_before(store):
    store.mute("boom", until="P1D", why="known")
    store.mute("boom", name="fit", until="P2D", why="of fit only")
    store.mute("boom", until="2026-04-01T00:00:00Z", why="still known")
    assert store.mutes()[["name", "why"]].fillna("").to_numpy().tolist() == [
        ["fit", "of fit only"],
        ["", "still known"],
    ]
    store.unmute("boom")
    assert store.mutes()["why"].tolist() == ["of fit only"]


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (lambda it: it.mute("bom", until="P1D", why="x"), jt.NotFound, "Did you mean 'boom'"),
        (lambda it: it.mute("boom", name="fitt", until="P1D", why="x"), jt.NotFound, "Did you mean 'fit'"),
        (lambda it: it.mute("boom", until="P1D", why=" "), jt.InvalidParameter, "say why"),
        (lambda it: it.mute("boom", until="2026-01-01T00:00:00Z", why="x"), jt.InvalidParameter, "not after now"),
        (lambda it: it.mute("boom", until="2026-04-01", why="x"), jt.InvalidParameter, "until"),
        (lambda it: it.unmute("boom", name="fit"), jt.NotFound, "not muted"),
    ],
)
def test_what_makes_no_sense_is_refused(store, call, error, says):
    with pytest.raises(error, match=says):
        call(store)
    assert store.mutes().empty


def test_mutes_survive_what_happens_to_the_store(store, tmp_path):
    store.mute("boom", until="P1D", why="known")
    before = store.mutes()
    store.forget(1)
    store.prune(before=NOW, source="*")
    store.compact()
    assert store.mutes().equals(before)
    with jt.open(store.publish(tmp_path / "copy.duckdb"), read_only=True) as copy:
        assert copy.mutes().equals(before)
        with pytest.raises(jt.StoreReadOnly):
            copy.unmute("boom")


def test_an_export_keeps_mutes_and_alarms(store, tmp_path):
    opened = [NOW - timedelta(days=1), NOW - timedelta(hours=1)]
    alarm = Alarm("local", "fit", opened[0], opened[1], opened[1], 1)
    store.export(tmp_path / "before")
    store.mute("boom", until="P1D", why="known")
    store._keeping()(lambda known: [*known, alarm])
    written = store.export(tmp_path / "after")
    assert (written["mutes"], written["alarms"]) == (1, 1)
    assert not (tmp_path / "before" / "mutes.parquet").exists()
    with jt.open(clock=lambda: NOW) as other:
        assert other.load(tmp_path / "after", "mutes").rows == other.load(tmp_path / "after", "mutes").rows == 1
        other.load(tmp_path / "after", "alarms", source="elsewhere")
        assert other.mutes().equals(store.mutes())
        kept = []
        other._keeping()(lambda known: kept.extend(known) or known)
        assert kept == [replace(alarm, source="elsewhere")]
        with pytest.raises(jt.InputNotFound, match="no file"):
            other.load(tmp_path / "before", "mutes")
        with pytest.raises(jt.LoadFailed, match="no alarms"):
            other.load(tmp_path / "after" / "errors.parquet", "alarms")
    store.unmute("boom")
    assert "mutes" not in store.export(tmp_path / "after")
    assert not (tmp_path / "after" / "mutes.parquet").exists()


def test_in_the_terminal(path):
    run = CliRunner().invoke
    assert run(app, ["mute", "boom", "--until", "P3650D", "--why", "known", "--store", str(path)]).exit_code == 0
    assert '"error_name": "boom", "name": null' in run(app, ["mutes", "--store", str(path), "--json"]).stdout
    assert "known" in run(app, ["mutes", "--store", str(path)]).stdout
    assert run(app, ["unmute", "boom", "--store", str(path)]).exit_code == 0
    assert run(app, ["unmute", "boom", "--store", str(path)]).exit_code == 1
