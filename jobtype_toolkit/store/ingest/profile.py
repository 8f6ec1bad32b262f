"""Import profiles: how the export of another system says what the vocabulary says.

A profile is data: a TOML file that comes with the package or is a site's own, or a dict with the same keys. It is checked when
it is read; `profiled` makes SQL of it.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any, NoReturn, TypeAlias
from zoneinfo import available_timezones

from jobtype_toolkit import hints
from jobtype_toolkit.api.fields import Resource
from jobtype_toolkit.api.resources import LOADABLE, STATUSES
from jobtype_toolkit.errors import InputNotFound, InvalidParameter
from jobtype_toolkit.store.ingest import synonyms

Asked: TypeAlias = str | os.PathLike[str] | Mapping[str, Any]
"""What a caller gives for a profile: a shipped name, the path of a TOML file, or a dict with its keys."""

RESOURCES = ("jobs", "job_executions")
"""What histories from elsewhere consist of."""
SIZES: Mapping[str, int] = {"B": 1, "K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}
"""The units of sizes, in bytes."""
DURATIONS: Mapping[str, int] = {"us": 1, "ms": 1_000, "s": 1_000_000, "min": 60_000_000, "h": 3_600_000_000}
"""The units of durations, in microseconds."""
_KINDS: Mapping[str, Collection[str]] = {
    "id": ("int",),
    "unix s": ("time",),
    "unix ms": ("time",),
    "exit code": ("int",),
    "first node": ("text",),
    "MiB": ("float",),
}
"""What `as` may say, and the types of the fields for which it may."""
_DIRECTIVES = frozenset("aAbBcdfgGHIjmMnpSuUVwWxXyYzZ%")
"""What may follow % in a format."""
_IDS = ("id", "job_id")
_TEXT, _TEXTS, _TABLE = "a text", "a text or a list of texts", "a table"
_NOTHING = "a text, a number or a list of them"
_CHOICES = "a text, or a list of texts and of lists of texts"
_TOP = {
    "title": _TEXT,
    "command": _TEXT,
    "needs": _CHOICES,
    "rows": _TEXTS,
    "missing": _NOTHING,
    "timezone": _TEXT,
    **dict.fromkeys(RESOURCES, _TABLE),
}
_SECTION = {"skip": _TABLE, "only": _TABLE, "extra": _TEXTS, "all_nodes": _TEXT}
_VALUE = {
    "from": _TEXTS,
    "join": _CHOICES,
    "by": _TEXT,
    "value": _TEXT,
    "missing": _NOTHING,
    "match": _TEXT,
    "words": _TABLE,
    "as": _TEXT,
    "format": _TEXTS,
    "unit": _TEXT,
    "after": _TEXT,
    "lasts": _TEXTS,
    "if": _TABLE,
}

Choices: TypeAlias = tuple[tuple[str, ...], ...]
"""Columns, each with those that other versions have in its place: the first that is not empty counts."""
Patterns: TypeAlias = Mapping[str, tuple[str, ...]]
"""A column → the patterns of which its text is to match one."""


@dataclass(frozen=True, slots=True)
class Value:
    """How an export says one field."""

    first: tuple[str, ...] = ()
    """Columns, of which the first that is not empty counts."""
    joined: Choices = ()
    """Columns whose texts make one together."""
    by: str = ""
    """What stands between them."""
    constant: str | None = None
    missing: tuple[str, ...] = ()
    """Words for nothing."""
    part: str = ""
    """A regular expression: its first group is what the field is about."""
    words: Mapping[str, str] = field(default_factory=dict)
    """Pattern of theirs → ours; the first that matches counts."""
    kind: str = ""
    """The conversion, under its name in `as`."""
    forms: tuple[str, ...] = ()
    """How a time is written, as strptime takes it; the first that fits counts."""
    unit: str = ""
    """The unit of a size or a duration without one."""
    after: str = ""
    """The field at which a duration begins, for a time that is told by one."""
    lasts: tuple[str, ...] = ()
    """Columns with that duration."""
    conditions: Patterns = field(default_factory=dict)
    """Without a match in each of these columns, the field is missing."""

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that the field is made of."""
        return (*self.first, *(one for part in self.joined for one in part), *self.lasts)

    @property
    def told(self) -> str:
        """What becomes of them, in a few words."""
        parts = [
            f"always {self.constant!r}" if self.constant is not None else "",
            f"joined by {self.by!r}" if self.joined else "the first that is not empty" if len(self.first) > 1 else "",
            f"the part that matches {self.part}" if self.part else "",
            "in our words" if self.words else "",
            self.kind,
            f"a time written as {' or '.join(self.forms)}" if self.forms else "",
            f"{self.after} and how long it lasts" if self.lasts else "",
            *(f"if {column} is {' or '.join(patterns)}" for column, patterns in self.conditions.items()),
        ]
        return ", ".join(one for one in parts if one)


