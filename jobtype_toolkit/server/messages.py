"""What v6 says of findings: its own sentences if they are stable, the toolkit's if v6 dumps schema and instance.

Clients may show these texts and must not parse them: v6 promises no wording. They are v6's so that tests of clients see them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from jobtype_toolkit.seed.findings import SCALE, Finding, Validation
from jobtype_toolkit.seed.json.paths import get
from jobtype_toolkit.seed.rules.configuration import WARNINGS
from jobtype_toolkit.seed.sections import SECTIONS, items

DEPRECATED_RECIPES = "DEPRECATED_RECIPES"
_QUOTED = re.compile(r'"([^"]*)"')
_SENTENCES: Mapping[str, str] = {
    "NAME_COLLISION_ERROR": "Collisions are not allowed between reserved keywords, resources, settingsand input names.",
    "DUPLICATE_MOUNT_NAMES": "Mount names must be unique.",
    "DUPLICATE_ERROR_NAMES": "Error names must be unique.",
    "SYSTEM_JOB_TYPE": "You can only modify the is_paused field for a System Job",
    "RESERVED_JOB_NAME": 'Unable to create job type named "validation"',
    "UNKNOWN_MOUNT": "Unknown mount '{name}' ignored",
    "MISSING_MOUNT": "Missing configuration for mount '{name}'",
    "UNKNOWN_SETTING": "Unknown setting '{name}' ignored",
    "MISSING_SETTING": "Missing configuration for setting '{name}'",
    "NONSTANDARD_RESOURCE": "'{name}' is not a standard resouce. This job type might not be schedulable.",
    "DEPRECATED_WORKSPACE": "Workspace '{value}' is deprecated",
    "INVALID_WORKSPACE": "No workspace named '{value}'",
    "INVALID_VERSION": "Invalid configuration version: {value}",
    "HOST_ABSOLUTE_PATH": "Host mount {mount} must use an absolute host path",
    "INVALID_MOUNT_PATH": "{mount} mount must have an absolute path",
    "JSON_VALIDATION_ERROR": "Error validating against schema: {own}",
    "INVALID_CONFIGURATION": "Invalid configuration: {own}",
}
_STRUCTURE = ("MALFORMED_JSON", "INVALID_VERSION", "INVALID_CONFIGURATION", "INVALID_SETTING")


class Messages:
    """Says findings in v6's words, given the documents that they are about."""

    def __init__(self, manifest: Any, configuration: Any) -> None:
        """Take the documents as they were sent."""
        self._manifest = manifest
        self._configuration = configuration

    def sentence(self, found: Finding) -> str:
        """Return what v6 says of a finding."""
        named = {"MISSING_WORKSPACE": self._missing_workspaces, "JOB_TYPE_MISMATCH": self._mismatch}
        if found.name in named:
            return named[found.name](found)
        sentence = _SENTENCES.get(found.name, "{own}")
        root = self._manifest if found.document == "manifest" else self._configuration
        quoted = _QUOTED.search(found.description)
        return sentence.format(
            own=found.description,
            name=quoted[1] if quoted else "",
            value=get(root, found.steps) if found.steps else "",
            mount=self._mount(found),
        )

    def _mount(self, found: Finding) -> Any:
        """Return the name of the mount that a finding is about: a member in the manifest, a key in the configuration."""
        if found.document == "manifest":
            return get(self._manifest, (*found.steps[:-1], "name"))
        return found.steps[1] if len(found.steps) > 1 else ""

    def _missing_workspaces(self, _: Finding) -> str:
        given = get(self._configuration, ("output_workspaces", "outputs"))
        names = [one.get("name") for _, one in items(self._manifest, SECTIONS["file output"])]
        missing = [str(name) for name in names if not isinstance(given, dict) or name not in given]
        return f"Missing workspace for outputs '[{_python2(missing)}]'"

    def _mismatch(self, found: Finding) -> str:
        inside = get(self._manifest, found.steps)
        what = "name" if found.steps[-1] == "name" else "version"
        outside = _QUOTED.findall(found.description)[-1]
        return f"Manifest {what} {inside} does not match current Job Type {what} {outside}."

    def refusal(self, found: Finding, *, is_edit: bool) -> str:
        """Return the detail of a 400: only a creation says that the configuration is what is wrong."""
        prefix = "Seed Manifest invalid: " if found.document == "manifest" and SCALE in found.rejected_by else ""
        if found.document == "configuration" and not is_edit:
            prefix = "Job type configuration invalid: "
        return prefix + self.sentence(found)

    def body(self, validation: Validation) -> dict[str, Any]:
        """Return the body of the validation service: one error, which hides all warnings, or the warnings (D19)."""
        errors = [self._entry(one) for one in validation.errors[:1]]
        known = [one for one in validation.warnings if one.name in WARNINGS]
        return {
            "is_valid": not errors,
            "errors": errors,
            "warnings": [] if errors else [self._entry(one) for one in known],
        }

    def _entry(self, found: Finding) -> dict[str, str]:
        return {"name": found.name, "description": self.sentence(found)}


def is_early(found: Finding) -> bool:
    """Whether a server finds it before it looks for unknown fields: the manifest's rules, the configuration's schema."""
    if found.document == "manifest":
        return SCALE in found.rejected_by
    return found.name in _STRUCTURE


def edited(validation: Validation, recipes: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the body of an edit: always valid, at most one warning (D23)."""
    warned = any(one.name == DEPRECATED_RECIPES for one in validation.warnings)
    names = [str(one.get("name")) for one in recipes if one.get("is_active") is not False]
    sentence = f"The following recipes were deprecated as a result of deprecating this job type: [{_python2(names)}] "
    return {
        "is_valid": True,
        "errors": [],
        "warnings": [{"name": DEPRECATED_RECIPES, "description": sentence}] if warned else [],
    }


def _python2(names: Iterable[str]) -> str:
    return ", ".join(f"u'{name}'" for name in names)


_ORDER_OF_FIELDS = (
    "is_paused",
    "max_scheduled",
    "icon_code",
    "auto_update",
    "is_active",
    "manifest",
    "configuration",
    "docker_image",
    "is_published",
)
"""The order in which Scale's Python prints its set of fields."""


def unknown_field(name: str, known: Iterable[str]) -> str:
    """Return what v6 says of a field that it does not take."""
    fields = [one for one in _ORDER_OF_FIELDS if one in set(known)]
    return f"{name} is not a valid field. Valid fields are: set([{_python2(fields)}])"
