"""Applying fixes: one, or all safe ones."""

from __future__ import annotations

from collections.abc import Callable

from jobtype_toolkit.seed.findings import ERRORS, Finding
from jobtype_toolkit.seed.fixes import Fix
from jobtype_toolkit.seed.json.document import Document, parse
from jobtype_toolkit.seed.manifest import Manifest

Check = Callable[[Document], list[Finding]]


def apply(manifest: Manifest, fix: Fix) -> Manifest:
    """Return a copy of the manifest with one fix applied.

    Raises:
        InvalidPath: the fix belongs to another manifest.
    """
    if fix.text is not None:
        return Manifest.of(parse(fix.text))
    copy = manifest.copy()
    value = copy.data
    for change in fix.changes:
        value = change.apply(value)
    return copy if value is copy.data else Manifest.read(value)


def fixed(document: Document, check: Check) -> Manifest:
    """Return the manifest with all safe fixes applied, except those that would make someone refuse it.

    Args:
        document: the manifest; it is not changed.
        check: finds everything in a manifest; it is asked again after each round of fixes.

    Raises:
        InvalidManifest: the document cannot be read at all, or is no object.
    """
    manifest = Manifest.of(document).copy()
    applied = ["$: remove the byte order mark"] if document.faults else []
    while True:
        findings = check(manifest.as_document())
        safe = [found for found in findings if found.fix and found.fix.safe]
        # All at once, and one by one only if that does harm.
        attempts = ([*safe], *([found] for found in safe))
        better = next(filter(None, (_improved(manifest, findings, chosen, check) for chosen in attempts)), None)
        if better is None:
            return Manifest(manifest.as_document(), applied=tuple(applied))
        manifest, made = better
        applied += made


def _improved(
    manifest: Manifest, findings: list[Finding], chosen: list[Finding], check: Check
) -> tuple[Manifest, list[str]] | None:
    """Return the manifest with the chosen fixes applied and what they were; None if nothing was or somebody minds."""
    copy = manifest.copy()
    for found in chosen:
        for change in found.fix.changes if found.fix else ():
            change.apply(copy.data)
    if not chosen or not _refusing(check(copy.as_document())) <= _refusing(findings):
        return None
    return copy, [f"{found.path}: {found.fix.title}" for found in chosen if found.fix]


def _refusing(findings: list[Finding]) -> set[str]:
    return {mark for found in findings for mark in found.rejected_by if mark in ERRORS}
