"""What a manifest and a configuration have in common: a JSON object that is edited as a dict and saved as it was read."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping, Sequence
from os import PathLike
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Any, ClassVar, Self

from jobtype_toolkit.errors import InvalidManifest, InvalidPath
from jobtype_toolkit.seed.differences import differences
from jobtype_toolkit.seed.json import document as documents
from jobtype_toolkit.seed.json import paths
from jobtype_toolkit.seed.json.document import Document
from jobtype_toolkit.seed.json.values import plain_value
from jobtype_toolkit.seed.layout import formatted
from jobtype_toolkit.seed.schema import Schema

if TYPE_CHECKING:
    import pandas as pd


class JsonObject(MutableMapping[str, Any]):
    """A JSON object with its text. It reads and writes like a dict of plain values; the spelling stays with the text.

    `notes` tells what was noticed while reading, `applied` which fixes were made.
    """

    _kind: ClassVar[str] = "document"

    def __init__(self, document: Document, notes: tuple[str, ...] = (), applied: tuple[str, ...] = ()) -> None:
        self._document = document
        self.notes = notes
        self.applied = applied

    @classmethod
    def read(cls, source: Any) -> Self:
        """Read a dict, JSON text as `str` or `bytes`, a path or an open file.

        Wrong and missing values are kept as they are; what is inside a request's body is taken out, and `notes` says so.

        Raises:
            InvalidManifest: it is not JSON, or no object; the message has the place.
            UnreadableInput: the path cannot be read.
        """
        return cls.of(*_unwrapped(documents.load(source), cls._kind))

    @classmethod
    def of(cls, document: Document, notes: Sequence[str] = ()) -> Self:
        """Return a document as a value of this class, as it is.

        Raises:
            InvalidManifest: it is not JSON, or no object.
        """
        _refuse_faults(document, cls._kind)
        if not isinstance(document.value, dict):
            msg = f"the {cls._kind} is not a JSON object; it must begin with '{{'"
            raise InvalidManifest(msg)
        if not document.given_as_text:
            # What comes as a dict gets a text too, so that its own order is the one that saving keeps.
            document = documents.parse(document.written())
        mark = ["It began with a byte order mark, which is left out when saving."] if document.faults else []
        twice = [
            f"The key {paths.show(again.path)} occurs twice; the later value counts." for again in document.duplicates
        ]
        return cls(document, (*notes, *mark, *twice))

    @classmethod
    def _schema(cls) -> Schema:
        raise NotImplementedError

    @staticmethod
    def _normalise(data: Any) -> Any:
        raise NotImplementedError

    @property
    def data(self) -> dict[str, Any]:
        """The object itself, as a plain dict; changes to it are changes of this value."""
        value: dict[str, Any] = self._document.value
        return value

    @property
    def text(self) -> str:
        """The text that `save` would write.

        Raises:
            InvalidManifest: it holds a value that JSON does not have.
        """
        return self._document.written(self._schema())

    def save(self, path: str | PathLike[str]) -> None:
        """Write the text to a file, as UTF-8: unchanged parts as they were read, the rest in the same layout.

        Raises:
            InvalidManifest: it holds a value that JSON does not have.
        """
        FilePath(path).write_bytes(self.text.encode())

    @property
    def formatted(self) -> str:
        """The text in one layout for all: keys in the schema's order, every value spelled as it was.

        Raises:
            InvalidManifest: it holds a value that JSON does not have, or a key occurs twice.
        """
        return formatted(documents.parse(self.text), self._schema())

    def copy(self) -> Self:
        """Return an independent copy, with the same spelling."""
        return type(self)(self.as_document(), self.notes, self.applied)

    def __copy__(self) -> Self:
        return self.copy()

    def __deepcopy__(self, _memo: dict[int, Any]) -> Self:
        return self.copy()

    def as_document(self) -> Document:
        """Return the present state as a document of its own."""
        try:
            return documents.parse(self.text)
        except InvalidManifest:  # a draft may hold what JSON does not have; validation then says so
            return documents.plain(self.data)

    def at(self, path: str | paths.Path, default: Any = None) -> Any:
        """Return what is at a path such as `$.job.interface.inputs.files[0].name`, or the default."""
        return paths.get(self.data, paths.parse(path), default)

    def set(self, path: str | paths.Path, value: Any) -> Self:
        """Set what is at a path; missing parents are made, and `[-]` appends to a list: `set("job.tags[-]", "x")`.

        Values of numpy and tuples become plain ones.

        Raises:
            InvalidPath: it is not a path, or it leads through a text or a number, or beyond the end of a list.
        """
        steps = paths.parse(path)
        if not steps:
            msg = "the whole document cannot be set; set its members"
            raise InvalidPath(msg)
        paths.put(self.data, steps, plain_value(value))
        return self

    def remove(self, path: str | paths.Path) -> Self:
        """Remove what is at a path.

        Raises:
            InvalidPath: nothing is there.
        """
        paths.remove(self.data, paths.parse(path))
        return self

    def rename(self, path: str | paths.Path, name: str) -> Self:
        """Give the member at a path another name.

        Raises:
            InvalidPath: nothing is there.
        """
        paths.rename(self.data, paths.parse(path), name)
        return self

    def diff(self, new: Any) -> pd.DataFrame:
        """Return what changes from this to the new one: `path, before, after, kind`.

        Both are normalised first; items of lists are matched by their names. `kind` is added, removed or changed.

        Args:
            new: whatever `read` takes.
        """
        import pandas as pd  # this layer loads without pandas

        rows = differences(self._normalise(self.data), self._normalise(self.read(new).data))
        kinds = {"path": "str", "before": "object", "after": "object", "kind": "str"}
        return pd.DataFrame(
            {column: pd.Series([row[at] for row in rows], dtype=kinds[column]) for at, column in enumerate(kinds)}
        )

    def __getitem__(self, key: str) -> Any:
        return self.data[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.data[key] = plain_value(value)

    def __delitem__(self, key: str) -> None:
        del self.data[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self.data)

    def __len__(self) -> int:
        return len(self.data)


def _unwrapped(document: Document, kind: str) -> tuple[Document, list[str]]:
    """Take the object out of a request's body, or out of a text as an image's label holds it."""
    notes = []
    if isinstance(document.value, str) and not document.broken:
        document = documents.parse(document.value)
        notes.append(f"The {kind} was inside a JSON text.")
    value = document.value
    if isinstance(value, dict) and "seedVersion" not in value and isinstance(value.get(kind), dict | str):
        document = document.part((kind,))
        notes.append(f'The {kind} was inside the body of a request, as "{kind}".')
        if isinstance(document.value, str):
            document = documents.parse(document.value)
    return document, notes


def _refuse_faults(document: Document, kind: str) -> None:
    for fault in document.faults:
        if not fault.harmless:
            line, column = document.position(fault.start)
            place = f"line {line}, column {column}: " if document.given_as_text else ""
            remedy = f" {fault.suggestion}" if fault.suggestion else ""
            msg = f"the {kind} is not JSON: {place}{fault.description}{remedy}"
            raise InvalidManifest(msg)
