"""The alarm of the report: each episode in which a job type is worse than usual alarms once, and ends when it clearly is not."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from jobtype_toolkit import hints
from jobtype_toolkit.api.fields import Field
from jobtype_toolkit.api.times import instant, v6_text
from jobtype_toolkit.errors import StoreError, StoreLocked, UnreadableInput
from jobtype_toolkit.report.shift import Shift, Verdict

CALM = 2
"""So many windows as usual end an episode; one that is better does so alone."""
_FORGOTTEN = 7
"""An episode that was not seen for so many windows has ended, whatever became of its job type."""
_FORMAT = 1
_WAIT = 10.0
"""Seconds to wait for another report that holds the file."""

FIELDS = (
    Field("source", "text", "The source of the job type.", required=True),
    Field("name", "text", "The job type.", required=True),
    Field("opened", "time", "The end of the window that was the first to be worse than usual.", required=True),
    Field("worse", "time", "The end of the last window that was.", required=True),
    Field("judged", "time", "The end of the last window that was judged.", required=True),
    Field("calm", "int", "How many windows were as usual since it was worse.", required=True),
)
"""What is kept of an alarm, and the columns of the table in a store."""


@dataclass(frozen=True, slots=True)
class Alarm:
    """An episode in which a job type is worse than usual."""

    source: str
    name: str
    opened: datetime
    worse: datetime
    judged: datetime
    calm: int = 0


Change = Callable[[Sequence[Alarm]], Sequence[Alarm]]
"""From the open alarms before a shift to those after it."""
Keep = Callable[[Change], None]
"""What reads the open alarms, changes them and writes them, in one piece."""


def after(known: Sequence[Alarm], shift: Shift) -> tuple[list[Alarm], list[Alarm]]:
    """Return the alarms that are open after a shift, and those of them that it opened."""
    length = shift.now - shift.started
    alarms = {(one.source, one.name): one for one in known}
    opened = []
    for verdict in shift.verdicts:
        key = (verdict.source, verdict.name)
        before = alarms.pop(key, None)
        if before is None and verdict.verdict == "worse" and not verdict.is_muted:
            opened.append(Alarm(*key, shift.now, shift.now, shift.now))
        elif before is not None and (left := _judged(before, verdict, shift.now, length)):
            alarms[key] = left
    kept = [one for one in alarms.values() if shift.now - one.worse <= _FORGOTTEN * length]
    return sorted([*kept, *opened], key=lambda one: (one.source, one.name)), opened


def _judged(alarm: Alarm, verdict: Verdict, now: datetime, length: timedelta) -> Alarm | None:
    """Return an open alarm after one more verdict; None if it has ended."""
    if now <= alarm.judged:
        return alarm
    if verdict.verdict == "worse":
        return replace(alarm, worse=now, judged=now, calm=0)
    if verdict.verdict == "better":
        return None
    if verdict.verdict != "as usual" or now - alarm.judged < length / 2:  # windows that overlap by more count once
        return alarm
    return replace(alarm, judged=now, calm=alarm.calm + 1) if alarm.calm + 1 < CALM else None


def alarmed(shift: Shift, keep: Keep) -> list[Alarm]:
    """Return the alarms that a shift opens, and keep what is open after it."""
    opened: list[Alarm] = []

    def change(known: Sequence[Alarm]) -> Sequence[Alarm]:
        kept, found = after(known, shift)
        opened.extend(found)
        return kept

    keep(change)
    return opened


def kept_in(path: str | Path) -> Keep:
    """Return what keeps the alarms in a JSON file, for a store that cannot be written.

    Raises:
        UnreadableInput: the file is there, but is not a state file of alarms.
        StoreLocked: another report holds the file for longer than ten seconds.
        StoreError: the file cannot be written.
    """
    file = Path(path).expanduser()

    def keep(change: Change) -> None:
        from filelock import FileLock, Timeout

        try:
            with FileLock(f"{file}.lock", timeout=_WAIT):
                write_whole(file, _as_text(change(_read(file))))
        except Timeout:
            msg = f"Another report holds {file}. Wait until it is done, or give another file with {hints.argument('state')}."
            raise StoreLocked(msg) from None

    return keep


def _read(file: Path) -> list[Alarm]:
    try:
        known = json.loads(file.read_bytes())
        return [_alarm(one) for one in known["alarms"]] if known["format"] == _FORMAT else _refuse(file)
    except FileNotFoundError:
        return []
    except (OSError, ValueError, KeyError, TypeError):
        return _refuse(file)


def _refuse(file: Path) -> list[Alarm]:
    msg = f"{file} holds no alarms that a report wrote. Give another file with {hints.argument('state')}, or remove it: then what is worse now alarms anew."
    raise UnreadableInput(msg)


def _alarm(known: dict[str, Any]) -> Alarm:
    values: dict[str, Any] = {
        one.name: instant(known[one.name]) if one.type == "time" else known[one.name] for one in FIELDS
    }
    return Alarm(**values)


def _as_text(alarms: Sequence[Alarm]) -> str:
    rows = [
        {
            one.name: v6_text(value) if isinstance(value := getattr(alarm, one.name), datetime) else value
            for one in FIELDS
        }
        for alarm in alarms
    ]
    return json.dumps({"format": _FORMAT, "alarms": rows}, indent=1) + "\n"


def write_whole(path: Path, text: str) -> None:
    """Write a file in one piece: whoever reads it meanwhile, or after a crash, has the old one or the new one.

    Raises:
        StoreError: it cannot be written; what was there before is unchanged.
    """
    target = path.expanduser().resolve()
    part = None
    try:
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", newline="\n", dir=target.parent, prefix=f".{target.name}-", delete=False
        ) as made:
            part = Path(made.name)
            made.write(text)
            made.flush()
            os.fsync(made.fileno())
        part.chmod(target.stat().st_mode & 0o777 if target.exists() else 0o666 & ~_umask())
        part.replace(target)
    except OSError as error:
        if part is not None:
            part.unlink(missing_ok=True)
        msg = f"{path} cannot be written, and what was there before is unchanged: {error.strerror or error}."
        raise StoreError(msg) from error


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
