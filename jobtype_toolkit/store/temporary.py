"""A DuckDB that lasts as long as a folder: where rows take their shape before they go into a store."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from jobtype_toolkit.errors import StoreError
from jobtype_toolkit.store.connection import POOL, Connection, limited

_MEMORY = "256MB"
"""How much it takes before it goes to the disk."""


@contextmanager
def temporary(folder: Path) -> Iterator[Connection]:
    """Give an empty database in a folder of the caller's; its times are those of UTC.

    Raises:
        StoreError: there is no room in the folder.
    """
    try:
        with POOL.cursor(folder / "rows.duckdb") as con, limited(con, _MEMORY):
            yield con
    except RuntimeError as error:
        if str(error) == "Query interrupted":  # what DuckDB makes of Ctrl+C
            raise KeyboardInterrupt from None
        raise
    except duckdb.Error as error:
        msg = f"Rows could not be prepared in {folder}: {str(error).splitlines()[0]} What was brought before is kept."
        raise StoreError(msg) from error
