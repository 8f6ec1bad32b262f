"""Rules about names: Scale's environment variables, its unique mounts and errors, and seed-cli's one name space."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from jobtype_toolkit.seed import fixes
from jobtype_toolkit.seed.findings import SCALE, SEED_CLI, SEED_CLI_STRICT, Finding, finding
from jobtype_toolkit.seed.fixes import Change, Fix
from jobtype_toolkit.seed.json.paths import Path, get, show
from jobtype_toolkit.seed.sections import COMMAND, SECTIONS, items
from jobtype_toolkit.seed.text import shown

OUTPUT_DIR = "OUTPUT_DIR"
ALLOCATED = "ALLOCATED_"

VARIABLES = frozenset({"file input", "JSON input", "setting"})
"""The sections whose names Scale turns into environment variables."""
_UNIQUE = {"mount": "DUPLICATE_MOUNT_NAMES", "error": "DUPLICATE_ERROR_NAMES"}
_SUFFIX = {
    "file output": "-output",
    "JSON output": "-output",
    "mount": "-mount",
    "error": "-error",
    "resource": "-resource",
}


@dataclass(frozen=True, slots=True)
class Use:
    """One named item of the manifest."""

    section: str
    path: Path
    name: str

    @property
    def variable(self) -> str:
        """The name as Scale makes an environment variable of it."""
        return self.name.upper().replace("-", "_")

    def __str__(self) -> str:
        return f"{self.section} {shown(self.name)}"


def normalised(name: str) -> str:
    """Return the name as seed-cli normalises it: upper case, '_' for '-', everything else dropped."""
    return re.sub(r"[^A-Z0-9_]", "", name.upper().replace("-", "_"))


def uses(manifest: Any) -> list[Use]:
    """Return all named items, in the order of `SECTIONS`. Items of the wrong shape are left out."""
    return [
        Use(section, (*path, "name"), item["name"])
        for section, place in SECTIONS.items()
        for path, item in items(manifest, place)
        if isinstance(item.get("name"), str) and item["name"]
    ]


def _bare(variable: str) -> str:
    return variable if variable.isidentifier() else shown(variable)


def name_findings(manifest: Any, found: list[Use]) -> Iterator[Finding]:
    """Yield collisions, reserved names and names that seed-cli would write differently."""
    command = get(manifest, COMMAND)
    resources = [use for use in found if use.section == "resource"]
    scale = {ALLOCATED + use.variable: use for use in resources}
    seed_cli = {ALLOCATED + normalised(use.name) for use in resources}
    names = _Names(found, command)
    spaces: dict[str, dict[tuple[str, str], Use]] = {}
    for use in found:
        yield from _reserved(use, scale, seed_cli)
        name = normalised(use.name)
        earlier = spaces.setdefault(name, {})
        if earlier and name:
            yield _collision(use, list(earlier.values()), names)
        earlier.setdefault((use.section, use.name), use)
    yield from _not_normalised(manifest, command, found)


def _reserved(use: Use, scale: dict[str, Use], seed_cli: set[str]) -> Iterator[Finding]:
    """Find a name that an environment variable of the runtime already has; the two validators compare differently."""
    owner = scale.get(use.variable)
    refused_by_cli = use.name == OUTPUT_DIR or (use.section != "resource" and use.name.upper() in seed_cli)
    reason = f"the {owner} takes" if owner else "Seed reserves"
    if use.section in VARIABLES and (use.variable == OUTPUT_DIR or owner):
        yield finding(
            "NAME_COLLISION_ERROR",
            use.path,
            f"The {use} becomes the variable {_bare(use.variable)}, which {reason}.",
            "Rename it.",
            {SCALE, SEED_CLI} if refused_by_cli else {SCALE},
        )
    elif refused_by_cli:
        yield finding(
            "RESERVED_NAME",
            use.path,
            f"The {use} has a name that {reason}; seed-cli refuses it.",
            "Rename it.",
            {SEED_CLI},
        )


def _collision(use: Use, earlier: list[Use], names: _Names) -> Finding:
    """Tell a name that is already taken, by the strictest rule that it breaks."""
    if use.section == "resource" and any(other.section == "resource" for other in earlier):
        fix = Fix("remove the later one", changes=(Change("remove", use.path[:-1]),))
        suggestion = "Remove one of them, and keep the amount that the job needs."
    else:
        fix = names.another(use, earlier)
        suggestion = f"Rename one of them, for example to {shown(fix.changes[0].value)}."
    for other in earlier:
        same_section = use.section == other.section
        becomes_same = (use.section in VARIABLES and other.section in VARIABLES) or (
            same_section and use.section == "resource"
        )
        if becomes_same and use.variable == other.variable:
            variable = use.variable if use.section in VARIABLES else ALLOCATED + use.variable
            return finding(
                "NAME_COLLISION_ERROR",
                use.path,
                f"The {use} becomes the variable {_bare(variable)}, which the {other.section} at {show(other.path[:-1])} "
                "already uses.",
                suggestion,
                {SCALE, SEED_CLI},
                fix=fix,
            )
        if same_section and use.name == other.name and use.section in _UNIQUE:
            return finding(
                _UNIQUE[use.section],
                use.path,
                f"The {use} has the name of the {other.section} at {show(other.path[:-1])}.",
                suggestion,
                {SCALE, SEED_CLI},
                fix=fix,
            )
    other = earlier[0]
    return finding(
        "SHARED_NAME",
        use.path,
        f"The {use} shares its name with the {other.section} at {show(other.path[:-1])}, which seed-cli refuses.",
        suggestion,
        {SEED_CLI},
        fix=fix,
    )


class _Names:
    """The names that are taken, and the numbers tried so far for another one."""

    def __init__(self, found: list[Use], command: Any) -> None:
        self.command = command if isinstance(command, str) else ""
        self.taken = {normalised(use.name) for use in found}
        self.numbers: dict[str, int] = {}

    def another(self, use: Use, earlier: list[Use]) -> Fix:
        """Give the later use a name of its own. A `${…}` in the command is its own only if nobody else is written so."""
        bare = use.name.rstrip("\n")
        name = bare + _SUFFIX.get(use.section, "-2")
        while normalised(name) in self.taken:
            self.numbers[bare] = self.numbers.get(bare, 1) + 1
            name = f"{bare}-{self.numbers[bare]}"
        self.taken.add(normalised(name))
        changes = [Change("set", use.path, name)]
        variable = name.upper().replace("-", "_")
        is_used = fixes.renamed_variable(self.command, use.name, variable) != self.command
        if use.section in VARIABLES and is_used and use.name not in {other.name for other in earlier}:
            changes.append(Change("variable", COMMAND, (use.name, variable)))
        return Fix(f"rename the {use.section} to {shown(name)}", changes=tuple(changes))


def _not_normalised(root: Any, command: Any, found: list[Use]) -> Iterator[Finding]:
    """Find names that seed-cli warns about, once each."""
    places: dict[str, list[Use]] = {}
    for use in found:
        # A name that breaks the schema, or ends in a line break, is told elsewhere.
        proper = re.fullmatch("[a-zA-Z0-9_-]+", use.name)
        if proper and use.section not in {"resource", "error"} and normalised(use.name) != use.name:
            places.setdefault(use.name, []).append(use)
    for old, same in places.items():
        new = normalised(old)
        changes = [Change("set", use.path, new) for use in same]
        # The member of seed.outputs.json that the job writes keeps its name.
        changes += [
            Change("set", (*use.path[:-1], "key"), old)
            for use in same
            if use.section == "JSON output" and get(root, (*use.path[:-1], "key")) is None
        ]
        if isinstance(command, str) and old in command:
            changes.append(Change("variable", COMMAND, (old, new)))
        yield finding(
            "NOT_NORMALIZED",
            same[0].path,
            f"The {same[0]} is not in normal form (upper case, '_' for '-'); seed-cli -w refuses it.",
            f"Use {shown(new)} if nobody depends on the present name.",
            {SEED_CLI_STRICT},
            fix=Fix(f"rename {shown(old)} to {shown(new)}", changes=tuple(changes)),
        )
