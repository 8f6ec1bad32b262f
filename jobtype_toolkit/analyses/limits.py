"""Whether the limits of a job type fit what its jobs needed: its timeout, its memory, how often it is tried."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import unified_diff
from math import ceil
from typing import TYPE_CHECKING, Any

from jobtype_toolkit.analyses.intervals import rates
from jobtype_toolkit.analyses.question import Named, Question, span, with_note
from jobtype_toolkit.api.fields import Field, Resource
from jobtype_toolkit.api.resources import JOB, JOB_TYPE, KEY
from jobtype_toolkit.api.services import Parameter
from jobtype_toolkit.api.versions import rank
from jobtype_toolkit.errors import NotFound
from jobtype_toolkit.hints import counted
from jobtype_toolkit.seed.manifest import Manifest
from jobtype_toolkit.seed.sections import MINIMUM

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from jobtype_toolkit.backend import Query

_MARGIN, _SHARE = 1.5, 0.999
"""How many times as long as this share of the good runs a run may take."""
_LEAST_RUNS, _LEAST_DAYS = 100, 7
"""What a timeout is told from."""
_FITS = 0.8
"""A timeout fits if the proposed one is at least this part of it."""
_LEAST_FAILURES = 10
"""With a memory error, or after the last execution, so that anything is proposed."""
_SURE = 1e-3
"""How rare it must be by chance that the inputs of failures with a memory error are so large."""
_FIRST = 0.05
"""The share of these failures below the size from which the memory is too small."""
_WORTH, _IN_VAIN, _LEAST_TRIES = 0.25, 0.05, 30
"""The share of jobs that an execution saves if another one is worth it, and if it is not, of so many jobs at least."""
_ORDINALS = {1: "1st", 2: "2nd", 3: "3rd"}
_TIMEOUT = ("job", "timeout")
_RESOURCES = ("job", "resources", "scalar")


@dataclass
class _Limits:
    """A version with its limits, and what its jobs of the window needed."""

    jobs: pd.DataFrame
    manifest: Manifest | None
    max_tries: int | None
    notes: list[str]

    @property
    def good(self) -> pd.DataFrame:
        """The COMPLETED jobs."""
        return self.jobs[self.jobs["status"] == "COMPLETED"]

    def killed(self, is_killed: pd.Series) -> dict[str, float]:
        """Return the share of good runs that a limit would have ended, with its interval, days being clusters."""
        days = self.jobs.loc[is_killed.index, ["start"]].assign(failed=is_killed.astype("int64"))
        days = days.groupby("start", as_index=False).agg(finished=("failed", "size"), failed=("failed", "sum"))
        found = rates(days.assign(all=0), ["all"]).iloc[0]
        return {"killed_share": float(found["rate"]), "low": float(found["low"]), "high": float(found["high"])}


_NONE_KILLED = {"killed_share": 0.0, "low": 0.0, "high": 0.0}
"""Of a limit that is wider than the present one."""


def _timeout(one: _Limits) -> Iterator[dict[str, Any]]:
    """Yield what the timeout should be: in whole minutes, some more than almost all good runs took."""
    good = one.good[one.good["run_time"].notna()]
    days = good["start"].nunique()
    ended = int((one.jobs["cause"] == "timeout").sum())
    if ended:
        one.notes.append(
            f"{ended:,} {'run was' if ended == 1 else 'runs were'} ended by the timeout: history does not tell whether they hung"
        )
    if len(good) < _LEAST_RUNS or days < _LEAST_DAYS:
        one.notes.append(
            f"not enough data for a timeout: {len(good):,} good runs on {days} days, and {_LEAST_RUNS} on {_LEAST_DAYS} are needed"
        )
        return
    longest = good["run_time"].quantile(_SHARE)
    within = int((good["run_time"] <= longest).sum())
    told = f"{'all' if within == len(good) else f'{within:,}'} of {len(good):,} good runs took at most {longest:,.0f} s"
    proposed = max(ceil(_MARGIN * longest / 60), 1) * 60
    current = one.manifest.at(_TIMEOUT) if one.manifest else None
    current = current if isinstance(current, (int, float)) and current > 0 else None
    if current and _FITS * current <= proposed <= current:
        one.notes.append(f"the timeout of {current:,} s fits: {told}")
        return
    if one.manifest:
        one.manifest.set(_TIMEOUT, proposed)
    yield {
        "member": "timeout",
        "current": current,
        "proposed": proposed,
        **one.killed(good["run_time"] > proposed),
        "evidence": f"{told}, and {_MARGIN} times that, rounded up to whole minutes, is {proposed:,} s; {_longest(good['run_time'], proposed)}",
    }


def _longest(run_time: pd.Series, proposed: float) -> str:
    """Return what the evidence says of the longest good run: how many the proposal would have ended, if any."""
    count, longest = int((run_time > proposed).sum()), f"{run_time.max():,.0f} s"
    return f"{count:,} took longer, the longest {longest}" if count else f"the longest took {longest}"


def _memory(one: _Limits) -> Iterator[dict[str, Any]]:
    """Yield how much memory each MiB of input should bring, if failures with a memory error come with large inputs.

    Memory is not recorded. If it grows in proportion to the input at most, and is just all that jobs get at the size where failures set in,
    then what they get there, per MiB, is enough for all larger ones.
    """
    failures = one.jobs[one.jobs["cause"] == "memory"]
    if failures.empty:
        one.notes.append("memory is not recorded, and no job failed with a memory error: no other memory is proposed")
        return
    told = f"{counted(len(failures), 'job')} failed with a memory error"
    sizes = failures["input_file_size"].dropna().to_numpy("float64")
    if not _grows(sizes, one.good["input_file_size"].dropna().to_numpy("float64")):
        one.notes.append(f"{told}, no more often with large inputs: history does not tell how much memory they need")
        return
    place, value, present = _memory_of(one.manifest)
    if one.manifest is None or place is None:
        one.notes.append(f"{told}, more often with large inputs, but the manifest with their memory is not known here")
        return
    import numpy as np

    first = float(np.quantile(sizes, _FIRST))
    given = max(ceil(present * first + value), MINIMUM["mem"])
    proposed = ceil(100 * given / first) / 100 if first > 0 else present
    if proposed <= present:
        one.notes.append(
            f"{told}, more often with large inputs, though memory grows with them: history does not tell how much they need"
        )
        return
    if place == len(one.manifest.at(_RESOURCES, [])):
        one.manifest.set("job.resources.scalar[-]", {"name": "mem", "value": value})
        yield {
            "member": "resources.scalar[mem]",
            "current": None,
            "proposed": value,
            **_NONE_KILLED,
            "evidence": f"jobs get Scale's least memory, {value:,.0f} MiB, since the manifest names none",
        }
    one.manifest.set((*_RESOURCES, place, "inputMultiplier"), proposed)
    large = int((sizes >= first).sum())
    yield {
        "member": "inputMultiplier",
        "current": present,
        "proposed": proposed,
        **_NONE_KILLED,
        "evidence": f"{told}, {large:,} of them on inputs of {first:,.0f} MiB or more, where they get {given:,} MiB; "
        f"memory that grows in proportion to the input needs {proposed:.2f} MiB for each",
    }


def _grows(failed: np.ndarray, good: np.ndarray) -> bool:
    """Whether failures come with larger inputs than good runs."""
    from scipy.stats import mannwhitneyu

    if len(failed) < _LEAST_FAILURES or len(good) < _LEAST_FAILURES:
        return False
    return bool(mannwhitneyu(failed, good, alternative="greater").pvalue <= _SURE)


def _memory_of(manifest: Manifest | None) -> tuple[int | None, float, float]:
    """Return the place of the memory among the resources of a manifest, its value in MiB, and how much each MiB of input adds."""
    if manifest is None:
        return None, 0.0, 0.0
    items = manifest.at(_RESOURCES, [])
    if not isinstance(items, list):
        return None, 0.0, 0.0
    for place, item in enumerate(items):
        if isinstance(item, dict) and str(item.get("name")).lower() == "mem":
            value, times = item.get("value", 0), item.get("inputMultiplier", 0)
            if isinstance(value, (int, float)) and isinstance(times, (int, float)):
                return place, value, times
            return None, 0.0, 0.0
    return len(items), MINIMUM["mem"], 0.0


def _tries(one: _Limits) -> Iterator[dict[str, Any]]:
    """Yield how many executions a job should have: one more if the last one saves many, fewer if the later ones save hardly any."""
    counted = one.jobs[one.jobs["num_exes"] >= 1]
    if one.max_tries is None or counted.empty:
        one.notes.append("max_tries or the numbers of executions are not known here: no other max_tries is proposed")
        return
    most = max(one.max_tries, 1)
    counted = counted[counted["num_exes"] <= most]  # others were put on the queue again by hand
    number, is_good = counted["num_exes"].to_numpy("int64"), (counted["status"] == "COMPLETED").to_numpy()
    if most == 1:
        one.notes.append("max_tries is 1: history does not tell what a second execution would save")
        return
    spent = int((~is_good & (number >= most) & counted["is_retried"].to_numpy(bool)).sum())
    came, saved = int((number >= most).sum()), int((is_good & (number == most)).sum())
    row: dict[str, Any] = {"member": "max_tries", "current": one.max_tries}
    if spent >= _LEAST_FAILURES and saved >= _WORTH * came:
        told = f"the {_nth(most)} execution saved {saved:,} of {came:,} jobs that came to it, and {spent:,} failed after it with an error that is retried"
        yield row | {"proposed": most + 1, **_NONE_KILLED, "evidence": told}
        return
    for fewer in range(1, most):
        came, saved = int((number > fewer).sum()), int((is_good & (number > fewer)).sum())
        if came >= _LEAST_TRIES and saved <= _IN_VAIN * came:
            killed = one.killed(counted["num_exes"][is_good] > fewer) if is_good.any() else _NONE_KILLED
            told = (
                f"of {came:,} jobs that failed {fewer} time{'s' if fewer > 1 else ''}, later executions saved {saved:,}"
            )
            yield row | {"proposed": fewer, **killed, "evidence": told}
            return


def _nth(number: int) -> str:
    return _ORDINALS.get(number, f"{number}th")


def _latest(facts: pd.DataFrame) -> pd.DataFrame:
    """Return the facts about the latest version that has good runs in the window, or about the latest of all."""
    used = facts[facts["status"] == "COMPLETED"]["version"].unique()
    version = max(used if len(used) else facts["version"].unique(), key=rank)
    kept: pd.DataFrame = facts[facts["version"] == version]
    return kept


def _sized(frame: pd.DataFrame, query: Query) -> pd.DataFrame:
    """Return a row per proposal; the manifest with all of them, and what it changes, are in attrs."""
    import pandas as pd

    name, version = query.filters["name"], query.filters["version"]
    if version is not None and frame.empty:
        msg = f"There is no version {version!r} of the job type {name!r} {query.scope.place}."
        raise NotFound(msg)
    rows: list[dict[str, Any]] = []
    written: list[tuple[Manifest, Manifest]] = []
    for source, facts in frame.groupby("source", sort=True):
        kept = _latest(facts)
        known = kept[kept["fact"] == "type"].iloc[0]
        text = known["manifest"] if isinstance(known["manifest"], str) else None
        manifest = Manifest.read(text) if text else None
        tries = known["max_tries"]
        one = _Limits(kept[kept["fact"] == "job"], manifest, None if pd.isna(tries) else int(tries), [])
        found = [*_timeout(one), *_memory(one), *_tries(one)]
        rows += [{"source": source, "name": name, "version": known["version"], **row} for row in found]
        if manifest is None:
            one.notes.append("the manifest is not known here, so that there is none with the proposals in it")
        else:
            written.append((Manifest.read(text), manifest))
        if any(row["member"] == "max_tries" for row in found):
            one.notes.append("max_tries stands in no manifest, and no v6 service sets it: an administrator does")
        for note in one.notes:
            with_note(frame, f"{known['version']}: {note}")
    made = pd.DataFrame(rows, columns=["source", *query.service.row.names])
    made.attrs = {**frame.attrs, "manifest": None, "diff": ""}
    if len(written) == 1:
        made.attrs |= {"manifest": written[0][1].text, "diff": _difference(*written[0])}
    return made


def _difference(before: Manifest, after: Manifest) -> str:
    """Return what a manifest changes as a unified diff; both are laid out alike first, since a server keeps one in one line."""
    old, new = (one.formatted.splitlines() for one in (before, after))
    return "\n".join(unified_diff(old, new, "manifest", "proposed", lineterm=""))


RIGHT_SIZE = Question(
    name="right_size",
    title="Limits that history proposes",
    summary="What should the limits of a job type be?",
    returns='One row per proposal. `attrs["manifest"]` is the text of the manifest with all of them in it, ready for `edit`, `attrs["diff"]` what '
    'they change of it, and `attrs["notes"]` say what history cannot tell.',
    row=Resource(
        "proposal of a limit",
        "One row per limit of a job type that should be another; not a v6 service.",
        (
            *KEY,
            Field("member", "text", "`timeout`, `resources.scalar[mem]`, `inputMultiplier` of that, or `max_tries`."),
            Field(
                "current",
                "float",
                "The present value, in s, MiB, MiB per MiB of input, or executions; missing if none is set.",
            ),
            Field("proposed", "float", "What it should be."),
            Field(
                "killed_share",
                "float",
                "Part of the good runs of the window that the proposal would have ended.",
                unit="0 to 1",
            ),
            Field("low", "float", "Lower bound of the 95 % interval of that, in the long run.", unit="0 to 1"),
            Field("high", "float", "Upper bound of it.", unit="0 to 1"),
            Field("evidence", "text", "What shows it, with numbers."),
        ),
    ),
    parameters=(
        Parameter("name", "text", "Name of the job type.", is_required=True),
        Parameter("version", "text", "Its version; the latest with good runs in the window if not given."),
        *span("jobs that finished", started="P90D"),
    ),
    places=("name", "version"),
    named=Named("version", versions=("version",)),
    is_half_open=True,
    history="window",
    first=("member", "current", "proposed", "killed_share", "high", "version", "evidence"),
    read=(
        Field("fact", "text", "`type`, of a version, or `job`, of a finished job."),
        KEY[1],
        Field("manifest", "text", "The manifest of a version."),
        JOB_TYPE["max_tries"],
        Field("start", "time", "The day."),
        JOB["status"],
        Field("cause", "text", "`timeout` or `memory`, if that limit ended the job."),
        Field("is_retried", "bool", "Whether Scale runs a job again that fails so."),
        Field("run_time", "float", "From started to ended, if it was COMPLETED.", unit="s"),
        JOB["input_file_size"],
        JOB["num_exes"],
    ),
    finish=_sized,
    command="right-size",
    example="pan-sharpen 2.1.0",
)
