"""A cluster of the tests' own in two forms that are made from one history: what its API answers, and its PostgreSQL."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from histories import NOW, base, error, execution, job, job_type, manifest, page, revision
from postgres import Server
from simulated import Simulated

TABLES = (Path(__file__).parent / "scale_tables.sql").read_text(encoding="utf-8")
ODD = (
    "",
    "plain",
    'a "quoted", text',
    "two\nlines\tand a tab",
    "back\\slash \\N \\.",
    "\\N",
    "\\.",
    "\x1b[31m\x01",
    "ünïcödé ✓ 🛰",
    "\r",
)
"""Texts that a way of writing rows can get wrong."""
DAY = datetime(2026, 1, 1, tzinfo=UTC)


class Cluster(Simulated):
    """A v6 server that also knows executions and revisions; `rows` is the same as tables of its database."""

    def __init__(self, jobs: int, seed: int = 1) -> None:
        super().__init__(NOW)
        self.random = random.Random(seed)
        self.files: dict[int, str] = {}
        self.job_types = {one["id"]: one for one in _job_types()}
        self.revisions = {of["id"]: _revisions(of) for of in self.job_types.values()}
        self.errors = [
            error(1, "unknown", "SYSTEM"),
            error(2, "node-lost", "SYSTEM", title=None),
            error(3, "bad-input", "DATA", "chips", description=ODD[3]),
        ]
        self.executions: dict[int, list[dict[str, Any]]] = {}
        self.inputs: dict[int, dict[str, list[int]] | None] = {}
        for number in range(jobs):
            self.happen(1000 + number, NOW - timedelta(minutes=jobs - number, microseconds=number % 3 * 1001))

    def happen(self, id: int, at: datetime) -> None:
        """Let a job be made, or change."""
        choose = self.random.choice
        status = choose(
            ("COMPLETED", "COMPLETED", "COMPLETED", "FAILED", "CANCELED", "RUNNING", "QUEUED", "PENDING", "BLOCKED")
        )
        of = self.job_types[choose(list(self.job_types))]
        failed_with = choose((*self.errors, None)) if status == "FAILED" else None
        ran = status in ("COMPLETED", "FAILED", "RUNNING")
        node = choose((1, 2)) if ran else None
        number = choose((1, 2)) if ran else 0
        made_with = choose(self.revisions[of["id"]])
        birth = {"created": self.jobs[id]["created"]} if id in self.jobs else {}
        self.jobs[id] = job(
            id, of, status, at, failed_with, last_modified=at, num_exes=number,
            revision_num=made_with["revision_num"], job_type_rev_id=made_with["id"],
            node_id=node, node=node and f"node-{node}", input_file_size=choose((None, 0.0, 0.1, 1 / 3, 12345.678901234567)),
            event_id=5 if id % 3 else None, event_type="PARSE" if id % 3 else None, event_occurred=DAY if id % 3 else None,
            recipe_id=7 if id % 4 == 0 else None, recipe_type="chips-recipe" if id % 4 == 0 else None,
            ingest_event_id=6 if id % 5 == 0 else None,
            batch_id=4 if id % 6 == 0 else None, batch_title=ODD[2] if id % 6 == 0 else None,
            source_task=choose((*ODD, None)), source_sensor=choose((*ODD, None)), source_started=choose((at, None)),
            is_superseded=id % 7 == 0, superseded=at if id % 7 == 0 else None, superseded_job_id=id - 1 if id % 7 == 0 else None,
            input_files=self._input(id), **birth,
        )  # fmt: skip
        body = self.jobs[id]
        if body["recipe"]:
            body["recipe"]["recipe_type"]["id"] = 8
        self.executions[id] = [
            self._execution(id, exe, number, status, failed_with, node, made_with) for exe in range(1, number + 1)
        ]

    def _execution(
        self, id: int, exe: int, last: int, status: str, failed_with: Any, node: int | None, made_with: Any
    ) -> dict[str, Any]:
        how = status if exe == last else "FAILED"
        body = execution(
            id * 10 + exe, self.jobs[id], exe, how, node_id=node, node=f"node-{node}", input_file_size=1 / 3
        )
        body["error"] = self.jobs[id]["error"] if exe == last else dict(self.errors[0])
        if how == "RUNNING":
            body["ended"] = None
        return body

    def _input(self, id: int) -> dict[str, list[str]]:
        """Return the names of a job's input files by input, and keep what its table has: null, none, some, one that is gone."""
        kind = id % 6
        if kind in (0, 1):
            self.inputs[id] = None if kind else {}
            return {}
        ids = [id * 10 + number for number in range(kind - 1)]
        self.files |= {one: f"scene {one} {ODD[one % len(ODD)]}" for one in ids}
        self.inputs[id] = (
            {"SCENE": ids, "GONE": [9]} if kind == 3 else {"SCENE": ids, "EMPTY": []} if kind == 4 else {"A-B": ids}
        )
        named = sorted(self.inputs[id].items(), key=lambda one: (len(one[0]), one[0]))  # as a jsonb has its keys
        return {name: [self.files[one] for one in ids if one in self.files] for name, ids in named}

    # What it answers.

    def _executions(self, id: int, query: Sequence[tuple[str, str]]) -> Any:
        return page(self.executions[id])

    def answer(self, path: str, params: Sequence[tuple[str, Any]] = ()) -> Any:
        match path.split("/")[:-1]:
            case ["job-types", name, version, "revisions"]:
                rows = self.revisions[self._type(name, version)["id"]]
                return page([{key: one[key] for key in one if key != "manifest"} for one in rows])
            case ["job-types", name, version, "revisions", number]:
                return self.revisions[self._type(name, version)["id"]][int(number) - 1]
        return super().answer(path, params)

    # Its database.

    def tables(self) -> dict[str, list[dict[str, Any]]]:
        """Return the rows of its tables; only what v6 answers and how inputs are kept is known here."""
        jobs = list(self.jobs.values())
        exes = [(id, one) for id, some in self.executions.items() for one in some]
        recipe_types = {one["id"]: one for of in self.job_types.values() for one in of["recipe_types"]}
        return {
            "node": [{"id": 1, "hostname": "node-1"}, {"id": 2, "hostname": "node-2"}],
            "error": self.errors,
            "job_type": [
                {key: one[key] for key in one if key not in ("title", "description", "recipe_types")}
                | {"configuration": of_table(one["configuration"])}
                for one in self.job_types.values()
            ],
            "job_type_revision": [
                {**one, "job_type_id": id} for id, some in self.revisions.items() for one in some
            ],
            "trigger_event": [{"id": 5, "type": "PARSE", "occurred": DAY.isoformat()}],
            "recipe_type": list(recipe_types.values()),
            "recipe_type_job_link": [
                {"job_type_id": of["id"], "recipe_type_id": one["id"]}
                for of in self.job_types.values()
                for one in of["recipe_types"]
            ],
            "recipe": [{"id": 7, "recipe_type_id": 8}],
            "batch": [{"id": 4, "title": ODD[2]}],
            "ingest_event": [{"id": 6}],
            "scale_file": [{"id": id, "file_name": name} for id, name in self.files.items()],
            "job": [
                {key: value for key, value in one.items() if key not in (*_BESIDE_JOBS, "input_files")}
                | {f"{name}_id": (one[name] or {}).get("id") for name in _BESIDE_JOBS}
                | {"input": None if (files := self.inputs[one["id"]]) is None else {"version": "7", "files": files, "json": {}}}
                for one in jobs
            ],
            "job_exe": [
                {**{key: one[key] for key in ("id", "exe_num", "cluster_id", "created", "queued", "started", "timeout", "input_file_size")},
                 "job_id": id, "job_type_id": one["job_type"]["id"], "node_id": one["node"]["id"]}
                for id, one in exes
            ],
            "job_exe_end": [
                {"job_exe_id": one["id"], "status": one["status"], "error_id": (one["error"] or {}).get("id"), "ended": one["ended"]}
                for _, one in exes
                if one["ended"]
            ],
        }  # fmt: skip

    def save(self, server: Server, database: str = "scale", *, changed: Sequence[int] = ()) -> None:
        """Make the tables and fill them; with `changed`, write some jobs anew instead."""
        fill(server, self.tables(), database) if not changed else rewrite(server, self.tables(), changed, database)


