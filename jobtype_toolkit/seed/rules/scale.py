"""Rules that the schema does not hold: those of Scale's manifest class, of its database, and of seed-cli's decoder."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from jobtype_toolkit.seed import fixes
from jobtype_toolkit.seed.findings import BEST_PRACTICE, SCALE, SCALE_CREATE, SEED_CLI, Finding, finding
from jobtype_toolkit.seed.fixes import Change, Fix
from jobtype_toolkit.seed.json.document import Document
from jobtype_toolkit.seed.json.paths import APPEND, Path, get
from jobtype_toolkit.seed.rules.mounts import refused_mounts
from jobtype_toolkit.seed.rules.schema_messages import label
from jobtype_toolkit.seed.schema import Schema, manifest_schema
from jobtype_toolkit.seed.sections import MINIMUM, RESOURCES, SECTIONS, STANDARD_RESOURCES, items
from jobtype_toolkit.seed.text import shown

_SERVICES = frozenset({"status", "pending", "running", "system-failures"})
"""Services below job-types/ that a server has in the place of the versions of a type with such a name."""
LONGEST: dict[Path, int] = {
    ("name",): 50,
    ("jobVersion",): 50,
    ("tags", 0): 50,
    ("errors", 0, "name"): 50,
    ("errors", 0, "title"): 50,
    ("errors", 0, "description"): 250,
}
"""Lengths of the server's columns, below `$.job`; `0` stands for any index."""
LARGEST_INTEGER = 2**63
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


def scale_findings(manifest: Any) -> Iterator[Finding]:
    """Yield what Scale's manifest class refuses and no name rule covers."""
    resources = get(manifest, RESOURCES)
    if isinstance(resources, dict) and "scalar" not in resources:
        yield finding(
            "RESOURCES_WITHOUT_SCALAR",
            RESOURCES,
            '"resources" has no "scalar" list; the server fails on it instead of answering.',
            'Add "scalar": [] or remove "resources".',
            {SCALE},
            fix=fixes.setting((*RESOURCES, "scalar"), [], 'add "scalar": []', safe=True),
        )
    for path, resource in items(manifest, SECTIONS["resource"]):
        name, value = resource.get("name"), resource.get("value")
        if isinstance(name, str) and name.lower() == "gpus" and isinstance(value, float) and not value.is_integer():
            yield finding(
                "JSON_VALIDATION_ERROR",
                (*path, "value"),
                f"The resource {shown(name)} is {shown(value)}; it must be whole.",
                "Ask for whole GPUs.",
                {SCALE},
            )
    yield from refused_mounts(manifest)


def creation_findings(manifest: Any) -> Iterator[Finding]:
    """Yield what validation lets pass and the creation of the job type does not."""
    if get(manifest, ("job", "name")) == "validation":
        yield finding(
            "RESERVED_JOB_NAME",
            ("job", "name"),
            'A job type cannot be called "validation"; that is a service.',
            "Choose another name.",
            {SCALE_CREATE},
        )
    name = get(manifest, ("job", "name"))
    if isinstance(name, str) and name in _SERVICES:
        yield finding(
            "SHADOWED_JOB_NAME",
            ("job", "name"),
            f"job-types/{name}/ is a service, so that a server accepts the name and then cannot list the type's versions.",
            "Choose another name.",
            {BEST_PRACTICE},
        )
    yield from unstorable_findings(manifest)
    version = get(manifest, ("job", "jobVersion"))
    if isinstance(version, str) and re.match(r"\d+\.\d+\.\d+[-+]", version):
        bare = re.split("[-+]", version)[0]
        yield finding(
            "UNREACHABLE_VERSION",
            ("job", "jobVersion"),
            f"A server stores the version {shown(version)} but fails to show it: it addresses only three numbers.",
            f"Use {shown(bare)} or the next one.",
            {SCALE_CREATE},
        )
    for below, longest in LONGEST.items():
        yield from _too_long(manifest, ("job", *below), longest)


