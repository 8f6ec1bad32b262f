"""Make what the docs show from the code: reference, API, picture, outputs of the notebooks (`make docs`)."""

from __future__ import annotations

import ast
import inspect
import io
import json
import re
import textwrap
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from operator import attrgetter
from pathlib import Path
from typing import Any

from rich.console import Console
from typer.main import get_command

import jobtype_toolkit as jt
from jobtype_toolkit import errors
from jobtype_toolkit.analyses.questions import QUESTIONS
from jobtype_toolkit.api.fields import DUCKDB, Resource
from jobtype_toolkit.api.resources import ERROR, JOB, JOB_EXECUTION, JOB_TYPE, JOB_TYPE_NAME, JOB_TYPE_REVISION
from jobtype_toolkit.api.services import ANALYSES, SERVICES, Service, service
from jobtype_toolkit.cli import app
from jobtype_toolkit.display.cells import plain
from jobtype_toolkit.display.tables import footer, table
from jobtype_toolkit.seed.codes import CONFIGURATION_CODES, MANIFEST_CODES, WRITE_CODES, Code
from jobtype_toolkit.seed.schema import Schema, configuration_schema, manifest_schema
from jobtype_toolkit.store.schema import JOBS, TABLES, comment, write_template

DOCS = Path(__file__).resolve().parent
NOTEBOOKS = DOCS.parent / "notebooks"
RESOURCES = (JOB_TYPE_NAME, JOB_TYPE, JOB_TYPE_REVISION, ERROR, JOB, JOB_EXECUTION)
ANSWERS = tuple(one.row for one in (*ANALYSES, *QUESTIONS) if one.row is not JOB)
PICTURE_ROWS = 18
PICTURE = f"jobtype-toolkit status --started P1D --is-active --limit {PICTURE_ROWS}"

ABOUT = """Made from the code by `make docs`; a test keeps it up to date.

[Services](#services) · [Resources](#resources) · [Answers](#answers) · [Tables of a store](#tables-of-a-store) ·
[Manifest](#manifest) · [Configuration](#configuration) · [Findings](#findings) · [Command line](#command-line)"""
ABOUT_SERVICES = """The v6 read services that `Store` answers. All list calls also take `page` and `page_size` (1 to 1000; everything
if not given) and `source`; those with times take `now`, from which durations count back; `jobs` and `errors` take `limit`.
A time is an aware datetime, ISO-8601 text with a zone, or a duration back from now (`PT3H`, `P1D`)."""
ABOUT_RESOURCES = """What v6 sends, what `load` understands, what the store keeps. *JSON* is the place in v6's JSON if it is not
the name itself; flat files use the name. Lists of job types and of revisions have all fields except the documents: manifest,
configuration and recipe types."""


ABOUT_SCHEMA = """{meaning} `jobtype-toolkit schema {name}` prints the JSON Schema for editors. `[]` stands for any element,
`*` for any name; fields in **bold** are required if their parent is present."""
ABOUT_FINDINGS = """What `validate` can find, and who may refuse a document for it: the JSON **schema** alone, a **Scale** server that
validates, a server that creates (**Scale create**), **seed-cli**, seed-cli when asked for warnings (**seed-cli -w**), or
only **best practice**. An empty cell marks a warning of v6's own. Each finding says which of them it concerns."""
CODES = {
    "In a manifest": MANIFEST_CODES,
    "In a configuration": CONFIGURATION_CODES,
    "In a plan to add or edit": WRITE_CODES,
}

ABOUT_API = """The public names of `jobtype_toolkit`, made from the code by `make docs`; a test keeps it up to date.
`import jobtype_toolkit as jt` is all that is needed. What the calls return, column by column, is in
[the reference](reference.md#resources)."""
API = {
    "Connect and open": ("connect", "open", "lake", "sample"),
    "Look at an answer": ("show", "explain"),
    "Backends": ("Backend", "Store", "Scale", "Lake", "Retries", "PullReport"),
    "Records": ("JobType", "JobTypeRevision", "Job"),
    "Plans": ("Plan", "Sent"),
    "Validation": ("validate", "Validation", "Finding", "Manifest", "Configuration"),
    "Forms": (
        "forms.author",
        "forms.ManifestForm",
        "forms.ConfigurationForm",
        "forms.SubmitForm",
        "forms.AuthorForm",
        "forms.JobTypeBrowser",
    ),
    "Boards": ("boards.StatusBoard", "boards.FailureReview"),
    "Plots": (
        "plots.failure_trend",
        "plots.failing_days",
        "plots.status_bars",
        "plots.onsets",
        "plots.backlog",
        "plots.run_times",
        "plots.Plot",
    ),
}
"""The public names but the errors, by what they are for."""
MADE_BY_CALLER = ("Retries",)
"""Classes whose constructor is for the reader; the others come from functions and methods."""
WIDTH = 100
SKINS = "jobtype_toolkit.widgets"
"""What all forms and boards have in common, which is between them and the notebook."""
WIDGET = "application/vnd.jupyter.widget-view+json"


