"""Good practice that no validator checks: what would go wrong, or puzzle somebody, once the manifest is in use."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from jobtype_toolkit.seed import fixes
from jobtype_toolkit.seed.findings import Finding, advice
from jobtype_toolkit.seed.fixes import Fix
from jobtype_toolkit.seed.json.paths import Path, get, show
from jobtype_toolkit.seed.rules.mounts import mount_advice
from jobtype_toolkit.seed.rules.names import Use
from jobtype_toolkit.seed.rules.variables import command_findings, setting_findings
from jobtype_toolkit.seed.sections import SECTIONS, items
from jobtype_toolkit.seed.text import shown

_MEDIA_TYPE = re.compile(r"[\w!#$&^.+-]+/[\w!#$&^.+*-]+(?:\s*;.*)?")


def advice_findings(manifest: Any, uses: list[Use]) -> Iterator[Finding]:
    """Yield all advice for a manifest."""
    for rule in (_texts, _tags, _resources, _errors, _media_types, _patterns, _outputs, mount_advice):
        yield from rule(manifest)
    yield from setting_findings(manifest, uses)
    yield from command_findings(manifest, uses)


def _texts(manifest: Any) -> Iterator[Finding]:
    timeout = get(manifest, ("job", "timeout"))
    if type(timeout) is int and timeout <= 0:
        yield advice(
            "TIMEOUT_NOT_POSITIVE",
            ("job", "timeout"),
            f"A timeout of {shown(timeout, 40)} seconds stops every run at once."
            if timeout
            else "A timeout of 0 means no limit: a run that hangs is never stopped.",
            "Write the longest run in seconds.",
            severity="warning",
        )
    for path in (
        ("job", "title"),
        ("job", "description"),
        ("job", "maintainer", "name"),
        ("job", "maintainer", "email"),
    ):
        text = get(manifest, path)
        if isinstance(text, str) and not text.strip():
            yield advice(
                "EMPTY_TEXT", path, f"The {path[-1]} is empty.", "Write something that helps people to find the job."
            )
        elif isinstance(text, str) and text.startswith("TODO"):
            yield advice(
                "PLACEHOLDER",
                path,
                f"The {path[-1]} is still a placeholder.",
                "Write the real one.",
                severity="warning",
            )


def _each_once(path: Path, values: Any) -> Fix:
    """Return the fix that leaves each text of a list once."""
    kept = [value for at, value in enumerate(values) if value not in values[:at]]
    return fixes.setting(path, kept, "name each once", safe=True)


def _tags(manifest: Any) -> Iterator[Finding]:
    tags = get(manifest, ("job", "tags"))
    seen = set()
    for index, tag in enumerate(tags if isinstance(tags, list) else ()):
        if isinstance(tag, str) and tag in seen:
            yield advice(
                "REPEATED_TAG",
                ("job", "tags", index),
                f"The tag {shown(tag)} occurs twice.",
                "Remove one.",
                fix=_each_once(("job", "tags"), tags),
            )
        seen.add(tag if isinstance(tag, str) else None)


def _resources(manifest: Any) -> Iterator[Finding]:
    for path, resource in items(manifest, SECTIONS["resource"]):
        value = resource.get("value")
        if type(value) in {int, float} and value < 0:  # type: ignore[operator]
            yield advice(
                "NEGATIVE_RESOURCE",
                (*path, "value"),
                f"The resource needs {shown(value, 40)}, less than nothing.",
                "Write an amount of 0 or more.",
                severity="warning",
            )


def _errors(manifest: Any) -> Iterator[Finding]:
    codes: dict[int, Path] = {}
    silent = None
    for path, error in items(manifest, SECTIONS["error"]):
        code = error.get("code")
        if type(code) is int:
            if code == 0:
                yield advice(
                    "ERROR_CODE_ZERO",
                    (*path, "code"),
                    "The exit code 0 means success and cannot be an error.",
                    "Use a code from 1 to 255.",
                    severity="warning",
                )
            elif not 0 < code <= 255:
                yield advice(
                    "ERROR_CODE_RANGE",
                    (*path, "code"),
                    f"No process can end with the code {shown(code, 40)}.",
                    "Use a code from 1 to 255.",
                    severity="warning",
                )
            if code in codes:
                yield advice(
                    "DUPLICATE_ERROR_CODE",
                    (*path, "code"),
                    f"The code {shown(code, 40)} is also that of the error at {show(codes[code])}; a server keeps the last.",
                    "Give each error a code of its own.",
                    severity="warning",
                )
            codes.setdefault(code, path)
        if not error.get("description"):
            if silent:
                yield advice(
                    "ERROR_WITHOUT_DESCRIPTION",
                    path,
                    f"This error and the one at {show(silent)} have no description.",
                    "Say what happened and what to do about it.",
                )
            silent = silent or path


def _media_types(manifest: Any) -> Iterator[Finding]:
    found: list[tuple[Path, Any]] = []
    for path, item in items(manifest, SECTIONS["file input"]):
        types = item.get("mediaTypes")
        types = types if isinstance(types, list) else []
        found += [((*path, "mediaTypes", at), text) for at, text in enumerate(types)]
        for at, text in enumerate(types):
            if isinstance(text, str) and text in types[:at]:
                yield advice(
                    "REPEATED_MEDIA_TYPE",
                    (*path, "mediaTypes", at),
                    f"The media type {shown(text)} occurs twice.",
                    "Remove one.",
                    fix=_each_once((*path, "mediaTypes"), types),
                )
    found += [((*path, "mediaType"), item.get("mediaType")) for path, item in items(manifest, SECTIONS["file output"])]
    for path, text in found:
        if isinstance(text, str) and not _MEDIA_TYPE.fullmatch(text):
            yield advice(
                "MEDIA_TYPE_FORM",
                path,
                f"{shown(text)} is not a media type of the form type/subtype.",
                "Use one such as image/tiff.",
            )


_REGEX = re.compile(r"^\^|\$\Z|^\.\*.|\\[.dwsSDWb]|\.\+|\([^)]*\|[^)]*\)|[\])]\+|\.\*\\|\.\*\$")
"""What a regular expression has, and no glob that anybody would write."""


def _as_glob(pattern: str) -> str | None:
    """Return the glob for a plain regular expression; None if there is none."""
    text = pattern.removeprefix("^").removesuffix("$")
    text = re.sub(r"\.[*+]\??|\\[dwS][*+]?", "*", text)
    text = re.sub(r"\[[^\]]+\][*+]", "*", text)
    text = re.sub(r"\\([.\-_/ ])", r"\1", text)
    text = re.sub(r"\*+", "*", text)
    return text if text and not re.search(r"[\\^$|+(){}]", text) else None


_OUTPUT_FOLDER = ("${OUTPUT_DIR}", "$OUTPUT_DIR", "../")


def _relative(place: Path, pattern: str) -> Fix | None:
    """Return the fix that writes a pattern relative to the output folder; None if it still is not."""
    is_relative = pattern.strip() and not pattern.startswith((*_OUTPUT_FOLDER, "/"))
    return fixes.setting(place, pattern, f"use {shown(pattern)}") if is_relative else None


def _patterns(manifest: Any) -> Iterator[Finding]:
    for path, output in items(manifest, SECTIONS["file output"]):
        pattern = output.get("pattern")
        if not isinstance(pattern, str):
            continue
        place = (*path, "pattern")
        if not pattern.strip():
            yield advice(
                "PATTERN_MATCHES_NOTHING",
                place,
                "An empty pattern matches no file.",
                "Write a glob.",
                severity="warning",
            )
        elif pattern.startswith("/"):
            yield advice(
                "PATTERN_MATCHES_NOTHING",
                place,
                f"The pattern {shown(pattern)} begins with '/', but it is relative to the output folder.",
                f"Use {shown(pattern.lstrip('/'))}.",
                severity="warning",
                fix=_relative(place, pattern.lstrip("/")),
            )
        elif pattern.startswith(_OUTPUT_FOLDER):
            yield advice(
                "PATTERN_MATCHES_NOTHING",
                place,
                f"The pattern {shown(pattern)} is searched inside the output folder and cannot match anything there.",
                "Write it relative to the output folder.",
                severity="warning",
                fix=_relative(place, re.sub(r"^\$(OUTPUT_DIR|\{OUTPUT_DIR\})/*", "", pattern)),
            )
        elif _REGEX.search(pattern):
            glob = _as_glob(pattern)
            yield advice(
                "PATTERN_IS_REGEX",
                place,
                f"The pattern {shown(pattern)} looks like a regular expression, and a server takes it for a glob.",
                f"Use {shown(glob)}." if glob else "Write a glob: '*' stands for any text, '?' for one character.",
                severity="warning",
                fix=fixes.setting(place, glob, f"use {shown(glob)}") if glob else None,
            )
        elif re.search(r"\[(?![^\]]+\])", pattern):
            yield advice(
                "PATTERN_UNBALANCED",
                place,
                f"The pattern {shown(pattern)} has a '[' that is not closed.",
                "Close it, or write [[] for the character.",
                severity="warning",
            )
        elif output.get("multiple") is True and not re.search(r"[*?\[]", pattern):
            yield advice(
                "PATTERN_WITHOUT_WILDCARD",
                place,
                f"The pattern {shown(pattern)} can match one file only, and multiple is true.",
                "Use a wildcard, or leave multiple out.",
            )


def _outputs(manifest: Any) -> Iterator[Finding]:
    for path, output in items(manifest, SECTIONS["JSON output"]):
        if "key" not in output and isinstance(output.get("name"), str):
            yield advice(
                "JSON_OUTPUT_WITHOUT_KEY",
                path,
                f"The JSON output has no key, so the job must write a member called exactly {shown(output['name'])}.",
                'Add "key" if the member has another name.',
            )
