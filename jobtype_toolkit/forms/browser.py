"""The state of the browser of job types: search, look, compare, and small changes through a plan."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jobtype_toolkit.errors import AlreadySent, ToolkitError
from jobtype_toolkit.forms.diff import diff
from jobtype_toolkit.forms.planned import plan_nodes
from jobtype_toolkit.seed.compatibility import compare
from jobtype_toolkit.widgets.nodes import ROOT, Node, Nodes, button, note, prefixed
from jobtype_toolkit.widgets.screen import NOTHING, Effect, Screen

if TYPE_CHECKING:
    import pandas as pd

    from jobtype_toolkit.api.objects import JobType
    from jobtype_toolkit.backend import Backend
    from jobtype_toolkit.plans.plan import Plan

ROWS = 100
"""How many job types are listed at first, and how many more at a time."""
FILTERS: Mapping[str, tuple[str, str, tuple[str, str]]] = {
    "+active": ("State", "is_active", ("active", "deprecated")),
    "+paused": ("Pause", "is_paused", ("paused", "not paused")),
    "+system": ("Kind", "is_system", ("system", "user")),
}
"""The filters: label, column, and the words for true and false."""
CHANGES: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "pause": ("Pause", {"is_paused": True}),
    "unpause": ("Unpause", {"is_paused": False}),
    "deprecate": ("Deprecate", {"is_active": False}),
    "activate": ("Activate", {"is_active": True}),
}
"""The changes of one field: what the button says, and what the edit takes."""
_REVISIONS = "+revisions-page"
_PLAN = "plan:"
"""What the ids of a plan's nodes begin with."""
Opener = Callable[[str, str], object]


@dataclass(slots=True)
class Chosen:
    """The job type that is looked at, as it was read."""

    name: str
    version: str
    source: dict[str, Any]
    """The source as an argument, in a store of several."""
    details: JobType
    versions: pd.DataFrame
    revisions: pd.DataFrame
    pair: tuple[int, int] | None
    """The two revisions that are compared, the earlier first unless somebody chose otherwise."""
    manifests: dict[int, Any]
    """The manifests that were read, by revision."""

    @property
    def title(self) -> str:
        """Name and version."""
        return f"{self.name} {self.version}"


