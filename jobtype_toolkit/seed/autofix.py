"""Applying fixes: one, or all safe ones."""

from jobtype_toolkit.errors import InvalidManifest
from jobtype_toolkit.seed.findings import ERRORS, Finding
from jobtype_toolkit.seed.fixes import Fix
from jobtype_toolkit.seed.json.document import Document, parse
from jobtype_toolkit.seed.manifest import Manifest
from jobtype_toolkit.seed.validator import manifest_findings


def apply(manifest: Manifest, fix: Fix) -> Manifest:
    """Return the manifest with one fix applied; the given one stays as it is.

    Raises `InvalidPath` if the fix belongs to another manifest.
    """
    if fix.text is not None:
        return Manifest.of(parse(fix.text))
    copy = manifest.copy()
    value = copy.data
    for change in fix.changes:
        value = change.apply(value)
    return copy if value is copy.data else Manifest.read(value)


def fixed(document: Document | None) -> Manifest:
    """Return the manifest with all safe fixes applied. A fix that makes somebody refuse it is left out.

    Raises `InvalidManifest` if there is no manifest to fix.
    """
    if document is None:
        raise InvalidManifest("there is no manifest to fix; this validation came from a server")
    manifest = Manifest.of(document).copy()
    applied = ["$: remove the byte order mark"] if document.faults else []
    while True:
        found = manifest_findings(manifest.as_document())
        safe = [each for each in found if each.fix and each.fix.safe]
        # All at once, and one by one only if that does harm.
        better, made = _improved(manifest, found, safe)
        if not made:
            better, made = next(
                ((b, m) for b, m in (_improved(manifest, found, [each]) for each in safe) if m), (manifest, [])
            )
        if not made:
            return Manifest(manifest.as_document(), applied=tuple(applied))
        manifest, applied = better, applied + made


def _improved(manifest: Manifest, found: list[Finding], chosen: list[Finding]) -> tuple[Manifest, list[str]]:
    """Apply fixes together; return the result and what was done, or the manifest as it is if somebody minds."""
    copy = manifest.copy()
    for each in chosen:
        for change in each.fix.changes if each.fix else ():
            change.apply(copy.data)
    if _refusing(manifest_findings(copy.as_document())) <= _refusing(found):
        return copy, [f"{each.path}: {each.fix.title}" for each in chosen if each.fix]
    return manifest, []


def _refusing(found: list[Finding]) -> set[str]:
    return {mark for each in found for mark in each.rejected_by if mark in ERRORS}
