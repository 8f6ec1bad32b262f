"""The services that take a body: creating, editing, validating (D14 to D26).

What v6 silently ignores is dropped here; everything else is a plan of the store, sent at once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from jobtype_toolkit.api.resources import JOB_TYPE_NAME
from jobtype_toolkit.api.services import URL_PATTERNS
from jobtype_toolkit.errors import InvalidParameter, NotFound, PlanOutdated, StoreReadOnly
from jobtype_toolkit.plans.plan import Plan
from jobtype_toolkit.plans.sent import Sent
from jobtype_toolkit.seed.validator import validate as validated
from jobtype_toolkit.server.data import Data
from jobtype_toolkit.server.job_types import details_body
from jobtype_toolkit.server.messages import Messages, edited, is_early, unknown_field
from jobtype_toolkit.server.request import V6Request, boolean, document, integer, missing
from jobtype_toolkit.server.response import ApiError, V6Response, answer, broken, not_found

_BREAKING = ("RESOURCES_WITHOUT_SCALAR", "TOO_LONG", "UNSTORABLE_TEXT")
"""What a server does not refuse but fails on."""
_BOOLEANS = (True, False, "t", "True", "f", "False", "0")
"""What Scale's database layer takes for a boolean that is not parsed before."""


def validate(facts: Data, request: V6Request) -> V6Response:
    """Answer POST job-types/validation/: the first error, or all warnings; unknown fields are ignored."""
    manifest = document("manifest", request.value("manifest"))
    configuration = document("configuration", request.value("configuration"))
    with facts.reading() as reading:
        workspaces = {row["name"]: row["is_active"] for row in reading.ask("workspaces", {})}
    found = validated(manifest, configuration, workspaces=workspaces or None, against=request.release.name)
    if found.errors:
        _check_breaking(request, found.errors[0].name, found.errors[0].document, configuration)
    return answer(Messages(manifest, configuration).body(found))


def add(facts: Data, request: V6Request) -> V6Response:
    """Answer POST job-types/: 201 with the details, or, for a name and version that exist, an edit (D16)."""
    given = _scalars(request)
    if request.value("docker_image") is None:
        raise missing("docker_image")
    manifest = document("manifest", request.value("manifest"))
    configuration = _configuration(request)
    given |= {"docker_image": str(request.value("docker_image")), "configuration": configuration or None}
    job = manifest.get("job")
    name, version = (job.get(key) if isinstance(job, dict) else None for key in ("name", "jobVersion"))
    with facts.reading() as reading:
        exists = bool(reading.known.type_ids(lambda row: bool(row["name"] == name and row["version"] == version)))
    if not exists:
        given |= {"is_active": None, "is_paused": None}  # ignored on a creation (D15)
    wishes = _wishes(given, request) | {"docker_image": given["docker_image"]}
    sent, plan = _sent(
        request,
        lambda: facts.store.add(manifest, replace=True, source=reading.source, **wishes),
        request.release.add_fields,
    )
    if sent.outcome == "edited" and request.release.edit_tells:
        return answer(edited(plan.validation, (plan.before or {}).get("recipe_types") or ()))
    if request.quirks and not re.fullmatch(URL_PATTERNS["version"], plan.version):
        raise broken()  # it is stored, and its URL cannot be told (D14)
    with facts.reading() as reading:
        body = details_body(reading, plan.name, plan.version)
    return answer(body, 201, Location=f"{request.base}{request.root}job-types/{plan.name}/{plan.version}/")


def edit(facts: Data, request: V6Request) -> V6Response:
    """Answer PATCH job-types/{name}/{version}/."""
    if not isinstance(request.body, dict):
        raise request.mistake("The body is not an object.")
    place = request.place
    given = _scalars(request)
    manifest, configuration = request.value("manifest"), _configuration(request)
    image = request.value("docker_image")
    given |= {
        "manifest": manifest,
        "configuration": configuration,
        "docker_image": None if image is None else str(image),
    }
    if manifest and "manifest" in request.release.edit_fields:
        found = validated(manifest if isinstance(manifest, dict) else [manifest], against=request.release.name)
        if found.errors:
            _check_breaking(request, found.errors[0].name, "manifest", configuration)
            raise ApiError(400, Messages(manifest, {}).refusal(found.errors[0], is_edit=True))
    if configuration:
        _check_shape(request, configuration)
    with facts.reading() as reading:
        details_body(reading, place["name"], place["version"])
    _, plan = _sent(
        request,
        lambda: facts.store.edit(place["name"], place["version"], source=reading.source, **_wishes(given, request)),
        request.release.edit_fields,
    )
    if not request.release.edit_tells:
        return V6Response(204, media_type=None)
    return answer(edited(plan.validation, (plan.before or {}).get("recipe_types") or ()))


