"""The one widget: carries messages between a screen and the pages that show it."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

import anywidget
from IPython.display import DisplayHandle, display

from jobtype_toolkit.display.html import render
from jobtype_toolkit.display.palette import properties
from jobtype_toolkit.widgets.nodes import ROOT, Nodes, texts
from jobtype_toolkit.widgets.screen import Screen

PARTS = ("icons.js", "dom.js", "fields.js", "tables.js", "nodes.js", "boards.js", "trend.js", "page.js")
"""The parts of the front end's module, in the order in which they are joined."""
STYLES = ("page.css", "boards.css")
"""The parts of the style of all pages."""
DARK = ':is(body[data-jp-theme-light="false"], body.vscode-dark) .jtk'
"""What a page is in a dark notebook."""
_SETTLING = frozenset({"leave", "send", "check"})
"""The acts after which the static copy is made anew: not every key."""


@cache
def front() -> str:
    """Return the front end as one ES module: it imports and fetches nothing."""
    folder = files(__package__).joinpath("front")
    return "\n".join(folder.joinpath(name).read_text(encoding="utf-8") for name in PARTS)


@cache
def style() -> str:
    """Return the style of all pages, the palette first."""
    folder = files(__package__).joinpath("front")
    colours = properties(light=".jtk", dark=DARK, prefix="palette-")
    return "\n".join([colours, *(folder.joinpath(name).read_text(encoding="utf-8") for name in STYLES)])


class Widget(anywidget.AnyWidget):
    """A widget over a screen. None of its own traits is synchronised: pages ask, and get nodes.

    Shown by a cell, it leaves a static copy of itself in the notebook, for readers without a kernel; a living page hides it.
    """

    _esm = front()
    _css = style()

    def __init__(self, screen: Screen, **traits: Any) -> None:
        super().__init__(**traits)
        self.screen = screen
        self._copies: list[DisplayHandle] = []
        self.on_msg(self._on_page_message)
        screen.watch(self.show_changes)

    def _on_page_message(self, _widget: Any, content: dict[str, Any], _buffers: Any) -> None:
        self.screen.receive(content, self.send)
        if content.get("do") in _SETTLING:
            self._copy_anew()

    def show_changes(self) -> None:
        """Bring the pages in step after a change that none of them asked for."""
        self.screen.changes(self.send)

    def close(self) -> None:
        """End the widget and what its screen holds."""
        self.screen.close()
        super().close()

    @property
    def plain_text(self) -> str:
        """What the page shows, as text."""
        return self._text(self.screen.nodes())

    @property
    def static_html(self) -> str:
        """What the page shows, as HTML without script."""
        return self._html(self.screen.nodes())

    def _text(self, nodes: Nodes) -> str:
        return "\n".join([f"{type(self).__name__}:", *texts(nodes, [ROOT])])

    def _html(self, nodes: Nodes) -> str:
        return render("screen.html", nodes=nodes, root=ROOT, label=type(self).__name__)

    def _ipython_display_(self) -> None:
        handle, copied = DisplayHandle(), self._copy()  # type: ignore[no-untyped-call]
        handle.display(copied, raw=True)  # type: ignore[no-untyped-call]
        self._copies.append(handle)
        bundle: Any = self._repr_mimebundle_()
        data, metadata = bundle if isinstance(bundle, tuple) else (bundle or {}, {})
        display({**data, "text/plain": copied["text/plain"]}, metadata=metadata, raw=True)  # type: ignore[no-untyped-call]

    def _copy(self) -> dict[str, str]:
        nodes = self.screen.nodes()
        return {"text/html": self._html(nodes), "text/plain": self._text(nodes)}

    def _copy_anew(self) -> None:
        copied = self._copy() if self._copies else {}
        for copy in self._copies:
            copy.update(copied, raw=True)  # type: ignore[no-untyped-call]

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"
