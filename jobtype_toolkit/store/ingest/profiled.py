"""From the columns of another system to those of the vocabulary, as a profile says: one SELECT over the relation `raw_row`.

What the SELECT gives then goes the way of every table. A value that the profile's conversion does not give is missing in it, and
an objection tells what was said: its row is rejected.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from jobtype_toolkit import hints
from jobtype_toolkit.api.fields import Resource
from jobtype_toolkit.errors import LoadFailed
from jobtype_toolkit.sqlfiles import literal, quoted, sql
from jobtype_toolkit.store.ingest.casts import FIRST, LAST, blankless
from jobtype_toolkit.store.ingest.profile import DURATIONS, SIZES, Patterns, Profile, Section, Value

NUMBERED: Mapping[str, str] = {"id": "", "job_id": "jobs"}
"""Fields whose keys may be texts, and the resource of the key if it is not the row's own."""
UNNUMBERED = "-9223372036854775807"
"""Stands for a key that is a text until it has its number."""
_KEPT_AS = {"jobs": "external_id", "job_executions": "cluster_id"}
"""The field that holds the key as the other system writes it."""
_NESTED = "('OBJECT', 'ARRAY')"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of `raw_row`."""

    sql: str
    type: str
    kind: str = ""
    """SQL for the JSON type of what is there; empty if the input is no JSON."""


@dataclass
class Profiled:
    """The SELECT of a profile, and what is to be known of its columns."""

    statement: str
    names: list[str] = field(default_factory=list)
    """What the columns are called, in the order of `columns`."""
    columns: list[str] = field(default_factory=list)
    """The columns as SQL over the view of the statement."""
    objections: list[str] = field(default_factory=list)
    """SQL for what the profile has against a row."""
    has_status: bool = False
    """Whether the statuses are ours already."""
    passed: list[str] = field(default_factory=list)
    """Columns that later steps need, as SQL."""
    numbered: list[str] = field(default_factory=list)
    """Fields whose keys may be texts."""
    all_nodes: str = ""
    """The column with lists of nodes, as SQL; empty if there is none."""
    finals: dict[str, str] = field(default_factory=dict)
    """Fields that follow from others once those are typed, with SQL for each."""
    skipped: str = ""
    """SQL for the number of rows that are left out; empty if none can be."""
    absent: tuple[str, ...] = ()
    """Columns that the profile reads and the input does not have."""


class Compiler:
    """Makes the SELECT of a profile over an input."""

    def __init__(
        self,
        profile: Profile,
        resource: Resource,
        name: str,
        have: Mapping[str, Column],
        columns: Mapping[str, str],
        statuses: Mapping[str, str],
        base: Sequence[str] = ("__position",),
    ) -> None:
        """Take the profile, the resource under its name in `load`, and the input.

        Args:
            profile: what is said of the export.
            resource: what the rows become.
            name: its name in `load`.
            have: the columns of the input.
            columns: their column → ours, in place of what the profile says.
            statuses: their status → ours, before the patterns of the profile.
            base: the columns of `raw_row` that are handed on as they are.
        """
        self._profile = profile
        self._resource = resource
        self._name = name
        self._have = have
        self._folded = {one.strip().casefold(): one for one in [*have][::-1]}
        self._statuses = statuses
        self._base = base
        section = profile.sections.get(name, Section())
        self._section = section
        self._values = {**section.values, **{ours: Value((theirs,)) for theirs, ours in columns.items()}}
        self._clean: dict[tuple[str, tuple[str, ...]], str] = {}
        self._trimmed: dict[str, str] = {}
        self._said: dict[str, str] = {}
        self._absent: dict[str, None] = {}

    def compiled(self) -> Profiled:
        """Return the SELECT.

        Raises:
            LoadFailed: a column is absent that a required field is made of.
        """
        found = Profiled("")
        read = {place for value in self._values.values() for one in value.columns if (place := self._place(one))}
        by_name = {}
        for ours in (*self._resource.names, "extra"):
            place = self._place(ours)
            if ours not in self._values and place and place not in read:
                by_name[ours] = place
        made: list[str] = []
        for ours, value in self._values.items():
            made += self._made(ours, value, found)
        for ours, place in by_name.items():
            made.append(self._taken(ours, place, found))
        self._follow(found, made)
        used = read | set(by_name.values())
        extra = self._section.extra
        kept = [one for one in self._have if one not in used] if extra is None else [self._place(one) for one in extra]
        for number, place in enumerate(one for one in kept if one):
            column = f"extra {number}"
            made.append(f"{self._have[place].sql} AS {quoted(column)}")
            found.names.append(place)
            found.columns.append(quoted(column))
        nodes = self._cleaned(self._section.all_nodes, self._profile.missing) if self._section.all_nodes else None
        if nodes:
            found.all_nodes = quoted("all nodes")
            made.append(f"{nodes} AS {found.all_nodes}")
            found.passed.append(found.all_nodes)
        where = self._kept()
        said = ", ".join(f"{text} AS {quoted(f'theirs {ours}')}" for ours, text in self._said.items())
        clean = ", ".join(f"{text} AS clean_{number}" for number, text in enumerate(self._clean.values()))
        trimmed = ", ".join(f"{text} AS trimmed_{number}" for number, text in enumerate(self._trimmed.values()))
        parts = {
            "trimmed": trimmed or "1 AS trimmed_nothing",
            "said": said or "1 AS said_nothing",
            "clean": clean or "1 AS clean_nothing",
            "kept": where,
        }
        base = [*self._base, *(quoted(f"theirs {ours}") for ours in self._said)]
        base += [f"clean_{number}" for number in range(len(self._clean))]
        found.statement = sql("store/ingest/profile.rows", values=", ".join([*base, *made]), **parts)
        if where != "true":
            counted = sql("store/ingest/profile.rows", values="count(*)", **{**parts, "kept": f"NOT ({where})"})
            found.skipped = counted
        found.absent = tuple(self._absent)
        return found

    def _place(self, name: str) -> str | None:
        """Return what the input calls a column of the profile; None if it has none of the name."""
        if name in self._have:
            return name
        return self._folded.get(name.strip().casefold())

    def _cleaned(self, name: str, missing: Sequence[str] = ()) -> str | None:
        """Return a column without blanks around it and without words for nothing; None if the input does not have it."""
        place = self._place(name)
        if place is None:
            return None
        key = (place, tuple(missing))
        if key not in self._clean:
            column = self._have[place]
            text = column.sql if column.type == "VARCHAR" else f"CAST({column.sql} AS VARCHAR)"
            self._trimmed.setdefault(place, f"nullif({blankless(text)}, '')")
            text = f"trimmed_{list(self._trimmed).index(place)}"
            nothing = "".join(f" WHEN {literal(word)} THEN NULL" for word in missing if word)
            self._clean[key] = f"CASE {text}{nothing} ELSE {text} END" if nothing else text
        return f"clean_{list(self._clean).index(key)}"

    def _made(self, ours: str, value: Value, found: Profiled) -> list[str]:
        """Return the columns that a field becomes, none if the input has nothing that it is made of."""
        missing = (*self._profile.missing, *value.missing)
        if value == Value(value.first) and len(value.first) == 1 and not missing:
            place = self._place(value.first[0])
            if place is not None and self._have[place].type not in ("VARCHAR", "JSON"):
                return [self._taken(ours, place, found)]
        said = self._text(value, missing)
        lasting = [text for one in value.lasts if (text := self._cleaned(one, missing))]
        if said is None and not lasting:
            self._absent |= dict.fromkeys(one for one in value.columns if self._place(one) is None)
            return []
        if value.conditions:
            condition = self._all(value.conditions)
            said = f"CASE WHEN {condition} THEN {said} END" if said else None
            lasting = [f"CASE WHEN {condition} THEN {text} END" for text in lasting]
        self._said[ours] = said or "NULL::VARCHAR"
        theirs = quoted(f"theirs {ours}")
        text = self._worded(ours, value, self._matched(ours, value, theirs, found), found)
        made = [f"{text} AS {quoted(ours)}"]
        found.names.append(ours)
        found.columns.append(quoted(ours))
        self._object_to_nested(ours, value, theirs, found)
        if value.kind == "id":
            made = self._numbered(ours, text, value, found)
        elif value.kind or value.forms:
            made = [f"{self._converted(value, text)} AS {quoted(ours)}"]
            told = f"not {_TOLD[value.kind]}" if value.kind else f"not a time written as {' or '.join(value.forms)}"
            found.objections.append(
                _objection(f"{ours} is {told}: ", theirs, f"{text} IS NOT NULL AND {quoted(ours)} IS NULL")
            )
        if lasting:
            self._last(ours, value, f"coalesce({', '.join(lasting)})", found)
            made.append(f"{self._duration(ours, value)} AS {quoted(f'lasts {ours}')}")
        return made

    def _text(self, value: Value, missing: Sequence[str]) -> str | None:
        """Return what the input says for a field, as SQL."""
        if value.constant is not None:
            return literal(value.constant)
        if value.joined:
            parts = [self._first(part, missing) for part in value.joined]
            whole = [one for one in parts if one is not None]
            if value.kind == "id":  # a key is made of all of its parts
                return f" || {literal(value.by)} || ".join(whole) if len(whole) == len(parts) else None
            if not whole:
                return None
            text = f" || {literal(value.by)} || ".join(f"coalesce({one or 'NULL'}, '')" for one in parts)
            return f"CASE WHEN coalesce({', '.join(whole)}) IS NOT NULL THEN {text} END"
        return self._first(value.first, missing)

    def _first(self, columns: Sequence[str], missing: Sequence[str]) -> str | None:
        """Return the first of some columns that is not empty; None if the input has none of them."""
        whole = [text for one in columns if (text := self._cleaned(one, missing)) is not None]
        return f"coalesce({', '.join(whole)})" if len(whole) > 1 else next(iter(whole), None)

    def _taken(self, ours: str, place: str, found: Profiled) -> str:
        """Take a column as it is."""
        found.names.append(ours)
        found.columns.append(quoted(ours))
        return f"{self._have[place].sql} AS {quoted(ours)}"

    def _worded(self, ours: str, value: Value, text: str, found: Profiled) -> str:
        """Return SQL for a text in our words; one that matches none is kept."""
        cases = []
        if ours == "status":
            found.has_status = True
            cases += [
                f"WHEN {text} = {literal(theirs.strip())} THEN {literal(our.strip().upper())}"
                for theirs, our in self._statuses.items()
            ]
        cases += [
            f"WHEN {_matches(text, (pattern,)) if pattern else f'{text} IS NULL'} THEN {literal(our) if our else 'NULL'}"
            for pattern, our in value.words.items()
        ]
        return f"CASE {' '.join(cases)} ELSE {text} END" if cases else text

    def _matched(self, ours: str, value: Value, text: str, found: Profiled) -> str:
        """Return SQL for the part of a text that the field is about."""
        if not value.part:
            return text
        part = literal(value.part)
        why = f"{ours} does not match {value.part}: "
        found.objections.append(_objection(why, text, f"NOT regexp_matches({text}, {part})"))
        return f"nullif(regexp_extract({text}, {part}, 1), '')"

    def _converted(self, value: Value, text: str) -> str:
        match value.kind:
            case "unix s" | "unix ms":
                return f"theirs_unix({text}, {1000 if value.kind == 'unix ms' else 1})"
            case "exit code":
                return f"theirs_exit_code({text})"
            case "first node":
                return f"nullif(theirs_first_node({text}), '')"
            case "MiB":
                return f"theirs_mebibytes({text}, {SIZES[value.unit or 'B']})"
        forms = ", ".join(literal(" ".join(one.split())) for one in value.forms)
        return rf"try_strptime(regexp_replace({text}, '\s+', ' ', 'g'), [{forms}])"

    def _numbered(self, ours: str, theirs: str, value: Value, found: Profiled) -> list[str]:
        """Return the columns of a key: a whole number is itself, a text waits for its number."""
        is_number = f"regexp_full_match({theirs}, '0|[1-9][0-9]{{0,17}}')"
        text = quoted(f"text {ours}")
        found.numbered.append(ours)
        found.passed.append(text)
        made = [
            f"CASE WHEN {is_number} THEN TRY_CAST({theirs} AS BIGINT) WHEN {theirs} IS NOT NULL THEN {UNNUMBERED} END AS {quoted(ours)}",
            f"CASE WHEN NOT {is_number} THEN {theirs} END AS {text}",
        ]
        kept = _KEPT_AS[self._name]
        if ours == "id" and kept not in self._values:
            made.append(f"{theirs} AS {quoted(kept)}")
            found.names.append(kept)
            found.columns.append(quoted(kept))
        for columns in value.joined[:-1] if value.by else ():
            part = self._first(columns, (*self._profile.missing, *value.missing))
            one = next(column for column in columns if self._place(column))
            why = literal(f"{ours}: {one} has {value.by!r} in it, which stands between the parts: ")
            found.objections.append(
                f"CASE WHEN contains({part}, {literal(value.by)}) THEN {why} || left({part}, 60) END"
            )
        return made

    def _object_to_nested(self, ours: str, value: Value, theirs: str, found: Profiled) -> None:
        """Object to an object or a list of JSON where a text belongs."""
        kinds = [self._have[place].kind for one in value.columns if (place := self._place(one))]
        tests = [f"{kind} IN {_NESTED}" for kind in kinds if kind]
        if tests and self._resource[ours].type != "json":
            test = f"{theirs}[1] IN ('{{', '[') AND ({' OR '.join(tests)})"
            found.objections.append(_objection(f"{ours} is not a text: ", theirs, test))

    def _last(self, ours: str, value: Value, lasting: str, found: Profiled) -> None:
        """Let a time follow from the one at which a duration began."""
        self._said[f"length of {ours}"] = lasting
        said, lasts = quoted(f"theirs length of {ours}"), quoted(f"lasts {ours}")
        found.passed.append(lasts)
        found.objections.append(
            _objection(f"{ours}: not a duration: ", said, f"{said} IS NOT NULL AND {lasts} IS NULL")
        )
        later = f"{quoted(value.after)} + to_microseconds({lasts})"
        found.finals[ours] = (
            f"coalesce({quoted(ours)}, CASE WHEN {later} BETWEEN {FIRST}::TIMESTAMP AND {LAST}::TIMESTAMP THEN {later} END)"
        )

    def _duration(self, ours: str, value: Value) -> str:
        return f"theirs_duration({quoted(f'theirs length of {ours}')}, {DURATIONS[value.unit or 's']})"

    def _follow(self, found: Profiled, made: list[str]) -> None:
        """Let a job enter its status when it ended, started or was queued, where the export does not tell."""
        ours = "last_status_change"
        if self._name != "jobs" or not self._section.values:
            return
        if ours not in found.names:
            made.append(f"NULL::TIMESTAMPTZ AS {quoted(ours)}")
            found.names.append(ours)
            found.columns.append(quoted(ours))
        times = ("ended", "started", "queued", "created")
        has = {one: found.finals.get(one, quoted(one)) for one in times if one in found.names}
        before = [has[one] for one in ("queued", "created") if one in has]
        waiting = f"coalesce({', '.join(before)})" if before else "NULL"
        status = quoted("status")
        found.finals[ours] = (
            f"coalesce({found.finals.get(ours, quoted(ours))}, CASE"
            f" WHEN {status} IN ('COMPLETED', 'FAILED', 'CANCELED') THEN {has.get('ended', 'NULL')}"
            f" WHEN {status} = 'RUNNING' THEN {has.get('started', 'NULL')}"
            f" WHEN {status} IN ('PENDING', 'QUEUED') THEN {waiting} END)"
        )

    def _kept(self) -> str:
        tests = []
        if self._section.only:
            tests.append(self._all(self._section.only))
        for column, patterns in self._section.skip.items():
            text = self._cleaned(column)
            if text is not None:
                tests.append(f"NOT {_matches(_or_empty(text), patterns)}")
        return " AND ".join(tests) or "true"

    def _all(self, conditions: Patterns) -> str:
        tests = []
        for column, patterns in conditions.items():
            text = self._cleaned(column)
            tests.append(_matches(_or_empty(text), patterns))
        return "(" + " AND ".join(tests) + ")"


def refuse(
    profile: Profile, resource: str, missing: Sequence[str], have: Sequence[str], file: str, lists: Sequence[str]
) -> LoadFailed:
    """Return the refusal of an input that lacks what required fields are made of; `lists` are its keys with lists of objects."""
    values = profile.sections.get(resource, Section()).values
    told = [
        f"{ours} from {' or '.join(values[ours].columns)}" if ours in values and values[ours].columns else ours
        for ours in missing
    ]
    export = f" Export with: {profile.command}." if profile.command else ""
    if len(lists) == 1 and not profile.rows:
        export = f" If the rows are the list under {lists[0]!r}, say so at the top of the profile: rows = {json.dumps(lists[0])}."
    return LoadFailed(
        f"{hints.on('load', file)} as {resource} by the profile {profile.name}: it reads {', '.join(told)}, which the file does not have; "
        f"it has {', '.join(have)}.{export}"
    )


_STEP = re.compile(r"-?[0-9]+")


def steps(name: str) -> list[str]:
    """Return the keys of a dotted name."""
    return name.split(".")


def place_of(name: str, *, is_key: bool = False) -> str:
    """Return where DuckDB finds in JSON what a profile names: `status.conditions.-1.type`, counted from the end if negative.

    With `is_key`, the name is one key, whatever is in it.
    """
    found = [name] if is_key else steps(name)
    if not is_key and any(_STEP.fullmatch(one) for one in found):
        parts = [
            (f"[#{one}]" if one[0] == "-" else f"[{one}]") if _STEP.fullmatch(one) else f".{quoted(one)}"
            for one in found
        ]
        return "$" + "".join(parts)
    if is_key and ('"' in name or not name):
        return "/" + name.replace("~", "~0").replace("/", "~1")
    return "$" + "".join(f".{quoted(one)}" for one in found)


_TOLD = {
    "unix s": "a number of seconds since 1970",
    "unix ms": "a number of milliseconds since 1970",
    "exit code": "an exit code such as 1 or 0:9",
    "first node": "a list of nodes",
    "MiB": "a size such as 4.5G",
}


def _objection(why: str, said: str, test: str) -> str:
    return f"CASE WHEN {test} THEN {literal(why)} || left({said}, 60) END"


def _or_empty(text: str | None) -> str:
    return f"coalesce({text}, '')" if text else "''"


def _matches(text: str, patterns: Sequence[str]) -> str:
    """Return SQL that tells whether a text matches one of some patterns, in which * is any text and ? any letter."""
    tests = []
    for pattern in patterns:
        folded = pattern.strip().upper()
        if set(folded) & set("*?"):
            like = "".join({"*": "%", "?": "_"}.get(one, f"^{one}" if one in "%_^" else one) for one in folded)
            tests.append(f"upper({text}) LIKE {literal(like)} ESCAPE '^'")
        else:
            tests.append(f"upper({text}) = {literal(folded)}")
    if len(tests) < 2:
        return tests[0] if tests else "false"
    # DuckDB tests every pattern of an OR for every row, those of a CASE only where none matched before
    return f"(CASE {' '.join(f'WHEN {test} THEN true' for test in tests)} ELSE false END)"
