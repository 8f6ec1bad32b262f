"""Violations of the schema in words: what is wrong, what to do, and a fix if there is one."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from jobtype_toolkit.hints import nearest
from jobtype_toolkit.seed import fixes
from jobtype_toolkit.seed.findings import EVERYONE, Finding, finding
from jobtype_toolkit.seed.fixes import Fix
from jobtype_toolkit.seed.json.paths import Path, get
from jobtype_toolkit.seed.manifest import full_version
from jobtype_toolkit.seed.quantities import quantity, unit_of
from jobtype_toolkit.seed.schema import Schema, Violation, manifest_schema
from jobtype_toolkit.seed.text import clipped, shown

_EXPECTED = {
    "array": "a list",
    "boolean": "true or false",
    "integer": "a whole number",
    "number": "a number",
    "object": "an object",
    "string": "text",
}
_PLACEHOLDERS: dict[str, Any] = {
    "title": "TODO: title",
    "description": "TODO: description",
    "timeout": 3600,
    "maintainer": {"name": "TODO: name", "email": "TODO: email"},
    "jobVersion": "1.0.0",
    "packageVersion": "1.0.0",
    "seedVersion": "1.0.0",
    "pattern": "*",
    "resources": {"scalar": []},
}
_SCALAR = 'It is an entry of "resources.scalar" in Seed 1.0.0.'
_OLDER: dict[str, dict[str, str]] = {
    "Manifest": {
        **dict.fromkeys(
            ("manifestVersion", "manifest_version", "version"), 'It is called "seedVersion" in Seed 1.0.0.'
        ),
        "resources": 'It stands in "job", as "resources.scalar", in Seed 1.0.0.',
    },
    "Job": {
        "algorithmVersion": 'It is called "jobVersion" in Seed 1.0.0.',
        "errorMapping": 'It is called "errors" in Seed 1.0.0, and every entry has a "name".',
        "authorName": 'It is "name" in "maintainer" in Seed 1.0.0.',
        "authorEmail": 'It is "email" in "maintainer" in Seed 1.0.0.',
        "authorUrl": 'It is "url" in "maintainer" in Seed 1.0.0.',
        "storage": 'It is the entry "disk" of "resources.scalar" in Seed 1.0.0.',
        "envVars": 'They are "settings" of "interface" in Seed 1.0.0; a configuration has their values.',
    },
    "Interface": {
        "inputData": 'It is called "inputs" in Seed 1.0.0.',
        "outputData": 'It is called "outputs" in Seed 1.0.0.',
        "cmd": 'It is called "command" in Seed 1.0.0.',
        "args": 'The arguments belong to "command" in Seed 1.0.0.',
        "resources": 'It stands in "job", as "resources.scalar", in Seed 1.0.0.',
        "envVars": 'They are "settings" in Seed 1.0.0; a configuration has their values.',
    },
    "File input": {"type": "Seed 1.0.0 has no type here: a file is a file; remove it."},
    "File output": {
        "type": "Seed 1.0.0 has no type here: a file is a file; remove it.",
        "count": 'It is "multiple", true or false, in Seed 1.0.0.',
    },
}
"""What members of older formats became, by the object that they stand in."""
_CATEGORIES = {"system": "job", "algorithm": "job", "input": "data"}
"""Categories of errors in Scale and in older formats, and what a manifest calls them."""
_WORDS = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}


_BLANKS = {" ": "a space", "\t": "a tab", "\n": "a line break"}
"""What to call a character that cannot be seen."""


def label(node: Schema) -> str:
    """Return what the schema calls a node, as it stands inside a sentence."""
    title = node.title
    return title if title[1:2].isupper() else title[:1].lower() + title[1:]


def kind(value: Any, *, secret: bool = False) -> str:
    """Say what a value is: the text "3600", the number 10.0, a list."""
    if value is None or isinstance(value, bool):
        return "null" if value is None else str(value).lower()
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else "a list"
    name = "text" if isinstance(value, str) else "number"
    return f"a {name}" if secret else f"the {name} {shown(value)}"


def manifest_finding(violation: Violation, root: Any, spelling: str | None = None) -> Finding:
    """Say in words what breaks the manifest's schema. `spelling` is how the text writes the value."""
    describe = {
        "type": _wrong_type,
        "required": _missing,
        "additionalProperties": _unknown,
        "pattern": _bad_text,
        "enum": _bad_choice,
    }[violation.keyword]
    description, suggestion, fix = describe(violation, root, spelling)
    at_key = violation.keyword == "additionalProperties"
    found = finding("JSON_VALIDATION_ERROR", violation.path, description, suggestion, EVERYONE, fix=fix, at_key=at_key)
    return replace(found, missing=violation.member) if violation.keyword == "required" else found


