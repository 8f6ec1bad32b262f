"""The commands that change job types of a store or a server, `add` and `edit`: a plan first, sent with `--send`."""

from __future__ import annotations

import json as jsonlib
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

import jobtype_toolkit as jt
from jobtype_toolkit.api.services import WRITE_FIELDS
from jobtype_toolkit.cli.output import write, write_lines
from jobtype_toolkit.cli.targets import STORE_VARIABLE, CaFile, CertFile, ServerUrl, StoreFile, TokenFile, backend
from jobtype_toolkit.cli.validation import STDIN

REFUSED = 1
_MEANING = {one.name: one.meaning for one in WRITE_FIELDS}

Config = Annotated[
    Path | None, typer.Option("--config", metavar="FILE", help=_MEANING["configuration"], dir_okay=False)
]
Icon = Annotated[str | None, typer.Option("--icon-code", metavar="TEXT", help=_MEANING["icon_code"])]
Published = Annotated[bool | None, typer.Option(metavar="", help=_MEANING["is_published"])]
Scheduled = Annotated[int | None, typer.Option("--max-scheduled", metavar="N", min=0, help=_MEANING["max_scheduled"])]
Active = Annotated[bool | None, typer.Option(metavar="", help=_MEANING["is_active"])]
Paused = Annotated[bool | None, typer.Option(metavar="", help=_MEANING["is_paused"])]
AutoUpdate = Annotated[bool | None, typer.Option(metavar="", help=_MEANING["auto_update"])]
Source = Annotated[str | None, typer.Option(metavar="NAME", help="Which source of the store.")]
Secrets = Annotated[
    bool,
    typer.Option(
        "--confirm-secrets", metavar="", help="Replace some secret settings on a server, and lose the others."
    ),
]
Send = Annotated[bool, typer.Option("--send", metavar="", help="Make the change; without it the plan is only shown.")]
Json = Annotated[bool, typer.Option("--json", metavar="", help="Write the plan as JSON.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(
        epilog="Example: jobtype-toolkit add seed.manifest.json --docker-image tile-mosaic-1.0.0-seed:1.0.0 --store demo.duckdb"
    )(add)
    app.command(epilog="Example: jobtype-toolkit edit tile-press 5.2.0 --no-is-paused --store demo.duckdb")(edit)


def add(
    file: Annotated[str, typer.Argument(metavar="FILE", help="The manifest; - is standard input.")],
    docker_image: Annotated[str, typer.Option(metavar="IMAGE", help=_MEANING["docker_image"])],
    config: Config = None,
    icon_code: Icon = None,
    is_published: Published = None,
    max_scheduled: Scheduled = None,
    is_active: Active = None,
    is_paused: Paused = None,
    auto_update: AutoUpdate = None,
    replace: Annotated[
        bool,
        typer.Option("--replace", metavar="", help="Edit the job type if one of that name and version exists."),
    ] = False,
    allow_unreachable: Annotated[
        bool,
        typer.Option(
            "--allow-unreachable", metavar="", help="Create a version that no server can show or edit afterwards (D14)."
        ),
    ] = False,
    confirm_secrets: Secrets = False,
    source: Source = None,
    send: Send = False,
    json: Json = False,
    store: StoreFile = None,
    server: ServerUrl = None,
    token_file: TokenFile = None,
    ca_file: CaFile = None,
    cert_file: CertFile = None,
) -> None:
    """Add a job type to a store or a server: shows the plan, and changes nothing without --send.

    Exit codes: 0 it can be sent, or was, 1 it is refused.
    """
    if store is None and server is None:
        msg = f"No store was named. Give --store FILE, or set {STORE_VARIABLE}; --send creates it if it is missing."
        raise jt.InvalidParameter(msg)
    manifest = _manifest(file)
    requested: dict[str, Any] = {
        "docker_image": docker_image,
        "configuration": config,
        "icon_code": icon_code,
        "is_published": is_published,
        "max_scheduled": max_scheduled,
        "is_active": is_active,
        "is_paused": is_paused,
        "auto_update": auto_update,
        "replace": replace,
        "allow_unreachable": allow_unreachable,
        "confirm_secrets": confirm_secrets,
        **_of_store(source, server),
    }
    if server is None and store is not None and not store.exists():  # neither a plan nor a refusal makes a file
        plan = jt.open().add(manifest, **requested)
        if not (send and plan.is_sendable):
            _finish(plan, send=False, json=json)
            return
        jt.open(store, create=True).close()
    with backend(store, server, token_file, ca_file, cert_file) as present:
        _finish(present.add(manifest, **requested), send=send, json=json)


def edit(
    name: Annotated[str, typer.Argument(metavar="NAME")],
    version: Annotated[str, typer.Argument(metavar="VERSION")],
    manifest: Annotated[
        str | None, typer.Option(metavar="FILE", help=f"{_MEANING['manifest']} - is standard input.")
    ] = None,
    restore: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="Take the manifest and the image of an earlier revision.")
    ] = None,
    config: Config = None,
    docker_image: Annotated[str | None, typer.Option(metavar="IMAGE", help=_MEANING["docker_image"])] = None,
    icon_code: Icon = None,
    is_published: Published = None,
    max_scheduled: Scheduled = None,
    is_active: Active = None,
    is_paused: Paused = None,
    auto_update: AutoUpdate = None,
    confirm_secrets: Secrets = False,
    source: Source = None,
    send: Send = False,
    json: Json = False,
    store: StoreFile = None,
    server: ServerUrl = None,
    token_file: TokenFile = None,
    ca_file: CaFile = None,
    cert_file: CertFile = None,
) -> None:
    """Edit a job type of a store or a server: shows the plan, and changes nothing without --send.

    Exit codes: 0 it can be sent, or was, 1 it is refused.
    """
    if manifest is not None and restore is not None:
        msg = "--manifest and --restore were both given. Choose one."
        raise jt.InvalidParameter(msg)
    of_store = _of_store(source, server)
    with backend(store, server, token_file, ca_file, cert_file) as present:
        changes: dict[str, Any] = {
            "manifest": _manifest(manifest) if manifest else None,
            "configuration": config,
            "docker_image": docker_image,
            "icon_code": icon_code,
            "is_published": is_published,
            "max_scheduled": max_scheduled,
            "is_active": is_active,
            "is_paused": is_paused,
            "auto_update": auto_update,
        }
        if restore is not None:
            changes["manifest"] = present.revision(name, version, restore, **of_store)
        given = {field: value for field, value in changes.items() if value is not None}
        plan = present.edit(name, version, confirm_secrets=confirm_secrets, **of_store, **given)
        _finish(plan, send=send, json=json)


def _of_store(source: str | None, server: str | None) -> dict[str, Any]:
    """Return the argument that only a store takes."""
    if server is None:
        return {"source": source}
    if source is not None:
        msg = "--source is for a store with several sources. Leave it out with --server."
        raise jt.InvalidParameter(msg)
    return {}


def _manifest(name: str) -> Any:
    return sys.stdin.buffer.read() if name == STDIN else Path(name)


def _finish(plan: jt.Plan, *, send: bool, json: bool) -> None:
    """Show the plan; send it if that was asked for."""
    if send and plan.is_sendable:
        plan.send()
    if json:
        write(jsonlib.dumps(plan.as_dict(), indent=2) + "\n")
    else:
        write_lines(repr(plan))
    if plan.validation.errors:
        raise typer.Exit(REFUSED)
