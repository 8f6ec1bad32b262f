"""Pages without a browser: what a person does at a screen goes out as messages, and the answers are applied to a copy."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

from jobtype_toolkit.seed.schema import Schema
from jobtype_toolkit.widgets.nodes import Node, Nodes
from jobtype_toolkit.widgets.screen import Screen

COMPLETE: dict[str, Any] = {
    "seedVersion": "1.0.0",
    "job": {
        "name": "tile-mosaic",
        "jobVersion": "1.2.0",
        "packageVersion": "1.0.1",
        "title": "Tile mosaic",
        "description": "Joins tiles into one image.",
        "tags": ["tiles", "mosaic"],
        "maintainer": {
            "name": "Imagery Team",
            "organization": "Example",
            "email": "imagery@example.com",
            "url": "https://example.com/imagery",
            "phone": "555-0100",
        },
        "timeout": 600,
        "interface": {
            "command": "${TILES} ${AREA} ${OUTPUT_DIR}",
            "inputs": {
                "files": [
                    {
                        "name": "TILES",
                        "required": True,
                        "mediaTypes": ["image/tiff", "image/png"],
                        "multiple": True,
                        "partial": False,
                    }
                ],
                "json": [{"name": "AREA", "type": "string", "required": False}],
            },
            "outputs": {
                "files": [
                    {
                        "name": "MOSAIC",
                        "pattern": "*.tif",
                        "mediaType": "image/tiff",
                        "multiple": False,
                        "required": True,
                    }
                ],
                "json": [{"name": "COUNT", "type": "integer", "key": "count", "required": True}],
            },
            "mounts": [{"name": "DEM", "path": "/data/dem", "mode": "ro"}],
            "settings": [{"name": "DB_HOST", "secret": False}, {"name": "DB_PASS", "secret": True}],
        },
        "resources": {
            "scalar": [
                {"name": "cpus", "value": 2},
                {"name": "mem", "value": 512.5, "inputMultiplier": 1.5},
                {"name": "disk", "value": 64},
            ]
        },
        "errors": [
            {
                "code": 1,
                "name": "bad-tile",
                "title": "Bad tile",
                "description": "A tile cannot be read.",
                "category": "data",
            }
        ],
    },
}
"""A manifest with every member of the Seed standard, to which no validator objects."""


def complete() -> dict[str, Any]:
    """Return `COMPLETE` as a copy to change."""
    return copy.deepcopy(COMPLETE)


class Pages:
    """The pages that show a screen, connected to it as a notebook does it: each of them takes each message.

    `nodes` is what they show: made of the answers alone, so that it can be compared with what the screen says it shows.
    """

    def __init__(self, screen: Screen) -> None:
        self.screen = screen
        self.nodes: Nodes = {}
        self.said: list[str] = []
        self._sent = 0
        screen.watch(self._take_changes)
        self.do("hello")

    def do(
        self, act: str, of: str = "/", value: Any = None, *, view: str = "one", n: int | None = None
    ) -> dict[str, Any]:
        """Do something in a page, and return the answer."""
        self._sent += 1
        message = {"do": act, "of": of, "value": value, "view": view, "n": self._sent if n is None else n}
        return self.screen.receive(json.loads(json.dumps(message)), self.take)

    def edit(self, of: str, text: str) -> dict[str, Any]:
        """Type a text into a field that is shown."""
        assert self.nodes[of]["kind"] == "field", of
        return self.do("edit", of, text)

    def add(self, of: str) -> str:
        """Add a row to a list that is shown, and return the row's id, where the focus goes."""
        assert self.nodes[of]["kind"] == "list", of
        return str(self.do("add", of)["focus"])

    def fill(self, place: str, value: Any) -> None:
        """Fill in a value by fields and rows, as a person would."""
        if isinstance(value, dict):
            for name, member in value.items():
                self.fill(f"{place.rstrip('/')}/{name}", member)
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            for one in value:
                self.fill(self.add(place), one)
        else:
            self.edit(place, typed(value))

    def field(self, label: str, page: str = "") -> str:
        """Return the id of the one field with this label, on a page if it is named."""
        ids = list(self.below(page)) if page else list(self.nodes)
        found = [one for one in ids if self.nodes[one]["kind"] == "field" and self.nodes[one]["label"] == label]
        assert len(found) == 1, (label, found)
        return found[0]

    def below(self, of: str) -> Iterator[str]:
        """Yield the ids of all that is shown below a node, in the order of the page."""
        for one in self.nodes[of].get("children", []):
            yield one
            yield from self.below(one)

    def kind(self, kind: str) -> dict[str, Node]:
        """Return the document's own nodes of a kind, by id."""
        return {of: node for of, node in self.nodes.items() if node["kind"] == kind and not of.startswith("+")}

    def take(self, message: dict[str, Any]) -> None:
        found = json.loads(json.dumps(message))
        if found.get("whole"):
            self.nodes = {}
        self.nodes.update(found["nodes"])
        for gone in found["gone"]:
            del self.nodes[gone]
        self.said += [found["say"]] if found.get("say") else []

    def _take_changes(self) -> None:
        self.screen.changes(self.take)


def plain(nodes: Nodes) -> Any:
    """Return nodes as they arrive in a page."""
    return json.loads(json.dumps(nodes))


def typed(value: Any) -> str:
    """Return what a person types or chooses for a value."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return "\n".join(value)
    return value if isinstance(value, str) else json.dumps(value)


def leaves(node: Schema, place: str = "") -> Iterator[tuple[str, Schema]]:
    """Yield the places of a schema that a person fills, `#` standing for a row of a list."""
    for name, member in node.properties.items():
        here = f"{place}/{name}"
        if member.items is not None and member.items.properties:
            yield from leaves(member.items, f"{here}/#")
        elif member.properties:
            yield from leaves(member, here)
        else:
            yield here, member