def reference() -> str:
    """Return the reference page: everything in it is made from the vocabulary, the schema and the commands."""
    parts = [
        "# Reference",
        ABOUT,
        "## Services",
        ABOUT_SERVICES,
        *(_service(one) for one in SERVICES),
        "## Resources",
        ABOUT_RESOURCES,
        *(_resource(one) for one in RESOURCES),
        "## Answers",
        "The columns of the analyses. The job type block is the same in all of them: its name and version come first, what else there is to know of it last.",
        *(_resource(one) for one in ANSWERS),
        "## Tables of a store",
        "What `store.sql` can ask; `store.tables()` says the same. Times are UTC.",
        *(_stored(one.name, one.meaning, one.fields) for one in TABLES),
        f"### {JOBS.name} (view)\n\n{JOBS.meaning} Its columns: `source` and the fields of a [job](#job).",
        "## Manifest",
        _schema("manifest", manifest_schema()),
        "## Configuration",
        _schema("configuration", configuration_schema()),
        "## Findings",
        ABOUT_FINDINGS,
        *(_codes(title, codes) for title, codes in CODES.items()),
        "## Command line",
        *_commands(),
    ]
    return "\n\n".join(parts) + "\n"


def _service(one: Service) -> str:
    arguments = [*re.findall(r"{(\w+)}", one.url), *(f"{parameter.name}=" for parameter in one.parameters)]
    head = f"### {one.name}\n\n`store.{one.name}({', '.join(arguments)})` answers `GET {one.url}` with: {one.row.name}."
    if not one.parameters:
        return head
    return f"{head}\n\n" + _table(
        ("parameter", "kind", "meaning"),
        ((f"`{it.name}`", it.kind + (", repeatable" if it.repeatable else ""), it.meaning) for it in one.parameters),
    )


def _resource(one: Resource) -> str:
    return f"### {one.name}\n\n{one.meaning}\n\n" + _table(
        ("field", "type", "dtype", "JSON", "unit", "meaning"),
        (
            (
                f"`{it.name}`",
                it.type,
                f"`{it.dtype}`",
                f"`{it.path}`" if it.path not in ("", it.name) else "",
                it.unit,
                it.meaning,
            )
            for it in one.fields
        ),
    )


def _stored(name: str, meaning: str, fields: Iterable[Any]) -> str:
    return f"### {name}\n\n{meaning}\n\n" + _table(
        ("column", "type", "meaning"), ((f"`{it.name}`", f"`{DUCKDB[it.type]}`", comment(it)) for it in fields)
    )


def _schema(name: str, root: Schema) -> str:
    about = ABOUT_SCHEMA.format(meaning=root.description, name=name)
    lines = [line for line in _schema_fields(root, "") if line[0] != "``"]
    return f"{about}\n\n" + _table(("field", "type", "default", "meaning"), lines)


def _schema_fields(node: Schema, path: str, *, required: bool = False) -> Iterable[tuple[str, str, str, str]]:
    kind = " or ".join(map(str, node.enum)) if node.enum else node.type or ""
    default = f"`{json.dumps(node.default)}`" if node.has_default else ""
    yield f"**`{path}`**" if required else f"`{path}`", kind, default, node.description
    for choice in node.choices:
        yield from _schema_fields(choice, f"{path}")
    if node.extra:
        yield from _schema_fields(node.extra, f"{path}.*")
    if node.items and (node.items.properties or node.items.items):
        yield from list(_schema_fields(node.items, f"{path}[]"))[1:]
    for name, member in node.properties.items():
        yield from _schema_fields(member, f"{path}.{name}".lstrip("."), required=name in node.required)


def _codes(title: str, codes: Iterable[Code]) -> str:
    lines = ((f"`{one.name}`", ", ".join(one.rejected_by), one.meaning) for one in codes)
    return f"### {title}\n\n" + _table(("code", "rejected by", "meaning"), lines)


