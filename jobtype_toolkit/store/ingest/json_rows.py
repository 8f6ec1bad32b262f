"""JSON rows, in two ways: quickly where they are exactly as a v6 server sends them, else carefully.

The careful way is told with which structure to read them, where each field stands in it, and what in them is unknown.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Annotated, Any

import msgspec

from jobtype_toolkit.api.fields import DUCKDB, Field, Resource
from jobtype_toolkit.api.resources import BASE_JOB_TYPE, ERROR, LET_GO
from jobtype_toolkit.sqlfiles import literal, quoted
from jobtype_toolkit.store.ingest.casts import FIRST, LAST, NAMES, Column, Options, blankless, unwrapped
from jobtype_toolkit.store.ingest.texts import CUT, unpacked

EMBEDDED: Mapping[str, tuple[Field, ...]] = {
    "job_type": BASE_JOB_TYPE.fields,
    "error": tuple(field for field in ERROR.fields if field.type != "time"),
}
"""What is read of the objects inside v6 rows: job types and errors are made of it that were never loaded themselves."""


class Rows:
    """How the rows of a resource are read the careful way: nested as a v6 server sends them, or flat."""

    def __init__(self, resource: Resource, options: Options, *, is_nested: bool) -> None:
        """Take what is read and how the caller names it."""
        self.structure: dict[str, Any] = {}
        self.columns: list[Column] = []
        self.objections: list[str] = []
        """SQL for what is wrong with the shape of a row: an object where a text belongs, or the reverse."""
        for one in resource.fields:
            head, *tail = one.json_path if is_nested else (one.name,)
            path = (options.theirs(head), *tail)
            kind = "JSON" if one.type == "json" else "VARCHAR"
            place = self.structure
            for key in path[:-1]:
                place = place.setdefault(key, {})
            place[path[-1]] = kind
            self.columns.append((one, "s." + ".".join(quoted(key) for key in path), kind))
            if one.type == "text":
                self.objections.append(_no_text(one, path))
        self.embedded = {name: fields for name, fields in EMBEDDED.items() if is_nested and name in self.structure}
        for name, fields in self.embedded.items():
            self.structure[name] = dict.fromkeys((field.name for field in fields), "VARCHAR")
        self.known = _known(self.structure, is_nested=is_nested)
        self.objections += _no_objects(self.structure)

    @property
    def structure_text(self) -> str:
        """The structure as `from_json` takes it."""
        return json.dumps(self.structure)

    @property
    def paths(self) -> list[str]:
        """Where the objects are whose keys are to be known: the row, and the objects in it."""
        return [f"$.{head}" if head else "$" for head in self.known]

    def unknown(self, key_sets: Sequence[tuple[list[list[str] | None] | None]]) -> list[tuple[str, str]]:
        """Return the (object, key) pairs of the key sets found at `paths` that the vocabulary does not have."""
        pairs: dict[tuple[str, str], None] = {}
        for (sets,) in key_sets:  # None where a row is no object
            for head, keys in zip(self.known, sets or (), strict=False):
                pairs |= {(head, key): None for key in keys or () if key not in self.known[head]}
        return list(pairs)


def twice(known: Mapping[str, Any], key_sets: Sequence[tuple[list[list[str] | None] | None]]) -> list[str]:
    """Return SQL for the objections to keys that come twice, in the objects where that happens: one of them would be lost."""
    heads = {
        head: None
        for (sets,) in key_sets
        for head, keys in zip(known, sets or (), strict=False)
        if keys and len(keys) > len({*keys})
    }
    found = []
    for head in heads:
        keys = f"json_keys(__j, {literal(_json_path([head]))})" if head else "json_keys(__j)"
        keys = f"list_filter({keys}, lambda k, i: list_position({keys}, k) < i)"
        found.append(f"'the key ' || to_json({keys}[1]) || ' comes twice'")
    return found


def _no_text(field: Field, path: Sequence[str]) -> str:
    """Return SQL for the objection to an object or a list where a text belongs."""
    value = "s." + ".".join(quoted(key) for key in path)
    is_nested = f"json_type(__j, {literal(_json_path(path))}) IN ('OBJECT', 'ARRAY')"
    return f"CASE WHEN {value}[1] IN ('{{', '[') AND {is_nested} THEN '{field.name} is not a text: ' || left({value}, 60) END"


def _no_objects(structure: Mapping[str, Any], path: tuple[str, ...] = ()) -> list[str]:
    """Return SQL for the objections to anything else where an object belongs: what it says would be lost."""
    found = []
    for key, inner in structure.items():
        if isinstance(inner, dict):
            place = (*path, key)
            kind = f"coalesce(json_type(__j, {literal(_json_path(place))}), 'NULL')"
            found.append(
                f"CASE WHEN {kind} NOT IN ('OBJECT', 'NULL') THEN {literal('.'.join(place) + ' is not an object')} END"
            )
            found += _no_objects(inner, place)
    return found


def _type_sql(kind: str | dict[str, Any]) -> str:
    if isinstance(kind, str):
        return kind
    return "STRUCT(" + ", ".join(f"{quoted(name)} {_type_sql(inner)}" for name, inner in kind.items()) + ")"


def _known(structure: Mapping[str, Any], *, is_nested: bool) -> dict[str, set[str]]:
    """Return the keys that each object of a row may have: those of the row under "", then those of the objects in it."""
    keys_of = {"": {*structure}}
    if is_nested:
        keys_of[""] |= {head.split(".")[0] for head in LET_GO}
        for head, keys in structure.items():
            if isinstance(keys, dict) and f"{head}.*" not in LET_GO:
                keys_of[head] = {*keys} | {path.split(".")[1] for path in LET_GO if path.startswith(f"{head}.")}
    else:
        keys_of[""].add("extra")
    return keys_of


def key_sql(embedded: str) -> str:
    """Return SQL that tells the objects inside rows apart: by id, or by name and version where a body has no ids."""
    names = ", ".join(
        f"s.{embedded}.{name}" for name in ("name", "version") if name in {field.name for field in EMBEDDED[embedded]}
    )
    return f"coalesce(s.{embedded}.id, to_json([{names}])::VARCHAR)"


def entries(pairs: Sequence[tuple[str, str]]) -> str:
    """Return SQL for a list of the entries of a map."""
    return "[" + ", ".join(f"{{'key': {key}, 'value': {value}}}" for key, value in pairs) + "]"


def object_of(pairs: Sequence[tuple[str, str]]) -> str:
    """Return SQL for a JSON object of (key, JSON value) pairs without those that say null; NULL where none is left."""
    return _object(f"list_filter({entries(pairs)}, lambda e: coalesce(CAST(e.value AS VARCHAR), 'null') <> 'null')")


def object_of_texts(pairs: Sequence[tuple[str, str]]) -> str:
    """Return as `object_of` does for (key, text) pairs; what stands for each is no more than its column.

    An expression for each of thousands of columns takes memory for 2,048 rows, and seconds to plan.
    """
    keys, texts = (", ".join(side) for side in zip(*pairs, strict=True))
    return _object(f"list_filter(list_zip([{keys}], [{texts}]), lambda e: e[2] IS NOT NULL)")


def _object(present: str) -> str:
    return f"nullif(to_json(map_from_entries({present})), '{{}}'::JSON)"


_MOST_KEYS = 64
"""Above this many unknown keys a row is taken apart as a whole: an expression per key takes memory for 2,048 rows."""


def extra_sql(unknown: Sequence[tuple[str, str]], known: Mapping[str, Collection[str]]) -> str:
    """Return SQL for a JSON object of what is unknown in a row, keys of inner objects dotted; `known` are the other keys."""
    if not unknown:
        return "NULL"
    if len(unknown) > _MOST_KEYS:
        return _extra_of_many(sorted({head for head, _ in unknown}), known)
    return object_of([(f"$extra_name_{n}", f"json_extract(__j, $extra_path_{n})") for n in range(len(unknown))])


def _extra_of_many(heads: Sequence[str], known: Mapping[str, Collection[str]]) -> str:
    lists = []
    for head in heads:
        place = f"json_extract(__j, {literal(_json_path([head]))})" if head else "__j"
        known_keys = ", ".join(literal(key) for key in sorted(known[head]))
        lists.append(
            f"list_transform(map_entries(from_json({place}, '\"MAP(VARCHAR, JSON)\"')),"
            f" lambda e: CASE WHEN NOT list_contains([{known_keys}], e.key) AND coalesce(CAST(e.value AS VARCHAR), 'null') <> 'null'"
            f" THEN {{'key': {literal(f'{head}.' if head else '')} || e.key, 'value': e.value}} END)"
        )
    every = f"list_filter(flatten([{', '.join(f'coalesce({one}, [])' for one in lists)}]), lambda e: e IS NOT NULL)"
    return f"CASE WHEN len({every}) > 0 THEN to_json(map_from_entries({every})) END"


def _json_path(keys: Sequence[str]) -> str:
    """Return keys as a JSON pointer, in which unlike in a path of DuckDB's a key may be empty."""
    return "".join("/" + key.replace("~", "~0").replace("/", "~1") for key in keys)


