"""Advice about variables: what the command uses, what is declared, and what had better stay secret."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from jobtype_toolkit.hints import nearest
from jobtype_toolkit.seed import fixes
from jobtype_toolkit.seed.findings import Finding, advice
from jobtype_toolkit.seed.json.paths import get
from jobtype_toolkit.seed.rules.names import ALLOCATED, OUTPUT_DIR, VARIABLES, Use
from jobtype_toolkit.seed.sections import COMMAND
from jobtype_toolkit.seed.text import shown

_VARIABLE = re.compile(r"\$(?:\{([A-Za-z0-9_.-]+)(:?[-=+?][^}]*)?\}|([A-Za-z_][A-Za-z0-9_]*))")
_DEFAULT = re.compile(r":?[-=].")
_SECRET_WORD = re.compile(r"KEY|TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIAL")
_MANY = 100
"""At most this many undeclared variables are reported."""
_UNCLOSED = re.compile(r"\$\{([A-Za-z0-9_.-]+)(?=[\s/\"'$,;]|\Z)(?!(?:[^}$]|\$(?!\{))*\})")
_ENVIRONMENT = frozenset({"HOME", "PATH", "PWD", "HOSTNAME", "USER", "SHELL", "TMPDIR", "LANG", "LD_LIBRARY_PATH"})
"""Variables that programs rely on."""
_STANDARD_VARIABLES = frozenset({OUTPUT_DIR, *_ENVIRONMENT})


def setting_findings(manifest: Any, uses: list[Use]) -> Iterator[Finding]:
    """Yield settings that look like secrets and are not marked as such, and names of variables that programs rely on."""
    for use in uses:
        if use.section in VARIABLES and use.variable in _ENVIRONMENT:
            yield advice(
                "STANDARD_VARIABLE",
                use.path,
                f"The {use} replaces the variable {use.variable}, which programs rely on.",
                f"Give it another name, such as {shown('JOB_' + use.variable)}.",
                severity="warning",
            )
        if use.section == "setting" and _SECRET_WORD.search(use.variable):
            item = get(manifest, use.path[:-1])
            if item.get("secret", False) is False:  # what is no boolean is told elsewhere
                yield advice(
                    "SECRET_SETTING",
                    use.path[:-1],
                    f"The setting {shown(use.name)} looks like a secret and is not marked as one.",
                    'Add "secret": true, unless it is not one.',
                    severity="warning",
                    fix=fixes.setting((*use.path[:-1], "secret"), True, 'add "secret": true'),
                )


def command_findings(manifest: Any, uses: list[Use]) -> Iterator[Finding]:
    """Compare the variables of the command with what is declared, both ways."""
    command = get(manifest, COMMAND)
    if not isinstance(command, str):
        return
    declared = {use.variable: use for use in uses if use.section in VARIABLES}
    allocated = {ALLOCATED + use.variable for use in uses if use.section == "resource"}
    used = {match[1] or match[3] for match in _VARIABLE.finditer(command)}
    yield from _open_secrets(manifest, command, declared)
    yield from _unclosed(command)
    others = {use.variable: use for use in uses if use.section not in VARIABLES}
    known = {*declared, *allocated, OUTPUT_DIR}
    for name in sorted(used - {*declared, *allocated, *_STANDARD_VARIABLES})[:_MANY]:
        own = re.search(rf"\b{re.escape(name)}=|\b(?:for|read) {re.escape(name)}\b", command)
        if not own:
            yield _undeclared(name, declared, others, known, manifest)
    meant = {name.upper().replace("-", "_") for name in used}
    for variable, use in declared.items():
        if use.section != "setting" and variable not in meant and re.fullmatch(r"\w+", variable):
            yield advice(
                "UNUSED_INPUT",
                use.path,
                f"The command does not use the {use}.",
                f"Add ${{{variable}}} to the command, unless the job reads the variable itself.",
            )


def _open_secrets(manifest: Any, command: str, declared: dict[str, Use]) -> Iterator[Finding]:
    """Find secret settings with a default in the command, as in `${PIN:-1234}`. The default is not shown."""
    for name in dict.fromkeys(match[1] for match in _VARIABLE.finditer(command) if _DEFAULT.match(match[2] or "")):
        if name in declared and get(manifest, (*declared[name].path[:-1], "secret")) is True:
            yield advice(
                "SECRET_IN_COMMAND",
                COMMAND,
                f"The command gives the secret setting {shown(name)} a value in the open.",
                "Leave the value out and set it in the configuration.",
                severity="warning",
            )


def _unclosed(command: str) -> Iterator[Finding]:
    """Find a variable whose brace is not closed."""
    for match in _UNCLOSED.finditer(command):
        closed = f"{command[: match.end()]}}}{command[match.end() :]}"
        yield replace(
            advice(
                "UNCLOSED_VARIABLE",
                COMMAND,
                f"The brace of {shown(match[0])} is not closed.",
                f"Write {match[0]}}}.",
                severity="warning",
                fix=fixes.setting(COMMAND, closed, "close the brace"),
            ),
            part=match[0],
        )


def _undeclared(name: str, declared: dict[str, Use], others: dict[str, Use], known: set[str], manifest: Any) -> Finding:
    """Tell a variable that nothing declares: misspelt, of a mount or an output, or unknown."""
    found = _explained(name, declared, others, known, manifest)
    return replace(found, part=name)


def _explained(name: str, declared: dict[str, Use], others: dict[str, Use], known: set[str], manifest: Any) -> Finding:
    meant = name.upper().replace("-", "_").replace(".", "_")
    if meant in declared:
        return advice(
            "UNNORMALIZED_VARIABLE",
            COMMAND,
            f"The command uses {shown(name)}, but the variable of the {declared[meant]} is {meant}.",
            f"Write ${{{meant}}}.",
            severity="warning",
            fix=fixes.respelling(name, meant),
        )
    description, remedy = f"The command uses {shown(name)}, which no input and no setting declares.", None
    fix = None
    if meant in others and others[meant].section in {"mount", "file output", "JSON output"}:
        use = others[meant]
        description = f"The command uses {shown(name)}, but the {use} makes no variable."
        folder = get(manifest, (*use.path[:-1], "path"))
        remedy = "Write into ${OUTPUT_DIR}."
        if use.section == "mount":
            remedy = f"Write its path, {shown(folder)}." if isinstance(folder, str) else "Write its path."
    else:
        near = nearest(name, known, 0.75)
        if near:
            remedy = f"Did you mean ${{{near}}}?"
            fix = fixes.respelling(name, near)
    return advice(
        "UNDECLARED_VARIABLE",
        COMMAND,
        description,
        remedy or "Declare it, or correct the name.",
        severity="warning",
        fix=fix,
    )
