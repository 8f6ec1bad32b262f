"""A shift report as HTML, Markdown, JSON and text."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from markupsafe import Markup, escape

from jobtype_toolkit import hints
from jobtype_toolkit.api.times import v6_text
from jobtype_toolkit.display.cells import safe
from jobtype_toolkit.display.html import render
from jobtype_toolkit.display.palette import properties
from jobtype_toolkit.errors import InvalidParameter
from jobtype_toolkit.hints import counted
from jobtype_toolkit.report.calls import Call
from jobtype_toolkit.report.phrases import day, listed, moment, named, percent, sentence
from jobtype_toolkit.report.pictures import drawn
from jobtype_toolkit.report.shift import Section, Shift

Format = Literal["html", "md", "json", "txt"]
FORMATS: tuple[Format, ...] = ("html", "md", "json", "txt")
_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+!|~])")
_TOGETHER = re.compile(
    r"\d{4}-\d\d-\d\d|\d\d:\d\d UTC|\d+(?:\.\d)? %|(?<![\w.-])(?=[\w.-]{1,24}(?![\w.-]))[\w.]+(?:-[\w.]+)+"
)
"""Times, percentages and names with hyphens, as long as a narrow page has room for them."""
_WHOLE = re.compile(r"--[\w-]{1,30}|\d{4}-\d\d-\d\dT[\d:.]+Z")
_WIDEST = 100


def rendered(shift: Shift, format: Format) -> str:
    """Return a report in a format."""
    return {"html": as_html, "md": as_markdown, "json": as_json, "txt": as_text}[format](shift)


def format_of(path: str | Path, given: str | None = None) -> Format:
    """Return the format of a file: the one that is given, else by the ending of its name.

    Raises:
        InvalidParameter: there is no such format.
    """
    ending = Path(path).suffix.lower().removeprefix(".")
    asked = given or {"htm": "html", "markdown": "md"}.get(ending, ending)
    for one in FORMATS:
        if one == asked:
            return one
    what = hints.argument("format", given) if given else f"The name {str(path)!r} ends in no format of a report"
    msg = (
        f"{what}: give {', '.join(FORMATS[:-1])} or {FORMATS[-1]}{'' if given else ', or ' + hints.argument('format')}."
    )
    raise InvalidParameter(msg)


def about(shift: Shift) -> str:
    """Return what a report is made from: source, freshness, jobs of the shift."""
    as_of = f", the newest change of {moment(shift.as_of)}" if shift.as_of else ""
    source = "All sources" if shift.source == "*" else f"Source '{named(shift.source)}'"
    return (
        f"{counted(shift.finished, 'job')} finished in the shift, {shift.failed:,} of them FAILED. {source}: "
        f"{counted(shift.jobs, 'job')}{as_of}."
    )


def as_html(shift: Shift) -> str:
    """Return one HTML file that asks nothing from outside."""
    return render(
        "shift.html",
        shift=shift,
        palette=properties(light=":root", dark=":root", wrap="screen and (prefers-color-scheme: dark)"),
        about=about(shift),
        drawn=drawn,
        kept=_kept,
        code=_breakable,
        day=day,
        moment=moment,
        percent=percent,
        sentence=sentence,
    )


def _kept(text: str) -> Markup:
    """Return a text whose times, percentages and names stay on one line."""
    return Markup(_TOGETHER.sub(r'<span class="one">\g<0></span>', str(escape(text))))  # noqa: S704 - escaped right here


def _breakable(text: str) -> Markup:
    """Return a call or command that may break before its arguments, but not within a time or the name of an option."""
    whole = _WHOLE.sub(r'<span class="one">\g<0></span>', str(escape(text)))
    return Markup(whole.replace("(", "(<wbr>"))  # noqa: S704 - escaped right here


def as_markdown(shift: Shift) -> str:
    """Return Markdown in which no name can be taken for Markdown or HTML."""
    text = render("shift.md", shift=shift, about=about(shift), md=_md, code=_code, moment=moment, sentence=sentence)
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


def _md(text: str) -> Markup:
    """Return a text that Markdown shows as it is."""
    return Markup(_MARKDOWN.sub(r"\\\1", str(escape(" ".join(safe(text).split()))).replace("&#39;", "'")))  # noqa: S704 - escaped right here


def _code(text: str) -> Markup:
    """Return a text as code; backticks in it end nothing."""
    line = " ".join(text.split())
    fence = "`" * (max([len(run) for run in re.findall("`+", line)], default=0) + 1)
    pad = " " if "`" in line else ""
    return Markup(f"{fence}{pad}{line}{pad}{fence}")  # noqa: S704 - Markdown shows code as it is


def as_json(shift: Shift) -> str:
    """Return the report as JSON: what the other formats say, with all numbers."""
    return json.dumps(_plain(shift), indent=1, ensure_ascii=False) + "\n"


def _plain(value: Any) -> Any:
    """Return a value of a report as JSON has it."""
    if isinstance(value, Call):
        return {"command": value.command, "python": value.python}
    if is_dataclass(value):
        return {one.name: _plain(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, datetime):
        return v6_text(value)
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, (tuple, list)) else value


def as_text(shift: Shift, width: int = 80) -> str:
    """Return the report as lines of text, at most so wide."""
    lines = [*_wrapped(shift.verdict, min(width, _WIDEST)), ""]
    lines += _wrapped(f"{moment(shift.started)} to {moment(shift.now)}. {about(shift)}", min(width, _WIDEST))
    for note in shift.notes:
        lines += _wrapped(f"Note: {sentence(note)}", min(width, _WIDEST))
    empty = []
    for one in shift.sections:
        if one.entries:
            lines += ["", f"{one.title.upper()} ({one.count:,})", *_section(one, min(width, _WIDEST))]
        else:
            empty.append(one.nothing)
    if empty:
        lines += ["", *_wrapped(" ".join(empty), min(width, _WIDEST))]
    return "".join(f"{safe(line)}\n" for line in lines)


def _section(one: Section, width: int) -> Iterator[str]:
    for entry in one.entries:
        jobs = ""
        if entry.jobs:
            jobs = f" For example {'job' if len(entry.jobs) == 1 else 'jobs'} {listed(list(map(str, entry.jobs)), 5)}."
        yield from _wrapped(f"{entry.title}: {entry.says}{jobs}", width, first="- ", then="  ")
        if entry.links and one.key != "later":
            yield from _wrapped(entry.links[0].call.command, width, first="  $ ", then="      ")
    if one.left_out:
        yield from _wrapped(f"and {one.left_out:,} more: {one.call.command} --limit 0", width, first="- ", then="  ")


def _wrapped(text: str, width: int, *, first: str = "", then: str = "") -> list[str]:
    return textwrap.wrap(
        text, width, initial_indent=first, subsequent_indent=then, break_on_hyphens=False, break_long_words=True
    ) or [first.rstrip()]
