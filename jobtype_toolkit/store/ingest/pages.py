"""Pages exactly as a v6 server sends them: their rows, unparsed, joined into few files that DuckDB reads in parallel.

Anything unusual is left to the careful way in `shapes`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

_HEAD = re.compile(
    rb'\s*\{\s*"count":\s*\d+,\s*"next":\s*(?:null|"[^"]*"),\s*"previous":\s*(?:null|"[^"]*"),\s*"results":\s*\['
)
_TAIL = re.compile(rb"\]\s*\}\s*\Z")
_TAIL_BYTES = 64
_PART_BYTES = 16 * 2**20
"""DuckDB reads several files at once, but each of them alone."""


def joined(files: Sequence[str], scratch: Path) -> list[str] | None:
    """Return JSON array files with the rows of all pages and arrays, or None where a file is neither.

    `results` must be the last key of a page. What passes for a page and is none becomes broken JSON, which DuckDB refuses.
    """
    parts: list[str] = []
    held: list[bytes] = []
    size = 0
    for file in files:
        data = Path(file).read_bytes()
        body = _rows(data)
        if body is None:
            return None
        if not body.strip():
            continue
        held.append(body)
        size += len(body)
        if size >= _PART_BYTES:
            parts.append(_written(held, scratch))
            held, size = [], 0
    if held:
        parts.append(_written(held, scratch))
    return parts


def _rows(data: bytes) -> bytes | None:
    head = _HEAD.match(data)
    if head:
        tail = _TAIL.search(data, max(head.end(), len(data) - _TAIL_BYTES))
        return data[head.end() : tail.start()] if tail else None
    plain = data.strip()
    return plain[1:-1] if plain[:1] == b"[" and plain[-1:] == b"]" else None


def _written(bodies: Sequence[bytes], scratch: Path) -> str:
    target = scratch / f"{sum(1 for _ in scratch.iterdir())}.rows.json"
    with target.open("wb") as file:
        file.write(b"[")
        file.write(b",".join(bodies))
        file.write(b"]")
    return str(target)
