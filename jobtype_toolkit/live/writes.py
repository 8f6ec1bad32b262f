"""Managing job types on a live server: validation, creations and edits, as plans."""

from __future__ import annotations

from dataclasses import replace as altered
from typing import Any

from jobtype_toolkit.api.services import refuse_unknown
from jobtype_toolkit.errors import NotFound
from jobtype_toolkit.live.job_types import JobTypeReads
from jobtype_toolkit.live.preflight import Server, jobs_now, look, rules, workspaces
from jobtype_toolkit.live.submit import Submission
from jobtype_toolkit.live.validation import with_server
from jobtype_toolkit.plans.evaluate import Evaluation, evaluate
from jobtype_toolkit.plans.plan import Plan
from jobtype_toolkit.plans.request import ChangeRequest, Current, create_request, edit_request
from jobtype_toolkit.seed.findings import Validation
from jobtype_toolkit.seed.json import document as documents
from jobtype_toolkit.seed.validator import validate_documents


class Managing(JobTypeReads, Server):
    """Creations and edits of job types on a live server. Nothing is written before a plan's `send()`."""

    def validate(self, manifest: Any, configuration: Any = None) -> Validation:
        """Find everything there is to say about a manifest and a configuration, and ask the server too (v6 POST
        job-types/validation/).

        `errors` are what the server refuses; what both find is there once, with its place and remedy, and where they disagree a
        warning says so. Where the server's service fails, what was found here stands. Without a configuration `{}` is judged
        (D18). The server gets no value of a setting.

        Args:
            manifest: a dict, a `Manifest`, JSON text, a path or an open file.
            configuration: likewise, or a `Configuration`.

        Raises:
            UnreadableInput: a path that cannot be read.
            AuthenticationFailed, ConnectionFailed: as every call of a live server.
        """
        document = documents.load(manifest)
        given = documents.load({} if configuration is None else configuration)
        known, against = workspaces(self), rules(self).against
        twin = validate_documents(document, given, workspaces=known, against=against)
        return with_server(self._asking.http, document, given, twin)

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
        allow_unreachable: bool = False,
        confirm_secrets: bool = False,
    ) -> Plan:
        """Plan to create a job type (v6 POST job-types/); `send()` makes it.

        Nothing is sent before `send()`. A name and version that exist already are not overwritten: such a plan shows what
        would change and cannot be sent, unless `replace`, with which it is an edit (D16).

        Args:
            manifest: a dict, a `Manifest`, JSON text, a path or an open file.
            docker_image: the image that the jobs run.
            configuration: likewise, or a `Configuration`; a server moves values of secret settings to its secrets store.
            icon_code: a Font Awesome code.
            is_published: whether the output is published; False where not given.
            max_scheduled: how many jobs at once; 0 and None mean no limit.
            is_active: False makes a deprecated type, by a second request after the creation (D15).
            is_paused: True makes a paused type, likewise.
            auto_update: whether an edit moves the recipes that use the type; True where not given (D22).
            replace: edit the job type where it exists.
            allow_unreachable: create a version with `-` or `+` all the same, which no server can show or edit then (D14).
            confirm_secrets: replace some secret settings of an existing type, and lose the others.

        Raises:
            InvalidParameter: a value that is not of its kind, or too long.
            UnreadableInput: a path that cannot be read.
            AuthenticationFailed, ServerFailed, ConnectionFailed: as every call of a live server.
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
        how = {"replace": replace, "allow_unreachable": allow_unreachable, "confirm_secrets": confirm_secrets}
        return self._plan(create_request(manifest, given, **how))

    def edit(self, name: str, version: str, *, confirm_secrets: bool = False, **changes: Any) -> Plan:
        """Plan to edit a job type (v6 PATCH job-types/{name}/{version}/); `send()` does it.

        What is absent stays as it is. A configuration replaces the whole one (D25), and is checked against the schema, which a
        server does not do: take `x.job_type(name, version).configuration`, change it, and give it back. Secret settings that are
        not in it stay as they are as long as none is given; one replaces all.
        `x.edit(name, version, manifest=x.revision(name, version, n).manifest)` restores a revision.

        Args:
            name: name of the job type.
            version: its version.
            confirm_secrets: replace some secret settings, and lose the others.
            changes: `manifest, docker_image, configuration, icon_code, is_published, max_scheduled, is_active, is_paused,
                auto_update`, as `add` takes them. A server ignores None, and some other wishes; the plan says which.

        Raises:
            NotFound: no such name and version.
            InvalidParameter: an unknown field, or a value that is not of its kind, or too long.
            UnreadableInput: a path that cannot be read.
            AuthenticationFailed, ServerFailed, ConnectionFailed: as every call of a live server.
        """
        refuse_unknown(changes)
        return self._plan(edit_request(name, version, changes, confirm_secrets=confirm_secrets))

    def _plan(self, request: ChangeRequest) -> Plan:
        http = self._asking.http
        current = look(self, request.name, request.version)
        if request.is_edit and current.values is None:
            raise NotFound(self._no_job_type(request.name, request.version))
        current = altered(current, workspaces=workspaces(self))
        request = request.without_empty(current)
        home = rules(self)
        evaluation = evaluate(request, current, home)
        sending = Submission(self._asking, self, request, current, home, evaluation)
        jobs = jobs_now(http, current)
        uncounted = ("the jobs of the type could not be counted",) if current.values and not jobs else ()
        return Plan(
            evaluation.action,
            request.name,
            request.version,
            http.base,
            evaluation.before,
            evaluation.after,
            self._validated(request, current, evaluation),
            sending.send,
            sending.check,
            jobs=jobs,
            auto_update=evaluation.auto_update,
            second_step=evaluation.second_step,
            notes=(*evaluation.notes, *uncounted),
        )

    def _validated(self, request: ChangeRequest, current: Current, evaluation: Evaluation) -> Validation:
        """Return what speaks against a wish, the server asked too where there is a new document to judge."""
        new, configuration = request.document("manifest"), request.document("configuration")
        if new is None and configuration is None:
            return evaluation.validation
        stored = {} if evaluation.before is None else evaluation.before["configuration"] or {}
        manifest = new or documents.plain(current.document("manifest"))
        given = configuration or documents.plain(stored)
        found = with_server(self._asking.http, manifest, given, evaluation.validation, kept=evaluation.kept)
        if new is not None:
            return found
        known = evaluation.validation.errors  # an edit does not look at a manifest that is stored already
        return altered(
            found, errors=tuple(one for one in found.errors if one in known or one.document == "configuration")
        )
