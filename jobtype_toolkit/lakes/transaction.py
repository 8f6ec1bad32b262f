"""A transaction of pyiceberg that costs what changes, however many earlier states a table has."""

from __future__ import annotations

from pyiceberg.table import Transaction
from pyiceberg.table.metadata import TableMetadata
from pyiceberg.table.update import update_table_metadata


class Change(Transaction):
    """A transaction that works out the metadata once per update; pyiceberg copies them, with all snapshots, at each look."""

    _known: tuple[object, object, TableMetadata] | None = None

    @property
    def table_metadata(self) -> TableMetadata:
        """The metadata as they are with the updates so far."""
        base, updates = self._table.metadata, self._updates
        if self._known is None or self._known[0] is not base or self._known[1] is not updates:
            self._known = (base, updates, update_table_metadata(base, updates))
        return self._known[2]