_CLOSE = 0.75
"""How much of a misspelt member must agree; with less, a fix would be a guess."""
_MANY = 50
"""This many unknown members are searched for a misspelt one."""

Words = tuple[str, str, Fix | None]


def named(path: Path, node: Schema, root: Any) -> str:
    """Return what to call an object: the error with code 10, the file input "A", the job."""
    item = get(root, path)
    if isinstance(item, dict) and path and isinstance(path[-1], int):
        if isinstance(item.get("name"), str) and item["name"]:
            return f"the {label(node)} {shown(item['name'])}"
        if isinstance(item.get("code"), int):
            return f"the {label(node)} with code {shown(item['code'])}"
        return f"the {label(node)} at index {path[-1]}"
    return f"the {label(node)}"


def _begin(text: str) -> str:
    return text[:1].upper() + text[1:]


def _wrong_type(violation: Violation, root: Any, spelling: str | None) -> Words:
    node, value, path = violation.schema, violation.value, violation.path
    # What stands among the settings may be a value that somebody put into the wrong file.
    what = kind(value, secret=path[:3] == ("job", "interface", "settings"))
    if spelling and isinstance(value, float):
        what = f"the number {clipped(spelling, 40)}"
    verb = "are" if node.title.endswith("s") and node.type in {"array", "object"} else "is"
    description = f"The {label(node)} {verb} {what} where {_EXPECTED[str(node.type)]} is expected."
    if not path:
        return (
            f"The document is {what} where a manifest is expected.",
            "A manifest is an object with seedVersion and job.",
            None,
        )
    if value is None:
        return description, *_instead_of_null(node, path, root)
    converted = _converted(node, value) or _as_quantity(path, value, root)
    if converted is None:
        return description, f"Write {_EXPECTED[str(node.type)]}.", None
    repaired, suggestion, safe = converted
    title = suggestion.removesuffix(".").removesuffix(" without quotes").partition(", ")[0]
    title = title[:1].lower() + title[1:]
    return description, suggestion, fixes.setting(path, repaired, title, safe=safe)


def _instead_of_null(node: Schema, path: Path, root: Any) -> tuple[str, Fix | None]:
    """Return what to write instead of null: what is required must get a value, the rest can be left out."""
    parent = manifest_schema().at(tuple(0 if isinstance(step, int) else step for step in path[:-1]))
    expected, name = _EXPECTED[str(node.type)], path[-1]
    if isinstance(name, int):
        return f"Write {expected}, or remove the entry.", None
    if parent is None or name not in parent.required:
        return f"Write {expected} or leave it out.", Fix("leave it out", changes=(fixes.Change("remove", path),))
    proposal = _PLACEHOLDERS.get(name)
    if parent.title == "Maintainer":
        proposal = _PLACEHOLDERS["maintainer"][name]
    elif parent.title == "Error" and name == "name":
        proposal = _error_name(get(root, path[:-1]), root)
    fix = None if proposal is None else fixes.setting(path, proposal, f'write a "{name}" to fill in')
    return f"Write {expected}; it is required.", fix


Conversion = tuple[Any, str, bool]
"""A value in the expected type, what to do, and whether that is safe."""


