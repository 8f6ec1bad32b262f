"""Messages speak the language of their caller: arguments and methods in Python, options and commands in a terminal."""

from __future__ import annotations

import pytest

import jobtype_toolkit as jt
from jobtype_toolkit import hints


@pytest.mark.parametrize(
    ("made", "python", "terminal"),
    [
        (lambda: hints.argument("source", "a b"), "source='a b'", "--source 'a b'"),
        (lambda: hints.argument("source"), "source=…", "--source"),
        (lambda: hints.argument("page_size", 5), "page_size=5", "--page-size 5"),
        (lambda: hints.argument("is_active", False), "is_active=False", "--no-is-active"),
        (lambda: hints.argument("columns", {"a": "b"}), "columns={'a': 'b'}", "--column a=b"),
        (lambda: hints.call("store.compact()"), "store.compact()", "`jobtype-toolkit compact`"),
        (lambda: hints.on("load", "a.csv"), "load('a.csv')", "load a.csv"),
    ],
)
def test_an_argument_and_a_call_are_named_as_their_caller_writes_them(made, python, terminal):
    assert made() == python
    with hints.terminal():
        assert made() == terminal
        with hints.terminal(False):
            assert made() == python
    assert made() == python


def test_commands_that_messages_name_exist():
    from typer.main import get_command

    from jobtype_toolkit.cli import app

    commands = get_command(app).commands
    assert {command.split()[1] for command in hints._CALLS.values()} <= {*commands}


@pytest.mark.parametrize(
    ("name", "meant"), [("jobtypes", "job_types"), ("FAILD", "FAILED"), ("db-pass", "DB_PASS"), ("x", None)]
)
def test_the_name_that_was_probably_meant(name, meant):
    known = ["job_types", "FAILED", "DB_PASS"]
    assert hints.nearest(name, known) == meant
    assert hints.did_you_mean(name, known) == (f" Did you mean {meant!r}?" if meant else "")


def test_a_store_without_workspaces_names_the_method_that_tells_it_of_them(store):
    configuration = {"output_workspaces": {"default": "raw", "outputs": {}}}
    validation = store.validate(jt.Manifest.new("tile-mosaic"), configuration)
    (found,) = (one for one in validation if one.name == "WORKSPACES_NOT_CHECKED")
    assert "set_workspaces" in found.suggestion
    store.set_workspaces({"raw": True})
    assert "WORKSPACES_NOT_CHECKED" not in [one.name for one in store.validate(jt.Manifest.new("a"), configuration)]
