"""Applying fixes to a manifest: all safe ones, all, or those of chosen findings."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Literal

from jobtype_toolkit.errors import InvalidParameter
from jobtype_toolkit.seed.findings import ERRORS, Finding
from jobtype_toolkit.seed.json import document as documents
from jobtype_toolkit.seed.json.document import Document
from jobtype_toolkit.seed.manifest import Manifest

Check = Callable[[Document], list[Finding]]
_MOST = 2000
"""At most this many fixes that are not safe are applied."""


def fixed(document: Document, check: Check, which: Literal["safe", "all"] | Finding | Iterable[Finding]) -> Manifest:
    """Return the manifest with fixes applied; with "safe" and "all", not those that would make someone refuse it.

    Args:
        document: the manifest; it is not changed.
        check: finds everything in a manifest; it is asked again after each fix, as one may make another needless.
        which: "safe", "all", or findings, whose fixes are applied in that order.

    Raises:
        InvalidParameter: another word, or a finding without a fix.
        InvalidManifest: the document cannot be read at all, or is no object.
    """
    if which == "safe":
        return _safe(document, check)
    if which == "all":
        made, applied = _all(document, check)
    elif isinstance(which, str):
        msg = f"fixed({which!r}): give 'safe', 'all' or findings"
        raise InvalidParameter(msg)
    else:
        made, applied = _chosen(document, check, [which] if isinstance(which, Finding) else list(which))
    return Manifest(Manifest.of(made).as_document(), applied=tuple(applied))


def _safe(document: Document, check: Check) -> Manifest:
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
    return copy, [_told(found) for found in chosen]


def _all(document: Document, check: Check) -> tuple[Document, list[str]]:
    """Apply one fix after the other, safe ones first, until none is left that does no harm and leads to something new."""
    applied: list[str] = []
    useless: set[str] = set()
    seen_texts: set[str] = set()
    findings = check(document)
    for _ in range(_MOST):
        fixable = [found for found in findings if found.fix and _key(found) not in useless]
        if not fixable:
            break
        found = min(fixable, key=lambda one: not (one.fix and one.fix.safe))
        after = _after(document, found)
        remaining = check(after)
        text = after.text or repr(after.value)
        if text in seen_texts or not _refusing(remaining) <= _refusing(findings):
            useless.add(_key(found))
            continue
        seen_texts.add(text)
        document, findings = after, remaining
        applied.append(_told(found))
    return document, applied


def _chosen(document: Document, check: Check, chosen: Sequence[Finding]) -> tuple[Document, list[str]]:
    """Apply the fixes of the findings; one that is no longer there was settled by another one's."""
    applied: list[str] = []
    for wanted in chosen:
        if wanted.fix is None:
            msg = f"{wanted.name} at {wanted.path} has no fix; choose findings whose `fix` is not None"
            raise InvalidParameter(msg)
        found = _present(wanted, check(document))
        if found is not None and found.fix:
            document = _after(document, found)
            applied.append(_told(found))
    return document, applied


def _present(wanted: Finding, findings: Iterable[Finding]) -> Finding | None:
    """Return the finding as it is now, after what was fixed before."""
    same = [found for found in findings if (found.name, found.path) == (wanted.name, wanted.path)]
    return next((found for found in same if found.description == wanted.description), same[0] if same else None)


def _after(document: Document, found: Finding) -> Document:
    """Return a document of its own with the finding's fix applied."""
    fix = found.fix
    if fix is None:
        return document
    if fix.text is not None:
        return documents.parse(fix.text)
    copy = Manifest(document.sound()).as_document()
    value = copy.value
    for change in fix.changes:
        value = change.apply(value)
    return Manifest(copy).as_document() if value is copy.value else documents.parse(documents.plain(value).written())


def _key(found: Finding) -> str:
    return f"{_told(found)}: {found.description}"


def _told(found: Finding) -> str:
    return f"{found.path}: {found.fix.title if found.fix else ''}"


def _refusing(findings: list[Finding]) -> set[str]:
    return {mark for found in findings for mark in found.rejected_by if mark in ERRORS}