def fill(server: Server, tables: dict[str, list[dict[str, Any]]], database: str = "scale") -> None:
    """Make Scale's tables in an empty database, and fill them."""
    server.sql(TABLES + "".join(_insert(table, rows) for table, rows in tables.items()) + "ANALYZE;", database)


def rewrite(
    server: Server, tables: dict[str, list[dict[str, Any]]], ids: Sequence[int], database: str = "scale"
) -> None:
    """Write some jobs anew, with their executions."""
    of_jobs = {
        name: [one for one in tables[name] if one["id" if name == "job" else "job_id"] in ids]
        for name in ("job", "job_exe")
    }
    exes = {one["id"] for one in of_jobs["job_exe"]}
    listed = ", ".join(map(str, ids))
    gone = (
        f"DELETE FROM job_exe_end WHERE job_exe_id IN (SELECT id FROM job_exe WHERE job_id IN ({listed}));"
        f"DELETE FROM job_exe WHERE job_id IN ({listed}); DELETE FROM job WHERE id IN ({listed});"
    )
    more = {
        "job": of_jobs["job"],
        "job_exe": of_jobs["job_exe"],
        "job_exe_end": [one for one in tables["job_exe_end"] if one["job_exe_id"] in exes],
    }
    known = server.sql("SELECT id FROM scale_file", database).split()
    files = [one for one in tables["scale_file"] if str(one["id"]) not in known]
    inserts = "".join(_insert(table, rows) for table, rows in {"scale_file": files, **more}.items())
    server.sql(f"BEGIN; {gone} {inserts} COMMIT;", database)


