"""What differs between two documents, as a node."""

from __future__ import annotations

import json
from typing import Any

from jobtype_toolkit.seed.differences import differences
from jobtype_toolkit.widgets.nodes import Node


def diff(before: Any, after: Any) -> Node:
    """Return the differences of two JSON values, each with its place."""
    rows = [[path, _told(was), _told(now), kind] for path, was, now, kind in differences(before, after)]
    return Node(kind="diff", rows=rows)


def _told(value: Any) -> str:
    return "" if value is None else json.dumps(value, ensure_ascii=False)
