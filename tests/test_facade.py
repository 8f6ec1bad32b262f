"""The public names: one table, told the same to people, programs and type checkers, and complete."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
from pathlib import Path

import pytest

import jobtype_toolkit as jt
from jobtype_toolkit import errors

PACKAGE = Path(jt.__file__).parent
TABLE = {name: f"jobtype_toolkit.{module}" for module, names in jt._PUBLIC.items() for name in names}
"""Public name → the module that defines it, as the package says."""


@pytest.fixture(scope="module")
def every_module() -> list[str]:
    """The names of all modules, each of them imported."""
    modules = [module.name for module in pkgutil.walk_packages(jt.__path__, "jobtype_toolkit.")]
    return [importlib.import_module(name).__name__ for name in modules if not name.endswith("__main__")]


def test_the_table_has_each_name_once():
    names = [name for names in jt._PUBLIC.values() for name in names]
    assert len(names) == len(set(names))
    assert sorted([*names, *jt._PARTS, "__version__"]) == jt.__all__


@pytest.mark.parametrize("name", jt._PARTS)
def test_a_public_part_is_a_module_with_public_names(name):
    part = getattr(jt, name)
    assert part is importlib.import_module(f"jobtype_toolkit.{name}")
    assert part.__all__ == dir(part) == sorted(part.__all__) != []
    for one in part.__all__:
        assert getattr(part, one).__module__.startswith(f"jobtype_toolkit.{name}.")
    with pytest.raises(AttributeError, match=f"module 'jobtype_toolkit.{name}' has no attribute 'nothing'"):
        _ = part.nothing


@pytest.mark.parametrize("name", TABLE)
def test_every_public_name_is_defined_where_the_table_says(name):
    public = getattr(jt, name)
    assert public is getattr(importlib.import_module(TABLE[name]), name)
    assert (public.__module__, public.__name__) == (TABLE[name], name)


def test_type_checkers_are_told_the_same_as_the_table():
    stub = ast.parse((PACKAGE / "__init__.pyi").read_text(encoding="utf-8"))
    told = {
        (alias.asname, alias.name): node.module
        for node in stub.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert told == {
        (name, name): module for name, module in [*TABLE.items(), *((one, "jobtype_toolkit") for one in jt._PARTS)]
    }
    assert [node.target.id for node in stub.body if isinstance(node, ast.AnnAssign)] == ["__version__"]


def test_what_is_there_is_what_is_public():
    assert dir(jt) == jt.__all__
    for name in jt.__all__:
        getattr(jt, name)
    modules = {module.name for module in pkgutil.iter_modules(jt.__path__)}
    machinery = {"loader", "Any"}
    assert {name for name in vars(jt) if not name.startswith("_")} - modules - machinery <= set(jt.__all__)


def test_no_module_has_the_name_of_a_public_name():
    assert {module.name for module in pkgutil.iter_modules(jt.__path__)}.isdisjoint(
        TABLE
    )  # or one would hide the other


@pytest.mark.slow
def test_every_public_name_survives_the_import_of_every_module(every_module):
    assert {*TABLE.values()} <= {*every_module}
    for name, module in TABLE.items():
        assert getattr(jt, name) is getattr(importlib.import_module(module), name)


def ours(root: type) -> set[type]:
    """The classes of the toolkit below a class, at any depth."""
    below = {cls for child in root.__subclasses__() for cls in {child, *ours(child)}}
    return {cls for cls in below if cls.__module__.split(".")[0] == "jobtype_toolkit"}


def test_every_error_and_warning_is_public_and_in_the_tree(every_module):
    assert "jobtype_toolkit.live.connect" in every_module
    kinds = {jt.ToolkitError} | ours(jt.ToolkitError) | ours(Warning)
    assert {cls.__name__ for cls in kinds} == {name for name, module in TABLE.items() if module == errors.__name__}
    tree = inspect.getdoc(errors) or ""
    for cls in kinds:
        assert getattr(jt, cls.__name__) is cls
        builtins = [base.__name__ for base in cls.__bases__ if base.__module__ == "builtins"]
        line = next(line for line in tree.splitlines() if cls.__name__ in line.replace("─", " ").split())
        if issubclass(cls, jt.ToolkitError) and cls is not jt.ToolkitError:
            assert all(f"({name})" in line for name in builtins), line