def _commands() -> list[str]:
    program: Any = get_command(app)
    made = [program.epilog]
    for name, command in _each(program):
        words = [_argument(it) for it in command.params if it.param_type_name == "argument"]
        options = _table(
            ("option", "meaning"),
            ((_option(it), it.help) for it in command.params if it.param_type_name == "option" and it.help),
        )
        usage = " ".join(["jobtype-toolkit", name, *words, "[OPTIONS]" if "`" in options else ""]).rstrip()
        about = " ".join(command.help.split())
        made.append(f"### jobtype-toolkit {name}\n\n{about}\n\n`{usage}`\n\n{command.epilog}")
        if "`" in options:
            made.append(options)
    return made


def _each(program: Any) -> Iterator[tuple[str, Any]]:
    """Yield the commands with their names; those of a group have the group's name before theirs."""
    for name, command in program.commands.items():
        if hasattr(command, "commands"):
            yield from ((f"{name} {below}", one) for below, one in _each(command))
        else:
            yield name, command


def _argument(it: Any) -> str:
    return it.metavar if it.required else f"[{it.metavar}]"


def _option(it: Any) -> str:
    return " / ".join(f"`{name}`" for name in (*it.opts, *it.secondary_opts)) + (f" {it.metavar}" if it.metavar else "")


def _table(head: tuple[str, ...], lines: Iterable[tuple[str, ...]]) -> str:
    made = [head, ("---",) * len(head), *lines]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in made)


def api() -> str:
    """Return the page of the public names: signatures and docstrings, by group; the errors as their tree."""
    links = [*API, "Errors and warnings"]
    parts = ["# API", ABOUT_API, " · ".join(f"[{name}](#{name.lower().replace(' ', '-')})" for name in links)]
    for title, names in API.items():
        parts.append(f"## {title}")
        for name in names:
            parts += _public(name)
    kinds = [name for name in jt.__all__ if getattr(getattr(jt, name), "__module__", "") == errors.__name__]
    tree = (errors.__doc__ or "").split("\n\n", 1)[1].rsplit("\n\n", 1)[0]
    meanings = ((f"`{name}`", " ".join((inspect.getdoc(getattr(jt, name)) or "").split())) for name in kinds)
    parts += ["## Errors and warnings", f"```text\n{tree}\n```", _table(("name", "meaning"), meanings)]
    return "\n\n".join(parts) + "\n"


def _public(name: str) -> Iterator[str]:
    """Yield the heading of a public name, how it is called, what it says of itself, and its members."""
    it = attrgetter(name)(jt)
    yield f"### {name}"
    if not inspect.isclass(it) or name in MADE_BY_CALLER or "." in name:
        yield _signature(f"jt.{name}", it)
    yield _markdown(inspect.getdoc(it) or "")
    if inspect.isclass(it):
        parents = [cls.__name__ for cls in it.__mro__[1:] if cls.__name__ in jt.__all__]
        if parents:
            yield f"It has all that [{parents[0]}](#{parents[0].lower()}) has, and:"
        fields = list(_fields(it))
        if fields:
            yield "\n".join(fields)
        for member, value in _members(it):
            yield from _member(name, member, value)


def _fields(cls: type) -> Iterator[str]:
    """Yield the public attributes that a class declares, each with the text below it."""
    (tree,) = ast.parse(textwrap.dedent(inspect.getsource(cls))).body
    body = tree.body if isinstance(tree, ast.ClassDef) else []
    for node, following in zip(body, [*body[1:], None], strict=True):
        if not isinstance(node, ast.AnnAssign) or not isinstance(node.target, ast.Name) or node.target.id[0] == "_":
            continue
        text = ""
        if isinstance(following, ast.Expr) and isinstance(following.value, ast.Constant):
            text = ": " + " ".join(str(following.value.value).split())
        yield f"- `{node.target.id}`, `{ast.unparse(node.annotation)}`{text}"


def _members(cls: type) -> Iterator[tuple[str, Any]]:
    """Yield the public methods and properties that no other public class has already, in the order of the code."""
    shown = {base for base in cls.__mro__ if base is not cls and base.__name__ in jt.__all__}
    seen = {name for base in shown for name in vars(base)}
    for base in cls.__mro__:
        if base in shown or not base.__module__.startswith("jobtype_toolkit") or base.__module__.startswith(SKINS):
            continue
        for name, value in vars(base).items():
            is_code = isinstance(value, property | classmethod | staticmethod) or inspect.isfunction(value)
            if is_code and not name.startswith("_") and name not in seen:
                seen.add(name)
                yield name, value


def _member(owner: str, name: str, value: Any) -> Iterator[str]:
    yield f"#### {owner}.{name}"
    text = _markdown(inspect.getdoc(value) or "")
    if isinstance(value, property):
        yield f"A property. {text}"
        return
    bound = isinstance(value, classmethod | staticmethod)
    called = value.__func__ if bound else value
    yield _signature(f"jt.{owner}.{name}" if bound else f"{owner.rpartition('.')[2].lower()}.{name}", called)
    yield text


