"""Creations and edits in a store, as plans: what it holds of a job type before, and the writing itself."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import duckdb

from jobtype_toolkit import hints
from jobtype_toolkit.api.objects import JobType
from jobtype_toolkit.api.resources import JOB_TYPE
from jobtype_toolkit.api.services import service
from jobtype_toolkit.api.times import Clock, naive_utc
from jobtype_toolkit.errors import InvalidParameter, NotFound, PlanOutdated
from jobtype_toolkit.plans.evaluate import Evaluation, evaluate
from jobtype_toolkit.plans.plan import Plan
from jobtype_toolkit.plans.request import ChangeRequest, Current
from jobtype_toolkit.plans.sent import Sent
from jobtype_toolkit.seed.findings import Validation, workspaces_unchecked
from jobtype_toolkit.seed.normalize import secret_settings
from jobtype_toolkit.sqlfiles import sql
from jobtype_toolkit.store.engine import script, transaction

_OPEN = ("RUNNING", "QUEUED", "PENDING")
"""The statuses that a plan counts the jobs of."""
_MAX_TRIES = 3
"""What v6 gives a new job type; none of these services can set it."""


@dataclass(frozen=True, slots=True)
class Connections:
    """How a plan reaches the store's file, now and when it is sent."""

    reading: Callable[[], AbstractContextManager[duckdb.DuckDBPyConnection]]
    writing: Callable[[str], AbstractContextManager[duckdb.DuckDBPyConnection]]
    clock: Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored(Current):
    """What a plan saw of a name and version. Two that are equal mean that nothing changed between them."""

    source: str
    row: Mapping[str, Any] | None = field(repr=False)
    """The row of the table `job_type`, JSON as text; None if there is no such job type."""


def planned(connections: Connections, request: ChangeRequest, source: str, missing: str) -> Plan:
    """Return the plan of a request for a source; `missing` is the message for an edit of what is not there.

    Raises:
        NotFound: an edit of what is not there.
    """
    request = replace(request, allow_unreachable=True)  # a store has an address for every version
    with connections.reading() as con:
        current = present(con, source, request.name, request.version)
        jobs = jobs_now(con, current)
    if request.is_edit and current.row is None:
        raise NotFound(missing)
    evaluation = evaluate(request, current)
    evaluation.validation = told_of_workspaces(evaluation.validation, source)
    return Plan(
        evaluation.action,
        request.name,
        request.version,
        f"the source {source!r}",
        evaluation.before,
        evaluation.after,
        evaluation.validation,
        lambda: _send(connections, request, current, evaluation),  # unlike a partial it shows nothing of what it holds
        jobs={status: jobs.get(status, 0) for status in _OPEN} if current.row else {},
        auto_update=evaluation.auto_update,
        second_step=evaluation.second_step,
        keeper=(lambda: _keep(connections, current, evaluation)) if evaluation.is_empty else None,
        notes=evaluation.notes,
    )


def _send(connections: Connections, request: ChangeRequest, current: Stored, evaluation: Evaluation) -> Sent:
    """Write what was planned in one transaction, if what the plan saw is still so."""
    now = connections.clock()
    with connections.writing(evaluation.action) as con:
        _check(con, current)
        with transaction(con):
            write(con, current, evaluation, naive_utc(now))
        stored = job_type(con, current)
    return Sent(
        "created" if current.row is None else "edited",
        service("job_type").url.format(name=current.name, version=current.version),
        stored,
        evaluation.validation,
        evaluation.not_applied,
        target=f"the source {current.source!r}",
        at=now,
        request=request.asked(evaluation.secrets),
    )


def _keep(connections: Connections, current: Stored, evaluation: Evaluation) -> Sent:
    """Write nothing, if what the plan saw is still so."""
    with connections.reading() as con:
        _check(con, current)
        stored = job_type(con, current)
    return Sent(
        "unchanged",
        service("job_type").url.format(name=current.name, version=current.version),
        stored,
        evaluation.validation,
        evaluation.not_applied,
        target=f"the source {current.source!r}",
        at=connections.clock(),
    )


def _check(con: duckdb.DuckDBPyConnection, current: Stored) -> None:
    """Raise PlanOutdated if what the plan saw is not so any more."""
    if present(con, current.source, current.name, current.version) != current:
        msg = (
            f"{current.name} {current.version} in the source {current.source!r}, or its workspaces, changed after the "
            "plan was made. Nothing was written; make a new plan and look at it."
        )
        raise PlanOutdated(msg)


def present(con: duckdb.DuckDBPyConnection, source: str, name: str, version: str) -> Stored:
    """Read what the store holds of a name and version."""
    bound = {"source": source, "name": name, "version": version}
    found = con.execute(sql("store/writes.present"), bound)
    names = [column[0] for column in found.description or ()]
    values = found.fetchone()
    row = dict(zip(names, values, strict=True)) if values else None
    current = Stored(
        source=source,
        name=name,
        version=version,
        row=row,
        values=_values(row) if row else None,
        revision_num=0,
        workspaces=workspaces(con, source),
        is_inferred=bool(row and row["inferred"]),
    )
    if row is None:
        return current
    past = con.execute(sql("store/writes.past"), {"source": source, "id": row["id"]}).fetchall()
    number = max([row["revision_num"] or 0, *(number or 0 for number, _ in past)])
    secrets = {one for _, text in past if text for one in secret_settings(_with_settings(json.loads(text)))}
    return replace(current, revision_num=number, secrets=frozenset(secrets))


