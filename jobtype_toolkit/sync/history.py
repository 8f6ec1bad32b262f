"""What of Scale's tables becomes rows of the vocabulary: one Parquet file per resource and slice."""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

from jobtype_toolkit.api.intervals import Span
from jobtype_toolkit.sqlfiles import sql
from jobtype_toolkit.store.connection import Connection
from jobtype_toolkit.store.engine import script


class Origin(Protocol):
    """A database, or its dump."""

    @property
    def name(self) -> str:
        """What it is called in messages; it holds no secret."""

    @property
    def scratch(self) -> Connection:
        """The DuckDB in which rows are shaped."""

    @property
    def has_old(self) -> bool:
        """Whether it has the columns of Scale 6."""

    @property
    def is_dump(self) -> bool:
        """Whether it stands still."""

    @property
    def statements(self) -> int:
        """How many statements a server was asked."""

    def now(self) -> datetime | None:
        """Return the present there; None if it stands still."""

    def close(self) -> None:
        """Let go of it."""

    def snapshot(self) -> AbstractContextManager[None]:
        """Let all that is read meanwhile be of one moment."""

    def fetch(self, statement: str, /) -> list[tuple[Any, ...]]:
        """Return the few rows of a statement."""

    def reading(self, statement: str, /) -> AbstractContextManager[str]:
        """Give the rows of a statement as what stands behind FROM in the DuckDB."""

    def input_files(self) -> str:
        """Return the statement for the input files of a slice."""

    def row_count(self) -> str:
        """Return SQL for how many jobs there are, about."""


class History:
    """The history in an origin; what is read goes into files of a folder."""

    def __init__(self, origin: Origin, folder: Path) -> None:
        """Take the origin and the folder."""
        self.origin = origin
        self._folder = folder

    def ends(self) -> tuple[datetime | None, datetime | None, int]:
        """Return the last and the first change of a job, and how many jobs there are, about."""
        statement = sql("sync/history.ends").replace("/*rows*/", self.origin.row_count())
        ((newest, oldest, rows),) = self.origin.fetch(statement)
        return _aware(newest), _aware(oldest), int(rows)

    def slice(self, span: Span, most: int) -> tuple[datetime, int]:
        """Return where the newest part of a stretch begins that has so many jobs, and how many it has at least.

        Jobs that share an instant are not parted.
        """
        statement = _between("sync/history.slice", span).replace("/*most*/", str(most))
        ((started, rows),) = self.origin.fetch(statement)
        return (span[0] if rows < most else max(_aware(started) or span[0], span[0])), int(rows)

    def made(self, ids: list[int]) -> dict[int, datetime]:
        """Return when some jobs were made; those that are not there are left out."""
        found = self.origin.fetch(sql("sync/history.made").replace("/*ids*/", ", ".join(map(str, ids))))
        return {id: moment for id, made in found if (moment := _aware(made)) is not None}

    def job_type_names(self) -> dict[int, tuple[str, str]]:
        """Return the name and version of each job type."""
        return {id: (name, version) for id, name, version in self.origin.fetch(sql("sync/history.named"))}

    def job_types(self) -> Path:
        """Return a file with the job types as their details have them."""
        with self.origin.reading(sql("sync/history.recipe_types")) as rows:
            script(self.origin.scratch, "sync/shape.recipe_types", rows=rows)
        old = {"title": "title", "description": "description"}
        new = dict.fromkeys(old, "NULL::TEXT")
        statement = sql("sync/history.job_types", **(old if self.origin.has_old else new))
        return self._shaped(statement, "job_types", shape="job_types")

    def plain(self, resource: str) -> Path:
        """Return a file with all revisions or all errors."""
        return self._shaped(sql(f"sync/history.{resource}"), resource)

    def jobs(self, span: Span) -> Path:
        """Return a file with the jobs of a slice."""
        with self.origin.reading(_placed(self.origin.input_files(), span)) as rows:
            script(self.origin.scratch, "sync/shape.input_files", rows=rows)
        return self._shaped(_between("sync/history.jobs", span), "jobs", shape="jobs")

    def executions(self, span: Span) -> Path:
        """Return a file with the executions of the jobs of a slice."""
        return self._shaped(_between("sync/history.job_executions", span), "job_executions")

    def _shaped(self, statement: str, resource: str, *, shape: str = "plain") -> Path:
        file = self._folder / f"{resource}.parquet"
        with self.origin.reading(statement) as rows:
            script(self.origin.scratch, f"sync/shape.{shape}", rows=rows, file=str(file).replace("'", "''"))
        return file


def _between(address: str, span: Span) -> str:
    return _placed(sql(address), span)


def _placed(statement: str, span: Span) -> str:
    """Return a statement with the ends of a stretch in it: COPY lets nothing be bound."""
    started, ended = (one.astimezone(UTC).isoformat(sep=" ") for one in span)
    return statement.replace("/*started*/", started).replace("/*ended*/", ended)


def _aware(moment: Any) -> datetime | None:
    return None if moment is None else moment.astimezone(UTC)
