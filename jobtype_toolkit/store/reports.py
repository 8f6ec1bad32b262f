"""What a store keeps for the shift report: the failures that its alarm ignores, and the alarms that are open."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pandas as pd

from jobtype_toolkit import frames, hints
from jobtype_toolkit.api.arguments import text as checked
from jobtype_toolkit.api.times import Clock, Time, duration, instant, naive_utc
from jobtype_toolkit.errors import InputNotFound, InvalidParameter, LoadFailed, NotFound
from jobtype_toolkit.queries.coverage import aware
from jobtype_toolkit.report import alarms, mutes
from jobtype_toolkit.report.alarms import Alarm, Keep
from jobtype_toolkit.report.backend import ReportBackend
from jobtype_toolkit.report.mutes import Mute
from jobtype_toolkit.sqlfiles import sql
from jobtype_toolkit.store.connection import Connection
from jobtype_toolkit.store.engine import number, script, transaction
from jobtype_toolkit.store.ingest.load import LoadReport

if TYPE_CHECKING:
    pass


class Reports(ReportBackend):
    """A store with its shift report."""

    _clock: Clock

    @abstractmethod
    def _writing(self, what: str) -> AbstractContextManager[Connection]:
        """Give a connection that may write."""

    def _keeping(self) -> Keep:
        def keep(change: alarms.Change) -> None:
            with self._writing("the alarms") as con, transaction(con):
                rows = con.execute(sql("store/report.alarms")).fetchall()
                kept = change([_alarm(row) for row in rows])
                con.execute("DELETE FROM alarm")
                if kept:
                    con.executemany("INSERT INTO alarm VALUES (?, ?, ?, ?, ?, ?)", [_row(one) for one in kept])

        return keep

    def mute(self, error_name: str, *, name: str | None = None, until: Time, why: str) -> None:
        """Mute failures: the report shows them as muted, and its alarm ignores them. What was muted before is replaced.

        Args:
            error_name: the error.
            name: only failures of this job type; of all if not given.
            until: when they alarm again: a time to come, or a duration from now on, such as `"P7D"`.
            why: the reason, for whoever reads the report.

        Raises:
            NotFound: the store has no such error or job type.
            InvalidParameter: no reason, or a time that is past.
        """
        now = self._clock()
        ahead = duration(until.strip()) if isinstance(until, str) else None
        moment = now + ahead if ahead is not None else instant(until, name="until")
        if moment <= now:
            msg = f"{hints.argument('until', str(until))} is not after now, {now:%Y-%m-%d %H:%M} UTC. Give a time to come, or a duration from now on such as 'P7D'."
            raise InvalidParameter(msg)
        if not isinstance(why, str) or not why.strip():
            msg = f"{hints.argument('why')} is missing: say why {error_name!r} need not alarm, for whoever reads the report."
            raise InvalidParameter(msg)
        self._refuse_unknown(error_name, name)
        bound = {
            "error_name": error_name,
            "name": name,
            "until": naive_utc(moment),
            "why": why.strip(),
            "muted": naive_utc(now),
        }
        with self._writing("mute") as con, transaction(con):
            script(con, "store/report.unmute", bound)
            script(con, "store/report.mute", bound)

    def unmute(self, error_name: str, *, name: str | None = None) -> None:
        """Let failures alarm again; `name` as it was given to `mute`.

        Raises:
            NotFound: they are not muted.
        """
        checked(error_name, name="error_name")
        of = hints.either(
            f"unmute({error_name!r}, name={name!r})",
            f"unmute {error_name} --name {name}" if name else f"unmute {error_name}",
        )
        known = self.mutes()
        is_same = (known["error_name"] == error_name) & (
            known["name"].isna() if name is None else known["name"] == name
        )
        if not is_same.any():
            listed = hints.call("store.mutes()")
            msg = f"{of}: such failures are not muted; {listed} lists what is."
            raise NotFound(msg)
        with self._writing("unmute") as con, transaction(con):
            script(con, "store/report.unmute", {"error_name": error_name, "name": name})

    def mutes(self) -> pd.DataFrame:
        """Return the failures that are muted, those first whose mute ends first; those that have ended stand there until `unmute`.

        Returns:
            Columns `error_name, name, until, why, muted`; `name` is missing if the failures of all job types are muted.
        """
        return frames.from_columns(self.reader.fetch(sql("store/report.mutes"), {}), mutes.FIELDS)

    def _load_kept(self, path: str | Path | pd.DataFrame, resource: str, source: str) -> LoadReport:
        """Load the mutes or alarms that an export kept; it is no load with a number, and nothing to forget.

        Raises:
            InputNotFound: there is no such file.
            LoadFailed: the file is none that an export wrote.
        """
        file = Path() if isinstance(path, pd.DataFrame) else Path(path).expanduser()
        file = file / f"{resource}.parquet" if file.is_dir() else file
        if not file.is_file():
            msg = f"There is no file {file}. An `export` writes {resource}.parquet if there are any."
            raise InputNotFound(msg)
        with self._writing(f"load {resource}") as con, transaction(con):
            try:
                script(con, f"store/report.load_{resource}", {"file": str(file), "source": source})
            except duckdb.Error as error:
                msg = f"{file} has no {resource} that an `export` wrote: {str(error).splitlines()[0]}"
                raise LoadFailed(msg) from error
            rows = number(con, sql("store/report.kept"))
        return LoadReport(0, source, resource, rows, new=rows, changed=0, unchanged=0, rejected=0)

    def _mutes(self) -> Sequence[Mute]:
        return [Mute(row["error_name"], row["name"], row["until"], row["why"]) for row in frames.rows(self.mutes())]

    def _refuse_unknown(self, error_name: str, name: str | None) -> None:
        """Raise NotFound if the store has no such error or job type."""
        found = self.reader.fetch(sql("store/report.names"), {})
        for kind, given in (("error", error_name), ("job type", name)):
            known = {str(one) for of, one in zip(found["kind"], found["name"], strict=True) if of == kind}
            if given is not None and checked(given, name="name" if kind == "job type" else "error_name") not in known:
                msg = f"There is no {kind} {given!r} in this store.{hints.did_you_mean(given, known)}"
                raise NotFound(msg)


def _alarm(row: Sequence[Any]) -> Alarm:
    values: dict[str, Any] = {
        one.name: aware(it) if one.type == "time" else it for one, it in zip(alarms.FIELDS, row, strict=True)
    }
    return Alarm(**values)


def _row(alarm: Alarm) -> list[Any]:
    values = (getattr(alarm, one.name) for one in alarms.FIELDS)
    return [naive_utc(one) if isinstance(one, datetime) else one for one in values]
