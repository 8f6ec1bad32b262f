"""The local validator: what the schema, a Scale server and seed-cli would say, and good practice, in one offline call."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, Literal

from jobtype_toolkit.errors import InvalidParameter
from jobtype_toolkit.seed.autofix import fixed
from jobtype_toolkit.seed.findings import EVERYONE, SCALE, SCHEMA, SEED_CLI, Finding, Validation, finding, located
from jobtype_toolkit.seed.fixes import Fix, setting
from jobtype_toolkit.seed.json import document as documents
from jobtype_toolkit.seed.json.document import Document
from jobtype_toolkit.seed.manifest import Manifest
from jobtype_toolkit.seed.rules.best_practice import advice_findings
from jobtype_toolkit.seed.rules.configuration import ORDER as CONFIGURATION_ORDER
from jobtype_toolkit.seed.rules.configuration import WARNINGS, configuration_findings
from jobtype_toolkit.seed.rules.images import image_findings
from jobtype_toolkit.seed.rules.intended import intended
from jobtype_toolkit.seed.rules.names import name_findings, uses
from jobtype_toolkit.seed.rules.scale import creation_findings, decoder_findings, resource_findings, scale_findings
from jobtype_toolkit.seed.rules.schema_messages import manifest_finding
from jobtype_toolkit.seed.schema import Violation, manifest_schema, violations

Target = Literal["6", "7.0", "7.2", "schema", "seed-cli"]
TARGETS: dict[str, str] = {"6": SCALE, "7.0": SCALE, "7.2": SCALE, "schema": SCHEMA, "seed-cli": SEED_CLI}
"""What a manifest can be validated against, and the mark of the findings that are errors there."""

ORDER = (
    "MALFORMED_JSON",
    "JSON_VALIDATION_ERROR",
    "RESOURCES_WITHOUT_SCALAR",
    "NAME_COLLISION_ERROR",
    "DUPLICATE_MOUNT_NAMES",
    "DUPLICATE_ERROR_NAMES",
    "INVALID_MOUNT_PATH",
)
"""The order in which Scale checks a manifest; the first failure is the one that a server reports."""


def manifest_findings(document: Document) -> list[Finding]:
    """Return everything there is to say about a manifest, unordered and not yet located."""
    malformed = list(_malformed(document))
    if document.broken:
        return malformed
    wrapped = _wrapped(document)
    if wrapped:
        return [*malformed, wrapped]
    root, meant = document.value, intended(document.value)
    found = [*malformed, *_violations(root, document), *decoder_findings(document, manifest_schema())]
    if meant is None:
        return [*found, *_rules(root)]
    known = {(it.name, it.steps, it.description) for it in found}
    more = meant.findings([*_violations(meant.value, document), *_rules(meant.value)])
    return found + [it for it in more if (it.name, it.steps, it.description) not in known]


def _violations(root: Any, document: Document) -> Iterator[Finding]:
    """Yield what breaks the schema; the document has the spelling of its numbers."""
    for violation in violations(manifest_schema(), root):
        yield manifest_finding(violation, root, _spelling(violation, document))


def _rules(root: Any) -> Iterator[Finding]:
    """Yield what the rules beyond the schema find."""
    named = uses(root)
    for rule in (scale_findings, creation_findings, resource_findings):
        yield from rule(root)
    yield from name_findings(root, named)
    yield from advice_findings(root, named)


def _spelling(violation: Violation, document: Document) -> str | None:
    """Return how the text writes a number with a fraction or an exponent."""
    return document.spelling(violation.path) if isinstance(violation.value, float) else None


def validate(
    manifest: dict[str, Any] | Manifest | str | bytes | Any,
    configuration: Any = None,
    *,
    workspaces: Mapping[str, bool] | None = None,
    against: Target = "7.2",
    docker_image: str | None = None,
) -> Validation:
    """Find everything there is to say about a manifest, and about a configuration for it, in one offline call.

    Manifest and configuration may be a dict, a `Manifest` or `Configuration`, JSON text as `str` or `bytes`, a path or an
    open file; they are judged as given.

    Args:
        manifest: the manifest.
        configuration: a configuration for it; if not given, the manifest is judged alone (a server judges `{}` then).
        workspaces: whether each known workspace is active, by name; if not given, workspaces are not checked, and a
            warning says so.
        against: whose refusals count as errors: those of a server ("6", "7.0", "7.2"), of the "schema" or of "seed-cli".
        docker_image: the name of an image, which is compared with the manifest.

    Raises:
        InvalidParameter: `against` is unknown.
        UnreadableInput: a path cannot be read.
    """
    return validate_documents(
        documents.load(manifest),
        None if configuration is None else documents.load(configuration),
        workspaces=workspaces,
        against=against,
        docker_image=docker_image,
    )


def validate_documents(
    manifest: Document,
    configuration: Document | None = None,
    *,
    workspaces: Mapping[str, bool] | None = None,
    against: Target = "7.2",
    docker_image: str | None = None,
    edit: bool = False,
) -> Validation:
    """Validate documents that are read already; with `edit` the configuration is judged as the editing service does.

    Raises:
        InvalidParameter: `against` is unknown.
    """
    if against not in TARGETS:
        msg = f"cannot validate against {against!r}; known are {', '.join(map(repr, TARGETS))}"
        raise InvalidParameter(msg)
    found = manifest_findings(manifest)
    if docker_image and not manifest.broken:
        found.extend(image_findings(manifest.value, docker_image))
    findings = _ordered(found, manifest, ORDER)
    if configuration is not None:
        root = manifest.value if isinstance(manifest.value, dict) and "job" in manifest.value else None
        found = [_without_text(it) for it in _malformed(configuration)]
        if not configuration.broken:
            found += configuration_findings(configuration, root, workspaces, edit=edit, against=against)
        findings += _ordered(found, configuration, CONFIGURATION_ORDER)
    findings = [seen for seen in (_seen_by(it, against) for it in findings) if seen]
    mark = TARGETS[against]
    errors = tuple(it for it in findings if mark in it.rejected_by)
    warnings = [it for it in findings if mark not in it.rejected_by]
    warnings.sort(key=lambda it: WARNINGS.index(it.name) if it.name in WARNINGS else len(WARNINGS))
    return Validation(errors, tuple(warnings), partial(fixed, manifest, manifest_findings))


def _without_text(found: Finding) -> Finding:
    """Return a fault of a configuration's text without its fix: the repaired text would hold the values of settings."""
    return replace(found, document="configuration", fix=None, rejected_by=frozenset({SCALE}))


