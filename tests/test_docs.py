"""The docs are true: every example in them runs, links lead somewhere, and what is generated is up to date."""

from __future__ import annotations

import inspect
import re
import shlex
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import requests
from children import COMMAND_LINE, Child
from sizes import sizes
from typer.testing import CliRunner

import jobtype_toolkit as jt
from jobtype_toolkit import testing
from jobtype_toolkit.api.times import instant
from jobtype_toolkit.cli import app
from jobtype_toolkit.cli.targets import STORE_VARIABLE
from jobtype_toolkit.generator import ENDED, JOBS, generate
from jobtype_toolkit.store.store import LOAD_ORDER

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted(DOCS.glob("*.md"))]
FENCE = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
TARGETS = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))

sys.path.insert(0, str(DOCS))
import build  # noqa: E402

LIVE = "https://scale.example/api"
"""The server that the docs speak of; the examples run against a local one."""


@pytest.fixture(scope="module")
def histories(tmp_path_factory: pytest.TempPathFactory) -> Callable[[int], Path]:
    """(jobs) → a store with a history like the sample's, of so many jobs; each is made once."""

    @cache
    def made(jobs: int) -> Path:
        folder = tmp_path_factory.mktemp("history")
        generate(folder, jobs=jobs)
        with jt.open(folder / "there.duckdb", create=True) as store:
            for name in LOAD_ORDER:
                store.load(folder, name, source="sample")
        return folder / "there.duckdb"

    return made


@contextmanager
def live(history: Path, folder: Path) -> Iterator[str]:
    """Give the address of a server with a history; examples may write into it."""
    copy = shutil.copy(history, folder / "served.duckdb")
    with jt.open(copy, clock=lambda: instant(ENDED)) as store, testing.serve(store) as server:
        yield server.url


SAMPLE = """
import shutil
import jobtype_toolkit as jt
from jobtype_toolkit.api.times import instant
from jobtype_toolkit.generator import ENDED

def sample(to={file!r}, *, clock=lambda: instant(ENDED)):
    return jt.open(shutil.copy({history!r}, to), clock=clock, wait=600)
"""
"""A `jt.sample` that has another history."""


def demonstrate(history: Path, folder: Path, monkeypatch: pytest.MonkeyPatch, servers: Servers) -> None:
    """Have the store of `make demo` where examples run, and let `jt.sample` make others; all have this history."""
    shutil.copy(history, "demo.duckdb")
    program = SAMPLE.format(history=str(history), file=str(folder / "sample.duckdb"))
    made: dict[str, Any] = {}
    exec(program, made)
    monkeypatch.setattr(jt, "sample", made["sample"])
    servers.before = f"{program}\njt.sample = sample\n"


@sizes((3_000, 60), (100_000, 100_000))
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_example_runs(page, histories, tmp_path, monkeypatch, servers, size):
    """Blocks run in order, in one folder and one namespace; a block of data with a file name becomes that file.

    `size` is how many jobs the sample has, and how many the server.
    """
    jobs, served = size
    text = page.read_text(encoding="utf-8").replace(f"{JOBS:_}", f"{jobs:_}")
    (tmp_path / "examples").mkdir()
    monkeypatch.chdir(tmp_path / "examples")
    monkeypatch.delenv(STORE_VARIABLE, raising=False)
    demonstrate(histories(jobs), tmp_path, monkeypatch, servers)
    with live(histories(served), tmp_path) if LIVE in text else nullcontext(LIVE) as url:
        run(page.name, text.replace(LIVE, url), monkeypatch, servers)


def run(name: str, text: str, monkeypatch: pytest.MonkeyPatch, servers: Servers) -> None:
    namespace: dict[str, object] = {}
    for kind, file, block in FENCE.findall(text):
        if file:
            Path(file).write_text(block, encoding="utf-8")
        elif kind == "python":
            exec(compile(block, name, "exec"), namespace)
        elif kind == "console":
            for line in block.splitlines():
                command(line, monkeypatch, servers)


class Servers:
    """The servers that examples start, and `curl` for them; each has a free port, whatever the example says."""

    def __init__(self) -> None:
        self.before = ""
        """What their processes run first."""
        self._started: list[Child] = []
        self._address = ""

    def start(self, arguments: list[str]) -> None:
        self._started.append(Child(self.before + COMMAND_LINE, *arguments, "--port", "0"))
        line = self._started[-1].stdout.readline()
        self._address = re.search(r"http://[\d.:]+", line)[0]

    def curl(self, arguments: list[str]) -> None:
        *options, url = arguments
        given = dict(zip(options[::2], options[1::2], strict=True))
        headers = dict([given["-H"].split(": ")]) if "-H" in given else {}
        data = given.get("-d")
        if data and data.startswith("@"):
            data = Path(data[1:]).read_text(encoding="utf-8")
        method = given.get("-X", "POST" if data else "GET")
        place = url.replace("http://127.0.0.1:8000", self._address)
        got = requests.request(method, place, headers=headers, data=data, timeout=30)
        assert got.status_code in (200, 201), f"{url}: {got.text}"

    def stop(self) -> None:
        for one in self._started:
            one.terminate()
            one.communicate()


