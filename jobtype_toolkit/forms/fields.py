"""From the schema and a draft to the nodes of a form: what each place is called, how it is filled, what stands there."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from jobtype_toolkit.forms.draft import ABSENT, Draft, child, differ, steps
from jobtype_toolkit.seed.json.paths import Path
from jobtype_toolkit.seed.schema import Schema
from jobtype_toolkit.widgets.nodes import Input, Node, Nodes

_INTEGER = re.compile(r"[+-]?\d{1,300}\Z")
_LONG = frozenset({"description", "command"})
_YES_NO = {True: "yes", False: "no"}


@dataclass
class Fields:
    """Makes the nodes of a document's places, going down schema, document and start together.

    Args:
        draft: the document.
        schema: what the document may hold.
        options: the id of a node with completions for a path of the schema (0 for the rows of lists), "" for none.
        adjust: changes a field's node after the schema has said its part.
        marks_changes: whether a field says that it differs from the start; in a new document all do.
        kept: the nodes of rows that were made before, with what they were made of; a row that is still the same keeps them,
            so nobody may change them, and `adjust` leaves fields of rows alone.
    """

    draft: Draft[Any]
    schema: Schema
    options: Callable[[Path], str] = lambda _path: ""
    adjust: Callable[[str, Node], None] = lambda _place, _node: None
    marks_changes: bool = True
    kept: dict[str, tuple[str, Nodes]] = field(default_factory=dict)
    nodes: Nodes = field(default_factory=dict)
    _known: dict[str, Schema | None] = field(default_factory=dict)

    def add(self, place: str) -> str:
        """Add the nodes of a place and of all below it, and return the place's id."""
        node, parent = self.node(place), self.node(place.rpartition("/")[0])
        required = parent is not None and steps(place) != () and steps(place)[-1] in parent.required
        return self._add(_Spot(place, node, self.draft.at(place), self.draft.at_start(place)), required=required)

    def members(self, place: str, names: Iterable[str]) -> list[str]:
        """Add some members of an object and return their ids."""
        return [self.add(child(place, name)) for name in names]

    def unknown(self, place: str) -> list[str]:
        """Add the members of an object that the schema does not know, and return their ids."""
        spot = _Spot(place, self.node(place), self.draft.at(place), self.draft.at_start(place))
        return self._unknown_members(spot)

    def node(self, place: str) -> Schema | None:
        """Return the schema's node for a place; the alternative that fits where there are several."""
        place = place.rstrip("/")
        if not place:
            return self.schema
        if place not in self._known:
            above, step = place.rpartition("/")[0], steps(place)[-1]
            node = self.node(above)
            if node is not None and node.choices:
                node = node.choose(self.draft.at(above))
            self._known[place] = node.member(0 if isinstance(step, int) else step) if node else None
        return self._known[place]

    def _add(self, spot: _Spot, *, required: bool = False) -> str:
        node, value = spot.node, spot.value
        if node is None:
            self.nodes[spot.place] = self._unknown(spot)
        elif node.type == "array" and node.items and node.items.type == "object" and _is(value, list):
            self._list(spot, node)
        elif node.type == "object" and _is(value, dict):
            self.nodes[spot.place] = Node(
                kind="group", label=node.title, help=node.description, children=self._members(spot)
            )
        else:
            self.nodes[spot.place] = self._field(spot, node, required=required)
        self.adjust(spot.place, self.nodes[spot.place])
        return spot.place

    def _members(self, spot: _Spot) -> list[str]:
        node = spot.node
        if node is None:
            return []
        if node.choices:
            return self._alternative(spot, node)
        known = [self._add(spot.member(name), required=name in node.required) for name in node.properties]
        return known + self._unknown_members(spot)

    def _alternative(self, spot: _Spot, node: Schema) -> list[str]:
        """Add the members of the alternative that was chosen; only the choice itself if none was."""
        chosen = node.choose(spot.value)
        if chosen is not None:
            return self._members(replace(spot, node=chosen))
        return [self._add(replace(spot, node=node.choices[0]).member("type"), required=True)]

    def _unknown_members(self, spot: _Spot) -> list[str]:
        node = spot.node
        if node is None or not isinstance(spot.value, dict):
            return []
        return [self._add(spot.member(name)) for name in spot.value if node.member(name) is None]

    def _list(self, spot: _Spot, node: Schema) -> None:
        one = node.items.title if node.items else "Row"
        rows = self.draft.rows(spot.place)
        starts = self.draft.rows_at_start(spot.place)
        for number, row in enumerate(rows):
            start = starts.get(row, ABSENT)
            self._kept_row(_Spot(row, node.items, spot.value[number], start, start is ABSENT), f"{one} {number + 1}")
        self.nodes[spot.place] = Node(
            kind="list",
            label=node.title,
            help=node.description,
            one=one if one[1:2].isupper() else one[:1].lower() + one[1:],
            children=rows,
        )

    def _kept_row(self, spot: _Spot, label: str) -> None:
        """Add the nodes of a row: those that it had if nothing in it has changed."""
        made_of = repr((label, spot.value, spot.start))
        known = self.kept.get(spot.place)
        if known is None or known[0] != made_of:
            above, self.nodes = self.nodes, {}
            self._row(spot, label)
            known = self.kept[spot.place] = (made_of, self.nodes)
            self.nodes = above
        self.nodes |= known[1]

    def _row(self, spot: _Spot, label: str) -> None:
        value = spot.value
        named = value.get("name", value.get("title", "")) if isinstance(value, dict) else ""
        if isinstance(value, dict):
            children = self._members(spot)
        else:
            inner = child(spot.place, "value")
            self.nodes[inner] = self._json(spot, label, "It is no object; write it as JSON.")
            children = [inner]
        state = "" if not self.marks_changes else "new" if spot.is_new else "changed" if spot.is_changed else ""
        self.nodes[spot.place] = Node(kind="row", label=label, name=str(named), state=state, children=children)

    def _field(self, spot: _Spot, node: Schema, *, required: bool) -> Node:
        value, kind = spot.value, input_of(node, spot.place)
        fits = value is ABSENT or fits_input(kind, node, value)
        made = Node(
            kind="field",
            input=kind if fits else "json",
            label=node.title,
            help=node.description,
            value=shown(kind if fits else "json", value),
            required=required,
            changed=self.marks_changes and spot.is_changed,
        )
        if made["input"] == "choice":
            made["choices"] = choices(node, value, required=required)
        elif kind in ("text", "area", "words"):
            found = self.options(tuple(0 if isinstance(step, int) else step for step in steps(spot.place)))
            if found:
                made["options"] = found
            if node.has_default and kind == "text":
                made["placeholder"] = str(node.default)
        return made

    def _unknown(self, spot: _Spot) -> Node:
        told = "The Seed format has no member of this name. Its value is kept as it is."
        return self._json(spot, str(steps(spot.place)[-1]), told)

    def _json(self, spot: _Spot, label: str, told: str) -> Node:
        return Node(
            kind="field", input="json", label=label, help=told, value=shown("json", spot.value), required=False,
            changed=self.marks_changes and spot.is_changed, state="unknown",
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Spot:
    """A place with what the schema, the document and the start have there."""

    place: str
    node: Schema | None
    value: Any
    start: Any
    is_new: bool = False
    """Whether it is in a row that is new, which says so once for all of it."""

    def member(self, name: str) -> _Spot:
        value, start = (one.get(name, ABSENT) if isinstance(one, dict) else ABSENT for one in (self.value, self.start))
        node = self.node.member(name) if self.node else None
        return _Spot(child(self.place, name), node, value, start, self.is_new)

    @property
    def is_changed(self) -> bool:
        return not self.is_new and differ(self.start, self.value)


def _is(value: Any, kind: type) -> bool:
    return value is ABSENT or isinstance(value, kind)


def input_of(node: Schema, place: str) -> Input:
    """Return what a place is filled with."""
    if node.enum or node.type == "boolean":
        return "choice"
    if node.type in ("integer", "number"):
        return "number"
    if node.type == "array":
        return "words"
    if node.type == "string":
        return "area" if steps(place)[-1] in _LONG else "text"
    return "json"


def fits_input(kind: Input, node: Schema, value: Any) -> bool:
    """Whether a value can be shown in its input without a loss."""
    if kind == "choice":
        return isinstance(value, bool) if node.type == "boolean" else isinstance(value, str)
    if kind == "number":  # a text there was typed, perhaps in an earlier run
        return isinstance(value, int | float | str) and not isinstance(value, bool)
    if kind == "words":
        return isinstance(value, list) and all(isinstance(one, str) and "\n" not in one for one in value)
    return kind in ("text", "area") and isinstance(value, str)


def shown(kind: Input, value: Any) -> str:
    """Return the text that stands in an input."""
    if value is ABSENT:
        return ""
    if isinstance(value, str) and kind != "json":
        return value
    if kind == "words":
        return "\n".join(value)
    return _YES_NO[value] if kind == "choice" else json.dumps(value, ensure_ascii=False)


def choices(node: Schema, value: Any, *, required: bool) -> list[tuple[str, str]]:
    """Return the values and texts to choose from; what stands there now is among them, known or not."""
    words = ["yes", "no"] if node.type == "boolean" else list(node.enum or ())
    default = _YES_NO[node.default] if isinstance(node.default, bool) else node.default
    none = "choose one" if required else f"default ({default})" if node.has_default else "not set"
    found = [("", none), *((word, word) for word in words)]
    now = "" if value is ABSENT else shown("choice", value)
    return found if now in ("", *words) else [*found, (now, f"{now} (unknown)")]


def entered(kind: Input, node: Schema | None, text: str) -> tuple[Any, bool]:
    """Return the value that a text in an input means, and whether it is one of that kind; `ABSENT` if it means none."""
    if kind == "choice":
        words = {"": ABSENT, **({"yes": True, "no": False} if node and node.type == "boolean" else {})}
        return words.get(text, text), True
    if kind == "number":
        return _number(text.strip(), node)
    if kind == "words":
        found = [line.strip() for line in text.split("\n") if line.strip()]
        return (found or ABSENT), True
    if kind == "json":
        return _value(text)
    return text, True


def _number(text: str, node: Schema | None) -> tuple[Any, bool]:
    if not text:
        return ABSENT, True
    if _INTEGER.match(text):
        return int(text), True
    if node is None or node.type != "integer":
        value, is_json = _value(text)
        if is_json and isinstance(value, float):
            return value, True
    return text, False


def _value(text: str) -> tuple[Any, bool]:
    if not text.strip():
        return ABSENT, True

    def refuse(name: str) -> Iterator[Any]:
        raise ValueError(name)

    try:
        return json.loads(text, parse_constant=refuse), True
    except (ValueError, RecursionError):
        return text, False
