"""The rows of another system's export, as its profile says: from the relation `raw_row` to a table of the vocabulary."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import duckdb

from jobtype_toolkit import hints
from jobtype_toolkit.api.fields import Resource
from jobtype_toolkit.errors import LoadFailed
from jobtype_toolkit.sqlfiles import literal, quoted
from jobtype_toolkit.store.engine import number, script
from jobtype_toolkit.store.ingest import profiled
from jobtype_toolkit.store.ingest.casts import Options
from jobtype_toolkit.store.ingest.checks import lacking
from jobtype_toolkit.store.ingest.profile import Profile
from jobtype_toolkit.store.ingest.profiled import place_of, steps
from jobtype_toolkit.store.ingest.table import Origin, Table, whole
from jobtype_toolkit.store.ingest.texts import TEXT_KEPT, Broken, kept

MOST_KEYS_TOLD = 40
"""How many of an input's keys a message names."""
_NODES = re.compile(r"(?:[^,: \[\]]|\[[^\]]*\])+")
_SLOTS = re.compile(r"^(?:\d+\*)?(?:[^@\[\]]*@)?")
_MOST_NUMBERS = 100_000


def nodes_in(said: str) -> list[str]:
    """Return all nodes in a list such as `n[01-04,7]`, `n1,n2`, `4*n1:2*n2` and `slot1@n1`."""
    return [name for one in _NODES.findall(said) for name in _unfolded(_SLOTS.sub("", one))]


def _unfolded(name: str) -> Iterator[str]:
    head, bracket, rest = name.partition("[")
    if not bracket:
        yield name
        return
    inner, _, tail = rest.partition("]")
    for digits in (one for part in inner.split(",") for one in _numbers(part)):
        yield from (f"{head}{digits}{end}" for end in _unfolded(tail))


def _numbers(part: str) -> Sequence[str]:
    """Return the numbers of a range, as wide as it writes the first: 08-10 is 08, 09, 10."""
    low, _, high = part.partition("-")
    is_range = low.isdecimal() and high.isdecimal() and 0 <= int(high) - int(low) < _MOST_NUMBERS
    return [f"{one:0{len(low)}}" for one in range(int(low), int(high) + 1)] if is_range else [part]


@dataclass(frozen=True, slots=True)
class Made:
    """A table that a profile made of an input."""

    table: Table
    origin: Origin
    options: Options
    """What is left to do for its columns."""


