"""Names of Font Awesome's codes, so that an icon can be told without its font."""

from __future__ import annotations

NAMES = {
    "f000": "glass", "f001": "music", "f002": "search", "f003": "envelope", "f004": "heart", "f005": "star", "f007": "user",
    "f008": "film", "f009": "th-large", "f00a": "th", "f00b": "th-list", "f00c": "check", "f00d": "times",
    "f00e": "search-plus", "f010": "search-minus", "f011": "power-off", "f012": "signal", "f013": "cog", "f014": "trash",
    "f015": "home", "f016": "file", "f017": "clock", "f018": "road", "f019": "download", "f01c": "inbox", "f021": "refresh",
    "f022": "list-alt", "f023": "lock", "f024": "flag", "f02b": "tag", "f02c": "tags", "f02d": "book", "f02e": "bookmark",
    "f02f": "print", "f030": "camera", "f03a": "list", "f03d": "video-camera", "f03e": "picture", "f040": "pencil",
    "f041": "map-marker", "f042": "adjust", "f043": "tint", "f044": "edit", "f045": "share", "f047": "arrows",
    "f04b": "play", "f04c": "pause", "f04d": "stop", "f055": "plus-circle", "f056": "minus-circle", "f058": "check-circle",
    "f05a": "info-circle", "f05b": "crosshairs", "f05e": "ban", "f067": "plus", "f068": "minus", "f06a": "exclamation-circle",
    "f06c": "leaf", "f06d": "fire", "f06e": "eye", "f071": "exclamation-triangle", "f072": "plane", "f073": "calendar",
    "f074": "random", "f075": "comment", "f07a": "shopping-cart", "f07b": "folder", "f07c": "folder-open",
    "f080": "bar-chart", "f083": "camera-retro", "f084": "key", "f085": "cogs", "f08d": "thumb-tack", "f090": "sign-in",
    "f093": "upload", "f09c": "unlock", "f0a0": "hdd", "f0a1": "bullhorn", "f0a3": "certificate", "f0ac": "globe",
    "f0ad": "wrench", "f0ae": "tasks", "f0b0": "filter", "f0b1": "briefcase", "f0b2": "arrows-alt", "f0c0": "users",
    "f0c1": "link", "f0c2": "cloud", "f0c3": "flask", "f0c4": "scissors", "f0c5": "files", "f0c6": "paperclip",
    "f0c7": "floppy", "f0c8": "square", "f0c9": "bars", "f0ca": "list-ul", "f0ce": "table", "f0d0": "magic", "f0d1": "truck",
    "f0dc": "sort", "f0e0": "envelope", "f0e2": "undo", "f0e4": "tachometer", "f0e7": "bolt", "f0e8": "sitemap",
    "f0ea": "clipboard", "f0eb": "lightbulb", "f0ec": "exchange", "f0ed": "cloud-download", "f0ee": "cloud-upload",
    "f0f3": "bell", "f0f6": "file-text", "f108": "desktop", "f109": "laptop", "f110": "spinner", "f111": "circle",
    "f118": "smile", "f11b": "gamepad", "f120": "terminal", "f121": "code", "f124": "location-arrow", "f125": "crop",
    "f126": "code-fork", "f127": "chain-broken", "f12d": "eraser", "f12e": "puzzle-piece", "f132": "shield",
    "f133": "calendar-o", "f135": "rocket", "f13d": "anchor", "f140": "bullseye", "f145": "ticket", "f14e": "compass",
    "f15b": "file", "f15c": "file-text", "f185": "sun", "f186": "moon", "f187": "archive", "f188": "bug", "f197": "space-shuttle",
    "f1ac": "fax", "f1ad": "building", "f1b2": "cube", "f1b3": "cubes", "f1b8": "recycle", "f1c0": "database",
    "f1c5": "file-image", "f1c6": "file-archive", "f1c8": "file-video", "f1c9": "file-code", "f1d8": "paper-plane",
    "f1da": "history", "f1e6": "plug", "f1fe": "area-chart", "f200": "pie-chart", "f201": "line-chart", "f233": "server",
    "f276": "map-pin", "f277": "map-signs", "f278": "map-o", "f279": "map", "f2db": "microchip",
}  # fmt: skip


def icon_name(code: str) -> str:
    """Return the name of an icon; that it is unknown if it is."""
    return NAMES.get(code.lower().removeprefix("\\"), "an icon that this toolkit has no name for")