@pytest.fixture
def servers() -> Iterator[Servers]:
    """What runs `serve` and `curl`; ended with the test."""
    made = Servers()
    yield made
    made.stop()


def command(line: str, monkeypatch: pytest.MonkeyPatch, servers: Servers) -> None:
    assert line.startswith("$ "), line
    program, *arguments = shlex.split(line[2:])
    if program == "make":
        assert set(arguments) <= TARGETS, line
    elif program == "export":
        name, _, value = arguments[0].partition("=")
        monkeypatch.setenv(name, value)
    elif program == "curl":
        servers.curl(arguments)
    elif arguments[0] == "serve":
        servers.start(arguments)
    else:
        assert program == "jobtype-toolkit", line
        result = CliRunner().invoke(app, arguments)
        assert result.exit_code == 0, f"{line}: {result.output}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page):
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)]+)\)", text):
        if target.startswith("https://"):
            continue
        place, _, heading = target.partition("#")
        path = (page.parent / place) if place else page
        assert path.exists(), f"{page.name}: {target}"
        if heading:
            headings = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
            assert heading in {re.sub(r"[^\w -]", "", one).lower().replace(" ", "-") for one in headings}, target


def test_the_reference_is_up_to_date():
    assert (DOCS / "reference.md").read_text(encoding="utf-8") == build.reference(), "run `make docs`"


def test_the_api_page_is_up_to_date():
    assert (DOCS / "api.md").read_text(encoding="utf-8") == build.api(), "run `make docs`"


def test_every_public_name_is_on_the_api_page_once():
    page = build.api()
    headings = re.findall(r"^### ([\w.]+)$", page, re.MULTILINE)
    kinds = re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE)
    parts = {name: getattr(jt, name).__all__ for name in jt.__all__ if inspect.ismodule(getattr(jt, name))}
    names = {name for name in jt.__all__ if name not in parts} | {
        f"{part}.{name}" for part in parts for name in parts[part]
    }
    assert sorted([*headings, *kinds, "__version__"]) == sorted(names)


@cache
def texts() -> list[tuple[str, str]]:
    """Every file of the repository that a person reads, by its path."""
    rooms = ("jobtype_toolkit", "tests", "docs", "notebooks")
    files = [*ROOT.glob("*.*"), *(path for room in rooms for path in (ROOT / room).rglob("*.*"))]
    read = (".py", ".pyi", ".sql", ".md", ".toml", ".ipynb", ".html")
    return [(str(path.relative_to(ROOT)), path.read_text(encoding="utf-8")) for path in files if path.suffix in read]


def test_every_cited_difference_from_v6_is_in_the_table():
    listed = re.findall(r"^\| (D\d[^|]*) \|", (DOCS / "v6.md").read_text(encoding="utf-8"), re.MULTILINE)
    known = {number for cell in listed for number in re.findall(r"D\d+", cell)}
    cited = {
        (number, path)
        for path, text in texts()
        if path != "pyproject.toml"  # there, D and a number are rules of the linter
        for number in re.findall(r"(?<![\w-])D[1-9]\d?(?!\w)", text)
    }
    assert len({number for number, _ in cited}) > 20
    assert sorted((number, path) for number, path in cited if number not in known) == []


def test_nothing_cites_a_document_that_is_not_here():
    names = {path.name.lower() for path in ROOT.rglob("*.md") if ".venv" not in path.parts}
    cited = {
        (name, path)
        for path, text in texts()
        if ".md" in text or ".rst" in text  # the pattern is a slow one
        for name in re.findall(r"\b([\w.-]+\.(?:md|rst))\b", text)
        if name.lower() not in names
    }
    loose = {(name, path) for path, text in texts() for name in re.findall(r"\bv6-[a-z]+(?:-[a-z]+)*\b \d", text)}
    assert sorted(cited | loose) == []


def test_the_picture_shows_what_the_sample_answers(sample):
    picture = (DOCS / "status.svg").read_text(encoding="utf-8")
    assert "font-face" not in picture
    assert "https://" not in picture
    frame = sample.status(started="P1D", is_active=True).head(build.PICTURE_ROWS)
    for name in frame["name"]:
        assert name in picture


@sizes((3_000, 60), (100_000, 100_000))
def test_the_help_of_every_command_has_an_example_that_runs(histories, tmp_path, monkeypatch, servers, size):
    jobs, served = size
    (tmp_path / "examples").mkdir()
    monkeypatch.chdir(tmp_path / "examples")
    demonstrate(histories(jobs), tmp_path, monkeypatch, servers)
    with live(histories(served), tmp_path) as url:
        for line in re.findall(r"^Example: (.+)$", build.reference(), re.MULTILINE):
            if "history.csv" not in line and "db.example" not in line:
                command(f"$ {line.replace(LIVE, url)}", monkeypatch, servers)