class Foreign:
    """The inputs of one load that are read by a profile."""

    def __init__(
        self,
        con: duckdb.DuckDBPyConnection,
        profile: Profile,
        name: str,
        resource: Resource,
        given: Options,
        source: str,
    ) -> None:
        """Take the profile, the resource and its name in `load`, what the caller gave, and the source of the numbers of keys."""
        self._con = con
        self._profile = profile
        self._name = name
        self._resource = resource
        self._given = given
        self._source = source
        self.met: set[str] = set()
        """The columns that the caller maps and an input has."""
        self.keys: dict[str, None] = {}
        """The keys that rows of JSON have."""
        self.skipped = 0
        """How many rows the profile left out."""
        self.absent: dict[str, None] = {}
        """Columns that the profile reads and no input has."""
        self.has_numbers = False
        """Whether keys that are text were numbered."""

    def of_table(self, raw: Table, name: str) -> Made:
        """Return what becomes of the view `raw_row` over a table.

        Raises:
            LoadFailed: it lacks a column that the caller maps, or one that a required field is made of.
        """
        columns = [*zip(raw.names, raw.columns, raw.types, strict=True)]
        have = {one: profiled.Column(column, kind) for one, column, kind in reversed(columns)}
        for theirs, ours in self._given.columns.items():
            if theirs.strip().casefold() not in {one.strip().casefold() for one in have}:
                mapping = hints.argument("columns", {theirs: ours})
                msg = (
                    f"{hints.on('load', name)}, {mapping}: the file has no such column; it has {', '.join(raw.names)}."
                )
                raise LoadFailed(msg)
            self.met.add(theirs)
        origin = Origin(literal(name), "__position", "raw_row", whole(raw))
        return self._made(dict(reversed(have.items())), origin, name)

    def of_json(self, name: str) -> tuple[Made | None, list[Broken]]:
        """Return what becomes of the table `json_row`, None if it has no row, and the documents that have none.

        Raises:
            LoadFailed: it lacks a column that a required field is made of.
        """
        broken = self._rows_under()
        if not number(self._con, "SELECT count(*) FROM json_row"):
            return None, broken  # a time without jobs
        found = [one for (one,) in script(self._con, "store/ingest/profile.keys").fetchall()]
        self.keys |= dict.fromkeys(found[:MOST_KEYS_TOLD])
        read = list(dict.fromkeys((*self._profile.columns, *self._given.columns)))
        places = "[" + ", ".join(literal(place_of(one)) for one in read) + "]"
        has = self._which(read, places)
        self.met |= {theirs for theirs in self._given.columns if has[theirs]}
        columns = [f"texts[{number}] AS t{number}, kinds[{number}] AS k{number}" for number in range(1, len(read) + 1)]
        have = {
            one: profiled.Column(f"t{number}", "VARCHAR", f"k{number}")
            for number, one in enumerate(read, 1)
            if has[one]
        }
        top = {steps(one)[0] for one in have}
        for at, key in enumerate(one for one in found if one not in top):
            columns.append(f"json_extract(j, {literal(place_of(key, is_key=True))}) AS j{at}")
            have[key] = profiled.Column(f"j{at}", "JSON")
        script(
            self._con, "store/ingest/profile.json_rows", columns=", ".join(columns or ["1 AS nothing"]), paths=places
        )
        kinds = [one.kind for one in have.values() if one.kind]
        is_object = "CASE WHEN json_type(__j) <> 'OBJECT' THEN 'not a JSON object' END"
        origin = Origin("__file", "__place", "raw_row", "__j", [is_object])
        return self._made(have, origin, name, ("__position", "__file", "__place", "__j", *kinds)), broken

    def take_with_nodes(self, origin: Origin, passed: str) -> None:
        """Take the rows of `checked` that nothing speaks against, lists of nodes with all; `passed` are its further columns."""
        lists = script(self._con, "store/ingest/profile.lists_of_nodes", column=origin.all_nodes).fetchall()
        bound = {"said": [said for (said,) in lists], "nodes": [json.dumps(nodes_in(said)) for (said,) in lists]}
        script(self._con, "store/ingest/profile.node_list", bound)
        script(self._con, "store/ingest/profile.take_with_nodes", passed=passed, column=origin.all_nodes)

    def number(self, origin: Origin) -> None:
        """Give the keys of `checked` that are text their numbers: those that they had before, or new ones."""
        for ours in origin.numbered:
            text = quoted(f"text {ours}")
            if not number(self._con, f"SELECT count({text}) FROM checked WHERE reason = ''"):
                continue
            script(self._con, "store/ingest/profile.numbers", {"source": self._source})
            script(
                self._con,
                "store/ingest/profile.number_texts",
                {"source": self._source},
                resource=profiled.NUMBERED[ours] or self._name,
                text=text,
                column=quoted(ours),
            )
            self.has_numbers = True

    def _rows_under(self) -> list[Broken]:
        """Put the rows under the profile's key in place of the documents; return the documents that have none."""
        keys = self._profile.rows
        if not any(keys):
            return []
        places = [place_of(key) for key in keys if key]
        has = [f"json_type(j, {literal(place)}) IS NOT DISTINCT FROM 'ARRAY'" for place in places]
        cases = " ".join(
            f"WHEN {test} THEN json_extract(j, {literal(f'{place}[*]')})"
            for test, place in zip(has, places, strict=True)
        )
        is_row = "" in keys
        tests = " OR ".join([*has, *(["true"] if is_row else [])])
        lost = script(self._con, "store/ingest/profile.without_rows", {"most": TEXT_KEPT}, has=tests).fetchall()
        script(self._con, "store/ingest/profile.rows_under", elements=f"CASE {cases} {'ELSE [j::JSON] ' * is_row}END")
        has_rows = number(self._con, "SELECT count(*) FROM json_row") > 0
        why = f"there is no list of rows under {' or '.join(map(repr, keys))}"
        return [Broken(file, position * has_rows, why, kept(text)) for file, position, text in lost]

    def _which(self, read: Sequence[str], places: str) -> dict[str, bool]:
        """Return which of some columns any row of `json_row` has."""
        tests = ", ".join(f"coalesce(bool_or(has[{number}]), false)" for number in range(1, len(read) + 1)) or "false"
        met = script(self._con, "store/ingest/profile.met", paths=places, any=tests).fetchone() or ()
        return dict(zip(read, met, strict=False))

    def _made(
        self,
        have: Mapping[str, profiled.Column],
        origin: Origin,
        name: str,
        base: Sequence[str] = ("__position",),
    ) -> Made:
        """Return what becomes of the view `raw_row`."""
        given = self._given
        script(self._con, "store/ingest/profile.macros")
        made = profiled.Compiler(
            self._profile, self._resource, self._name, have, given.columns, given.statuses, base
        ).compiled()
        missing = lacking(self._name, made.names)
        if missing:
            lists = (
                [one for (one,) in script(self._con, "store/ingest/profile.lists").fetchall()] if "__j" in base else []
            )
            raise profiled.refuse(self._profile, self._name, missing, list(have)[:MOST_KEYS_TOLD], name, lists)
        if made.skipped:
            self.skipped += number(self._con, made.skipped)
        self.absent |= dict.fromkeys(made.absent)
        kinds = {column: kind for column, kind, *_ in self._con.execute(f"DESCRIBE {made.statement}").fetchall()}
        types = tuple(kinds[one[1:-1].replace('""', '"')] for one in made.columns)
        origin = replace(
            origin,
            objections=[*origin.objections, *made.objections],
            finals=made.finals,
            passed=made.passed,
            numbered=made.numbered,
            all_nodes=made.all_nodes,
        )
        return Made(
            Table(tuple(made.names), tuple(made.columns), types, f"({made.statement}) AS table_row"),
            origin,
            replace(given, columns={}, statuses={} if made.has_status else given.statuses),
        )
