"""Where a form is shown: which notebook, which cell, and so where its autosave goes."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from itertools import count
from pathlib import Path
from typing import Any

from IPython.core.getipython import get_ipython

FOLDER = ".jobtype_toolkit"
_SEEN: dict[tuple[str, str], Any] = {}


def is_voila(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether the page may belong to anybody: Voila shows one notebook to many people, so nothing is kept on disk there."""
    return (
        environment.get("SCRIPT_NAME", "").startswith("/voila")
        or "VOILA_KERNEL_ID" in environment
        or (environment.get("SERVER_SOFTWARE", "").startswith("voila"))
    )


def current_shell() -> Any:
    """Return IPython's shell, None outside of one."""
    return get_ipython()


def autosave_path(
    kind: str,
    *,
    environment: Mapping[str, str] = os.environ,
    shell: Any = None,
    counters: dict[str, Any] | None = None,
) -> Path | None:
    """Return the file for the autosave of a form in the cell that runs; None outside a notebook and in Voila.

    It lies beside the notebook, in a hidden folder: `.jobtype_toolkit/<notebook>.<cell>[-2].<kind>.json`; in the user's own
    folder for state where that cannot be written.

    Args:
        kind: the kind of form.
        environment: the process's environment.
        shell: IPython's shell, or one like it.
        counters: forms per cell so far; two of one kind in a cell get numbers.
    """
    notebook = _notebook(environment, shell)
    if shell is None or notebook is None or is_voila(environment):
        return None
    parent = shell.get_parent() or {}
    cell = re.sub(r"[^A-Za-z0-9_-]", "", str(parent.get("metadata", {}).get("cellId", ""))) or "cell"
    run = str(parent.get("header", {}).get("msg_id", ""))
    number = _number(f"{notebook}|{cell}|{kind}", run, _SEEN if counters is None else counters)
    name = f"{notebook.stem}.{cell}{'' if number == 1 else f'-{number}'}.{kind}.json"
    folder = notebook.parent / FOLDER
    if not os.access(notebook.parent, os.W_OK):
        state = Path(environment.get("XDG_STATE_HOME") or Path.home() / ".local" / "state")
        folder = state / "jobtype_toolkit" / re.sub(r"[^A-Za-z0-9_-]+", "-", str(notebook.parent)).strip("-")
    return folder / name


def _notebook(environment: Mapping[str, str], shell: Any) -> Path | None:
    told = environment.get("JPY_SESSION_NAME", "") or str(getattr(shell, "user_ns", {}).get("__vsc_ipynb_file__", ""))
    path = Path(told) if told else None
    return path if path is not None and path.suffix == ".ipynb" and path.parent.is_dir() else None


def _number(key: str, run: str, counters: dict[Any, Any]) -> int:
    """Return which form of its kind it is in this run of the cell, from 1."""
    known = counters.get(key)
    if known is None or known[0] != run:
        counters[key] = (run, count(1))
    return int(next(counters[key][1]))
