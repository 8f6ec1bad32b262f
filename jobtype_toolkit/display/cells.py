"""From a value to the text of a cell: one way for terminals, HTML and widgets."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from jobtype_toolkit.api.fields import Field

if TYPE_CHECKING:
    import pandas as pd

_LONGEST = 120
"""How much of a long text a cell shows; JSON and CSV have all of it."""
_LARGE = 10_000
"""From here on a float is shown without decimals."""
STATUS_STYLES = {
    "FAILED": "red",
    "RUNNING": "cyan",
    "COMPLETED": "green",
    "PENDING": "yellow",
    "BLOCKED": "yellow",
    "QUEUED": "yellow",
    "CANCELED": "bright_black",
}
"""The colour of each status in a terminal."""


def safe(text: str) -> str:
    """Return a text in which whatever could steer a terminal or turn its writing direction is spelled out."""
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)


def plain(column: pd.Series) -> list[Any]:
    """Return a column as values of JSON: times as ISO-8601 with Z, what is missing as None."""
    if column.dtype.kind == "M":
        import numpy as np

        stamps = column.dt.tz_convert(None).to_numpy().astype("datetime64[us]")
        texts = np.datetime_as_string(stamps).tolist()
        return [None if text == "NaT" else text.removesuffix(".000000") + "Z" for text in texts]
    return [None if gone else value for value, gone in zip(column.tolist(), column.isna(), strict=True)]


def plain_columns(frame: pd.DataFrame, names: Iterable[Any]) -> list[list[Any]]:
    """Return columns of a frame as values of JSON."""
    import pandas as pd

    bare = pd.DataFrame(frame)  # without the attrs, which pandas would copy in depth for every column
    return [plain(bare[name]) for name in names]


def is_share(field: Field) -> bool:
    """Whether the values of a field are parts of 1."""
    return field.unit == "0 to 1"


def header(field: Field) -> str:
    """Return the heading of a column, with its unit."""
    unit = field.unit or "UTC" if field.type == "time" else "" if is_share(field) else field.unit
    return f"{field.name} ({unit})" if unit and unit != field.name else field.name


def cell(field: Field, value: Any) -> str:
    """Return a plain value as the text of a cell; what is missing is empty."""
    if value is None:
        return ""
    match field.type:
        case "time":
            return str(value)[:19].replace("T", " ")
        case "bool":
            return "yes" if value else "no"
        case "float":
            return f"{value:.1%}" if is_share(field) else f"{value:,.0f}" if abs(value) >= _LARGE else f"{value:.4g}"
        case "int":
            return f"{value:,}" if field.name == "count" else str(value)
        case "texts":
            value = ", ".join(map(str, value))
        case "json":
            value = json.dumps(value)
    text = safe(value if len(value) <= _LONGEST else value[: _LONGEST - 1] + "…")
    return text if len(text) <= 2 * _LONGEST else text[:_LONGEST] + "…"


def age(value: str, now: datetime) -> str:
    """Return how long before `now` an instant is, in one unit: `3 h`, `2 d`; empty if it is later."""
    seconds = (now - datetime.fromisoformat(value)).total_seconds()
    if seconds < 0:
        return ""
    for unit, length in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= length:
            return f"{seconds / length:,.0f} {unit}"
    return f"{seconds:.0f} s"


def bar(share: float, width: int = 10) -> str:
    """Return a share of 1 as a bar of blocks, for a text."""
    return "█" * round(min(max(share, 0.0), 1.0) * width)


def style(field: Field, value: Any) -> str:
    """Return the colour of a cell in a terminal."""
    return STATUS_STYLES.get(value, "") if field.name == "status" else ""
