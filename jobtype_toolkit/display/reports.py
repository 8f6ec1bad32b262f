"""What became of a load, a pull or a plan, as HTML for a notebook."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from jobtype_toolkit.display.cells import safe
from jobtype_toolkit.display.html import render

_SHOWN = 12
"""How many notes are shown; the report's attributes have all."""


def report(title: str, values: Mapping[str, Any], notes: Iterable[str] = (), *, summary: str = "") -> str:
    """Return a report as HTML.

    Args:
        title: what was done.
        values: what is shown as a table, by heading; whole numbers get separators, what is missing is left out.
        notes: sentences below it; a dozen at most, and then how many more there are.
        summary: what stands behind the title.
    """
    rows = [(heading, _text(value)) for heading, value in values.items() if value not in (None, "", ())]
    told = [safe(one) for one in notes]
    if len(told) > _SHOWN:
        told[_SHOWN:] = [f"… and {len(told) - _SHOWN:,} more"]
    return render("report.html", title=safe(title), summary=safe(summary), rows=rows, notes=told)


def _text(value: Any) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    if isinstance(value, (list, tuple)):
        return safe(", ".join(map(str, value)))
    return safe(str(value))
