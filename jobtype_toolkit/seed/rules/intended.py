"""What a manifest was meant to be if a container is misnamed or misshapen, so that what is inside it is judged too."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from jobtype_toolkit.seed.findings import Finding
from jobtype_toolkit.seed.json.paths import Path, get, show
from jobtype_toolkit.seed.sections import SECTIONS

_CONTAINERS: tuple[Path, ...] = tuple(
    dict.fromkeys(path[:at] for path in SECTIONS.values() for at in range(1, len(path) + 1))
)
"""The objects and lists that hold others, the outer ones first."""
_LISTS: tuple[Path, ...] = (("job", "interface", "inputs"), ("job", "interface", "outputs"))
"""Objects that are often written as the list of their files."""


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
        parent = get(root, path[:-1])
        if not isinstance(parent, dict):
            continue
        name = str(path[-1])
        jobs = parent.get("jobs")
        if path == ("job",) and "job" not in parent and isinstance(jobs, list) and len(jobs) == 1:
            root = _with(root, path, jobs[0])
            moves.append((path, ("jobs", 0)))
            continue
        given = next((key for key in parent if key != name and key.lower() == name), None)
        if name not in parent and given is not None and isinstance(parent[given], dict | list):
            root = _with(root, path, parent[given])
            moves.append((path, (*_place(path[:-1], moves), given)))
        if path in _LISTS and isinstance(get(root, path), list):
            moves.append(((*path, "files"), _place(path, moves)))
            root = _with(root, path, {"files": get(root, path)})
    return Intended(root, tuple(moves)) if moves else None


def _place(path: Path, moves: list[tuple[Path, Path]]) -> Path:
    return Intended(None, tuple(moves))._path(path)  # noqa: SLF001 - of its own class


def _with(value: Any, path: Path, new: Any) -> Any:
    """Return a copy in which the value at the path is another; the rest is shared."""
    if not path:
        return new
    return value | {path[0]: _with(value.get(path[0], {}), path[1:], new)}
