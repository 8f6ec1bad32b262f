"""A history that can tell of a shift: a store, or a lake."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from jobtype_toolkit import hints
from jobtype_toolkit.api.times import Time
from jobtype_toolkit.errors import InvalidParameter
from jobtype_toolkit.queries.reader import SqlBackend
from jobtype_toolkit.report import alarms
from jobtype_toolkit.report.alarms import Alarm, Keep
from jobtype_toolkit.report.mutes import Mute

if TYPE_CHECKING:
    from jobtype_toolkit.report.shift import Shift


class ReportBackend(SqlBackend):
    """A history with its shift report."""

    def report(
        self,
        path: str | Path | None = None,
        *,
        since: Time = "P1D",
        now: Time | None = None,
        source: str | None = None,
        format: str | None = None,
    ) -> Shift:
        """Write the report of a shift: what is worse than usual, new, stuck, waiting, paused and better, and what can wait.

        The HTML is one file of less than 1 MB that asks nothing from outside. The same store and `now` give the same bytes.

        Args:
            path: the file; it is replaced in one piece. Nothing is written if it is not given.
            since: when the shift began: a time, or a duration back from now.
            now: when it ended, as in `status`.
            source: which source; `"*"` for all.
            format: `html`, `md`, `json` or `txt`; if not given, by the ending of the file's name.

        Returns:
            What the report says: `verdict` is its first line, `sections` have the rest.

        Raises:
            InvalidParameter: the shift does not begin before it ends, or a format that there is not.
            Ambiguous: the store has several sources and the call names none.
            NotFound: there is no such source.
            StoreError: the file cannot be written; what was there before is unchanged.
        """
        from jobtype_toolkit.report.assembly import shift_of
        from jobtype_toolkit.report.render import format_of, rendered

        asked = None if path is None else format_of(path, format)
        shift = shift_of(self, since=since, now=now, source=source, mutes=self._mutes())
        if path is not None and asked is not None:
            alarms.write_whole(Path(path), rendered(shift, asked))
        return shift

    def alarmed(self, shift: Shift, *, state: str | Path | None = None) -> list[Alarm]:
        """Return the job types that a shift found to be worse than usual and that have not alarmed yet; remember that they have.

        An episode alarms once. It is over when two windows were as usual, or one was better, or it was not seen for seven.

        Args:
            shift: what `report` returned.
            state: a JSON file that remembers, if the history cannot be written; a store does if it is not given.

        Raises:
            StoreError: the store or the file cannot be written (StoreReadOnly, StoreLocked).
            InvalidParameter: a lake, which no report writes, and no file.
            UnreadableInput: the file is there, but is not a state file of alarms.
        """
        return alarms.alarmed(shift, self._keeping() if state is None else alarms.kept_in(state))

    def _mutes(self) -> Sequence[Mute]:
        """Return the failures that are muted."""
        return ()

    def _keeping(self) -> Keep:
        """Return what keeps the alarms.

        Raises:
            InvalidParameter: the history is only read.
        """
        msg = f"A report does not write into a lake, so that nothing remembers what has alarmed. Give a file with {hints.argument('state')}."
        raise InvalidParameter(msg)
