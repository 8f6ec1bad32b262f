"""Several screens as the steps of one page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from jobtype_toolkit.widgets.nodes import ROOT, Node, Nodes, prefixed
from jobtype_toolkit.widgets.screen import NOTHING, Effect, Screen

_MARK = ":"


class Steps(Screen):
    """Screens that follow each other; the ids of each stand behind its key and a colon.

    Args:
        parts: the screens by key, in their order.
        labels: what each step is called.
    """

    def __init__(self, parts: Mapping[str, Screen], labels: Mapping[str, str]) -> None:
        super().__init__()
        self.parts = dict(parts)
        self._labels = dict(labels)
        for part in self.parts.values():
            part.share(self._lock)
            part.watch(self.tell)

    def nodes(self) -> Nodes:
        """Return the nodes of all parts."""
        made: Nodes = {}
        state = ""
        for key, part in self.parts.items():
            nodes = prefixed(part.nodes(), key + _MARK)
            nodes[key + _MARK + ROOT]["name"] = self._labels[key]
            state = state or nodes[key + _MARK + ROOT].get("state", "")
            made |= nodes
        children = [key + _MARK + ROOT for key in self.parts]
        made[ROOT] = Node(kind="steps", label="Steps", children=children, state=state)
        return made

    def perform(self, act: str, of: str, value: Any) -> Effect:
        """Have the part do it that the node belongs to."""
        key, mark, place = of.partition(_MARK)
        part = self.parts.get(key) if mark else None
        if part is None:
            return NOTHING
        effect = part.perform(act, place, value)
        part.tell()
        return replace(effect, focus=key + mark + effect.focus) if effect.focus else effect

    def close(self) -> None:
        """Give back what the parts hold."""
        for part in self.parts.values():
            part.close()
