"""What a page shows, as plain values: a flat table of nodes by id, each with the ids of its children.

A page never holds the value of anything: it shows nodes, and sends what a person does to them. So a node is all that the
front end (`front/`) knows, for forms and boards alike.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypedDict

ROOT = "/"
"""The id of the node that a page begins with."""

Kind = Literal[
    "pages", "page", "steps", "group", "list", "row", "field", "findings", "button", "bar", "note", "code", "diff", "table",
    "dialog", "facts", "options", "board", "section", "columns", "tiles", "age", "label",
    "trend",
]  # fmt: skip
"""What a node is shown as; `front/` has a function for each."""
Input = Literal["text", "area", "number", "choice", "words", "json", "secret", "search"]
Tone = Literal["plain", "good", "warning", "bad", "busy"]


class FindingNode(TypedDict, total=False):
    """A finding beside its field, or in a summary."""

    key: str
    severity: str
    text: str
    of: str
    """The id of the node that it is about."""
    fix: str
    """What its fix would do; missing if it has none."""
    safe: bool


class Node(TypedDict, total=False):
    """One part of a page. Which members count depends on the kind."""

    kind: Kind
    label: str
    help: str
    children: list[str]
    # A field.
    input: Input
    value: str
    required: bool
    read_only: bool
    choices: list[tuple[str, str]]
    options: str
    """The id of a node with completions."""
    words: list[str]
    placeholder: str
    changed: bool
    findings: list[FindingNode]
    # A list and its rows.
    one: str
    state: str
    folded: bool
    # A button: what is done to which node.
    act: str
    of: str
    argument: Any
    primary: bool
    danger: bool
    disabled: bool
    icon: str
    # A note, a code, a table, a diff.
    tone: Tone
    text: str
    name: str
    errors: int
    warnings: int
    columns: list[dict[str, Any]]
    rows: list[Any]
    count: int
    selected: str
    every: int
    """After how many seconds a page asks again (the root of a board)."""
    facts: list[tuple[str, str]]
    tiles: list[dict[str, Any]]
    """Each with a label, a value, a text, a tone, and perhaps `parts`: label, count, category of errors."""
    at: float
    """How many seconds ago it was, `{age}` in the text standing for it."""


Nodes = dict[str, Node]


def changed(before: Mapping[str, Node], after: Mapping[str, Node]) -> tuple[Nodes, list[str]]:
    """Return the nodes that are new or different, and the ids of those that are gone."""
    new = {key: node for key, node in after.items() if before.get(key) is not node and before.get(key) != node}
    return new, [key for key in before if key not in after]


def button(label: str, act: str, of: str = ROOT, **more: Any) -> Node:
    """Return a button that asks for an act."""
    made: Node = {"kind": "button", "label": label, "act": act, "of": of, **more}  # type: ignore[typeddict-item]
    return made


def note(text: str, tone: Tone = "plain", **more: Any) -> Node:
    """Return a line of text."""
    made: Node = {"kind": "note", "text": text, "tone": tone, **more}  # type: ignore[typeddict-item]
    return made


def prefixed(nodes: Mapping[str, Node], prefix: str) -> Nodes:
    """Return the nodes of a part of a page under ids of their own; `../x` is an id outside of the part."""

    def moved(value: str) -> str:
        return value.removeprefix("../") if value.startswith("../") else prefix + value

    made: Nodes = {}
    for key, node in nodes.items():
        copy = node.copy()
        if "children" in node:
            copy["children"] = [moved(child) for child in node["children"]]
        if "of" in node:
            copy["of"] = moved(node["of"])
        if "findings" in node:
            copy["findings"] = [{**one, "of": moved(one["of"])} for one in node["findings"]]
        made[moved(key)] = copy
    return made


def texts(nodes: Mapping[str, Node], ids: Sequence[str]) -> list[str]:
    """Return the texts of some nodes and of all below them, in the order in which a page shows them; nothing of empty ones."""
    return [line for key in ids for line in _told(nodes, nodes[key])]


def _told(nodes: Mapping[str, Node], node: Node) -> list[str]:
    kind, label = node["kind"], node.get("label", "")
    if kind in ("bar", "button"):  # things to press
        return []
    if kind == "field":
        return [f"{label}: {node['value']}"] if node.get("value") else []
    if kind == "findings":
        return [f"{one['severity']}: {one['text']}" for one in node["findings"]] or [node.get("text", "")]
    if kind == "facts":
        return [f"{name}: {value}" for name, value in node["facts"]]
    if kind == "tiles":
        return [f"{one['label']}: {one['value']} ({one['text']})" for one in node["tiles"]]
    inner = _rows(node) if kind in ("table", "trend") else texts(nodes, node.get("children", []))
    text = node.get("value", node.get("text", "")) if not inner else ""
    head = f"{label}: {node['name']}" if kind == "row" and node.get("name") else label
    return [line for line in (head, text, *inner) if line] if inner or text else []


_ROWS_TOLD = 10


def _rows(node: Node) -> list[str]:
    """Return the first rows of a table as lines."""
    rows = [[one["text"] if isinstance(one, dict) else one for one in row["cells"]] for row in node["rows"]]
    lines = [
        " | ".join(cells) for cells in [[column["label"] for column in node["columns"]], *rows[:_ROWS_TOLD]] if rows
    ]
    return [*lines, f"… and {len(rows) - _ROWS_TOLD:,} more"] if len(rows) > _ROWS_TOLD else lines
