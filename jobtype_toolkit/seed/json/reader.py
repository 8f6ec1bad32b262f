"""Reading JSON text with everything in it: places, spelling, duplicate keys, and what is wrong with it.

The standard parser tells neither where a value is nor how a number was written, and it stops at the first
fault. This one keeps the place of every member and goes on after faults whose repair is obvious.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, NoReturn

from jobtype_toolkit.seed.json.nodes import Duplicate, Fault, Item, Node

DEPTH = 100
"""Deepest nesting that is read; a manifest needs 8 levels, and a server's own parser gives up at about 1000."""
DIGITS = 4000
"""Longest whole number that is read; Python refuses to convert longer ones."""

_MEMBER = re.compile(r'[ \t\n\r]*"([^"\\\x00-\x1f]*)"[ \t\n\r]*:[ \t\n\r]*')
_AFTER = re.compile(r"[ \t\n\r]*(?:([}\]])|(,)(?=[ \t\n\r]*[^ \t\n\r}\]/#]))")
_BLANK = re.compile(r"[ \t\n\r]*")
_PLAIN_STRING = re.compile(r'"([^"\\\x00-\x1f]*)"')
_STRING = re.compile(r'"((?:[^"\\\n\r]|\\[^\n\r])*)"')
_SINGLE = re.compile(r"'((?:[^'\\\n\r]|\\[^\n\r])*)'")
_ESCAPE = re.compile(r'\\(?:u([0-9a-fA-F]{4})|(["\\/bfnrt]))')
_CONTROL = re.compile(r"[\x00-\x1f]")
_BAD_ESCAPE = re.compile(r'\\(?!u[0-9a-fA-F]{4}|["\\/bfnrt])')
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_WORD = re.compile(r"[-+.\w$]+")
_COMMENT = re.compile(r"//[^\n]*|#[^\n]*|/\*.*?\*/", re.DOTALL)
_LETTERS = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\", "/": "/"}
_LITERALS = {"true": True, "false": False, "null": None}
_PYTHON = {"True": "true", "False": "false", "None": "null"}
_SURROGATES = re.compile("([\ud800-\udbff])([\udc00-\udfff])")


class _Stop(Exception):
    """The rest of the text makes no sense."""


