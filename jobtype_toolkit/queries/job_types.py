"""Which job types match v6's filters, and which version of a name is the latest."""

from __future__ import annotations

import json
from typing import Any

import pandas as pd

from jobtype_toolkit.api.fields import Field
from jobtype_toolkit.api.resources import JOB_TYPE_NAME, JOB_TYPE_ROW
from jobtype_toolkit.backend import Query
from jobtype_toolkit.frames import sort

FIELDS = (
    Field("source", "text", "Where the row came from."),
    Field("tags", "text", "The tags of the manifest, as JSON."),
    Field("has_manifest", "bool", "Whether a manifest was loaded."),
    *JOB_TYPE_ROW.fields,
)


def matching(every: pd.DataFrame, query: Query) -> pd.DataFrame:
    """Return the rows of a list of job types, or of their names, that match; types are few, so that pandas filters them."""
    without = int((~every["has_manifest"]).sum()) if query.filters["keyword"] else 0
    if without:
        every.attrs["notes"].append(
            f"{without} job types have no manifest loaded, so that their tags were not searched"
        )
    every.attrs["parameters"] |= {name: value for name, value in query.filters.items() if value is not None}
    rows = every[_matches(every, query)]
    names = (*(["source"] if query.scope.source == "*" else []), *query.service.row.names)
    frame = (_latest(every, rows) if query.service.row is JOB_TYPE_NAME else rows)[list(names)]
    frame.attrs = every.attrs
    return frame


def _latest(every: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """Return one row per name of which one version is among some rows: that of its latest version."""
    newest = every[_keys(every).isin(_keys(rows))].sort_values("id", ascending=False, kind="stable")
    newest = sort(newest, [("version", False)])
    versions = newest.groupby(_keys(newest), sort=False)["version"].agg(list)
    latest = newest.drop_duplicates(["source", "name"]).assign(latest_version=lambda frame: frame["version"])
    latest["versions"] = pd.Series([versions[key] for key in _keys(latest)], index=latest.index, dtype="object")
    return latest.sort_values(["name", "source"], ignore_index=True)


def _matches(every: pd.DataFrame, query: Query) -> pd.Series:
    """Return which rows match v6's filters; a keyword is part of the name or of a tag, in any case."""
    wanted = query.filters
    kept = pd.Series(data=True, index=every.index)
    if wanted["id"] is not None:
        kept &= every["id"].isin(wanted["id"])
    for name in ("is_active", "is_system"):
        if wanted[name] is not None:
            kept &= every[name].eq(wanted[name]).fillna(False).astype(bool)
    if wanted["keyword"] is not None:
        keywords = [keyword.lower() for keyword in wanted["keyword"]]
        texts = [_searched(name, tags) for name, tags in zip(every["name"], every["tags"], strict=True)]
        hits = [any(keyword in text for keyword in keywords for text in found) for found in texts]
        kept &= pd.Series(hits, index=every.index, dtype=bool)
    return kept


def _searched(name: Any, tags: Any) -> list[str]:
    """Return the texts that a keyword is looked for in, in lower case; a manifest may hold anything as its tags."""
    try:
        listed = json.loads(tags) if isinstance(tags, str) else []
    except ValueError:  # a single text, without its quotes
        listed = []
    texts = [name, *(listed if isinstance(listed, list) else [])]
    return [text.lower() for text in texts if isinstance(text, str)]


def _keys(frame: pd.DataFrame) -> pd.Series:
    pairs = list(zip(frame["source"], frame["name"], strict=True))
    return pd.Series(pairs, index=frame.index, dtype="object")