def _sent(request: V6Request, plan: Callable[[], Plan], fields: tuple[str, ...]) -> tuple[Sent, Plan]:
    """Make a plan and send it; what speaks against it is answered in v6's order."""
    unknown = (
        next((name for name in request.body if name not in fields), None) if isinstance(request.body, dict) else None
    )
    try:
        found = plan()
    except NotFound:
        raise not_found() from None
    except InvalidParameter as error:
        raise request.mistake(str(error)) from None
    first = found.validation.errors[0] if found.validation.errors else None
    is_edit = found.action == "edit"
    if first is not None and (is_early(first) or unknown is None):
        _check_breaking(request, first.name, first.document, request.value("configuration"))
        said = Messages(
            request.value("manifest") or found.after["manifest"],
            found.after["configuration"] if is_edit else request.value("configuration"),
        )
        raise ApiError(400, said.refusal(first, is_edit=is_edit))
    if unknown is not None:
        raise ApiError(400, unknown_field(unknown, fields))
    try:
        return _written(found), found
    except PlanOutdated:
        again = plan()
        return _written(again), again
    except StoreReadOnly:
        raise ApiError(403, "You do not have permission to perform this action.") from None


def _written(plan: Plan) -> Sent:
    """Write what is planned; an edit that changes nothing has a new last_modified, too."""
    return plan.sender() if plan.is_empty else plan.send()


def _scalars(request: V6Request) -> dict[str, Any]:
    """Return the fields of a write but the documents and the image, read as v6 reads them."""
    icon = request.value("icon_code")
    published = request.value("is_published")
    given = {
        "icon_code": icon if icon is None else str(icon),
        "max_scheduled": integer("max_scheduled", request.value("max_scheduled")),
        **{name: boolean(name, request.value(name)) for name in ("auto_update", "is_active", "is_paused")},
    }
    if published not in (None, "") and (isinstance(published, (dict, list)) or published not in _BOOLEANS):
        raise request.mistake("is_published is not a boolean.")
    given["is_published"] = published in (True, "t", "True")
    for name in ("is_active", "is_paused"):
        if given[name] is not None and (isinstance(given[name], (dict, list)) or given[name] not in (True, False)):
            raise request.mistake(f"{name} is not a boolean.")
        given[name] = None if given[name] is None else bool(given[name])
    given["auto_update"] = None if given["auto_update"] is None else bool(given["auto_update"])
    return given


def _wishes(given: Mapping[str, Any], request: V6Request) -> dict[str, Any]:
    """Return what v6 heeds of it: nothing that is empty, no False of is_published, no 0 of max_scheduled (D20, D21)."""
    kept = {name: value for name, value in given.items() if name in ("is_active", "is_paused") or value}
    if given.get("auto_update") is False and given.get("manifest", True):
        kept["auto_update"] = False
    if not request.release.undoes:
        kept = {name: value for name, value in kept.items() if name != "is_paused" or value}
        kept = {name: value for name, value in kept.items() if name != "is_active" or value}
    return {name: value for name, value in kept.items() if value is not None}


def _configuration(request: V6Request) -> dict[str, Any] | None:
    given = request.value("configuration")
    if given and not isinstance(given, dict):
        raise request.mistake('Parameter must be a valid JSON object: "configuration"')
    return given or None


def _check_breaking(request: V6Request, name: str, about: str, configuration: Any) -> None:
    """Answer 500 if a real server fails instead of giving a reason."""
    if name in _BREAKING:
        raise request.mistake(name)
    if about == "configuration":
        _check_shape(request, configuration)


def _check_shape(request: V6Request, configuration: Any) -> None:
    """Answer 500 to shapes that break a server before it looks at the schema."""
    if not isinstance(configuration, dict):
        return
    mounts = configuration.get("mounts", {})
    outputs = configuration.get("output_workspaces", {})
    are_odd = not isinstance(mounts, dict) or any(
        not isinstance(mount, dict) or "type" not in mount for mount in mounts.values()
    )
    if are_odd or not isinstance(outputs, dict):
        raise request.mistake("The configuration has a part that is not an object, or a mount without a type.")


def add_name(facts: Data, request: V6Request) -> V6Response:
    """Answer POST job-type-names/, which nobody can use: messages by field, and a 500 once all are given."""
    body = request.body if isinstance(request.body, dict) else {}
    messages = {}
    for field in JOB_TYPE_NAME.fields:
        if field.name not in body:
            messages[field.name] = ["This field is required."]
        elif body[field.name] is None:
            messages[field.name] = ["This field may not be null."]
        elif body[field.name] == "":
            messages[field.name] = ["This field may not be blank."]
    if not messages:
        raise request.mistake("Job type names are made by creating job types.")
    return answer(messages, 400)


def add_job(facts: Data, request: V6Request) -> V6Response:
    """Refuse POST jobs/: there is nothing here that could run a job."""
    raise ApiError(400, "This server holds a history and runs no jobs: none can be created.")


def not_written(facts: Data, request: V6Request) -> V6Response:
    """Answer POST errors/ and PATCH errors/{id}/: 404, although Allow names them."""
    raise not_found()
