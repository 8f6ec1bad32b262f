"""A history that ended long ago, moved so that it ends now: of the sample, so that what is asked of the last day has an answer."""

from __future__ import annotations

from datetime import datetime

from jobtype_toolkit.api.times import naive_utc
from jobtype_toolkit.sqlfiles import quoted
from jobtype_toolkit.store import rollup, schema
from jobtype_toolkit.store.engine import transaction
from jobtype_toolkit.store.store import Store


def move_to(store: Store, moment: datetime) -> None:
    """Move all times of a store by whole seconds, so that its newest job changed just before an instant."""
    with store._writing("serve") as con, transaction(con):  # noqa: SLF001 - as a load writes, which has no call for this
        (latest,) = con.execute("SELECT max(as_of) FROM source").fetchone() or (None,)
        if latest is None:
            return
        seconds = int((naive_utc(moment) - latest).total_seconds())
        for table in schema.TABLES:
            times = [quoted(one.name) for one in table.fields if one.type == "time"]
            if times:
                moved = ", ".join(f"{one} = {one} + to_seconds($seconds)" for one in times)
                con.execute(f"UPDATE {quoted(table.name)} SET {moved}", {"seconds": seconds})
        for (source,) in con.execute("SELECT source FROM source").fetchall():
            rollup.count_again(con, source)  # a day that was moved by seconds is no day
