"""The rules of compatibility: what it means that an item is gone, new, or has another member."""

from collections.abc import Callable
from fnmatch import fnmatchcase
from typing import Any, Literal

from jobtype_toolkit.seed.rules.scale import STANDARD_RESOURCES

Verdict = Literal["breaking", "compatible", "cosmetic"]
Judgement = tuple[str, Verdict, str]
"""A rule, its verdict, and the end of the sentence why."""
Judge = Callable[[Any, Any], Judgement]

_CONNECTED = "recipes and callers refer to it by name."
REMOVED: dict[str, Judgement] = {
    "file input": ("INPUT_REMOVED", "breaking", _CONNECTED),
    "JSON input": ("INPUT_REMOVED", "breaking", _CONNECTED),
    "file output": ("OUTPUT_REMOVED", "breaking", "jobs that follow refer to it by name."),
    "JSON output": ("OUTPUT_REMOVED", "breaking", "jobs that follow refer to it by name."),
    "mount": ("MOUNT_REMOVED", "compatible", "a configuration that still has it gets a warning."),
    "setting": ("SETTING_REMOVED", "compatible", "a configuration that still has it gets a warning."),
    "resource": ("RESOURCE_REMOVED", "compatible", "jobs need less than before."),
    "error": ("ERROR_REMOVED", "compatible", "that exit code becomes a general failure."),
}


def renaming(section: str, item: dict[str, Any]) -> Judgement:
    """Judge that an item has another name and is otherwise the same."""
    kind = section.rsplit(" ", 1)[-1].upper()
    if section == "error":
        return "ERROR_RENAMED", "compatible", "the failures so far stay under the old name."
    if section == "resource":
        return adding(section, item)
    follower = "configurations" if section in {"mount", "setting"} else "recipes and callers"
    return f"{kind}_RENAMED", "breaking", f"{follower} refer to it by its old name."


def adding(section: str, item: dict[str, Any]) -> Judgement:
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
    more = type(was) in numbers and type(now) in numbers and now > was
    return "RESOURCE_CHANGED", "compatible", f"each run needs {'more' if more else 'another amount'}."


MEMBERS: dict[tuple[str, str], Judge] = {
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
