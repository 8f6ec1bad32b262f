"""Whether a history is that of the server whose rows a source holds already: ids mean nothing across servers."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any

from jobtype_toolkit import hints
from jobtype_toolkit.api.times import instant, naive_utc, v6_text
from jobtype_toolkit.errors import InvalidParameter, ServerFailed
from jobtype_toolkit.queries.coverage import aware
from jobtype_toolkit.sqlfiles import sql
from jobtype_toolkit.sync.history import History
from jobtype_toolkit.sync.reader import Reader
from jobtype_toolkit.sync.sink import Target, is_id

_COMPARED = 500
"""How many jobs are compared with a database: the newest that the store has."""
_IDS = 100
"""How many are compared with a server: their ids stand in a URL."""


def check_history(target: Target, history: History, source: str) -> None:
    """Compare job types and jobs of a source with those of a database or a dump.

    Raises:
        InvalidParameter: an id is something else there.
    """
    jobs = known_jobs(target, source, _COMPARED)
    with history.origin.snapshot():
        names = history.job_type_names()
        made = history.made(list(jobs)) if jobs else {}
    check_names(target, source, names, history.origin.name)
    check_births(jobs, made, source, history.origin.name)


def check_server(target: Target, reader: Reader, source: str) -> None:
    """Compare job types and jobs of a source that came by a backfill alone with those of the server that it is pulled from now.

    Raises:
        InvalidParameter: an id is something else there.
        ToolkitError: the server does not answer.
    """
    if {one for (one,) in _rows(target, "sync/backfill.came_by", source=source)} != {"backfill"}:
        return
    rows, _ = reader.job_type_rows()
    names = {one["id"]: (str(one.get("name")), str(one.get("version"))) for one in rows if is_id(one.get("id"))}
    check_names(target, source, names, reader.url)
    jobs = known_jobs(target, source, _IDS)
    found: list[Any] = []
    with suppress(ServerFailed):  # it may fail on one of them; the names have to do then
        found = reader.rows("jobs/", [*(("job_id", id) for id in sorted(jobs)), ("order", "id")]) if jobs else []
    made = {}
    for one in found:
        with suppress(InvalidParameter, KeyError, TypeError):  # what is no job says nothing
            if one["id"] in jobs:
                made[one["id"]] = instant(one["created"])
    check_births(jobs, made, source, reader.url)


def known_jobs(target: Target, source: str, most: int) -> dict[int, datetime]:
    """Return when the newest jobs of a source were made."""
    found = _rows(target, "sync/backfill.known_jobs", source=source, most=most)
    return {int(id): moment for id, made in found if (moment := aware(made.to_pydatetime())) is not None}


def check_names(target: Target, source: str, names: Mapping[int, tuple[str, str]], there: str) -> None:
    """Refuse a server that calls a job type otherwise.

    Raises:
        InvalidParameter: it does.
    """
    for id, *here in _rows(target, "sync/backfill.known_names", source=source):
        if tuple(here) != names.get(int(id), tuple(here)):
            what = f"job type {id} is {' '.join(names[int(id)])} there and {' '.join(here)} in the store"
            raise _other(source, there, what)


def check_births(here: Mapping[int, datetime], made: Mapping[int, datetime], source: str, there: str) -> None:
    """Refuse a server whose jobs were made at other times.

    Raises:
        InvalidParameter: some were.
    """
    for id, moment in here.items():
        if naive_utc(made.get(id, moment)) != naive_utc(moment):
            what = f"job {id} was made at {v6_text(made[id])} there and at {v6_text(moment)} in the store"
            raise _other(source, there, what)


def _other(source: str, there: str, what: str) -> InvalidParameter:
    msg = (
        f"{hints.argument('source', source)} holds the history of another server than {there}: {what}. Ids mean nothing across "
        "servers: give this one a source of its own. Nothing was changed."
    )
    return InvalidParameter(msg)


def _rows(target: Target, address: str, **bound: Any) -> list[tuple[Any, ...]]:
    import pandas as pd

    frame = pd.DataFrame(dict(target.fetch(sql(address), bound)))
    return list(frame.itertuples(index=False, name=None))
