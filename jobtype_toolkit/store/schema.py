"""The tables of a store: made from the vocabulary, commented, versioned.

Rows are keyed by (source, id). Jobs are kept in three tables: `job_final` holds those that are over, `job_open` those that
are not, and `job_failed` a narrow copy of the FAILED ones, which is all that failure questions read. `job_day` counts those that
are over by day. The view `job` shows the whole history. No table has a primary key: a key would cost a fifth of the file and slow every load down; `Store.check`
verifies uniqueness instead.
"""

from __future__ import annotations

import gzip
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

import duckdb

from jobtype_toolkit.api.fields import DUCKDB, Field
from jobtype_toolkit.api.resources import ERROR, JOB, JOB_EXECUTION, JOB_TYPE, JOB_TYPE_REVISION, SNAPSHOT, WORKSPACE
from jobtype_toolkit.report import alarms, mutes
from jobtype_toolkit.sqlfiles import literal, quoted, sql

SCHEMA_VERSION = 6
"""Raise it with every change of a table, and add `migrations/NNNN.sql` that brings an older file here."""

SOURCE = Field("source", "text", "Where the row came from: a server's URL, or the name given to `load`.", required=True)
LOAD_ID = Field("load_id", "int", "The load that the row came last from; see the table `load`.")
EXTRA = Field("extra", "json", "Fields that the toolkit does not know, as they were sent.")
INFERRED = Field("inferred", "bool", "Made from what jobs say of it; its own record was never loaded.")
IS_LOCAL = Field("is_local", "bool", "Written here by `add` or `edit`; no server said so.")
_OBSERVED = Field("observed", "time", "When the toolkit saw it.")


@dataclass(frozen=True, slots=True)
class Table:
    """A table of the store."""

    name: str
    meaning: str
    fields: tuple[Field, ...]

    @property
    def columns(self) -> str:
        """Its column names, quoted, for SQL."""
        return ", ".join(quoted(field.name) for field in self.fields)


_TAIL = (LOAD_ID, EXTRA)
_JOB = (SOURCE, *JOB.stored, *_TAIL)

