"""The server's own validation, and how it is put together with the local validator's: one answer, each finding once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from jobtype_toolkit.api.services import is_storable, service
from jobtype_toolkit.errors import NotFound, Rejected, ServerFailed
from jobtype_toolkit.live.error_mapping import readable
from jobtype_toolkit.live.http import Http
from jobtype_toolkit.plans.request import HIDDEN
from jobtype_toolkit.seed.codes import CONFIGURATION_CODES
from jobtype_toolkit.seed.findings import SCALE, Finding, Validation, finding, workspaces_checked
from jobtype_toolkit.seed.json.document import Document
from jobtype_toolkit.seed.text import clipped, shown

_OF_CONFIGURATION = frozenset(one.name for one in CONFIGURATION_CODES)
_ALSO = {"INVALID_CONFIGURATION": {"INVALID_PRIORITY", "INVALID_SETTING"}}
"""What the local validator calls otherwise in an edit, where the server's validation judges a creation."""
_ITEM = re.compile(r"'([^']*)'")


def with_server(
    http: Http,
    manifest: Document,
    configuration: Document,
    local: Validation,
    *,
    kept: Iterable[str] = (),
    lists_none: bool = False,
) -> Validation:
    """Return the local validator's validation, put together with the server's (POST job-types/validation/).

    `errors` are what the server refuses; what both find is there once, as the local validator says it. Where the service fails, the
    local validator's answer stands, and a warning says so. The server gets no value of a setting: none matters to a validation.

    Args:
        http: the server.
        manifest: what is judged.
        configuration: likewise.
        local: what the local validator says of them.
        kept: secret settings that the server has a value of already.
        lists_none: whether it has an empty list of workspaces, so that one that it accepts was not checked.

    Raises:
        AuthenticationFailed: the server does not know the caller.
        ConnectionFailed: the server cannot be reached.
        NotFound: it has no such service, so that it is no v6 server.
    """
    why_not = _unaskable(manifest, configuration)
    if why_not:
        return _alone(local, why_not)
    body = {"manifest": manifest.value, "configuration": _without_settings(configuration.value, kept)}
    try:
        said = http.send("POST", service("validate").url, body).value
    except NotFound as error:
        msg = f"{error} Every v6 server has its validation service."
        raise NotFound(msg) from None
    except ServerFailed as error:
        return _alone(local, f"it failed with {error.status}")
    except Rejected as error:
        refusal = replace(_server_finding("REFUSED_BY_SERVER", error.detail), rejected_by=frozenset({SCALE}))
        return _together(local, [replace(refusal, severity="error")], [])
    if not isinstance(said, dict) or not isinstance(said.get("is_valid"), bool):
        return _alone(local, "its answer is not a validation result")
    errors = [replace(one, rejected_by=frozenset({SCALE}), severity="error") for one in _told(said.get("errors"))]
    if not errors and not said["is_valid"]:
        return _alone(local, "it refuses them and does not say why")
    both = _together(local, errors, list(_told(said.get("warnings"))))
    return both if errors or lists_none else workspaces_checked(both)  # it stops at the first refusal


def _unaskable(manifest: Document, configuration: Document) -> str:
    """Return why the server could not be asked about what was given, but only about something else."""
    for name, document in (("manifest", manifest), ("configuration", configuration)):
        if document.faults or document.broken:
            return f"the {name} is not JSON as it stands"
        if not isinstance(document.value, dict):
            return f"the {name} is no object"
        if not is_storable(document.value):
            return f"a text of the {name} cannot be sent"
    return ""


def _without_settings(configuration: dict[str, Any], kept: Iterable[str]) -> dict[str, Any]:
    """Return the configuration with something else for the value of each setting, of the same kind."""
    if "settings" not in configuration and not kept:
        return configuration
    settings = configuration.get("settings", {})
    if isinstance(settings, dict):
        hidden: Any = {name: _instead(value) for name, value in settings.items()} | dict.fromkeys(kept, HIDDEN)
    else:
        hidden = [] if isinstance(settings, list) else _instead(settings)
    return configuration | {"settings": hidden}


def _instead(value: Any) -> Any:
    return HIDDEN if isinstance(value, str) else None if value is None else 0


def _told(entries: Any) -> Iterator[Finding]:
    """Yield what the server lists, as findings without a place."""
    for one in entries if isinstance(entries, list) else ():
        if isinstance(one, dict) and isinstance(one.get("name"), str):
            yield _server_finding(one["name"], str(one.get("description", "")))


def _server_finding(name: str, description: str) -> Finding:
    code = clipped(readable(name), 60)
    made = finding(code, (), readable(description.split("\n\n", maxsplit=1)[0]))
    return replace(made, document="configuration") if code in _OF_CONFIGURATION else made


def _together(local: Validation, errors: list[Finding], warnings: list[Finding]) -> Validation:
    """Put both answers together; where they disagree, the server's counts and a warning tells."""
    if not errors:
        mine = tuple(one for one in local.errors if SCALE in one.rejected_by)
        others = tuple(one for one in local.errors if one not in mine)
        told = (_disagreement(f"refuses nothing, where {_names(mine)} was expected"),) if mine else ()
        new = tuple(one for one in warnings if not _is_known(one, local.findings))
        return replace(local, errors=others, warnings=(*told, *mine, *local.warnings, *new))
    known = {one.name for one in local.errors}
    new = tuple(one for one in errors if not known & {one.name, *_ALSO.get(one.name, ())})
    is_surprise = new and not known and not _is_about_unknown_workspaces(new, local)
    told = (_disagreement(f"refuses what nothing was expected against: {_names(new)}"),) if is_surprise else ()
    return replace(local, errors=(*new, *local.errors), warnings=(*told, *local.warnings))


def _is_known(one: Finding, mine: Iterable[Finding]) -> bool:
    """Whether the local validation has a finding of that name about the same thing, which v6 quotes in its sentence."""
    items = _ITEM.findall(one.description)
    return any(
        other.name == one.name and (not items or any(shown(item) in other.description for item in items))
        for other in mine
    )


def _is_about_unknown_workspaces(new: Iterable[Finding], local: Validation) -> bool:
    are_unknown = any(one.name == "WORKSPACES_NOT_CHECKED" for one in local.warnings)
    return are_unknown and all(one.name == "INVALID_WORKSPACE" for one in new)


def _names(findings: Iterable[Finding]) -> str:
    return ", ".join(dict.fromkeys(one.name for one in findings))


def _disagreement(how: str) -> Finding:
    return finding(
        "SERVER_DISAGREES",
        (),
        f"The server {how}. Its answer counts.",
        "It may be of another release than those whose rules are known here.",
    )


def _alone(local: Validation, why: str) -> Validation:
    told = finding(
        "SERVER_DID_NOT_VALIDATE",
        (),
        f"The server's own validation says nothing of this: {why}.",
        "All findings are those of the validator here.",
    )
    return replace(local, warnings=(told, *local.warnings))
