"""What a manifest was meant to be if a container is misnamed or misshapen, so that what is inside it is judged too."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from jobtype_toolkit.seed.findings import Finding
from jobtype_toolkit.seed.fixes import RENAMED
from jobtype_toolkit.seed.json.paths import Path, get, show
from jobtype_toolkit.seed.sections import INTERFACE, RESOURCES, SECTIONS

_CONTAINERS: tuple[Path, ...] = tuple(
    dict.fromkeys(path[:at] for path in SECTIONS.values() for at in range(1, len(path) + 1))
)
"""The objects and lists that hold others, the outer ones first."""
_WRAPPED: dict[Path, str] = {(*INTERFACE, "inputs"): "files", (*INTERFACE, "outputs"): "files", RESOURCES: "scalar"}
"""Objects that are often written as the list that stands in them."""
_ELSEWHERE: dict[Path, tuple[Path, ...]] = {RESOURCES: ((*INTERFACE, "resources"), ("resources",))}
"""Where older formats had a container."""


@dataclass(frozen=True, slots=True)
class Intended:
    """The manifest as it was meant, and where each moved container stands in the document."""

    value: Any
    moves: tuple[tuple[Path, Path], ...]
    """Path in `value` and path in the document, the outer ones first."""

    def findings(self, found: Iterable[Finding]) -> Iterator[Finding]:
        """Yield the findings with the places that they have in the document."""
        for one in found:
            path = self._path(one.steps)
            yield replace(one, steps=path, path=show(path), description=self._told(one.description), fix=self._fix(one))

    def _told(self, description: str) -> str:
        """Return a sentence that names places in the document's own paths."""
        for meant, place in reversed(self.moves):
            for end in ".[":
                description = description.replace(show(meant) + end, show(place) + end)
        return description

    def _fix(self, one: Finding) -> Any:
        """Return the finding's fix in the document's own paths."""
        if one.fix is None:
            return None
        changes = (replace(change, path=self._path(change.path)) for change in one.fix.changes)
        return replace(one.fix, changes=tuple(changes))

    def _path(self, path: Path) -> Path:
        for meant, place in reversed(self.moves):
            if path[: len(meant)] == meant:
                return place + path[len(meant) :]
        return path


def intended(root: Any) -> Intended | None:
    """Return what a manifest was meant to be; None if every container is what it is called."""
    moves: list[tuple[Path, Path]] = []
    for path in _CONTAINERS:
        place = _misplaced(root, path)
        if place is not None:
            found = get(root, place)
            root = _with(root, path, found)
            moves.append((path, _place(place, moves)))
        inner = _WRAPPED.get(path)
        if inner is not None and isinstance(get(root, path), list):
            moves.append(((*path, inner), _place(path, moves)))
            root = _with(root, path, {inner: get(root, path)})
    return Intended(root, tuple(moves)) if moves else None


def _misplaced(root: Any, path: Path) -> Path | None:
    """Return where the container for the path stands, under another name or in another object; None if it is in its place."""
    parent, name = get(root, path[:-1]), str(path[-1])
    if not isinstance(parent, dict):
        return None
    if name in parent:
        return _only(parent[name], path) if path == ("job",) else None
    if path == ("job",) and (only := _only(parent.get("jobs"), ("jobs",))):
        return only
    cased = [(*path[:-1], key) for key in parent if key.lower() == name]
    older = [(*path[:-1], key) for key in parent if RENAMED.get(key) == name]
    for place in (*cased, *older, *_ELSEWHERE.get(path, ())):
        if isinstance(get(root, place), dict | list):
            return place
    return None


def _only(value: Any, path: Path) -> Path | None:
    """Return the path of the one object in a list of one."""
    is_one = isinstance(value, list) and len(value) == 1 and isinstance(value[0], dict)
    return (*path, 0) if is_one else None


def _place(path: Path, moves: list[tuple[Path, Path]]) -> Path:
    return Intended(None, tuple(moves))._path(path)  # noqa: SLF001 - of its own class


def _with(value: Any, path: Path, new: Any) -> Any:
    """Return a copy in which the value at the path is another; the rest is shared."""
    if not path:
        return new
    return value | {path[0]: _with(value.get(path[0], {}), path[1:], new)}