def unstorable_findings(value: Any, path: Path = ()) -> Iterator[Finding]:
    """Yield texts that a database refuses: those with a NUL or with half a character. They are not quoted."""
    if isinstance(value, str):
        match = _UNSTORABLE.search(value)
        if match:
            what = "a NUL" if match[0] == "\0" else "half a character"
            yield finding(
                "UNSTORABLE_TEXT",
                path,
                f"The text has {what}, which no database holds.",
                "Take it out.",
                {SCALE_CREATE},
                fix=fixes.setting(path, _UNSTORABLE.sub("", value), "take it out"),
            )
    elif isinstance(value, dict):
        for name, member in value.items():
            if _UNSTORABLE.search(name):
                sentence = "The name of a member has a NUL or half a character, which no database holds."
                yield finding("UNSTORABLE_TEXT", (*path, name), sentence, "Take it out.", {SCALE_CREATE}, at_key=True)
            yield from unstorable_findings(member, (*path, name))
    elif isinstance(value, list):
        for index, element in enumerate(value):
            yield from unstorable_findings(element, (*path, index))


def _too_long(manifest: Any, path: Path, longest: int) -> Iterator[Finding]:
    at = path.index(0) if 0 in path else len(path)
    found = get(manifest, path[:at])
    places = [path] if at == len(path) else [(*path[:at], index, *path[at + 1 :]) for index in range(_length(found))]
    for place in places:
        text = get(manifest, place)
        if isinstance(text, str) and len(text) > longest:
            node = manifest_schema().at(path)
            what = label(node) if node else "text"
            yield finding(
                "TOO_LONG",
                place,
                f"The {what} has {len(text)} characters; the server's database takes at most {longest}.",
                "Shorten it.",
                {SCALE_CREATE},
            )


def _length(value: Any) -> int:
    return len(value) if isinstance(value, list) else 0


def decoder_findings(document: Document, schema: Schema) -> Iterator[Finding]:
    """Yield what only seed-cli's typed reading refuses: numbers out of range, line breaks, hidden values."""
    yield from _decoder(document.value, (), schema)
    yield from duplicate_findings(document, schema)


def duplicate_findings(document: Document, schema: Schema | None = None) -> Iterator[Finding]:
    """Yield keys that occur twice; with a schema, also whether seed-cli minds the value that is hidden."""
    for duplicate in document.duplicates:
        first, second = document.position(duplicate.first), document.position(duplicate.second)
        node = schema.at(duplicate.path) if schema else None
        refused = node is not None and not decodes(node, duplicate.hidden)
        why = ", and seed-cli refuses the hidden value" if refused else ""
        found = finding(
            "DUPLICATE_KEY",
            duplicate.path,
            f"{shown(duplicate.path[-1])} occurs twice in one object, at line {first[0]}, column {first[1]} and at line "
            f"{second[0]}, column {second[1]}; the later one counts{why}.",
            "Remove one of them.",
            {SEED_CLI, BEST_PRACTICE} if refused else {BEST_PRACTICE},
        )
        yield replace(found, line=second[0], column=second[1])


def _decoder(value: Any, path: Path, node: Schema) -> Iterator[Finding]:
    if isinstance(value, dict):
        for name, member in value.items():
            if name in node.properties:
                yield from _decoder(member, (*path, name), node.properties[name])
    elif isinstance(value, list):
        for index, element in enumerate(value if node.items else ()):
            yield from _decoder(element, (*path, index), node.items)  # type: ignore[arg-type]
    elif isinstance(value, str):
        if node.pattern and value.endswith("\n") and node.allows(value):
            stripped = value.removesuffix("\n")
            yield finding(
                "LINE_BREAK_AT_END",
                path,
                f"The {label(node)} ends in a line break, which seed-cli refuses.",
                "Remove the line break.",
                {SEED_CLI},
                fix=fixes.setting(path, stripped, "remove the line break", safe=True),
            )
    elif type(value) in {int, float} and not in_range(node, value):
        infinite = isinstance(value, float)
        yield finding(
            "NUMBER_OUT_OF_RANGE",
            path,
            f"The {label(node)} is {shown(value, 40)}, more than computers hold in 64 bits.",
            "Write a smaller number.",
            {SEED_CLI, SCALE_CREATE} if infinite else {SEED_CLI},
        )


