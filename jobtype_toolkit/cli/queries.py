"""The commands that ask: each is a service of the vocabulary with its parameters as options."""

from __future__ import annotations

import inspect
import re
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any

import typer

import jobtype_toolkit as jt
from jobtype_toolkit.api.services import Parameter, service
from jobtype_toolkit.cli.output import TABLE_ROWS, Format, show
from jobtype_toolkit.cli.targets import CaFile, CertFile, ServerUrl, StoreFile, TokenFile, home

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

_TYPES: Mapping[str, Any] = {"int": int, "bool": bool, "text": str, "time": str}
_REPEATED: Mapping[str, Any] = {"int": list[int], "text": list[str]}
_METAVARS: Mapping[str, str] = {"int": "N", "bool": "", "text": "TEXT", "time": "TIME"}

Ask = Callable[..., "pd.DataFrame"]


@dataclass(frozen=True, slots=True)
class Read:
    """A command that asks a question."""

    command: str
    help: str
    example: str
    ask: Ask
    """Answers, given the home and the options by name."""
    arguments: tuple[str, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    flags: Mapping[str, str] = field(default_factory=dict)
    cuts: bool = False
    """Whether the question takes a `limit` itself, so that a short answer is a quick one."""


_NOW = Parameter("now", "time", "What durations count back from, instead of the newest change or the clock.")
_CATEGORY = Parameter("category", "text", "Only SYSTEM, ALGORITHM or DATA errors.", repeatable=True)


def _service(name: str, *, command: str, help: str, example: str, cuts: bool = False) -> Read:
    """Return the command of a v6 service, with the arguments of its URL and its parameters."""
    one = service(name)
    windowed = any(parameter.kind == "time" for parameter in one.parameters)

    def ask(home: jt.Store | jt.Scale, **given: Any) -> pd.DataFrame:
        found: pd.DataFrame = getattr(home, name)(**given)
        return found

    return Read(
        command,
        help,
        example,
        ask,
        arguments=tuple(re.findall(r"{(\w+)}", one.url)),
        parameters=(*one.parameters, _NOW) if windowed else one.parameters,
        cuts=cuts,
    )


def _failures(home: jt.Store | jt.Scale, *, system: bool, **given: Any) -> pd.DataFrame:
    of_store = {name: given.pop(name) for name in ("source",) if name in given}
    if not system and isinstance(home, jt.Store):
        return home.analyses.failures(**of_store, **given)
    if not system:
        msg = "A v6 server knows system failures only: give --system, or `pull` its history into a store and ask that."
        raise jt.InvalidParameter(msg)
    if any(value is not None for value in given.values()):
        msg = "--system asks v6's system failures, which are all of history: leave out --started, --ended, --category and --now."
        raise jt.InvalidParameter(msg)
    return home.system_failures(**of_store)


READS = (
    _service(
        "job_types",
        command="types",
        help="List job types: one row a name and version.",
        example="jobtype-toolkit types --store demo.duckdb --keyword radar --is-active",
    ),
    _service(
        "versions",
        command="versions",
        help="List the versions of a job type, newest first.",
        example="jobtype-toolkit versions haze-grader --store demo.duckdb",
    ),
    _service(
        "revisions",
        command="revisions",
        help="List the revisions of a job type's version, newest first.",
        example="jobtype-toolkit revisions pan-sharpen 2.1.0 --store demo.duckdb",
    ),
    _service(
        "jobs",
        command="jobs",
        help="List jobs, by their last change. --started and --ended are about last_modified.",
        example="jobtype-toolkit jobs --store demo.duckdb --status FAILED --started P1D --order -last_modified",
        cuts=True,
    ),
    _service(
        "status",
        command="status",
        help="Count jobs by job type, status and error category: all that run, and those that changed status in a window.",
        example="jobtype-toolkit status --store demo.duckdb --started P1D",
    ),
    _service(
        "pending",
        command="pending",
        help="Count PENDING jobs by job type, longest first. Jobs on the queue are QUEUED: `status` counts those.",
        example="jobtype-toolkit pending --store demo.duckdb --json",
    ),
    _service(
        "running",
        command="running",
        help="Count RUNNING jobs by job type, longest first.",
        example="jobtype-toolkit running --store demo.duckdb --csv",
    ),
    Read(
        "failures",
        "Count failed jobs by job type and error, all three categories, most frequent first.",
        "jobtype-toolkit failures --store demo.duckdb --started P7D --category DATA",
        _failures,
        parameters=(
            Parameter("started", "time", "Only jobs that failed not before; all of history where not given."),
            Parameter("ended", "time", "Only jobs that failed not after."),
            _CATEGORY,
            _NOW,
        ),
        flags={"system": "v6's system failures instead: jobs FAILED now with a SYSTEM error, newest first."},
    ),
)


def register(app: typer.Typer) -> None:
    """Add the commands that ask."""
    for one in READS:
        app.command(one.command, help=one.help, epilog=f"Example: {one.example}")(_command(one))


def _command(read: Read) -> Callable[..., None]:
    """Return the function behind a command; its signature, which the options are made from, is that of the service."""

    def run(
        *,
        store: Path | None,
        server: str | None,
        token_file: Path | None,
        ca_file: Path | None,
        cert_file: Path | None,
        source: str | None,
        json: bool,
        csv: bool,
        limit: int | None,
        all_columns: bool,
        **given: Any,
    ) -> None:
        format = chosen(json=json, csv=csv)
        asked = {name: value if value != [] else None for name, value in given.items()}
        if read.cuts and limit != 0 and (limit or format == "table"):
            asked["limit"] = limit or TABLE_ROWS
        if server is None:
            asked["source"] = source
        elif source is not None:
            msg = "--source is for a store with several sources. Leave it out with --server."
            raise jt.InvalidParameter(msg)
        with home(store, server, token_file, ca_file, cert_file) as found, warnings.catch_warnings():
            warnings.simplefilter("ignore", jt.ResultCut)  # the line under the table says it
            show(read.ask(found, **asked), format, limit=limit, all_columns=all_columns)

    run.__signature__ = inspect.Signature(list(_parameters(read)))  # type: ignore[attr-defined]
    run.__annotations__ = {one.name: one.annotation for one in run.__signature__.parameters.values()}  # type: ignore[attr-defined]
    return run


def _parameters(read: Read) -> list[inspect.Parameter]:
    made = [_parameter(name, Annotated[str, typer.Argument(metavar=name.upper())]) for name in read.arguments]
    for one in read.parameters:
        kind = _REPEATED[one.kind] if one.repeatable else _TYPES[one.kind]
        help = one.meaning + (" May be repeated." if one.repeatable else "")
        made.append(
            _parameter(one.name, Annotated[kind | None, typer.Option(help=help, metavar=_METAVARS[one.kind])], None)
        )
    for name, meaning in read.flags.items():
        made.append(_parameter(name, Annotated[bool, typer.Option(f"--{name}", metavar="", help=meaning)], False))
    return made + [_parameter(name, annotation, default) for name, (annotation, default) in _COMMON.items()]


def _parameter(name: str, annotation: Any, default: Any = inspect.Parameter.empty) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=annotation, default=default)


