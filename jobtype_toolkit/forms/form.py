"""What every form is: a draft, its findings beside the fields, undo, the JSON behind it, import and export."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Generic

from jobtype_toolkit.errors import InvalidManifest, InvalidPath
from jobtype_toolkit.forms.diff import diff
from jobtype_toolkit.forms.draft import ABSENT, Draft, Written
from jobtype_toolkit.forms.fields import Fields, entered
from jobtype_toolkit.seed.differences import differences
from jobtype_toolkit.seed.findings import Finding, Validation
from jobtype_toolkit.seed.json.document import plain
from jobtype_toolkit.seed.json.paths import Path
from jobtype_toolkit.seed.schema import Schema
from jobtype_toolkit.widgets.nodes import ROOT, FindingNode, Node, Nodes, button, note
from jobtype_toolkit.widgets.screen import NOTHING, Effect, Screen

JSON, CODE, CHECK = "+json", "+python", "+check"
SEVERITIES = ("error", "warning", "advice")


@dataclass(frozen=True, slots=True)
class Part:
    """Some members of an object, or all of one place."""

    place: str
    names: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """A section of a form. `rest` are the objects whose unknown members it shows too."""

    key: str
    label: str
    help: str
    parts: tuple[Part, ...]
    rest: tuple[str, ...] = ()


class Form(Screen, Generic[Written]):
    """The state of a form over one document.

    Everything a person does is an act: `edit` a place; `add`, `remove`, `copy` and `move` rows; `reset` a place; `fix` a
    finding (one that is not safe shows its difference first, `apply` takes it, `close` leaves it); `undo`, `redo`;
    `import`, `export`, `check`.
    """

    kind: ClassVar[str]

    def __init__(self, document: Written) -> None:
        super().__init__()
        self._draft: Draft[Written] = Draft(document)
        self._restart()

    def _restart(self) -> None:
        self._touched: set[str] = set()
        self._open: dict[str, str] = {}
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
    def pages(self) -> Iterable[Page]:
        """Return the sections, as they are now."""

    @abstractmethod
    def _validated(self) -> Validation:
        """Return what there is to say about the draft."""

    @abstractmethod
    def read(self, source: Any) -> Written:
        """Return a document that the form can take."""

    def completions(self) -> Mapping[str, Iterable[str]]:
        """Return what can be completed in fields, by a name."""
        return {}

    def completion(self, path: Path) -> str:  # noqa: ARG002 - none by default
        """Return which completions belong to a path of the schema, `0` standing for any row; "" for none."""
        return ""

    def adjust(self, place: str, node: Node) -> None:
        """Change the node of a place after the schema has said its part."""

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
    def validation(self) -> Validation:
        """What the validator says of the draft."""
        return self._validation

    @property
    def is_dirty(self) -> bool:
        """Whether something differs from the start, or stands in the JSON pane without being taken."""
        with self._lock:
            return self._draft.is_dirty or bool(self._broken)

    @property
    def differences(self) -> list[tuple[str, Any, Any, str]]:
        """What differs from the start: path, before, after, kind."""
        with self._lock:
            before = self.read(self._draft.start_text).data
            return differences(before, self._draft.data)

    def load(self, source: Any) -> None:
        """Start anew with another document; nothing of the one before is left."""
        document = self.read(source)
        with self._lock:
            self._draft = Draft(document)
            self._restart()
        self.tell()

    def keep(self) -> None:
        """Make the present state the start, as after it was sent."""
        with self._lock:
            self._draft.restart()
            self._restart()
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
            "discard": self._discard, "open": self._opened,
        }  # fmt: skip
        done = acts.get(act)
        if done is None:
            return NOTHING
        effect = done(of, value)
        if act not in _LOOKING_ONLY:
            self._refused = ()
            self._validation = self._validated()
        return effect

    def _edit(self, of: str, value: Any) -> Effect:
        text = str(value)
        if of == JSON:
            return self._edit_json(text)
        self._touched.add(of)
        node = self._shown.get(of)
        if node is None or node.get("kind") != "field":
            return NOTHING
        place = of.removesuffix("/value") if of.endswith("/value") and self._draft.at(of) is ABSENT else of
        found, is_read = entered(node["input"], self._fields().node(place), text)
        self._draft.begin(of)
        is_text = node["input"] in ("text", "area") and node["required"]
        if found is ABSENT or (found == "" and not is_text):
            self._draft.clear(place)
        else:
            self._draft.put(place, found, unread=not is_read)
        return NOTHING

    def _edit_json(self, text: str) -> Effect:
        try:
            document = self.read(text)
        except InvalidManifest as error:
            self._broken = text
            return Effect(say=str(error))
        self._draft.begin(JSON)
        typing = self._draft.data != document.data
        self._broken = ""
        if typing or document.text != self._draft.document.text:
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
            return Effect(focus="+dialog")
        return self._fixed(of, found)

    def _apply(self, of: str, _value: Any) -> Effect:
        found, self._looking = self._found(self._looking), ""
        return self._fixed(of, found) if found is not None else NOTHING

    def _fixed(self, of: str, found: Finding) -> Effect:
        document = self._repaired(found)
        self._draft.begin()
        self._draft.replace(document)
        title = found.fix.title if found.fix else ""
        return Effect(focus=self._place(found) if of in (ROOT, "") else of, say=f"Done: {title}.", rewrite=True)

    def _repaired(self, found: Finding) -> Written:
        """Return the document with a finding's fix applied."""
        if found.fix is None:
            msg = "there is no fix for this finding"
            raise InvalidPath(msg)
        return self.read(found.fix.apply(self._draft.document))

    def _close(self, of: str, _value: Any) -> Effect:
        self._looking = ""
        return Effect(focus=of)

    def _discard(self, _of: str, _value: Any) -> Effect:
        self._broken = ""
        return Effect(focus=JSON, rewrite=True)

    def _import(self, _of: str, value: Any) -> Effect:
        text = str(value)
        try:
            document = self.read(text)
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
        counts = f"{self.validation.verdict}."
        return Effect(focus=self._place(first) if first else "", say=counts[:1].upper() + counts[1:])

    # What the page shows.

    def nodes(self) -> Nodes:
        """Return the pages of the form, the check, the JSON and the Python behind it."""
        fields = self._fields()
        owners: dict[str, str] = {}
        pages = list(self.pages())
        for page in pages:
            self._page(page, fields, owners)
        nodes = fields.nodes
        self._attach(nodes, owners)
        for name, words in self.completions().items():
            nodes[f"+options/{name}"] = Node(kind="options", words=list(words))
        extra = [self._check_page(nodes), self._json_page(nodes), self._code_page(nodes)]
        bar = self._bar(nodes)
        dialog = self._dialog(nodes)
        nodes[ROOT] = Node(
            kind="pages", label=self.kind, children=[bar, *(f"+{page.key}" for page in pages), *extra, *dialog]
        )
        return nodes

    def _fields(self) -> Fields:
        def options(path: Path) -> str:
            found = self.completion(path)
            return f"+options/{found}" if found else ""

        return Fields(self._draft, self.schema, options, self.adjust)

    def _page(self, page: Page, fields: Fields, owners: dict[str, str]) -> None:
        children: list[str] = []
        known = set(fields.nodes)
        for part in page.parts:
            value = self._draft.at(part.place)
            if part.names is None or not (value is ABSENT or isinstance(value, dict)):
                if part.place not in fields.nodes:
                    children.append(fields.add(part.place))
            else:
                children += fields.members(part.place, part.names)
        for place in page.rest:
            claimed = {
                step for one in self.pages() for part in one.parts if part.place == place for step in part.names or ()
            }
            children += [one for one in fields.unknown(place) if one.rpartition("/")[2] not in claimed]
        owners.update(dict.fromkeys(set(fields.nodes) - known, f"+{page.key}"))
        fields.nodes[f"+{page.key}"] = Node(kind="page", label=page.label, help=page.help, children=children)

    def _attach(self, nodes: Nodes, owners: dict[str, str]) -> None:
        """Put each finding beside the node that it is about, and count it at its page."""
        for key, found in self._keyed():
            place = self._place(found)
            while place not in nodes and place:
                place = place.rpartition("/")[0]
            page = nodes.get(owners.get(place, ""))
            if page is not None:
                page["errors"] = page.get("errors", 0) + (found.severity == "error")
                page["warnings"] = page.get("warnings", 0) + (found.severity == "warning")
            if place in owners and self._is_shown(place):
                nodes[place].setdefault("findings", []).append(finding_node(key, found, place))

    def _is_shown(self, place: str) -> bool:
        """Whether findings stand beside the field yet: nobody is blamed for what they have not come to."""
        return self._show_all or place in self._touched or self._draft.at_start(place) is not ABSENT

    def _check_page(self, nodes: Nodes) -> str:
        found = [finding_node(key, one, self._place(one)) for key, one in self._keyed()]
        nodes["+findings"] = Node(kind="findings", findings=found, text="Nothing was found.")
        told = self.validation.verdict
        tone = "good" if self.validation.is_valid else "bad"
        nodes["+verdict"] = note(told[:1].upper() + told[1:] + ".", tone)  # type: ignore[arg-type]
        nodes[CHECK] = Node(
            kind="page", label="Check", state="whole", help="Everything that the validators say, in the order of the file.",
            children=["+verdict", "+findings"], errors=len(self.validation.errors), warnings=len(self.validation.warnings),
        )  # fmt: skip
        return CHECK

    def _json_page(self, nodes: Nodes) -> str:
        said: list[str] = []
        if self._broken:
            nodes["+broken"] = note(
                "This text is not taken yet: it is not JSON of the right kind. It is kept here.", "bad"
            )
            nodes["+discard"] = button("Discard this text", "discard")
            said = ["+broken", "+discard"]
        nodes[JSON] = Node(
            kind="field", input="json", label="JSON", help="The same document as text; edits go both ways.", required=False,
            value=(self._broken or self.public_text) if self._is_open("+text") else "", findings=self._json_findings(), state="tall",
        )  # fmt: skip
        nodes["+text"] = Node(kind="page", label="JSON", help="", children=[*said, JSON])
        return "+text"

    def _is_open(self, page: str) -> bool:
        """Whether somebody looks at a page; the whole text is not sent with every key otherwise."""
        return page in self._open.values()

    def _json_findings(self) -> list[FindingNode]:
        if not self._broken:
            return []
        try:
            self.read(self._broken)
        except InvalidManifest as error:
            return [FindingNode(key="", severity="error", text=str(error), of=JSON)]
        return []

    def _code_page(self, nodes: Nodes) -> str:
        nodes["+code"] = Node(kind="code", text=self.code if self._is_open(CODE) else "")
        told = "A cell that makes the same document without the form."
        nodes[CODE] = Node(kind="page", label="Python", help=told, children=["+code"])
        return CODE

    @property
    def code(self) -> str:
        """A cell that makes the same document."""
        text = self.public_text
        quoted = f"r'''{text}'''" if "'''" not in text and not text.endswith(("'", "\\")) else repr(text)
        name = self.kind
        return f"import jobtype_toolkit as jt\n\n{name} = jt.{name.capitalize()}.read({quoted})\n"

    def _bar(self, nodes: Nodes) -> str:
        buttons = {
            "+undo": button("Undo", "undo", icon="undo", disabled=not self._draft.can_undo),
            "+redo": button("Redo", "redo", icon="redo", disabled=not self._draft.can_redo),
            "+import": button("Import a file", "import", icon="import"),
            "+export": button("Export", "export", icon="export"),
            "+checked": button("Check", "check", icon="check", primary=True),
        }
        nodes.update(buttons)
        nodes["+bar"] = Node(kind="bar", label="Document", children=list(buttons))
        return "+bar"

    def _dialog(self, nodes: Nodes) -> list[str]:
        """Return the look at what a fix would change, if somebody asked for it."""
        found = self._found(self._looking) if self._looking else None
        if found is None or found.fix is None:
            return []
        of = self._place(found)
        nodes["+diff"] = diff(self._draft.data, self._repaired(found).data)
        nodes["+take"] = button("Apply", "apply", of, primary=True)
        nodes["+leave"] = button("Leave it", "close", of)
        title = found.fix.title
        nodes["+dialog"] = Node(
            kind="dialog",
            label=title[:1].upper() + title[1:],
            help=found.description,
            children=["+diff", "+take", "+leave"],
        )
        return ["+dialog"]

    # Findings.

    def _all(self) -> tuple[Finding, ...]:
        return (*self._refused, *(one for one in self.validation.findings if one.document == self.kind))

    def _keyed(self) -> list[tuple[str, Finding]]:
        """Return the findings with keys that mean the same finding as long as nothing else is found."""
        return [(f"{at}:{one.name}:{one.path}", one) for at, one in enumerate(self._all())]

    def _found(self, key: str) -> Finding | None:
        return dict(self._keyed()).get(key)

    def _place(self, found: Finding) -> str:
        path = (*found.steps, found.missing) if found.missing else found.steps
        return self._draft.place(path)


_LOOKING_ONLY = frozenset({"leave", "open", "close", "export", "check"})


def finding_node(key: str, found: Finding, place: str) -> FindingNode:
    """Return a finding as a page shows it."""
    made = FindingNode(
        key=key, severity=found.severity, text=f"{found.description} {found.suggestion}".strip(), of=place
    )
    if found.fix is not None:
        made["fix"] = found.fix.title
        made["safe"] = found.fix.safe
    return made