def _converted(node: Schema, value: Any) -> Conversion | None:
    """Return the value in the expected type if there is one way to convert it, otherwise None."""
    if node.type in {"integer", "number"}:
        number = _as_number(value, whole=node.type == "integer")
        quotes = " without quotes" if isinstance(value, str) else ""
        return None if number is None else (number, f"Write {number}{quotes}.", True)
    if node.type == "boolean":
        return _as_boolean(value)
    if node.type == "array":
        return _as_list(node, value)
    if node.title in {"Inputs", "Outputs"} and isinstance(value, list):
        return {"files": value}, 'Put the list under "files", or under "json" what is no file.', False
    if node.title == "Resources" and isinstance(value, list):
        return {"scalar": value}, 'Put the list under "scalar".', True
    if (
        isinstance(value, list)
        and len(value) == 1
        and type(value[0]) is {"string": str, "object": dict}[str(node.type)]
    ):
        # A list of one is safe to take apart only if nothing else is judged by its place.
        return value[0], "Write the one value without the list.", node.type == "string"
    return None


def _as_quantity(path: Path, value: Any, root: Any) -> Conversion | None:
    """Return a duration or a size, such as "1h" or "2 GiB", as the number in the unit of its place."""
    unit = unit_of(path, root) if isinstance(value, str) else None
    found = quantity(value, unit) if unit else None
    if found is None:
        return None
    rounded = ", rounded up" if found.is_rounded else ""
    return found.number, f"Write {found.number}, which is {shown(value)} in {found.unit}{rounded}.", found.is_certain


def _as_boolean(value: Any) -> Conversion | None:
    word = value.strip().lower() if isinstance(value, str) else str(value) if type(value) is int else ""
    if word not in _WORDS:
        return None
    is_true, quotes = _WORDS[word], " without quotes" if isinstance(value, str) else ""
    return is_true, f"Write {str(is_true).lower()}{quotes}.", word in {"true", "false"}


def _as_list(node: Schema, value: Any) -> Conversion | None:
    """Return what stands alone as a list of one, and an object of named entries as the list of them."""
    entry = node.items
    if entry is None or not isinstance(value, str | dict):
        return None
    if isinstance(value, str):
        is_one = entry.type == "string" and not re.search(r"[,;\s]", value)
        return ([value], "Put it into a list.", True) if is_one else None
    if not value:
        return [], "Write an empty list.", True
    if entry.type == "object" and set(value) <= set(entry.properties):
        return [value], "Put it into a list.", True
    return _entries(entry, value)


def _entries(entry: Schema, value: dict[str, Any]) -> Conversion | None:
    """Return the entries of a list that is written as an object of names, or as one of the codes of errors."""
    key = "code" if "code" in entry.properties and all(name.isdecimal() for name in value) else "name"
    keys: list[Any] = [int(name) if key == "code" else name for name in value]
    if entry.type != "object" or (key == "code" and max(keys) > _MOST):
        return None
    if all(isinstance(member, dict) and key not in member for member in value.values()):
        entries = [{key: name, **member} for name, member in zip(keys, value.values(), strict=True)]
        return entries, f"Write a list of objects, each with its {key}.", False
    rest = [member for member in entry.required if member != key]
    if len(rest) == 1 and key == "code" and not all(map(entry.properties["name"].allows, value.values())):
        rest = ["title"]
    if len(rest) != 1 or not all(map(entry.properties[rest[0]].allows, value.values())):
        return None
    entries = [{key: name, rest[0]: member} for name, member in zip(keys, value.values(), strict=True)]
    return entries, f"Write a list of objects with {key} and {rest[0]}.", entry.title == "Resource"


_MOST = 10**9
"""Codes of errors up to this one are taken for codes."""


def _as_number(value: Any, *, whole: bool) -> float | None:
    if isinstance(value, str):
        return _number(value, whole=whole)
    is_whole = whole and isinstance(value, float) and value.is_integer() and abs(value) < 2**53
    return int(value) if is_whole else None


def _number(text: str, *, whole: bool) -> int | float | None:
    """Read a number in quotes, plainly written."""
    digits = text.strip().removeprefix("-")
    if not digits.isascii() or len(digits) > 15:
        return None
    if digits.isdigit() and (digits == "0" or digits[0] != "0"):
        return int(text)
    whole_part, dot, fraction = digits.partition(".")
    if dot and whole_part.isdigit() and fraction.isdigit():
        return int(float(text)) if whole and float(text).is_integer() else None if whole else float(text)
    return None