class BrowserState(Screen):
    """The job types of a target: a list to search, and one of them with its versions, revisions and manifest.

    Acts: `edit` of a search field, a filter or a revision to compare, `more` rows, `pick` a job type, `form` to hand it on,
    `plan` a change, `send` or `close` the plan, `reload`.

    Args:
        target: a `Store` or a live server.

    Raises:
        ToolkitError: its job types cannot be read.
    """

    def __init__(self, target: Backend) -> None:
        super().__init__()
        self._target = target
        self._search = ""
        self._filters = dict.fromkeys(FILTERS, "")
        self._most = ROWS
        self._chosen: Chosen | None = None
        self._trouble = ""
        self._plan: tuple[str, Plan] | None = None
        self._is_comparing = False
        self._openers: list[Opener] = []
        self._load()

    # What a program reads.

    @property
    def selected(self) -> tuple[str, str] | None:
        """Name and version of the job type that is looked at; None if there is none."""
        chosen = self._chosen
        return (chosen.name, chosen.version) if chosen else None

    @property
    def found(self) -> pd.DataFrame:
        """All job types that match the search and the filters, as `target.job_types` returns them."""
        with self._lock:
            found: pd.DataFrame = self._types[self._matches()]
            return found

    def on_open(self, opener: Opener) -> None:
        """Call a function with name and version if somebody asks for the manifest form."""
        self._openers.append(opener)

    # Reading.

    def _load(self) -> None:
        self._types = self._target.job_types()
        ids = self._types["id"].astype(str)
        self._keys = self._types["source"] + "/" + ids if "source" in self._types else ids
        words = self._types["name"] + " " + self._types["version"]
        for name in ("title", "description"):
            words = words + " " + self._types[name].fillna("")
        self._words = words.str.casefold()

    def _matches(self) -> Any:
        import pandas as pd

        kept = pd.Series(data=True, index=self._types.index)
        for word in self._search.casefold().split():
            kept &= self._words.str.contains(word, regex=False)
        for key, wanted in self._filters.items():
            if wanted:
                kept &= self._types[FILTERS[key][1]].eq(wanted == "yes").fillna(False).astype(bool)
        return kept

    def _choose(self, key: str) -> None:
        at = self._keys[self._keys == key].index
        if not len(at):
            return
        row = self._types.loc[at[0]]
        name, version = str(row["name"]), str(row["version"])
        source: dict[str, Any] = {"source": str(row["source"])} if "source" in self._types else {}
        revisions = self._target.revisions(name, version, **source)
        numbers = [int(number) for number in revisions["revision_num"]]
        self._chosen = Chosen(
            name, version, source, self._target.job_type(name, version, **source), self._versions(row), revisions,
            (numbers[1], numbers[0]) if len(numbers) > 1 else None, {},
        )  # fmt: skip
        self._plan, self._trouble = None, ""
        self._compare()

    def _versions(self, row: Any) -> pd.DataFrame:
        same = self._types["name"] == row["name"]
        if "source" in self._types:
            same &= self._types["source"] == row["source"]
        found: pd.DataFrame = self._types[same]
        return found

    def _compare(self) -> None:
        """Read the manifests of the two revisions, if somebody looks at them."""
        chosen = self._chosen
        if chosen is None or chosen.pair is None or not self._is_comparing:
            return
        for number in chosen.pair:
            if number not in chosen.manifests:
                found = self._target.revision(chosen.name, chosen.version, number, **chosen.source)
                chosen.manifests[number] = found["manifest"]

    # What a person does.

    def perform(self, act: str, of: str, value: Any) -> Effect:
        """Do what a person asked for; an act that is not known does nothing."""
        acts: dict[str, Callable[[str, Any], Effect]] = {
            "edit": self._edit, "more": self._more, "pick": self._pick, "open": self._opened, "form": self._open_form,
            "plan": self._planned, "send": self._send, "close": self._close, "cancel": self._close, "reload": self._reload,
        }  # fmt: skip
        done = acts.get(act)
        if done is None:
            return NOTHING
        try:
            return done(of, value)
        except AlreadySent as again:
            return Effect(say=str(again))
        except ToolkitError as refused:
            self._trouble = str(refused)
            return Effect(say=str(refused))

    def _edit(self, of: str, value: Any) -> Effect:
        text = str(value)
        if of == "+search":
            self._search, self._most = text, ROWS
        elif of in FILTERS:
            self._filters[of], self._most = text, ROWS
        elif of in ("+from", "+to") and self._chosen is not None and self._chosen.pair and text.isdecimal():
            before, after = self._chosen.pair
            self._chosen.pair = (int(text), after) if of == "+from" else (before, int(text))
            self._compare()
        return NOTHING

    def _more(self, _of: str, _value: Any) -> Effect:
        self._most += ROWS
        return NOTHING

    def _pick(self, _of: str, value: Any) -> Effect:
        self._choose(str(value))
        return Effect(focus="+detail")

    def _opened(self, of: str, _value: Any) -> Effect:
        self._is_comparing = of == _REVISIONS
        self._compare()
        return NOTHING

    def _open_form(self, _of: str, _value: Any) -> Effect:
        if self._chosen is not None:
            for opener in self._openers:
                opener(self._chosen.name, self._chosen.version)
        return NOTHING

    def _planned(self, _of: str, value: Any) -> Effect:
        chosen = self._chosen
        if chosen is None:
            return NOTHING
        if value in CHANGES:
            label, changes = CHANGES[value]
        else:
            revision = self._target.revision(chosen.name, chosen.version, int(value), **chosen.source)
            label, changes = f"Restore revision {int(value)} of", {"manifest": revision}
        plan = self._target.edit(chosen.name, chosen.version, **chosen.source, **changes)
        self._plan, self._trouble = (f"{label} {chosen.title}", plan), ""
        return Effect(focus="+dialog", say="This is a plan. Nothing was changed yet.")

    def _send(self, _of: str, _value: Any) -> Effect:
        if self._plan is None:
            return NOTHING
        title, plan = self._plan
        plan.send()
        self._trouble = ""
        done = Effect(focus="+dialog", say=f"Done: {title}.")
        try:
            self._load()
            key = self._key()
            if key is not None:
                self._choose(key)
        finally:
            self._plan = (title, plan)
        return done

    def _close(self, _of: str, _value: Any) -> Effect:
        self._plan = None
        return Effect(focus="+actions")

    def _reload(self, _of: str, _value: Any) -> Effect:
        self._load()
        key = self._key()
        if key is not None:
            self._choose(key)
        self._trouble = ""
        return Effect(say=f"{len(self._types):,} job types were read.")

    def _key(self) -> str | None:
        """Return the key of the job type that is looked at, if it is still there."""
        chosen = self._chosen
        if chosen is None:
            return None
        same = (self._types["name"] == chosen.name) & (self._types["version"] == chosen.version)
        if chosen.source:
            same &= self._types["source"] == chosen.source["source"]
        keys = self._keys[same]
        return str(keys.iloc[0]) if len(keys) else None

    # What the page shows.

    def nodes(self) -> Nodes:
        """Return the search, the list, and the job type that is looked at."""
        nodes: Nodes = {}
        children = [self._bar(nodes)]
        if self._trouble:
            nodes["+trouble"] = note(self._trouble, "bad")
            children.append("+trouble")
        self._list(nodes)
        self._detail(nodes)
        nodes["+columns"] = Node(kind="columns", state="split", children=["+list", "+detail"])
        nodes[ROOT] = Node(kind="board", label="Job types", children=[*children, "+columns"])
        return nodes

    def _bar(self, nodes: Nodes) -> str:
        nodes["+search"] = Node(
            kind="field",
            input="search",
            label="Search",
            value=self._search,
            placeholder="words of a name, title or description",
        )
        for key, (label, _, (yes, no)) in FILTERS.items():
            choices = [("", "any"), ("yes", yes), ("no", no)]
            nodes[key] = Node(kind="field", input="choice", label=label, value=self._filters[key], choices=choices)
        nodes["+reload"] = button("Reload", "reload", icon="refresh")
        nodes["+bar"] = Node(kind="bar", label="Search and filters", children=["+search", *FILTERS, "+reload"])
        return "+bar"

    def _list(self, nodes: Nodes) -> None:
        matches = self._matches()
        found = self._types[matches].head(self._most)
        count = int(matches.sum())
        rows = [
            {"key": key, "cells": [{"text": f"{name} {version}", "tags": tags}, title]}
            for key, name, version, title, tags in zip(
                self._keys[found.index],
                found["name"],
                found["version"],
                found["title"].fillna(""),
                _tags(found),
                strict=True,
            )
        ]
        columns = [{"label": "Job type"}, {"label": "Title"}]
        children = ["+types"]
        told = f"{count:,} of {len(self._types):,}" if count < len(self._types) else f"{count:,}"
        if count > len(rows):
            told = f"{len(rows):,} of {count:,}; type to narrow, or show more"
            nodes["+more"] = button(f"Show {min(ROWS, count - len(rows)):,} more", "more", icon="add")
            children.append("+more")
        none = (
            "No job type matches. Change the search or the filters."
            if len(self._types)
            else "There are no job types yet."
        )
        nodes["+types"] = Node(
            kind="table", label="", columns=columns, rows=rows, act="pick", of="+types", text=none, state="long",
            selected=self._key() or "",
        )  # fmt: skip
        nodes["+list"] = Node(kind="section", label="Job types", help=told, children=children)

    def _detail(self, nodes: Nodes) -> None:
        chosen = self._chosen
        if chosen is None:
            nodes["+none"] = note("Choose a job type to see its versions, revisions and manifest.")
            nodes["+detail"] = Node(kind="section", label="No job type chosen", help="", children=["+none"])
            return
        children = [self._actions(nodes, chosen), *self._dialog(nodes), self._pages(nodes, chosen)]
        title = chosen.details.title or ""
        nodes["+detail"] = Node(kind="section", label=chosen.title, help=title, state="chosen", children=children)

    def _actions(self, nodes: Nodes, chosen: Chosen) -> str:
        is_paused, is_active = chosen.details.is_paused, chosen.details.is_active
        wanted = ["unpause" if is_paused else "pause", "activate" if is_active is False else "deprecate"]
        icons = {"pause": "pause", "unpause": "play", "deprecate": "archive", "activate": "check"}
        for one in wanted:
            nodes[f"+plan/{one}"] = button(f"{CHANGES[one][0]} …", "plan", argument=one, icon=icons[one])
        keys = [f"+plan/{one}" for one in wanted]
        if self._openers:
            nodes["+form"] = button("Open in the manifest form", "form", icon="open", primary=True)
            keys.insert(0, "+form")
        nodes["+actions"] = Node(kind="bar", label=f"Actions on {chosen.title}", children=keys)
        return "+actions"

    def _dialog(self, nodes: Nodes) -> list[str]:
        """Return the plan, if there is one: what it would change, or what became of it."""
        if self._plan is None:
            return []
        title, plan = self._plan
        if plan.sent is None:
            shown, made = plan_nodes(plan, plan.target)
            nodes |= prefixed(made, _PLAN)
            children = [_PLAN + key for key in (*shown[:-1], *made[shown[-1]]["children"])]
        else:
            lost = [f"Not applied: {', '.join(plan.sent.not_applied)}."] if plan.sent.not_applied else []
            text = " ".join([f"Sent: {plan.sent.outcome}.", *lost, *plan.sent.notes])
            nodes["+sent"] = note(text, "warning" if lost else "good")
            nodes["+close"] = button("Close", "close")
            children = ["+sent", "+close"]
        help = f"The target is {plan.target}."
        nodes["+dialog"] = Node(kind="dialog", label=title, help=help, children=children)
        return ["+dialog"]

    def _pages(self, nodes: Nodes, chosen: Chosen) -> str:
        nodes["+facts"] = Node(kind="facts", facts=list(_facts(chosen.details)))
        nodes["+versions"] = _versions_table(chosen, self._keys[chosen.versions.index])
        nodes["+overview"] = Node(kind="page", label="Overview", help="", children=["+facts", "+versions"])
        nodes[_REVISIONS] = Node(kind="page", label="Revisions", help="", children=list(self._revisions(nodes, chosen)))
        manifest = chosen.details.manifest
        text = (
            "The target has no manifest of it."
            if manifest is None
            else json.dumps(manifest, indent=2, ensure_ascii=False)
        )
        nodes["+manifest"] = Node(kind="code", text=text)
        nodes["+manifest-page"] = Node(kind="page", label="Manifest", help="", children=["+manifest"])
        nodes["+pages"] = Node(kind="pages", label="Details", children=["+overview", _REVISIONS, "+manifest-page"])
        return "+pages"

    def _revisions(self, nodes: Nodes, chosen: Chosen) -> Iterator[str]:
        frame = chosen.revisions
        rows = [
            {"cells": [str(number), image or "", _day(created)]}
            for number, image, created in zip(
                frame["revision_num"], frame["docker_image"].fillna(""), frame["created"], strict=True
            )
        ]
        columns = [{"label": "Revision"}, {"label": "Image"}, {"label": "Created"}]
        nodes["+revisions"] = Node(kind="table", label="Newest first", columns=columns, rows=rows, text="No revisions.")
        yield "+revisions"
        if chosen.pair is None:
            return
        numbers = [(str(number), f"revision {number}") for number in frame["revision_num"]]
        before, after = chosen.pair
        nodes["+from"] = Node(kind="field", input="choice", label="Compare", value=str(before), choices=numbers)
        nodes["+to"] = Node(kind="field", input="choice", label="with", value=str(after), choices=numbers)
        keys = ["+from", "+to"]
        if before != int(frame["revision_num"].iloc[0]):
            nodes["+restore"] = button(f"Restore revision {before} …", "plan", argument=before, icon="undo")
            keys.append("+restore")
        nodes["+pair"] = Node(kind="bar", label="Compare revisions", children=keys)
        yield "+pair"
        yield from self._difference(nodes, chosen)

    def _difference(self, nodes: Nodes, chosen: Chosen) -> Iterator[str]:
        before, after = (chosen.manifests.get(number) for number in chosen.pair or (0, 0))
        if not (isinstance(before, dict) and isinstance(after, dict)):
            return
        nodes["+diff"] = diff(before, after)
        if not nodes["+diff"]["rows"]:
            nodes["+same"] = note("The two manifests are the same.", "good")
            yield "+same"
            return
        found = compare(before, after)
        tone = "bad" if found.verdict == "breaking" else "good"
        nodes["+verdict"] = note(f"{found.kind.capitalize()}. {found.advice}", tone)  # type: ignore[arg-type]
        yield "+verdict"
        yield "+diff"


