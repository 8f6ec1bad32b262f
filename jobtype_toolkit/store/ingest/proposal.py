"""A profile to start from, for an export whose columns are called as other systems often call them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from jobtype_toolkit.api.resources import STATUSES
from jobtype_toolkit.store.ingest import synonyms, time_forms

_CALENDAR = re.compile(r"\d{4}[-/]\d{1,2}[-/]\d{1,2}|\d{4}[-/]?\d{1,2}[-/]?\d{1,2}[T ]\d{1,2}:?\d{2}.*")
_TIMES = ("created", "queued", "started", "ended")
_EXIT_CODE = re.compile(r"-?\d{1,10}(:\d*)?")
_BETWEEN = ("/", ":", "|", "~")
"""What may stand between the parts of a key."""
_NESTED = ('["', "[{", "[]", "{")
"""How lists and objects of JSON begin."""
_MOST_WORDS = 40
"""A column with more different texts is no status."""
_MOST_LETTERS = 60
"""A longer text is no name of an error."""
_NO_ERROR = re.compile(r"[-+.\d]*|true|false|yes|no|[tfyn]", re.IGNORECASE)
"""What a column says that counts errors, or tells whether there was one."""
_NEGATED = frozenset({"not", "no", "non", "un", "never"})

Values = Mapping[str, Sequence[str]]
"""What each column says in the rows in which it says anything."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A profile to be looked through."""

    profile: Mapping[str, Any]
    remarks: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Table → key → a remark; a key that the table does not have is for somebody to say."""
    unread: tuple[str, ...] = ()
    """Columns that become nothing, those first that may be a job type: their texts recur."""


def proposed(values: Values, count: int, rows: str = "") -> Proposal:
    """Return a profile for jobs.

    Args:
        values: what the columns say.
        count: how many rows these are.
        rows: the key of the rows in JSON.
    """
    statuses = {one for name in _called(synonyms.fields()["status"], values) for one in values[name]}
    words = {one for said in values.values() for one in said if synonyms.is_nothing(one)}
    nothing = sorted(words - statuses)
    values = {name: [one for one in said if one not in nothing] for name, said in values.items()}
    parts = {name: [one for one in values if one.rpartition(".")[0] == name] for name in values}
    section: dict[str, Any] = {}
    remarks: dict[str, dict[str, str]] = {}
    for ours, names in synonyms.fields().items():
        for theirs in _called(names, values):
            if spelt := _spelt(ours, theirs, values, parts, count):
                section[ours] = spelt
                break
    section.setdefault("job_type_version", {"value": "1"})
    node = section.get("node")
    if isinstance(node, Mapping):
        section["all_nodes"] = node["from"]
    status = section.get("status")
    if isinstance(status, Mapping):
        said = values[status["from"]]
        remarks["jobs.status.words"] = _unsure(said, status["words"])
        errors = (_error(one, values[one], status) for one in _called(synonyms.errors(), values))
        if error := next(filter(None, errors), None):
            section["error_name"] = error
    read = {one for said in section.values() for one in _columns(said)}
    unread = [one for one in values if not parts[one] and one not in read]
    remarks["jobs"] = {one: "a time: created, queued, started or ended?" for one in unread if _is_time(values[one])}
    remarks["jobs"] |= {
        ours: " or ".join(ways) + "?"
        for ours in _TIMES
        if isinstance(section.get(ours), str) and len(ways := time_forms.ways(values[section[ours]])) > 1
    }
    unread = [one for one in unread if values[one] and one not in remarks["jobs"]]
    head = {"title": "A proposal: look through it", "rows": rows, "missing": nothing}
    return Proposal(
        {**{key: said for key, said in head.items() if said}, "jobs": section},
        remarks,
        tuple(sorted(unread, key=lambda one: len(set(values[one])) / len(values[one]))),
    )


def _columns(said: Any) -> Sequence[str]:
    """Return the columns that a field is made of."""
    return [said] if isinstance(said, str) else said["join"] if "join" in said else [said.get("from", "")]


def _called(names: Sequence[str], values: Values) -> list[str]:
    """Return the columns of some names, the outermost first, then in the order of the names."""
    last = {one: synonyms.folded(one.rpartition(".")[2]) for one in values}
    found = [one for one in values if last[one] in names]
    return sorted(found, key=lambda one: (one.count("."), names.index(last[one])))


def _spelt(ours: str, theirs: str, values: Values, parts: Mapping[str, list[str]], count: int) -> Any:
    """Return how a column says a field, by its first values; None if it is none."""
    said = values[theirs]
    if ours == "id":
        return _key(theirs, values, parts)
    if nested := next((one for one in said if one.startswith(_NESTED)), None):
        return f"{theirs}.0" if ours == "node" and nested.startswith("[") else None
    if ours == "status":
        return _status(theirs, said)
    if ours in _TIMES:
        return _time(theirs, values)
    if ours == "exit_code":
        codes = {bool(_EXIT_CODE.fullmatch(one)) for one in said}
        return (
            None
            if False in codes
            else {"from": theirs, "as": "exit code"}
            if any(":" in one for one in said)
            else theirs
        )
    if ours == "node" and any("[" in one or "," in one for one in said):
        return {"from": theirs, "as": "first node"}
    if ours == "job_type_version" and len(said) < count:
        return {"from": theirs, "words": {"": "1"}}
    return theirs


def _key(theirs: str, values: Values, parts: Mapping[str, list[str]]) -> Any:
    inner = parts[theirs]
    if len(inner) > 1 and not any(parts[one] for one in inner):
        heads = "".join(one for name in inner[:-1] for one in values[name])
        between = next((one for one in _BETWEEN if one not in heads), _BETWEEN[0])
        return {"join": inner, "by": between, "as": "id"}
    if inner:
        return _key(inner[0], values, parts) if len(inner) == 1 else None
    if any(one.startswith(_NESTED) for one in values[theirs]):
        return None
    is_number = all(re.fullmatch(r"\d{1,18}", one) for one in values[theirs])
    return theirs if is_number else {"from": theirs, "as": "id"}


def _status(theirs: str, said: Sequence[str]) -> Any:
    words = {one: ours for one in dict.fromkeys(said) if (ours := _whole(one) or _in_part(one))}
    return {"from": theirs, "words": words} if words and len(set(said)) <= _MOST_WORDS else theirs


def _unsure(said: Sequence[str], words: Mapping[str, str]) -> dict[str, str]:
    """Return a remark for each text of a status of which nobody can be sure."""
    which = "say which: " + ", ".join(STATUSES)
    return {one: "a guess" if one in words else which for one in dict.fromkeys(said) if not _whole(one)}


def _whole(word: str) -> str | None:
    return synonyms.statuses().get(synonyms.folded(word))


def _in_part(word: str) -> str | None:
    """Return the status of a text that has a word for one status in it, and for no other."""
    inner = [one.casefold() for one in re.findall(r"[^\W\d_]+", word)]
    found = {ours for one in inner if (ours := synonyms.statuses().get(one))}
    return found.pop() if len(found) == 1 and not _NEGATED & set(inner) else None


def _time(theirs: str, values: Values) -> Any:
    """Return how a column says a time, None if none of its texts is one.

    A zero of Unix stands for none in all columns as soon as there are such.
    """
    said = values[theirs]
    if said and not any(one == "0" or _is_time([one]) for one in [*dict.fromkeys(said)][:_MOST_WORDS]):
        return None
    kinds = {name: time_forms.unix(said) for name, said in values.items()}
    is_zero = bool(values[theirs]) and set(values[theirs]) == {"0"}
    kind = next(filter(None, kinds.values()), None) if is_zero else kinds[theirs]
    if kind:
        return {"from": theirs, "as": kind, "missing": ["0"]}
    forms = time_forms.forms(values[theirs])
    return {"from": theirs, "format": forms[0]} if len(forms) == 1 else theirs


def _error(theirs: str, said: Sequence[str], status: Mapping[str, Any]) -> Any:
    """Return how a column says the error of jobs that failed; None if its texts are no names of errors."""
    failed = [one for one, ours in status["words"].items() if ours == "FAILED"]
    is_name = said and all(len(one) <= _MOST_LETTERS and not one.startswith(_NESTED) for one in said)
    if not (failed and is_name) or len(set(said)) > _MOST_WORDS or any(map(_NO_ERROR.fullmatch, said)):
        return None
    return {"from": theirs, "if": {status["from"]: failed}}


def _is_time(said: Sequence[str]) -> bool:
    return bool(time_forms.ways(said)) or (bool(said) and all(map(_CALENDAR.fullmatch, said)))


def toml(data: Mapping[str, Any], remarks: Mapping[str, Mapping[str, str]] | None = None) -> str:
    """Return a profile that is a dict as TOML, with remarks; words that have some get a table of their own."""
    return "\n".join(_lines(data, remarks or {}, "")).lstrip("\n") + "\n"


def _lines(data: Mapping[str, Any], remarks: Mapping[str, Mapping[str, str]], table: str) -> list[str]:
    own = remarks.get(table, {})
    places = {key: f"{table}.{key}".lstrip(".") for key in data}
    tables = {
        key
        for key, said in data.items()
        if isinstance(said, Mapping) and (not table or _has_table(places[key], remarks))
    }
    lines = ["", f"[{table}]"] if table else []
    for key, said in data.items():
        if key not in tables:
            lines.append(f"{_name(key)} = {_said(said)}" + (f"  # {own[key]}" if key in own else ""))
    said = ' = ""  #' if table.endswith(".words") else ":"
    lines += [f"# {_name(key)}{said} {remark}" for key, remark in own.items() if key not in data]
    for key in data:
        if key in tables:
            lines += _lines(data[key], remarks, places[key])
    return lines


def _has_table(place: str, remarks: Mapping[str, Mapping[str, str]]) -> bool:
    return any(said and (other == place or other.startswith(f"{place}.")) for other, said in remarks.items())


def _said(said: Any) -> str:
    if isinstance(said, Mapping):
        return "{ " + ", ".join(f"{_name(key)} = {_said(inner)}" for key, inner in said.items()) + " }"
    return json.dumps(list(said) if isinstance(said, tuple) else said, ensure_ascii=False)


def _name(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else json.dumps(key, ensure_ascii=False)