def _missing(violation: Violation, root: Any, _spelling: str | None) -> Words:
    node, name, path = violation.schema, violation.member, violation.path
    description = f'{_begin(named(path, node, root))} has no "{name}".'
    if node.title == "Error" and name == "name":
        proposal: Any = _error_name(violation.value, root)
        suggestion = f'Add "name", for example {shown(proposal)}.'
    else:
        proposal = (
            _PLACEHOLDERS[node.title.lower()].get(name) if node.title == "Maintainer" else _PLACEHOLDERS.get(name)
        )
        former, fix = _former(violation, root)
        hint = f" instead of {shown(former)}" if former else ""
        meaning = node.properties[name].description
        suggestion = f'Add "{name}"{hint}: {meaning[:1].lower()}{meaning[1:]}'
        if fix:
            return description, suggestion, fix
    if proposal is None:
        return description, suggestion, None
    return description, suggestion, fixes.setting((*path, name), proposal, f'add "{name}"')


def _former(violation: Violation, root: Any) -> tuple[str, Fix | None]:
    """Return the unknown member that holds what is missing, under an older or a misspelt name, and the fix."""
    path, missing = violation.path, violation.member
    unknown = [key for key in violation.value if key not in violation.schema.properties][:_MANY]
    for key in unknown:
        fix = fixes.from_older_format((*path, key), violation.value[key], root)
        if fix and missing in {
            fix.changes[0].value if fix.changes[0].kind == "rename" else "",
            *fix.changes[0].path[len(path) :][:1],
        }:
            return key, fix
    close = nearest(missing, unknown, _CLOSE)
    if missing == "job" and close and isinstance(violation.value[close], list):
        one = _only(close, violation.value[close])
        return close, _made_job((*path, close), one) if one else None
    return (close, fixes.renaming((*path, close), missing, f"rename it to {shown(missing)}")) if close else ("", None)


def _error_name(error: dict[str, Any], root: Any) -> str:
    """Return a name for an error that has none, which no other error has and none is told."""
    errors = [other for other in get(root, ("job", "errors"), []) if isinstance(other, dict)]
    taken = {other.get("name") for other in errors if isinstance(other.get("name"), str)}
    for other in errors:
        if other.get("name") is not None:
            continue
        title, code = other.get("title"), other.get("code")
        name = fixes.identifier(title.lower(), underscore=True)[:50] if isinstance(title, str) else ""
        name = name or (f"error-{code}" if isinstance(code, int) and abs(code) < 10**9 else "error")
        name = _untaken(name, taken)
        if other is error:
            return name
        taken.add(name)
    return "error"


def _untaken(name: str, taken: set[Any]) -> str:
    """Return the name, with a number behind it if it is taken."""
    if name not in taken:
        return name
    return next(f"{name}-{n}" for n in range(2, len(taken) + 3) if f"{name}-{n}" not in taken)


def _proposed(path: Path, root: Any, *, underscore: bool) -> str:
    """Return the nearest good name for the one at the path, which no other item of its list has and none is told."""
    value = get(root, path)
    items = get(root, path[:-2]) if path[-1:] == ("name",) and len(path) > len(("job", "name")) else None
    if not isinstance(items, list):
        return fixes.identifier(value, underscore=underscore)
    names = [item.get("name") if isinstance(item, dict) else None for item in items]
    taken: set[Any] = {name for name in names if isinstance(name, str) and name != value}
    for at, name in enumerate(names):
        if isinstance(name, str) and (proposal := fixes.identifier(name, underscore=underscore)) != name and proposal:
            proposal = _untaken(proposal, taken)
            if at == path[-2]:
                return proposal
            taken.add(proposal)
    return ""


def _unknown(violation: Violation, root: Any, _spelling: str | None) -> Words:
    node, name, path = violation.schema, violation.member, violation.path
    element = len(path) > 1 and isinstance(path[-2], int)
    article = ("an" if label(node)[0] in "aeiouAEIOU" else "a") if element else "the"
    description = f"{shown(name)} is not a member of {article} {label(node)}."
    older = fixes.from_older_format(path, violation.value, root)
    hint = _hint(node, name, path, violation, root)
    if hint:
        return description, hint, older
    one = _only(name, violation.value)
    if one is not None and not path[1:] and "job" not in root:
        return description, 'Write "job" with the one object; a manifest describes one job.', _made_job(path, one)
    if name == "jobs" and not path[1:] and isinstance(violation.value, list):
        return description, 'A manifest describes one "job"; write a manifest for each of them.', None
    new = nearest(name, node.properties, _CLOSE)
    if not new:
        return description, f"Known here: {', '.join(node.properties)}.", None
    taken = new in get(root, path[:-1], {})
    fix = None if taken else fixes.renaming(path, new, f"rename it to {shown(new)}")
    return (
        description,
        f"It stands here as {shown(new)} already; remove one." if taken else f"Rename it to {shown(new)}.",
        fix,
    )


