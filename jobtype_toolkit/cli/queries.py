"""The commands that ask: each is a service of the vocabulary with its parameters as options."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

import jobtype_toolkit as jt
from jobtype_toolkit.analyses.question import Question
from jobtype_toolkit.analyses.questions import QUESTIONS
from jobtype_toolkit.api.arguments import refuse_typo
from jobtype_toolkit.api.services import SERVICES, Parameter, Service
from jobtype_toolkit.cli.output import TABLE_ROWS, Format, show
from jobtype_toolkit.cli.targets import CaFile, CertFile, ServerUrl, StoreFile, TokenFile, backend

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

_TYPES: Mapping[str, Any] = {"int": int, "bool": bool, "text": str, "time": str}
_REPEATED: Mapping[str, Any] = {"int": list[int], "text": list[str]}
_METAVARS: Mapping[str, str] = {"int": "N", "bool": "", "text": "TEXT", "time": "TIME"}

Ask = Callable[..., "pd.DataFrame"]


_NOW = Parameter("now", "time", "What durations count back from, instead of the newest change or the clock.")
_CUTS = {
    "name": "Only job types of these names, of what the service answers. May be repeated.",
    "version": "Only these versions, of what the service answers. May be repeated.",
}
_SYSTEM = "v6's system failures instead: jobs FAILED now with a SYSTEM error, newest first."


def commands() -> list[Service]:
    """Return the services and questions that have a command, in the order of the help."""
    return [one for one in (*SERVICES, *QUESTIONS) if one.command]


def _answer(asked: Service, backend: jt.Backend, given: Mapping[str, Any]) -> pd.DataFrame:
    """Ask a backend; a question beyond v6 needs one with SQL."""
    if not isinstance(asked, Question):
        ask: Ask = getattr(backend, asked.name)
        return ask(**given)
    if isinstance(backend, jt.Store | jt.Lake):
        ask = getattr(backend.analyses, asked.name)
        return ask(**given)
    hint = " give --system for v6's system failures, or" if asked.v6_service else ""
    msg = f"A v6 server does not answer {asked.command!r}:{hint} `pull` its history into a store and ask that."
    raise jt.InvalidParameter(msg)


def _of_v6(asked: Service, backend: jt.Backend, given: Mapping[str, Any]) -> pd.DataFrame:
    if any(value is not None for name, value in given.items() if name != "source"):
        msg = "--system asks v6's system failures, which are all of history: leave out --started, --ended, --category and --now."
        raise jt.InvalidParameter(msg)
    ask: Ask = getattr(backend, asked.v6_service if isinstance(asked, Question) else asked.name)
    return ask(source=given.get("source"))


def register(app: typer.Typer) -> None:
    """Add the commands that ask."""
    for one in commands():
        example = f"jobtype-toolkit {one.command} {_example(one)}".rstrip()
        app.command(one.command, help=one.summary, epilog=f"Example: {example}")(_command(one))


def _example(asked: Service) -> str:
    """Return the arguments of the example: what the URL needs first, then the store."""
    words = asked.example.split()
    places = len(asked.places) if isinstance(asked, Question) else len(asked.path_parameters)
    return " ".join([*words[:places], "--store demo.duckdb", *words[places:]])


def _command(asked: Service) -> Callable[..., None]:
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
        is_system = given.pop("system", False)
        cuts = {name: given.pop(name) for name in _cuts(asked)}
        arguments = {name: value if value != [] else None for name, value in given.items()} | {"source": source}
        if asked.is_long and limit != 0 and (limit or format == "table"):
            arguments["limit"] = limit or TABLE_ROWS
        if asked.command_order and not arguments.get("order", ["given"]):
            arguments["order"] = list(asked.command_order)
        if server is not None and source is not None:
            msg = "--source is for a store with several sources. Leave it out with --server."
            raise jt.InvalidParameter(msg)
        with backend(store, server, token_file, ca_file, cert_file) as target, warnings.catch_warnings():
            warnings.simplefilter("ignore", jt.ResultCut)  # the line under the table says it
            answer = _of_v6(asked, target, arguments) if is_system else _answer(asked, target, arguments)
            if isinstance(asked, Question) and asked.command_order:
                answer = _sorted(answer, asked.command_order)
            kept = _cut(answer, cuts)
            names = cuts.get("name")
            if names and kept.empty:  # it would pass for good news
                known = set(target.job_type_names(source=source)["name"])
                refuse_typo("name", names, known, ": no job type has this name.")
            show(kept, format, limit=limit, all_columns=all_columns)

    run.__signature__ = inspect.Signature(list(_parameters(asked)))  # type: ignore[attr-defined]
    run.__annotations__ = {one.name: one.annotation for one in run.__signature__.parameters.values()}  # type: ignore[attr-defined]
    return run


def _cuts(asked: Service) -> tuple[str, ...]:
    """Return the columns of a job type that a service of v6 has no filter for, by which its command cuts the answer."""
    if isinstance(asked, Question) or asked.path_parameters or asked.is_long:
        return ()
    return tuple(name for name in _CUTS if name in asked.row.names)


def _cut(answer: pd.DataFrame, cuts: Mapping[str, Sequence[str] | None]) -> pd.DataFrame:
    """Return the rows with one of the values that are given for a column."""
    kept = answer
    for name, values in cuts.items():
        kept = kept[kept[name].isin(list(values))] if values else kept
    kept.attrs = answer.attrs if len(kept) == len(answer) else {**answer.attrs, "count": len(kept)}
    return kept


def _sorted(answer: pd.DataFrame, order: tuple[str, ...]) -> pd.DataFrame:
    from jobtype_toolkit.frames import sort  # the program starts without pandas

    return sort(answer, [(key.removeprefix("-"), not key.startswith("-")) for key in order])


def _parameters(asked: Service) -> list[inspect.Parameter]:
    made = [_parameter(name, Annotated[str, typer.Argument(metavar=name.upper())]) for name in asked.path_parameters]
    places = asked.places if isinstance(asked, Question) else ()
    for one in (*asked.parameters, *([_NOW] if asked.is_windowed else [])):
        kind = _REPEATED[one.kind] if one.repeatable else _TYPES[one.kind]
        help = one.meaning + (" May be repeated." if one.repeatable else "")
        metavar = one.name.upper() if one.name in places else _METAVARS[one.kind]
        given = typer.Argument if one.name in places else typer.Option
        usual = list(one.default) if isinstance(one.default, tuple) else one.default
        default = inspect.Parameter.empty if one.is_required else usual
        made.append(
            _parameter(
                one.name,
                Annotated[kind if one.is_required else kind | None, given(help=help, metavar=metavar)],
                default,
            )
        )
    made += [
        _parameter(name, Annotated[list[str] | None, typer.Option(metavar="TEXT", help=_CUTS[name])], None)
        for name in _cuts(asked)
    ]
    if isinstance(asked, Question) and asked.v6_service:
        made.append(_parameter("system", Annotated[bool, typer.Option("--system", metavar="", help=_SYSTEM)], False))
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
            typer.Option(min=0, metavar="N", help=f"The most rows, 0 for all; {TABLE_ROWS} in a table if not given."),
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
    "csv": (
        Annotated[
            bool,
            typer.Option(
                "--csv",
                metavar="",
                help="Write CSV instead of a table; texts stay as they are, also those that a spreadsheet takes for formulas.",
            ),
        ],
        False,
    ),
}


def chosen(*, json: bool, csv: bool) -> Format:
    """Return the format that the flags ask for."""
    if json and csv:
        msg = "--json and --csv were both given. Choose one."
        raise jt.InvalidParameter(msg)
    return "json" if json else "csv" if csv else "table"