@dataclass
class Reader:
    """Reads one text. After `read`, the value is in `value` unless `broken`."""

    text: str
    faults: list[Fault] = field(default_factory=list)
    duplicates: list[Duplicate] = field(default_factory=list)
    nodes: dict[int, Node] = field(default_factory=dict)
    value: Any = None
    start: int = 0
    end: int = 0
    broken: bool = False
    _at: int = 0
    _path: list[str | int] = field(default_factory=list)

    def read(self) -> None:
        """Read the document and what follows it."""
        try:
            self._blank()
            self.start = self._at
            if self._at == len(self.text):
                self._fail(self._at, "The document is empty.", "Write a JSON object, which begins with '{'.")
            self.value = self._value(0)
            self.end = self._at
            self._blank()
            if self._at < len(self.text):
                self.faults.append(
                    Fault(
                        self._at,
                        "There is more text after the end of the document.",
                        "Remove what follows the last '}'.",
                        len(self.text),
                        "",
                        tolerated=True,
                    ),
                )
        except _Stop:
            self.broken = True

    def _fail(self, at: int, description: str, suggestion: str = "") -> NoReturn:
        self.faults.append(Fault(at, description, suggestion))
        raise _Stop

    def _mend(self, start: int, end: int, repair: str, description: str, suggestion: str) -> None:
        self.faults.append(Fault(start, description, suggestion, end, repair))

    def _blank(self) -> None:
        text = self.text
        while True:
            self._at = _BLANK.match(text, self._at).end()  # type: ignore[union-attr]
            if self._at >= len(text) or text[self._at] not in "/#":
                return
            match = _COMMENT.match(text, self._at)
            if not match:
                self._fail(self._at, "Here a value is expected, not a '/'.")
            self._mend(match.start(), match.end(), "", "JSON has no comments.", "Remove the comment.")
            self._at = match.end()

    def _value(self, depth: int) -> Any:
        """Read the value that begins at the current place."""
        text, at = self.text, self._at
        first = text[at : at + 1]
        if first == '"':
            match = _PLAIN_STRING.match(text, at)
            if match:
                self._at = match.end()
                return match[1]
            return self._string(at)
        if first in "{[" and first:
            if depth >= DEPTH:
                self._fail(at, f"The document is nested more than {DEPTH} levels deep.", "A manifest needs 8 levels.")
            return self._object(depth) if first == "{" else self._list(depth)
        if first == "'":
            return self._single(at)
        return self._word(at)

    def _object(self, depth: int) -> dict[str, Any]:
        text, path = self.text, self._path
        value: dict[str, Any] = {}
        node = Node(value, self._at, depth)
        items = node.items
        self._at += 1
        while True:
            match = _MEMBER.match(text, self._at)
            if match:
                key, key_at = match[1], match.start(1) - 1
                self._at = match.end()
            elif self._ends("}"):
                break
            else:
                key, key_at = self._key()
            if self._at < len(text) and text[self._at] in "/#":
                self._blank()
            start = self._at
            path.append(key)
            member = self._value(depth + 1)
            if key in items:
                earlier = items[key]
                self.duplicates.append(Duplicate(tuple(path), earlier.key, key_at, earlier.value))
            path.pop()
            value[key] = member
            items[key] = Item(key_at, start, self._at, member)
            if self._closes("}"):
                break
        node.end = self._at
        self.nodes[id(value)] = node
        return value

    def _list(self, depth: int) -> list[Any]:
        value: list[Any] = []
        node = Node(value, self._at, depth)
        self._at += 1
        while not self._ends("]"):
            start = self._at
            self._path.append(len(value))
            element = self._value(depth + 1)
            self._path.pop()
            node.items[len(value)] = Item(start, start, self._at, element)
            value.append(element)
            if self._closes("]"):
                break
        node.end = self._at
        self.nodes[id(value)] = node
        return value

    def _ends(self, bracket: str) -> bool:
        """Whether the container ends before another member, as an empty one does, or one with a comma too many."""
        self._blank()
        if self.text[self._at : self._at + 1] != bracket:
            return False
        self._at += 1
        return True

    def _closes(self, bracket: str) -> bool:
        """After a member: whether the container ends here; steps over the comma if not."""
        plain = _AFTER.match(self.text, self._at)
        if plain and (plain[1] == bracket or plain[2]):
            self._at = plain.end()
            return not plain[2]
        self._blank()
        text, at = self.text, self._at
        found = text[at : at + 1]
        if found == bracket:
            self._at = at + 1
            return True
        if found == ",":
            self._at = at + 1
            self._blank()
            if text[self._at : self._at + 1] == bracket:
                self._mend(at, at + 1, "", f"There is a comma before the closing '{bracket}'.", "Remove the comma.")
            return False
        if found and found in '"{[':
            self._mend(at, at, ", ", "A comma is missing before this value.", "Add the comma.")
            return False
        what = (
            f"Here ',' or '{bracket}' is expected." if found else f"The text ends where ',' or '{bracket}' is expected."
        )
        return self._fail(at, what)

    def _key(self) -> tuple[str, int]:
        """Read a key that is not written plainly, and the colon."""
        at = self._at
        first = self.text[at : at + 1]
        if first == '"':
            key = self._string(at)
        elif first == "'":
            key = self._single(at)
        elif first == ",":
            self._fail(at, "There is a comma without a member before it.", "Remove the comma.")
        else:
            what = "a member is expected" if first else "the text ends where a member or '}' is expected"
            self._fail(at, f"Here {what}.", "Member names stand in double quotes.")
        self._blank()
        if self.text[self._at : self._at + 1] != ":":
            self._fail(self._at, "Here ':' is expected after the member's name.")
        self._at += 1
        self._blank()
        return key, at

    def _string(self, at: int) -> str:
        match = _STRING.match(self.text, at)
        if not match:
            self._fail(at, "This text is not closed on its line.", "Add the closing quote; write a line break as \\n.")
        raw = match[1]
        bad = _BAD_ESCAPE.search(raw.replace("\\\\", "  "))
        if bad:
            self._fail(at + 1 + bad.start(), "JSON has no such escape.", "Write a backslash as \\\\.")
        if _CONTROL.search(raw):
            mended = _CONTROL.sub(lambda control: f"\\u{ord(control[0]):04x}", match[0])
            self._mend(
                at, match.end(), mended, "The text holds a control character, such as a tab.", "Write it as an escape."
            )
        self._at = match.end()
        return _unescape(raw)

    def _single(self, at: int) -> str:
        match = _SINGLE.match(self.text, at)
        if not match:
            self._fail(at, "This text is not closed on its line.", 'Texts stand in double quotes: "like this".')
        raw = match[1].replace("\\'", "'")
        bare = re.sub(r'(?<!\\)((?:\\\\)*)"', r'\1\\"', raw)
        if _BAD_ESCAPE.search(bare.replace("\\\\", "  ")) or _CONTROL.search(bare):
            self._fail(at, "This text stands in single quotes.", 'Texts stand in double quotes: "like this".')
        self._mend(at, match.end(), f'"{bare}"', "This text stands in single quotes.", "Use double quotes.")
        self._at = match.end()
        return _unescape(bare)

    def _word(self, at: int) -> Any:
        """Read a number or a literal, or say what else stands here."""
        match = _WORD.match(self.text, at)
        if not match:
            ends = "The text ends where a value is expected." if at >= len(self.text) else "Here a value is expected."
            self._fail(at, ends)
        word = match[0]
        number = _NUMBER.fullmatch(word)
        if number:
            if len(word) > DIGITS:
                self._fail(
                    at, f"This number has more than {DIGITS} characters.", "Write a number that computers can hold."
                )
            self._at = match.end()
            return float(word) if number[1] or number[2] else int(word)
        if word in _LITERALS:
            self._at = match.end()
            return _LITERALS[word]
        if word in _PYTHON:
            repair = _PYTHON[word]
            self._mend(at, match.end(), repair, f"{word} is how Python writes it, not JSON.", f"Write {repair}.")
            self._at = match.end()
            return _LITERALS[repair]
        if word.lstrip("+-") in {"NaN", "Infinity", "nan", "inf"}:
            self._fail(at, "JSON has no NaN and no Infinity.", "Write a number, or leave the member out.")
        if word[0] in "+-.0123456789":
            self._fail(
                at,
                "This is not how JSON writes a number.",
                "Write digits without leading zeros, '.' and digits, an exponent.",
            )
        return self._fail(at, "Here a value is expected.", "Texts stand in double quotes.")


def _unescape(raw: str) -> str:
    if "\\" not in raw:
        return raw
    text = _ESCAPE.sub(lambda escape: chr(int(escape[1], 16)) if escape[1] else _LETTERS[escape[2]], raw)
    # Two escapes make one character beyond the basic plane; a lone one stays, as every JSON reader lets it.
    return _SURROGATES.sub(lambda pair: (pair[1] + pair[2]).encode("utf-16", "surrogatepass").decode("utf-16"), text)
