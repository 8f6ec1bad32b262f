"""Rules of job type configurations: their structure, and how they fit their manifest. Values of settings never appear."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from jobtype_toolkit import hints
from jobtype_toolkit.hints import nearest
from jobtype_toolkit.seed.findings import BEST_PRACTICE, SCALE, Finding, finding
from jobtype_toolkit.seed.json.document import Document
from jobtype_toolkit.seed.json.paths import Path
from jobtype_toolkit.seed.rules.scale import duplicate_findings, unstorable_findings
from jobtype_toolkit.seed.rules.schema_messages import kind, label
from jobtype_toolkit.seed.schema import Violation, configuration_schema, violations
from jobtype_toolkit.seed.sections import SECTIONS, items
from jobtype_toolkit.seed.text import shown

ORDER = (
    "MALFORMED_JSON",
    "INVALID_VERSION",
    "INVALID_CONFIGURATION",
    "INVALID_SETTING",
    "INVALID_PRIORITY",
    "HOST_ABSOLUTE_PATH",
    "INVALID_WORKSPACE",
    "MISSING_WORKSPACE",
)
"""The order in which a server checks a configuration."""
WARNINGS = (
    "UNKNOWN_MOUNT",
    "MISSING_MOUNT",
    "DEPRECATED_WORKSPACE",
    "UNKNOWN_SETTING",
    "MISSING_SETTING",
    "NONSTANDARD_RESOURCE",
)
"""v6's own warnings, in the order in which a server gives them."""

Workspaces = Mapping[str, bool]


def configuration_findings(
    configuration: Document,
    manifest: Any,
    workspaces: Workspaces | None,
    *,
    edit: bool = False,
    against: str = "7.2",
) -> Iterator[Finding]:
    """Yield everything there is to say about a configuration and how it fits the manifest.

    With `edit` it is judged as the editing service does, which skips the schema and then has names of its own for a
    priority below 1 and a setting that is null. A manifest of None is one that cannot be read; nothing is compared then.
    """
    found = [
        *_findings(configuration.value, manifest, workspaces, edit=edit, against=against),
        *duplicate_findings(configuration),
        # without the fix: it would hold the value of a setting
        *(replace(item, fix=None) for item in unstorable_findings(configuration.value)),
    ]
    for item in found:
        yield replace(item, document="configuration")


def _findings(
    value: Any,
    manifest: Any,
    workspaces: Workspaces | None,
    *,
    edit: bool,
    against: str,
) -> Iterator[Finding]:
    broken = violations(configuration_schema(), value)
    for violation in broken:
        yield _structure(violation, edit=edit)
    if isinstance(value, dict):
        bad = {violation.path for violation in broken}
        if against == "6" and value.get("version") == "7":
            yield _error(
                "INVALID_VERSION", ("version",), 'Servers of version 6 know no configuration version "7".', 'Use "6".'
            )
        yield from _mounts(value, manifest, bad)
        yield from _workspaces(value, manifest, workspaces, bad)
        if manifest is not None:
            yield from _settings(value, manifest)


def _error(name: str, path: Path, description: str, suggestion: str) -> Finding:
    return finding(name, path, description, suggestion, {SCALE})


def _structure(violation: Violation, *, edit: bool) -> Finding:
    """Say in words what breaks the configuration's schema."""
    node, value, path = violation.schema, violation.value, violation.path
    if path == ("version",):
        return _error(
            "INVALID_VERSION",
            path,
            f'The configuration version is {kind(value)}; servers know "6" and "7".',
            'Leave it out, or write "7".',
        )
    if violation.keyword == "minimum":
        name = "INVALID_PRIORITY" if edit else "INVALID_CONFIGURATION"
        return _error(
            name, path, f"The priority is {shown(value, 40)}; the least is 1.", "Write 1 or more; lower runs earlier."
        )
    if violation.keyword == "required":
        return _error(
            "INVALID_CONFIGURATION",
            path,
            f'The {label(node)} {shown(path[-1])} has no "{violation.member}".',
            f'Add "{violation.member}".',
        )
    if violation.keyword == "additionalProperties":
        return _error(
            "INVALID_CONFIGURATION",
            path,
            f"{shown(violation.member)} is not a member of the {label(node)}.",
            f"Known here: {', '.join(node.properties)}.",
        )
    if violation.keyword in {"oneOf", "enum"}:
        return _error(
            "INVALID_CONFIGURATION",
            path,
            f"The mount {shown(path[1])} has no type that servers know.",
            'Write "type": "host" with a host_path, or "type": "volume".',
        )
    if edit and value is None and path[:1] == ("settings",) and len(path) == len(("settings", "name")):
        return _error(
            "INVALID_SETTING",
            path,
            f"The setting {shown(path[1])} is null.",
            "Write its value as text, or leave it out.",
        )
    expected = {"string": "text", "object": "an object", "integer": "a whole number"}[str(node.type)]
    what = f"The {label(node)} {shown(path[-1])}" if len(path) > 1 else f"The {label(node)}"
    return _error(
        "INVALID_CONFIGURATION",
        path,
        f"{what} is {kind(value, secret=True)} where {expected} is expected.",
        "Put it in quotes." if node.type == "string" and isinstance(value, int | float) else f"Write {expected}.",
    )


def _names(manifest: Any, section: str) -> dict[str, dict[str, Any]]:
    return {item["name"]: item for _, item in items(manifest, SECTIONS[section]) if isinstance(item.get("name"), str)}


