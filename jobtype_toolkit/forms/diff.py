"""What differs between two documents, as a node."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from jobtype_toolkit.seed.differences import Row, differences
from jobtype_toolkit.widgets.nodes import Node


def diff(before: Any, after: Any) -> Node:
    """Return the differences of two JSON values, each with its place."""
    return rows_node(differences(before, after))


def rows_node(rows: Iterable[Row], label: str = "") -> Node:
    """Return differences as a table."""
    shown = [[path, as_json(before), as_json(after), kind] for path, before, after, kind in rows]
    return Node(kind="diff", label=label, rows=shown)


def as_json(value: Any) -> str:
    """Return a value as JSON, nothing for none."""
    return "" if value is None else json.dumps(value, ensure_ascii=False)
