"""What is in a store, in a few lines: the text and the HTML of its repr."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from jobtype_toolkit.api.intervals import BEGINNING
from jobtype_toolkit.api.times import v6_text
from jobtype_toolkit.display.html import render
from jobtype_toolkit.errors import InputNotFound, StoreError
from jobtype_toolkit.hints import counted, held
from jobtype_toolkit.queries.coverage import described
from jobtype_toolkit.queries.reader import ALL, Reader, Source
from jobtype_toolkit.sqlfiles import sql


@dataclass(frozen=True, slots=True, repr=False)
class Summary:
    """The sources of a store, and how much of everything it holds."""

    path: Path | None
    sources: tuple[Source, ...] = ()
    counts: tuple[tuple[str, int], ...] = ()
    trouble: str = ""
    default: str | None = None
    """The source that calls mean which name none, if one was chosen; `"*"` for all."""

    @classmethod
    def of(cls, path: Path | None, reader: Reader) -> Summary:
        """Read what is needed; trouble with the file is part of the answer, for a repr must not raise."""
        try:
            sources = tuple(reader.sources())
            counts = tuple(
                (name, int(values[0])) for name, values in reader.fetch(sql("store/schema.counts"), {}).items()
            )
        except (StoreError, InputNotFound) as error:
            return cls(path, trouble=str(error))
        return cls(path, sources, counts, default=reader.default)

    def text(self) -> str:
        """Return it as plain text."""
        place = str(self.path) if self.path else "in memory"
        if self.trouble:
            return f"<Store {place}: {self.trouble}>"
        if not self.sources:
            return f"<Store {place}: empty; load(path) fills it>"
        tables = ", ".join(counted(count, name.replace("_", " ")) for name, count in self.counts if count)
        lines = [f"<Store {place}: {tables}"]
        lines += [
            f"  source {one.name!r}: {held(one.jobs, v6_text(one.as_of), 'pulled' if one.pulled else 'loaded', v6_text(one.observed))}"
            f"{_complete(one)}"
            for one in self.sources
        ]
        if self.default:
            lines.append(f"  calls that name no source mean {self.meant}")
        return "\n".join(lines) + ">"

    @property
    def meant(self) -> str:
        """What calls mean that name no source, in words."""
        return "all of them" if self.default == ALL else repr(self.default)

    def html(self) -> str:
        """Return it as HTML, whatever the names in it are."""
        return render("summary.html", summary=self, v6_text=v6_text, complete=_complete)

    def __str__(self) -> str:
        return self.text()

    def __repr__(self) -> str:
        return self.text()

    def _repr_html_(self) -> str:
        return self.html()


def _complete(source: Source) -> str:
    """Return which part of a pulled history is complete, unless all of it is."""
    if not source.pulled:
        return ""
    is_whole = len(source.spans) == 1 and source.spans[0][0] == BEGINNING and _reaches(source)
    return ", complete" if is_whole else f"; {described(source.spans)}"


def _reaches(source: Source) -> bool:
    return source.watermark is None or source.spans[-1][1] > source.watermark