def _insert(table: str, rows: list[dict[str, Any]]) -> str:
    """Return SQL for rows; a column that no row has gets its default."""
    if not rows:
        return ""
    names = ", ".join(dict.fromkeys(name for row in rows for name in row if (table, name) not in _NO_COLUMNS))
    text = json.dumps(rows).replace("'", "''")
    return f"INSERT INTO {table} ({names}) SELECT {names} FROM jsonb_populate_recordset(NULL::{table}, '{text}');\n"


_BESIDE_JOBS = (
    "job_type",
    "job_type_rev",
    "error",
    "node",
    "event",
    "ingest_event",
    "recipe",
    "batch",
    "superseded_job",
)
"""What an answer has an object of and a table a key."""
_NO_COLUMNS = {("job_type_revision", "job_type")}


def of_table(configuration: dict[str, Any]) -> dict[str, Any]:
    """Return a configuration as the table has it: with its version, and without what is as usual."""
    usual = {"mounts": {}, "settings": {}, "priority": 100, "output_workspaces": {"default": "", "outputs": {}}}
    return {"version": "7", **{key: value for key, value in configuration.items() if value != usual.get(key)}}


def _job_types() -> list[dict[str, Any]]:
    def configured(**more: Any) -> dict[str, Any]:
        usual = {"mounts": {}, "output_workspaces": {"default": "", "outputs": {}}, "priority": 100, "settings": {}}
        return usual | more

    def made(id: int, name: str, version: str, **more: Any) -> dict[str, Any]:
        document = manifest(name, version, title=f"Title of {name}", settings=more.pop("settings", ()))
        said = {"title": document["job"]["title"], "description": document["job"]["description"]}
        return job_type(id, name, version, **{"manifest": document, "configuration": configured(), **said, **more})

    recipe_type = {
        "id": 8, "name": "chips-recipe", "title": "Chips", "description": ODD[3], "is_active": True, "is_system": False,
        "revision_num": 2, "created": "2026-01-02T03:04:05.000600Z", "deprecated": None, "last_modified": "2026-01-02T03:04:05Z",
    }  # fmt: skip
    return [
        made(1, "clock", "1.0.0", is_system=True, icon_code=""),
        made(2, "chips", "1.9.0", is_published=True, unmet_resources="gpus", revision_num=2),
        made(
            3, "chips", "1.10.0", is_paused=True, paused=DAY, max_scheduled=4, settings=["LEVEL"], recipe_types=[recipe_type],
            configuration=configured(priority=50, settings={"LEVEL": "9"}, output_workspaces={"default": "raw", "outputs": {"A": "b"}}),
        ),
        made(4, "tide", "0.1.0", is_active=False, deprecated=DAY, docker_image=ODD[2], configuration=configured(mounts={"m": {"type": "host", "host_path": "/a"}})),
    ]  # fmt: skip


def _revisions(of: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        revision(of["id"] * 100 + number, of, number, created=DAY) | {"job_type": base(of)}
        for number in range(1, of["revision_num"] + 1)
    ]
