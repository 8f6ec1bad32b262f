"""What a load would make of a file: which profile fits, which column becomes what, and a proposal where none fits."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any, TypeAlias

import pandas as pd

from jobtype_toolkit import hints
from jobtype_toolkit.api.resources import LOADABLE
from jobtype_toolkit.display.reports import report
from jobtype_toolkit.sqlfiles import literal
from jobtype_toolkit.store.connection import POOL
from jobtype_toolkit.store.ingest import delimited, profile, synonyms
from jobtype_toolkit.store.ingest.files import Batch, batches, expand, read_json
from jobtype_toolkit.store.ingest.profile import Asked, Profile, Value
from jobtype_toolkit.store.ingest.proposal import Proposal, proposed, toml
from jobtype_toolkit.store.ingest.texts import Broken, Lines, unpacked

_ROWS = 2000
"""How many rows of a long file are looked at, and loaded on trial."""
_EXAMPLE = 60
_LIKELY = 3
"""How many columns are offered for a field that nothing becomes."""
_MOST_LEFT = 12
_NEEDED = {"jobs": ("id", "status", "job_type", "job_type_version"), "job_executions": ("id", "job_id")}

Trial: TypeAlias = Callable[[Path, "Asked | None"], tuple[pd.DataFrame, tuple[str, ...]]]
"""Loads a file by a profile on trial: the rows as they would be, and what the report says."""


@dataclass(frozen=True, slots=True, repr=False)
class Preview:
    """What a load would make of a file; nothing was loaded."""

    path: str
    rows: pd.DataFrame
    """The first rows as they would load."""
    columns: pd.DataFrame
    """One row per field or column: `theirs`, `ours`, `conversion` and an `example` of theirs.

    A column that becomes no field is kept in `extra`, or its conversion is "left out"."""
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
    """What each column says in the rows in which it says anything."""
    count: int
    """How many rows were looked at."""
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
        columns = _columns(profile.read({}), resource, sample.columns)
        notes = (*notes, *_likely(columns, resource))
        return Preview(str(path), rows, columns, (), None, (), notes, "")
    proposal = proposed(sample.values, sample.count, sample.rows) if given is None else None
    used = profile.read(proposal.profile if proposal else given or {})
    section = used.sections.get(resource, profile.Section())
    have = set(sample.columns)
    missing = tuple(
        one for one in _NEEDED[resource] if one not in have and not _is_there(section.values.get(one), have)
    )
    if proposal and missing:
        rows, notes = pd.DataFrame(), _to_choose(resource, missing, proposal)
    else:
        rows, notes = trial(sample.path, proposal.profile if proposal else given)
    columns = _columns(used, resource, sample.columns)
    if proposal and not missing:
        notes = (*notes, *_left(columns))
    return Preview(
        str(path),
        rows,
        columns,
        missing,
        None if proposal else used.name,
        tuple(fitting),
        notes,
        toml(proposal.profile, proposal.remarks) if proposal else _text(given),
    )


def _to_choose(resource: str, missing: Iterable[str], proposal: Proposal) -> tuple[str, ...]:
    """Return what is to be said in a proposal before it can load anything."""
    if resource != "jobs":
        return (f"a proposal is of jobs only: say {' and '.join(missing)} in the table [{resource}] of a profile",)
    likely = " or ".join(map(repr, proposal.unread[:_LIKELY]))
    which = f", such as {likely}" if likely else ""
    return (f"the proposal does not say which column is {' and which '.join(missing)}: choose one{which}",)


def _left(columns: pd.DataFrame) -> list[str]:
    """Return what is to be said of columns that a proposal makes nothing of."""
    left = columns[columns["ours"].isna()]
    ways = (("kept in extra", left["conversion"].isna()), ("left out", left["conversion"].notna()))
    found = [
        f"{', '.join(map(repr, names[:_MOST_LEFT]))}{' …' if len(names) > _MOST_LEFT else ''} ({how})"
        for how, which in ways
        if (names := [*left["theirs"][which]])
    ]
    return (
        [f"the proposal reads nothing from {' and '.join(found)}: name in the profile what is wanted of that"]
        if found
        else []
    )


def _likely(columns: pd.DataFrame, resource: str) -> list[str]:
    """Return what is to be said of columns beside v6's that are called as others call a field of ours that is not there."""
    have = {one.casefold() for one in columns["theirs"]}
    found = {
        theirs: ours[0]
        for theirs in columns["theirs"][columns["ours"].isna()]
        if resource == "jobs" and (ours := [one for one in synonyms.of(theirs) if one not in have])
    }
    if not found:
        return []
    named = ", ".join(map(repr, found))
    which, them = ("columns", "are") if len(found) > 1 else ("column", "is")
    said = "; ".join(f"{ours} = {json.dumps(theirs, ensure_ascii=False)}" for theirs, ours in found.items())
    profiled = f"a profile ({hints.argument('profile')}) says under [jobs]: {said}"
    return [f"the {which} {named} {them} kept in extra, unless {profiled}"]


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


