"""The description of the server in OpenAPI 3.1: parameters from the services, bodies from the resources of the vocabulary."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from jobtype_toolkit.api.arguments import DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE
from jobtype_toolkit.api.fields import Field, Resource
from jobtype_toolkit.api.resources import (
    ERROR,
    JOB_TYPE,
    JOB_TYPE_NAME,
    JOB_TYPE_REVISION,
    JOB_TYPE_ROW,
    PENDING,
    QUEUE_STATUS,
    RUNNING,
    SYSTEM_FAILURE,
)
from jobtype_toolkit.api.services import SERVICES, WRITES, Parameter, Service, service
from jobtype_toolkit.seed.schema import definition
from jobtype_toolkit.server.analytics import COUNTS, own_fields
from jobtype_toolkit.server.bodies import BASE, EMBEDDED_ERROR, EXECUTION_SHAPE, JOB_SHAPE, REVISION_SHAPE, Parts, Shape
from jobtype_toolkit.server.jobs import EXECUTION_BEYOND, JOB_BEYOND
from jobtype_toolkit.server.matching import error_orders, job_orders
from jobtype_toolkit.server.other_services import WORKSPACE_KEYS
from jobtype_toolkit.server.releases import Release

Schema = dict[str, Any]

_TYPES: Mapping[str, Schema] = {
    "int": {"type": "integer"},
    "float": {"type": "number"},
    "bool": {"type": "boolean"},
    "text": {"type": "string"},
    "time": {"type": "string", "format": "date-time"},
    "json": {},
    "texts": {"type": "array", "items": {"type": "string"}},
}
_NO_NUL = r"^[^\u0000]*$"
_TIME = (
    r"^(\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|\+\d{2}(:?\d{2})?)"
    r"|P(\d+(\.\d+)?D)?(T(\d+(\.\d+)?H)?(\d+(\.\d+)?M)?(\d+(\.\d+)?S)?)?)$"
)
_PLACES: Mapping[str, tuple[str, Schema]] = {
    "name": ("Name of the job type.", {"type": "string", "pattern": "^[A-Za-z0-9_-]+$"}),
    "version": ("Version of the job type.", {"type": "string", "pattern": "^[A-Za-z0-9_.]+$"}),
    "revision_num": ("Number of the revision.", {"type": "integer", "minimum": 1}),
    "id": ("Key of the object.", {"type": "integer", "minimum": 1}),
    "exe_num": ("Number of the execution within its job.", {"type": "integer", "minimum": 1}),
    "stream": ("Which of the logs.", {"type": "string", "enum": ["stdout", "stderr", "combined"]}),
}
_PAGING = (
    ("page", "Number of the page, from 1.", {"type": "integer", "minimum": 1}),
    (
        "page_size",
        f"Rows per page; {DEFAULT_PAGE_SIZE} if not given.",
        {"type": "integer", "minimum": 1, "maximum": MAX_PAGE_SIZE},
    ),
)
_DETAIL = {"type": "object", "properties": {"detail": {"type": "string"}}}
_PROBLEM = {"application/json": {"schema": _DETAIL}}
_PAGE = {"text/html": {"schema": {"type": "string"}}}
_REFUSALS: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "400": ("A parameter or the body is refused.", _PROBLEM),
    "403": ("No credentials, wrong ones, or no right to write.", _PROBLEM),
    "404": ("There is no such object, page or URL.", {**_PROBLEM, **_PAGE}),
    "405": ("The method is not allowed.", _PROBLEM),
    "406": ("The answer cannot be what Accept asks for.", _PROBLEM),
    "413": ("The body is too large.", _PROBLEM),
    "415": ("The body is neither JSON nor a form.", _PROBLEM),
    "500": ("A mistake that breaks a v6 server, such as an unknown order.", _PAGE),
}


def description(release: Release, root: str, *, has_token: bool) -> dict[str, Any]:
    """Return the description of the server: `root` is the path up to and with the version."""
    paths: dict[str, dict[str, Any]] = {}
    for one in SERVICES:
        paths.setdefault(one.url, {})["get"] = _read(one, release)
    for url, (name, title, is_list) in _FURTHER.items():
        paths.setdefault(url, {})["get"] = _operation(
            url, name, title, _ok(_ref(name), is_list=is_list), is_list=is_list
        )
    for one in WRITES:
        method = "patch" if one.name == "edit" else "post"
        paths.setdefault(one.url, {})[method] = _write(one, release)
    log = {
        "204": {"description": "There is no log."},
        "200": {"description": "The log.", "content": {"text/plain": {}}},
    }
    url = "job-executions/{id}/logs/{stream}/"
    paths[url] = {"get": _operation(url, "log", "The log of an execution.", log)}
    made: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": {
            "title": "Local Scale v6 server",
            "version": release.version,
            "description": "The job type services of Scale's v6 API over a store of jobtype_toolkit.",
        },
        "servers": [{"url": root.rstrip("/")}],
        "paths": {f"/{url}": operations for url, operations in paths.items()},
        "components": {"schemas": _schemas(release)},
    }
    if has_token:
        made["components"]["securitySchemes"] = {
            "token": {"type": "apiKey", "in": "header", "name": "Authorization", "description": "Token <key>"}
        }
        made["security"] = [{"token": []}]
    return made


_FURTHER: Mapping[str, tuple[str, str, bool]] = {
    "jobs/{id}/": ("job_details", "One job with its execution.", False),
    "jobs/{id}/executions/": ("execution", "The executions of a job, newest first.", True),
    "jobs/{id}/executions/{exe_num}/": ("execution_details", "One execution.", False),
    "errors/{id}/": ("errors", "One error.", False),
    "workspaces/": ("workspace", "The workspaces that are known.", True),
    "version/": ("version", "The release of the server.", False),
}


def _read(service: Service, release: Release) -> dict[str, Any]:
    is_list = service.name not in ("job_type", "revision")
    parameters = [_parameter(one, service) for one in service.parameters]
    for one in parameters:
        if service.name == "status" and one["name"] == "is_active":
            one["name"] = release.activity
    answers = _ok(_ref(service.name), is_list=is_list)
    return _operation(service.url, service.name, service.row.meaning, answers, parameters, is_list=is_list)


def _write(service: Service, release: Release) -> dict[str, Any]:
    known = {"add": release.add_fields, "edit": release.edit_fields}.get(service.name)
    fields = [one for one in service.parameters if known is None or one.name in known]
    required = {"add": ["manifest", "docker_image"], "validate": ["manifest", "configuration"]}.get(service.name, [])
    body: Schema = {
        "type": "object",
        "properties": {one.name: _body_field(one) for one in fields},
        "required": required,
    }
    if known is not None:
        body["additionalProperties"] = False
    told = _ok(_ref("validation"), is_list=False)
    if service.name == "add":
        told |= {"201": _answer("It was created.", _ref("job_type"))}
    if service.name == "edit" and not release.edit_tells:
        told = {"204": {"description": "It was edited."}}
    made = _operation(service.url, service.name, service.row.meaning, told)
    return made | {"requestBody": {"required": True, "content": {"application/json": {"schema": body}}}}


def _body_field(one: Parameter) -> Schema:
    if one.kind == "json":
        return {**_ref(one.name), "description": one.meaning}
    limits = {"maxLength": one.longest} if one.longest else {}
    numbers = {"minimum": -(2**31) + 1, "maximum": 2**31 - 1} if one.kind == "int" else {}
    plain = {"pattern": _NO_NUL} if one.kind == "text" else {}
    return {**_TYPES[one.kind], **limits, **numbers, **plain, "description": one.meaning}


def _parameter(one: Parameter, service: Service) -> dict[str, Any]:
    schema: Schema = dict(_TYPES[one.kind])
    if one.kind == "time":
        schema = {"type": "string", "pattern": _TIME}
    if one.kind == "text":
        schema["pattern"] = _NO_NUL
    orders = {"jobs": job_orders, "errors": error_orders}.get(service.name)
    if one.name == "order" and orders is not None:
        names = orders()
        schema = {"type": "string", "enum": [*names, *(f"-{name}" for name in names)]}
    if one.repeatable:
        schema = {"type": "array", "items": schema}
    return {"name": one.name, "in": "query", "description": one.meaning, "schema": schema}


def _operation(
    url: str,
    name: str,
    title: str,
    answers: Mapping[str, Any],
    parameters: Iterable[dict[str, Any]] = (),
    *,
    is_list: bool = False,
) -> dict[str, Any]:
    places = [
        {"name": key, "in": "path", "required": True, "description": meaning, "schema": schema}
        for key, (meaning, schema) in _PLACES.items()
        if f"{{{key}}}" in url
    ]
    paging = [
        {"name": key, "in": "query", "description": meaning, "schema": schema} for key, meaning, schema in _PAGING
    ]
    refused = {status: {"description": text, "content": dict(content)} for status, (text, content) in _REFUSALS.items()}
    return {
        "operationId": name if not url.startswith(("errors/{", "jobs/{")) else f"{name}_of",
        "summary": title,
        "parameters": [*places, *parameters, *(paging if is_list else [])],
        "responses": {**answers, **refused},
    }


def _ok(schema: Schema, *, is_list: bool) -> dict[str, Any]:
    return {"200": _answer("The answer.", _envelope(schema) if is_list else schema)}


def _answer(text: str, schema: Schema) -> dict[str, Any]:
    return {"description": text, "content": {"application/json": {"schema": schema}}}


def _envelope(row: Schema) -> Schema:
    link = {"type": ["string", "null"], "description": "URL of the page; null if there is none."}
    count = {"type": "integer", "minimum": 0, "description": "Rows of all pages."}
    return _object({"count": count, "next": link, "previous": link, "results": {"type": "array", "items": row}})


def _schemas(release: Release) -> dict[str, Schema]:
    base, error = _of(BASE), _of(EMBEDDED_ERROR)
    embedded = {"job_type": _or_null(_ref("base_job_type")), "error": _or_null(_ref("embedded_error"))}
    analysed = {"job_type": _ref("analysed_job_type")}

    def shaped(shape: Shape, *beyond: str) -> Schema:
        return _object({**_parts(shape.parts, embedded), **{key: {} for key in beyond}}, release.absent)

    def counted(row: Resource, **more: Schema) -> Schema:
        return _object({**analysed, **more, **_of(own_fields(row))["properties"]})

    counts = {"type": "array", "items": _of(service("status").row.pick(*COUNTS))}
    revision = shaped(REVISION_SHAPE)["properties"]
    entry = {"type": "array", "items": _object({"name": {"type": "string"}, "description": {"type": "string"}})}
    return {
        "base_job_type": base,
        "analysed_job_type": _object(base["properties"], release.absent_in_base),
        "embedded_error": error,
        "job_type_names": _of(JOB_TYPE_NAME.fields),
        "job_types": _object(_of(JOB_TYPE_ROW.fields)["properties"], release.absent),
        "versions": _ref("job_types"),
        "job_type": _of(JOB_TYPE.fields),
        "revisions": _object(revision),
        "revision": _object({**revision, "manifest": _field(JOB_TYPE_REVISION["manifest"])}),
        "status": _object({**analysed, "job_counts": counts}),
        "pending": counted(PENDING),
        "running": counted(RUNNING),
        "system_failures": counted(SYSTEM_FAILURE, error=_ref("errors")),
        "queue_status": counted(QUEUE_STATUS),
        "jobs": shaped(JOB_SHAPE),
        "job_details": _object(
            {
                **_parts(JOB_SHAPE.parts, embedded),
                **{key: {} for key in JOB_BEYOND},
                "job_type_rev": {},
                "superseded_job": {},
            }
        ),
        "execution": shaped(EXECUTION_SHAPE),
        "execution_details": shaped(EXECUTION_SHAPE, *EXECUTION_BEYOND),
        "errors": _of(ERROR.fields),
        "workspace": _object({key: {} for key in WORKSPACE_KEYS}),
        "version": _object({"version": {"type": "string"}}),
        "validation": _object({"is_valid": {"type": "boolean"}, "errors": entry, "warnings": entry}),
        "manifest": _written("seed.manifest"),
        "configuration": _written("configuration"),
    }


def _written(name: str) -> Schema:
    return {key: value for key, value in definition(name).items() if not key.startswith("$")}


def _parts(parts: Parts, embedded: Mapping[str, Schema]) -> dict[str, Schema]:
    """Return the schemas of the keys of a body; an object inside may be null."""
    made: dict[str, Schema] = {}
    for key, part in parts.items():
        if isinstance(part, Field):
            made[key] = _field(part)
        elif isinstance(part, str):
            made[key] = embedded[key]
        elif part is None:
            made[key] = {}
        else:
            made[key] = _or_null(_object(_parts(part, embedded)))
    return made


def _of(fields: Iterable[Field]) -> Schema:
    return _object({field.name: _field(field) for field in fields})


def _object(properties: Mapping[str, Schema], absent: Iterable[str] = ()) -> Schema:
    kept = {key: value for key, value in properties.items() if key not in set(absent)}
    return {"type": "object", "properties": kept, "required": list(kept)}


def _field(field: Field) -> Schema:
    schema = dict(_TYPES[field.type])
    if not field.required and "type" in schema:
        schema["type"] = [schema["type"], "null"]
    return {**schema, "description": field.meaning}


def _or_null(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}
