"""What every form is: a draft, its findings beside the fields, undo, the JSON behind it, import and export."""

from __future__ import annotations

from abc import abstractmethod
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar, Generic

from jobtype_toolkit.errors import InvalidManifest, InvalidPath
from jobtype_toolkit.forms import pages
from jobtype_toolkit.forms.autosave import Autosave, digest
from jobtype_toolkit.forms.draft import ABSENT, Draft, Written
from jobtype_toolkit.forms.fields import Fields, entered
from jobtype_toolkit.forms.pages import CHECK, CODE, DIALOG, JSON, TEXT, Section, finding_node
from jobtype_toolkit.forms.sentences import said
from jobtype_toolkit.hints import counted
from jobtype_toolkit.seed.differences import Row, differences
from jobtype_toolkit.seed.findings import Finding, Validation
from jobtype_toolkit.seed.json.document import plain
from jobtype_toolkit.seed.json.paths import Path
from jobtype_toolkit.seed.schema import Schema
from jobtype_toolkit.widgets.nodes import ROOT, FindingNode, Node, Nodes, note
from jobtype_toolkit.widgets.screen import NOTHING, Effect, Screen


class Form(Screen, Generic[Written]):
    """The state of a form over one document.

    Everything a person does is an act: `edit` a place; `add`, `remove`, `copy` and `move` rows; `reset` a place; `fix` a
    finding (one that is not safe shows its difference first, `apply` takes it, `close` leaves it); `undo`, `redo`;
    `import`, `export`, `check`.
    """

    kind: ClassVar[str]

    def __init__(self, document: Written, *, is_new: bool = False) -> None:
        super().__init__()
        self._is_new = is_new
        self._last: Nodes = {}
        self.is_volatile = False
        self._open: dict[str, str] = {}
        self._draft: Draft[Written] = Draft(document)
        self.autosave = None
        self._restart()

    def _restart(self) -> None:
        self._touched: set[str] = set()
        self._rows: dict[str, tuple[str, Nodes]] = {}
        self._show_all = False
        self._broken = ""
        self._looking: str = ""
        self._refused: tuple[Finding, ...] = ()
        self._validation = self._validated()

    # What a form is of.

    @property
    @abstractmethod
    def schema(self) -> Schema:
        """The schema of the document."""

    @abstractmethod
    def sections(self) -> Sequence[Section]:
        """Return the sections, as they are now."""

    @abstractmethod
    def _validated(self) -> Validation:
        """Return what there is to say about the draft."""

    @abstractmethod
    def read(self, source: Any) -> Written:
        """Return a document that the form can take."""

    def reread(self, source: Any) -> Written:
        """Return a document that was made of the text that is shown."""
        return self.read(source)

    def completions(self) -> Mapping[str, Iterable[str]]:
        """Return what can be completed in fields, by a name."""
        return {}

    def completion(self, path: Path) -> str:  # noqa: ARG002 - none by default
        """Return which completions belong to a path of the schema, `0` standing for any row; "" for none."""
        return ""

    def adjust(self, place: str, node: Node) -> None:
        """Change the node of a place after the schema has said its part."""

    @property
    def title(self) -> str:
        """What the document is called, "" as long as it has no name."""
        return ""

    @property
    def file_name(self) -> str:
        """The name of the file that an export makes."""
        return f"{self.kind}.json"

    # What a program reads.

    @property
    def value(self) -> dict[str, Any]:
        """The document as a plain dict, untouched parts exactly as they came."""
        with self._lock:
            return self._draft.value

    @property
    def draft(self) -> dict[str, Any]:
        """The same with the texts that could not be read yet, such as "1h" for a number of seconds."""
        with self._lock:
            return plain(self._draft.data).value  # type: ignore[no-any-return]

    @property
    def text(self) -> str:
        """The document as text, spelled as it came where nobody touched it."""
        with self._lock:
            return self._draft.document.text

    @property
    def public_text(self) -> str:
        """The same as far as it may be shown and kept: without what is secret."""
        return self._draft.document.text

    @property
    def kept_text(self) -> str:
        """What an autosave keeps."""
        return self._broken or self.public_text

    @property
    def validation(self) -> Validation:
        """What the validator says of the draft."""
        return self._validation

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What there is to say about this document, a target's refusals first."""
        return self._all()

    @property
    def is_valid(self) -> bool:
        """Whether nothing that was found is an error."""
        return not any(one.severity == "error" for one in self._all())

    @property
    def is_dirty(self) -> bool:
        """Whether something differs from the start, or stands in the JSON pane without being taken."""
        with self._lock:
            return self._draft.is_dirty or bool(self._broken)

    @property
    def differences(self) -> list[Row]:
        """What differs from the start: path, before, after, kind."""
        with self._lock:
            before = self.read(self._draft.start_text).data
            return differences(before, self._draft.data)

    def load(self, source: Any) -> None:
        """Start anew with another document; nothing of the one before is left."""
        document = self.read(source)
        with self._lock:
            self._draft, self._is_new = Draft(document), False
            self._restart()
        self.tell()

    def keep(self) -> None:
        """Make the present state the start, as after it was sent."""
        with self._lock:
            self._draft.restart()
            self._is_new = False
            self._restart()
            if self._autosave is not None:
                self._autosave.discard()
        self.tell()

    def refuse(self, findings: Iterable[Finding]) -> None:
        """Show what a target found against the document at the fields that it is about, until the next edit."""
        with self._lock:
            self._refused = tuple(findings)
            self._show_all = True
        self.tell()

    # What a person does.

    def perform(self, act: str, of: str, value: Any) -> Effect:
        """Do what a person asked for; an act that is not known does nothing."""
        acts: dict[str, Callable[[str, Any], Effect]] = {
            "edit": self._edit, "leave": self._leave, "add": self._add, "remove": self._remove, "copy": self._copy,
            "move": self._move, "reset": self._reset, "fix": self._fix, "apply": self._apply, "close": self._close,
            "undo": self._undo, "redo": self._redo, "import": self._import, "export": self._export, "check": self._check,
            "discard": self._discard, "open": self._opened, "take": self._take, "compare": self._compare,
            "drop": self._drop,
        }  # fmt: skip
        done = acts.get(act)
        if done is None:
            return NOTHING
        effect = done(of, value)
        if act not in _LOOKING_ONLY:
            self._refused = ()
            self._validation = self._validated()
            self._save()
        elif act == "leave" and self._autosave is not None and self.is_dirty:
            self._autosave.sync()
        return effect

    def _edit(self, of: str, value: Any) -> Effect:
        text = str(value)
        if of == JSON:
            return self._edit_json(text)
        self._touched.add(of)
        node = self._last.get(of)
        if node is None or node.get("kind") != "field":
            return NOTHING
        place = self._written_at(of)
        found, is_read = entered(node["input"], self._fields().node(place), text)
        self._draft.begin(of)
        is_text = node["input"] in ("text", "area") and node["required"]
        if found is ABSENT or (found == "" and not is_text):
            self._draft.clear(place)
        else:
            self._draft.put(place, found, unread=not is_read)
        return NOTHING

    def _written_at(self, of: str) -> str:
        """Return the place that a field writes: a row that is no object has one field for all of it."""
        row = of.removesuffix("/value")
        return of if row == of or isinstance(self._draft.at(row), dict) else row

    def _edit_json(self, text: str) -> Effect:
        try:
            document = self.reread(text)
        except InvalidManifest as error:
            self._broken = text
            return Effect(say=str(error))
        self._broken = ""
        if document.text != self._draft.document.text:
            self._draft.begin(JSON)
            self._draft.replace(document)
            self._draft.typing(JSON)
        return NOTHING

    def _leave(self, of: str, _value: Any) -> Effect:
        self._touched.add(of)
        return NOTHING

    def _opened(self, of: str, value: Any) -> Effect:
        self._open[str(value)] = of
        return NOTHING

    def _add(self, of: str, _value: Any) -> Effect:
        self._draft.begin()
        row = self._draft.add(of, {})
        return Effect(focus=row, say="Added.")

    def _copy(self, of: str, _value: Any) -> Effect:
        if self._draft.path(of) is None:
            return NOTHING
        self._draft.begin()
        return Effect(focus=self._draft.insert_copy(of), say="Duplicated.")

    def _remove(self, of: str, _value: Any) -> Effect:
        if self._draft.path(of) is None:
            return NOTHING
        self._draft.begin()
        above = of.rpartition("/")[0]
        rows = self._draft.rows(above)
        at = rows.index(of) if of in rows else -1
        self._draft.clear(of)
        left = self._draft.rows(above)
        return Effect(
            focus=left[min(at, len(left) - 1)] if left and at >= 0 else above, say="Removed. Undo brings it back."
        )

    def _move(self, of: str, value: Any) -> Effect:
        if self._draft.path(of) is None or value not in (-1, 1):
            return NOTHING
        self._draft.begin()
        self._draft.move(of, value)
        at = self._draft.rows(of.rpartition("/")[0]).index(of) + 1
        return Effect(focus=of, say=f"Moved to place {at}.")

    def _reset(self, of: str, _value: Any) -> Effect:
        if self._draft.path(of) is None:
            return NOTHING
        self._draft.begin()
        self._draft.reset(of)
        return Effect(focus=of, say="As it was.", rewrite=True)

    def _undo(self, _of: str, _value: Any) -> Effect:
        self._draft.undo()
        return Effect(say="Undone.", rewrite=True)

    def _redo(self, _of: str, _value: Any) -> Effect:
        self._draft.redo()
        return Effect(say="Done again.", rewrite=True)

    def _fix(self, of: str, value: Any) -> Effect:
        found = self._found(str(value))
        if found is None or found.fix is None:
            return NOTHING
        if not found.fix.safe:
            self._looking = str(value)
            return Effect(focus=DIALOG)
        return self._fixed(of, found)

    def _apply(self, of: str, _value: Any) -> Effect:
        found, self._looking = self._found(self._looking), ""
        return self._fixed(of, found) if found is not None else NOTHING

    def _fixed(self, of: str, found: Finding) -> Effect:
        document = self._repaired(found)
        self._draft.begin()
        self._draft.replace(document)
        title = found.fix.title if found.fix else ""
        return Effect(focus=self.place(found) if of in (ROOT, "") else of, say=f"Done: {title}.", rewrite=True)

    def _repaired(self, found: Finding) -> Written:
        """Return the document with a finding's fix applied."""
        if found.fix is None:
            msg = "there is no fix for this finding"
            raise InvalidPath(msg)
        return self.reread(found.fix.apply(self._draft.document))

    def _close(self, of: str, _value: Any) -> Effect:
        self._looking = ""
        return Effect(focus=of)

    def _discard(self, _of: str, _value: Any) -> Effect:
        self._broken = ""
        return Effect(focus=JSON, rewrite=True)

    def _import(self, of: str, value: Any) -> Effect:
        text = str(value)
        try:
            document = self.reread(text) if of == JSON else self.read(text)
        except InvalidManifest as error:
            self._broken = text
            return Effect(focus=JSON, say=f"The file was not taken: {error}")
        self._broken = ""
        self._draft.begin()
        self._draft.replace(document)
        return Effect(say="The file was taken. Undo brings back what was here.", rewrite=True)

    def _export(self, _of: str, _value: Any) -> Effect:
        return Effect(download=(self.file_name, self.public_text))

    def _check(self, _of: str, _value: Any) -> Effect:
        self._show_all = True
        first = next((one for one in self._all() if one.severity == "error"), None)
        told = f"The first of {counted(len(self._all()), 'finding')}." if first else "No error was found."
        return Effect(focus=self.place(first) if first else CHECK, say=told)

    def objection(self) -> Effect | None:
        """Return the way to the first error, None if there is none."""
        errors = [one for one in self._all() if one.severity == "error"]
        if not errors:
            return None
        told = f"The {self.kind} has {counted(len(errors), 'error')}, the first of which is here."
        return replace(self._check(ROOT, None), say=told)

    # Autosave: offered, never applied unasked.

    @property
    def autosave(self) -> Autosave | None:
        """The file that what is typed goes to; None for none."""
        return self._autosave

    @autosave.setter
    def autosave(self, autosave: Autosave | None) -> None:
        found = autosave.offered() if autosave is not None else None
        self._autosave = autosave
        self._offer = found if found and found["text"] != self.public_text else None
        self._is_compared = False

    def _save(self) -> None:
        if self._autosave is None:
            return
        if self.is_dirty:
            self._autosave.write(self.kept_text, self._draft.start_text)
        else:
            self._autosave.discard()

    def _take(self, _of: str, _value: Any) -> Effect:
        text, self._offer = (self._offer or {}).get("text", ""), None
        return self._import(JSON, text) if text else NOTHING

    def _compare(self, _of: str, _value: Any) -> Effect:
        self._is_compared = not self._is_compared
        return NOTHING

    def _drop(self, _of: str, _value: Any) -> Effect:
        self._offer = None
        if self._autosave is not None:
            self._autosave.discard()
        return Effect(say="The autosave was discarded.")

    def _autosave_nodes(self) -> Nodes:
        if self._offer is None:
            return self._autosave_notes()
        rows = self._offered_rows()
        count = "text that is not JSON yet" if rows is None else counted(len(rows), "difference") + " from what is here"
        is_related = self._offer.get("start") == digest(self._draft.start_text)
        since = "" if is_related else " It started from another document."
        told = f"There is an autosave of {self._offer['at']} with {count}.{since}"
        return pages.autosave_offer(told, (rows or []) if self._is_compared else None)

    def _offered_rows(self) -> list[Row] | None:
        try:
            return differences(self._draft.data, self.read((self._offer or {})["text"]).data)
        except InvalidManifest:
            return None

    def _autosave_notes(self) -> Nodes:
        told = []
        if self.is_volatile and self.is_dirty:
            told.append("Nothing is kept on disk here: export the file before you leave.")
        if self._autosave is not None and self._autosave.problem:
            told.append(f"There is no autosave: {self._autosave.problem}")
        if self._autosave is not None and self._autosave.other is not None:
            told.append("Another kernel of this notebook writes to the same autosave; the last one to write wins.")
        return {f"+autosave-{at}": note(text, "warning") for at, text in enumerate(told)}

    # What the page shows.

    def nodes(self) -> Nodes:
        """Return the sections of the form, the check, the JSON and the Python behind it."""
        fields, sections = self._fields(), list(self.sections())
        owners = pages.add_sections(fields, sections)
        found = self._finding_nodes()
        pages.attach(fields.nodes, owners, found, self._is_shown)
        options = {
            f"+options/{name}": Node(kind="options", words=list(words)) for name, words in self.completions().items()
        }
        tools = pages.tool_bar(self._told(), can_undo=self._draft.can_undo, can_redo=self._draft.can_redo)
        questions = self._autosave_nodes() | self._dialog()
        whole = pages.check_page(found) | self._json_page() | pages.code_page(self.code if self._is_open(CODE) else "")
        above = [pages.BAR, *(one for one in questions if one in _ABOVE or one.startswith("+autosave-"))]
        children = [*above, *(section.id for section in sections), CHECK, TEXT, CODE]
        root = Node(kind="pages", label=self.kind, children=children)
        if self.is_volatile and self.is_dirty:
            root["state"] = "volatile"
        self._last = {**fields.nodes, **options, **tools, **questions, **whole, ROOT: root}
        return self._last

    def _told(self) -> str:
        """Say what is written here, how much of it is not submitted yet, and whether it is kept."""
        name = self.title or f"new {self.kind}"
        changes = len(differences(self._draft.start, self._draft.data)) if self._draft.is_dirty else 0
        state = [name, counted(changes, "change")] if changes and not self._is_new else [name]
        return " · ".join([*state, "autosaved"] if self._autosave is not None and self.is_dirty else state)

    def _fields(self) -> Fields:
        def options(path: Path) -> str:
            found = self.completion(path)
            return f"+options/{found}" if found else ""

        return Fields(self._draft, self.schema, options, self.adjust, marks_changes=not self._is_new, kept=self._rows)

    def _is_shown(self, place: str) -> bool:
        """Whether findings stand beside the field yet: nobody is blamed for what they have not come to."""
        is_touched = place in self._touched or any(one.startswith(f"{place}/") for one in self._touched)
        return self._show_all or is_touched or self._draft.at_start(place) is not ABSENT

    def _is_open(self, page: str) -> bool:
        """Whether somebody looks at a page; the whole text is not sent with every key otherwise."""
        return page in self._open.values()

    def _json_page(self) -> Nodes:
        text = (self._broken or self.public_text) if self._is_open(TEXT) else ""
        return pages.json_page(text, self._problem(self._broken) if self._broken else "")

    def _problem(self, text: str) -> str:
        try:
            self.read(text)
        except InvalidManifest as error:
            return str(error)
        return ""

    def _dialog(self) -> Nodes:
        """Return the look at what a fix would change, if somebody asked for it."""
        found = self._found(self._looking) if self._looking else None
        if found is None or found.fix is None:
            return {}
        rows = differences(self._draft.data, self._repaired(found).data)
        told = said(found.description, self._draft.data)
        return pages.fix_dialog(said(found.fix.title, self._draft.data), told, self.place(found), rows)

    @property
    def code(self) -> str:
        """A cell that makes the same document."""
        text = self.public_text
        quoted = f"r'''{text}'''" if "'''" not in text and not text.endswith(("'", "\\")) else repr(text)
        name = self.kind
        return f"import jobtype_toolkit as jt\n\n{name} = jt.{name.capitalize()}.read({quoted})\n"

    # Findings.

    def _all(self) -> tuple[Finding, ...]:
        return (*self._refused, *(one for one in self.validation.findings if one.document == self.kind))

    def _keyed(self) -> list[tuple[str, Finding]]:
        """Return the findings with keys that stay theirs whatever else is found."""
        seen: Counter[tuple[str, str]] = Counter()
        keyed = []
        for one in self._all():
            about = (one.name, self.place(one))
            seen[about] += 1
            keyed.append((f"{one.name}:{seen[about]}:{about[1]}", one))
        return keyed

    def _finding_nodes(self) -> list[FindingNode]:
        return [finding_node(key, found, self.place(found), self._draft.data) for key, found in self._keyed()]

    def _found(self, key: str) -> Finding | None:
        return dict(self._keyed()).get(key)

    def place(self, found: Finding) -> str:
        """Return the id of the place that a finding is about."""
        path = (*found.steps, found.missing) if found.missing else found.steps
        return self._draft.place(path)


_LOOKING_ONLY = frozenset({"leave", "open", "close", "export", "check", "compare"})
_ABOVE = ("+offer", "+offer-bar", "+offer-diff", DIALOG)
"""What stands above the sections, if it is there."""