def _sampled(batch: Batch, scratch: Path) -> _Sample:
    file = Path(batch.files[0])
    with POOL.cursor() as con:
        match batch.shape:
            case "csv":
                records, path = _records_of_csv(batch), _cut(batch, scratch, ".csv")
            case "parquet":
                path = scratch / "sample.parquet"
                con.execute(
                    f"COPY (FROM read_parquet({literal(str(file))}) LIMIT {_ROWS}) TO {literal(str(path))} (FORMAT parquet)"
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
    is_json = batch.shape in ("documents", "lines")
    key = _key_of_rows(records) if batch.shape == "documents" else ""
    if key:
        records = [one for one in records[0][key] if isinstance(one, dict)][:_ROWS]
    values: dict[str, list[str]] = {}
    for record in records:
        for name, value in _flat(record) if is_json else record.items():
            seen = values.setdefault(name, [])
            if value is not None and str(value).strip():
                seen.append(str(value).strip())
    return _Sample(
        {name: (seen or [""])[0][:_EXAMPLE] for name, seen in values.items()}, values, len(records), path, key
    )


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
        for _ in range(_ROWS):
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
    section = used.sections.get(resource, profile.Section())
    folded = {one.casefold(): example for one, example in have.items()}
    rows: list[tuple[str | None, str | None, str | None, str | None]] = []
    for ours, value in section.values.items():
        rows.append((", ".join(value.columns) or None, ours, value.told, _example(value, folded)))
    read = {one.casefold() for value in section.values.values() for one in value.columns}
    read |= {section.all_nodes.casefold()} - {""}
    ours_by_name = {*LOADABLE[resource].names, "extra"}
    kept = None if section.extra is None else {one.casefold() for one in section.extra}
    for theirs in _unread(folded, read):
        is_kept = theirs in kept if kept is not None else "." not in theirs or theirs.split(".")[0] not in folded
        name = next(one for one in have if one.casefold() == theirs)
        is_by_name = theirs in ours_by_name and theirs not in section.values
        rows.append(
            (
                name,
                theirs if is_by_name else None,
                None if is_kept or is_by_name else "left out",
                folded[theirs] or None,
            )
        )
    return pd.DataFrame(rows, columns=["theirs", "ours", "conversion", "example"], dtype=object)


def _unread(have: Iterable[str], read: Iterable[str]) -> list[str]:
    """Return the columns that nothing becomes: an object as a whole, unless something in it is read."""
    names, read = [*have], {*read}
    opened = {".".join(one.split(".")[:depth]) for one in read for depth in range(1, one.count(".") + 1)}
    found = []
    for one in names:
        above = [".".join(one.split(".")[:depth]) for depth in range(1, one.count(".") + 1)]
        inside = [other for other in above if other in names]
        if one not in read | opened and all(other in opened for other in inside):
            found.append(one)
    return found


def _example(value: Value, have: Mapping[str, str]) -> str | None:
    """Return an example of what a field is made of."""
    parts = [[have.get(one.casefold()) for one in part] for part in value.joined]
    if parts:
        return value.by.join(next(filter(None, part), "") or "" for part in parts)[:_EXAMPLE] or None
    return next((have[one.casefold()] for one in value.columns if have.get(one.casefold())), None)


def _text(given: Asked | None) -> str:
    if given is None:
        return ""
    return toml(given) if isinstance(given, Mapping) else profile.text_of(given)
