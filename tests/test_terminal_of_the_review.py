"""The terminal of the review: what a narrow one keeps, sparklines, cuts by job type, SQL, notes beside numbers."""

from __future__ import annotations

import json

import pandas as pd
import pytest
from asking import small_file
from histories import ago, job_type, page, wire
from typer.testing import CliRunner

import jobtype_toolkit as jt
from jobtype_toolkit.cli.app import app
from jobtype_toolkit.display.sparklines import sparklines

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return small_file(tmp_path_factory.mktemp("small"), "scale")


def run(path, *words):
    found = CliRunner().invoke(app, [*words, "--store", str(path)])
    assert found.exit_code == 0, found.stderr
    return found.stdout


def test_a_service_of_v6_is_cut_by_job_type(path):
    every = json.loads(run(path, "status", "--started", "P30D", "--json"))
    names = {one["name"] for one in every}
    assert len(names) > 1
    cut = json.loads(run(path, "status", "--started", "P30D", "--json", "--name", "chip-maker", "--version", "1.10.0"))
    assert cut == [one for one in every if (one["name"], one["version"]) == ("chip-maker", "1.10.0")]
    assert f"{len(cut)} of {len(cut)} rows" in run(
        path, "status", "--started", "P30D", "--name", "chip-maker", "--version", "1.10.0"
    )


def test_failures_are_filtered_by_type_node_and_error(path):
    every = json.loads(run(path, "failures", "--json"))
    one = every[0]
    found = json.loads(
        run(
            path,
            "failures",
            "--json",
            "--name",
            one["name"],
            "--version",
            one["version"],
            "--error-name",
            one["error_name"],
        )
    )
    assert found == [it for it in every if all(it[key] == one[key] for key in ("name", "version", "error_name"))]
    assert json.loads(run(path, "failures", "--json", "--node", "node-a")) == every
    unknown = CliRunner().invoke(app, ["failures", "--node", "node-b", "--store", str(path)])
    assert (unknown.exit_code, unknown.stdout) == (2, "")


def test_sql_answers_as_a_table_json_and_csv(path):
    query = "SELECT status, count(*) AS n FROM job WHERE status = $status GROUP BY status"
    (row,) = json.loads(run(path, "sql", query, "--param", "status=FAILED", "--json"))
    assert row["n"] == len(json.loads(run(path, "jobs", "--status", "FAILED", "--json")))
    assert run(path, "sql", query, "--param", "status=FAILED", "--csv") == f"status,n\nFAILED,{row['n']}\n"
    assert "2 of 4 rows; --limit 0 shows all." in run(path, "sql", "FROM range(4)", "--limit", "2")
    assert CliRunner().invoke(app, ["sql", query, "--param", "FAILED", "--store", str(path)]).exit_code == 2


def test_a_sparkline_has_the_numbers_beside_it():
    counts = {"finished": [10, 0, 10, 10], "failed": [0, 0, 5, 10]}
    frame = pd.DataFrame({"name": ["fit"] * 4, "start": pd.date_range("2026-03-01", periods=4, tz="UTC"), **counts})
    (line,) = sparklines(frame)
    assert line.split(maxsplit=1) == ["fit", "▁·▅█  0.0% to 100.0%, last 100.0%"]


def test_many_buckets_share_a_block_by_their_jobs():
    frame = pd.DataFrame({"name": "fit", "start": range(120), "finished": 10, "failed": [0] * 117 + [10] * 3})
    (line,) = sparklines(frame)
    assert line.split()[1] == "▁" * 39 + "█"


def test_pending_jobs_without_a_change_of_status_are_told_of_beside_the_number(store, write):
    """v6 leaves `last_status_change` out until a status changes: `status` counts 1 job here, `pending` 3 (D29)."""
    store.load(write("types.json", page([wire(job_type(1, "fit", "1.0"))])), "job_types")
    head = "id,job_type,job_type_version,status,created,last_status_change\n"
    rows = f"1,fit,1.0,PENDING,{ago(90).isoformat()},\n2,fit,1.0,PENDING,{ago(60).isoformat()},\n3,fit,1.0,PENDING,{ago(30).isoformat()},{ago(20).isoformat()}\n"
    store.load(write("jobs.csv", head + rows))
    status, pending = store.status("PT3H"), store.pending()
    assert (status["count"].tolist(), pending["count"].tolist()) == ([1], [3])
    (note,) = status.attrs["notes"]
    assert note.startswith(
        "2 PENDING jobs, the oldest created 2026-03-01 10:30 UTC, have no last_status_change (D29 in docs/v6.md): "
    )
    assert note.endswith("`pending` counts them, but they are in no window and not in longest_pending")
    assert pending.attrs["notes"] == [note]  # so that a board, which shows each note once, says it once
    assert "the oldest created 2026-03-01 10:30 UTC" in repr(jt.show(pending))
    assert "the oldest created 2026-03-01 10:30 UTC" in jt.show(status)._repr_html_()
    assert store.running().attrs["notes"] == []
