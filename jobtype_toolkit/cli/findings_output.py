"""What `validate` found, in three forms: for people, for programs, and for GitHub's annotations."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from jobtype_toolkit.display.cells import safe
from jobtype_toolkit.hints import counted
from jobtype_toolkit.seed.findings import by_severity

if TYPE_CHECKING:
    from jobtype_toolkit.seed.findings import Finding

Report = Literal["text", "json", "github"]
_LEVELS = {"error": "error", "warning": "warning", "advice": "notice"}


@dataclass(frozen=True, slots=True)
class Checked:
    """What came of one manifest: its findings, or why it could not be read."""

    name: str
    findings: Sequence[Finding] = ()
    applied: Sequence[str] = ()
    """The fixes that were made."""
    unreadable: str = ""
    fix: Literal["safe", "all"] | None = None
    """Which fixes were asked for."""

    def count(self, *severities: str) -> int:
        """Return how many findings have one of the severities."""
        return sum(found.severity in severities for found in self.findings)


def _place(one: Checked, found: Finding, config: Path | None) -> str:
    return str(config) if found.document == "configuration" and config else one.name


def as_text(results: Sequence[Checked], config: Path | None) -> str:
    """Return one line per finding, as compilers write them, and a summary."""
    lines = []
    for one in results:
        lines += [f"{one.name}: fixed: {title}" for title in one.applied]
        lines += [f"{_place(one, found, config)}:{'' if found.line else ' '}{found}" for found in one.findings]
    return "".join(f"{safe(line)}\n" for line in [*lines, _summary(results)])


def _summary(results: Sequence[Checked]) -> str:
    read = [one for one in results if not one.unreadable]
    bad = sum(bool(one.count("error")) for one in read)
    told = [
        f"{counted(len(read), 'manifest')}: {len(read) - bad:,} without errors, {bad:,} with",
        by_severity(found.severity for one in read for found in one.findings),
    ]
    told += _fixes(read)
    if len(results) > len(read):
        told.append(f"{counted(len(results) - len(read), 'file')} could not be read")
    return "; ".join(told) + "."


def _fixes(read: Sequence[Checked]) -> Iterator[str]:
    """Yield how many fixes were made, and how many can be made in addition."""
    asked = next((one.fix for one in read if one.fix), None)
    fixable = Counter(found.fix.safe for one in read for found in one.findings if found.fix)
    if asked:
        yield f"{counted(sum(len(one.applied) for one in read), 'fix', 'fixes')} applied"
    if fixable and asked == "safe":
        yield f"--fix --unsafe applies up to {fixable.total():,} more"
    elif fixable and asked:
        yield f"{fixable.total():,} left out, since somebody would refuse what they make"
    elif fixable:
        yield f"--fix applies {counted(fixable[True], 'fix', 'fixes')}, --fix --unsafe {fixable.total():,}"


def as_json(results: Sequence[Checked], config: Path | None) -> str:
    """Return an array with one object per manifest."""
    made = [
        {
            "file": one.name,
            "unreadable": one.unreadable or None,
            "errors": one.count("error"),
            "warnings": one.count("warning"),
            "advice": one.count("advice"),
            "applied": list(one.applied),
            "findings": [
                {
                    "file": _place(one, found, config),
                    "line": found.line,
                    "column": found.column,
                    "severity": found.severity,
                    "name": found.name,
                    "description": found.description,
                    "suggestion": found.suggestion,
                    "document": found.document,
                    "path": found.path,
                    "rejected_by": sorted(found.rejected_by),
                    "fix": {"title": found.fix.title, "safe": found.fix.safe} if found.fix else None,
                }
                for found in one.findings
            ],
        }
        for one in results
    ]
    return json.dumps(made, indent=2) + "\n"


def as_github(results: Sequence[Checked], config: Path | None) -> str:
    """Return workflow commands, which GitHub shows beside the lines of a pull request."""
    lines = []
    for one in results:
        for found in one.findings:
            marks = {"file": _place(one, found, config), "line": found.line, "col": found.column, "title": found.name}
            named = ",".join(f"{key}={_escaped(str(value), ':,')}" for key, value in marks.items() if value is not None)
            message = f"{found.description} {found.suggestion}".rstrip() + f" [{found.path}]"
            lines.append(f"::{_LEVELS[found.severity]} {named}::{_escaped(message)}")
    return "".join(f"{safe(line)}\n" for line in [*lines, _summary(results)])


def _escaped(text: str, more: str = "") -> str:
    for one in f"%\r\n{more}":
        text = text.replace(one, f"%{ord(one):02X}")
    return text


REPORTS: Mapping[Report, Callable[[Sequence[Checked], Path | None], str]] = {
    "text": as_text,
    "json": as_json,
    "github": as_github,
}
