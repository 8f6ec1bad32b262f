"""Pulling into a store, and what pulls leave behind: coverage and snapshots."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import duckdb
import pandas as pd

from jobtype_toolkit.api.arguments import paging
from jobtype_toolkit.api.times import Clock, Time, duration, instant
from jobtype_toolkit.errors import Ambiguous, InvalidParameter
from jobtype_toolkit.queries.reader import Reader
from jobtype_toolkit.sqlfiles import sql
from jobtype_toolkit.store.engine import Database
from jobtype_toolkit.store.writes import source_name

if TYPE_CHECKING:
    from jobtype_toolkit.live.scale import Scale
    from jobtype_toolkit.sync.report import PullReport

_MOST_WORKERS = 16


class Pulling:
    """Bringing over what a live server has."""

    _asker: Reader
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
        from jobtype_toolkit.sync import pull

        if not hasattr(scale, "url"):
            msg = f"pull({scale!r}) takes a server. Give jt.connect({scale!r})."
            raise InvalidParameter(msg)
        meant = self._pulled_as(scale.url, source, moved=moved)
        paging(1, page_size)
        request = pull.Request(
            meant,
            _from_to("workers", workers, 1, _MOST_WORKERS),
            _from_to("executions", executions, 0, 2**31),
            page_size,
            _back(overlap),
            None if since is None else instant(since, name="since", now=self._clock()),
            None if pages is None else _from_to("pages", pages, 1, 2**31),
            reconcile,
            snapshot,
            progress,
        )
        home = pull.Home(
            self._database.path,
            self._writing,
            self._clock,
            lambda started, ended: self._status_of(meant, started, ended),
        )
        return pull.run(home, scale, request)

    def _pulled_as(self, url: str, source: str | None, *, moved: bool) -> str:
        """Return the source that a pull from an address belongs to; another server's rows must not mix with it.

        Raises:
            InvalidParameter: the source is another server's.
            Ambiguous: none is named, and several are pulled from there.
        """
        found = self._asker.fetch(sql("sync/pull.pulled_from"), {})
        known = dict(zip(found["source"], found["url"], strict=True))
        if source is None:
            here = [name for name, address in known.items() if address == url]
            if len(here) > 1:
                msg = f"pull(): {', '.join(map(repr, here))} are all pulled from {url}. Say which one with source=…."
                raise Ambiguous(msg)
            return str(here[0]) if here else source_name(url)
        if known.get(source, url) != url and not moved:
            msg = (
                f"pull(source={source!r}): {source!r} was pulled from {known[source]} before, and this is {url}. Ids mean nothing "
                "across servers: give the other one a source of its own, or say moved=True if it is the same server."
            )
            raise InvalidParameter(msg)
        return source_name(source)

    def _status_of(self, source: str, started: Time, ended: Time) -> pd.DataFrame:
        found: pd.DataFrame = self.status(started, ended, source=source)  # type: ignore[attr-defined]  # the store's own
        return found


def _from_to(name: str, value: Any, least: int, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        msg = f"pull({name}={value!r}) is out of range. Give a whole number from {least} to {most:,}."
        raise InvalidParameter(msg)
    return value


def _back(overlap: str | timedelta) -> timedelta:
    found = overlap if isinstance(overlap, timedelta) else duration(overlap) if isinstance(overlap, str) else None
    if found is None or found < timedelta():
        msg = f"pull(overlap={overlap!r}) is no v6 duration. Give one such as 'PT15M'."
        raise InvalidParameter(msg)
    return found
