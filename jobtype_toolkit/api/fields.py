"""What a field and a resource of the vocabulary are, and which DuckDB and pandas types they become."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

Type = Literal["int", "float", "bool", "text", "time", "json", "texts"]

DUCKDB: Mapping[Type, str] = {
    "int": "BIGINT",
    "float": "DOUBLE",
    "bool": "BOOLEAN",
    "text": "VARCHAR",
    "time": "TIMESTAMP",
    "json": "JSON",
    "texts": "VARCHAR[]",
}
"""The DuckDB type of each vocabulary type; times are UTC without a zone."""

PANDAS: Mapping[Type, str] = {
    "int": "Int64",
    "float": "float64",
    "bool": "boolean",
    "text": "str",
    "time": "datetime64[us, UTC]",
    "json": "object",
    "texts": "object",
}
"""The pandas dtype of each vocabulary type; an `int` that is never missing is `int64`."""


@dataclass(frozen=True)
class Field:
    """One field of a resource."""

    name: str
    type: Type
    meaning: str
    path: str = ""
    """Its path in v6's JSON, dotted; the name itself if empty."""
    unit: str = ""
    required: bool = False
    """Never missing, so an `int` becomes `int64` instead of `Int64`."""
    stored: bool = True
    """Whether the resource's own table has the column; otherwise a join or the caller's own file gives it."""
    tracked: bool = False
    """Whether each observed change of it is kept in `job_type_change`."""
    kept: bool = False
    """Whether a body that lacks it leaves the stored value alone: details have it, lists do not."""

    @cached_property
    def json_path(self) -> tuple[str, ...]:
        """The keys that lead to the field in v6's JSON."""
        return tuple((self.path or self.name).split("."))

    @property
    def dtype(self) -> str:
        """The pandas dtype of the field in every frame."""
        return "int64" if self.required and self.type == "int" else PANDAS[self.type]


@dataclass(frozen=True, slots=True)
class Resource:
    """A v6 resource: what one row or object of it holds."""

    name: str
    meaning: str
    fields: tuple[Field, ...]

    def __getitem__(self, name: str) -> Field:
        """Return the field of that name; KeyError if there is none."""
        for field in self.fields:
            if field.name == name:
                return field
        raise KeyError(name)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the fields, in order."""
        return tuple(field.name for field in self.fields)

    @property
    def stored(self) -> tuple[Field, ...]:
        """The fields that the resource's own table holds."""
        return tuple(field for field in self.fields if field.stored)

    def pick(self, *names: str) -> tuple[Field, ...]:
        """Return some of the fields, in the order asked for."""
        return tuple(self[name] for name in names)