TABLES = (
    Table(
        "source",
        "One row per source, kept up to date by every load.",
        (
            SOURCE,
            Field("jobs", "int", "How many jobs it has."),
            Field("as_of", "time", "Greatest last_status_change or last_modified of its jobs."),
            Field("observed", "time", "When it was loaded last."),
            Field("pulled", "bool", "Whether it is pulled from a live server, so that now is the clock's."),
            Field("watermark", "time", "Greatest last_modified on the server when the last pull began."),
            Field("pruned", "time", "Before this instant `prune` dropped the jobs, and no pull brings them back."),
        ),
    ),
    Table(
        "load",
        "One row per load.",
        (
            Field("load_id", "int", "Number of the load, from 1.", required=True),
            SOURCE,
            Field("resource", "text", "What was loaded."),
            Field("path", "text", "What was asked for."),
            _OBSERVED,
            *(
                Field(name, "int", meaning)
                for name, meaning in (
                    ("rows", "Rows read."),
                    ("new", "Rows that the store did not have."),
                    ("changed", "Rows that replaced an older state."),
                    ("unchanged", "Rows that said nothing new, duplicates within the input among them."),
                    ("rejected", "Rows that could not be loaded; see the table `reject`."),
                )
            ),
        ),
    ),
    Table(
        "reject",
        "One row per input row that could not be loaded.",
        (
            LOAD_ID,
            SOURCE,
            Field("resource", "text", "What was loaded."),
            Field("file", "text", "The file it stands in."),
            Field("position", "int", "Its number in the file, from 1; 0 for the file as a whole."),
            Field("reason", "text", "What is wrong with it."),
            Field("text", "text", "The row itself, cut if it is long."),
        ),
    ),
    Table("job_type", JOB_TYPE.meaning, (SOURCE, *JOB_TYPE.stored, INFERRED, *_TAIL, IS_LOCAL)),
    Table(
        "job_type_change",
        "One row per observed change of a job type; Scale itself forgets these.",
        (
            SOURCE,
            Field("job_type_id", "int", "The job type."),
            Field("name", "text", "Its name."),
            Field("version", "text", "Its version."),
            Field("field", "text", "The field that changed."),
            Field("before", "text", "Its value before; missing if it had none."),
            Field("after", "text", "Its value after; missing if it has none."),
            Field(
                "observed",
                "time",
                "When the record was edited last, or, where it does not tell, when the toolkit saw it.",
            ),
            LOAD_ID,
        ),
    ),
    Table("job_type_revision", JOB_TYPE_REVISION.meaning, (SOURCE, *JOB_TYPE_REVISION.stored, *_TAIL, IS_LOCAL)),
    Table("error", ERROR.meaning, (SOURCE, *ERROR.stored, INFERRED, *_TAIL, IS_LOCAL)),
    Table("workspace", WORKSPACE.meaning, (SOURCE, *WORKSPACE.stored, _OBSERVED)),
    Table("job_final", "Jobs that are over, in the order of last_status_change.", _JOB),
    Table("job_open", "Jobs that are PENDING, BLOCKED, QUEUED or RUNNING.", _JOB),
    Table(
        "job_failed",
        "A narrow copy of the FAILED jobs.",
        (
            SOURCE,
            *JOB.pick("id", "job_type_id", "error_id", "revision_num", "node", "last_status_change"),
        ),
    ),
    Table(
        "job_day",
        "Jobs that are over, counted by the UTC day of their last_status_change.",
        (
            SOURCE,
            Field("day", "time", "Start of the day; missing for jobs whose time is not known."),
            *JOB.pick("job_type_id", "revision_num", "status", "error_id"),
            Field("n", "int", "How many jobs."),
        ),
    ),
    Table("job_execution", JOB_EXECUTION.meaning, (SOURCE, *JOB_EXECUTION.stored, *_TAIL)),
    Table(
        "coverage",
        "One row per range of last_modified in which every job of the server is here.",
        (
            SOURCE,
            Field("started", "time", "Its start, included; missing for the beginning of time."),
            Field("ended", "time", "Its end, excluded."),
        ),
    ),
    Table(
        "execution_asked",
        "One row per job whose executions were asked for.",
        (
            SOURCE,
            Field("job_id", "int", "The job."),
            Field("last_modified", "time", "That of the job when its executions were asked for."),
        ),
    ),
    Table(
        "external_id",
        "One row per key of another system that is a text: the number that stands for it here.",
        (
            SOURCE,
            Field("resource", "text", "What it is the key of: jobs or job_executions."),
            Field("external_id", "text", "The key there."),
            Field("id", "int", "The number here, negative and handed out once."),
        ),
    ),
    Table("snapshot", SNAPSHOT.meaning, (SOURCE, *SNAPSHOT.fields, LOAD_ID)),
    Table("mute", "One row per failure that the alarm of the report ignores.", mutes.FIELDS),
    Table("alarm", "One row per episode that has alarmed and is not over; only the report writes it.", alarms.FIELDS),
)

DESCRIPTION = sql("store/schema.describe")
"""The query behind `Store.tables()`."""

JOBS = Table(
    "job",
    "The whole job history under v6's field names, with the names of job types and errors.",
    (SOURCE, *JOB.fields, *_TAIL),
)
"""The view of all jobs."""


def table(name: str) -> Table:
    """Return the table of that name; KeyError if there is none."""
    for one in TABLES:
        if one.name == name:
            return one
    raise KeyError(name)


def create(con: duckdb.DuckDBPyConnection) -> None:
    """Make the tables, their comments and the views in an empty database."""
    for statement in (*_tables(), *_derived()):
        con.execute(statement)


def bare() -> Iterator[str]:
    """Yield what makes the tables and views without comments, with instants for their naive times."""
    for statement in _tables():
        yield statement.replace(f" {DUCKDB['time']}", " TIMESTAMPTZ")
    yield job_view()


