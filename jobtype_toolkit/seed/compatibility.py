"""What a new manifest means for those who use the old one: recipes that connect it, configurations, habits.

A named rule gives each change a verdict. In doubt the verdict is breaking: a false alarm costs a look, a missed one
costs a night.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Any, Literal

from jobtype_toolkit.seed.differences import same
from jobtype_toolkit.seed.json import document as documents
from jobtype_toolkit.seed.json.paths import Path, get, show
from jobtype_toolkit.seed.normalize import normalised_manifest
from jobtype_toolkit.seed.sections import RESOURCES, SECTIONS, STANDARD_RESOURCES
from jobtype_toolkit.seed.text import clipped, shown
from jobtype_toolkit.seed.validator import validate_documents

Verdict = Literal["breaking", "compatible", "cosmetic"]
Judgement = tuple[str, Verdict, str]
"""A rule, its verdict, and the end of the sentence why."""
Judge = Callable[[Any, Any], Judgement]
Bump = Literal["major", "minor", "patch"]
_WEIGHT: dict[Verdict, int] = {"cosmetic": 0, "compatible": 1, "breaking": 2}
_BUMPS: dict[Verdict, Bump] = {"cosmetic": "patch", "compatible": "minor", "breaking": "major"}
_VERSION = re.compile(r"\d{1,20}\.\d{1,20}\.\d{1,20}(?:[-+].*)?")
_TEXTS = frozenset({"title", "description", "tags", "maintainer"})


@dataclass(frozen=True, slots=True)
class Change:
    """One change, with the rule that judges it. `path` leads into the new manifest, or the old one if it is gone."""

    rule: str
    verdict: Verdict
    path: str
    description: str


@dataclass(frozen=True, slots=True)
class Compatibility:
    """All changes between two manifests, and which version must be raised."""

    changes: tuple[Change, ...]
    advice: str
    bump: Bump | None
    is_bumped: bool
    was_refused: bool = False
    """Whether every server refused the old manifest, so that nothing in use can break."""

    @property
    def verdict(self) -> Verdict:
        """The worst verdict of all changes; cosmetic if there is none."""
        return max(
            (change.verdict for change in self.changes), key=lambda verdict: _WEIGHT[verdict], default="cosmetic"
        )

    @property
    def breaking(self) -> tuple[Change, ...]:
        """The changes that break something."""
        return tuple(change for change in self.changes if change.verdict == "breaking")

    @property
    def kind(self) -> str:
        """What the changes come to: nothing, text only, resources only, compatible or breaking."""
        if not self.changes:
            return "nothing"
        if self.verdict != "breaking" and all(change.rule.startswith("RESOURCE_") for change in self.changes):
            return "resources only"
        return "text only" if self.verdict == "cosmetic" else self.verdict

    def __iter__(self) -> Iterator[Change]:
        return iter(self.changes)

    def __str__(self) -> str:
        """Return the verdict, one line per change, and the advice."""
        lines = [f"{change.verdict}: {change.rule}: {change.description} [{change.path}]" for change in self.changes]
        return "\n".join([self.kind, *lines, self.advice])

    __repr__ = __str__


def compare(old: Any, new: Any) -> Compatibility:
    """Judge every change from the old manifest to the new one. Both are normalised first; drafts are taken as they are."""
    before, after = normalised_manifest(old), normalised_manifest(new)
    changes = [*_identity(before, after), *_job(before, after), *_shapes(before, after)]
    for section in SECTIONS:
        changes += _section(section, before, after)
    refused = _is_refused(old)
    if refused:
        changes = [replace(it, verdict="compatible") if it.verdict == "breaking" else it for it in changes]
    worst = max((change.verdict for change in changes), key=lambda verdict: _WEIGHT[verdict], default=None)
    advice, bump, is_bumped = _bump(before, after, worst)
    if refused:
        advice = f"Every server refuses the old manifest, so that nothing in use can break. {advice}"
    return Compatibility(tuple(changes), advice, bump, is_bumped, refused)


def _is_refused(manifest: Any) -> bool:
    """Whether no server can ever have taken the manifest, not even one of version 6, which looks for less."""
    return not validate_documents(documents.plain(manifest), against="6").is_valid


def _change(rule: str, verdict: Verdict, path: Path, description: str) -> Change:
    return Change(rule, verdict, show(path), clipped(description))


def _identity(before: Any, after: Any) -> Iterator[Change]:
    rules: dict[str, tuple[str, Verdict, str]] = {
        "name": ("JOB_RENAMED", "breaking", "Another name makes it another job type."),
        "jobVersion": (
            "JOB_VERSION_CHANGED",
            "compatible",
            "It becomes another job type beside the old one; recipes stay with that.",
        ),
        "packageVersion": ("PACKAGE_VERSION_CHANGED", "cosmetic", "The image gets another tag."),
    }
    for member, (rule, verdict, sentence) in rules.items():
        if not same(get(before, ("job", member)), get(after, ("job", member))):
            yield _change(rule, verdict, ("job", member), sentence)
    if not same(get(before, ("seedVersion",)), get(after, ("seedVersion",))):
        yield _change(
            "SEED_VERSION_CHANGED", "breaking", ("seedVersion",), "Servers know one version of the specification only."
        )


def _job(before: Any, after: Any) -> Iterator[Change]:
    for member in sorted(_TEXTS):
        if not same(get(before, ("job", member)), get(after, ("job", member))):
            yield _change("TEXT_CHANGED", "cosmetic", ("job", member), f"The {member} is for people only.")
    was, now = get(before, ("job", "timeout")), get(after, ("job", "timeout"))
    if not same(was, now):
        longer = type(was) in {int, float} and type(now) in {int, float} and _limit(now) > _limit(was)
        if longer:
            sentence = "Runs have no limit any more: 0 means none." if now == 0 else "Runs may take longer than before."
            yield _change("TIMEOUT_LENGTHENED", "compatible", ("job", "timeout"), sentence)
        else:
            past = " There was no limit: 0 means none." if was == 0 else ""
            sentence = f"Runs that ended well until now may be stopped.{past}"
            yield _change("TIMEOUT_SHORTENED", "breaking", ("job", "timeout"), sentence)
    path = ("job", "interface", "command")
    if not same(get(before, path), get(after, path)):
        yield _change("COMMAND_CHANGED", "compatible", path, "How the image calls its program is its own matter.")


def _limit(timeout: float) -> float:
    """Return the longest run in seconds: 0 sets no limit."""
    return math.inf if timeout == 0 else timeout


def _shapes(before: Any, after: Any) -> Iterator[Change]:
    """Find what no rule looks at: unknown members, and sections of the wrong shape."""
    known: dict[Path, set[str]] = {
        (): {"seedVersion", "job"},
        ("job",): {"name", "jobVersion", "packageVersion", "timeout", "resources", "interface", "errors", *_TEXTS},
        ("job", "resources"): {"scalar"},
        ("job", "interface"): {"command", "inputs", "outputs", "mounts", "settings"},
        ("job", "interface", "inputs"): {"files", "json"},
        ("job", "interface", "outputs"): {"files", "json"},
    }
    for path, members in known.items():
        was, now = get(before, path), get(after, path)
        if (was is not None and not isinstance(was, dict)) or (now is not None and not isinstance(now, dict)):
            if not same(was, now):
                yield _unknown(path)
            continue
        for member in sorted({*(was or {}), *(now or {})} - members):
            if not same((was or {}).get(member), (now or {}).get(member)):
                yield _unknown((*path, member))
    was, now = (
        isinstance(found, dict) and "scalar" not in found
        for found in (get(manifest, RESOURCES) for manifest in (before, after))
    )
    if now and not was:
        yield _change("RESOURCES_CHANGED", "breaking", RESOURCES, 'Without a "scalar" list in it servers fail on it.')
    elif was and not now:
        yield _change("RESOURCES_CHANGED", "compatible", RESOURCES, "Servers fail on the old ones.")
    for path in SECTIONS.values():
        was, now = get(before, path), get(after, path)
        odd = [value for value in (was, now) if value is not None and not _well_shaped(value)]
        if odd and not same(was, now):
            yield _unknown(path)


def _well_shaped(value: Any) -> bool:
    return isinstance(value, list) and all(
        isinstance(item, dict) and isinstance(item.get("name"), str) for item in value
    )


def _unknown(path: Path) -> Change:
    return _change(
        "UNKNOWN_CHANGED", "breaking", path, "This is not part of a manifest, so the meaning of the change is unknown."
    )


def _section(section: str, before: Any, after: Any) -> Iterator[Change]:
    """Judge one list of named items."""
    path = SECTIONS[section]
    earlier, later = _items(before, path), _items(after, path)
    removed = [name for name in earlier if name not in later]
    added = [name for name in later if name not in earlier]
    for old_name, new_name in _renamed(earlier, later, removed, added):
        at, item = later[new_name]
        rule, verdict, sentence = _renaming(section, item)
        yield _change(
            rule,
            verdict,
            (*path, at, "name"),
            f"The {section} {shown(old_name)} is now called {shown(new_name)}; {sentence}",
        )
        removed.remove(old_name)
        added.remove(new_name)
    for name in removed:
        rule, verdict, sentence = _REMOVED[section]
        yield _change(rule, verdict, (*path, earlier[name][0]), f"The {section} {shown(name)} is gone; {sentence}")
    for name in added:
        at, item = later[name]
        rule, verdict, sentence = _adding(section, item)
        yield _change(rule, verdict, (*path, at), f"The {section} {shown(name)} is new; {sentence}")
    for name, (at, item) in later.items():
        if name in earlier:
            yield from _members(section, earlier[name][1], item, (*path, at))


def _items(manifest: Any, path: Path) -> dict[str, tuple[int, dict[str, Any]]]:
    """Return the items of a section by name, with their index; a name that occurs again gets an apostrophe."""
    found = get(manifest, path)
    named: dict[str, tuple[int, dict[str, Any]]] = {}
    for at, item in enumerate(found if isinstance(found, list) else ()):
        name = item.get("name") if isinstance(item, dict) else None
        if isinstance(name, str):
            while name in named:
                name += "'"
            named[name] = (at, item)
    return named


def _renamed(
    earlier: dict[str, tuple[int, dict[str, Any]]],
    later: dict[str, tuple[int, dict[str, Any]]],
    removed: list[str],
    added: list[str],
) -> list[tuple[str, str]]:
    """Pair what is gone with what is new if all but the name is the same and only one pair fits."""
    pairs = []
    for old in removed:
        bare = _nameless(earlier[old][1])
        fitting = [new for new in added if same(bare, _nameless(later[new][1]))]
        rivals = [other for other in removed if same(bare, _nameless(earlier[other][1]))]
        if len(fitting) == 1 and len(rivals) == 1:
            pairs.append((old, fitting[0]))
    return pairs


def _nameless(item: dict[str, Any]) -> dict[str, Any]:
    return {member: value for member, value in item.items() if member not in {"name", "title", "description"}}


def _members(section: str, before: dict[str, Any], after: dict[str, Any], path: Path) -> Iterator[Change]:
    """Judge the members of one item that both manifests have."""
    for member in [*before, *(name for name in after if name not in before)]:
        was, now = before.get(member), after.get(member)
        if member == "name" or (same(was, now) and (member in before) == (member in after)):
            continue
        judge = _MEMBERS.get((section, member))
        if judge is None:
            yield _unknown((*path, member))
        else:
            rule, verdict, sentence = judge(was, now)
            name = shown(str(after.get("name")))
            yield _change(rule, verdict, (*path, member), f"The {section} {name} has another {member}; {sentence}")


def _bump(before: Any, after: Any, worst: Verdict | None) -> tuple[str, Bump | None, bool]:
    """Say which version Seed wants raised: `jobVersion` for the algorithm, `packageVersion` for its interface."""
    job, package = (
        _step(*(get(manifest, ("job", member)) for manifest in (before, after)))
        for member in ("jobVersion", "packageVersion")
    )
    package_raised = package in {"was raised", "changed"}
    if worst is None:
        return "Nothing changed; no version has to be raised.", None, True
    bump = _BUMPS[worst]
    if job:
        past = " That is a version of before: mind that it may exist already." if job == "went down" else ""
        return f"jobVersion {job}, so this becomes a job type beside the old one.{past}", bump, True
    raising = f"Raise packageVersion ({bump}): the manifest changed, the tag must too."
    done = f"packageVersion {package}." if package_raised else raising
    if package == "went down":
        done = (
            "packageVersion went down, as in a restore of an earlier revision; the image of that tag must still exist."
        )
    if worst == "breaking":
        return (
            f"{done} Better raise jobVersion: an edit under the same jobVersion moves all recipes to it.",
            bump,
            False,
        )
    return f"{done} Raise jobVersion as well if the algorithm changed.", bump, package_raised


def _step(was: Any, now: Any) -> str:
    """Say which way a version went; nothing if it stayed."""
    if was == now:
        return ""
    numbers = [
        tuple(map(int, version.split("+")[0].split("-")[0].split(".")))
        for version in (was, now)
        if isinstance(version, str) and _VERSION.fullmatch(version)
    ]
    if len(numbers) < 2 or numbers[0] == numbers[1]:
        return "changed"
    return "was raised" if numbers[1] > numbers[0] else "went down"


_CONNECTED = "recipes and callers refer to it by name."
_REMOVED: dict[str, Judgement] = {
    "file input": ("INPUT_REMOVED", "breaking", _CONNECTED),
    "JSON input": ("INPUT_REMOVED", "breaking", _CONNECTED),
    "file output": ("OUTPUT_REMOVED", "breaking", "jobs that follow refer to it by name."),
    "JSON output": ("OUTPUT_REMOVED", "breaking", "jobs that follow refer to it by name."),
    "mount": ("MOUNT_REMOVED", "compatible", "a configuration that still has it gets a warning."),
    "setting": ("SETTING_REMOVED", "compatible", "a configuration that still has it gets a warning."),
    "resource": (
        "RESOURCE_REMOVED",
        "breaking",
        "a server gives the least then, so that runs that ended well until now may be killed.",
    ),
    "error": ("ERROR_REMOVED", "compatible", "that exit code becomes a general failure."),
}


def _renaming(section: str, item: dict[str, Any]) -> Judgement:
    """Judge that an item has another name and is otherwise the same."""
    kind = section.rsplit(" ", 1)[-1].upper()
    if section == "error":
        return "ERROR_RENAMED", "compatible", "the failures so far stay under the old name."
    if section == "resource":
        return _adding(section, item)
    follower = "configurations" if section in {"mount", "setting"} else "recipes and callers"
    return f"{kind}_RENAMED", "breaking", f"{follower} refer to it by its old name."


def _adding(section: str, item: dict[str, Any]) -> Judgement:
    """Judge that there is a new item."""
    if section in {"file input", "JSON input"}:
        if item.get("required") is False:
            return "INPUT_ADDED_OPTIONAL", "compatible", "jobs run without it."
        return "INPUT_ADDED_REQUIRED", "breaking", "no recipe provides it yet."
    if section == "file output":
        return "OUTPUT_ADDED", "compatible", "the configuration must name a workspace for it, or a default one."
    if section == "JSON output":
        return "OUTPUT_ADDED", "compatible", "nobody has to use it."
    if section == "resource":
        name = str(item.get("name"))
        if name in STANDARD_RESOURCES and name != "gpus":
            return "RESOURCE_ADDED", "compatible", "the job now says what it needs."
        return "RESOURCE_ADDED", "breaking", "on a cluster whose nodes do not offer it the job is never scheduled."
    if section == "error":
        return "ERROR_ADDED", "compatible", "that exit code now has a name."
    return f"{section.upper()}_ADDED", "breaking", "no configuration provides it yet."


def _always(rule: str, verdict: Verdict, sentence: str) -> Judge:
    return lambda _was, _now: (rule, verdict, sentence)


def _required_input(_was: Any, now: Any) -> Judgement:
    if now is False:
        return "INPUT_MADE_OPTIONAL", "compatible", "who provides it may go on."
    return "INPUT_MADE_REQUIRED", "breaking", "recipes that leave it out no longer work."


def _required_output(_was: Any, now: Any) -> Judgement:
    if now is True:
        return "OUTPUT_MADE_REQUIRED", "compatible", "who uses it can rely on it."
    return "OUTPUT_MADE_OPTIONAL", "breaking", "jobs that follow may wait for it in vain."


def _media_types(was: Any, now: Any) -> Judgement:
    if not (isinstance(was, list) and isinstance(now, list)):
        return "INPUT_MEDIA_TYPES_NARROWED", "breaking", "files that were taken may be refused."
    covered = not now or (was and all(any(fnmatchcase(str(old), str(new)) for new in now) for old in was))
    if covered:
        return "INPUT_MEDIA_TYPES_WIDENED", "compatible", "whatever was taken still is."
    return "INPUT_MEDIA_TYPES_NARROWED", "breaking", "files that were taken are refused now."


def _json_input(was: Any, now: Any) -> Judgement:
    if (was, now) == ("integer", "number"):
        return "INPUT_TYPE_WIDENED", "compatible", "whole numbers still fit."
    return "INPUT_TYPE_CHANGED", "breaking", "values that were given no longer fit."


def _json_output(was: Any, now: Any) -> Judgement:
    if (was, now) == ("number", "integer"):
        return "OUTPUT_TYPE_NARROWED", "compatible", "whole numbers are numbers."
    return "OUTPUT_TYPE_CHANGED", "breaking", "jobs that follow expect the old type."


def _mode(_was: Any, now: Any) -> Judgement:
    if now == "ro":
        return "MOUNT_MODE_NARROWED", "compatible", "reading is all that it needs now."
    return "MOUNT_MODE_WIDENED", "breaking", "the folder must be writable now."


def _amount(was: Any, now: Any) -> Judgement:
    numbers = {int, float}
    before, after = (value if type(value) in numbers else 0 for value in (was, now))
    if after < before:
        return "RESOURCE_REDUCED", "breaking", "runs that ended well until now may be killed, as they get less."
    return "RESOURCE_CHANGED", "compatible", "each run needs more."


_MEMBERS: dict[tuple[str, str], Judge] = {
    ("file input", "required"): _required_input,
    ("file input", "mediaTypes"): _media_types,
    ("file input", "multiple"): _always(
        "INPUT_MULTIPLE_CHANGED", "breaking", "its variable holds a folder in one case, a file in the other."
    ),
    ("file input", "partial"): _always(
        "INPUT_PARTIAL_CHANGED", "compatible", "only the way of providing the file changes."
    ),
    ("JSON input", "required"): _required_input,
    ("JSON input", "type"): _json_input,
    ("file output", "required"): _required_output,
    ("file output", "mediaType"): _always("OUTPUT_MEDIA_TYPE_CHANGED", "breaking", "inputs that follow may refuse it."),
    ("file output", "multiple"): _always(
        "OUTPUT_MULTIPLE_CHANGED", "breaking", "jobs that follow get another number of files."
    ),
    ("file output", "pattern"): _always(
        "OUTPUT_PATTERN_CHANGED", "compatible", "how the image names its files is its own matter."
    ),
    ("JSON output", "required"): _required_output,
    ("JSON output", "type"): _json_output,
    ("JSON output", "key"): _always("OUTPUT_KEY_CHANGED", "compatible", "what the image writes is its own matter."),
    ("mount", "path"): _always("MOUNT_PATH_CHANGED", "compatible", "where the image looks is its own matter."),
    ("mount", "mode"): _mode,
    ("setting", "secret"): _always(
        "SETTING_SECRET_CHANGED", "breaking", "its value must be given anew, as it is kept elsewhere."
    ),
    ("resource", "value"): _amount,
    ("resource", "inputMultiplier"): _amount,
    ("error", "code"): _always("ERROR_CODE_CHANGED", "compatible", "the failure has another exit code from now on."),
    ("error", "category"): _always(
        "ERROR_CATEGORY_CHANGED", "compatible", "failures are counted under the other category."
    ),
    ("error", "title"): _always("TEXT_CHANGED", "cosmetic", "it is for people only."),
    ("error", "description"): _always("TEXT_CHANGED", "cosmetic", "it is for people only."),
}
"""What a changed member of an item means, by section and member."""
