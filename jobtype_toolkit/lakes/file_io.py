"""What pyiceberg reads and writes the files of a remote warehouse with; it finds the class by its name."""

from __future__ import annotations

from typing import Any

from pyiceberg.io.fsspec import FsspecFileIO, FsspecOutputFile

from jobtype_toolkit.lakes.iceberg import needed


class AnyFileIO(FsspecFileIO):
    """Any file system that fsspec knows, with the credentials and the endpoint that this one finds; pyiceberg knows a few."""

    def get_fs(self, scheme: str, hostname: str | None = None) -> Any:  # noqa: ARG002 - the URL's host is part of each path
        """Return the file system of a URL."""
        return needed("fsspec").filesystem(scheme)

    def new_output(self, location: str) -> FsspecOutputFile:
        """Give a file to write, in a folder that is there then; some systems make none by themselves."""
        self.get_fs(location.partition("://")[0]).makedirs(location.rpartition("/")[0], exist_ok=True)
        return super().new_output(location)
