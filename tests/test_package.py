"""The package as a whole: what the wheel holds, what is public, what an import costs, which layer may use which."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import sysconfig
import tomllib
import zipfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import jobtype_toolkit as jt
from jobtype_toolkit.store.schema import SCHEMA_VERSION

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "jobtype_toolkit"
MODULES = sorted(PACKAGE.rglob("*.py"))
HEAVY = {
    "pandas",
    "duckdb",
    "numpy",
    "requests",
    "jsonschema",
    "ipywidgets",
    "tqdm",
    "jinja2",
    "typer",
    "rich",
    "matplotlib",
}

LAYERS = (
    {"api", "seed", "errors", "hints", "sqlfiles", "generator", "lazy"},
    {"queries", "analyses", "backend", "frames", "provenance", "plans", "display", "report"},
    {"store", "live", "lakes"},
    {"sync", "server", "testing", "forms", "boards", "plots", "widgets"},
    {"cli", "__main__"},
)
"""The rooms by layer, lowest first."""
PAIRS = {
    ("api", "errors"),
    ("api", "seed"),
    ("api", "hints"),
    ("seed", "errors"),
    ("seed", "hints"),
    ("queries", "analyses"),
    ("queries", "backend"),
    ("queries", "frames"),
    ("queries", "provenance"),
    ("analyses", "backend"),
    ("backend", "plans"),
    ("backend", "frames"),
    ("provenance", "backend"),
    ("plans", "display"),
    ("plans", "frames"),
    ("display", "analyses"),
    ("report", "queries"),
    ("report", "analyses"),
    ("report", "display"),
    ("report", "frames"),
    ("lakes", "store"),
    ("testing", "server"),
    ("boards", "widgets"),
    ("boards", "plots"),
    ("forms", "widgets"),
    ("forms", "plots"),
    ("__main__", "cli"),
}
"""Which room of a layer may use which other one of it."""
LAZY = {("store/store.py", "sync"), ("store/store.py", "lakes"), ("seed/findings.py", "display")}
"""The arrows that point up: `Store.pull`, `Store.export` and the HTML of a validation import what they need when they are called."""
HOMES = {
    "adbc_driver_postgresql": {"sync"},
    "duckdb": {"store", "lakes", "generator"},
    "pyiceberg": {"lakes"},
    "requests": {"live"},
    "urllib3": {"live"},
    "anywidget": {"widgets"},
    "IPython": {"widgets"},
    "ipywidgets": {"forms", "boards", "widgets"},
    "traitlets": {"forms", "boards", "widgets"},
    "jsonschema": set(),  # the tests only
    "matplotlib": {"plots"},
    "starlette": {"server", "testing"},
    "uvicorn": {"server", "testing"},
}
"""Where each third-party library lives."""
SLOW = {"scipy.stats": {"analyses/limits.py"}}
"""What takes a second to import, and who needs it: `scipy.special` has the distributions themselves."""


def python(program: str, *flags: str, **options: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *flags, "-c", program], capture_output=True, text=True, check=False, **options
    )


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built wheel, unpacked."""
    pytest.importorskip("hatchling", reason="the wheel is built by hatchling: pip install -e .[dev]")
    folder = tmp_path_factory.mktemp("wheel")
    built = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stderr
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "unpacked")
    return folder / "unpacked"


@pytest.mark.slow
def test_the_wheel_holds_all_that_the_checkout_has(unpacked):
    inside = {str(path.relative_to(unpacked)) for path in unpacked.rglob("*") if path.is_file()}
    code = {
        str(path.relative_to(ROOT))
        for path in PACKAGE.rglob("*")
        if path.suffix in (".py", ".sql", ".html", ".toml", ".md", ".js", ".css")
    }
    assert code <= inside
    assert "jobtype_toolkit/py.typed" in inside
    data = {path.name for path in (ROOT / "data").iterdir()}
    assert data <= {Path(path).name for path in inside if "/data/" in path}
    assert not [path for path in inside if path.startswith("tests/") or "__pycache__" in path]


