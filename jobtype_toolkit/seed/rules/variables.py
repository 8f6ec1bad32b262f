"""Advice about variables: what the command uses, what is declared, and what had better stay secret."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

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
_STANDARD_VARIABLES = frozenset({OUTPUT_DIR, "HOME", "PATH", "PWD", "HOSTNAME", "USER"})


def setting_findings(manifest: Any, uses: list[Use]) -> Iterator[Finding]:
    """Yield settings that look like secrets and are not marked as such."""
    for use in uses:
        if use.section == "setting" and _SECRET_WORD.search(use.variable):
            item = get(manifest, use.path[:-1])
            if item.get("secret") is not True:
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
    for name in sorted(used - {*declared, *allocated, *_STANDARD_VARIABLES})[:_MANY]:
        own = re.search(rf"\b{re.escape(name)}=|\b(?:for|read) {re.escape(name)}\b", command)
        if not own:
            yield _undeclared(name, declared)
    meant = {name.upper().replace("-", "_") for name in used}
    for variable, use in declared.items():
        if use.section != "setting" and variable not in meant:
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


def _undeclared(name: str, declared: dict[str, Use]) -> Finding:
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
    return advice(
        "UNDECLARED_VARIABLE",
        COMMAND,
        f"The command uses {shown(name)}, which no input and no setting declares.",
        "Declare it, or correct the name.",
        severity="warning",
    )
