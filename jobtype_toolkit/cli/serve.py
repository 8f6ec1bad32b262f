"""The command that runs a local v6 server until it is stopped."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

import jobtype_toolkit as jt
from jobtype_toolkit import hints
from jobtype_toolkit.cli.output import write
from jobtype_toolkit.cli.targets import StoreFile, opened
from jobtype_toolkit.display.cells import safe

TOKEN_VARIABLE = "JOBTYPE_TOOLKIT_TOKEN"  # noqa: S105 - the name of a variable
DEFAULT_PORT = 8000


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: jobtype-toolkit serve --sample")(serve)


def serve(
    store: StoreFile = None,
    sample: Annotated[
        bool, typer.Option("--sample", metavar="", help="Serve the bundled sample; it is gone when the server ends.")
    ] = False,
    source: Annotated[
        str | None, typer.Option(metavar="NAME", help="Which source of the store; needed if there are several.")
    ] = None,
    host: Annotated[
        str, typer.Option(metavar="ADDRESS", help="Where to listen; other machines are let in with a token only.")
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(metavar="N", min=0, max=65535, help="The port; 0 takes a free one.")
    ] = DEFAULT_PORT,
    token: Annotated[
        str | None,
        typer.Option(metavar="TOKEN", envvar=TOKEN_VARIABLE, help="What a request must have to be answered."),
    ] = None,
    prefix: Annotated[str, typer.Option(metavar="PATH", help="What stands before /v6/.")] = "/api",
    release: Annotated[str, typer.Option(metavar="RELEASE", help="The release of Scale to be: 6, 7.0 or 7.2.")] = "7.2",
    faults: Annotated[
        str | None,
        typer.Option(
            metavar="FAULTS", help="How to misbehave, such as latency=0.2,error500=0.05,cut=1/10; see docs/server.md."
        ),
    ] = None,
    seed: Annotated[int, typer.Option(metavar="N", help="What the chances of the faults come from.")] = 0,
    read_only: Annotated[bool, typer.Option("--read-only", metavar="", help="Refuse every write.")] = False,
    shift: Annotated[
        bool, typer.Option(metavar="", help="Move the sample to the present, so that the last day has jobs in it.")
    ] = True,
    allow_host: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME", help="A further name by which a server without a token may be called; repeatable."
        ),
    ] = None,
) -> None:
    """Serve a store as a v6 server would, until Ctrl+C or SIGTERM: for trying clients, and for curl.

    Edits and creations that are sent to it change the store, unless --read-only.
    """
    from jobtype_toolkit.server import needed

    needed()
    from jobtype_toolkit.server.app import app
    from jobtype_toolkit.server.faults import Faults
    from jobtype_toolkit.server.present import move_to
    from jobtype_toolkit.server.releases import release as known
    from jobtype_toolkit.server.serve import address, check_address, listening, run, until_stopped

    check_address(host, token)
    wanted = None if faults is None else Faults.parse(faults, seed=seed)
    with jt.sample(clock=_now) if sample else opened(store) as served:
        if sample and shift:
            move_to(served, _now())
        made = app(
            served,
            source=source,
            token=token,
            prefix=prefix,
            release=known(release).name,
            read_only=read_only,
            faults=wanted,
            allow_hosts=allow_host or (),
        )
        with listening(host, port) as listener, until_stopped():
            base = address(listener) + prefix.rstrip("/")
            _tell(served, base, has_token=token is not None, misbehaves=wanted is not None)
            with hints.terminal(False):  # its clients are programs
                run(made, listener)
    write("\nstopped\n")


def _now() -> datetime:
    return datetime.now(UTC)


def _tell(served: jt.Store, base: str, *, has_token: bool, misbehaves: bool) -> None:
    header = f' -H "Authorization: Token ${TOKEN_VARIABLE}"' if has_token else ""
    what = safe(str(served.path)) if served.path else "a store in memory"
    lines = [
        f"{what} is served as a v6 server at {base}" + (", with faults" if misbehaves else ""),
        f"  try:   curl{header} '{base}/v6/job-types/status/?started=P1D'",
        f"  what there is: {base}/v6/openapi.json",
        "Ctrl+C stops it.",
    ]
    write("\n".join(lines) + "\n")
