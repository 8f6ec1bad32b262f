"""Where a frame comes from, told by the frame itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from jobtype_toolkit import hints


class Explanation(str):
    """A text that shows itself as it is, also as the last line of a notebook cell."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def explain(frame: pd.DataFrame) -> Explanation:
    """Tell how a frame of the toolkit was made: source, window, zone, row counts, freshness, and SQL or URL.

    Args:
        frame: what a method of `Store` or `Scale` returned; pandas keeps `attrs` through most operations, not through all.
    """
    known = frame.attrs
    if "service" not in known:
        return Explanation("The origin of this frame is unknown: it carries no attrs of the toolkit.")
    lines = [
        f"{known['service']}: {hints.counted(len(frame), 'row')} here, {known.get('count', len(frame)):,} in the whole answer",
        _source(known),
    ]
    if "lake" in known:
        lines.append(f"lake     {known['lake']}, snapshot {known['snapshot']}")
    if "now" in known:
        lines.append(f"now      {known['now']} ({known['now_is']})")
    if any((known.get("window") or {}).values()):
        lines.append(f"window   {hints.span(known['window']['started'], known['window']['ended'])}, inclusive")
    lines.append(f"zone     {known['zone']}")
    lines += [f"note     {note}" for note in known.get("notes", ())]
    if known.get("parameters"):
        lines.append("bound    " + ", ".join(f"${name} = {value!r}" for name, value in known["parameters"].items()))
    if "sql" not in known:
        return Explanation("\n".join([*lines, f"asked    GET {known['url']}"]))
    return Explanation("\n".join([*lines, "", known["sql"].rstrip()]))


def _source(known: Mapping[Any, Any]) -> str:
    if "sql" not in known:
        return f"source   the server {known['source']}, asked {known['observed']}"
    return (
        f"source   {known['source']!r}, {hints.held(known['jobs'], known['as_of'], 'last loaded', known['observed'])}"
    )
