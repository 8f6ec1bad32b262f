"""Pulling into a store, and what pulls leave behind: coverage and snapshots."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import TYPE_CHECKING

import duckdb
import pandas as pd

from jobtype_toolkit.api.answers import SNAPSHOT
from jobtype_toolkit.api.times import Time, instant, v6_text
from jobtype_toolkit.queries.reader import Asker, Clock
from jobtype_toolkit.sqlfiles import sql
from jobtype_toolkit.store.engine import Database

if TYPE_CHECKING:
    from jobtype_toolkit.live.scale import Scale
    from jobtype_toolkit.sync.report import PullReport


class Pulling:
    """Bringing over what a live server has."""

    _asker: Asker
    _clock: Clock
    _database: Database
    _writing: Callable[[str], AbstractContextManager[duckdb.DuckDBPyConnection]]

    def pull(
        self,
        scale: Scale,
        *,
        source: str | None = None,
        workers: int = 2,
        executions: int = 0,
        page_size: int = 250,
        overlap: str | timedelta = "PT15M",
        since: Time | None = None,
        pages: int | None = None,
        reconcile: bool = False,
        snapshot: bool = True,
        moved: bool = False,
        progress: bool = True,
    ) -> PullReport:
        """Bring over job types, revisions, errors and jobs of a live server: everything the first time, then what changed.

        Jobs come newest first, so that the analyses are useful before the history is complete; `attrs` of each frame, and the
        repr, tell what is. A pull that is stopped, by whatever, goes on where it was. The file is held only for the moments
        in which a batch goes in. A server spends about 12 ms on each job: 100,000 take it 20 minutes.

        Args:
            scale: the server, from `jt.connect`.
            source: what the store calls it; where not given what it was called before, or else its base URL.
            workers: how many requests at once, 1 to 16.
            executions: how many requests to spend on the executions of jobs that failed or were tried again, one a job.
            page_size: jobs a request, 1 to 1000; more than 250 make a real server slow.
            overlap: how much to read again of what the last pull read, as a v6 duration: rows can become visible late.
            since: pull only jobs modified since; what is older can come with a later pull.
            pages: at most so many pages of jobs; the next pull goes on.
            reconcile: look also for open jobs that the server no longer has, and take them out.
            snapshot: keep what the live views say, and compare the status counts of the last three hours.
            moved: pull a source from another address than before: it is the same server all the same.
            progress: show a bar after a second.

        Returns:
            What was done; `disagreements` and `notes` say what is not as it should be.

        Raises:
            InvalidParameter: the source was pulled from another server before, and nothing says that it only moved.
            PullStopped: the jobs could not be read to the end; its `report` tells how far it is.
            AuthenticationFailed: the server does not let the caller in.
            ConnectionFailed, NotFound: there is no v6 server at this address; nothing was changed.
            StoreLocked: another pull of this source is going on, or another process holds the file.
            StoreError: the store cannot be written, or the disk is full; what was fetched before is kept.
        """
        from jobtype_toolkit.sync.pull import pull
        from jobtype_toolkit.sync.sink import Target

        return pull(
            Target(self._database.path, self._writing, self._asker.fetch, self._clock, self.status),  # type: ignore[attr-defined]
            scale,
            source=source,
            workers=workers,
            executions=executions,
            page_size=page_size,
            overlap=overlap,
            since=since,
            pages=pages,
            reconcile=reconcile,
            snapshot=snapshot,
            moved=moved,
            progress=progress,
        )

    def snapshots(self, at: Time | None = None, *, source: str | None = None) -> pd.DataFrame:
        """Return what the live views said when it was pulled: pending, running, failed and queued jobs over time.

        Args:
            at: only the last snapshot that was taken by then; all of them where not given.
            source: which source of the store; `"*"` for all.

        Returns:
            Columns `taken, view, job_type_id, status, category, error_id, count, oldest, newest, highest_priority`; the view
            `status` counts the three hours before.
        """
        meant = self._asker.source(source)
        moment = None if at is None else instant(at, name="at", now=self._asker.now(meant)[0])
        return self._asker.ask(
            "snapshots", sql("queries/snapshots"), SNAPSHOT.fields, source=meant, parameters={"at": v6_text(moment)}
        )