def in_range(node: Schema, value: float) -> bool:
    """Whether seed-cli's types hold the number: 64 bits for integers, a double for the rest."""
    if node.type == "integer":
        return not isinstance(value, int) or -LARGEST_INTEGER <= value < LARGEST_INTEGER
    try:
        return math.isfinite(value)
    except OverflowError:  # a whole number beyond a double
        return False


def decodes(node: Schema, value: Any) -> bool:
    """Whether seed-cli's decoder takes the value: right types and ranges, whatever is missing or unknown; null too.

    Its keys do not mind the case of letters.
    """
    if value is None:
        return True
    kind = "string" if node.type is None else node.type
    if kind == "object":
        known = {name.lower(): member for name, member in node.properties.items()}
        return isinstance(value, dict) and all(
            name.lower() not in known or decodes(known[name.lower()], member) for name, member in value.items()
        )
    if kind == "array":
        return isinstance(value, list) and (
            node.items is None or all(decodes(node.items, element) for element in value)
        )
    expected: dict[str, tuple[type, ...]] = {
        "string": (str,),
        "boolean": (bool,),
        "integer": (int,),
        "number": (int, float),
    }
    return type(value) in expected[kind] and (kind not in {"integer", "number"} or in_range(node, value))


def resource_findings(manifest: Any) -> Iterator[Finding]:
    """Yield resources that no standard node offers, and recommended ones that are not declared."""
    declared = []
    names = {item.get("name") for _, item in items(manifest, SECTIONS["resource"]) if isinstance(item.get("name"), str)}
    for path, resource in items(manifest, SECTIONS["resource"]):
        name = resource.get("name")
        if not isinstance(name, str):
            continue
        declared.append(name)
        if name.lower() not in STANDARD_RESOURCES:
            meant = fixes.standard_resource(name)
            remedy = f"Did you mean {shown(meant)}?" if meant else "Make sure that the cluster's nodes offer it."
            fix = fixes.setting((*path, "name"), meant, f"use {shown(meant)}") if meant else None
            if meant and meant in names:
                remedy = f"Did you mean {shown(meant)}? That is declared already; remove one of them."
                fix = Fix("remove it", changes=(Change("remove", path),))
            yield finding(
                "NONSTANDARD_RESOURCE",
                (*path, "name"),
                f"{shown(name)} is not a standard resource; the job may never be scheduled.",
                remedy,
                fix=fix,
            )
    missing = [name for name in MINIMUM if name not in declared]
    if not missing or not isinstance(get(manifest, ("job",)), dict):
        return
    resources = get(manifest, RESOURCES, {})
    parent = RESOURCES if isinstance(resources, dict) and resources else ("job",)
    fixable = isinstance(resources, dict) and isinstance(get(manifest, SECTIONS["resource"], []), list)
    changes = [_declared(manifest, name) for name in missing]
    yield finding(
        "RECOMMENDED_RESOURCES",
        parent,
        f"The resources do not say how much {_listed(missing)} the job needs.",
        "Declare them; without, a server gives the bare minimum.",
        {BEST_PRACTICE},
        fix=Fix("declare the server's minimum", changes=tuple(changes)) if fixable else None,
    )


def _declared(manifest: Any, name: str) -> Change:
    """Return the change that declares a recommended resource: its own entry in lower case, or a new one."""
    for path, resource in items(manifest, SECTIONS["resource"]):
        if isinstance(resource.get("name"), str) and resource["name"].lower() == name:
            return Change("set", (*path, "name"), name)
    return Change("set", (*SECTIONS["resource"], APPEND), {"name": name, "value": MINIMUM[name]})


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