class _Raw(str):
    """Text that a signature shows as it is."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def _signature(name: str, called: Any) -> str:
    signature = inspect.signature(called)
    given = [
        it.replace(
            annotation=_Raw(it.annotation) if isinstance(it.annotation, str) else it.annotation,
            default=_Raw(it.default.__name__) if inspect.isroutine(it.default) else it.default,
        )
        for it in signature.parameters.values()
        if it.name not in ("self", "cls")
    ]
    result = signature.return_annotation
    shown = signature.replace(
        parameters=given, return_annotation=_Raw(result) if isinstance(result, str) else inspect.Signature.empty
    )
    line = f"{name}{shown}"
    if len(line) > WIDTH and given:
        head, tail = f"{name}(", line[line.rindex(")") :]
        parts, star = [], False
        for it in given:
            if it.kind is it.KEYWORD_ONLY and not star:
                parts.append("*")
            star = star or it.kind in (it.KEYWORD_ONLY, it.VAR_POSITIONAL)
            parts.append(str(it))
        line = head + "".join(f"\n    {part}," for part in parts) + "\n" + tail
    return f"```py\n{line}\n```"


def _markdown(text: str) -> str:
    """Return a docstring as Markdown: its sections of arguments, results and errors become lists."""
    parts = []
    for part in re.split(r"\n\n(?=\S)", text):
        title, _, body = part.partition("\n")
        if title not in ("Args:", "Returns:", "Raises:", "Yields:"):
            parts.append(part)
            continue
        items = re.split(r"\n(?=\S)", textwrap.dedent(body))
        if title in ("Args:", "Raises:"):
            named = [re.sub(r"^([\w*, `]+): ", lambda match: f"`{match[1]}`: ", item) for item in items]
            parts.append(f"**{title[:-1]}**\n\n" + "\n".join("- " + " ".join(item.split()) for item in named))
        else:
            parts.append(f"**{title[:-1]}** " + " ".join(body.split()))
    return "\n\n".join(parts)


def picture() -> str:
    """Return an SVG of the command line's answer on the sample, without fonts from anywhere else."""
    frame = jt.sample(clock=lambda: datetime(2026, 11, 1, tzinfo=UTC)).status(started="P1D", is_active=True)
    shown = frame.head(PICTURE_ROWS)
    asked = service("status")
    fields = asked.row.pick(*asked.first)
    console = Console(record=True, file=io.StringIO(), width=90, force_terminal=True, color_system="truecolor")
    console.print(asked.title, style="bold")
    console.print(table(fields, [plain(shown[field.name]) for field in fields]))
    console.print()
    console.print(footer(frame, len(shown)), highlight=False)
    return re.sub(
        r"@font-face \{.*?\}|<!--.*?-->", "", console.export_svg(title=PICTURE, unique_id="status"), flags=re.DOTALL
    )


def run_notebook(path: Path) -> None:
    """Run a notebook and keep its outputs, without the times at which its cells ran."""
    import nbformat
    from nbclient import NotebookClient

    notebook = nbformat.read(path, as_version=4)
    NotebookClient(
        notebook,
        timeout=120,
        record_timing=False,
        store_widget_state=False,
        resources={"metadata": {"path": str(path.parent)}},
    ).execute()
    for cell in notebook.cells:
        # A widget lives as long as its kernel; its static copy, which stands before it, is for readers.
        told = "".join(one.get("text", "") for one in cell.get("outputs", ()) if one.get("name") == "stderr")
        if "Traceback" in told:
            msg = f"{path.name}: a cell cannot be shown: {told}"
            raise RuntimeError(msg)
        kept = [one for one in cell.get("outputs", ()) if WIDGET not in one.get("data", {})]
        if "outputs" in cell:
            cell["outputs"] = kept
        for output in kept:
            output.get("metadata", {}).clear()
    notebook.metadata.pop("widgets", None)
    notebook.metadata["language_info"] = {"name": "python"}
    nbformat.write(notebook, path)


def main() -> None:
    """Write everything."""
    write_template()
    (DOCS / "reference.md").write_text(reference(), encoding="utf-8")
    (DOCS / "api.md").write_text(api(), encoding="utf-8")
    (DOCS / "status.svg").write_text(picture(), encoding="utf-8")
    for path in sorted(NOTEBOOKS.glob("[0-9]*.ipynb")):  # the application has no outputs of its own
        run_notebook(path)


if __name__ == "__main__":
    main()
