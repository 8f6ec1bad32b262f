"""Exports of other systems load by the profile of each; what comes is counted again here, by other means."""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from histories import NOW
from sizes import and_in_soak

import jobtype_toolkit as jt

pytestmark = pytest.mark.slow

EXPORTS = Path(__file__).parent / "exports"
Row = tuple[str, str, str, str | None, str | None]
"""Key there, job type, status, node, and day of the last change of status."""


def table(name: str, separator: str) -> list[dict[str, str]]:
    with (EXPORTS / name).open(newline="") as file:
        return list(csv.DictReader(file, delimiter=separator))


def document(name: str) -> Any:
    return json.loads((EXPORTS / name).read_text())


def day(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).date().isoformat()


def iso(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def unix(seconds: int) -> datetime | None:
    return datetime.fromtimestamp(seconds, UTC) if seconds else None


def slurm() -> Iterator[Row]:
    words = {"COMPLETED": "COMPLETED", "RUNNING": "RUNNING", "PENDING": "PENDING"}
    for row in table("sacct.txt", "|"):
        if "." in row["JobID"] or row["JobID"] == "JobID":
            continue
        state = row["State"].split()[0]
        status = "CANCELED" if state == "CANCELLED" else words.get(state, "FAILED")
        times = {one: iso(f"{row[one]}+00:00") if row[one][0] == "2" else None for one in ("Submit", "Start", "End")}
        if row["End"] == "Unknown" and state == "COMPLETED":
            hours, minutes, seconds = map(int, row["Elapsed"].split(":"))
            times["End"] = times["Start"] + timedelta(hours=hours, minutes=minutes, seconds=seconds)
        at = {"RUNNING": "Start", "PENDING": "Submit"}.get(status, "End")
        node = re.sub(r"\[(\d+).*\]", r"\1", row["NodeList"]).split(",")[0]
        yield row["JobID"], row["JobName"], status, None if node.startswith("None") else node, day(times[at])


def slurm_json() -> Iterator[Row]:
    for row in document("sacct.json")["jobs"]:
        state = row["state"]["current"]
        state = state if isinstance(state, str) else state[0]
        at = {"RUNNING": "start", "PENDING": "submission"}.get(state, "end")
        node = None if row["nodes"] == "None assigned" else row["nodes"].replace("[011-012]", "011")
        yield str(row["job_id"]), row["name"], state, node, day(unix(row["time"][at]))


def nextflow() -> Iterator[Row]:
    parts = {"d": 86400, "h": 3600, "m": 60, "s": 1, "ms": 0.001}
    for row in table("trace.txt", "\t"):
        status = {"CACHED": "COMPLETED", "ABORTED": "CANCELED"}.get(row["status"], row["status"])
        lasting = re.findall(r"([\d.]+)(ms|d|h|m|s)", row["duration"])
        ended = iso(row["submit"] + "+00:00") + timedelta(seconds=sum(float(n) * parts[unit] for n, unit in lasting))
        yield row["hash"], row["name"].split(" (")[0], status, None, day(ended) if lasting else None


def airflow_dag_runs() -> Iterator[Row]:
    words = {"success": "COMPLETED", "failed": "FAILED", "running": "RUNNING", "queued": "QUEUED"}
    for row in document("dag-runs.json")["dag_runs"]:
        moment = row["end_date"] or row["start_date"] or row["queued_at"]
        yield f"{row['dag_id']}/{row['dag_run_id']}", row["dag_id"], words[row["state"]], None, day(iso(moment))


def airflow_task_runs() -> Iterator[Row]:
    words = {"success": "COMPLETED", "failed": "FAILED", "running": "RUNNING", "upstream_failed": "CANCELED"}
    for row in document("task-instances.json")["task_instances"]:
        if row["state"] is not None:
            key = "/".join(str(row[one]) for one in ("dag_id", "task_id", "map_index", "dag_run_id"))
            moment = iso(row["end_date"] or row["start_date"])
            yield key, f"{row['dag_id']}.{row['task_id']}", words[row["state"]], row["hostname"] or None, day(moment)


def htcondor() -> Iterator[Row]:
    words = {1: "QUEUED", 2: "RUNNING", 3: "CANCELED", 5: "BLOCKED"}
    for row in document("condor.json"):
        done = "COMPLETED" if row.get("ExitCode") == 0 else "FAILED"
        name = row.get("JobBatchName") or row["Cmd"].split("/")[-1]
        node = (row.get("RemoteHost") or row.get("LastRemoteHost") or "@").split("@")[1] or None
        status = words.get(row["JobStatus"], done)
        yield f"{row['ClusterId']}.{row['ProcId']}", name, status, node, day(unix(row["EnteredCurrentStatus"]))


def lsf() -> Iterator[Row]:
    words = {"DONE": "COMPLETED", "EXIT": "FAILED", "RUN": "RUNNING", "PEND": "QUEUED", "PSUSP": "BLOCKED"}
    for row in document("bjobs.json")["RECORDS"]:
        at = {"DONE": "FINISH_TIME", "EXIT": "FINISH_TIME", "RUN": "START_TIME", "PEND": "SUBMIT_TIME"}.get(row["STAT"])
        moment = datetime.strptime(row[at].removesuffix(" L") + " +0000", "%b %d %H:%M:%S %Y %z") if at else None
        node = row["EXEC_HOST"].split(":")[0].split("*")[-1] or None
        yield f"{row['JOBID']}.{row['JOBINDEX']}", row["JOB_NAME"], words[row["STAT"]], node, day(moment)


def kubernetes() -> Iterator[Row]:
    for row in document("kubectl-jobs.json")["items"]:
        said, state = row["metadata"], row["status"]
        last = state.get("conditions", [{"type": None}])[-1]
        owner = said.get("ownerReferences", [said])[0]["name"]
        status = {"Complete": "COMPLETED", "Failed": "FAILED", "Suspended": "BLOCKED"}.get(last["type"])
        status = status or ("RUNNING" if state.get("active") else "PENDING")
        moment = last.get("lastTransitionTime") or state.get("startTime") or said["creationTimestamp"]
        yield said["uid"], owner, status, None, day(iso(moment))


def github() -> Iterator[Row]:
    words = {"success": "COMPLETED", "failure": "FAILED", "timed_out": "FAILED", "cancelled": "CANCELED"}
    for row in document("gh-runs.json"):
        status = words.get(row["conclusion"]) or {"in_progress": "RUNNING", "queued": "QUEUED"}[row["status"]]
        at = {"RUNNING": "startedAt", "QUEUED": "createdAt"}.get(status, "updatedAt")
        yield str(row["databaseId"]), row["workflowName"], status, None, day(iso(row[at]))


def gitlab() -> Iterator[Row]:
    words = {"success": "COMPLETED", "failed": "FAILED", "canceled": "CANCELED", "running": "RUNNING"}
    for row in document("pipelines.json"):
        status = words.get(row["status"], "BLOCKED")
        moment = row["updated_at"] if status not in ("RUNNING", "BLOCKED") else None
        yield str(row["id"]), row["name"] or row["ref"], status, None, day(iso(moment))


SYSTEMS: dict[str, tuple[str, Callable[[], Iterator[Row]]]] = {
    "slurm": ("sacct.txt", slurm),
    "slurm-json": ("sacct.json", slurm_json),
    "nextflow": ("trace.txt", nextflow),
    "airflow-dag-runs": ("dag-runs.json", airflow_dag_runs),
    "airflow-task-runs": ("task-instances.json", airflow_task_runs),
    "htcondor": ("condor.json", htcondor),
    "lsf": ("bjobs.json", lsf),
    "kubernetes": ("kubectl-jobs.json", kubernetes),
    "github": ("gh-runs.json", github),
    "gitlab": ("pipelines.json", gitlab),
}


def told(frame: pd.DataFrame) -> list[Row]:
    days = frame["last_status_change"].dt.strftime("%Y-%m-%d")
    columns = [frame[one] for one in ("external_id", "job_type", "status", "node")]
    rows = zip(*columns, days, strict=True)
    return [tuple(None if pd.isna(one) else one for one in row) for row in rows]


AGAIN = and_in_soak(
    ("slurm", "airflow-task-runs", "github"),
    [one for one in SYSTEMS if one not in ("slurm", "airflow-task-runs", "github")],
)
"""The systems whose export is loaded again: with keys of several parts, with keys of texts, and with numbers."""


@pytest.fixture(scope="module")
def first() -> Callable[[str], tuple[jt.Store, jt.store.LoadReport]]:
    """A store in which the export of each system is a source, and what its load told."""
    store = jt.open(clock=lambda: NOW)
    return cache(lambda system: (store, load(store, system)))


def load(store: jt.Store, system: str) -> jt.store.LoadReport:
    return store.load(EXPORTS / SYSTEMS[system][0], profile=system, timezone="UTC", source=system)


@pytest.mark.parametrize("system", SYSTEMS)
def test_an_export_comes_as_counted_again(first, system):
    store, report = first(system)
    expected = list(SYSTEMS[system][1]())
    assert (report.rejected, report.new) == (0, len(expected))
    assert sorted(told(store.jobs(source=system)), key=str) == sorted(expected, key=str)
    counted = Counter(one[1:] for one in expected)
    days = "strftime(last_status_change, '%Y-%m-%d')"
    found = store.sql(
        f"SELECT job_type, status, node, {days} AS day, count(*) AS n FROM job WHERE source = $system GROUP BY ALL",
        system=system,
    )
    rows = found.astype(object).where(found.notna(), None).itertuples(index=False, name=None)
    assert {row[:-1]: row[-1] for row in rows} == counted


@pytest.mark.parametrize("system", AGAIN)
def test_an_export_loaded_twice_changes_nothing(first, system):
    store, report = first(system)
    before = store.jobs(source=system)
    second = load(store, system)
    assert (second.new, second.changed, second.unchanged) == (0, 0, report.new)
    pd.testing.assert_frame_equal(store.jobs(source=system), before)
    assert store.check().is_sound


@pytest.mark.parametrize("system", AGAIN)
def test_the_keys_of_an_export_come_back_from_an_export_of_the_store(first, system, tmp_path):
    store, _ = first(system)
    store.export(tmp_path / "all", source=system)
    with jt.open() as other:
        other.load(tmp_path / "all", source=system)
        assert told(other.jobs()) == told(store.jobs(source=system))
        assert other.jobs()["id"].tolist() == store.jobs(source=system)["id"].tolist()
        assert load(other, system).new == 0, "the numbers are known again"


def test_every_shipped_profile_is_tried_here():
    folder = Path(jt.store.__file__).parent / "profiles"
    assert {one.stem for one in folder.glob("*.toml")} == set(SYSTEMS)


def test_steps_tries_and_pods_are_executions_of_their_jobs(store):
    exports = {
        "slurm": ("sacct.txt", "sacct.txt", {"8100": 3, "8101_2": 1}),
        "kubernetes": ("kubectl-jobs.json", "kubectl-pods.json", {"0b6d8c8e-0002-4f6b-9a11-aaaaaaaaaaaa": 2}),
        "airflow-task-runs": (
            "task-instances.json",
            "task-instances.json",
            {
                "ingest_daily/fetch/-1/scheduled__2026-10-04T00:00:00+00:00": 1,
                "ingest_daily/tile/0/scheduled__2026-10-04T00:00:00+00:00": 1,
                "ingest_daily/tile/1/scheduled__2026-10-04T00:00:00+00:00": 1,
                "tiles/fetch/-1/manual__2026-10-06T12:00:00+00:00": 1,
            },
        ),
    }
    for system, (jobs, executions, expected) in exports.items():
        more = {"source": system, "profile": system, "timezone": "UTC"}
        first = store.load(EXPORTS / executions, "job_executions", **more)
        store.load(EXPORTS / jobs, **more)
        assert store.load(EXPORTS / executions, "job_executions", **more).unchanged == first.new
        found = store.sql(
            "SELECT external_id, count(*) AS n FROM job_execution AS x JOIN job AS j ON j.source = x.source AND j.id = x.job_id "
            "WHERE x.source = $system GROUP BY ALL",
            system=system,
        )
        assert dict(zip(found["external_id"], found["n"], strict=True)) == expected


def test_the_job_type_of_a_history_is_chosen_by_one_key(store):
    store.load(EXPORTS / "sacct.txt", profile="slurm", timezone="UTC", columns={"Partition": "job_type"})
    assert set(store.jobs()["job_type"]) == {"long", "short"}


def test_times_without_a_zone_are_refused_as_ever(store):
    with pytest.raises(jt.LoadFailed, match="the times have no zone"):
        store.load(EXPORTS / "sacct.txt", profile="slurm")


def test_a_failure_has_the_name_of_what_the_system_says(first):
    store, _ = first("slurm")
    failed = "SELECT error_name, error_category FROM job WHERE status = 'FAILED' AND source = 'slurm' ORDER BY id DESC"
    found = store.sql(failed)
    assert found.to_dict("records") == [
        {"error_name": "node-fail", "error_category": "SYSTEM"},
        {"error_name": "out-of-memory", "error_category": "ALGORITHM"},
        {"error_name": "timeout", "error_category": "ALGORITHM"},
        {"error_name": "failed", "error_category": "ALGORITHM"},
    ]
