"""A history as files: the catalogue and the ground truth as JSON, jobs and executions as Parquet."""

from __future__ import annotations

import json
import tempfile
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from jobtype_toolkit.generator import catalog as catalogs
from jobtype_toolkit.generator import history, records
from jobtype_toolkit.generator.incidents import NODES, choose
from jobtype_toolkit.generator.model import Model
from jobtype_toolkit.generator.statuses import STATUSES
from jobtype_toolkit.generator.truth import Truth

if TYPE_CHECKING:
    from datetime import datetime

    from jobtype_toolkit.generator.statuses import Columns

FEWEST_DAYS = 14
# The bundled sample is small enough for the strongest compression; long histories are not worth the minutes.
SMALL = 200_000


def generate(
    folder: Path,
    *,
    seed: int,
    jobs: int,
    incidents: str,
    ended: str | datetime,
    days: int,
    types: int | None,
) -> Path:
    """See `jobtype_toolkit.generator.generate`."""
    if days < FEWEST_DAYS or jobs < 1 or seed < 0:
        msg = f"A history needs at least {FEWEST_DAYS} days, one job and a seed of 0 or more."
        raise ValueError(msg)
    end = catalogs.moment(ended)
    catalog = catalogs.read(catalogs.Calendar(end - days * catalogs.DAY, end), types)
    planned = choose(incidents, catalog, seed)
    folder.mkdir(parents=True, exist_ok=True)
    model = Model(catalog, planned, jobs)
    truth = Truth(model)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".scratch-") as scratch:
        _write_history(folder, Path(scratch), model, truth, seed)
    _write_json(folder / "job_types.json", records.job_types(catalog))
    _write_json(folder / "job_type_revisions.json", records.revisions(catalog))
    _write_json(folder / "errors.json", records.errors(catalog))
    arguments = {
        "seed": seed,
        "jobs": jobs,
        "incidents": incidents,
        "ended": catalogs.iso(end),
        "days": days,
        "types": len(catalog.job_types),
    }
    _write_json(folder / "ground_truth.json", {"arguments": arguments, **truth.document()}, indent=1)
    options = f"--seed {seed} --jobs {jobs} --days {days} --incidents {incidents} --ended {arguments['ended']}"
    options += f" --types {types}" if types else ""
    readme = files(__package__).joinpath("README.template.md").read_text(encoding="utf-8")
    (folder / "README.md").write_text(readme.replace("{options}", options), encoding="utf-8", newline="\n")
    return folder


def _write_json(path: Path, body: Any, indent: int | None = None) -> None:
    """JSON with one record per line, so that a change of the catalogue shows as a change of a few lines."""
    if indent is None:
        text = "[\n" + ",\n".join(json.dumps(record, ensure_ascii=False) for record in body) + "\n]\n"
    else:
        text = json.dumps(body, ensure_ascii=False, indent=indent) + "\n"
    path.write_text(text, encoding="utf-8", newline="\n")


def _write_history(folder: Path, scratch: Path, model: Model, truth: Truth, seed: int) -> None:
    """Draw the history chunk by chunk into a scratch database, then copy it out in the same order."""
    # One thread keeps the rows in order and the files the same byte for byte.
    settings: dict[str, str | bool | int | float | list[str]] = {
        "threads": 1,
        "memory_limit": "2GB",
        "temp_directory": str(scratch),
    }
    with duckdb.connect(scratch / "history.duckdb", config=settings) as connection:
        connection.execute("SET enable_progress_bar = false")  # or DuckDB prints one
        connection.execute("SET TimeZone = 'UTC'")
        _set_names(connection, model)
        connection.execute(_sql("tables.sql"))
        for jobs, executions in history.chunks(model, seed):
            truth.add(jobs)
            _insert(connection, "jobs", jobs)
            _insert(connection, "job_executions", executions)
        for table in ("jobs", "job_executions"):
            level = 19 if model.jobs <= SMALL else 3
            target = str(folder / f"{table}.parquet").replace("'", "''")
            connection.execute(
                f"COPY {table} TO '{target}' (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL {level})"
            )


def _set_names(connection: duckdb.DuckDBPyConnection, model: Model) -> None:
    """What the integers of the history stand for, as lists the SQL looks things up in."""
    names: dict[str, list[Any]] = {
        "statuses": list(STATUSES),
        "nodes": [f"node{number:02d}" for number in range(1, NODES + 1)],
        "job_types": [kind.name for kind in model.job_types],
        "versions": [kind.version for kind in model.job_types],
        "timeouts": [kind.family.entry["timeout"] for kind in model.job_types],
        "errors": [error.name for error in model.errors],
        "categories": [error.category for error in model.errors],
    }
    for name, values in names.items():
        connection.execute(f"SET VARIABLE {name} = ?", [values])


def _insert(connection: duckdb.DuckDBPyConnection, table: str, chunk: Columns) -> None:
    connection.register("chunk", chunk)
    connection.execute(_sql(f"{table}.sql"))
    connection.unregister("chunk")


def _sql(name: str) -> str:
    return files(__package__).joinpath("sql", name).read_text(encoding="utf-8")