def _mounts(value: dict[str, Any], manifest: Any, bad: set[Path]) -> Iterator[Finding]:
    mounts = value.get("mounts", {})
    if not isinstance(mounts, dict):
        return
    declared = _names(manifest, "mount")
    for name, mount in mounts.items():
        host_path = mount.get("host_path") if isinstance(mount, dict) and mount.get("type") == "host" else None
        if isinstance(host_path, str) and not host_path.startswith("/"):
            yield _error(
                "HOST_ABSOLUTE_PATH",
                ("mounts", name, "host_path"),
                f"The host path {shown(host_path)} is not absolute.",
                "Write a path that begins with '/'.",
            )
        if manifest is not None and name not in declared and ("mounts", name) not in bad:
            yield finding(
                "UNKNOWN_MOUNT",
                ("mounts", name),
                f"The manifest has no mount {shown(name)}; this one is ignored.",
                _did_you_mean(name, declared),
            )
    for name in declared:
        if name not in mounts:
            missing = finding(
                "MISSING_MOUNT",
                ("mounts",) if "mounts" in value else (),
                f"The mount {shown(name)} is not configured.",
                f"Say what stands behind {shown(name)}.",
            )
            yield replace(missing, missing=name)


def _settings(value: dict[str, Any], manifest: Any) -> Iterator[Finding]:
    settings = value.get("settings", {})
    if not isinstance(settings, dict):
        return
    declared = _names(manifest, "setting")
    for name, text in settings.items():
        path = ("settings", name)
        if name not in declared:
            yield finding(
                "UNKNOWN_SETTING",
                path,
                f"The manifest has no setting {shown(name)}; this one is ignored.",
                _did_you_mean(name, declared),
            )
        elif text == "":
            yield finding(
                "EMPTY_SETTING",
                path,
                f"The setting {shown(name)} is empty.",
                "Fill it in.",
                {BEST_PRACTICE},
                severity="advice",
            )
        elif declared[name].get("secret") is True:
            yield finding(
                "SECRET_IN_THE_OPEN",
                path,
                f"The value of the secret setting {shown(name)} stands here in the open.",
                "Keep the file private; a server moves the value to its secrets store.",
                {BEST_PRACTICE},
                severity="advice",
            )
    for name in declared:
        if settings.get(name) is None:
            missing = finding(
                "MISSING_SETTING",
                ("settings",) if "settings" in value else (),
                f"The setting {shown(name)} has no value.",
                f"Add a value for {shown(name)}.",
            )
            yield replace(missing, missing=name)


def _workspaces(
    value: dict[str, Any], manifest: Any, workspaces: Workspaces | None, bad: set[Path]
) -> Iterator[Finding]:
    section = value.get("output_workspaces", {})
    outputs = section.get("outputs", {}) if isinstance(section, dict) else None
    if not isinstance(section, dict) or not isinstance(outputs, dict):
        return
    default, place = section.get("default", ""), ("output_workspaces",)
    used: dict[str, Path] = {}
    for name, path in [
        (default, (*place, "default")),
        *((name, (*place, "outputs", output)) for output, name in outputs.items()),
    ]:
        if isinstance(name, str) and (name or path[1] == "outputs"):
            used.setdefault(name, path)
    yield from _known(used, workspaces)
    declared = _names(manifest, "file output")
    for output in outputs:
        if manifest is not None and output not in declared:
            yield finding(
                "UNKNOWN_OUTPUT",
                (*place, "outputs", output),
                f"The manifest has no file output {shown(output)}.",
                _did_you_mean(output, declared),
                {BEST_PRACTICE},
            )
    missing = [name for name in declared if name not in outputs]
    if missing and not default and (*place, "default") not in bad:
        names = ", ".join(shown(name) for name in missing)
        yield _error(
            "MISSING_WORKSPACE",
            place if "output_workspaces" in value else (),
            f"No workspace is given for the file outputs {names}.",
            "Give a default workspace, or one for each of them.",
        )


def _known(used: dict[str, Path], workspaces: Workspaces | None) -> Iterator[Finding]:
    for name, path in used.items():
        if not name:
            yield _error(
                "INVALID_WORKSPACE",
                path,
                "The name of the workspace is empty, and no workspace is called so.",
                "Name a workspace, or leave the output to the default.",
            )
        elif workspaces is not None and name not in workspaces:
            yield _error(
                "INVALID_WORKSPACE", path, f"There is no workspace {shown(name)}.", _did_you_mean(name, workspaces)
            )
        elif workspaces is not None and not workspaces[name]:
            yield finding(
                "DEPRECATED_WORKSPACE", path, f"The workspace {shown(name)} is no longer active.", "Use another one."
            )
    if workspaces is None and any(used):
        yield finding(
            "WORKSPACES_NOT_CHECKED",
            ("output_workspaces",),
            "The workspaces were not checked: none are known here.",
            hints.either(
                "Give jt.validate workspaces={name: is_active}, or tell a store of them by set_workspaces.",
                "Give validate --workspace NAME, once for each, or --store or --server; a store has them after a pull.",
            ),
        )


def _did_you_mean(name: str, known: Mapping[str, Any]) -> str:
    close = nearest(name, known)
    if close:
        return f"Did you mean {shown(close)}?"
    return f"Known: {', '.join(shown(other) for other in known)}." if known else ""
