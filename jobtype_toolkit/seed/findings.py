"""The answer of a validation: findings, each with its place, its remedy and who would refuse the document for it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from jobtype_toolkit.errors import InvalidManifest
from jobtype_toolkit.hints import counted
from jobtype_toolkit.seed.fixes import Fix
from jobtype_toolkit.seed.json.document import Document
from jobtype_toolkit.seed.json.paths import Path, show
from jobtype_toolkit.seed.manifest import Manifest
from jobtype_toolkit.seed.text import clipped

Severity = Literal["error", "warning", "advice"]

SCHEMA = "schema"
SCALE = "Scale"
SEED_CLI = "seed-cli"
SCALE_CREATE = "Scale create"
SEED_CLI_STRICT = "seed-cli -w"
BEST_PRACTICE = "best practice"

EVERYONE = frozenset({SCHEMA, SCALE, SEED_CLI})
ERRORS = frozenset({SCHEMA, SCALE, SEED_CLI, SCALE_CREATE})
"""A finding with one of these marks is an error."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that validation found.

    `name` is v6's code if v6 has one. `path` leads into the manifest, or into the configuration if `document` says so;
    `line` and `column` count from 1 and are None for values that did not come from text. `rejected_by` holds the marks
    of those who refuse the document for it; it is empty for v6's own warnings, which refuse nothing.
    """

    name: str
    description: str
    severity: Severity = "error"
    path: str = "$"
    line: int | None = None
    column: int | None = None
    suggestion: str = ""
    rejected_by: frozenset[str] = frozenset()
    fix: Fix | None = None
    document: Literal["manifest", "configuration"] = "manifest"
    steps: Path = field(default=(), repr=False)
    rank: tuple[int, ...] = field(default=(), repr=False, compare=False)
    """Where it stands among the places of its document."""
    at_key: bool = field(default=False, repr=False)
    missing: str = field(default="", repr=False)
    """The member that the object at the path lacks."""
    part: str = field(default="", repr=False)
    """The part of the text at the path that is meant, such as a variable of the command; its first place counts."""
    file: str = field(default="", repr=False, compare=False)
    """The file that it is in, if the document was read from one."""

    def __str__(self) -> str:
        """Return the finding on one line, as a compiler would."""
        place = f"{self.line}:{self.column}: " if self.line else ""
        path = self.path if self.document == "manifest" else f"configuration {self.path}"
        remedy = f" {self.suggestion}" if self.suggestion else ""
        mark = f" ({self.fixable})" if self.fix else ""
        return f"{place}{self.severity}: {self.name}: {self.description}{remedy} [{path}]{mark}"

    @property
    def in_file(self) -> str:
        """The finding on one line, beginning with the name of its file if it has a place in one."""
        return f"{self.file}:{self}" if self.file and self.line else str(self)

    @property
    def fixable(self) -> str:
        """Whether a machine can apply the remedy: "safe fix", "fix", or nothing."""
        return "" if self.fix is None else "safe fix" if self.fix.safe else "fix"


def finding(
    name: str,
    path: Path,
    description: str,
    suggestion: str = "",
    marks: Iterable[str] = (),
    *,
    severity: Severity = "warning",
    fix: Fix | None = None,
    at_key: bool = False,
) -> Finding:
    """Return a finding without line and column, which `located` adds at the end of a validation.

    Args:
        name: its code.
        path: where it is in the document.
        description: what is wrong, in a sentence.
        suggestion: what to do.
        marks: who refuses the document for it; with one of `ERRORS` it is an error.
        severity: otherwise.
        fix: the remedy, if a machine can apply it.
        at_key: whether its place is the member's key rather than its value.
    """
    rejected_by = frozenset(marks)
    return Finding(
        name,
        clipped(description),
        "error" if rejected_by & ERRORS else severity,
        show(path),
        suggestion=clipped(suggestion),
        rejected_by=rejected_by,
        fix=fix,
        steps=path,
        at_key=at_key,
    )


def advice(
    name: str,
    path: Path,
    description: str,
    suggestion: str = "",
    *,
    severity: Severity = "advice",
    fix: Fix | None = None,
) -> Finding:
    """Return a finding of good practice."""
    return finding(name, path, description, suggestion, {BEST_PRACTICE}, severity=severity, fix=fix)


def located(findings: Iterable[Finding], document: Document) -> list[Finding]:
    """Return the findings with their place among all, and their lines and columns if the document has a text."""
    if not document.text:
        return [replace(found, rank=document.rank(found.steps)) for found in findings]
    return [_placed(found, document) for found in findings]


def _placed(found: Finding, document: Document) -> Finding:
    line, column = found.line, found.column
    if line is None or column is None:
        line, column = document.place(found.steps, key=found.at_key, part=found.part) or (1, 1)
    return replace(found, line=line, column=column, rank=(line, column), file=document.file)


_UNCHECKED = "WORKSPACES_NOT_CHECKED"


def workspaces_unchecked(validation: Validation, why: str, remedy: str) -> Validation:
    """Return the validation with its warning that workspaces were not checked, if it has one, saying why and what helps."""
    told = {"description": f"The workspaces were not checked: {why}.", "suggestion": remedy}
    warnings = (replace(one, **told) if one.name == _UNCHECKED else one for one in validation.warnings)  # type: ignore[arg-type]
    return replace(validation, warnings=tuple(warnings))


def workspaces_checked(validation: Validation) -> Validation:
    """Return the validation without the warning that workspaces were not checked."""
    return replace(validation, warnings=tuple(one for one in validation.warnings if one.name != _UNCHECKED))


def by_severity(severities: Iterable[str]) -> str:
    """Return how many findings have each severity: `1 error, 0 warnings, 3 advice`."""
    found = Counter(severities)
    return f"{counted(found['error'], 'error')}, {counted(found['warning'], 'warning')}, {found['advice']:,} advice"


@dataclass(frozen=True, slots=True)
class Validation:
    """The answer of a validation, in v6's words.

    `errors` are the findings for which the target refuses the manifest, the first one in the server's own order first;
    everything else is in `warnings`, each with its severity: v6's own warnings in v6's order, then the rest by place.
    """

    errors: tuple[Finding, ...] = ()
    warnings: tuple[Finding, ...] = ()
    _repair: Callable[[Any], Manifest] | None = field(default=None, repr=False, compare=False)

    @property
    def is_valid(self) -> bool:
        """Whether the target (a Scale server, unless `validate` was asked for another) accepts it."""
        return not self.errors

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All findings in the order of the file: those of the manifest by place, then those of the configuration."""
        return tuple(sorted(self.errors + self.warnings, key=lambda found: (found.document != "manifest", found.rank)))

    @property
    def rejected_by(self) -> frozenset[str]:
        """The marks of everyone who would refuse something, such as `schema`, `Scale`, `seed-cli`, `Scale create`."""
        return frozenset(mark for found in self.findings for mark in found.rejected_by)

    def fixed(self, which: Literal["safe", "all"] | Finding | Iterable[Finding] = "safe") -> Manifest:
        """Return a new manifest with fixes applied; its `applied` says which.

        With "safe" and "all" a fix is left out if it would make someone refuse a manifest that they accept now.

        Args:
            which: "safe": what has one obvious result and changes no meaning; "all": also what somebody should look at
                afterwards, such as a placeholder for a missing title; or findings, such as some of this validation's.

        Raises:
            InvalidParameter: another word, or a finding without a fix.
            InvalidManifest: the document cannot be read at all or is no object, or this validation came from a server.
        """
        if self._repair is None:
            msg = "there is no manifest to fix; this validation came from a server"
            raise InvalidManifest(msg)
        return self._repair(which)

    def as_dict(self) -> dict[str, Any]:
        """Return what a v6 server answers: `is_valid`, `errors` and `warnings` with `name` and `description`."""
        return {
            "is_valid": self.is_valid,
            "errors": [{"name": found.name, "description": found.description} for found in self.errors],
            "warnings": [{"name": found.name, "description": found.description} for found in self.warnings],
        }

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.findings)

    def __len__(self) -> int:
        return len(self.errors) + len(self.warnings)

    def __bool__(self) -> bool:
        """Return True: a validation without findings is a value too; `is_valid` is the verdict."""
        return True

    def __str__(self) -> str:
        """Return a verdict and all findings, one per line."""
        return "\n".join([self.verdict, *map(str, self.findings)])

    @property
    def verdict(self) -> str:
        """The verdict and the numbers of findings, in a line."""
        is_refused = any(one.severity == "error" for one in self.warnings)
        verdict = "not valid" if self.errors else "valid, though others refuse it" if is_refused else "valid"
        return f"{verdict}: {by_severity(one.severity for one in self.findings)}"

    __repr__ = __str__

    def _repr_html_(self) -> str:
        from jobtype_toolkit.display.html import render  # the one that shows is above what is shown

        return render("validation.html", validation=self)