def _values(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the row's v6 fields as plain values, times aware."""
    return {
        one.name: _parsed(row[one.name]) if one.type == "json" else _aware(row[one.name]) for one in JOB_TYPE.fields
    }


def _parsed(text: str | None) -> Any:
    return None if text is None else json.loads(text)


def _with_settings(settings: Any) -> Any:
    return {"job": {"interface": {"settings": settings}}}


def workspaces(con: duckdb.DuckDBPyConnection, source: str) -> dict[str, bool] | None:
    """Return the workspaces of a source, name → is_active; None if none are known."""
    rows = con.execute(sql("queries/workspaces"), {"source": source}).fetchall()
    return {name: is_active for _, name, is_active in rows} or None


def told_of_workspaces(validation: Validation, source: str) -> Validation:
    """Return the validation with what helps if the source knows no workspaces."""
    remedy = hints.either(
        "Tell the store of them by store.set_workspaces({name: is_active}), or pull from the server.",
        "A pull from the server brings them; `validate --config FILE --workspace NAME` checks against names that you give.",
    )
    return workspaces_unchecked(validation, f"the source {source!r} knows none", remedy)


def jobs_now(con: duckdb.DuckDBPyConnection, current: Stored) -> dict[str, int]:
    """Return how many jobs of the type are RUNNING, QUEUED and PENDING."""
    if current.row is None:
        return {}
    return dict(
        con.execute(sql("store/writes.jobs_now"), {"source": current.source, "id": current.row["id"]}).fetchall()
    )


def job_type(con: duckdb.DuckDBPyConnection, current: Stored) -> JobType:
    """Return the details as they are stored."""
    found = present(con, current.source, current.name, current.version)
    return JobType(found.values or {}, _parsed(found.row["extra"]) if found.row else None)


def _aware(value: Any) -> Any:
    return value.replace(tzinfo=UTC) if isinstance(value, datetime) else value


def write(con: duckdb.DuckDBPyConnection, current: Stored, evaluation: Evaluation, now: datetime | None) -> None:
    """Write what a plan wants, inside the caller's transaction."""
    bound = {"source": current.source, "name": current.name, "version": current.version, "now": now}
    script(con, "store/writes.know_source", bound)
    if current.row is None:
        made = script(con, "store/writes.add_job_type", bound | {"max_tries": _MAX_TRIES}).fetchone()
        bound["id"] = made[0] if made else None
    else:
        bound["id"] = current.row["id"]
        for change in _tracked(evaluation):
            script(con, "store/writes.keep_change", bound | change)
    after = evaluation.after
    row = {one.name: after[one.name] for one in JOB_TYPE.fields if one.type != "json"}
    documents = {name: _json(after[name]) for name in ("manifest", "configuration")}
    if evaluation.keeps_configuration and current.row is not None:
        documents["configuration"] = current.row["configuration"]
    if evaluation.is_revised:
        script(con, "store/writes.keep_revision", bound)
        script(con, "store/writes.add_revision", row | documents | bound)
        script(con, "store/writes.upsert_errors", bound | {"errors": json.dumps(evaluation.errors)})
        hidden = json.dumps({"settings": dict.fromkeys(evaluation.secrets)})
        script(con, "store/writes.hide_settings", bound | {"hidden": hidden})
    script(con, "store/writes.edit_job_type", row | documents | _stamps(evaluation, now) | bound)


def _tracked(evaluation: Evaluation) -> list[dict[str, Any]]:
    """Return the changes of fields that Scale keeps no history of."""
    before = evaluation.before or {}
    return [
        {"field": one.name, "before": _told(before[one.name]), "after": _told(evaluation.after[one.name])}
        for one in JOB_TYPE.fields
        if one.tracked and before[one.name] != evaluation.after[one.name]
    ]


def _stamps(evaluation: Evaluation, now: datetime | None) -> dict[str, Any]:
    """Return when the type was deprecated and paused: now on a real transition, None once it is undone."""
    before, after = evaluation.before or {"is_active": True, "is_paused": False}, evaluation.after
    stamps = {"deprecated": after["deprecated"], "paused": after["paused"]}
    for stamp, flag, marked in (("deprecated", "is_active", False), ("paused", "is_paused", True)):
        if (before[flag] is marked) != (after[flag] is marked):
            stamps[stamp] = now if after[flag] is marked else None
    return {name: None if stamp is None else stamp.replace(tzinfo=None) for name, stamp in stamps.items()}


def _json(value: Any) -> str | None:
    return None if value is None else json.dumps(value, ensure_ascii=False)


def _told(value: Any) -> str | None:
    """Return a value as DuckDB casts it to text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return _json(value) if isinstance(value, dict) else None if value is None else str(value)


def set_workspaces(con: duckdb.DuckDBPyConnection, source: str, workspaces: Mapping[str, bool], now: datetime) -> None:
    """Replace the workspaces of a source, inside the caller's transaction."""
    bound = {
        "source": source,
        "names": list(workspaces),
        "active": list(workspaces.values()),
        "now": naive_utc(now),
    }
    script(con, "store/writes.set_workspaces", bound)
    script(con, "store/writes.know_source", bound)


def source_name(source: str) -> str:
    """Return a text that can name a source; InvalidParameter if it cannot."""
    if not isinstance(source, str) or not source.strip() or source == "*":
        msg = f"{hints.argument('source', source)} cannot name a source. Give any text but '' and '*'."
        raise InvalidParameter(msg)
    return source
