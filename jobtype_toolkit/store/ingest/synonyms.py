"""What other systems call the fields and the statuses of a job."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any


def fields() -> Mapping[str, Sequence[str]]:
    """Return what the fields are called, folded, the most telling first."""
    return _read()["jobs"]  # type: ignore[no-any-return]


def errors() -> Sequence[str]:
    """Return what the error of a job that failed is called, folded, the most telling first."""
    return _read()["errors"]["error_name"]  # type: ignore[no-any-return]


def of(name: str) -> list[str]:
    """Return the fields that others call so."""
    return [ours for ours, names in fields().items() if folded(name) in names]


@cache
def statuses() -> Mapping[str, str]:
    """Return their statuses, folded → v6's."""
    return {name: ours for ours, names in _read()["statuses"].items() for name in names}


def is_nothing(text: str) -> bool:
    """Return whether a text stands for nothing in other systems."""
    return folded(text) in _read()["missing"]["words"]


def folded(name: str) -> str:
    """Return a name without what its spelling leaves open."""
    return re.sub(r"[\s_-]", "", name).casefold() or name.casefold()


@cache
def _read() -> Mapping[str, Any]:
    return tomllib.loads((files("jobtype_toolkit.store") / "synonyms.toml").read_text(encoding="utf-8"))
