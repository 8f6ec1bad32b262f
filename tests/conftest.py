"""What all tests share: the folder with recordings and traces, small fake records, a fixed clock."""

from __future__ import annotations

import gc
import json
import re
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import asking
import pytest
import typer.testing
from browser.needs import missing
from histories import NOW
from hypothesis import HealthCheck, settings
from postgres import MISSING
from recorded import ABSENT, EMPTY, FOLDER
from sizes import few
from typer.testing import CliRunner, Result

import jobtype_toolkit as jt
from jobtype_toolkit.store.connection import CONFIG

settings.register_profile(  # a slow or busy machine passes as well
    "any machine",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
settings.register_profile("full", settings.get_profile("any machine"))  # `examples` of `sizes.py` asks for it
settings.load_profile("any machine")

sys.modules["rfc3987_syntax"] = None  # of a format that no schema here has: jsonschema would spend three seconds on it

CONFIG["threads"] = 1  # the histories of tests fit one thread of DuckDB; more cost a fifth of the time


typer.testing._get_command = cache(
    typer.testing._get_command
)  # the tree of all commands is made once, not for each call


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave to `make soak` the combinations of a test marked `few` that are not of the few."""
    tests: dict[Any, list[pytest.Function]] = {}
    for one in items:
        if one.get_closest_marker("few"):
            tests.setdefault(one.obj, []).append(one)
    for combined in tests.values():
        for one, is_of_the_few in zip(combined, few([item.callspec._idlist for item in combined]), strict=True):
            if not is_of_the_few:
                one.add_marker("soak")


def pytest_collection_finish() -> None:
    """Spare the collector what stays to the end: all modules and all tests."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(2000, 20, 20)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say in one line what is skipped without the recordings, instead of in one per place."""
    skipped = terminalreporter.stats.get("skipped", [])
    absent = [
        one for one in skipped if ABSENT in str(one.longrepr) or (EMPTY in str(one.longrepr) and not FOLDER.is_dir())
    ]
    if absent:
        terminalreporter.stats["skipped"] = [one for one in skipped if one not in absent]
        terminalreporter.stats["without ../shared"] = absent
        terminalreporter.write_line(
            f"{len(absent)} tests need ../shared, a folder of recordings that is not part of the project: skipped"
        )
    unseen = [one for one in terminalreporter.stats.get("skipped", []) if missing() and missing() in str(one.longrepr)]
    if unseen:
        terminalreporter.stats["skipped"] = [one for one in terminalreporter.stats["skipped"] if one not in unseen]
        terminalreporter.stats["without a browser"] = unseen
        terminalreporter.write_line(f"NOT RUN: {len(unseen)} tests. {missing()}", red=True, bold=True)
    without = [one for one in terminalreporter.stats.get("skipped", []) if MISSING and MISSING in str(one.longrepr)]
    if without:
        terminalreporter.stats["skipped"] = [one for one in terminalreporter.stats["skipped"] if one not in without]
        terminalreporter.stats["without PostgreSQL"] = without
        terminalreporter.write_line(f"NOT RUN: {len(without)} tests. {MISSING}", red=True, bold=True)


PYTHON = re.compile(
    r"(?<![\w\"'/?&.-])[a-z_]+=(?=['\"…{\[(]|True|False|None|\d|\s|$)"  # an argument
    r"|\b(?:jt|store|scale)\.[a-z_]+"  # a name of the library
    r"|\b[a-z_]+\((?:\)|…|')"  # a call
)
"""What a message to a caller in Python has, and one to a caller in a terminal has not."""


invoke = CliRunner.invoke


def looked_at(self: CliRunner, *arguments: Any, **options: Any) -> Result:
    """Look at every refusal that a test gets from the command line, whatever else the test is about."""
    result = invoke(self, *arguments, **options)
    for line in result.stderr.splitlines():
        spoken = PYTHON.search(line) if line.startswith("jobtype-toolkit: ") else None
        assert spoken is None, f"{spoken and spoken[0]!r} is Python, not an option or a command: {line}"
    return result


CliRunner.invoke = looked_at  # once for all tests: a fixture would be set up for each of thousands


ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder with recordings, traces and references, which is not part of the repository."""
    if not FOLDER.is_dir():
        pytest.skip(ABSENT)
    return FOLDER


@pytest.fixture(scope="session")
def recording(shared: Path) -> Callable[[str], Any]:
    """Give the body of a recorded answer by the name of its file."""

    def body(name: str) -> Any:
        return json.loads((shared / "recordings" / f"{name}.json").read_text(encoding="utf-8"))["response"]["body"]

    return body


@pytest.fixture
def clock() -> Callable[[], Any]:
    """A clock that stands still at `histories.NOW`."""
    return lambda: NOW


@pytest.fixture
def store(clock: Callable[[], Any]) -> jt.Store:
    """An empty store in memory."""
    return jt.open(clock=clock)


@pytest.fixture(scope="session")
def sample() -> jt.Store:
    """The bundled sample; nobody writes it."""
    return asking.shared_sample()


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, Any], Path]:
    """Write a file into the test's folder: text and bytes as they are, everything else as JSON."""

    def to(name: str, content: Any) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
        return path

    return to
