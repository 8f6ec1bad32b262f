"""What a load would make of a file: which profile fits, which column becomes what, and a proposal where none fits."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from itertools import islice
from pathlib import Path
from typing import Any, TypeAlias

import duckdb
import pandas as pd

from jobtype_toolkit.display.reports import report
from jobtype_toolkit.sqlfiles import literal
from jobtype_toolkit.store.ingest import delimited, profile
from jobtype_toolkit.store.ingest.files import Batch, batches, expand, read_json
from jobtype_toolkit.store.ingest.profile import Asked, Profile, Value
from jobtype_toolkit.store.ingest.texts import Broken, Lines, unpacked

_ROWS = 50
"""How many rows are looked at."""
_LINES = 2000
"""How many lines of a long file are loaded on trial."""
_EXAMPLE = 60
_NEEDED = {"jobs": ("id", "status", "job_type", "job_type_version"), "job_executions": ("id", "job_id")}
_UNIX = {"unix s": re.compile(r"1\d{9}([.]\d+)?"), "unix ms": re.compile(r"1\d{12}")}

Trial: TypeAlias = Callable[[Path, "Asked | None"], tuple[pd.DataFrame, tuple[str, ...]]]
"""Loads a file by a profile on trial: the rows as they would be, and what the report says."""


@dataclass(frozen=True, slots=True, repr=False)
class Preview:
    """What a load would make of a file; nothing was loaded."""

    path: str
    rows: pd.DataFrame
    """The first rows as they would load."""
    columns: pd.DataFrame
    """One row per field or column: `theirs`, `ours`, `conversion` and an `example` of theirs."""
    missing: tuple[str, ...]
    """Required fields of ours that nothing in the file becomes."""
    profile: str | None
    """The profile that was given, or the shipped one that fits; None if none does."""
    fitting: tuple[str, ...]
    """The shipped profiles that fit."""
    notes: tuple[str, ...]
    """What a load would report, or why it would fail."""
    _toml: str

    def toml(self) -> str:
        """Return a profile as TOML: that which was used, a proposal to be looked through, or "" if none is needed."""
        return self._toml

    def __repr__(self) -> str:
        lines = [f"<Preview of {self.path}: {self._used}"]
        if self.missing:
            lines.append(f"  nothing becomes {', '.join(self.missing)}")
        lines += [f"  {note}" for note in self.notes]
        return "\n".join(lines) + ">"

    @property
    def _used(self) -> str:
        if self.profile:
            return f"profile {self.profile}"
        return "no profile fits; toml() is a proposal" if self._toml else "the names are v6's, and need no profile"

    def _repr_html_(self) -> str:
        counts = {
            "profile": self.profile or "none fits; toml() is a proposal",
            "also fit": self.fitting[1:],
            "missing": self.missing,
        }
        head = report(f"Preview of {self.path}", counts, self.notes)
        return f"{head}{self.columns.to_html(index=False, na_rep='')}{self.rows.to_html(index=False, na_rep='')}"


@dataclass(frozen=True, slots=True)
class _Sample:
    """The first rows of a file: the columns with an example each, and a file with no more than is tried."""

    columns: dict[str, str]
    values: dict[str, list[str]]
    path: Path
    rows: str = ""
    """The key of the rows in JSON, if they are not the document itself."""


def preview(path: str | Path, resource: str, asked: Asked | None, trial: Trial, scratch: Path) -> Preview:
    """Look at the first file of a path.

    Args:
        path: as for a load.
        resource: `jobs` or `job_executions`.
        asked: the profile that was given, if one was.
        trial: loads on trial.
        scratch: a folder to work in.
    """
    file = expand(path, resource)[0]
    sample = _sampled(next(batches([file], scratch)), scratch)
    fitting = fits(sample.columns, resource)
    given = asked if asked is not None else fitting[0] if fitting else None
    if given is None and _is_ours(resource, set(sample.columns)):
        rows, notes = trial(sample.path, None)
        return Preview(str(path), rows, _columns(profile.read({}), resource, sample.columns), (), None, (), notes, "")
    proposal = proposed(sample.columns, sample.values, sample.rows) if given is None else {}
    used = profile.read(given if given is not None else proposal)
    rows, notes = trial(sample.path, given if given is not None else proposal)
    section = used.sections.get(resource, profile.Section())
    have = set(sample.columns)
    missing = tuple(
        one for one in _NEEDED[resource] if one not in have and not _is_there(section.values.get(one), have)
    )
    name = used.name if given is not None else None
    return Preview(
        str(path),
        rows,
        _columns(used, resource, sample.columns),
        missing,
        name,
        tuple(fitting),
        notes,
        _text(given, proposal),
    )


def _is_ours(resource: str, have: set[str]) -> bool:
    """Return whether an input has the names of v6, so that it needs no profile."""
    types = ({"job_type_id"}, {"job_type", "job_type_version"}, {"job_type.id"}, {"job_type.name", "job_type.version"})
    if resource != "jobs":
        return {"id", "job_id"} <= have or {"id", "job.id"} <= have
    return {"id", "status"} <= have and any(one <= have for one in types)


def fits(columns: Iterable[str], resource: str) -> list[str]:
    """Return the shipped profiles of which an input has all columns that they need, those that need most first."""
    have = {one.casefold() for one in columns}
    found: list[Profile] = [profile.read(name) for name in profile.shipped()]
    fitting = [
        one
        for one in found
        if resource in one.sections and all(not have.isdisjoint(map(str.casefold, need)) for need in one.needs)
    ]
    return [one.name for one in sorted(fitting, key=lambda one: -len(one.needs))]


def proposed(columns: Mapping[str, str], values: Mapping[str, list[str]], rows: str = "") -> dict[str, Any]:
    """Return a profile, as a dict, for columns that are called as other systems often call them."""
    known = _synonyms()
    by_name: dict[str, str] = {}
    for theirs in columns:
        by_name.setdefault(_folded(theirs.rsplit(".", maxsplit=1)[-1]), theirs)
    section: dict[str, Any] = {}
    for ours, names in known["jobs"].items():
        found = next((by_name[one] for one in names if one in by_name), None)
        if found is not None:
            section[ours] = _spelt(ours, found, values.get(found, []))
    section.setdefault("job_type_version", {"value": "1"})
    return {"title": "A proposal: look through it", **({"rows": rows} if rows else {}), "jobs": section}


def _spelt(ours: str, theirs: str, values: list[str]) -> Any:
    """Return how a column says a field, by its first values."""
    if ours == "id" and not all(re.fullmatch(r"\d{1,18}", one) for one in values):
        return {"from": theirs, "as": "id"}
    if ours == "status":
        statuses = {name: our for our, names in _synonyms()["statuses"].items() for name in names}
        words = {one: statuses[_folded(one)] for one in values if _folded(one) in statuses}
        return {"from": theirs, "words": words} if words else theirs
    for kind, pattern in _UNIX.items():
        if ours in ("created", "queued", "started", "ended") and values and all(map(pattern.fullmatch, values)):
            return {"from": theirs, "as": kind}
    if ours == "exit_code" and any(re.fullmatch(r"\d+:\d+", one) for one in values):
        return {"from": theirs, "as": "exit code"}
    if ours == "node" and any("[" in one or "," in one for one in values):
        return {"from": theirs, "as": "first node"}
    return theirs


def _sampled(batch: Batch, scratch: Path) -> _Sample:
    file = Path(batch.files[0])
    with duckdb.connect() as con:
        match batch.shape:
            case "csv":
                records, path = _records_of_csv(batch), _cut(batch, scratch, ".csv")
            case "parquet":
                path = scratch / "sample.parquet"
                con.execute(
                    f"COPY (FROM read_parquet({literal(str(file))}) LIMIT {_LINES}) TO {literal(str(path))} (FORMAT parquet)"
                )
                found = con.execute(f"SELECT * FROM read_parquet({literal(str(path))}) LIMIT {_ROWS}")
                names = [one[0] for one in found.description or ()]
                records = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
            case _:
                path = file if batch.shape == "documents" else _cut(batch, scratch, ".ndjson")
                batch = replace(batch, files=(str(path),), names=(str(path),), packing=None)
                read_json(con, batch, scratch)
                texts = con.execute(f"SELECT j FROM json_row LIMIT {_ROWS}").fetchall()
                records = [one for (text,) in texts if isinstance(one := json.loads(text), dict)]
    key = _key_of_rows(records) if batch.shape == "documents" else ""
    if key:
        records = [one for one in records[0][key] if isinstance(one, dict)][:_ROWS]
    values: dict[str, list[str]] = {}
    for record in records:
        for name, value in _flat(record):
            seen = values.setdefault(name, [])
            if value is not None and str(value).strip():
                seen.append(str(value).strip())
    return _Sample({name: (seen or [""])[0][:_EXAMPLE] for name, seen in values.items()}, values, path, key)


def _records_of_csv(batch: Batch) -> list[dict[str, Any]]:
    known = frozenset(one.casefold() for name in profile.shipped() for one in profile.read(name).columns)
    broken: list[Broken] = []
    with Lines(unpacked(Path(batch.files[0]), batch.packing)) as lines:
        found = delimited.header(lines, known)
        if found is None:
            return []
        rows = [fields for _, fields in islice(delimited.rows(lines, found, batch.names[0], broken), _ROWS)]
    return [dict(zip(found.names, row, strict=True)) for row in rows] or [dict.fromkeys(found.names)]


def _cut(batch: Batch, scratch: Path, ending: str) -> Path:
    """Copy the first lines of a file."""
    path = scratch / f"sample{ending}"
    with Lines(unpacked(Path(batch.files[0]), batch.packing)) as lines, path.open("wb") as out:
        for _ in range(_LINES):
            out.write(lines.next().encode("utf-8", "surrogateescape"))
    return path


def _key_of_rows(records: list[dict[str, Any]]) -> str:
    """Return the key of the longest list of objects in a single document; empty if it is a row itself."""
    if len(records) != 1:
        return ""
    lists = {
        key: said for key, said in records[0].items() if isinstance(said, list) and said and isinstance(said[0], dict)
    }
    return max(lists, key=lambda key: len(lists[key]), default="") if "id" not in records[0] else ""


def _flat(record: Mapping[str, Any], head: str = "") -> Iterable[tuple[str, Any]]:
    for key, value in record.items():
        name = f"{head}{key}"
        yield name, json.dumps(value) if isinstance(value, (dict, list)) else value
        if isinstance(value, dict):
            yield from _flat(value, f"{name}.")


def _is_there(value: Value | None, have: set[str]) -> bool:
    """Return whether some column of a field is there; of what lies in lists, nothing is known."""
    if value is None:
        return False
    folded = {one.casefold() for one in have}
    is_met = any(one.casefold() in folded or re.search(r"[.]-?\d", one) for one in value.columns)
    return value.constant is not None or is_met


def _columns(used: Profile, resource: str, have: Mapping[str, str]) -> pd.DataFrame:
    values = used.sections.get(resource, profile.Section()).values
    folded = {one.casefold(): example for one, example in have.items()}
    rows: list[tuple[str | None, str | None, str | None, str | None]] = []
    for ours, value in values.items():
        example = next((folded[one.casefold()] for one in value.columns if folded.get(one.casefold())), None)
        rows.append((", ".join(value.columns) or None, ours, value.told, example))
    read = {one.casefold() for value in values.values() for one in value.columns}
    top = {one.split(".")[0] for one in read}
    rows += [
        (one, None, None, example or None)
        for one, example in have.items()
        if "." not in one and one.casefold() not in read | top
    ]
    return pd.DataFrame(rows, columns=["theirs", "ours", "conversion", "example"], dtype=object)


def _text(given: Asked | None, proposal: Mapping[str, Any]) -> str:
    if given is None:
        return _toml(proposal)
    return _toml(given) if isinstance(given, Mapping) else profile.text_of(given)


def _toml(data: Mapping[str, Any]) -> str:
    """Return a profile that is a dict as TOML."""
    lines = [f"{_key(key)} = {_said(said)}" for key, said in data.items() if not isinstance(said, Mapping)]
    for key, section in data.items():
        if isinstance(section, Mapping):
            lines += ["", f"[{_key(key)}]", *(f"{_key(one)} = {_said(said)}" for one, said in section.items())]
    return "\n".join(lines) + "\n"


def _said(said: Any) -> str:
    if isinstance(said, Mapping):
        return "{ " + ", ".join(f"{_key(key)} = {_said(inner)}" for key, inner in said.items()) + " }"
    return json.dumps(list(said) if isinstance(said, tuple) else said, ensure_ascii=False)


def _key(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else json.dumps(key, ensure_ascii=False)


def _folded(name: str) -> str:
    return re.sub(r"[\s_-]", "", name).casefold()


@cache
def _synonyms() -> Mapping[str, Any]:
    return tomllib.loads((files("jobtype_toolkit.store") / "synonyms.toml").read_text(encoding="utf-8"))
