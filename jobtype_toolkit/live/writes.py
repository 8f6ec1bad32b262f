"""Creations and edits on a live server, as plans: nothing is written before a plan's `send()`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from jobtype_toolkit.errors import NotFound
from jobtype_toolkit.live.preflight import Server, jobs_now, look, rules, workspaces
from jobtype_toolkit.live.submit import Submission
from jobtype_toolkit.live.validation import with_server
from jobtype_toolkit.plans.evaluate import Evaluation, evaluate
from jobtype_toolkit.plans.plan import Plan
from jobtype_toolkit.plans.request import ChangeRequest, Current
from jobtype_toolkit.seed.findings import Validation, workspaces_unchecked
from jobtype_toolkit.seed.json import document as documents
from jobtype_toolkit.seed.validator import validate_documents

if TYPE_CHECKING:
    from jobtype_toolkit.live.queries import ServerReader


def validated(server: Server, reader: ServerReader, manifest: Any, configuration: Any) -> Validation:
    """Return what was found here and on the server."""
    document, given = documents.load(manifest), documents.load(configuration)
    known = workspaces(server)
    local = validate_documents(document, given, workspaces=known or None, against=rules(server).against)
    return with_server(reader.http, document, given, _told_of_workspaces(local, known), lists_none=known == {})


def _told_of_workspaces(validation: Validation, known: dict[str, bool] | None) -> Validation:
    """Return the validation with why workspaces were not checked here: the server lists none, or does not list them."""
    if known is None:
        remedy = "The server checks them itself, once nothing else of what is sent is refused."
        return workspaces_unchecked(validation, "the server does not list them for you", remedy)
    remedy = "A local server has those of its store, which a pull or store.set_workspaces brings."
    return workspaces_unchecked(validation, "the server lists none", remedy)


def planned(server: Server, reader: ServerReader, request: ChangeRequest, missing: str) -> Plan:
    """Return the plan of a request: what the server holds, what would change, what speaks against it.

    `missing` is the message for an edit of what is not there.

    Raises:
        NotFound: an edit of what is not there.
    """
    http = reader.http
    current = look(server, request.name, request.version)
    if request.is_edit and current.values is None:
        raise NotFound(missing)
    known = workspaces(server)
    current = replace(current, workspaces=known or None)
    request = request.without_empty(current)
    capabilities = rules(server)
    evaluation = evaluate(request, current, capabilities)
    evaluation.validation = _told_of_workspaces(evaluation.validation, known)
    submission = Submission(reader, server, request, current, capabilities, evaluation)
    jobs = jobs_now(http, current)
    uncounted = ("the jobs of the type could not be counted",) if current.values and not jobs else ()
    return Plan(
        evaluation.action,
        request.name,
        request.version,
        http.base,
        evaluation.before,
        evaluation.after,
        _with_server(reader, request, current, evaluation, lists_none=known == {}),
        submission.send,
        submission.check,
        jobs=jobs,
        auto_update=evaluation.auto_update,
        second_step=evaluation.second_step,
        keeper=submission.keep if evaluation.is_empty else None,
        notes=(*evaluation.notes, *uncounted),
    )


def _with_server(
    reader: ServerReader, request: ChangeRequest, current: Current, evaluation: Evaluation, *, lists_none: bool
) -> Validation:
    """Return what speaks against a request; the server is asked too if there is a new document to judge."""
    new, configuration = request.document("manifest"), request.document("configuration")
    if new is None and configuration is None:
        return evaluation.validation
    stored = {} if evaluation.before is None else evaluation.before["configuration"] or {}
    manifest = new or documents.plain(current.document("manifest"))
    given = configuration or documents.plain(stored)
    validation = with_server(
        reader.http, manifest, given, evaluation.validation, kept=evaluation.kept, lists_none=lists_none
    )
    if new is not None:
        return validation
    known = evaluation.validation.errors  # an edit does not look at a manifest that is stored already
    kept = (one for one in validation.errors if one in known or one.document == "configuration")
    return replace(validation, errors=tuple(kept))