@pytest.mark.slow
def test_the_wheel_answers_without_the_checkout(unpacked, tmp_path):
    places = [str(unpacked), sysconfig.get_path("purelib"), sysconfig.get_path("platlib")]
    program = (
        f"import sys; sys.path[:0] = {places!r}\n"
        "import jobtype_toolkit as jt\n"
        f"assert jt.__file__.startswith({str(unpacked)!r}), jt.__file__\n"
        "frame = jt.sample().status()\n"
        "assert frame['count'].sum() > 0\n"
        "print(len(frame), jt.__version__)"
    )
    done = python(program, "-I", "-S", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert done.stdout.split()[1] == project["version"]


def test_all_is_sorted_and_is_what_is_public():
    assert list(jt.__all__) == sorted(jt.__all__)
    for name in jt.__all__:
        assert getattr(jt, name) is not None
    assert dir(jt) == sorted(jt.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = jt.nothing


def test_importing_the_package_loads_no_heavy_library():
    done = python(f"import sys, jobtype_toolkit; sys.exit(' '.join({HEAVY!r} & {{*sys.modules}}) or 0)")
    assert (done.returncode, done.stderr) == (0, "")


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield statements and those inside of them; expressions, which are most of a module, hold none."""
    for one in body:
        yield one
        for inner in ("body", "orelse", "finalbody"):
            yield from statements(getattr(one, inner, []))
        for part in (*getattr(one, "handlers", ()), *getattr(one, "cases", ())):
            yield from statements(part.body)


@cache
def imports(path: Path) -> frozenset[str]:
    """The absolute names of the modules that a module imports, wherever in it."""
    found: set[str] = set()
    for node in statements(tree(path).body):
        if isinstance(node, ast.Import):
            found |= {one.name for one in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            names = {f"{node.module}.{one.name}" for one in node.names}
            found |= names if node.module == "jobtype_toolkit" else {node.module or ""}
    return frozenset(found)


def part(module: str) -> str:
    """The part of the package that a module name belongs to: `jobtype_toolkit.store.ingest.load` is in `store`."""
    return [*module.split("."), ""][1]


def part_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def layer(name: str) -> int:
    return next(number for number, parts in enumerate(LAYERS) if name in parts)


def test_every_module_has_a_layer():
    assert {part_of(path) for path in MODULES} <= set.union(*LAYERS) | {"__init__"}


def test_imports_point_down():
    for path in MODULES:
        own, place = part_of(path), str(path.relative_to(PACKAGE))
        if own == "__init__":  # the façade names all of them, and imports none until it is asked
            continue
        for module in imports(path):
            used = part(module)
            if module.startswith("jobtype_toolkit.") and used in set.union(*LAYERS) - {own}:
                is_down = layer(used) < layer(own) or (own, used) in PAIRS
                assert is_down or (place, used) in LAZY, f"{place}: {own} uses {used}"
            home = HOMES.get(module.split(".")[0])
            assert home is None or own in home, f"{place}: {module} belongs into {home}"
            assert place in SLOW.get(module, {place}), f"{place}: {module}"


def test_only_the_command_line_prints():
    printing = {
        part_of(path)
        for path in MODULES
        if "print(" in path.read_text(encoding="utf-8")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    }
    assert printing <= {"cli"}


def test_every_version_of_the_schema_has_its_migration():
    folder = PACKAGE / "store" / "migrations"
    assert [path.stem for path in sorted(folder.glob("*.sql"))] == [f"{n:04}" for n in range(2, SCHEMA_VERSION + 1)]


def test_the_version_is_in_the_changelog():
    assert f"## {jt.__version__} " in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_no_pair_of_rooms_uses_each_other():
    for user, used in PAIRS:
        assert (used, user) not in PAIRS


def test_no_file_of_sql_has_a_clock():
    for path in [*PACKAGE.rglob("queries/sql/*.sql"), *PACKAGE.rglob("analyses/sql/*.sql")]:
        text = path.read_text(encoding="utf-8").lower()
        assert not re.search(r"\bnow\(\)|current_(timestamp|date)|today\(\)", text), path.name