@dataclass(frozen=True, slots=True)
class Section:
    """What a profile says of one resource."""

    values: Mapping[str, Value] = field(default_factory=dict)
    """Our fields, in the order of the profile."""
    skip: Patterns = field(default_factory=dict)
    """A row that matches any of these is none of the resource."""
    only: Patterns = field(default_factory=dict)
    """A row that does not match all of these is none of the resource."""
    extra: tuple[str, ...] | None = None
    """The columns kept in `extra`; None for all that are not read."""
    all_nodes: str = ""
    """The column of whose nodes `extra` gets the list `all_nodes`, if they are several."""


@dataclass(frozen=True, slots=True)
class Profile:
    """How to read the export of another system."""

    name: str
    title: str = ""
    command: str = ""
    """The command that exports, in the other system."""
    needs: Choices = ()
    """The columns by which such an export is known."""
    rows: tuple[str, ...] = ()
    """Keys of the rows in JSON, of which the first that is there counts; "" is the document itself."""
    missing: tuple[str, ...] = ()
    """Words for nothing, in all columns."""
    timezone: str | None = None
    sections: Mapping[str, Section] = field(default_factory=dict)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that it reads."""
        found: dict[str, None] = dict.fromkeys(one for need in self.needs for one in need)
        for section in self.sections.values():
            for value in section.values.values():
                found |= dict.fromkeys((*value.columns, *value.conditions))
            found |= dict.fromkeys(
                (*section.skip, *section.only, *(section.extra or ()), *filter(None, (section.all_nodes,)))
            )
        return tuple(found)


def shipped() -> list[str]:
    """Return the names of the profiles that come with the package, sorted."""
    folder = files("jobtype_toolkit.store") / "profiles"
    return sorted(one.name.removesuffix(".toml") for one in folder.iterdir() if one.name.endswith(".toml"))


def read(asked: Asked) -> Profile:
    """Return the profile that is asked for, checked.

    Raises:
        InputNotFound: there is no such file.
        InvalidParameter: no profile of this name is shipped, or something in it is wrong; the message names the line.
    """
    if isinstance(asked, Mapping):
        return _Checked("given as a dict", asked, "").profile()
    name, text = os.fspath(asked), text_of(asked)
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        msg = f"{hints.argument('profile', name)} is not TOML: {error}."
        raise InvalidParameter(msg) from error
    return _Checked(name, data, text).profile()


def text_of(asked: str | os.PathLike[str]) -> str:
    """Return the TOML of a profile, by its name or path; raises as `read` does."""
    name = os.fspath(asked)
    is_path = not isinstance(asked, str) or name.endswith(".toml") or "/" in name or os.sep in name
    if is_path:
        try:
            return Path(name).expanduser().read_text(encoding="utf-8")
        except FileNotFoundError:
            msg = f"{hints.argument('profile', name)}: there is no such file."
            raise InputNotFound(msg) from None
        except (OSError, UnicodeDecodeError) as error:
            msg = f"{hints.argument('profile', name)} cannot be read: {error}. Give a TOML file in UTF-8."
            raise InvalidParameter(msg) from error
    known = shipped()
    if name not in known:
        msg = f"{hints.argument('profile', name)} is unknown.{hints.did_you_mean(name, known)} Give one of {', '.join(known)}, or the path of a TOML file."
        raise InvalidParameter(msg)
    return (files("jobtype_toolkit.store") / "profiles" / f"{name}.toml").read_text(encoding="utf-8")


class _Checked:
    """The data of a profile while it is checked."""

    def __init__(self, name: str, data: Mapping[str, Any], text: str) -> None:
        self._name = name
        self._data = data
        self._text = text

    def profile(self) -> Profile:
        data = self._data
        self._keys(data, _TOP, ())
        zone = data.get("timezone")
        if zone is not None and zone not in available_timezones():
            self._refuse(("timezone",), f"{zone!r} is no zone. Give a name such as 'UTC' or 'America/New_York'")
        return Profile(
            self._name,
            data.get("title", ""),
            data.get("command", ""),
            _choices(data.get("needs", ())),
            _texts(data.get("rows", ())),
            _nothing(data.get("missing", ())),
            zone,
            {name: self._section(name, data[name]) for name in RESOURCES if name in data},
        )

    def _section(self, name: str, data: Mapping[str, Any]) -> Section:
        resource = LOADABLE[name]
        fields = {key: said for key, said in data.items() if key not in _SECTION}
        self._keys({key: said for key, said in data.items() if key in _SECTION}, _SECTION, (name,))
        for key in fields:
            if key not in resource.names:
                near = _meant(key, resource) or hints.did_you_mean(key, (*resource.names, *_SECTION))
                self._refuse(
                    (name, key), f"{name} have no field {key!r}.{near or ' See the reference for all of them'}"
                )
        return Section(
            {key: self._value(resource, (name, key), said) for key, said in fields.items()},
            self._patterns((name, "skip"), data.get("skip", {})),
            self._patterns((name, "only"), data.get("only", {})),
            _texts(data["extra"]) if "extra" in data else None,
            data.get("all_nodes", ""),
        )

    def _value(self, resource: Resource, path: tuple[str, ...], said: Any) -> Value:
        if isinstance(said, (str, list)):
            said = {"from": said}
        if not isinstance(said, Mapping):
            self._refuse(path, f"{said!r} is neither the name of a column, nor a list of names, nor a table")
        self._keys(said, _VALUE, path)
        value = Value(
            _texts(said.get("from", ())),
            _choices(said.get("join", ())),
            said.get("by", ""),
            said.get("value"),
            _nothing(said.get("missing", ())),
            self._group(path, said.get("match", "")),
            self._words(path, said.get("words", {})),
            said.get("as", ""),
            _texts(said.get("format", ())),
            said.get("unit", ""),
            said.get("after", ""),
            _texts(said.get("lasts", ())),
            self._patterns((*path, "if"), said.get("if", {})),
        )
        ways = [way for way in ("from", "join", "value") if way in said]
        if len(ways) > 1 or not (ways or value.lasts):
            self._refuse(
                path,
                "give one of `from` (a column, or several), `join` (columns) and `value` (the same for all)"
                + (
                    f'; where the column is empty, words = {{ "" = "{said["value"]}" }} beside it says it'
                    * ("value" in ways)
                ),
            )
        self._conversion(resource, path, value)
        return value

    def _conversion(self, resource: Resource, path: tuple[str, ...], value: Value) -> None:
        """Refuse a conversion that does not lead to the type of the field."""
        kind = resource[path[-1]].type
        if value.kind and value.kind not in _KINDS:
            near = hints.did_you_mean(value.kind, _KINDS)
            self._refuse((*path, "as"), f"there is no conversion {value.kind!r}.{near} Give one of {', '.join(_KINDS)}")
        if value.kind and (kind not in _KINDS[value.kind] or (value.kind == "id" and path[-1] not in _IDS)):
            self._refuse((*path, "as"), f"{path[-1]} is a field of type {kind}, which {value.kind!r} does not give")
        unknown = [one for one in re.findall(r"%-?(.?)", " ".join(value.forms)) if one not in _DIRECTIVES]
        if unknown:
            self._refuse(
                (*path, "format"),
                f"%{unknown[0]} is no part of a time; strptime knows %Y, %m, %d, %H, %M, %S and others",
            )
        if value.forms and (kind != "time" or value.kind):
            self._refuse((*path, "format"), "only a time has a format, and none beside `as`")
        if bool(value.after) != bool(value.lasts) or (value.after and kind != "time"):
            self._refuse(
                (*path, "after"), "`after` (a time of ours) and `lasts` (a column with a duration) tell a time together"
            )
        times = [one.name for one in resource.fields if one.type == "time" and one.name != path[-1]]
        if value.after and value.after not in times:
            self._refuse(
                (*path, "after"), f"{value.after!r} is no time of ours.{hints.did_you_mean(value.after, times)}"
            )
        units = SIZES if value.kind == "MiB" else DURATIONS if value.lasts else {}
        if value.unit and value.unit not in units:
            told = (
                f"give one of {', '.join(units)}"
                if units
                else 'only a size (`as = "MiB"`) or a duration (`lasts`) has one'
            )
            self._refuse((*path, "unit"), f"{value.unit!r} is no unit here; {told}")

    def _group(self, path: tuple[str, ...], said: str) -> str:
        if said:
            try:
                is_one = re.compile(said).groups > 0
            except re.error as error:
                self._refuse((*path, "match"), f"{said!r} is no regular expression: {error}")
            if re.search(r"\(\?(?![:imsP])|\\[1-9]", said):
                self._refuse((*path, "match"), f"{said!r} looks around or back, which is not understood")
            if not is_one:
                self._refuse((*path, "match"), f"{said!r} has no group. Put what is meant in parentheses")
        return said

    def _words(self, path: tuple[str, ...], said: Mapping[str, Any]) -> Mapping[str, str]:
        for theirs, ours in said.items():
            if not isinstance(ours, str):
                self._refuse((*path, "words", theirs), f"{ours!r} is not a text")
            if path[-1] == "status" and ours and ours not in STATUSES:
                self._refuse((*path, "words", theirs), f"v6 has no status {ours!r}; it has {', '.join(STATUSES)}")
        return dict(said)

    def _patterns(self, path: tuple[str, ...], said: Mapping[str, Any]) -> Patterns:
        for column, patterns in said.items():
            if not _is_texts(patterns):
                self._refuse((*path, column), f"{patterns!r} is neither a pattern nor a list of patterns")
        return {column: _texts(patterns) for column, patterns in said.items()}

    def _keys(self, data: Mapping[str, Any], known: Mapping[str, str], path: tuple[str, ...]) -> None:
        """Refuse keys that are not known, and values that are not of their kind."""
        for key, said in data.items():
            kind = known.get(key)
            if kind is None:
                near = hints.did_you_mean(str(key), known)
                self._refuse(
                    (*path, str(key)), f"there is no key {key!r} here.{near or ' Known are ' + ', '.join(known)}"
                )
            is_one = {
                _TEXT: isinstance(said, str),
                _TEXTS: _is_texts(said),
                _NOTHING: _is_texts(_nothing(said)),
                _CHOICES: _is_choices(said),
                _TABLE: isinstance(said, Mapping),
            }[kind]
            if not is_one:
                self._refuse((*path, key), f"{said!r} is not {kind}")

    def _refuse(self, path: tuple[str, ...], why: str) -> NoReturn:
        line = _line(self._text, path)
        place = f", line {line}" if line else ""
        given = "profile=…" if not self._text else hints.argument("profile", self._name)
        msg = f"{given}{place}: {'.'.join(path)}: {why.removesuffix('?')}{'?' if why.endswith('?') else '.'}"
        raise InvalidParameter(msg)


def _is_texts(said: Any) -> bool:
    is_list = isinstance(said, (list, tuple)) and all(isinstance(one, str) for one in said)
    return isinstance(said, str) or is_list


def _is_choices(said: Any) -> bool:
    return isinstance(said, str) or (isinstance(said, (list, tuple)) and all(said) and all(map(_is_texts, said)))


def _choices(said: Any) -> Choices:
    return tuple(map(_texts, (said,) if isinstance(said, str) else said))


def _texts(said: Any) -> tuple[str, ...]:
    return (said,) if isinstance(said, str) else tuple(said)


def _nothing(said: Any) -> tuple[Any, ...]:
    """Return words for nothing; a number is the text that an export has for it."""
    given = said if isinstance(said, (list, tuple)) else (said,)
    return tuple(str(one) if type(one) in (int, float) else one for one in given)


def _meant(key: str, resource: Resource) -> str:
    """Return the question whether a field was meant that other systems call so; empty if none is."""
    fields = [one for one in synonyms.of(key) if one in resource.names]
    return f" Did you mean {' or '.join(map(repr, fields))}?" if fields else ""


_HEADER = re.compile(r"\s*\[+([^\]]+)\]+\s*(#.*)?$")
_KEY = re.compile(r"""\s*((?:"[^"]*"|'[^']*'|[\w-]+)(?:\s*\.\s*(?:"[^"]*"|'[^']*'|[\w-]+))*)\s*=""")
_PART = re.compile(r"""\s*(?:"([^"]*)"|'([^']*)'|([\w-]+))\s*(?:\.|$)""")


def _line(text: str, path: tuple[str, ...]) -> int | None:
    """Return the line of a TOML text in which a key stands, or the nearest table around it; None if there is none."""
    places = dict(_places(text))
    while path:
        if path in places:
            return places[path]
        path = path[:-1]
    return None


def _places(text: str) -> Iterator[tuple[tuple[str, ...], int]]:
    table: tuple[str, ...] = ()
    for number, line in enumerate(text.splitlines(), 1):
        if header := _HEADER.match(line):
            table = _parts(header[1])
            yield table, number
        elif key := _KEY.match(line):
            yield (*table, *_parts(key[1])), number


def _parts(dotted: str) -> tuple[str, ...]:
    return tuple(one[1] or one[2] or one[3] or "" for one in _PART.finditer(dotted))
