"""The real front end in a real browser, with its messages bridged to a screen in this process: no Jupyter, no kernel."""

from __future__ import annotations

import json
from typing import Any

from browser.needs import CHROMIUM, FLAGS

from jobtype_toolkit.widgets.screen import Screen
from jobtype_toolkit.widgets.widget import front, style

__all__ = ["CHROMIUM", "DARK", "FLAGS", "push", "second_view", "show", "stop_clock"]

_HOST = """
<!doctype html><html lang="en"><head><meta charset="utf-8"><title>jobtype_toolkit</title><style>__STYLE__</style></head>
<body data-jp-theme-light="__LIGHT__" style="margin: 16px; background: __PAPER__"><main id="place"></main></body></html>
"""
_START = """
const listeners = {};
const model = {
  on: (name, fn) => (listeners[name] ??= []).push(fn),
  off: (name, fn) => { listeners[name] = (listeners[name] ?? []).filter((one) => one !== fn); },
  send: (message) => window.toKernel(JSON.stringify(message)),
};
window.fromKernel = (message) => (listeners["msg:custom"] ?? []).forEach((fn) => fn(JSON.parse(message)));
window.kernelGone = () => (listeners["comm_live_update"] ?? []).forEach((fn) => fn());
window.views = [];
window.show = (place) => window.views.push(widget.render({ model, el: place }));
"""
DARK = {
    "--jp-ui-font-color1": "rgba(255,255,255,1)", "--jp-ui-font-color2": "rgba(255,255,255,.7)",
    "--jp-layout-color1": "#212121", "--jp-layout-color2": "#424242", "--jp-border-color2": "#616161",
    "--jp-border-color0": "#8a8a8a", "--jp-input-background": "#303030",
}  # fmt: skip
"""The colours of JupyterLab's dark theme."""


def show(page: Any, screen: Screen, *, dark: bool = False) -> None:
    """Show a screen in a page of the browser, as a notebook would."""

    def to_kernel(text: str) -> None:
        answer = json.dumps(screen.receive(json.loads(text)))
        page.evaluate("message => window.fromKernel(message)", answer)

    colours = ";".join(f"{name}:{value}" for name, value in DARK.items()) if dark else ""
    host = _HOST.replace("__STYLE__", f":root {{{colours}}}\n{style()}")
    host = host.replace("__LIGHT__", "false" if dark else "true").replace("__PAPER__", "#111" if dark else "#fff")
    page.expose_function("toKernel", to_kernel)
    page.set_content(host)
    module = front().replace("export default", "const widget =") + _START
    page.add_script_tag(content=module + "\nwindow.show(document.getElementById('place'));", type="module")
    page.wait_for_selector(".jtk-body > *")


def stop_clock(page: Any) -> None:
    """Stop the clock of a page, before something is shown in it: its time passes by `page.clock.run_for` alone."""
    page.clock.install(time=0)
    page.clock.pause_at(1000)


def push(page: Any, screen: Screen) -> None:
    """Send a page what changed since the last answer without an act of its own, as a notebook would."""
    page.evaluate("message => window.fromKernel(message)", json.dumps(screen.changes()))


def second_view(page: Any) -> None:
    """Show the same screen a second time below the first, as a second cell with the same widget."""
    page.evaluate(
        "() => { const place = document.createElement('section'); document.body.append(place); window.show(place); }"
    )
