"""The command `validate`: all findings of many manifests, for people, for programs and for GitHub's annotations."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

import jobtype_toolkit as jt
from jobtype_toolkit.cli.findings_output import REPORTS, Checked, Report
from jobtype_toolkit.cli.output import write
from jobtype_toolkit.cli.targets import CaFile, CertFile, ServerUrl, StoreFile, TokenFile, asked, connected
from jobtype_toolkit.display.cells import safe
from jobtype_toolkit.seed.findings import workspaces_unchecked

if TYPE_CHECKING:
    from jobtype_toolkit.seed.findings import Finding

FOUND, UNREADABLE = 1, 2
STDIN = "-"
BAR_AFTER = 0.5
"""After how many seconds a bar is shown."""
TARGETS = ("6", "7.0", "7.2", "schema", "seed-cli")
_MANIFESTS = """
    SELECT source, name, version, revision_num, manifest FROM job_type WHERE manifest IS NOT NULL
    UNION
    SELECT t.source, t.name, t.version, r.revision_num, r.manifest
    FROM job_type_revision r JOIN job_type t ON t.source = r.source AND t.id = r.job_type_id
    WHERE r.manifest IS NOT NULL AND r.revision_num IS DISTINCT FROM t.revision_num
    ORDER BY source, name, version, revision_num