def _malformed(document: Document) -> Iterator[Finding]:
    """Yield what is wrong with the text itself."""
    repaired = document.repaired()
    for fault in document.faults:
        fix: Fix | None
        if fault.harmless:
            fix = Fix("remove it", safe=True, text=document.text)
        else:
            fix = None if repaired is None else Fix("repair the text", text=repaired)
        marks = {SCHEMA, SCALE} if fault.tolerated else EVERYONE
        found = finding("MALFORMED_JSON", (), fault.description, fault.suggestion, marks, fix=fix)
        place = document.position(fault.start) if document.text else (1, 1) if document.given_as_text else (None, None)
        yield replace(found, line=place[0], column=place[1])


def _wrapped(document: Document) -> Finding | None:
    """Find a manifest inside something else: a text, as in an image's label, or the body of a request."""
    root = document.value
    if isinstance(root, str):
        inner = documents.parse(root)
        fix = setting((), inner.value, "take the manifest out of the text") if isinstance(inner.value, dict) else None
        return finding(
            "JSON_VALIDATION_ERROR",
            (),
            "The document is a text, not an object; it seems to be a manifest in quotes."
            if fix
            else "The document is a text where a manifest is expected.",
            "Take the manifest out of the text." if fix else "A manifest is an object with seedVersion and job.",
            EVERYONE,
            fix=fix,
        )
    if isinstance(root, dict) and "seedVersion" not in root and "manifest" in root:
        inner_value = root["manifest"]
        fix = setting((), inner_value, "take the manifest out of the body") if isinstance(inner_value, dict) else None
        return finding(
            "JSON_VALIDATION_ERROR",
            (),
            "The document seems to be the body of a request, with the manifest inside it.",
            'Validate what stands in "manifest".',
            EVERYONE,
            fix=fix,
        )
    return None


def _ordered(findings: list[Finding], document: Document, order: tuple[str, ...]) -> list[Finding]:
    """Return the findings with their places: what Scale refuses in the order of its checks, the rest by place."""

    def key(found: Finding) -> tuple[int, Any]:
        stage = order.index(found.name) if SCALE in found.rejected_by and found.name in order else len(order)
        # Fractional GPUs come after the schema, although they have the same code.
        late = stage < len(order) and found.name == "JSON_VALIDATION_ERROR" and SCHEMA not in found.rejected_by
        return stage * 2 + late, found.rank

    return sorted(located(findings, document), key=key)


def _seen_by(found: Finding, against: Target) -> Finding | None:
    """Return the finding as the target sees it, None if it does not: servers of version 6 lack three of the checks."""
    if against != "6":
        return found
    if found.name == "RESERVED_JOB_NAME":
        return None
    lenient = found.name == "DUPLICATE_ERROR_NAMES" or (
        found.name == "JSON_VALIDATION_ERROR" and SCHEMA not in found.rejected_by
    )
    if not lenient:
        return found
    marks = found.rejected_by - {SCALE}
    return replace(found, rejected_by=marks) if marks else None