def _made_job(path: Path, one: dict[str, Any]) -> Fix:
    changes = (fixes.Change("set", ("job",), one), fixes.Change("remove", path))
    return Fix('make the one object the "job"', changes=changes)


def _only(name: str, value: Any) -> dict[str, Any] | None:
    """Return the one job of a list of jobs."""
    is_one = name.lower() in {"jobs", "job"} and isinstance(value, list) and len(value) == 1
    return value[0] if is_one and isinstance(value[0], dict) else None


def _hint(node: Schema, name: str, path: Path, violation: Violation, root: Any) -> str:
    """Return what a member of an older format became; nothing if it is none, or its new name is taken."""
    parent = get(root, path[:-1], {})
    if name in {"cmd", "args"} and node.title == "Interface":
        if "command" in parent:
            return 'It stands beside "command"; put what is missing there into it, and remove this.'
        if {"cmd", "args"} <= set(parent):
            return 'Put "cmd" and "args" together, in one "command".'
    hint = _OLDER.get(node.title, {}).get(name, "")
    if not hint and node.title in {"Job", "Interface", "Resources"} and not isinstance(violation.value, dict | list):
        return _SCALAR if fixes.standard_resource(name) else ""
    return "" if fixes.RENAMED.get(name) in parent else hint


def _bad_text(violation: Violation, root: Any, _spelling: str | None) -> Words:
    node, value, path = violation.schema, violation.value, violation.path
    if str(node.pattern).startswith(r"^(?:0|"):
        description = f"{shown(value)} is not a full version number of the form MAJOR.MINOR.PATCH."
        full = full_version(value)
        if full and node.allows(full[0]):
            return (
                description,
                f"Use {shown(full[0])}.",
                fixes.setting(path, full[0], f"use {shown(full[0])}", safe=full[1]),
            )
        return description, 'Use three numbers, such as "1.0.0".', None
    if path == ("seedVersion",):
        description = f"The seed version is {shown(value)}; servers accept only 1.0.0."
        return description, 'Use "1.0.0" and fit the rest to it.', fixes.setting(path, "1.0.0", 'set "1.0.0"')
    underscore = "_" in str(node.pattern)
    allowed = "letters, digits, '-' and '_'" if underscore else "letters, digits and '-'"
    odd = next(
        (letter for letter in value if not re.match("[a-zA-Z0-9_-]" if underscore else "[a-zA-Z0-9-]", letter)), None
    )
    found = _BLANKS.get(odd, f"'{shown(odd)[1:-1]}'") if odd else ""
    what = f"contains {found}; only {allowed} are allowed" if odd else "is empty"
    description = f"The {label(node)} {shown(value)} {what}." if value else f"The {label(node)} is empty."
    proposal = _proposed(path, root, underscore=underscore)
    if not proposal:
        return description, "Use a name such as tile-mosaic.", None
    return description, f"Use {shown(proposal)}.", fixes.setting(path, proposal, f"use {shown(proposal)}")


def _bad_choice(violation: Violation, _root: Any, _spelling: str | None) -> Words:
    node, value, path = violation.schema, violation.value, violation.path
    choices = node.enum or []
    description = f"The {label(node)} is {kind(value)}; it can be {', '.join(choices[:-1])} or {choices[-1]}."
    new = None
    if isinstance(value, str):
        former = _CATEGORIES.get(value.strip().lower()) if "job" in choices else None
        new = former or nearest(value, choices, _CLOSE)
    if not new:
        return description, f"Use one of {', '.join(choices)}.", None
    return description, f"Use {shown(new)}.", fixes.setting(path, new, f"use {shown(new)}")