def _tags(frame: pd.DataFrame) -> list[list[str]]:
    marks = {"deprecated": frame["is_active"].eq(False), "paused": frame["is_paused"], "system": frame["is_system"]}
    told = {word: column.fillna(False).astype(bool) for word, column in marks.items()}
    return [[word for word in told if told[word].loc[at]] for at in frame.index]


def _versions_table(chosen: Chosen, keys: Any) -> Node:
    frame = chosen.versions
    rows = [
        {"key": key, "cells": [{"text": version, "tags": tags}, "" if number is None else str(number), _day(changed)]}
        for key, version, tags, number, changed in zip(
            keys, frame["version"], _tags(frame), frame["revision_num"].astype(object).where(frame["revision_num"].notna(), None),
            frame["last_modified"], strict=True,
        )
    ]  # fmt: skip
    columns = [{"label": "Version"}, {"label": "Revision", "align": "right"}, {"label": "Last modified"}]
    own = next((row["key"] for row in rows if row["cells"][0]["text"] == chosen.version), "")
    return Node(
        kind="table",
        label=f"Versions of {chosen.name}",
        columns=columns,
        rows=rows,
        act="pick",
        of="+versions",
        selected=own,
    )


def _facts(details: JobType) -> Iterator[tuple[str, str]]:
    states = [
        "deprecated" + _since(details.deprecated) if details.is_active is False else "active",
        *(["paused" + _since(details.paused)] if details.is_paused else []),
        *(["published"] if details.is_published else []),
        *(["system"] if details.is_system else []),
    ]
    known = {
        "Description": details.description,
        "State": ", ".join(states),
        "Image": details.docker_image,
        "Revision": details.revision_num,
        "Unmet resources": details.unmet_resources,
        "At once": details.max_scheduled or "no limit",
        "Tries": details.max_tries,
        "Created": _day(details.created),
        "Last modified": _day(details.last_modified),
    }
    yield from ((name, str(value)) for name, value in known.items() if value not in (None, ""))


def _since(stamp: Any) -> str:
    return f" since {_day(stamp)}" if _day(stamp) else ""


def _day(stamp: Any) -> str:
    import pandas as pd

    return "" if pd.isna(stamp) else f"{stamp:%Y-%m-%d %H:%M} UTC"
