"""The parts of a form's page as nodes: its sections with the findings in them, check, JSON, Python, tools, questions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from jobtype_toolkit.forms.diff import rows_node
from jobtype_toolkit.forms.draft import ABSENT
from jobtype_toolkit.forms.fields import Fields
from jobtype_toolkit.forms.sentences import said
from jobtype_toolkit.seed.differences import Row
from jobtype_toolkit.seed.findings import Finding, by_severity
from jobtype_toolkit.widgets.nodes import ROOT, FindingNode, Node, Nodes, button, note

BAR, CHECK, CODE, DIALOG, JSON, TEXT = "+bar", "+check", "+python", "+dialog", "+json", "+text"
"""Ids of what every form shows: they begin with a plus, places with a slash."""


@dataclass(frozen=True, slots=True)
class Part:
    """Some members of an object, or all of one place."""

    place: str
    names: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Section:
    """A section of a form. `rest` are the objects whose unknown members it shows too."""

    key: str
    label: str
    help: str
    parts: tuple[Part, ...]
    rest: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """The id of its page."""
        return f"+{self.key}"


def add_sections(fields: Fields, sections: Sequence[Section]) -> dict[str, str]:
    """Add the page of each section, and return on which page each place stands."""
    owners: dict[str, str] = {}
    for section in sections:
        known = set(fields.nodes)
        children = [place for part in section.parts for place in _part(fields, part)]
        for place in section.rest:
            claimed = {
                name for one in sections for part in one.parts if part.place == place for name in part.names or ()
            }
            children += [one for one in fields.unknown(place) if one.rpartition("/")[2] not in claimed]
        owners |= dict.fromkeys([*(set(fields.nodes) - known), *section.rest], section.id)
        fields.nodes[section.id] = Node(kind="page", label=section.label, help=section.help, children=children)
    return owners


def _part(fields: Fields, part: Part) -> list[str]:
    value = fields.draft.at(part.place)
    if part.names is not None and (value is ABSENT or isinstance(value, dict)):
        return fields.members(part.place, part.names)
    return [] if part.place in fields.nodes else [fields.add(part.place)]


def attach(
    nodes: Nodes, owners: dict[str, str], findings: Iterable[FindingNode], is_shown: Callable[[str], bool]
) -> None:
    """Put each finding beside the node that it is about, or on its page, and count it there."""
    for found in findings:
        place = found["of"]
        while place not in owners and place:
            place = place.rpartition("/")[0]
        page = nodes.get(owners.get(place or ROOT, ""))
        if page is None:
            continue
        page["errors"] = page.get("errors", 0) + (found["severity"] == "error")
        page["warnings"] = page.get("warnings", 0) + (found["severity"] == "warning")
        if is_shown(place):
            beside = place if place in nodes else owners[place or ROOT]
            node = nodes[beside]
            nodes[beside] = {**node, "findings": [*node.get("findings", []), {**found, "of": place}]}


def finding_node(key: str, found: Finding, place: str, document: Any) -> FindingNode:
    """Return a finding about a place of a document as a page shows it."""
    text = said(f"{found.description} {found.suggestion}".strip(), document)
    made = FindingNode(key=key, severity=found.severity, text=text, of=place)
    if found.fix is not None:
        made["fix"] = said(found.fix.title, document)
        made["safe"] = found.fix.safe
    return made


def check_page(findings: list[FindingNode]) -> Nodes:
    """Return the page with all findings."""
    errors, warnings = (sum(one["severity"] == kind for one in findings) for kind in ("error", "warning"))
    told = f"{'Not valid' if errors else 'Valid'}: {by_severity(one['severity'] for one in findings)}."
    page = Node(
        kind="page", label="Findings", help="Everything that the validators say, in the order of the file.", state="whole",
        children=["+verdict", "+findings"], errors=errors, warnings=warnings,
    )  # fmt: skip
    return {
        CHECK: page,
        "+verdict": note(told, "bad" if errors else "good"),
        "+findings": Node(kind="findings", findings=findings, text="Nothing was found."),
    }


def json_page(text: str, problem: str) -> Nodes:
    """Return the page with the document as text; with a problem, the text is not taken yet."""
    told = "The same document as text; edits go both ways."
    field = Node(kind="field", input="json", label="JSON", help=told, required=False, value=text, state="tall")
    made: Nodes = {TEXT: Node(kind="page", label="JSON", help="", children=[JSON]), JSON: field}
    if problem:
        field["findings"] = [FindingNode(key="", severity="error", text=problem, of=JSON)]
        made["+broken"] = note(
            "This text is not taken yet. It is kept here until it can be, or until you discard it.", "bad"
        )
        made["+discard"] = button("Discard this text", "discard")
        made[TEXT]["children"] = ["+broken", "+discard", JSON]
    return made


def code_page(code: str) -> Nodes:
    """Return the page with the cell that makes the same document."""
    told = "A cell that makes the same document without the form."
    return {
        CODE: Node(kind="page", label="Python", help=told, children=["+code"]),
        "+code": Node(kind="code", text=code),
    }


def tool_bar(told: str, *, can_undo: bool, can_redo: bool) -> Nodes:
    """Return what the document is, and the buttons for all of it."""
    buttons: Nodes = {
        "+told-bar": Node(kind="label", text=told),
        "+undo": button("Undo", "undo", icon="undo", disabled=not can_undo),
        "+redo": button("Redo", "redo", icon="redo", disabled=not can_redo),
        "+import": button("Import a file", "import", icon="import"),
        "+export": button("Export", "export", icon="export"),
        "+checked": button("Check", "check", icon="check", primary=True),
    }
    return {BAR: Node(kind="bar", label="Document", children=list(buttons)), **buttons}


def fix_dialog(title: str, told: str, of: str, rows: Iterable[Row]) -> Nodes:
    """Return the look at what a fix would change."""
    return {
        DIALOG: Node(
            kind="dialog", label=title[:1].upper() + title[1:], help=told, children=["+diff", "+take", "+leave"]
        ),
        "+diff": rows_node(rows),
        "+take": button("Apply", "apply", of, primary=True),
        "+leave": button("Leave it", "close", of),
    }


def autosave_offer(told: str, rows: Iterable[Row] | None) -> Nodes:
    """Return the offer of what an earlier run left, with its differences if they are to be shown."""
    made: Nodes = {
        "+offer": note(told, "busy"),
        "+offer-bar": Node(kind="bar", label="Autosave", children=["+offer-take", "+offer-compare", "+offer-drop"]),
        "+offer-take": button("Take it", "take", primary=True),
        "+offer-compare": button("Show the differences", "compare", state="off" if rows is None else "on"),
        "+offer-drop": button("Discard it", "drop"),
    }
    if rows is not None:
        made["+offer-diff"] = rows_node(rows)
    return made
