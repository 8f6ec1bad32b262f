"""The warning that workspaces were not checked names who was asked for them, and comes wherever nobody checked them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from histories import manifest
from typer.testing import CliRunner

import jobtype_toolkit as jt
from jobtype_toolkit import testing
from jobtype_toolkit.cli import app

pytestmark = pytest.mark.slow

NONSENSE = {"output_workspaces": {"default": "nonsense"}}
NAME = "WORKSPACES_NOT_CHECKED"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A store that knows no workspaces, with a job type that names one."""
    file = tmp_path / "ops.duckdb"
    with jt.open(file, create=True) as store:
        store.add(manifest("demo", "1.0.0"), docker_image="demo:1", configuration=NONSENSE).send()
    return file


@pytest.fixture
def backends(file: Path) -> Iterator[dict[str, jt.Backend]]:
    """The store, and a local server over it."""
    with jt.open(file) as store, testing.serve(store, token="t") as server, jt.connect(server.url, "t") as scale:
        yield {"store": store, "scale": scale}


def said(validation: jt.Validation) -> str:
    """The warning and its remedy; "" if workspaces were checked."""
    return " ".join(f"{one.description} {one.suggestion}" for one in validation if one.name == NAME)


def plans(backend: jt.Backend) -> list[Any]:
    """A creation and an edit with a configuration, and a validation of it."""
    new = manifest("demo", "2.0.0")
    return [
        backend.add(new, docker_image="demo:2", configuration=NONSENSE).validation,
        backend.edit("demo", "1.0.0", configuration=NONSENSE | {"priority": 7}).validation,
        backend.validate(new, NONSENSE),
    ]


def test_who_was_asked_and_knows_none_is_named(backends):
    for found in plans(backends["store"]):
        assert "the source 'local' knows none. Tell the store of them by store.set_workspaces" in said(found)
    for found in plans(backends["scale"]):
        assert "the server lists none. A local server has those of its store" in said(found)


def test_known_workspaces_are_used_by_both(backends):
    backends["store"].set_workspaces({"products": True})
    for backend in backends.values():
        for found in plans(backend):
            assert not said(found)
            assert "INVALID_WORKSPACE" in [one.name for one in found.errors]


def test_a_change_that_names_no_workspace_is_not_warned_of_them(backends):
    for backend in backends.values():
        assert not said(backend.edit("demo", "1.0.0", is_paused=True).validation)


def test_a_lake_that_knows_none_says_so(file, tmp_path):
    with jt.open(file) as store:
        store.export(tmp_path / "lake", partitioned=True)
    with jt.lake(tmp_path / "lake") as lake:
        assert "the source 'local' of the lake knows none" in said(lake.validate(manifest("demo", "2.0.0"), NONSENSE))


def test_the_terminal_asks_for_nothing_that_was_given(file, tmp_path):
    for name, value in (("m", manifest("demo", "2.0.0")), ("c", NONSENSE)):
        (tmp_path / f"{name}.json").write_text(json.dumps(value))
    given = [str(tmp_path / "m.json"), "--config", str(tmp_path / "c.json")]
    for command in (
        ["validate", *given],
        ["add", *given, "--docker-image", "demo:2"],
        ["edit", "demo", "1.0.0", "--config", given[2], "--icon-code", "f1"],
    ):
        told = CliRunner().invoke(app, [*command, "--store", str(file)]).stdout
        assert NAME in told
        assert "knows none. A pull from the server brings them" in told
        assert "or --store" not in told