_COMMON: Mapping[str, tuple[Any, Any]] = {
    "store": (StoreFile, None),
    "server": (ServerUrl, None),
    "token_file": (TokenFile, None),
    "ca_file": (CaFile, None),
    "cert_file": (CertFile, None),
    "source": (
        Annotated[
            str | None,
            typer.Option(
                metavar="NAME", help="Which source of the store, '*' for all; needed where there are several."
            ),
        ],
        None,
    ),
    "limit": (
        Annotated[
            int | None,
            typer.Option(
                min=0, metavar="N", help=f"At most so many rows, 0 for all; {TABLE_ROWS} in a table where not given."
            ),
        ],
        None,
    ),
    "all_columns": (
        Annotated[bool, typer.Option("--all-columns", metavar="", help="Show every column in the table.")],
        False,
    ),
    "json": (
        Annotated[bool, typer.Option("--json", metavar="", help="Write an array of records instead of a table.")],
        False,
    ),
    "csv": (Annotated[bool, typer.Option("--csv", metavar="", help="Write CSV instead of a table.")], False),
}


def chosen(*, json: bool, csv: bool) -> Format:
    """Return the format that the flags ask for."""
    if json and csv:
        msg = "--json and --csv were both given. Choose one."
        raise jt.InvalidParameter(msg)
    return "json" if json else "csv" if csv else "table"
