"""Which backend a command speaks to: a store, or a live server."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

import jobtype_toolkit as jt

STORE_VARIABLE = "JOBTYPE_TOOLKIT_STORE"
StoreFile = Annotated[
    Path | None,
    typer.Option(
        "--store",
        metavar="FILE",
        envvar=STORE_VARIABLE,
        help="The store, a DuckDB file; to ask, also the folder of a lake.",
    ),
]
ServerUrl = Annotated[
    str | None,
    typer.Option(
        "--server",
        metavar="URL",
        help="Ask a live v6 server instead of a store: the part of its address before /v6/. The token comes from the "
        "environment variable JOBTYPE_TOOLKIT_TOKEN, or from --token-file.",
    ),
]
TokenFile = Annotated[
    Path | None,
    typer.Option("--token-file", metavar="FILE", help="A file with the server's token in it.", dir_okay=False),
]
CaFile = Annotated[
    Path | None,
    typer.Option("--ca-file", metavar="FILE", help="The certificates of a private CA.", dir_okay=False),
]
CertFile = Annotated[
    Path | None,
    typer.Option("--cert-file", metavar="FILE", help="Your own certificate and key, in one file.", dir_okay=False),
]


def opened(path: Path | None) -> jt.Store:
    """Return the store to ask.

    Raises:
        InvalidParameter: none was named.
        InputNotFound: there is none; a question makes no file.
    """
    if path is None:
        msg = (
            f"No store was named. Give --store FILE, or set {STORE_VARIABLE}; or --server URL if a server can answer. "
            "`jobtype-toolkit demo demo.duckdb` makes one with the bundled sample."
        )
        raise jt.InvalidParameter(msg)
    if not path.exists():
        from jobtype_toolkit.store.engine import missing_store  # the program starts without DuckDB

        raise missing_store(path)
    return jt.open(path)


def asked(path: Path | None) -> jt.Store | jt.Lake:
    """Return what answers: a store, or a lake if the path is a folder."""
    return jt.lake(path) if path is not None and path.is_dir() else opened(path)


def connected(server: str, token_file: Path | None, ca_file: Path | None, cert_file: Path | None) -> jt.Scale:
    """Return the live server to ask.

    Raises:
        InvalidParameter: the URL is none, or the token file has no token.
        UnreadableInput: the token file cannot be read.
    """
    token = None
    if token_file is not None:
        try:
            token = token_file.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            why = getattr(error, "strerror", None) or "it is no text"
            msg = f"--token-file {token_file} cannot be read: {why}."
            raise jt.UnreadableInput(msg) from None
        if os.name == "posix" and token_file.stat().st_mode & 0o044:
            warnings.warn(
                f"--token-file {token_file} can be read by other users of this machine. Say chmod 600 {token_file}.",
                jt.NotVerified,
                stacklevel=2,
            )
        if len(token.split()) != 1:
            msg = f"--token-file {token_file} must hold the token alone: no 'Token' before it, no second line."
            raise jt.InvalidParameter(msg)
    return jt.connect(server, token, verify=ca_file or True, cert=str(cert_file) if cert_file else None)


@contextmanager
def backend(
    store: Path | None, server: str | None, token_file: Path | None, ca_file: Path | None, cert_file: Path | None
) -> Iterator[jt.Backend]:
    """Return the server if one is named, otherwise the store."""
    if server is None and (token_file or ca_file or cert_file):
        msg = "--token-file, --ca-file and --cert-file are for a server. Give --server URL too."
        raise jt.InvalidParameter(msg)
    if server is not None and store is not None and str(store) != os.environ.get(STORE_VARIABLE):
        msg = "--store and --server were both given. Choose one."
        raise jt.InvalidParameter(msg)
    found = asked(store) if server is None else connected(server, token_file, ca_file, cert_file)
    with found:
        yield found
