"""Managing a store: workspaces, validation, and the v6 services that create and edit job types, as plans."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any

import duckdb
import pandas as pd

from jobtype_toolkit.api.resources import WORKSPACE
from jobtype_toolkit.api.services import refuse_unknown, service
from jobtype_toolkit.api.times import naive_utc
from jobtype_toolkit.errors import InvalidParameter, NotFound, PlanOutdated
from jobtype_toolkit.plans.evaluate import Evaluation, evaluate
from jobtype_toolkit.plans.plan import Plan
from jobtype_toolkit.plans.request import ChangeRequest, create_request, edit_request
from jobtype_toolkit.plans.sent import Sent
from jobtype_toolkit.queries.reader import ALL, Asker, Clock
from jobtype_toolkit.seed.findings import Validation
from jobtype_toolkit.seed.validator import validate
from jobtype_toolkit.sqlfiles import sql
from jobtype_toolkit.store import writes
from jobtype_toolkit.store.engine import script, transaction
from jobtype_toolkit.store.writes import Stored

_OPEN = ("RUNNING", "QUEUED", "PENDING")
"""The statuses that a plan counts the jobs of."""


class Managing:
    """Creations and edits of job types in a store, with v6's results and effects."""

    _asker: Asker
    _clock: Clock
    _reading: Callable[[], AbstractContextManager[duckdb.DuckDBPyConnection]]
    _writing: Callable[[str], AbstractContextManager[duckdb.DuckDBPyConnection]]

    def workspaces(self) -> pd.DataFrame:
        """The known workspaces of all sources: `name, is_active`; empty where none are known, so that none are checked."""
        return self._asker.ask(
            "workspaces", sql("queries/workspaces"), WORKSPACE.fields, source=self._asker.source(ALL)
        )

    def set_workspaces(self, workspaces: Mapping[str, bool], *, source: str | None = None) -> None:
        """Say which workspaces there are, and which of them are active: `{"products": True, "old": False}`.

        They take the place of those known before; with none, configurations are not checked for them.

        Raises:
            InvalidParameter: a name that is no text, or an activity that is no boolean.
            Ambiguous: the store has several sources and the call names none.
        """
        for name, is_active in workspaces.items():
            if not isinstance(name, str) or not name or not isinstance(is_active, bool):
                msg = f"set_workspaces({{{name!r}: {is_active!r}}}) is no workspace. Give name → whether it is active."
                raise InvalidParameter(msg)
        meant = self._home(source)
        rows = {
            "source": meant,
            "names": list(workspaces),
            "active": list(workspaces.values()),
            "now": naive_utc(self._clock()),
        }
        with self._writing("set_workspaces") as con, transaction(con):
            script(con, "store/writes.set_workspaces", rows)
            script(con, "store/writes.know_source", rows)

    def validate(self, manifest: Any, configuration: Any = None, *, source: str | None = None) -> Validation:
        """Find everything there is to say about a manifest and a configuration for it (v6 POST job-types/validation/).

        Without a configuration `{}` is judged, as a server demands it (D18). Workspaces are those of the source; where none
        are known a warning says that they were not checked.

        Args:
            manifest: a dict, a `Manifest`, JSON text, a path or an open file.
            configuration: likewise, or a `Configuration`.
            source: which source of the store.

        Raises:
            UnreadableInput: a path that cannot be read.
            NotFound: no such source.
            Ambiguous: the store has several sources and the call names none.
        """
        meant = self._asker.source(source).name
        with self._reading() as con:
            known = writes.workspaces(con, meant)
        return validate(manifest, {} if configuration is None else configuration, workspaces=known)

    def add(
        self,
        manifest: Any,
        *,
        docker_image: str,
        configuration: Any = None,
        icon_code: str | None = None,
        is_published: bool | None = None,
        max_scheduled: int | None = None,
        is_active: bool | None = None,
        is_paused: bool | None = None,
        auto_update: bool | None = None,
        replace: bool = False,
        source: str | None = None,
    ) -> Plan:
        """Plan to create a job type (v6 POST job-types/); `send()` makes it.

        Nothing is changed before `send()`. A name and version that exist already are not overwritten: such a plan shows what
        would change and cannot be sent, unless `replace`, with which it is an edit, as on a server (D16).

        Args:
            manifest: a dict, a `Manifest`, JSON text, a path or an open file; it is stored as a server normalises it.
            docker_image: the image that the jobs run.
            configuration: likewise, or a `Configuration`; values of secret settings are not kept.
            icon_code: a Font Awesome code.
            is_published: whether the output is published; False where not given.
            max_scheduled: how many jobs at once; 0 and None mean no limit.
            is_active: False makes a deprecated type; a server needs a second request for it (D15).
            is_paused: True makes a paused type; a server needs a second request for it (D15).
            auto_update: whether an edit moves the recipes that use the type; True where not given, as on a server.
            replace: edit the job type where it exists.
            source: which source of the store; one that is new is made.

        Raises:
            InvalidParameter: a value that is not of its kind, or too long.
            UnreadableInput: a path that cannot be read.
            Ambiguous: the store has several sources and the call names none.
        """
        given = {
            "docker_image": docker_image,
            "configuration": configuration,
            "icon_code": icon_code,
            "is_published": is_published,
            "max_scheduled": max_scheduled,
            "is_active": is_active,
            "is_paused": is_paused,
            "auto_update": auto_update,
        }
        return self._plan(create_request(manifest, given, replace=replace, allow_unreachable=True), self._home(source))

    def edit(self, name: str, version: str, *, source: str | None = None, **changes: Any) -> Plan:
        """Plan to edit a job type (v6 PATCH job-types/{name}/{version}/); `send()` does it.

        What is absent stays as it is. None is a wish of its own: it clears `icon_code`, `max_scheduled` and
        `configuration`; a server ignores that (D20, D21), and the plan says so.
        `x.edit(name, version, manifest=x.revision(name, version, n).manifest)` restores a revision.

        Args:
            name: name of the job type.
            version: its version.
            source: which source of the store.
            changes: `manifest, docker_image, configuration, icon_code, is_published, max_scheduled, is_active, is_paused,
                auto_update`, as `add` takes them.

        Raises:
            NotFound: no such name and version.
            InvalidParameter: an unknown field, or a value that is not of its kind, or too long.
            UnreadableInput: a path that cannot be read.
            Ambiguous: the store has several sources and the call names none.
        """
        request = edit_request(name, version, changes, allow_unreachable=True)
        plan = self._plan(request, source_name(self._asker.source(source).name))
        refuse_unknown(changes)
        return plan

    def _home(self, source: str | None) -> str:
        """Return the source to write into: a known one, the only one, or a new one of that name."""
        return source_name(source) if source is not None else self._asker.source(None).name

    def _plan(self, request: ChangeRequest, source: str) -> Plan:
        with self._reading() as con:
            current = writes.present(con, source, request.name, request.version)
            jobs = writes.jobs_now(con, current)
        if request.is_edit and current.row is None:
            msg = (
                f"There is no job type {request.name!r} {request.version!r} in the source {source!r}. "
                "job_types() lists what there is, add() makes one."
            )
            raise NotFound(msg)
        evaluation = evaluate(request, current)
        return Plan(
            evaluation.action,
            request.name,
            request.version,
            f"the source {source!r}",
            evaluation.before,
            evaluation.after,
            evaluation.validation,
            lambda: self._send(request, current, evaluation),  # unlike a partial it shows nothing of what it holds
            jobs={status: jobs.get(status, 0) for status in _OPEN} if current.row else {},
            auto_update=evaluation.auto_update,
            second_step=evaluation.second_step,
            notes=evaluation.notes,
        )

    def _send(self, request: ChangeRequest, current: Stored, evaluation: Evaluation) -> Sent:
        """Write what was planned in one transaction, if what the plan saw is still so."""
        now = self._clock()
        with self._writing(evaluation.action) as con:
            found = writes.present(con, current.source, current.name, current.version)
            if found != current:
                msg = (
                    f"{current.name} {current.version} in the source {current.source!r}, or its workspaces, changed after the plan "
                    "was made. Nothing was written; make the plan anew and look at it."
                )
                raise PlanOutdated(msg)
            with transaction(con):
                writes.write(con, current, evaluation, naive_utc(now))
            job_type = writes.job_type(con, current)
        return Sent(
            "created" if current.row is None else "edited",
            service("job_type").url.format(name=current.name, version=current.version),
            job_type,
            evaluation.validation,
            evaluation.not_applied,
            home=f"the source {current.source!r}",
            at=now,
            request=request.asked(evaluation.secrets),
        )


def source_name(source: str) -> str:
    """Return a text that can name a source; InvalidParameter where it cannot."""
    if not isinstance(source, str) or not source.strip() or source == ALL:
        msg = f'source={source!r} cannot name a source. Give any text but "" and "*".'
        raise InvalidParameter(msg)
    return source