def _tables() -> Iterator[str]:
    for one in TABLES:
        columns = ", ".join(
            f"{quoted(field.name)} {DUCKDB[field.type]}{' DEFAULT false' if field is IS_LOCAL else ''}"
            for field in one.fields
        )
        yield f"CREATE TABLE {quoted(one.name)} ({columns})"
    yield "CREATE TABLE meta (schema_version INTEGER, last_load_id BIGINT)"
    yield f"INSERT INTO meta VALUES ({SCHEMA_VERSION}, 0)"


def _derived() -> Iterator[str]:
    """Yield what follows from the tables: views and comments."""
    yield job_view()
    yield "COMMENT ON TABLE meta IS 'The version of this schema, and the number of the last load.'"
    for one in TABLES:
        yield f"COMMENT ON TABLE {quoted(one.name)} IS {literal(one.meaning)}"
        for field in one.fields:
            yield f"COMMENT ON COLUMN {quoted(one.name)}.{quoted(field.name)} IS {literal(comment(field))}"
    for field in JOBS.fields:
        yield f"COMMENT ON COLUMN job.{quoted(field.name)} IS {literal(comment(field))}"
    yield f"COMMENT ON VIEW job IS {literal(JOBS.meaning)}"


def days_of(jobs: str) -> str:
    """Return SQL for what `job_day` holds of some jobs that are over: a table's name, with a condition if need be, or a query in parentheses."""
    return sql("store/job_day.rows", jobs=jobs)


def job_view() -> str:
    """Return what makes the view `job`."""
    return f"CREATE OR REPLACE VIEW job AS\n{job_query()}"


def job_query() -> str:
    """Return the query behind the view `job`."""
    return sql("store/schema.job", stored=", ".join(f"j.{quoted(field.name)}" for field in JOB.stored))


@cache
def template() -> bytes | None:
    """Return an empty store as a file's bytes; None if the one that comes with the package is of another vocabulary.

    It saves a new store its 271 COMMENT statements. `python docs/build.py` writes it anew.
    """
    packed = _templates() / _template_name()
    return gzip.decompress(packed.read_bytes()) if packed.is_file() else None


def write_template() -> Path:
    """Write the template of this vocabulary into the package, in place of older ones; return where it is."""
    folder = Path(str(_templates()))
    folder.mkdir(exist_ok=True)
    target = folder / _template_name()
    if not target.exists():
        for old in folder.glob("*.duckdb.gz"):
            old.unlink()
        with tempfile.TemporaryDirectory() as scratch:
            made = Path(scratch) / "empty.duckdb"
            with duckdb.connect(str(made)) as con:
                create(con)
            target.write_bytes(gzip.compress(made.read_bytes(), 9))
    return target


def _templates() -> Traversable:
    return files("jobtype_toolkit.store") / "empty"


def _template_name() -> str:
    """Return a name that changes with every statement that makes a store."""
    said = "\n".join((*_tables(), *_derived()))
    return f"{sha256(said.encode()).hexdigest()[:12]}.duckdb.gz"


def comment(field: Field) -> str:
    """Return what a column's comment says: its meaning, and its unit if it has one."""
    return f"{field.meaning} Unit: {field.unit}." if field.unit else field.meaning


def version(con: duckdb.DuckDBPyConnection) -> int | None:
    """Return the file's schema version: 0 for an empty database, None for one that the toolkit did not make."""
    try:
        found = con.execute("SELECT schema_version FROM meta LEFT JOIN (FROM job_final LIMIT 0) ON true").fetchone()
    except (duckdb.BinderException, duckdb.CatalogException):  # to list the tables takes ten times as long
        return None if con.execute("FROM duckdb_tables()").fetchone() else 0
    return int(found[0]) if found else None


def migrate(con: duckdb.DuckDBPyConnection, found: int, *, to: int = SCHEMA_VERSION) -> None:
    """Bring an older file to version `to`, one numbered step after the other. Runs inside the caller's transaction."""
    for number in range(found + 1, to + 1):
        con.execute((files("jobtype_toolkit.store") / "migrations" / f"{number:04}.sql").read_text(encoding="utf-8"))
        con.execute("UPDATE meta SET schema_version = ?", [number])
    for statement in _derived() if to == SCHEMA_VERSION else ():
        con.execute(statement)
