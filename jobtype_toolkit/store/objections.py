"""What speaks against a wish: all that validation finds, and what only a creation or an edit is refused for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from jobtype_toolkit.parameters import is_storable
from jobtype_toolkit.plans import refused_for
from jobtype_toolkit.seed import document as documents
from jobtype_toolkit.seed.document import Document
from jobtype_toolkit.seed.findings import SCALE_CREATE, Finding, Validation, finding, shown
from jobtype_toolkit.seed.paths import Path, get
from jobtype_toolkit.seed.validator import validate_documents
from jobtype_toolkit.store.writing import Present

_GUARDED = ("manifest", "icon_code", "is_active", "max_scheduled", "configuration")
"""What an edit of a system job type may not set to anything (D26)."""
_STRUCTURE = ("MALFORMED_JSON", "INVALID_VERSION", "INVALID_CONFIGURATION", "INVALID_SETTING")
"""What a server does not look for in a configuration that it has stored already."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked for. `changes` are checked values; manifest and configuration are documents."""

    name: str
    version: str
    changes: Mapping[str, Any] = field(repr=False)
    replace: bool = False
    is_edit: bool = False

    def document(self, name: str) -> Document | None:
        """Return the manifest or the configuration where there is one to apply."""
        found = self.changes.get(name)
        is_empty = self.is_edit and found is not None and found.value == {} and not found.faults
        return None if is_empty else found


@dataclass(frozen=True, slots=True)
class Case:
    """A wish, what it was made for, and what it comes to; the fields are plain values."""

    wish: Wish
    seen: Present
    before: Mapping[str, Any] | None
    after: Mapping[str, Any]

    @property
    def is_system(self) -> bool:
        """Whether Scale itself ships the job type."""
        return bool(self.before and self.before["is_system"])


def objections(case: Case) -> Validation:
    """Return all findings; the errors are those for which the wish cannot be written."""
    found = _documents(case)
    found = replace(found, warnings=(*_recipes(case), *found.warnings))
    # a pre-release is not among them: the store holds and shows it, only a server cannot (D14)
    late = [one for one in found.warnings if SCALE_CREATE in one.rejected_by and one.name != "UNREACHABLE_VERSION"]
    return refused_for(found, [*late, *_refusals(case)])


def _documents(case: Case) -> Validation:
    """Validate what is given, and how the configuration fits the manifest, whichever of them is new."""
    new, configuration = case.wish.document("manifest"), case.wish.document("configuration")
    is_stored = configuration is None
    if configuration is None and case.after["configuration"] is not None:
        configuration = documents.plain(case.after["configuration"])
    if new is None and case.after["manifest"] is None:
        return Validation() if is_stored else Validation((_MANIFEST_UNKNOWN,))
    found = validate_documents(
        new or documents.plain(case.after["manifest"]),
        configuration,
        workspaces=case.seen.workspaces,
        docker_image=case.wish.changes.get("docker_image") if new else None,
        edit=case.wish.is_edit,
    )
    if new is None:
        found = replace(
            found,
            errors=tuple(one for one in found.errors if one.document == "configuration"),
            warnings=tuple(one for one in found.warnings if one.document == "configuration"),
        )
    if is_stored:
        passed = tuple(one for one in found.errors if one.document == "configuration" and one.name in _STRUCTURE)
        errors = tuple(one for one in found.errors if one not in passed)
        found = replace(found, errors=errors, warnings=(*passed, *found.warnings))
    return found


def _refusals(case: Case) -> Iterator[Finding]:
    """Yield what is refused although both documents are fine."""
    wish = case.wish
    if case.before and not wish.is_edit and not wish.replace:
        yield _refusal(
            "JOB_TYPE_EXISTS",
            ("job", "jobVersion"),
            f"{wish.name} {wish.version} exists already.",
            "Raise jobVersion, or say replace=True to edit it.",
        )
    refused = [name for name in _GUARDED if case.is_system and _is_set(wish.changes.get(name))]
    if refused:
        yield _refusal(
            "SYSTEM_JOB_TYPE",
            (),
            f"You can only modify the is_paused field for a System Job, not {', '.join(refused)}.",
            "Leave it to Scale.",
        )
    yield from _mismatches(wish)
    for name in ("manifest", "configuration"):
        document = wish.document(name)
        if document is not None and not is_storable(document.value):
            sentence = f"A text of the {name} has a NUL or half a character, which no database holds."
            yield _refusal("UNSTORABLE_TEXT", (), sentence, "Take it out.")


def _mismatches(wish: Wish) -> Iterator[Finding]:
    """Find a manifest that is another job type's (D24); one that lacks a name has that against it already."""
    document = wish.document("manifest")
    if document is None or not wish.is_edit:
        return
    for member, what in (("name", "name"), ("jobVersion", "version")):
        inside, outside = get(document.value, ("job", member)), getattr(wish, what)
        if isinstance(inside, str) and inside != outside:
            yield _refusal(
                "JOB_TYPE_MISMATCH",
                ("job", member),
                f"The manifest's {what} {shown(inside)} is not that of the job type, {shown(outside)}.",
                f"Write {shown(outside)}, or add the manifest as a job type of its own.",
            )


def _recipes(case: Case) -> Iterator[Finding]:
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
    """Whether v6 takes a value for a wish: what is empty it ignores."""
    return bool(value.value if isinstance(value, Document) else value)
