"""The commands for a manifest: `new`, `configuration`, `manifest`, `fmt`, `diff` and `schema`; `validate` is in `validation`."""

from __future__ import annotations

import json as jsonlib
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

import jobtype_toolkit as jt
from jobtype_toolkit.api.fields import Field
from jobtype_toolkit.cli.output import draw, write, write_lines
from jobtype_toolkit.cli.targets import CaFile, CertFile, ServerUrl, StoreFile, TokenFile, backend
from jobtype_toolkit.cli.validation import FOUND, STDIN, UNREADABLE, found_in, progress
from jobtype_toolkit.display.cells import plain, safe
from jobtype_toolkit.hints import counted

Source = Annotated[str | None, typer.Option(metavar="NAME", help="Which source of the store.")]
_DIFF = (Field("path", "text", ""), Field("before", "json", ""), Field("after", "json", ""), Field("kind", "text", ""))


Output = Annotated[
    Path | None,
    typer.Option("--output", "-o", metavar="FILE", help="The file to write; standard output if not given."),
]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(epilog="Example: jobtype-toolkit new tile-mosaic -o seed.manifest.json")(new)
    app.command(epilog="Example: jobtype-toolkit configuration seed.manifest.json")(configuration)
    app.command(epilog="Example: jobtype-toolkit manifest tile-press 5.2.0 --store demo.duckdb")(manifest)
    app.command(epilog="Example: jobtype-toolkit fmt seed.manifest.json")(fmt)
    app.command(epilog="Example: jobtype-toolkit diff seed.manifest.json seed.manifest.json --json")(diff)
    app.command(epilog="Example: jobtype-toolkit schema manifest")(schema)


def new(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of the job: letters, digits and '-'.")],
    output: Output = None,
) -> None:
    """Write a manifest to start from: all that is required, no inputs, Scale's least resources."""
    made = jt.Manifest.new(name)
    errors = jt.validate(made).errors
    if errors:
        msg = f"NAME {name!r}: {errors[0].description} {errors[0].suggestion}".rstrip()
        raise jt.InvalidParameter(msg)
    _saved(made, output, "Fill it in, then: jobtype-toolkit validate {file}")


def configuration(
    file: Annotated[str, typer.Argument(metavar="FILE", help="The manifest; - is standard input.")],
    output: Output = None,
) -> None:
    """Write a configuration to fill in: the mounts, settings and file outputs of a manifest, each without a value."""
    made = jt.Configuration.for_manifest(_read(file))
    _saved(made, output, f"Fill it in, then: jobtype-toolkit validate {safe(file)} --config {{file}}")


def manifest(
    name: Annotated[str, typer.Argument(metavar="NAME")],
    version: Annotated[str, typer.Argument(metavar="VERSION")],
    revision: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="That of an earlier revision; the present one if not given.")
    ] = None,
    output: Output = None,
    source: Source = None,
    store: StoreFile = None,
    server: ServerUrl = None,
    token_file: TokenFile = None,
    ca_file: CaFile = None,
    cert_file: CertFile = None,
) -> None:
    """Write the manifest of a job type in a store or on a server."""
    with backend(store, server, token_file, ca_file, cert_file) as present:
        made = _stored(present, name, version, revision, source)
    _saved(made, output, "Change it, then: jobtype-toolkit edit " + f"{safe(name)} {safe(version)} --manifest {{file}}")


def _stored(present: jt.Backend, name: str, version: str, revision: int | None, source: str | None) -> jt.Manifest:
    """Return the manifest of a job type, or of one of its revisions."""
    record: Any = (
        present.job_type(name, version, source=source)
        if revision is None
        else present.revision(name, version, revision, source=source)
    )
    if record["manifest"] is None:
        what = f"{name} {version}" if revision is None else f"revision {revision} of {name} {version}"
        msg = f"The manifest of {what} is not known here. Load its details or its revisions first."
        raise jt.NotFound(msg)
    return jt.Manifest.read(record["manifest"])


def _saved(made: jt.Manifest | jt.Configuration, output: Path | None, then: str) -> None:
    """Write a document to standard output, or to a file that must be a new one."""
    if output is None:
        write(made.text)
        return
    if output.exists():
        msg = f"There is a file {output} already, and it was left as it is. Choose another name with -o."
        raise jt.InvalidParameter(msg)
    made.save(output)
    write(f"{safe(str(output))} made. {then.format(file=safe(str(output)))}\n")


