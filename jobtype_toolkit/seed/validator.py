"""The twin validator: what the schema, a Scale server and seed-cli would say, and good practice, in one offline call."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

from jobtype_toolkit.errors import InvalidParameter
from jobtype_toolkit.seed.findings import EVERYONE, SCALE, SCHEMA, SEED_CLI, Finding, Validation, finding, located
from jobtype_toolkit.seed.fixes import Fix, setting
from jobtype_toolkit.seed.json import document as documents
from jobtype_toolkit.seed.json.document import Document
from jobtype_toolkit.seed.rules.best_practice import advice_findings
from jobtype_toolkit.seed.rules.configuration import ORDER as CONFIGURATION_ORDER
from jobtype_toolkit.seed.rules.configuration import WARNINGS, configuration_findings
from jobtype_toolkit.seed.rules.images import image_findings
from jobtype_toolkit.seed.rules.names import name_findings, uses
from jobtype_toolkit.seed.rules.scale import creation_findings, decoder_findings, resource_findings, scale_findings
from jobtype_toolkit.seed.rules.schema_messages import manifest_finding
from jobtype_toolkit.seed.schema import manifest_schema, violations

if TYPE_CHECKING:
    from jobtype_toolkit.seed.manifest import Manifest

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
    """Return everything there is to say about a manifest, unordered but located."""
    found = list(_malformed(document))
    if document.broken:
        return found
    wrapped = _wrapped(document)
    if wrapped:
        return [*found, located(wrapped, document)]
    root, schema = document.value, manifest_schema()
    for violation in violations(schema, root):
        spelling = document.spelling(violation.path) if isinstance(violation.value, float) else None
        at_key = violation.keyword == "additionalProperties"
        found.append(located(manifest_finding(violation, root, spelling), document, key=at_key))
    named = uses(root)
    for rule in (
        scale_findings(root),
        name_findings(root, named),
        creation_findings(root),
        resource_findings(root),
        decoder_findings(document, schema),
        advice_findings(root, named),
    ):
        found.extend(located(each, document) for each in rule)
    return found


def validate(
    manifest: "dict[str, Any] | Manifest | str | bytes | Any",
    configuration: Any = None,
    *,
    workspaces: Mapping[str, bool] | None = None,
    against: Target = "7.2",
    docker_image: str | None = None,
) -> Validation:
    """Find everything there is to say about a manifest, and about a configuration for it, in one offline call.

    Both may be a dict, a `Manifest` or `Configuration`, JSON text as `str` or `bytes`, a path or an open file; they are
    judged as given. Without a configuration the manifest is judged alone (a server judges `{}` then). `workspaces`
    says for each known workspace whether it is active; without it workspaces are not checked, and a warning says so.
    `against` says whose refusals count as errors: those of a server ("6", "7.0", "7.2"), of the "schema" or of
    "seed-cli". With `docker_image` the image's name is compared with the manifest.

    Raises `UnreadableInput` for a path that cannot be read, and `InvalidParameter` for an unknown `against`; nothing else.
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
    """Validate documents that are read already; with `edit` the configuration is judged as the editing service does."""
    if against not in TARGETS:
        raise InvalidParameter(f"cannot validate against {against!r}; known are {', '.join(map(repr, TARGETS))}")
    found = manifest_findings(manifest)
    if docker_image and not manifest.broken:
        found.extend(image_findings(manifest.value, docker_image))
    found = _ordered(found, manifest, ORDER)
    if configuration is not None:
        checked = [
            # A repaired text would hold the values of its settings, and no finding may.
            replace(each, document="configuration", fix=None, rejected_by=frozenset({SCALE}))
            for each in _malformed(configuration)
        ]
        if not configuration.broken:
            root = manifest.value if isinstance(manifest.value, dict) and "job" in manifest.value else None
            checked += configuration_findings(configuration, root, workspaces, edit=edit, against=against)
        found += _ordered([located(each, configuration) for each in checked], configuration, CONFIGURATION_ORDER)
    found = [each for each in (_seen_by(each, against) for each in found) if each]
    mark = TARGETS[against]
    errors = tuple(each for each in found if mark in each.rejected_by)
    warnings = [each for each in found if mark not in each.rejected_by]
    warnings.sort(key=lambda each: WARNINGS.index(each.name) if each.name in WARNINGS else len(WARNINGS))
    return Validation(errors, tuple(warnings), manifest)


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


def _ordered(found: list[Finding], document: Document, order: tuple[str, ...]) -> list[Finding]:
    """Sort what Scale refuses by the order of its checks, and the rest by place."""

    def key(each: Finding) -> tuple[int, Any]:
        stage = order.index(each.name) if SCALE in each.rejected_by and each.name in order else len(order)
        # Fractional GPUs come after the schema, although they have the same code.
        late = stage < len(order) and each.name == "JSON_VALIDATION_ERROR" and SCHEMA not in each.rejected_by
        return stage * 2 + late, (each.line or 0, each.column or 0) if document.text else document.rank(each.steps)

    return sorted(found, key=key)


def _seen_by(each: Finding, against: Target) -> Finding | None:
    """Return the finding as the target sees it: servers of version 6 lack three of the checks."""
    if against != "6":
        return each
    if each.name == "RESERVED_JOB_NAME":
        return None
    lenient = each.name == "DUPLICATE_ERROR_NAMES" or (
        each.name == "JSON_VALIDATION_ERROR" and SCHEMA not in each.rejected_by
    )
    if not lenient:
        return each
    marks = each.rejected_by - {SCALE}
    return replace(each, rejected_by=marks) if marks else None