"""


@dataclass(frozen=True, slots=True)
class Checks:
    """How to check: what the options ask for."""

    config: Path | None = None
    fix: Literal["safe", "all"] | None = None
    against: str | None = None
    workspaces: dict[str, bool] | None = None
    scale: jt.Scale | None = None
    store: Path | None = None
    """The store that was asked for workspaces."""

    def file(self, name: str) -> Checked:
        """Check one file, `-` being standard input."""
        try:
            return self._file(name)
        except OSError as error:
            return Checked(name, unreadable=str(error))

    def _file(self, name: str) -> Checked:
        source: Any = sys.stdin.buffer.read() if name == STDIN else Path(name)
        made = self._validate(source)
        applied: Sequence[str] = ()
        if self.fix and any(found.fix and (found.fix.safe or self.fix == "all") for found in made):
            try:
                fixed = made.fixed(self.fix)
            except jt.InvalidManifest:  # not readable as a manifest; the findings say why
                return Checked(name, self._weighed(made), fix=self.fix)
            applied = fixed.applied
            if applied:
                fixed.save(name)
                made = self._validate(source)
        return Checked(name, self._weighed(made), applied, fix=self.fix)

    def value(self, name: str, manifest: str) -> Checked:
        """Check a manifest of a store."""
        return Checked(name, self._weighed(self._validate(manifest.encode()), placed=False))

    def _validate(self, source: Any) -> jt.Validation:
        if self.scale is not None:
            made = self.scale.validate(source, self.config)
            return made if self.config else _of_manifest(made)
        against: Any = self.against or "7.2"
        made = jt.validate(source, self.config, workspaces=self.workspaces, against=against)
        if self.store is None:
            return made
        remedy = "A pull from the server brings them, or give --workspace NAME, once for each."
        return workspaces_unchecked(made, f"the store {self.store} knows none", remedy)

    def _weighed(self, made: jt.Validation, *, placed: bool = True) -> list[Finding]:
        """Return the findings; if a target is named, what only others refuse is a warning."""
        found = [one if placed else replace(one, line=None, column=None) for one in made]
        if self.against is None:
            return found
        counts = {self.against} if self.against in ("schema", "seed-cli") else {"Scale", "Scale create"}
        return [
            replace(one, severity="warning") if one.severity == "error" and not one.rejected_by & counts else one
            for one in found
        ]


def _of_manifest(made: jt.Validation) -> jt.Validation:
    """Return what is said of the manifest: without a configuration a server judges an empty one, which nobody gave."""
    errors, warnings = (
        tuple(one for one in findings if one.document == "manifest") for findings in (made.errors, made.warnings)
    )
    return replace(made, errors=errors, warnings=warnings)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: jobtype-toolkit validate seed.manifest.json --fix")(validate)


def validate(
    files: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="FILE...",
            help="Manifests; of a folder all that are named seed.manifest.json, else all JSON files; - is standard input.",
        ),
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="A job type configuration, which is judged with each manifest.", dir_okay=False
        ),
    ] = None,
    fix: Annotated[
        bool, typer.Option("--fix", metavar="", help="Apply the safe fixes in place, and say which.")
    ] = False,
    unsafe: Annotated[
        bool,
        typer.Option(
            "--unsafe", metavar="", help="With --fix: apply every fix, also those to be looked at afterwards."
        ),
    ] = False,
    workspace: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME", help="A workspace that --config may name, once for each; the store's if not given."
        ),
    ] = None,
    format: Annotated[
        Report, typer.Option(metavar="NAME", help="text, json, or github for annotations in a workflow.")
    ] = "text",
    warnings_as_errors: Annotated[
        bool, typer.Option("--warnings-as-errors", metavar="", help="Exit with 1 for warnings, too; never for advice.")
    ] = False,
    against: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help=f"Whose refusals count as errors: {', '.join(TARGETS)}; those of anyone if not given.",
        ),
    ] = None,
    store: StoreFile = None,
    server: ServerUrl = None,
    token_file: TokenFile = None,
    ca_file: CaFile = None,
    cert_file: CertFile = None,
) -> None:
    """Find everything wrong with Seed manifests, each finding with its place and its remedy.

    Without a FILE, every manifest of the store is validated, old revisions too; with --config, its workspaces are those that a
    configuration may name. With --server, the server's own validation is asked, too. Exit codes: 0 nothing of severity error, 1 something, 2 a file could not be read.
    """
    _refuse_targets(files, against, store, server)
    _refuse_options(files, config, fix=fix, unsafe=unsafe, workspace=workspace, server=server)
    if config is not None:
        jt.validate({}, config)  # the one file that all need: not to be told of with each
    workspaces = dict.fromkeys(workspace, True) if workspace else None
    asked_store = store if workspaces is None and not server and (config or not files) else None
    if asked_store:
        workspaces = _workspaces(asked_store)
    with connected(server, token_file, ca_file, cert_file) if server else nullcontext() as scale:
        checks = Checks(config, ("all" if unsafe else "safe") if fix else None, against, workspaces, scale, asked_store)
        results = list(_files(checks, files) if files else _stored(checks, store))
    write(REPORTS[format](results, config))
    for one in results:
        if one.unreadable:
            write(f"jobtype-toolkit: {safe(one.unreadable)}\n", to=sys.stderr)
    if any(one.unreadable for one in results):
        raise typer.Exit(UNREADABLE)
    if any(one.count("error", *["warning"] * warnings_as_errors) for one in results):
        raise typer.Exit(FOUND)


def _refuse_targets(files: list[str] | None, against: str | None, store: Path | None, server: str | None) -> None:
    """Refuse a command that names nothing to validate, or nobody to validate against."""
    if against is not None and against not in TARGETS:
        msg = f"--against {against!r} is not a target. Give one of {', '.join(TARGETS)}."
        raise jt.InvalidParameter(msg)
    if server is not None and (not files or against is not None):
        msg = "--server asks that server: give it a FILE, and leave --against out."
        raise jt.InvalidParameter(msg)
    if not files and store is None:
        msg = "No manifest was named. Give a FILE, a folder, - for standard input, or --store FILE for all of a store."
        raise jt.InvalidParameter(msg)


def _refuse_options(
    files: list[str] | None,
    config: Path | None,
    *,
    fix: bool,
    unsafe: bool,
    workspace: list[str] | None,
    server: str | None,
) -> None:
    """Refuse options that do not go together."""
    if fix and (not files or STDIN in files):
        msg = "--fix changes files in place; standard input and stores are not changed. Name a file."
        raise jt.InvalidParameter(msg)
    if unsafe and not fix:
        msg = "--unsafe says which fixes --fix applies. Give --fix too."
        raise jt.InvalidParameter(msg)
    if workspace and (config is None or server is not None):
        msg = "--workspace is for a configuration that no server judges. Give --config FILE, and leave --server out."
        raise jt.InvalidParameter(msg)


def found_in(names: Sequence[str]) -> list[str]:
    """Return the files that the names stand for: a folder stands for the manifests below it, hidden folders left out.

    Raises:
        UnreadableInput: a folder without any.
    """
    made: list[str] = []
    for name in names:
        if name == STDIN or not Path(name).is_dir():
            made.append(name)
            continue
        folder = Path(name)
        every = [
            path
            for path in sorted(folder.rglob("*.json"))
            if not any(part.startswith(".") for part in path.relative_to(folder).parts) and path.is_file()
        ]
        chosen = [path for path in every if path.name == "seed.manifest.json"] or every
        if not chosen:
            msg = f"The folder {name} has no JSON files. Name a manifest, or the folder of some."
            raise jt.UnreadableInput(msg)
        made += map(str, chosen)
    return list(dict.fromkeys(made))


def _files(checks: Checks, names: Sequence[str]) -> Iterator[Checked]:
    return (checks.file(name) for name in progress(found_in(names), "validate", "file"))


def _stored(checks: Checks, store: Path | None) -> Iterator[Checked]:
    """Check the manifest of every revision in a store."""
    with asked(store) as found:
        rows = found.sql(_MANIFESTS).astype(object).values.tolist()
    several = len({row[0] for row in rows}) > 1
    for source, name, version, number, manifest in progress(rows, "validate", "manifest"):
        label = f"{name} {version} revision {number}"
        yield checks.value(f"{source}: {label}" if several else label, manifest)


def _workspaces(store: Path) -> dict[str, bool] | None:
    with asked(store) as found:
        known = found.workspaces()
    return dict(zip(known["name"], map(bool, known["is_active"]), strict=True)) or None


def progress(items: Sequence[Any], what: str, unit: str) -> Iterator[Any]:
    """Go through the items under a progress bar on stderr, which appears only on a terminal and after a while."""
    from tqdm import tqdm

    return iter(tqdm(items, desc=what, unit=unit, delay=BAR_AFTER, leave=False, disable=None, file=sys.stderr))
