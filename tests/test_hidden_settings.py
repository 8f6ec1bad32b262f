"""A value whose setting is secret, or that the manifest does not know, is kept and shown nowhere, however it comes in."""

from __future__ import annotations

import copy
import json

import duckdb
import pandas as pd
import pytest
from histories import JOB_TYPES, NOW, page
from shapes import ndjson

import jobtype_toolkit as jt
from jobtype_toolkit import testing

pytestmark = pytest.mark.slow

SETTINGS = [{"name": "DEPTH"}, {"name": "TOKEN", "secret": True}]
VALUES = {"DEPTH": "7", "TOKEN": "s3cret-a", "TOKNE": "s3cret-b"}


def row(**changes: object) -> dict:
    """A job type as v6 sends it, with a public setting, a secret one and one that its manifest does not know."""
    made = copy.deepcopy(JOB_TYPES[0])
    made["manifest"] = {"seedVersion": "1.0.0", "job": {"interface": {"command": "run", "settings": SETTINGS}}}
    made["configuration"] = {"mounts": {}, "output_workspaces": {}, "priority": 100, "settings": dict(VALUES)}
    return {**made, **changes}


def all_that_is_kept(store: jt.Store) -> str:
    with store._reading() as con:  # `sql` takes ten times as long
        tables = con.execute("SELECT table_name FROM duckdb_tables()").fetchall()
        return "".join(str(con.execute(f"FROM {name}").fetchall()) for (name,) in tables)


@pytest.mark.parametrize("shape", ["page", "lines", "csv", "parquet", "frame"])
def test_a_load_keeps_no_value_that_the_manifest_does_not_know(write, tmp_path, shape):
    made = row()
    flat = {name: json.dumps(value) if isinstance(value, dict) else value for name, value in made.items()}
    source = {
        "page": lambda: write("a.json", page([made])),
        "lines": lambda: write("a.ndjson", ndjson([made])),
        "csv": lambda: write("a.csv", pd.DataFrame([flat]).to_csv(index=False)),
        "parquet": lambda: parquet(tmp_path / "a.parquet", flat),
        "frame": lambda: pd.DataFrame([flat]),
    }[shape]()
    store = jt.open(clock=lambda: NOW)
    store.load(source, "job_types")
    assert store.job_type(made["name"], made["version"]).configuration["settings"] == {"DEPTH": "7"}
    store.export(tmp_path / "out")
    assert "s3cret" not in all_that_is_kept(store)
    exported = duckdb.sql(f"FROM '{tmp_path / 'out' / 'job_types.parquet'}'").df().to_csv()
    assert '""DEPTH""' in exported
    assert "s3cret" not in exported
    assert store.load(source, "job_types").unchanged == 1
    assert store.sql("FROM job_type_change").empty


def parquet(path, flat):
    duckdb.from_df(pd.DataFrame([flat])).write_parquet(str(path))
    return path


def test_a_configuration_without_its_manifest_is_judged_by_the_one_that_is_known(write):
    store = jt.open(clock=lambda: NOW)
    store.load(write("a.json", page([row()])), "job_types")
    later = row(configuration={"settings": {"DEPTH": "8", "OTHER": "s3cret-c"}}, last_modified="2026-11-09T00:00:00Z")
    del later["manifest"]
    store.load(write("b.json", page([later])), "job_types")
    assert store.job_type(later["name"], later["version"]).configuration == {"settings": {"DEPTH": "8"}}
    assert "s3cret" not in all_that_is_kept(store)


def test_a_live_server_is_shown_as_a_store_is():
    made = row()
    scale = jt.connect("http://scale.test/api", transport=testing.Transport(lambda _: testing.Reply(200, made)))
    assert scale.job_type(made["name"], made["version"]).configuration["settings"] == {"DEPTH": "7"}