def fmt(
    files: Annotated[
        list[str], typer.Argument(metavar="FILE...", help="Manifests or folders of them; - is standard input.")
    ],
    check: Annotated[
        bool,
        typer.Option("--check", metavar="", help="Change nothing; exit with 1 if there is something to change."),
    ] = False,
) -> None:
    """Lay manifests out anew, in place: two blanks per level, keys in the schema's order, every value spelled as it was.

    Exit codes: 0 done, 1 something is not JSON or, with --check, not in this layout, 2 a file could not be read.
    """
    names = found_in(files)
    code = changed = 0
    for name in progress(names, "fmt", "file"):
        try:
            changed += _formatted(name, check=check)
        except (jt.InvalidManifest, OSError) as error:
            write(f"jobtype-toolkit: {safe(_named(name, error))}\n", to=sys.stderr)
            code = max(code, FOUND if isinstance(error, jt.InvalidManifest) else UNREADABLE)
    if STDIN not in names:
        write(
            f"{changed:,} of {counted(len(names), 'file')} {'would be' if check else 'was' if changed == 1 else 'were'} changed.\n"
        )
    if code or (check and changed):
        raise typer.Exit(code or FOUND)


def _named(name: str, error: Exception) -> str:
    return str(error) if name in str(error) else f"{name}: {error}"


def _formatted(name: str, *, check: bool) -> bool:
    """Format one file; return whether it changes."""
    from jobtype_toolkit.seed.json.document import parse

    before = sys.stdin.buffer.read() if name == STDIN else Path(name).read_bytes()
    after = jt.Manifest.of(parse(before)).formatted.encode()  # `read` would take a manifest out of what is around it
    if name == STDIN and not check:
        write(after.decode())
    elif after != before:
        if not check:
            Path(name).write_bytes(after)
        write(f"{safe(name)}: {'would be changed' if check else 'changed'}\n")
    return after != before


def _numbers(given: tuple[str, str] | None) -> tuple[str, str] | None:
    """Return the numbers of two revisions; also an option takes the place of a second one that is left out."""
    if given is not None and not all(one.isdecimal() for one in given):
        msg = f"{' '.join(given)!r} is not two numbers of revisions. Give both, as in --revisions 1 2."
        raise typer.BadParameter(msg)
    return given


def diff(
    before: Annotated[
        str,
        typer.Argument(
            metavar="A", help="The old manifest, - being standard input; with --revisions a job type's name."
        ),
    ],
    after: Annotated[str, typer.Argument(metavar="B", help="The new manifest; with --revisions a version.")],
    json: Annotated[bool, typer.Option("--json", metavar="", help="Write an object instead of tables.")] = False,
    revisions: Annotated[
        tuple[str, str] | None,
        typer.Option(
            metavar="N M", callback=_numbers, help="Compare two revisions of a job type in a store or on a server."
        ),
    ] = None,
    source: Source = None,
    store: StoreFile = None,
    server: ServerUrl = None,
    token_file: TokenFile = None,
    ca_file: CaFile = None,
    cert_file: CertFile = None,
) -> None:
    """Show what a new manifest changes, whom that breaks, and which version must be raised.

    Both are compared as a v6 server stores them: defaults written out, items of lists matched by their names.
    """
    if revisions is None:
        old, new = _read(before), _read(after)
    else:
        with backend(store, server, token_file, ca_file, cert_file) as present:
            old, new = (_stored(present, before, after, int(number), source) for number in revisions)
    frame, judged = old.diff(new), new.breaking_changes(old)
    columns = [plain(frame[field.name]) for field in _DIFF]
    if json:
        made: dict[str, Any] = {
            "diff": [dict(zip(frame.columns, row, strict=True)) for row in zip(*columns, strict=True)],
            "verdict": judged.verdict,
            "kind": judged.kind,
            "advice": judged.advice,
            "bump": judged.bump,
            "is_bumped": judged.is_bumped,
            "changes": [asdict(one) for one in judged],
        }
        write(jsonlib.dumps(made, indent=2) + "\n")
        return
    if judged.changes:
        left_out = draw("What changes", _DIFF, columns)
        write(f"Columns hidden to fit the terminal: {', '.join(left_out)}. Use --json.\n" if left_out else "")
        write("\n")
    write_lines(str(judged))


def _read(name: str) -> jt.Manifest:
    manifest = jt.Manifest.read(sys.stdin.buffer if name == STDIN else Path(name))
    for note in manifest.notes:
        write(f"{safe(name)}: {safe(note)}\n", to=sys.stderr)
    return manifest


def schema(
    what: Annotated[
        Literal["manifest", "configuration"], typer.Argument(metavar="manifest|configuration", help="Of what.")
    ],
) -> None:
    """Print a JSON Schema (draft 4) for editors, with a title and a description for every field."""
    from jobtype_toolkit.seed.schema import definition

    made = definition("seed.manifest" if what == "manifest" else what)
    write(jsonlib.dumps(made, indent=2) + "\n")
