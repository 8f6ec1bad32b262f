"""Versions and ways of one system write its export differently: each comes as read here by eye."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

import jobtype_toolkit as jt

pytestmark = pytest.mark.slow

EXPORTS = Path(__file__).parent / "exports"
RUN = "scheduled__2026-10-05T00:00:00+00:00"
SHAPES = {
    "slurm-json sacct-21.json": [
        ("701", "warp", "COMPLETED", "cn01", 0, "2026-10-06 10:01:10", ["cn01", "cn02"]),
        ("702", "warp", "CANCELED", "cn07", 137, "2026-10-06 10:01:10", None),
    ],
    "slurm-json sacct-24.json": [
        ("804", "sweep", "FAILED", "rack1n08", 143, "2026-10-07 10:01:10", [f"rack{r}n{n}" for r in "12" for n in ("08", "09", "10")]),
        ("805", "sweep", "RUNNING", "rack1n01", None, "2026-10-06 10:00:10", None),
    ],
    "airflow-dag-runs dag-runs-3.json": [
        ("tiles/manual__2026-10-06T12:00:00+00:00", "tiles", "FAILED", None, None, "2026-10-06 12:30:00", None),
    ],
    "airflow-dag-runs list-runs.json": [
        (f"tiles/{RUN}", "tiles", "COMPLETED", None, None, "2026-10-06 00:09:00", None),
        ("tiles/scheduled__2026-10-06T00:00:00+00:00", "tiles", "RUNNING", None, None, "2026-10-07 00:00:02", None),
    ],
    "airflow-dag-runs dag_run.csv": [
        (f"tiles/{RUN}", "tiles", "COMPLETED", None, None, "2026-10-06 00:09:00", None),
    ],
    "airflow-task-runs task_instance.csv": [
        (f"tiles/cut/-1/{RUN}", "tiles.cut", "FAILED", "worker-2", None, "2026-10-06 00:08:59", None),
    ],
    "kubernetes kubectl-job.json": [
        ("0b6d8c8e-0009", "train", "PENDING", None, None, "2026-10-06 10:00:00", None),
    ],
    "lsf bjobs-minutes.json": [
        ("601.0", "etl", "COMPLETED", "hostA", None, "2026-10-05 09:10:00", ["hostA", "hostB"]),
    ],
}  # fmt: skip
"""Key, job type, status, node, exit code, last change of status, and all nodes if several, of each job."""


@pytest.fixture(scope="module")
def common() -> jt.Store:
    """A store for all shapes, each a source of its own."""
    return jt.open()


@pytest.mark.parametrize("shape", SHAPES)
def test_an_export_of_another_version_comes_as_read_by_eye(common, shape):
    profile, file = shape.split()
    common.load(EXPORTS / file, profile=profile, timezone="UTC", source=shape)
    found = common.sql(
        "SELECT external_id, job_type, status, node, exit_code, strftime(last_status_change, '%Y-%m-%d %H:%M:%S'), "
        "extra->'all_nodes' FROM job WHERE source = $shape ORDER BY external_id",
        shape=shape,
    )
    rows = [tuple(None if pd.isna(one) else one for one in row) for row in found.itertuples(index=False, name=None)]
    assert [(*row[:-1], row[-1] and json.loads(row[-1])) for row in rows] == SHAPES[shape]
    assert common.preview(EXPORTS / file, timezone="UTC").profile == profile


def test_a_run_is_the_same_job_whichever_way_airflow_told_of_it(store):
    """The keys do not depend on how a run was exported."""
    for file in ("list-runs.json", "dag_run.csv", "dag-runs-3.json"):
        store.load(EXPORTS / file, profile="airflow-dag-runs")
    assert len(store.jobs()) == 3
    assert store.load(EXPORTS / "dag_run.csv", profile="airflow-dag-runs").new == 0


def test_what_is_no_job_in_an_export_is_rejected_with_its_reason(store):
    store.load(EXPORTS / "bjobs-minutes.json", profile="lsf", timezone="UTC")
    assert store.rejects()["reason"].tolist() == ["no id; no status; no job type: job_type is missing"]


def test_all_nodes_of_a_job_on_several_are_kept(store, write):
    nodes = {
        "n1": None,
        "n1,n2": ["n1", "n2"],
        "node[01-03,07]": ["node01", "node02", "node03", "node07"],
        "n[8-11]-ib,login1": ["n8-ib", "n9-ib", "n10-ib", "n11-ib", "login1"],
        "r[1,3]n[7-8]": ["r1n7", "r1n8", "r3n7", "r3n8"],
        "8*a:4*b": ["a", "b"],
        "n[3-1]": ["n3-1"],
    }
    rows = [f"{number}|fit|RUNNING|{said}\n" for number, said in enumerate(nodes, 1)]
    store.load(write("x.txt", "JobID|JobName|State|NodeList\n" + "".join(rows)), profile="slurm", timezone="UTC")
    kept = store.sql("SELECT extra FROM job ORDER BY id")["extra"]
    assert {said: json.loads(extra).get("all_nodes") for said, extra in zip(nodes, kept, strict=True)} == nodes


def test_failures_are_counted_on_all_nodes_of_their_jobs(store, write):
    text = "JobID|JobName|State|NodeList\n1|fit|FAILED|n[1-2]\n2|fit|FAILED|n2\n3|fit|FAILED|None\n"
    store.load(write("x.txt", text), profile="slurm", timezone="UTC")
    found = store.sql(
        "SELECT on_node, count(*) AS n FROM (SELECT unnest(coalesce(CAST(extra->'all_nodes' AS VARCHAR[]), [node])) AS on_node "
        "FROM job WHERE status = 'FAILED') WHERE on_node IS NOT NULL GROUP BY ALL ORDER BY ALL"
    )
    assert found.to_dict("records") == [{"on_node": "n1", "n": 1}, {"on_node": "n2", "n": 2}]
