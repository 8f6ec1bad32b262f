"""Checks on a requested change: validation findings, plus what only a create or edit is refused for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from jobtype_toolkit import hints
from jobtype_toolkit.api.versions import is_addressable
from jobtype_toolkit.plans.plan import refused_for
from jobtype_toolkit.plans.request import Capabilities, ChangeRequest, Current
from jobtype_toolkit.seed.findings import SCALE_CREATE, Finding, Validation, finding, workspaces_checked
from jobtype_toolkit.seed.json import document as documents
from jobtype_toolkit.seed.json.document import Document
from jobtype_toolkit.seed.json.paths import Path, get
from jobtype_toolkit.seed.normalize import secret_settings, settings_of
from jobtype_toolkit.seed.text import shown
from jobtype_toolkit.seed.validator import validate_documents

_GUARDED = ("manifest", "icon_code", "is_active", "max_scheduled", "configuration")
"""What an edit of a system job type may not set to anything (D26)."""
_LATER = ("manifest", "docker_image", "auto_update")
"""What an edit takes from 7.0.1 on."""
_STRUCTURE = ("MALFORMED_JSON", "INVALID_VERSION", "INVALID_CONFIGURATION", "INVALID_SETTING")
"""What a server does not look for in a configuration that it has stored already."""


_OF_IMAGE = ("IMAGE_NAME", "IMAGE_TAG")


@dataclass(frozen=True, slots=True)
class CheckContext:
    """A request, what it was made for, and what it would do; the fields are plain values."""

    request: ChangeRequest
    current: Current
    rules: Capabilities
    before: Mapping[str, Any] | None
    after: Mapping[str, Any]

    @property
    def is_system(self) -> bool:
        """Whether Scale itself ships the job type."""
        return bool(self.before and self.before["is_system"])


def check_request(case: CheckContext) -> Validation:
    """Return all findings; the errors are those for which the request cannot be sent."""
    found = _documents(case)
    found = replace(found, warnings=(*_recipes(case), *(one for one in found.warnings if not _is_kept(case, one))))
    passed = {"UNREACHABLE_VERSION"} if case.request.allow_unreachable else set()
    late = [one for one in found.warnings if SCALE_CREATE in one.rejected_by and one.name not in passed]
    return refused_for(found, [*late, *_refusals(case)])


def _documents(case: CheckContext) -> Validation:
    """Validate what is given, and how the configuration fits the manifest, whichever of them is new."""
    new, configuration = case.request.document("manifest"), case.request.document("configuration")
    is_stored = configuration is None
    if configuration is None and case.after["configuration"] is not None:
        configuration = documents.plain(case.after["configuration"])
    if new is None and case.after["manifest"] is None:
        return Validation() if is_stored else Validation((_MANIFEST_UNKNOWN,))
    found = validate_documents(
        new or documents.plain(case.after["manifest"]),
        configuration,
        workspaces=case.current.workspaces,
        against=case.rules.against,
        docker_image=case.after["docker_image"] if new or "docker_image" in case.request.changes else None,
        edit=case.request.is_edit,
    )
    if new is None:
        found = replace(
            found,
            errors=tuple(one for one in found.errors if one.document == "configuration"),
            warnings=tuple(one for one in found.warnings if one.document == "configuration" or one.name in _OF_IMAGE),
        )
        if is_stored:  # nothing that names a workspace is asked for
            found = workspaces_checked(found)
    if is_stored:
        passed = tuple(one for one in found.errors if one.document == "configuration" and one.name in _STRUCTURE)
        errors = tuple(one for one in found.errors if one not in passed)
        found = replace(found, errors=errors, warnings=(*passed, *found.warnings))
    return found


def _refusals(case: CheckContext) -> Iterator[Finding]:
    """Yield what is refused although both documents are fine."""
    request = case.request
    if case.before and not request.is_edit and not request.replace:
        yield _refusal(
            "JOB_TYPE_EXISTS",
            ("job", "jobVersion"),
            f"{request.name} {request.version} exists already.",
            f"Raise jobVersion, or say {hints.argument('replace', True)} to edit it.",
        )
    refused = [name for name in _GUARDED if case.is_system and _is_set(request.changes.get(name))]
    if refused:
        yield _refusal(
            "SYSTEM_JOB_TYPE",
            (),
            f"You can only modify the is_paused field for a System Job, not {', '.join(refused)}.",
            "Leave it to Scale.",
        )
    yield from _mismatches(request)
    if case.rules.is_server:
        yield from _of_server(case)


def _of_server(case: CheckContext) -> Iterator[Finding]:
    """Yield what only a live server refuses, or would do damage by."""
    request = case.request
    if request.is_edit and not is_addressable(request.version):
        yield _refusal(
            "UNREACHABLE_VERSION",
            ("job", "jobVersion"),
            f"A server has no address for the version {shown(request.version)}, so that it cannot be edited there.",
            hints.either(
                "Give all of it to add(…, replace=True, allow_unreachable=True).",
                "Give all of it to `add --replace --allow-unreachable`.",
            ),
        )
    refused = [name for name in _LATER if name in request.changes and request.is_edit and case.rules.is_before_7_0_1]
    if refused:
        yield _refusal(
            "NOT_IN_RELEASE",
            (),
            f"Scale {case.rules.release} takes no {', '.join(refused)} in an edit; releases from 7.0.1 on do.",
            f"Give all of it to {hints.either('add(…, replace=True)', 'add --replace')}, which this release takes.",
        )
    lost = _lost_secrets(case)
    if lost:
        named = ", ".join(map(shown, lost))
        yield replace(
            _refusal(
                "SECRETS_LOST",
                ("settings",),
                f"Some secret settings are given and {named} not. A server replaces all secrets of a type at once, so that "
                f"the stored value{' is' if len(lost) == 1 else 's are'} lost.",
                f"Give all of them, or none, which keeps them, or say {hints.argument('confirm_secrets', True)}.",
            ),
            document="configuration",
        )


def kept_secrets(case: CheckContext) -> set[str]:
    """Return the secret settings that a server keeps because none of them is given."""
    if case.before is None or not case.rules.is_server:
        return set()
    secrets = secret_settings(case.after["manifest"]) & secret_settings(case.before["manifest"])
    configuration = case.request.document("configuration")
    given = settings_of(configuration.value) if configuration else {}
    return set() if secrets & set(given) else secrets


def _is_kept(case: CheckContext, one: Finding) -> bool:
    """Whether a setting is missed only because a server never shows its value, or a store never keeps it."""
    if one.name != "MISSING_SETTING":
        return False
    kept = kept_secrets(case)
    if case.before is not None and not case.rules.is_server:
        kept = secret_settings(case.after["manifest"]) & (
            secret_settings(case.before["manifest"]) | case.current.secrets
        )
    return any(shown(name) in one.description for name in kept)


def _lost_secrets(case: CheckContext) -> list[str]:
    """Return the secret settings whose values a server drops because others are given."""
    configuration = case.request.document("configuration")
    if case.before is None or configuration is None or case.request.confirm_secrets:
        return []
    secrets = secret_settings(case.after["manifest"])
    given = secrets & set(settings_of(configuration.value))
    return sorted(secrets - given) if given else []


def _mismatches(request: ChangeRequest) -> Iterator[Finding]:
    """Find a manifest that is another job type's (D24); one that lacks a name has that against it already."""
    document = request.document("manifest")
    if document is None or not request.is_edit:
        return
    for member, what in (("name", "name"), ("jobVersion", "version")):
        inside, outside = get(document.value, ("job", member)), getattr(request, what)
        if isinstance(inside, str) and inside != outside:
            yield _refusal(
                "JOB_TYPE_MISMATCH",
                ("job", member),
                f"The manifest's {what} {shown(inside)} is not that of the job type, {shown(outside)}.",
                f"Write {shown(outside)}, or add the manifest as a job type of its own.",
            )


def _recipes(case: CheckContext) -> Iterator[Finding]:
    """Warn of the recipe types that a server deactivates together with the job type."""
    if not case.before or case.before["is_active"] is False or case.after["is_active"] is not False:
        return
    known = [one for one in case.before["recipe_types"] or () if isinstance(one, dict)]
    used = [shown(str(one.get("name"))) for one in known if one.get("is_active") is not False]
    if used:
        yield finding(
            "DEPRECATED_RECIPES",
            (),
            f"A server deactivates the recipe types that use this job type: {', '.join(used)}.",
            "Move them to another version first.",
        )


def _refusal(name: str, path: Path, description: str, suggestion: str) -> Finding:
    return finding(name, path, description, suggestion, {SCALE_CREATE})


_MANIFEST_UNKNOWN = replace(
    _refusal(
        "MANIFEST_UNKNOWN",
        (),
        "The manifest of this job type is not known here, so that its secret settings cannot be told from others.",
        "Load the job type's details first, or give its manifest too.",
    ),
    document="configuration",
)


def _is_set(value: Any) -> bool:
    """Whether v6 heeds a value: it ignores empty ones."""
    return bool(value.value if isinstance(value, Document) else value)