def extra_bound(unknown: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Return the values that `extra_sql` binds."""
    if len(unknown) > _MOST_KEYS:
        return {}
    bound = {}
    for number, (head, key) in enumerate(unknown):
        bound[f"extra_name_{number}"] = f"{head}.{key}" if head else key
        bound[f"extra_path_{number}"] = _json_path([head, key] if head else [key])
    return bound


class Unusual(Exception):
    """An input that is not as v6 sends it, so that it must be read with care."""


class V6Rows:
    """The quick way: rows exactly as a v6 server sends them, checked by msgspec and then read by DuckDB as typed columns.

    Each of the two lets something pass that the other refuses: DuckDB unknown keys, 1.5 for a whole number and times without
    a zone; msgspec keys that come twice and numbers beyond 64 bits. What either refuses is read the careful way.
    """

    def __init__(self, resource: Resource, required: Collection[tuple[str, ...]]) -> None:
        """Take what is read, and the places in its JSON without which a row is none."""
        self._resource = resource
        heads = {field.json_path[0] for field in resource.fields if len(field.json_path) > 1}
        self.embedded = {name: fields for name, fields in EMBEDDED.items() if name in heads}
        self._page, self._line = _decoders(resource, frozenset(required))
        self.seen: dict[str, dict[int, Any]] = {name: {} for name in self.embedded}
        """The objects inside the rows by their ids, the first of each."""

    def check_page(self, rows: bytes | memoryview) -> int:
        """Return how many rows a JSON array has.

        Raises:
            Unusual: some row is not as v6 sends it.
        """
        return self._look_at(self._page.decode, rows)

    def check_lines(self, lines: bytes) -> int:
        """Return how many rows some lines of NDJSON have; raises as `check_page` does."""
        return self._look_at(self._line.decode_lines, lines)

    def _look_at(self, decode: Callable[[Any], list[Any]], text: bytes | memoryview) -> int:
        try:
            rows = decode(text)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise Unusual from error
        for name, seen in self.seen.items():
            for row in rows:
                inner = getattr(row, name)
                if inner is not None and inner.id not in seen:
                    if any(text != text.strip() for text in _keys_of(inner)):
                        raise Unusual
                    seen[inner.id] = inner
        return len(rows)

    @property
    def columns(self) -> str:
        """The columns of the rows as `read_json` takes them; of an embedded object only its id is read."""
        tree: dict[str, Any] = {}
        for field in self._read:
            _put(tree, field.json_path, "TIMESTAMPTZ" if field.type == "time" else DUCKDB[field.type])
        return ", ".join(f"{literal(name)}: {literal(_type_sql(kind))}" for name, kind in tree.items())

    @property
    def names(self) -> list[str]:
        """The names of the fields that are read."""
        return [field.name for field in self._read]

    def values(self, options: Options) -> list[str]:
        """Return SQL for those fields over a row `s` of `read_json`."""
        found = []
        for field in self._read:
            text = "s." + ".".join(quoted(key) for key in field.json_path)
            if field.name == "status":
                text = options.status(text)
            elif field.type == "time":
                text = f"make_timestamp(epoch_us({text}))"  # read as TIMESTAMP, DuckDB would drop the offset
            elif field.kept:
                text = unwrapped(text)
            found.append(text)
        return found

    @property
    def blank_or_out_of_range(self) -> str:
        """SQL for a row that only the careful way can judge: a blank text that is required, a year before 1 or after 9999."""
        times = ", ".join(quoted(field.name) for field in self._read if field.type == "time")
        tests = [f"trim({quoted(field.name)}) = ''" for field in self._read if field.name in _NEVER_BLANK]
        names = [quoted(field.name) for field in self._read if field.name in NAMES]
        tests += [f"{name} <> {blankless(name)}" for name in names]
        if times:
            tests += [f"least({times}) < {FIRST}::TIMESTAMP", f"greatest({times}) > {LAST}::TIMESTAMP"]
        return " OR ".join(tests) or "false"

    @property
    def _read(self) -> list[Field]:
        inner = {f"{name}.id" for name in self.embedded}
        return [
            field
            for field in self._resource.fields
            if field.json_path[0] not in self.embedded or ".".join(field.json_path) in inner
        ]


def _keys_of(inner: Any) -> list[str]:
    """Return the texts by which an embedded object is found."""
    return [text for name in ("name", "version", "category") if (text := getattr(inner, name, None))]


_NEVER_BLANK = frozenset({"status", "name", "version"})
_TYPES: Mapping[str, Any] = {
    "int": int,
    "float": float,
    "bool": bool,
    "text": str,
    "time": Annotated[datetime, msgspec.Meta(tz=True)],
    "json": msgspec.Raw,
}


@cache
def _decoders(
    resource: Resource, required: frozenset[tuple[str, ...]]
) -> tuple[msgspec.json.Decoder[Any], msgspec.json.Decoder[Any]]:
    """Return what decodes an array of rows, and a row."""
    tree: dict[str, Any] = {}
    for field in resource.fields:
        _put(tree, field.json_path, field)
    for path in LET_GO:
        head, key = path.split(".")
        if not isinstance(tree.setdefault(head, None), dict):
            continue
        if key != "*":
            tree[head].setdefault(key, None)
    row = _struct(resource.name, tree, required)
    return msgspec.json.Decoder(list[row]), msgspec.json.Decoder(row)  # type: ignore[valid-type]


def _put(tree: dict[str, Any], path: Sequence[str], leaf: Any) -> None:
    *parents, last = path
    for key in parents:
        tree = tree.setdefault(key, {})
    tree[last] = leaf


def _struct(
    name: str, tree: Mapping[str, Any], required: Collection[tuple[str, ...]], path: tuple[str, ...] = ()
) -> type:
    """Return the msgspec type of an object: its known keys, those let go among them (None in the tree) as any JSON."""
    fields: list[tuple[str, Any] | tuple[str, Any, Any]] = []
    for key, inner in tree.items():
        place = (*path, key)
        if path == () and key in EMBEDDED and isinstance(inner, dict):
            kind: Any = _embedded(key)
        elif isinstance(inner, dict):
            kind = _struct(key, inner, required, place)
        else:
            kind = msgspec.Raw if inner is None else _TYPES[inner.type]
        if any(needed[: len(place)] == place for needed in required):
            fields.append((key, kind))
        else:
            fields.append((key, kind if kind is msgspec.Raw else kind | None, None))
    # deeper objects are let go as a whole, but for a name in them
    return msgspec.defstruct(
        name.replace(" ", "_"), fields, forbid_unknown_fields=len(path) < 2, gc=False, kw_only=True
    )


def _embedded(name: str) -> type:
    fields: list[Any] = [
        ("id", int),
        *((one.name, _TYPES[one.type] | None, None) for one in EMBEDDED[name] if one.name != "id"),
    ]
    return msgspec.defstruct(name, fields, gc=False, kw_only=True)


_HEAD = re.compile(
    rb'\s*\{\s*"count":\s*\d+,\s*"next":\s*(?:null|"[^"]*"),\s*"previous":\s*(?:null|"[^"]*"),\s*"results":\s*\['
)
_TAIL = re.compile(rb"\]\s*\}\s*\Z")
_TAIL_BYTES = 64
_PART_BYTES = 16 * 2**20
"""DuckDB reads several files at once, but an array on one core."""
OBJECT_BYTES = 16 * 2**20
"""The largest row that is read the quick way: DuckDB takes twice as much memory for each thread."""


def joined(files: Sequence[str], scratch: Path, rows: V6Rows) -> tuple[list[str], int]:
    """Return files of JSON arrays with the rows of all pages and arrays, checked, and how many rows they are.

    Raises:
        Unusual: a file is neither a page whose last key is `results` nor an array, or a row is not as v6 sends it.
    """
    parts: list[str] = []
    held: list[memoryview] = []
    size = count = 0
    for file in files:
        array = _array(Path(file).read_bytes())
        found = rows.check_page(array)
        if found:
            held.append(array[1:-1])
            size += len(array)
            count += found
        if size >= _PART_BYTES:
            parts.append(_written(held, scratch / f"rows-{len(parts)}.json"))
            held, size = [], 0
    if held:
        parts.append(_written(held, scratch / f"rows-{len(parts)}.json"))
    return parts, count


def _array(data: bytes) -> memoryview:
    """Return the array of rows of a page, or of a document that is one, its brackets included."""
    view = memoryview(data)
    head = _HEAD.match(data)
    if head:
        tail = _TAIL.search(data, max(head.end(), len(data) - _TAIL_BYTES))
        if tail is None:
            raise Unusual
        return view[head.end() - 1 : tail.start() + 1]
    start, end = len(data) - len(data.lstrip()), len(data.rstrip())
    if data[start : start + 1] != b"[" or data[end - 1 : end] != b"]":
        raise Unusual
    return view[start:end]


def _written(bodies: Sequence[memoryview], target: Path) -> str:
    with target.open("wb") as file:
        for number, body in enumerate(bodies):
            file.write(b"," if number else b"[")
            file.write(body)
        file.write(b"]")
    return str(target)


def counted_lines(file: str, rows: V6Rows, kind: str | None) -> int:
    """Return how many rows an NDJSON file has, checked; raises Unusual as `joined` does."""
    return sum(rows.check_lines(block) for block in _blocks(Path(file), kind))


def _blocks(file: Path, kind: str | None) -> Iterator[bytes]:
    """Yield whole lines of a file, about as many at a time as DuckDB reads."""
    with unpacked(file, kind) as lines:
        try:
            while block := lines.read(_PART_BYTES):
                rest = lines.readline(OBJECT_BYTES)
                if len(rest) == OBJECT_BYTES:
                    raise Unusual
                yield block + rest
        except CUT as error:
            raise Unusual from error
